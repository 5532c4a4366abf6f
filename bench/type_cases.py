"""The table of what is measured with redis-benchmark on lists, sets, hashes, sorted sets and streams.

Writing commands run on many keys (the batch prefetch has to cover them) or on one that grows; those that take
elements away on one key that was made large enough before; reading commands on one key of the size in their name.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.cases import INDEX, RANDOM_INDEX, VALUE, Case, Command, Dataset, Preload

DEPTH = 16
WRITE_TARGET = 0.75
READ_TARGET = 0.8
LARGE_TARGET = 0.7
SHORT = 0.5  # seconds, for runs that use up what was loaded
HUNDRED = range(100)


def many(prefix: str) -> tuple[str, ...]:
    """A hundred elements that no other preload command makes."""
    return tuple(f"{prefix}{INDEX}{number:02}" for number in HUNDRED)


def scored(prefix: str) -> tuple[str, ...]:
    return tuple(word for number in HUNDRED for word in (f"{INDEX}{number:02}", f"{prefix}{INDEX}{number:02}"))


def case(
    label: str, argv: tuple[str, ...], dataset: Dataset, target: float, preload: Preload | None = None,
    weight: int = 1, seconds: float | None = None, depth: int = DEPTH, clients: int = 50,
) -> Case:  # fmt: skip
    return Case(Command(label, argv, preload, weight), dataset, depth, clients, target, seconds)


GROWING = Dataset(100_000, 16, "collections that grow")
POPPED = Dataset(100_000, 16, "collections of 8 M that shrink", preloads=80_000)
HUNDREDS = Dataset(100_000, 16, "collections of 100 and 600", preloads=100)
MILLION = Dataset(1_000_000, 16, "a sorted set of 1 M", preloads=10_000)
ALGEBRA = Dataset(100_000, 16, "sets of 100 k", preloads=1_000)


def growing() -> Iterator[Case]:
    """The keys and elements are those of redis-benchmark's own tests, and as many keys as there are elements."""
    for label, argv in (
        ("LPUSH", ("LPUSH", "mylist", VALUE)),
        ("RPUSH", ("RPUSH", "mylist", VALUE)),
        ("SADD", ("SADD", "myset", f"element:{RANDOM_INDEX}")),
        ("HSET", ("HSET", "myhash", f"element:{RANDOM_INDEX}", VALUE)),
        ("ZADD", ("ZADD", "myzset", RANDOM_INDEX, f"element:{RANDOM_INDEX}")),
        ("XADD", ("XADD", "mystream", "*", "field", VALUE)),
        ("LPUSH keys", ("LPUSH", f"list:{RANDOM_INDEX}", VALUE)),
        ("SADD keys", ("SADD", f"set:{RANDOM_INDEX}", f"element:{RANDOM_INDEX}")),
        ("HSET keys", ("HSET", f"hash:{RANDOM_INDEX}", "field", VALUE)),
        ("ZADD keys", ("ZADD", f"zset:{RANDOM_INDEX}", RANDOM_INDEX, "member")),
    ):
        yield case(label, argv, GROWING, WRITE_TARGET)


def shrinking() -> Iterator[Case]:
    lists = Preload(("RPUSH", "mylist", *many("")))
    sets = Preload(("SADD", "myset", *many("element:")))
    sorted_sets = Preload(("ZADD", "myzset", *scored("element:")))
    for label, argv, preload in (
        ("LPOP", ("LPOP", "mylist"), lists),
        ("RPOP", ("RPOP", "mylist"), lists),
        ("SPOP", ("SPOP", "myset"), sets),
        ("ZPOPMIN", ("ZPOPMIN", "myzset"), sorted_sets),
    ):
        yield case(label, argv, POPPED, WRITE_TARGET, preload, seconds=SHORT)


def reading() -> Iterator[Case]:
    lists = Preload(("RPUSH", "list", *(f"{INDEX}{number}" for number in range(6))))
    for label, argv, preload in (
        ("LRANGE 100", ("LRANGE", "list", "0", "99"), lists),
        ("LRANGE 600", ("LRANGE", "list", "0", "599"), lists),
        ("HGETALL 100", ("HGETALL", "hash"), Preload(("HSET", "hash", f"field:{INDEX}", VALUE))),
        ("ZRANGE 100", ("ZRANGE", "zset", "0", "99"), Preload(("ZADD", "zset", INDEX, f"element:{INDEX}"))),
        ("SMEMBERS 100", ("SMEMBERS", "set"), Preload(("SADD", "set", f"element:{INDEX}"))),
    ):
        yield case(label, argv, HUNDREDS, READ_TARGET, preload, weight=20)


def large() -> Iterator[Case]:
    preload = Preload(("ZADD", "myzset", *scored("element:")))
    member = f"element:{RANDOM_INDEX}"
    yield case("ZADD 1 M", ("ZADD", "myzset", RANDOM_INDEX, member), MILLION, LARGE_TARGET, preload, weight=2)
    yield case("ZRANK 1 M", ("ZRANK", "myzset", member), MILLION, LARGE_TARGET, preload, weight=2)


def algebra() -> Iterator[Case]:
    """Two sets, and two sorted sets, that have half of their members in common. Alone: one takes milliseconds."""
    argv: tuple[str, ...] = ("SINTERCARD", "2", "set:a", "set:b")
    sets = Preload(("SADD", "set:a", *many("")))
    yield case("SINTERCARD 100 k", argv, ALGEBRA, READ_TARGET, sets, 20_000, depth=1, clients=1)
    argv = ("SINTER", "set:a", "set:b")
    half = tuple(f"{INDEX}{number:02}" if number < 50 else f"b{INDEX}{number:02}" for number in HUNDRED)
    sets = Preload(("SADD", "set:b", *half))
    yield case("SINTER 100 k", argv, ALGEBRA, READ_TARGET, sets, 20_000, depth=1, clients=1)
    argv = ("ZUNIONSTORE", "zset:c", "2", "zset:a", "zset:b")
    scores = Preload(("ZADD", "zset:a", *scored("")))
    yield case("ZUNIONSTORE 100 k", argv, ALGEBRA, READ_TARGET, scores, 100_000, depth=1, clients=1)
    argv = ("ZINTERCARD", "2", "zset:a", "zset:b")
    words = tuple(word for each in half for word in (INDEX, each))
    preload = Preload(("ZADD", "zset:b", *words))
    yield case("ZINTERCARD 100 k", argv, ALGEBRA, READ_TARGET, preload, 20_000, depth=1, clients=1)


DEFAULT_CASES: tuple[Case, ...] = (*growing(), *shrinking(), *reading(), *large(), *algebra())
QUICK_CASES: tuple[Case, ...] = (*growing(), *reading())
