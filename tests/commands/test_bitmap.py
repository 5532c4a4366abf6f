"""SETBIT, GETBIT, BITCOUNT, BITPOS and BITOP."""

from __future__ import annotations

import random

import pytest

from tests.support.resp import NOT_INTEGER, OK, SYNTAX, WRONGTYPE, Connection, Error
from tests.support.servers import eventually

BAD_OFFSET = Error("ERR bit offset is not an integer or out of range")
BAD_BIT = Error("ERR bit is not an integer or out of range")
BAD_ARGUMENT = Error("ERR The bit argument must be 1 or 0.")
NOT_ARITY = Error("ERR BITOP NOT must be called with a single source key.")
MIN, MAX = -(1 << 63), (1 << 63) - 1


def make_other_type(r: Connection, key: str) -> None:
    """A key that is no string."""
    for command in (("RPUSH", key, "x"), ("SADD", key, "x"), ("HSET", key, "field", "x")):
        if not isinstance(r(*command), Error):
            return
    pytest.skip("the server has only strings yet")


def encoding(r: Connection, key: str) -> str:
    return r("OBJECT", "ENCODING", key).decode()


def text_of(data: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in data)


# --- SETBIT, GETBIT -----------------------------------------------------------------------------------------


def test_setbit_and_getbit(r: Connection):
    assert r("SETBIT", "k", 7, 1) == 0
    assert r("GET", "k") == b"\x01"
    assert r("SETBIT", "k", 0, 1) == 0
    assert r("GET", "k") == b"\x81"
    assert r("SETBIT", "k", 7, 0) == 1
    assert r("GET", "k") == b"\x80"
    assert [r("GETBIT", "k", i) for i in range(10)] == [1] + [0] * 9
    assert r("GETBIT", "none", 5) == 0
    assert r("GETBIT", "none", 4294967295) == 0
    assert r("EXISTS", "none") == 0


def test_setbit_grows_with_zeros(r2: Connection):
    assert r2("SET", "k", "ab") == OK
    assert r2("SETBIT", "k", 100, 1) == 0
    assert r2("GET", "k") == b"ab" + b"\0" * 10 + b"\x08"
    assert r2("SETBIT", "k", 200_000, 0) == 0
    assert r2("STRLEN", "k") == 25_001
    assert r2("BITCOUNT", "k") == 7
    assert r2("SETBIT", "k", 4, 1) == 0
    assert r2("STRLEN", "k") == 25_001


def test_setbit_many_places(r2: Connection):
    """A bitmap built bit by bit, each of its bits then asked for."""
    rng = random.Random(1)
    places = rng.sample(range(5000), 400)
    assert r2.many([("SETBIT", "k", place, 1) for place in places]) == [0] * 400
    assert r2.many([("GETBIT", "k", i) for i in range(5000)]) == [int(i in set(places)) for i in range(5000)]
    assert r2("BITCOUNT", "k") == 400
    assert r2("BITPOS", "k", 1) == min(places)
    cleared = places[:200]
    assert r2.many([("SETBIT", "k", place, 0) for place in cleared]) == [1] * 200
    assert r2("BITCOUNT", "k") == 200


def test_setbit_counts_changes(r2: Connection):
    """A write that changes nothing is no change; making the string longer is one."""
    steps = [
        (("SETBIT", "k", 7, 1), 1),
        (("SETBIT", "k", 7, 1), 0),
        (("SETBIT", "k", 7, 0), 1),
        (("SETBIT", "k", 7, 0), 0),
        (("SETBIT", "k", 100, 0), 1),
        (("SETBIT", "k", 100, 0), 0),
        (("SETBIT", "new", 0, 0), 1),
        (("SETBIT", "new", 0, 0), 0),
        (("SETBIT", "new", 0, 7), 0),
        (("GETBIT", "new", 0), 0),
    ]
    for command, changes in steps:
        before = r2.dirty()
        r2(*command)
        assert r2.dirty() - before == changes, command


