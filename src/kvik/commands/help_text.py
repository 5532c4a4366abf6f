"""The replies of the subcommands HELP."""

from __future__ import annotations

from kvik.wire.types import Simple


def help_reply(text: str) -> list[Simple]:
    """A help text as clients get it: a status a line."""
    return [Simple(line) for line in text.splitlines()]
