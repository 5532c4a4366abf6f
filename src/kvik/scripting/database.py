"""`Database`: the data as a function in Python sees it, with a method for each common command.

    db.get("k") -> bytes | None        db.zrange("board", 0, 9, withscores=True) -> [(b"ann", 12.0), ...]
    db.hgetall("h") -> {b"f": b"v"}    db.call("OBJECT", "ENCODING", "k") -> whatever that answers

A method is named as its command and runs it (bridge.py, `Caller.call`), so that it is counted, checked and logged like any
other. What it returns has one type, whatever the command answers: None where there is no value, bool for done or not, set
for members, dict for fields. Errors are raised as `ReplyError`. What has no method here is reached by `call`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, overload

from kvik.scripting.bridge import Caller

Key = bytes | str
Value = bytes | bytearray | memoryview | str | int | float
"""What can be an argument of a command."""


def flat(pairs: Mapping[Any, Any]) -> Iterator[Any]:
    for pair in pairs.items():
        yield from pair


class Keys(Caller):
    """Commands on keys of any type."""

    def delete(self, *keys: Key) -> int:
        """How many there were."""
        return int(self.call(b"DEL", *keys))

    def unlink(self, *keys: Key) -> int:
        return int(self.call(b"UNLINK", *keys))

    def exists(self, *keys: Key) -> int:
        return int(self.call(b"EXISTS", *keys))

    def type(self, key: Key) -> bytes:
        """b"none" if there is no such key."""
        return bytes(self.call(b"TYPE", key))

    def rename(self, key: Key, to: Key) -> None:
        self.call(b"RENAME", key, to)

    def copy(self, key: Key, to: Key, *, replace: bool = False) -> bool:
        return bool(self.call(b"COPY", key, to, *([b"REPLACE"] if replace else [])))

    def expire(self, key: Key, seconds: float) -> bool:
        """False: there is no such key."""
        return bool(self.call(b"PEXPIRE", key, round(seconds * 1000)))

    def expire_at(self, key: Key, time: float) -> bool:
        """`time` in seconds since 1970."""
        return bool(self.call(b"PEXPIREAT", key, round(time * 1000)))

    def persist(self, key: Key) -> bool:
        return bool(self.call(b"PERSIST", key))

    def ttl(self, key: Key) -> float | None:
        """Seconds that are left; None: there is no such key, or it does not expire."""
        left = self.call(b"PTTL", key)
        return None if left < 0 else left / 1000

    def scan(self, pattern: Key = b"*", *, type: str | None = None) -> Iterator[bytes]:
        """All keys that match, in no order. O(keys)."""
        options: list[Value] = [b"MATCH", pattern, b"COUNT", 1000]
        if type is not None:
            options += [b"TYPE", type]
        cursor = b"0"
        while True:
            cursor, keys = self.call(b"SCAN", cursor, *options)
            yield from keys
            if cursor == b"0":
                return

    def publish(self, channel: Key, message: Value) -> int:
        """How many got it."""
        return int(self.call(b"PUBLISH", channel, message))


class Strings(Caller):
    def get(self, key: Key) -> bytes | None:
        value: bytes | None = self.call(b"GET", key)
        return value

    def set(
        self,
        key: Key,
        value: Value,
        *,
        expire: float | None = None,
        nx: bool = False,
        xx: bool = False,
        keep_ttl: bool = False,
    ) -> bool:
        """`expire`: after so many seconds. False: `nx` or `xx` was not met."""
        options: list[Value] = []
        if expire is not None:
            options += [b"PX", round(expire * 1000)]
        options += [word for word, wanted in ((b"NX", nx), (b"XX", xx), (b"KEEPTTL", keep_ttl)) if wanted]
        return self.call(b"SET", key, value, *options) is not None

    def getset(self, key: Key, value: Value) -> bytes | None:
        """The value that there was."""
        old: bytes | None = self.call(b"SET", key, value, b"GET")
        return old

    def getdel(self, key: Key) -> bytes | None:
        value: bytes | None = self.call(b"GETDEL", key)
        return value

    def mget(self, *keys: Key) -> list[bytes | None]:
        return list(self.call(b"MGET", *keys))

    def mset(self, values: Mapping[Any, Any]) -> None:
        self.call(b"MSET", *flat(values))

    def incr(self, key: Key, by: int = 1) -> int:
        return int(self.call(b"INCRBY", key, by))

    def decr(self, key: Key, by: int = 1) -> int:
        return int(self.call(b"DECRBY", key, by))

    def incr_float(self, key: Key, by: float) -> float:
        return float(self.call(b"INCRBYFLOAT", key, by))

    def append(self, key: Key, value: Value) -> int:
        """How long it is then."""
        return int(self.call(b"APPEND", key, value))

    def strlen(self, key: Key) -> int:
        return int(self.call(b"STRLEN", key))

    def getrange(self, key: Key, start: int, end: int) -> bytes:
        return bytes(self.call(b"GETRANGE", key, start, end))

    def setrange(self, key: Key, offset: int, value: Value) -> int:
        return int(self.call(b"SETRANGE", key, offset, value))


class Hashes(Caller):
    def hget(self, key: Key, field: Value) -> bytes | None:
        value: bytes | None = self.call(b"HGET", key, field)
        return value

    @overload
    def hset(self, key: Key, field: Value, value: Value, /) -> int: ...
    @overload
    def hset(self, key: Key, fields: Mapping[Any, Any], /) -> int: ...
    def hset(self, key: Key, field: Any, value: Any = None) -> int:
        """A field and its value, or a mapping of them. How many are new."""
        pairs = flat(field) if isinstance(field, Mapping) else (field, value)
        return int(self.call(b"HSET", key, *pairs))

    def hsetnx(self, key: Key, field: Value, value: Value) -> bool:
        return bool(self.call(b"HSETNX", key, field, value))

    def hmget(self, key: Key, *fields: Value) -> list[bytes | None]:
        return list(self.call(b"HMGET", key, *fields))

    def hgetall(self, key: Key) -> dict[bytes, bytes]:
        return dict(self.call(b"HGETALL", key))

    def hdel(self, key: Key, *fields: Value) -> int:
        return int(self.call(b"HDEL", key, *fields))

    def hexists(self, key: Key, field: Value) -> bool:
        return bool(self.call(b"HEXISTS", key, field))

    def hlen(self, key: Key) -> int:
        return int(self.call(b"HLEN", key))

    def hkeys(self, key: Key) -> list[bytes]:
        return list(self.call(b"HKEYS", key))

    def hvals(self, key: Key) -> list[bytes]:
        return list(self.call(b"HVALS", key))

    def hincr(self, key: Key, field: Value, by: int = 1) -> int:
        return int(self.call(b"HINCRBY", key, field, by))

    def hincr_float(self, key: Key, field: Value, by: float) -> float:
        return float(self.call(b"HINCRBYFLOAT", key, field, by))


class Lists(Caller):
    def lpush(self, key: Key, *values: Value) -> int:
        """How many there are then."""
        return int(self.call(b"LPUSH", key, *values))

    def rpush(self, key: Key, *values: Value) -> int:
        return int(self.call(b"RPUSH", key, *values))

    def lpop(self, key: Key) -> bytes | None:
        value: bytes | None = self.call(b"LPOP", key)
        return value

    def rpop(self, key: Key) -> bytes | None:
        value: bytes | None = self.call(b"RPOP", key)
        return value

    def llen(self, key: Key) -> int:
        return int(self.call(b"LLEN", key))

    def lrange(self, key: Key, start: int = 0, end: int = -1) -> list[bytes]:
        return list(self.call(b"LRANGE", key, start, end))

    def lindex(self, key: Key, index: int) -> bytes | None:
        value: bytes | None = self.call(b"LINDEX", key, index)
        return value

    def lset(self, key: Key, index: int, value: Value) -> None:
        self.call(b"LSET", key, index, value)

    def lrem(self, key: Key, count: int, value: Value) -> int:
        return int(self.call(b"LREM", key, count, value))

    def ltrim(self, key: Key, start: int, end: int) -> None:
        self.call(b"LTRIM", key, start, end)

    def lmove(self, source: Key, to: Key, *, pop: str = "LEFT", push: str = "RIGHT") -> bytes | None:
        value: bytes | None = self.call(b"LMOVE", source, to, pop, push)
        return value


class Sets(Caller):
    def sadd(self, key: Key, *members: Value) -> int:
        """How many are new."""
        return int(self.call(b"SADD", key, *members))

    def srem(self, key: Key, *members: Value) -> int:
        return int(self.call(b"SREM", key, *members))

    def smembers(self, key: Key) -> set[bytes]:
        return set(self.call(b"SMEMBERS", key))

    def sismember(self, key: Key, member: Value) -> bool:
        return bool(self.call(b"SISMEMBER", key, member))

    def scard(self, key: Key) -> int:
        return int(self.call(b"SCARD", key))

    def spop(self, key: Key) -> bytes | None:
        value: bytes | None = self.call(b"SPOP", key)
        return value

    def srandmember(self, key: Key) -> bytes | None:
        value: bytes | None = self.call(b"SRANDMEMBER", key)
        return value

    def sinter(self, *keys: Key) -> set[bytes]:
        return set(self.call(b"SINTER", *keys))

    def sunion(self, *keys: Key) -> set[bytes]:
        return set(self.call(b"SUNION", *keys))

    def sdiff(self, *keys: Key) -> set[bytes]:
        return set(self.call(b"SDIFF", *keys))


class SortedSets(Caller):
    def zadd(
        self,
        key: Key,
        scores: Mapping[Any, float],
        *,
        nx: bool = False,
        xx: bool = False,
        gt: bool = False,
        lt: bool = False,
        changed: bool = False,
    ) -> int:
        """`scores` by member. How many are new, or (`changed`) new or changed."""
        options = ((b"NX", nx), (b"XX", xx), (b"GT", gt), (b"LT", lt), (b"CH", changed))
        pairs = (each for member, score in scores.items() for each in (score, member))
        return int(self.call(b"ZADD", key, *(word for word, wanted in options if wanted), *pairs))

    def zincr(self, key: Key, member: Value, by: float = 1) -> float:
        """The score then."""
        return float(self.call(b"ZINCRBY", key, by, member))

    def zscore(self, key: Key, member: Value) -> float | None:
        score: float | None = self.call(b"ZSCORE", key, member)
        return score

    def zrank(self, key: Key, member: Value, *, reverse: bool = False) -> int | None:
        """From 0; `reverse`: the highest score has rank 0."""
        rank: int | None = self.call(b"ZREVRANK" if reverse else b"ZRANK", key, member)
        return rank

    def zcard(self, key: Key) -> int:
        return int(self.call(b"ZCARD", key))

    def zcount(self, key: Key, least: Value = b"-inf", most: Value = b"+inf") -> int:
        return int(self.call(b"ZCOUNT", key, least, most))

    def zrange(self, key: Key, start: int = 0, end: int = -1, *, reverse: bool = False) -> list[tuple[bytes, float]]:
        """Members and their scores, by rank."""
        words = [b"REV"] if reverse else []
        return [(member, score) for member, score in self.call(b"ZRANGE", key, start, end, *words, b"WITHSCORES")]

    def zrange_by_score(
        self, key: Key, least: Value = b"-inf", most: Value = b"+inf", *, limit: int | None = None
    ) -> list[tuple[bytes, float]]:
        words: list[Value] = [b"BYSCORE"] if limit is None else [b"BYSCORE", b"LIMIT", 0, limit]
        return [(member, score) for member, score in self.call(b"ZRANGE", key, least, most, *words, b"WITHSCORES")]

    def zrem(self, key: Key, *members: Value) -> int:
        return int(self.call(b"ZREM", key, *members))

    def zrem_by_rank(self, key: Key, start: int, end: int) -> int:
        return int(self.call(b"ZREMRANGEBYRANK", key, start, end))

    def zrem_by_score(self, key: Key, least: Value, most: Value) -> int:
        return int(self.call(b"ZREMRANGEBYSCORE", key, least, most))

    def zpopmin(self, key: Key) -> tuple[bytes, float] | None:
        return first_pair(self.call(b"ZPOPMIN", key))

    def zpopmax(self, key: Key) -> tuple[bytes, float] | None:
        return first_pair(self.call(b"ZPOPMAX", key))


def first_pair(reply: list[Any]) -> tuple[bytes, float] | None:
    return (reply[0], reply[1]) if reply else None


class Streams(Caller):
    def xadd(self, key: Key, fields: Mapping[Any, Any], *, id: Key = b"*", max_length: int | None = None) -> bytes:
        """The ID of the entry."""
        words: list[Value] = [] if max_length is None else [b"MAXLEN", b"~", max_length]
        return bytes(self.call(b"XADD", key, *words, id, *flat(fields)))

    def xlen(self, key: Key) -> int:
        return int(self.call(b"XLEN", key))

    def xrange(
        self, key: Key, start: Key = b"-", end: Key = b"+", *, count: int | None = None
    ) -> list[tuple[bytes, dict[bytes, bytes]]]:
        """IDs and fields of entries."""
        words: list[Value] = [] if count is None else [b"COUNT", count]
        return [(id, pairs_of(fields)) for id, fields in self.call(b"XRANGE", key, start, end, *words)]

    def xdel(self, key: Key, *ids: Key) -> int:
        return int(self.call(b"XDEL", key, *ids))

    def xtrim(self, key: Key, max_length: int) -> int:
        return int(self.call(b"XTRIM", key, b"MAXLEN", max_length))


def pairs_of(items: Iterable[bytes]) -> dict[bytes, bytes]:
    each = iter(items)
    return dict(zip(each, each, strict=True))


class Database(Keys, Strings, Hashes, Lists, Sets, SortedSets, Streams):
    """One database of the server, for as long as the function runs that it was given to."""