def test_setbit_encoding(r2: Connection):
    """What is written to by bits is raw from then on,
    even if the bit was so before; reading changes nothing."""
    assert r2("SET", "i", 1234) == OK
    assert r2("GETBIT", "i", 3) == 1
    assert r2("BITCOUNT", "i") == 13
    assert r2("BITPOS", "i", 1) == 2
    assert encoding(r2, "i") == "int"
    assert r2("SETBIT", "i", 7, 0) == 1
    assert (encoding(r2, "i"), r2("GET", "i")) == ("raw", b"0234")
    assert r2("SET", "e", "abc") == OK
    assert encoding(r2, "e") == "embstr"
    assert r2("SETBIT", "e", 7, 1) == 1
    assert (encoding(r2, "e"), r2("GET", "e")) == ("raw", b"abc")
    assert r2("SETBIT", "new", 0, 0) == 0
    assert encoding(r2, "new") == "raw"


def test_setbit_keeps_expiry(r2: Connection):
    for value in (17, "abc", "x" * 3000):
        assert r2("SET", "k", value, "EX", 1000) == OK
        assert r2("SETBIT", "k", 80_000, 1) == 0
        assert 0 < r2("TTL", "k") <= 1000


@pytest.mark.parametrize(
    "offset", ["x", "", "-1", "+1", "01", " 1", "1 ", "#1", "4294967296", MIN, MAX, MAX + 1]
)
def test_bad_offset(r2: Connection, offset: str):
    assert r2("SETBIT", "k", offset, 1) == BAD_OFFSET
    assert r2("SETBIT", "k", offset, "x") == BAD_OFFSET
    assert r2("GETBIT", "k", offset) == BAD_OFFSET
    assert r2("EXISTS", "k") == 0


@pytest.mark.parametrize("bit", ["x", "", "2", "-1", "01", "4294967296", MAX + 1])
def test_bad_bit(r2: Connection, bit: str):
    assert r2("SETBIT", "k", 0, bit) == BAD_BIT
    assert r2("SETBIT", "k", 4294967295, bit) == BAD_BIT
    assert r2("EXISTS", "k") == 0


def test_offset_limit_follows_the_configuration(r2: Connection):
    with r2.config(proto_max_bulk_len=1 << 20):
        last = (8 << 20) - 1
        assert r2("SETBIT", "k", last, 1) == 0
        assert r2("SETBIT", "k", last + 1, 1) == BAD_OFFSET
        assert r2("GETBIT", "k", last) == 1
        assert r2("GETBIT", "k", last + 1) == BAD_OFFSET
        assert r2("STRLEN", "k") == 1 << 20
        assert r2("BITPOS", "k", 1) == last
    with r2.config(proto_max_bulk_len=2 << 30):
        assert r2("GETBIT", "k", (16 << 30) - 1) == 0
        assert r2("GETBIT", "k", 16 << 30) == BAD_OFFSET


# --- BITCOUNT -----------------------------------------------------------------------------------------------

COUNTS = [
    ((), 26), ((0,), 26), ((3,), 10), ((-1,), 4), ((-100,), 26), ((6,), 0), ((100,), 0),
    ((0, 0), 4), ((1, 1), 6), ((0, -1), 26), ((-2, -1), 7), ((-1, -2), 0), ((0, 100), 26), ((5, 3), 0),
    ((-100, -50), 4), ((-50, -100), 0), ((-50, -50), 4),
    ((0, 0, "BYTE"), 4), ((0, 1, "byte"), 10), ((0, 0, "BIT"), 0), ((0, -1, "BIT"), 26), ((5, 30, "BIT"), 17),
    ((1, -2, "bit"), 26), ((-1, -1, "BIT"), 0), ((7, 3, "BIT"), 0), ((-3, -9, "BIT"), 0),
    ((47, 48, "BIT"), 0),
    ((48, 48, "BIT"), 0), ((-500, -100, "BIT"), 0), ((-100, -500, "BIT"), 0),
    ((MIN,), 26), ((MAX,), 0), ((0, MAX), 26), ((MIN, MAX), 26), ((MIN, MIN), 4), ((MAX, MIN), 0),
    ((0, MAX, "BIT"), 26), ((MIN, MAX, "BIT"), 26), ((MAX, MAX, "BIT"), 0),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "expected"), COUNTS)
