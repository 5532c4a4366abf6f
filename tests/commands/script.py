r"""Commands as text: what tables of cases are made of.

    run(r, "SET k 'a b' ; APPEND k c")     sends both and returns the last reply; an error before that fails the test

Words stand as in a shell, in quotes or not, and \xNN is a byte.
"""

from __future__ import annotations

import codecs
import shlex
from collections.abc import Sequence
from typing import Any

from tests.support.resp import Connection, Error

FAR = 32503680000
"""A moment that no test run reaches: the year 3000, in seconds."""


def words(line: str) -> list[bytes]:
    """The arguments of one command."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.escape = ""  # backslashes are for the bytes
    return [codecs.escape_decode(each.encode("latin-1"))[0] for each in lexer]  # type: ignore[attr-defined]


def line(command: Sequence[bytes]) -> str:
    """The text of a command: `words` makes the same arguments of it."""
    return " ".join(map(_word, command))


def _word(argument: bytes) -> str:
    text = "".join(_character(byte) for byte in argument)
    return f"'{text}'" if not text or " " in text else text


def _character(byte: int) -> str:
    if byte == ord("\\"):
        return "\\\\"
    return chr(byte) if 32 <= byte < 127 and byte not in b"'\";" else f"\\x{byte:02x}"


def run(r: Connection, script: str) -> Any:
    """The reply to the last command of the script."""
    commands = [words(line) for line in script.split(" ; ") if line]
    if not commands:
        return None
    replies = r.many(commands)
    for command, reply in zip(commands[:-1], replies, strict=False):
        assert not isinstance(reply, Error), (command, reply)
    return replies[-1]
