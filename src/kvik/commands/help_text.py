"""The replies of the subcommands HELP."""

from __future__ import annotations

from collections.abc import Sequence

from kvik.wire.types import Simple


def help_reply(text: str, args: Sequence[bytes]) -> list[Simple]:
    """A help text as clients get it, a status a line. It begins with what they called the command."""
    title, *lines = text.splitlines()
    called = args[0].upper().decode(errors="replace")
    return [Simple(called + title[title.index(" ") :]), *map(Simple, lines)]
