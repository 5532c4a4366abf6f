"""String values as arrays of bits. See `kvik.commands.spec`."""

from __future__ import annotations

from typing import Final

from kvik.commands.spec import CommandSpec, block, integer, key, oneof, range_keys, string, word

COMMANDS: Final = (
    CommandSpec(
        "bitcount",
        arity=-2,
        flags=("readonly",),
        group="bitmap",
        since="2.6.0",
        summary="Counts the bits that are 1 in a string value or a part of it.",
        complexity="O(N) where N is the number of bytes looked at.",
        acl=("bitmap",),
        keys=(range_keys(1, "RO", "access"),),
        arguments=(
            key(),
            block(
                "range",
                integer("start"),
                block(
                    "end-unit-block",
                    integer("end"),
                    oneof("unit", word("BYTE"), word("BIT"), since="7.0.0", optional=True),
                    optional=True,
                ),
                optional=True,
            ),
        ),
        history=(
            ("7.0.0", "Added the `BYTE|BIT` option."),
            ("8.0.0", "`end` made optional; when called without argument the command reports the last BYTE."),
        ),
        handler="bitmap:bitcount_command",
    ),
    CommandSpec(
        "bitfield",
        arity=-2,
        flags=("write", "denyoom"),
        group="bitmap",
        since="3.2.0",
        summary="Reads, writes and increments integers of any width inside a string value.",
        complexity="O(1) for each operation asked for.",
        acl=("bitmap",),
        keys=(
            range_keys(
                1,
                "RW",
                "access",
                "update",
                "variable_flags",
                notes="This command allows both access and modification of the key",
            ),
        ),
        arguments=(
            key(),
            oneof(
                "operation",
                block("get-block", string("encoding"), integer("offset"), token="GET"),
                block(
                    "write",
                    oneof(
                        "overflow-block",
                        word("WRAP"),
                        word("SAT"),
                        word("FAIL"),
                        token="OVERFLOW",
                        optional=True,
                    ),
                    oneof(
                        "write-operation",
                        block(
                            "set-block", string("encoding"), integer("offset"), integer("value"), token="SET"
                        ),
                        block(
                            "incrby-block",
                            string("encoding"),
                            integer("offset"),
                            integer("increment"),
                            token="INCRBY",
                        ),
                    ),
                ),
                optional=True,
                multiple=True,
            ),
        ),
        handler="bitfield:bitfield_command",
    ),
    CommandSpec(
        "bitfield_ro",
        arity=-2,
        flags=("readonly", "fast"),
        group="bitmap",
        since="6.0.0",
        summary="Reads integers of any width inside a string value.",
        complexity="O(1) for each operation asked for.",
        acl=("bitmap",),
        keys=(range_keys(1, "RO", "access"),),
        arguments=(
            key(),
            block(
                "get-block",
                string("encoding"),
                integer("offset"),
                token="GET",
                optional=True,
                multiple=True,
                multiple_token=True,
            ),
        ),
        handler="bitfield:bitfield_ro_command",
    ),
    CommandSpec(
        "bitop",
        arity=-4,
        flags=("write", "denyoom"),
        group="bitmap",
        since="2.6.0",
        summary="Combines string values bit by bit and stores the result.",
        complexity="O(N) where N is the length of the longest string.",
        acl=("bitmap",),
        keys=(range_keys(2, "OW", "update"), range_keys(3, "RO", "access", last=-1)),
        arguments=(
            oneof("operation", word("AND"), word("OR"), word("XOR"), word("NOT")),
            key("destkey"),
            key(key_spec=1, multiple=True),
        ),
        handler="bitmap:bitop_command",
    ),
    CommandSpec(
        "bitpos",
        arity=-3,
        flags=("readonly",),
        group="bitmap",
        since="2.8.7",
        summary="Finds the first bit in a string value that is 1, or that is 0.",
        complexity="O(N) where N is the number of bytes looked at.",
        acl=("bitmap",),
        keys=(range_keys(1, "RO", "access"),),
        arguments=(
            key(),
            integer("bit"),
            block(
                "range",
                integer("start"),
                block(
                    "end-unit-block",
                    integer("end"),
                    oneof("unit", word("BYTE"), word("BIT"), since="7.0.0", optional=True),
                    optional=True,
                ),
                optional=True,
            ),
        ),
        history=(("7.0.0", "Added the `BYTE|BIT` option."),),
        handler="bitmap:bitpos_command",
    ),
    CommandSpec(
        "getbit",
        arity=3,
        flags=("readonly", "fast"),
        group="bitmap",
        since="2.2.0",
        summary="Returns one bit of a string value.",
        complexity="O(1)",
        acl=("bitmap",),
        keys=(range_keys(1, "RO", "access"),),
        arguments=(key(), integer("offset")),
        handler="bitmap:getbit_command",
    ),
    CommandSpec(
        "setbit",
        arity=4,
        flags=("write", "denyoom"),
        group="bitmap",
        since="2.2.0",
        summary="Sets one bit of a string value and returns what it was; the value grows as needed.",
        complexity="O(1)",
        acl=("bitmap",),
        keys=(range_keys(1, "RW", "access", "update"),),
        arguments=(key(), integer("offset"), integer("value")),
        handler="bitmap:setbit_command",
    ),
)