def test_bitcount(r2: Connection, arguments: tuple[object, ...], expected: int):
    assert r2("SET", "k", "foobar") == OK
    assert r2("BITCOUNT", "k", *arguments) == expected
    assert r2("BITCOUNT", "none", *arguments) == 0
    assert r2("SET", "empty", "") == OK
    assert r2("BITCOUNT", "empty", *arguments) == 0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("x",), NOT_INTEGER), ((0, "x"), NOT_INTEGER), (("x", "y"), NOT_INTEGER), ((0, "BIT"), NOT_INTEGER),
        (("x", 0, "BYTE"), NOT_INTEGER), (("x", 1, "foo"), NOT_INTEGER), ((MAX + 1, 1), NOT_INTEGER),
        ((0, 1, "foo"), SYNTAX), ((0, 1, "BITS"), SYNTAX), ((0, 1, ""), SYNTAX),
        ((0, 1, "BIT", "x"), SYNTAX), (("x", 1, "BIT", "x"), SYNTAX), ((0, "x", "foo", 3), SYNTAX),
        ((0, "x", "foo"), SYNTAX), ((0, "x", "BIT"), NOT_INTEGER), (("x", "y", "foo"), NOT_INTEGER),
    ],
)  # fmt: skip
def test_bad_ranges(r2: Connection, arguments: tuple[object, ...], error: Error):
    for key in ("k", "none"):
        assert r2("SET", "k", "foobar") == OK
        assert r2("BITCOUNT", key, *arguments) == error
        assert r2("BITPOS", key, 1, *arguments) == error


def clipped(arguments: list[int], total: int) -> range:
    """What of `total` bytes or bits a range of BITPOS means."""
    start = arguments[0] if arguments else 0
    end = arguments[1] if len(arguments) > 1 else -1
    start = max(start + total if start < 0 else start, 0)
    end = max(end + total if end < 0 else end, 0)
    return range(start, min(end, total - 1) + 1)


