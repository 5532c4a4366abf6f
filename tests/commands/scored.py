"""Scores in replies, for tables of cases: RESP2 has texts where RESP3 has doubles and pairs.

    S("1.5")         a score: b"1.5" in RESP2, 1.5 in RESP3
    P("a 1 b 2")     members with scores: flat in RESP2, an array of pairs in RESP3
    PAIRS("a 1")     the same in an array of pairs in both
    M("a b c")       members

`expected(r, value)` is the value that a connection gets. Tests that must hold for both forms of a sorted set take
`@FORMS` and run `with form(r, limit)`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest

from tests.support.resp import Connection, Error

NOT_FLOAT: Final = Error("ERR value is not a valid float")
MIN_MAX_FLOAT: Final = Error("ERR min or max is not a float")
MIN_MAX_TEXT: Final = Error("ERR min or max not valid string range item")
FORMS: Final = pytest.mark.parametrize("limit", [128, 0], ids=["listpack", "skiplist"])


@contextlib.contextmanager
def form(r: Connection, limit: int) -> Iterator[None]:
    """Sorted sets that are made meanwhile stay listpacks up to so many members."""
    with r.config(zset_max_listpack_entries=limit):
        yield


@dataclass(frozen=True)
class S:
    text: str

    def reply(self, r: Connection) -> Any:
        return self.text.encode() if r.resp == 2 else float(self.text)


def pairs(text: str) -> list[list[Any]]:
    words = text.split()
    return [[words[i].encode(), S(words[i + 1])] for i in range(0, len(words), 2)]


@dataclass(frozen=True)
class P:
    text: str

    def reply(self, r: Connection) -> Any:
        nested = [[member, score.reply(r)] for member, score in pairs(self.text)]
        return nested if r.resp == 3 else [item for pair in nested for item in pair]


def PAIRS(text: str) -> list[Any]:  # noqa: N802 (stands beside P, S and M)
    return pairs(text)


def M(text: str) -> list[bytes]:  # noqa: N802
    return text.encode().split()


def expected(r: Connection, value: Any) -> Any:
    if isinstance(value, S | P):
        return value.reply(r)
    if type(value) is list:
        return [expected(r, item) for item in value]
    return value
