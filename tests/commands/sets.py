"""What the suites of set commands share."""

from __future__ import annotations

from typing import Any

from tests.support.resp import Connection, Error, Set

LIMITS = {
    "intset": {"set_max_intset_entries": 100_000, "set_max_listpack_entries": 0},
    "listpack": {"set_max_intset_entries": 0, "set_max_listpack_entries": 100_000},
    "hashtable": {"set_max_intset_entries": 0, "set_max_listpack_entries": 0},
}
"""Limits under which every set (of integers, for intset) has this encoding."""


def plain(r: Connection, reply: Any) -> Any:
    """The members of a set reply, in order; it must be a set in RESP3. Anything else as it is."""
    if isinstance(reply, Error) or not isinstance(reply, list):
        return reply
    assert type(reply) is (Set if r.resp == 3 else list), reply
    return sorted(reply)


def members(r: Connection, key: str | bytes = "s") -> list[bytes]:
    """All members, in order."""
    return plain(r, r("SMEMBERS", key))


def fill(r: Connection, key: str | bytes, texts: list[bytes]) -> None:
    """SADD, some hundreds at a time."""
    parts = [texts[i : i + 500] for i in range(0, len(texts), 500)]
    assert sum(r.many([("SADD", key, *part) for part in parts])) == len(texts)


def numbers(count: int) -> list[bytes]:
    return [b"%d" % i for i in range(count)]