def test_bitcount_and_bitpos_against_a_model(r2: Connection):
    rng = random.Random(7)
    commands = []
    expected = []
    for n in (0, 1, 7, 8, 9, 40, 300, 1000):
        for filling in (
            rng.randbytes(n),
            b"\0" * n,
            b"\xff" * n,
            b"\0" * (n - n // 3) + rng.randbytes(n // 3),
        ):
            key = f"{n}-{len(commands)}"
            assert r2("SET", key, filling) == OK
            text = text_of(filling)
            for _ in range(25):
                unit = rng.choice(["BYTE", "BIT"])
                total = len(text) if unit == "BIT" else n
                arguments = [rng.randint(-total - 3, total + 3) for _ in range(2)]
                part = clipped(arguments, total)
                scale = 1 if unit == "BIT" else 8
                first, stop = part.start * scale, max(part.stop * scale, part.start * scale)
                crossed = arguments[1] < arguments[0] < 0
                commands.append(("BITCOUNT", key, *arguments, unit))
                expected.append(0 if crossed else text[first:stop].count("1"))
                bit = rng.randrange(2)
                commands.append(("BITPOS", key, bit, *arguments, unit))
                expected.append(text.find("01"[bit], first, stop) if first < stop else -1)
    for command, reply, value in zip(commands, r2.many(commands), expected, strict=True):
        assert reply == value, command


def test_bitcount_of_a_long_string(r2: Connection):
    data = random.Random(3).randbytes(300_001)
    assert r2("SET", "k", data) == OK
    assert r2("BITCOUNT", "k") == int.from_bytes(data, "big").bit_count()
    assert r2("BITCOUNT", "k", 13, -17) == int.from_bytes(data[13:-16], "big").bit_count()
    assert r2("BITCOUNT", "k", 13, -17, "BIT") == text_of(data)[13:-16].count("1")


# --- BITPOS -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "bit", "arguments", "expected"),
    [
        (b"\0" * 5, 0, (), 0), (b"\0" * 5, 1, (), -1), (b"\0" * 5, 0, (2,), 16), (b"\0" * 5, 0, (-1,), 32),
        (b"\0" * 5, 0, (5,), -1), (b"\0" * 5, 0, (40, 41, "BIT"), -1), (b"\0" * 5, 0, (-3, -1, "BIT"), 37),
        # All bits are one: behind the string they are zero,
        # unless its end was named or the start lies behind it.
        (b"\xff" * 5, 0, (), 40), (b"\xff" * 5, 0, (1,), 40), (b"\xff" * 5, 0, (4,), 40),
        (b"\xff" * 5, 0, (-1,), 40),
        (b"\xff" * 5, 0, (5,), -1), (b"\xff" * 5, 0, (0, -1), -1), (b"\xff" * 5, 0, (0, 100), -1),
        (b"\xff" * 5, 0, (0, 4, "BYTE"), -1), (b"\xff" * 5, 0, (0, 39, "BIT"), -1),
        (b"\xff" * 5, 0, (0, 100, "BIT"), -1),
        (b"\xff" * 5, 1, (3, 100), 24), (b"\xff" * 5, 1, (13, 20, "BIT"), 13),
        (b"\xff" * 5, 1, (39, 39, "BIT"), 39),
        (b"\x00\xf0\x00", 1, (), 8), (b"\x00\xf0\x00", 1, (2,), -1), (b"\x00\xf0\x00", 1, (0, 7, "BIT"), -1),
        (b"\x00\xf0\x00", 1, (0, 8, "BIT"), 8), (b"\x00\xf0\x00", 0, (1,), 12),
        (b"\x00\xf0\x00", 0, (9, 11, "BIT"), -1),
        (b"\x00\xf0\x00", 0, (9, 12, "BIT"), 12), (b"\x00\xf0\x00", 1, (-1, -3), -1),
        (b"\x00\xf0\x00", 1, (2, 1), -1),
        (b"foobar", 1, (-50, -100), 1), (b"foobar", 1, (-100, -50), 1), (b"foobar", 0, (-50, -100, "BIT"), 0),
        (b"foobar", 1, (MIN, MAX), 1), (b"foobar", 1, (MAX, MIN), -1), (b"foobar", 1, (MIN, MAX, "BIT"), 1),
        (b"", 0, (), -1), (b"", 1, (), -1), (b"", 0, (0, -1), -1), (b"", 0, (-5, -1, "BIT"), -1),
    ],
)  # fmt: skip
def test_bitpos(r2: Connection, value: bytes, bit: int, arguments: tuple[object, ...], expected: int):
    assert r2("SET", "k", value) == OK
    assert r2("BITPOS", "k", bit, *arguments) == expected
    assert r2("BITPOS", "none", 0, *arguments) == 0
    assert r2("BITPOS", "none", 1, *arguments) == -1


def test_bitpos_checks_the_bit_first(r2: Connection):
    for key in ("k", "none"):
        assert r2("SET", "k", "foobar") == OK
        for rest in ((), ("x",), (0, "x"), (0, 1, "foo"), (0, 1, "BIT", 3)):
            assert r2("BITPOS", key, 2, *rest) == BAD_ARGUMENT
            assert r2("BITPOS", key, -1, *rest) == BAD_ARGUMENT
            assert r2("BITPOS", key, "x", *rest) == NOT_INTEGER
            assert r2("BITPOS", key, "00", *rest) == NOT_INTEGER


