"""HyperLogLogs: estimates of how many different elements were added. See `kvik.commands.spec`."""

from __future__ import annotations

from typing import Final

from kvik.commands.spec import CommandSpec, key, range_keys, string

COMMANDS: Final = (
    CommandSpec(
        "pfadd",
        arity=-2,
        flags=("write", "denyoom", "fast"),
        group="hyperloglog",
        since="2.8.9",
        summary="Adds elements to a HyperLogLog; a missing key begins as one without elements.",
        complexity="O(1) for each element.",
        acl=("hyperloglog",),
        keys=(range_keys(1, "RW", "insert"),),
        arguments=(key(), string("element", optional=True, multiple=True)),
        handler="hyperloglog:pfadd_command",
    ),
    CommandSpec(
        "pfcount",
        arity=-2,
        flags=("readonly",),
        group="hyperloglog",
        since="2.8.9",
        summary="Estimates how many different elements were added to one or more HyperLogLogs.",
        complexity="O(1) with a small constant for one key; O(N) with a large one for N keys.",
        acl=("hyperloglog",),
        keys=(
            range_keys(
                1,
                "RW",
                "access",
                last=-1,
                notes="RW because it may change the internal representation of the key, and propagate to replicas",
            ),
        ),
        arguments=(key(multiple=True),),
        handler="hyperloglog:pfcount_command",
    ),
    CommandSpec(
        "pfdebug",
        arity=3,
        flags=("write", "denyoom", "admin"),
        group="hyperloglog",
        since="2.8.9",
        summary="Shows the inside of a HyperLogLog.",
        complexity="N/A",
        acl=("hyperloglog",),
        keys=(range_keys(2, "RW", "access"),),
        arguments=(string("subcommand"), key()),
        doc_flags=("syscmd",),
        handler="hyperloglog:pfdebug_command",
    ),
    CommandSpec(
        "pfmerge",
        arity=-2,
        flags=("write", "denyoom"),
        group="hyperloglog",
        since="2.8.9",
        summary="Merges HyperLogLogs into one.",
        complexity="O(N) with a large constant, where N is the number of keys.",
        acl=("hyperloglog",),
        keys=(range_keys(1, "RW", "access", "insert"), range_keys(2, "RO", "access", last=-1)),
        arguments=(key("destkey"), key("sourcekey", key_spec=1, optional=True, multiple=True)),
        handler="hyperloglog:pfmerge_command",
    ),
    CommandSpec(
        "pfselftest",
        arity=1,
        flags=("admin",),
        group="hyperloglog",
        since="2.8.9",
        summary="Tests whether HyperLogLogs work on this machine.",
        complexity="N/A",
        acl=("hyperloglog",),
        doc_flags=("syscmd",),
        handler="hyperloglog:pfselftest_command",
    ),
)
