"""Transactions. See `kvik.commands.spec`."""

from __future__ import annotations

from typing import Final

from kvik.commands.spec import CommandSpec, key, range_keys

COMMANDS: Final = (
    CommandSpec(
        "discard",
        arity=1,
        flags=("noscript", "loading", "stale", "fast", "allow_busy"),
        group="transactions",
        since="2.0.0",
        summary="Forgets the commands that were queued after MULTI.",
        complexity="O(N) where N is the number of queued commands.",
        acl=("transaction",),
        handler="transactions:discard_command",
    ),
    CommandSpec(
        "exec",
        arity=1,
        flags=("noscript", "loading", "stale", "skip_commandlog"),
        group="transactions",
        since="1.2.0",
        summary="Runs the commands that were queued after MULTI.",
        complexity="That of the commands.",
        acl=("transaction",),
        handler="transactions:exec_command",
    ),
    CommandSpec(
        "multi",
        arity=1,
        flags=("noscript", "loading", "stale", "fast", "no_multi", "allow_busy"),
        group="transactions",
        since="1.2.0",
        summary="Begins a transaction: the commands that follow wait for EXEC.",
        complexity="O(1)",
        acl=("transaction",),
        handler="transactions:multi_command",
    ),
    CommandSpec(
        "unwatch",
        arity=1,
        flags=("noscript", "loading", "stale", "fast", "allow_busy"),
        group="transactions",
        since="2.2.0",
        summary="Forgets all watched keys.",
        complexity="O(N) where N is the number of watched keys.",
        acl=("transaction",),
        handler="transactions:unwatch_command",
    ),
    CommandSpec(
        "watch",
        arity=-2,
        flags=("noscript", "loading", "stale", "fast", "no_multi", "allow_busy"),
        group="transactions",
        since="2.2.0",
        summary="Watches keys: if one of them changes before EXEC, that runs nothing.",
        complexity="O(1) for every key.",
        acl=("transaction",),
        keys=(range_keys(1, "RO", last=-1),),
        arguments=(key(multiple=True),),
        handler="transactions:watch_command",
    ),
)