def test_bitpos_in_a_long_string(r2: Connection):
    for byte, bit in ((b"\0", 1), (b"\xff", 0)):
        assert r2("SET", "k", byte * 100_000) == OK
        assert r2("BITPOS", "k", bit) == (-1 if bit else 800_000)
        assert r2("SETBIT", "k", 654_321, bit) == 1 - bit
        assert r2("BITPOS", "k", bit) == 654_321
        assert r2("BITPOS", "k", bit, 81_790) == 654_321
        assert r2("BITPOS", "k", bit, 81_791) == (-1 if bit else 800_000)
        assert r2("BITPOS", "k", bit, 0, 654_320, "BIT") == -1


# --- BITOP --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "keys", "expected"),
    [
        ("AND", ("a", "b"), b"abc\0\0\0\0\0\0\0"), ("and", ("a",), b"abc"),
        ("AND", ("none", "b"), b"\0" * 10),
        ("AND", ("i", "a"), b'!"#\0\0'), ("AND", ("a", "b", "i"), b'!"#\0\0\0\0\0\0\0'),
        ("AND", ("a", "none", "none"), b"\0\0\0"),
        ("OR", ("a", "b"), b"abcdefghij"), ("or", ("none", "b"), b"abcdefghij"), ("OR", ("i", "a"), b"qrs45"),
        ("XOR", ("a", "b"), b"\0\0\0defghij"), ("Xor", ("a", "none"), b"abc"),
        ("XOR", ("a", "b", "i"), b"123PPfghij"),
        ("XOR", ("a", "a", "a"), b"abc"), ("NOT", ("a",), b"\x9e\x9d\x9c"),
        ("not", ("i",), bytes(255 - b for b in b"12345")),
        ("OR", ("one",), b"1"),
    ],
)  # fmt: skip
def test_bitop(r2: Connection, operation: str, keys: tuple[str, ...], expected: bytes):
    assert r2("MSET", "a", "abc", "b", "abcdefghij", "i", 12345, "one", 1) == OK
    before = r2.dirty()
    assert r2("BITOP", operation, "dest", *keys) == len(expected)
    assert r2.dirty() - before == 1
    assert r2("GET", "dest") == expected
    assert encoding(r2, "dest") == "raw"
    assert r2("MGET", "a", "b", "i", "one") == [b"abc", b"abcdefghij", b"12345", b"1"]
    assert encoding(r2, "i") == "int"


@pytest.mark.parametrize("operation", ["AND", "OR", "XOR", "NOT"])
def test_bitop_of_nothing_deletes(r2: Connection, operation: str):
    for sources in (("none",), ("empty",)) if operation == "NOT" else (("none",), ("empty", "none", "empty")):
        assert r2("MSET", "empty", "", "dest", "old") == OK
        before = r2.dirty()
        assert r2("BITOP", operation, "dest", *sources) == 0
        assert (r2("EXISTS", "dest"), r2.dirty() - before) == (0, 1)
        assert r2("BITOP", operation, "dest", *sources) == 0
        assert r2.dirty() - before == 1


def test_bitop_replaces_its_destination(r2: Connection):
    assert r2("SET", "a", "abc") == OK
    for old in (5, "old", "x" * 100, "x" * 5000):
        assert r2("SET", "dest", old, "EX", 1000) == OK
        assert r2("BITOP", "OR", "dest", "a") == 3
        assert (r2("GET", "dest"), r2("TTL", "dest")) == (b"abc", -1)


def test_bitop_into_a_source(r2: Connection):
    assert r2("SET", "k", "xyz") == OK
    assert r2("BITOP", "NOT", "k", "k") == 3
    assert r2("GET", "k") == bytes(255 - b for b in b"xyz")
    assert r2("BITOP", "XOR", "k", "k", "k") == 3
    assert r2("GET", "k") == b"\0\0\0"
    assert r2("MSET", "long", "a" * 5000, "short", "b") == OK
    assert r2("BITOP", "OR", "long", "short", "long") == 5000
    assert r2("GET", "long") == b"c" + b"a" * 4999
    assert r2("SETBIT", "long", 0, 1) == 0
    assert r2("GETRANGE", "long", 0, 1) == b"\xe3a"


