"""Commands that save the data set. See `kvik.commands.spec`."""

from __future__ import annotations

from typing import Final

from kvik.commands.spec import CommandSpec, oneof, word

COMMANDS: Final = (
    CommandSpec(
        "bgrewriteaof",
        arity=1,
        flags=("admin", "noscript", "no_async_loading"),
        group="server",
        since="1.0.0",
        summary="Rewrites the append-only file from the data set, in the background.",
        complexity="O(1)",
        handler="persistence:bgrewriteaof",
    ),
    CommandSpec(
        "bgsave",
        arity=-1,
        flags=("admin", "noscript", "no_async_loading"),
        group="server",
        since="1.0.0",
        summary="Saves all databases to disk in the background.",
        complexity="O(1)",
        arguments=(
            oneof("operation", word("SCHEDULE", since="3.2.2"), word("CANCEL", since="8.1.0"), optional=True),
        ),
        history=(("3.2.2", "Added the `SCHEDULE` option."), ("8.1.0", "Added the `CANCEL` option.")),
        handler="persistence:bgsave",
    ),
    CommandSpec(
        "lastsave",
        arity=1,
        flags=("loading", "stale", "fast"),
        group="server",
        since="1.0.0",
        summary="Returns the moment of the last successful save, in seconds since 1970.",
        complexity="O(1)",
        acl=("admin", "dangerous"),
        tips=("nondeterministic_output",),
        handler="persistence:lastsave",
    ),
    CommandSpec(
        "save",
        arity=1,
        flags=("admin", "noscript", "no_async_loading", "no_multi"),
        group="server",
        since="1.0.0",
        summary="Saves all databases to disk while nobody is served.",
        complexity="O(N) where N is the number of keys in all databases.",
        handler="persistence:save",
    ),
)
