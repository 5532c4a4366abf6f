"""What a server holds, as text that JSON can keep: written beside files of other servers, compared with what Kvik loads.

scripts/old_rdb_files.py asks the server that writes a file, tests/persist/test_old_files.py asks Kvik. So only commands that
Redis 2.8 knows are used for what Redis 2.8 can hold. Bytes become text byte by byte (Latin-1); of long ones, only the digest
is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.resp import Connection

FOLDER = Path(__file__).resolve().parents[1] / "persist" / "old_files"
"""Files that real servers wrote: `redis-VERSION.rdb`, and what they said of them: `redis-VERSION.json`."""
LONG = 400
STREAM_FACTS = (b"length", b"last-generated-id", b"groups", b"first-entry", b"last-entry")
STREAM_COUNTS = (b"max-deleted-entry-id", b"entries-added", b"recorded-first-entry-id")
GROUP_FACTS = (b"name", b"consumers", b"pending", b"last-delivered-id")
GROUP_COUNTS = (b"entries-read", b"lag")
Described = dict[str, Any]


@dataclass
class Look:
    """How a server is asked: what it knows depends on its version."""

    r: Connection
    expiry: Callable[[int, bytes], int]
    """When a key of a database expires, in ms since 1970; -1: never."""
    counts: bool = True
    """Does it count what was ever added to a stream (since Redis 7.0)?"""
    field_expiry: bool = True
    """Can fields of hashes expire (since Redis 7.4)?"""
    functions: bool = True
    """Are there libraries of functions (since Redis 7.0)?"""
    databases: int = 16


def everything(look: Look) -> Described:
    return {
        "counts": look.counts, "field_expiry": look.field_expiry, "functions": look.functions,
        "libraries": libraries(look.r) if look.functions else [], "keys": list(keys(look)),
    }  # fmt: skip


def libraries(r: Connection) -> list[Any]:
    found = []
    for library in map(pairs, r("FUNCTION", "LIST", "WITHCODE")):
        functions = sorted(plain(pairs(function)[b"name"]) for function in library[b"functions"])
        found.append([plain(library[b"library_name"]), plain(library[b"library_code"]), functions])
    return sorted(found)


def keys(look: Look) -> Iterator[Described]:
    """All keys of all databases."""
    for database in range(look.databases):
        look.r("SELECT", database)
        for key in sorted(look.r("KEYS", "*")):
            kind = str(look.r("TYPE", key))
            described = {"db": database, "key": plain(key), "type": kind, "expiry": look.expiry(database, key)}
            yield {**described, **LOOKS[kind](look, key)}
    look.r("SELECT", 0)


def plain(value: Any) -> Any:
    """Bytes as text, in whatever depth."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, bytes):
        if len(value) > LONG:
            return f"{len(value)} bytes, SHA-256 {hashlib.sha256(value).hexdigest()}"
        return value.decode("latin-1")
    return value


def pairs(flat: list[Any]) -> dict[bytes, Any]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def pick(flat: list[Any], names: tuple[bytes, ...]) -> Described:
    facts = pairs(flat)
    return {name.decode(): plain(facts[name]) for name in names}


# --- by type ---------------------------------------------------------------------------------------------------------


def string(look: Look, key: bytes) -> Described:
    value = look.r("GET", key)
    if not value.startswith(b"HYLL"):
        return {"value": plain(value)}
    # Bytes 8 to 15 are a count from before, or say that there is none.
    return {"value": plain(value[:8] + value[16:]), "count": look.r("PFCOUNT", key)}


def list_(look: Look, key: bytes) -> Described:
    return {"value": plain(look.r("LRANGE", key, 0, -1))}


def set_(look: Look, key: bytes) -> Described:
    return {"value": plain(sorted(look.r("SMEMBERS", key)))}


def sorted_set(look: Look, key: bytes) -> Described:
    """Scores as Python writes them: servers write them with more or fewer digits."""
    flat = look.r("ZRANGE", key, 0, -1, "WITHSCORES")
    return {"value": [[plain(member), repr(float(score))] for member, score in zip(flat[::2], flat[1::2], strict=True)]}


def hash_(look: Look, key: bytes) -> Described:
    held = sorted(pairs(look.r("HGETALL", key)).items())
    described: Described = {"value": [[plain(field), plain(value)] for field, value in held]}
    if look.field_expiry:
        expiries = look.r("HPEXPIRETIME", key, "FIELDS", len(held), *(field for field, _ in held))
        described["fields expire"] = [[plain(held[i][0]), ms] for i, ms in enumerate(expiries) if ms != -1]
    return described


def stream(look: Look, key: bytes) -> Described:
    facts = STREAM_FACTS + STREAM_COUNTS * look.counts
    return {
        "value": plain(look.r("XRANGE", key, "-", "+")),
        "facts": pick(look.r("XINFO", "STREAM", key), facts),
        "groups": [group(look, key, each) for each in look.r("XINFO", "GROUPS", key)],
    }  # fmt: skip


def group(look: Look, key: bytes, reply: list[Any]) -> Described:
    name = pairs(reply)[b"name"]
    consumers = look.r("XINFO", "CONSUMERS", key, name)
    return {
        **pick(reply, GROUP_FACTS + GROUP_COUNTS * look.counts),
        "consumers": [pick(each, (b"name", b"pending")) for each in consumers],
        "entries": list(pending(look, key, name)),
    }  # fmt: skip


def pending(look: Look, key: bytes, name: bytes) -> Iterator[list[Any]]:
    """Entries with their consumer, the minute in which they were delivered, and how often."""
    for id_, consumer, idle, deliveries in look.r("XPENDING", key, name, "-", "+", 1000):
        yield [plain(id_), plain(consumer), round((now_ms(look.r) - idle) / 60_000), deliveries]


def now_ms(r: Connection) -> int:
    seconds, microseconds = map(int, r("TIME"))
    return seconds * 1000 + microseconds // 1000


LOOKS: dict[str, Callable[[Look, bytes], Described]] = {
    "string": string, "list": list_, "set": set_, "zset": sorted_set, "hash": hash_, "stream": stream,
}  # fmt: skip