def test_bitop_result_can_be_changed(r2: Connection):
    """Results of every size, those inside the entry and those in a block of their own,
    and what is done to them."""
    for n in (1, 44, 45, 2047, 2048, 2049, 70_000):
        assert r2("SET", "a", "a" * n) == OK
        assert r2("BITOP", "NOT", "dest", "a") == n
        assert encoding(r2, "dest") == "raw"
        assert r2("APPEND", "dest", "tail") == n + 4
        assert r2("GET", "dest") == b"\x9e" * n + b"tail"
        assert r2("BITOP", "NOT", "dest", "dest") == n + 4
        assert r2("SETBIT", "dest", 8 * n + 50, 1) == 0
        assert r2("GETRANGE", "dest", 0, n - 1) == b"a" * n


def test_bitop_against_a_model(r2: Connection):
    rng = random.Random(11)
    for _ in range(60):
        values = [
            rng.randbytes(rng.choice([0, 1, 7, 8, 9, 31, 32, 33, 100, 5000, 9000]))
            for _ in range(rng.randrange(1, 8))
        ]
        keys = [f"k{i}" for i in range(len(values))]
        for key, value in zip(keys, values, strict=True):
            assert r2("SET", key, value) == OK
        n = max(map(len, values))
        numbers = [int.from_bytes(value.ljust(n, b"\0"), "big") for value in values]
        results = {"AND": numbers[0], "OR": numbers[0], "XOR": numbers[0]}
        for each in numbers[1:]:
            results["AND"] &= each
            results["OR"] |= each
            results["XOR"] ^= each
        for operation, result in results.items():
            assert r2("BITOP", operation, "dest", *keys) == n
            assert (r2("GET", "dest") or b"") == result.to_bytes(n, "big")


def test_bitop_of_many_keys(r2: Connection):
    """More keys than are looked up together, one bit in each, some of them integers."""
    keys = [f"k{i}" for i in range(200)]
    for i, key in enumerate(keys):
        assert r2("SETBIT", key, i, 1) == 0
    assert r2("BITOP", "OR", "dest", *keys) == 25
    assert r2("GET", "dest") == b"\xff" * 25
    assert r2("BITOP", "XOR", "dest", *keys, *keys[:8]) == 25
    assert r2("GET", "dest") == b"\0" + b"\xff" * 24
    numbers = [f"n{i}" for i in range(100)]
    assert r2("MSET", *(part for i, key in enumerate(numbers) for part in (key, 10 + i))) == OK
    assert r2("BITOP", "OR", "dest", *numbers) == 3
    assert r2("GET", "dest") == b"???"


@pytest.mark.parametrize("operation", ["DIFF", "DIFF1", "ANDOR", "ONE", "NAND", "foo", "", "ANDX", "AN"])
def test_bitop_unknown_operation(r2: Connection, operation: str):
    assert r2("SET", "a", "abc") == OK
    assert r2("BITOP", operation, "dest", "a", "a") == SYNTAX
    assert r2("BITOP", operation, "dest", "a") == SYNTAX


def test_bitop_not_takes_one_source(r2: Connection):
    assert r2("SET", "a", "abc") == OK
    assert r2("BITOP", "NOT", "dest", "a", "a") == NOT_ARITY
    assert r2("BITOP", "NOT", "dest", "none", "none") == NOT_ARITY
    assert r2("EXISTS", "dest") == 0


def test_arity(r2: Connection):
    for command in (
        ("SETBIT", "k", 1), ("SETBIT", "k", 1, 1, 1), ("GETBIT", "k"), ("GETBIT", "k", 1, 1), ("BITCOUNT",),
        ("BITPOS", "k"), ("BITOP",), ("BITOP", "AND", "k"),
    ):  # fmt: skip
        assert r2(*command) == Error(f"ERR wrong number of arguments for '{command[0].lower()}' command")


