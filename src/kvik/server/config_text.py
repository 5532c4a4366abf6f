"""The text of configuration files: how a line becomes arguments, and an argument text again.

A line is split at spaces. ``"..."`` may hold escapes (``\\n \\r \\t \\a \\b \\xHH``, any other ``\\c`` is c),
``'...'`` takes everything literally except ``\\'``; quoted and bare parts that touch form one argument.
A line that begins with ``#`` is a comment; a ``#`` further on is not.

Text is `str` throughout; bytes that are not UTF-8 travel as surrogate escapes and come out unchanged.
"""

from __future__ import annotations

from typing import NamedTuple

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "a": "\a"}
_QUOTED_AS = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\a": "\\a", "\b": "\\b"}
_HEX = frozenset("0123456789abcdefABCDEF")


def decode(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class QuoteError(ValueError):
    """A quote that is not closed before the line ends."""


class Statement(NamedTuple):
    """One line of a configuration file or one option of the command line, and where it stands."""

    source: str
    line_number: int
    line: str
    name: str
    """The directive, in lower case."""
    arguments: tuple[str, ...]


def split_arguments(line: str) -> list[str]:
    """The arguments of a line; raises `QuoteError`."""
    line = line.split("\0", 1)[0]
    arguments: list[str] = []
    position = 0
    while True:
        while position < len(line) and line[position] in " \t\n\r\v\f":
            position += 1
        if position == len(line):
            return arguments
        argument, position = _read_argument(line, position)
        arguments.append(argument)


def _read_argument(line: str, position: int) -> tuple[str, int]:
    parts: list[str] = []
    while position < len(line) and line[position] not in " \t\n\r":
        if line[position] == '"':
            text, position = _read_double_quoted(line, position + 1)
        elif line[position] == "'":
            text, position = _read_single_quoted(line, position + 1)
        else:
            text, position = line[position], position + 1
        parts.append(text)
    # "\xc3\xa9" is two escapes for two bytes of one character: put what belongs together together.
    return decode(b"".join(map(encode, parts))), position


def _read_double_quoted(line: str, position: int) -> tuple[str, int]:
    parts: list[str] = []
    while position < len(line):
        char = line[position]
        if char == '"':
            return decode(b"".join(map(encode, parts))), position + 1
        if char == "\\" and position + 1 < len(line):
            following = line[position + 1]
            digits = line[position + 2 : position + 4]
            if following == "x" and len(digits) == 2 and _HEX.issuperset(digits):
                parts.append(decode(bytes([int(digits, 16)])))
                position += 4
            else:
                parts.append(_ESCAPES.get(following, following))
                position += 2
        else:
            parts.append(char)
            position += 1
    raise QuoteError(line)


def _read_single_quoted(line: str, position: int) -> tuple[str, int]:
    parts: list[str] = []
    while position < len(line):
        if line.startswith("\\'", position):
            parts.append("'")
            position += 2
        elif line[position] == "'":
            return "".join(parts), position + 1
        else:
            parts.append(line[position])
            position += 1
    raise QuoteError(line)


def quote(text: str) -> str:
    """The argument in double quotes, escaped so that `split_arguments` gives it back."""
    quoted: list[str] = []
    for byte in encode(text):
        char = chr(byte)
        if char in _QUOTED_AS:
            quoted.append(_QUOTED_AS[char])
        elif " " <= char <= "~":
            quoted.append(char)
        else:
            quoted.append(f"\\x{byte:02x}")
    return '"' + "".join(quoted) + '"'
