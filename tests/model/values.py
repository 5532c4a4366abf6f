"""Values for arguments, by the argument's name in the command's specification.

Pools are small, so that commands meet each other's keys, members and values, and hold the edges: limits of integers
and just behind them, infinities, empty and binary strings, lengths where encodings change. Times to live either lie
in the past or are too far away to run out in a run, and are drawn from wide ranges, so that two of them never
compare differently on two servers whose clocks are a moment apart. Nothing here makes a server allocate much or wait
long.

An argument whose name is not known is a KeyError: a new command has to be thought about.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random
from types import MappingProxyType
from typing import Final

FIRST, LAST = -(2**63), 2**63 - 1

Draw = Callable[["Values"], bytes]

# --- pools -----------------------------------------------------------------------------------------------------------

KEYS: Final[Mapping[str, Sequence[bytes]]] = MappingProxyType(
    {
        "string": (b"s1", b"s2", b"s3", b"s4"),
        "number": (b"n1", b"n2"),
        "hash": (b"h1", b"h2"),
        "list": (b"l1", b"l2"),
        "set": (b"t1", b"t2", b"t3"),
        "sorted-set": (b"z1", b"z2"),
        "lex": (b"y1", b"y2"),
        "stream": (b"x1", b"x2"),
        "hyperloglog": (b"p1", b"p2"),
        "geo": (b"g1", b"g2"),
        "shared": (b"k1", b"k2", b"", b"a key of some length, \x00 and \xff in it, leaving little room for values"),
    }
)
KINDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {  # the pools that a group's commands take their keys from, and some commands for the most part
        "string": ("string",) * 9 + ("number",),
        "bitmap": ("string",),
        "hash": ("hash",),
        "list": ("list",),
        "set": ("set",),
        "sorted-set": ("sorted-set", "sorted-set", "sorted-set", "sorted-set", "lex", "geo", "set"),
        "stream": ("stream",),
        "hyperloglog": ("hyperloglog",),
        "geo": ("geo", "geo", "geo", "sorted-set"),
        "generic": tuple(KEYS),
        "server": tuple(KEYS),
        "connection": tuple(KEYS),
        "sort": ("list", "set", "sorted-set"),
        "sort_ro": ("list", "set", "sorted-set"),
        **dict.fromkeys(("decr", "decrby", "incr", "incrby", "incrbyfloat"), ("number",)),
        **dict.fromkeys(
            ("zlexcount", "zrangebylex", "zremrangebylex", "zrevrangebylex"),
            ("lex",),
        ),
    }
)
EVERY_KEY: Final = tuple(key for pool in KEYS.values() for key in pool)

JUNK: Final = (
    b"junk", b"", b"1.5x", b"9223372036854775808", b"-9223372036854775809", b"0x10", b" 1", b"1 ", b"+1", b"01", b"-0",
)  # fmt: skip
"""No integers, for the most part."""

STRINGS: Final = (
    b"", b"a", b"b", b"hello", b"Hello World", b"0", b"1", b"10", b"-5", b"123456789", b"00", b"-0", b" 1", b"1 ",
    b"3.14", b"-2.5", b"1e5", b"inf", b"-inf", b"nan", b"9223372036854775807", b"-9223372036854775808",
    b"9223372036854775808", b"\x00", b"\xff\x00\r\n$5\r\n", b"\xc3\xa9", b"x" * 20, b"y" * 44, b"y" * 45, b"z" * 63,
    b"z" * 64, b"z" * 65, b"w" * 200, b"v" * 1000,
)  # fmt: skip
USUAL: Final = (b"a", b"1", b"10", b"hello", b"2.5")
USUAL_MEMBERS: Final = (b"a", b"b", b"c", b"d", b"1", b"2", b"3", b"10")
MEMBERS: Final = (
    *(str(number).encode() for number in (0, 1, 2, 3, 4, 5, 10, -1, 127, 128, 32767, 32768, 2147483648, LAST)),
    b"a", b"b", b"c", b"d", b"aa", b"ab", b"B", b"", b"\x00\xff", b"3.0", b"01", b"m" * 64, b"m" * 65, b"m" * 130,
)  # fmt: skip
FIELDS: Final = (b"f", b"g", b"f1", b"f2", b"f3", b"1", b"2", b"10", b"", b"\xff", b"F" * 65)
DOUBLES: Final = (
    *(b"1", b"2", b"3", b"4.5", b"-1") * 6, b"0", b"-0", b"0.1", b"0.2", b"1.5", b"-2.5", b"3.0", b"1e3", b"1e20",
    b"1e-7", b"123456789.123",
    b"9007199254740993", b"1e308", b"-1e308", b"inf", b"-inf", b"+inf", b"Infinity", b"4611686018427387904",
)  # fmt: skip
INTEGERS: Final = (0, 1, -1, 2, 3, 5, 10, -10, 100, 2**31 - 1, 2**31, -(2**31), 2**32, LAST, FIRST, LAST - 1)
PATTERNS: Final = (
    b"*", b"*", b"?1", b"[hks]*", b"s?", b"*1*", b"", b"[^s]*", b"f*", b"[a-c]", b"*\xff*", b"\\*", b"m*", b"[1-9]*",
)  # fmt: skip
WEIGHT_PATTERNS: Final = (b"s*", b"h*->f", b"h*->1", b"*", b"#", b"nosort", b"k*", b"h1->*", b"*->f", b"s*->")
TYPES: Final = (b"string", b"hash", b"list", b"set", b"zset", b"stream", b"Hash", b"none", b"junk")
ENCODINGS: Final = (
    *(b"u1", b"u2", b"u8", b"u16", b"u31", b"u63", b"i1", b"i5", b"i8", b"i16", b"i32", b"i63", b"i64") * 4,
    b"u64", b"i65", b"i0", b"x8", b"U8", b"",
)  # fmt: skip
GROUPS: Final = (b"A",) * 12 + (b"B",) * 2 + (b"",)
CONSUMERS: Final = (b"one", b"two", b"three")
PLACES: Final = (
    (13.361389, 38.115556), (15.087269, 37.502669), (179.9, 10.0), (-179.9, 10.0), (0.0, 0.0), (-0.1278, 51.5074),
    (10.0, 85.0),
)  # fmt: skip
EDGES_OF_THE_WORLD: Final = (
    (b"180", b"85.05112878"), (b"-180", b"-85.05112878"), (b"181", b"0"), (b"0", b"85.06"), (b"0", b"0"),
)  # fmt: skip


class Values:
    """The values of one sequence of commands."""

    def __init__(self, random: Random, payloads: Sequence[bytes] = ()) -> None:
        self.random = random
        self.payloads = payloads
        self.trims_exactly = True  # whether streams are trimmed by MINID without ~
        self.stream_clock = 1  # the time part of the next stream ID
        self.stream_ids = deque([b"1-0"], maxlen=12)  # the last ones

    def of(self, command: str, group: str, argument: str) -> bytes:
        """A value for the argument of that name."""
        for place in ((command, argument), (group, argument)):
            if place in IN_PLACE:
                return IN_PLACE[place](self)
        return BY_NAME[argument](self)

    def key(self, command: str, group: str) -> bytes:
        chance = self.random.random()
        if chance < 0.08:
            return self.random.choice(KEYS["shared"])
        if chance < 0.11:
            return self.random.choice(EVERY_KEY)
        kinds = KINDS.get(command, KINDS[group]) if chance < 0.9 else KINDS[group]
        return self.random.choice(KEYS[self.random.choice(kinds)])

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    # Numbers

    def small(self, low: int, high: int) -> bytes:
        """An integer of the range; rarely one of the edges, or none."""
        chance = self.random.random()
        if chance < 0.02:
            return self.random.choice(JUNK)
        if chance < 0.05:
            return b"%d" % self.random.choice((0, -1, LAST, FIRST))
        return b"%d" % self.random.randint(low, high)

    def list_index(self) -> bytes:
        """Of an element: lists are short, and beyond their ends there is nothing.

        None is wider than 32 bits: the oracle's LSET takes the low ones, so that 2**32 is the first element there.
        """
        chance = self.random.random()
        if chance < 0.03:
            return self.random.choice(JUNK)
        if chance < 0.06:
            return self.random.choice((b"100", b"-100"))
        return b"%d" % self.random.randint(-8, 8)

    def integer(self) -> bytes:
        chance = self.random.random()
        if chance < 0.04:
            return self.random.choice(JUNK)
        if chance < 0.5:
            return b"%d" % self.random.choice(INTEGERS)
        return b"%d" % self.random.randint(-1000, 1000)

    def double(self) -> bytes:
        chance = self.random.random()
        if chance < 0.03:
            return self.random.choice((b"nan", b"junk", b"", b"1.5x", b" 1"))
        if chance < 0.5:
            return self.random.choice(DOUBLES)
        return b"%.3g" % self.random.uniform(-100, 100) if chance < 0.8 else b"%d" % self.random.randint(-20, 20)

    def random_count(self) -> bytes:
        """Of elements drawn at random: a negative one is the length of the reply, so none is large."""
        if self.chance(0.05):
            return self.random.choice((b"0", b"-9223372036854775808", b"9223372036854775807", b"junk", b"1.0"))
        return b"%d" % self.random.randint(-8, 12)

    def spread(self, low: int, high: int, edges: Sequence[bytes]) -> bytes:
        """Times: from a range so wide that no two of them are close, or an edge."""
        if self.chance(0.12):
            return self.random.choice(edges)
        return b"%d" % self.random.randint(low, high)

    def offset_of_bits(self) -> bytes:
        chance = self.random.random()
        if chance < 0.03:
            return self.random.choice((b"-1", b"4294967296", b"9223372036854775807", b"junk", b"#1"))
        return b"%d" % self.random.randint(0, 9000 if chance < 0.1 else 100)

    def offset_of_fields(self) -> bytes:
        chance = self.random.random()
        if chance < 0.03:
            return self.random.choice((b"-1", b"4294967296", b"#-1", b"#", b"##1", b"#4294967296", b"%d" % LAST))
        return (b"#%d" if chance < 0.4 else b"%d") % self.random.randint(0, 100)

    def offset_of_bytes(self) -> bytes:
        chance = self.random.random()
        if chance < 0.04:
            return self.random.choice((b"-1", b"536870912", b"9223372036854775807", b"junk", b"-9223372036854775808"))
        return b"%d" % self.random.randint(0, 1000 if chance < 0.1 else 60)

    # Strings

    def string(self) -> bytes:
        chance = self.random.random()
        if chance < 0.3:
            return self.random.choice(USUAL)
        if chance < 0.45:
            return b"%d" % self.random.choice(INTEGERS)
        if chance < 0.52:
            return self.random.randbytes(self.random.randint(1, 30))
        return self.random.choice(STRINGS)

    def usual_string(self) -> bytes:
        return self.random.choice(USUAL) if self.chance(0.9) else self.string()

    def usual_member(self) -> bytes:
        return self.random.choice(USUAL_MEMBERS) if self.chance(0.9) else self.member()

    def member(self) -> bytes:
        chance = self.random.random()
        if chance < 0.5:
            return self.random.choice(USUAL_MEMBERS)
        if chance < 0.55:
            return b"m%d" % self.random.randint(0, 300)
        if chance < 0.65:
            return b"%d" % self.random.randint(0, 300)
        return self.random.choice(MEMBERS)

    def field(self) -> bytes:
        return self.random.choice(FIELDS) if self.chance(0.8) else b"f%d" % self.random.randint(0, 200)

    def lex_bound(self, *, upper: bool = False) -> bytes:
        chance = self.random.random()
        if chance < 0.35:
            return b"+" if upper != (chance < 0.03) else b"-"
        if chance < 0.38:
            return self.random.choice((b"a", b"", b"1", b"-a", b"++", b"("))
        return self.random.choice((b"[", b"(")) + self.random.choice(MEMBERS)

    def score_bound(self, *, upper: bool = False) -> bytes:
        chance = self.random.random()
        if chance < 0.35:
            return self.random.choice((b"+inf", b"inf", b"(+inf") if upper != (chance < 0.03) else (b"-inf", b"(-inf"))
        if chance < 0.38:
            return self.random.choice((b"", b"(", b"((1", b"junk", b"nan", b"(nan"))
        return (b"(" if chance < 0.5 else b"") + self.double()

    def payload(self) -> bytes:
        if not self.payloads or self.chance(0.05):
            return self.random.choice((b"", b"junk", b"\x00\x01a\x0b\x00" + bytes(8)))
        payload = self.random.choice(self.payloads)
        if self.chance(0.05):
            at = self.random.randrange(len(payload))
            payload = payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :]
        return payload

    # Places on earth

    def longitude(self) -> bytes:
        return self.coordinate(0)

    def latitude(self) -> bytes:
        return self.coordinate(1)

    def coordinate(self, axis: int) -> bytes:
        """Close to one of few places; no two are quite the same, so that no two distances are."""
        chance = self.random.random()
        if chance < 0.003:
            return self.random.choice((b"junk", b"nan", b"inf", b""))
        if chance < 0.02:
            return self.random.choice(EDGES_OF_THE_WORLD)[axis]
        return b"%.6f" % (self.random.choice(PLACES)[axis] + self.random.uniform(-0.09, 0.09))

    def length_on_earth(self) -> bytes:
        if self.chance(0.06):
            return self.random.choice((b"0", b"-1", b"junk", b"1e10", b"inf", b"nan", b"0.001"))
        return b"%.4g" % 10 ** self.random.uniform(0, 7)

    # Streams

    def new_stream_id(self) -> bytes:
        """For XADD: most are greater than all before."""
        chance = self.random.random()
        if chance < 0.15:
            return self.random.choice((b"0-0", b"0-1", b"1-1", b"5", b"junk", b"1-", b"-1", b"0-*", b"3-*", b"(1-1"))
        self.stream_clock += self.random.randint(0, 2)
        clock = self.stream_clock
        if chance < 0.3:
            return b"%d-*" % clock
        self.stream_ids.append(b"%d" % clock if chance < 0.4 else b"%d-%d" % (clock, self.random.choice((0, 1, 1, 2))))
        return self.stream_ids[-1]

    def stream_id(self) -> bytes:
        """One that may well be there."""
        chance = self.random.random()
        if chance < 0.05:
            return self.random.choice((b"0-0", b"0", b"junk", b"%d-%d" % (2**64 - 1, 2**64 - 1), b"1-2-3", b""))
        if chance < 0.7:
            return self.random.choice(self.stream_ids)
        clock = self.random.randint(max(0, self.stream_clock - 15), self.stream_clock)
        return b"%d" % clock if chance < 0.8 else b"%d-%d" % (clock, self.random.choice((0, 0, 1, 1, 2)))

    def stream_bound(self, *, upper: bool = False) -> bytes:
        chance = self.random.random()
        if chance < 0.5:
            return b"+" if upper != (chance < 0.03) else b"-"
        return (b"(" if chance < 0.6 else b"") + self.stream_id()

    def stream_start(self) -> bytes:
        """Where XREAD starts."""
        chance = self.random.random()
        if chance < 0.2:
            return self.random.choice((b"$", b"+", b">", b"0", b"0-0"))
        return self.stream_id()

    def group_start(self) -> bytes:
        """Where XREADGROUP starts."""
        chance = self.random.random()
        if chance < 0.75:
            return b">"
        return self.random.choice((b"0", b"0-0", b"$", b"+")) if chance < 0.85 else self.stream_id()

    def trim_threshold(self) -> bytes:
        return self.stream_id() if self.chance(0.25) else self.small(0, 15)


def one_of(pool: Sequence[bytes]) -> Draw:
    return lambda values: values.random.choice(pool)


def upper(bound: Callable[..., bytes]) -> Draw:
    return partial(bound, upper=True)


def between(low: int, high: int) -> Draw:
    return lambda values: values.small(low, high)


def time(low: int, high: int, *edges: int) -> Draw:
    texts = [b"%d" % each for each in edges] + [b"junk", b"1.5", b""]
    return lambda values: values.spread(low, high, texts)


YEAR_3000: Final = 32503680000
SECONDS: Final = time(10_000, 10**9, 0, -1, -1000, FIRST, LAST, LAST // 1000)
MILLISECONDS: Final = time(10**7, 10**12, 0, -1, -1000, FIRST, LAST)
AT_SECONDS: Final = time(YEAR_3000, 2 * YEAR_3000, 0, 1, -1, 1000000000, LAST, LAST // 1000)
AT_MILLISECONDS: Final = time(YEAR_3000 * 1000, YEAR_3000 * 2000, 0, 1, -1, 1000000000000, LAST)
AT_LATER: Final = time(YEAR_3000 * 1000, YEAR_3000 * 2000, 0, -1, LAST)
"""Of MSETEX, which lets the oracle keep keys that have expired, and count them until it finds them."""
DATABASE: Final = one_of((b"0", b"0", b"0", b"0", b"1", b"1", b"2", b"3") * 4 + (b"16", b"-1", b"junk"))
TIMEOUT: Final = one_of((b"0.001",) * 40 + (b"-1", b"junk", b"", b"nan", b"1e300"))
"""Of commands that wait, in seconds. 0 would wait for ever, and so does -0.001, which is rounded up."""

BY_NAME: Final[Mapping[str, Draw]] = MappingProxyType(
    {
        "bit": one_of((b"0", b"1") * 10 + (b"2", b"-1", b"junk")),
        "by-pattern": one_of(WEIGHT_PATTERNS),
        "comparison-value": Values.string,
        "consumer": one_of(CONSUMERS),
        "count": between(-2, 12),
        "cursor": one_of((b"0",) * 30 + (b"junk", b"-1", b"18446744073709551616", b"")),
        "db": DATABASE,
        "decrement": Values.integer,
        "destination-db": DATABASE,
        "element": Values.member,
        "encoding": one_of(ENCODINGS),
        "end": between(-12, 20),
        "entries-added": between(0, 100),
        "entriesread": between(-1, 30),
        "field": Values.field,
        "frequency": between(0, 255),
        "get-pattern": one_of(WEIGHT_PATTERNS),
        "group": one_of(GROUPS),
        "height": Values.length_on_earth,
        "id": Values.stream_id,
        "increment": Values.integer,
        "index": Values.list_index,
        "last-id": Values.stream_id,
        "lastid": Values.stream_id,
        "latitude": Values.latitude,
        "len": between(0, 20),
        "limit": between(0, 10),
        "longitude": Values.longitude,
        "max": upper(Values.score_bound),
        "max-deleted-id": Values.stream_id,
        "member": Values.member,
        "member1": Values.member,
        "member2": Values.member,
        "milliseconds": MILLISECONDS,
        "min": Values.score_bound,
        # What has been pending for less than a run is less than an hour old, so that clocks do not matter.
        "min-idle-time": one_of((b"0",) * 15 + (b"3600000", b"3600000", b"-1", b"junk")),
        "min-match-len": between(-1, 4),
        # Idle times that XCLAIM sets: none between 0 and an hour.
        "ms": one_of((b"0", b"10000000") * 6 + (b"-1", b"junk")),
        "num-matches": between(0, 5),
        "offset": between(-1, 6),
        "pattern": one_of(PATTERNS),
        "pivot": Values.member,
        "radius": Values.length_on_earth,
        "rank": one_of((b"1", b"2", b"3", b"-1", b"-2") * 4 + (b"0", b"-9223372036854775808", b"junk")),
        "score": Values.double,
        "seconds": SECONDS,
        "serialized-value": Values.payload,
        "start": between(-12, 20),
        "stop": between(-12, 20),
        "threshold": Values.trim_threshold,
        "timeout": TIMEOUT,
        "ttl": one_of((b"0",) * 15 + (b"100000000",) * 10 + (b"-1", b"junk", b"9223372036854775807")),
        "type": one_of(TYPES),
        "unix-time-milliseconds": AT_MILLISECONDS,
        "unix-time-seconds": AT_SECONDS,
        "value": Values.string,
        "weight": Values.double,
        "width": Values.length_on_earth,
    }
)
"""What an argument of this name is, in whatever command."""

IN_PLACE: Final[Mapping[tuple[str, str], Draw]] = MappingProxyType(
    {  # (command or group, name): where the same name means something else
        ("bitfield", "offset"): Values.offset_of_fields,
        ("bitfield", "value"): Values.integer,
        ("bitfield_ro", "offset"): Values.offset_of_fields,
        ("delifeq", "value"): Values.usual_string,
        ("geo", "member"): Values.usual_member,
        ("geo", "member1"): Values.usual_member,
        ("geo", "member2"): Values.usual_member,
        ("getbit", "offset"): Values.offset_of_bits,
        ("hincrbyfloat", "increment"): Values.double,
        ("hrandfield", "count"): Values.random_count,
        ("incrbyfloat", "increment"): Values.double,
        ("linsert", "pivot"): Values.usual_member,
        ("msetex", "unix-time-milliseconds"): AT_LATER,
        ("msetex", "unix-time-seconds"): AT_LATER,
        ("restore", "seconds"): between(0, 1000),
        ("select", "index"): DATABASE,
        ("set", "comparison-value"): Values.usual_string,
        ("setbit", "offset"): Values.offset_of_bits,
        ("setbit", "value"): one_of((b"0", b"1", b"1", b"1") * 8 + (b"2", b"junk")),
        ("setrange", "offset"): Values.offset_of_bytes,
        ("spop", "count"): Values.random_count,
        ("srandmember", "count"): Values.random_count,
        ("stream", "end"): upper(Values.stream_bound),
        ("stream", "start"): Values.stream_bound,
        ("swapdb", "index1"): DATABASE,
        ("swapdb", "index2"): DATABASE,
        ("xadd", "id"): Values.new_stream_id,
        ("xautoclaim", "start"): Values.stream_bound,
        ("xclaim", "unix-time-milliseconds"): one_of((b"1", b"1000000000000") * 6 + (b"junk",)),
        ("xgroup|create", "id"): one_of((b"0",) * 8 + (b"0-0", b"1-1", b"5", b"junk")),
        ("xread", "id"): Values.stream_start,
        ("xread", "milliseconds"): one_of((b"1",) * 30 + (b"-1", b"junk")),
        ("xreadgroup", "id"): Values.group_start,
        ("xreadgroup", "milliseconds"): one_of((b"1",) * 30 + (b"-1", b"junk")),
        ("zincrby", "increment"): Values.double,
        ("zlexcount", "max"): upper(Values.lex_bound),
        ("zlexcount", "min"): Values.lex_bound,
        ("zrandmember", "count"): Values.random_count,
        ("zrangebylex", "max"): upper(Values.lex_bound),
        ("zrangebylex", "min"): Values.lex_bound,
        ("zremrangebylex", "max"): upper(Values.lex_bound),
        ("zremrangebylex", "min"): Values.lex_bound,
        ("zrevrangebylex", "max"): upper(Values.lex_bound),
        ("zrevrangebylex", "min"): Values.lex_bound,
    }
)
