"""OBJECT HELP. The other subcommands are in keys.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kvik.commands.help_text import help_reply
from kvik.wire.types import Reply

HELP: Final = """\
OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
ENCODING <key>
    Return the kind of internal representation used in order to store the value
    associated with a <key>.
FREQ <key>
    Return the access frequency index of the <key>. The returned integer is
    proportional to the logarithm of the recent access frequency of the key.
IDLETIME <key>
    Return the idle time of the <key>, that is the approximated number of
    seconds elapsed since the last access to the key.
REFCOUNT <key>
    Return the number of references of the value associated with the specified
    <key>.
HELP
    Print this help."""


def object_help(server: object, client: object, args: Sequence[bytes]) -> Reply:
    return help_reply(HELP, args)