# --- what they share ----------------------------------------------------------------------------------------


def test_lookups_are_counted(r2: Connection):
    """Reading commands count a hit or a miss for each key, writing ones none."""

    def lookups(*command: object) -> tuple[int, int]:
        before = r2.info("stats")
        assert not isinstance(r2(*command), Error)
        after = r2.info("stats")
        return tuple(int(after[name]) - int(before[name]) for name in ("keyspace_hits", "keyspace_misses"))

    assert r2("SET", "k", "abc") == OK
    for name in ("GETBIT", "BITPOS"):
        assert lookups(name, "k", 1) == (1, 0)
        assert lookups(name, "none", 1) == (0, 1)
    assert lookups("BITCOUNT", "k") == (1, 0)
    assert lookups("BITCOUNT", "none") == (0, 1)
    assert lookups("SETBIT", "k", 1, 1) == (0, 0)
    assert lookups("BITOP", "OR", "dest", "k", "none", "k") == (2, 1)


def test_expired_keys_are_gone(r2: Connection):
    """Keys whose time is up,
    but which nobody has removed yet: a second key that dies no earlier tells when."""
    commands = (
        (("GETBIT", "k", 1), 0), (("BITCOUNT", "k"), 0), (("BITPOS", "k", 0), 0), (("BITPOS", "k", 1), -1),
        (("SETBIT", "k", 1, 0), 0), (("BITOP", "OR", "dest", "k"), 0), (("BITOP", "OR", "k", "none"), 0),
    )  # fmt: skip
    assert r2("DEBUG", "SET-ACTIVE-EXPIRE", 0) == OK
    try:
        for command, expected in commands:
            assert r2("SET", "k", b"\xff" * 10, "PX", 1) == OK
            assert r2("SET", "later", 1, "PX", 1) == OK
            eventually(lambda: r2("EXISTS", "later") == 0)
            assert r2("DBSIZE") == 1
            assert r2(*command) == expected
            assert r2("STRLEN", "k") == (1 if command[0] == "SETBIT" else 0)
            r2("DEL", "k")
    finally:
        assert r2("DEBUG", "SET-ACTIVE-EXPIRE", 1) == OK


def test_wrong_type(r2: Connection):
    make_other_type(r2, "l")
    assert r2("SET", "a", "abc") == OK
    before = r2.dirty()
    assert r2("SETBIT", "l", "x", 0) == BAD_OFFSET
    assert r2("SETBIT", "l", 0, "x") == BAD_BIT
    assert r2("SETBIT", "l", 0, 1) == WRONGTYPE
    assert r2("GETBIT", "l", "x") == BAD_OFFSET
    assert r2("GETBIT", "l", 0) == WRONGTYPE
    for arguments in ((), (0,), (0, -1), (0, -1, "BIT")):
        assert r2("BITCOUNT", "l", *arguments) == WRONGTYPE
        assert r2("BITPOS", "l", 1, *arguments) == WRONGTYPE
    assert r2("BITCOUNT", "l", 0, 1, "foo") == SYNTAX
    assert r2("BITPOS", "l", 2) == BAD_ARGUMENT
    assert r2("BITPOS", "l", 1, "x") == NOT_INTEGER
    assert r2("BITOP", "OR", "dest", "a", "l") == WRONGTYPE
    assert r2("BITOP", "NOT", "dest", "l", "l") == NOT_ARITY
    assert r2("BITOP", "foo", "dest", "l") == SYNTAX
    assert r2("BITOP", "OR", "l", "l") == WRONGTYPE
    assert r2.dirty() == before
    assert r2("BITOP", "OR", "l", "a") == 3
    assert r2("GET", "l") == b"abc"
    r2("DEL", "l")
    make_other_type(r2, "l")
    assert r2("BITOP", "OR", "l", "none") == 0
    assert r2("EXISTS", "l") == 0
