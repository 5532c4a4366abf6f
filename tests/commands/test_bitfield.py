"""BITFIELD and BITFIELD_RO."""

from __future__ import annotations

import itertools
import random

import pytest

from tests.support.resp import NOT_INTEGER, OK, SYNTAX, WRONGTYPE, Connection, Error, arity

BAD_TYPE = Error(
    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."
)
BAD_OFFSET = Error("ERR bit offset is not an integer or out of range")
BAD_OVERFLOW = Error("ERR Invalid OVERFLOW type specified")
ONLY_GET = Error("ERR BITFIELD_RO only supports the GET subcommand")
MIN, MAX = -(1 << 63), (1 << 63) - 1


def make_other_type(r: Connection, key: str) -> None:
    """A key that is no string."""
    for command in (("RPUSH", key, "x"), ("SADD", key, "x"), ("HSET", key, "field", "x")):
        if not isinstance(r(*command), Error):
            return
    pytest.skip("the server has only strings yet")


def encoding(r: Connection, key: str) -> str:
    return r("OBJECT", "ENCODING", key).decode()


# --- GET, SET, INCRBY ---------------------------------------------------------------------------------------


def test_answers(r: Connection):
    """One answer an operation, nil where OVERFLOW FAIL kept a field as it was."""
    assert r("BITFIELD", "k", "SET", "u8", 0, 255, "GET", "u8", 0, "GET", "i8", 0) == [0, 255, -1]
    assert r("BITFIELD", "k", "INCRBY", "u8", 0, -55, "GET", "u4", 0, "GET", "u4", 4) == [200, 12, 8]
    assert r(
        "BITFIELD", "k", "OVERFLOW", "FAIL", "INCRBY", "u8", 0, 56, "SET", "u8", 0, 256, "GET", "u8", 0
    ) == [
        None,
        None,
        200,
    ]
    assert r("GET", "k") == b"\xc8"
    assert r("BITFIELD", "k") == []
    assert r("BITFIELD", "k", "OVERFLOW", "SAT") == []
    assert r("BITFIELD_RO", "k", "GET", "i8", 0) == [-56]


def test_fields_of_any_width_at_any_place(r2: Connection):
    """Each width at each place in a byte, among bits that must stay as they are."""
    for filling in (b"\0" * 20, b"\xff" * 20):
        for width, shift in itertools.product((1, 2, 5, 8, 13, 31, 32, 33, 57, 58, 63, 64), range(9)):
            assert r2("SET", "k", filling) == OK
            before = int.from_bytes(filling, "big")
            rest = 160 - shift - width
            value = 0x5A5A_A5A5_1234_8765 & ((1 << width) - 1)
            signed = value - (1 << width) if value >> (width - 1) else value
            kind = f"i{width}"
            assert r2("BITFIELD", "k", "SET", kind, shift, signed, "GET", kind, shift)[1] == signed
            after = before & ~(((1 << width) - 1) << rest) | value << rest
            assert r2("GET", "k") == after.to_bytes(20, "big")


def test_get_beyond_the_end_reads_zeros(r2: Connection):
    assert r2("SET", "k", b"\xff\xff") == OK
    get = (
        "GET",
        "u8",
        8,
        "GET",
        "u8",
        12,
        "GET",
        "i8",
        12,
        "GET",
        "u8",
        16,
        "GET",
        "i64",
        0,
        "GET",
        "u63",
        15,
        "GET",
        "u1",
        4294967295,
    )
    expected = [255, 240, -16, 0, -(1 << 48), 1 << 62, 0]
    assert r2("BITFIELD", "k", *get) == expected
    assert r2("BITFIELD_RO", "k", *get) == expected
    assert r2("BITFIELD", "none", *get) == [0] * 7
    assert r2("STRLEN", "k") == 2
    assert r2("EXISTS", "none") == 0


def test_numbered_fields(r2: Connection):
    """#n is the n-th field of its width."""
    assert r2("BITFIELD", "k", "SET", "u8", "#0", 1, "SET", "u8", "#1", 2, "SET", "u16", "#1", 772) == [
        0,
        0,
        0,
    ]
    assert r2("GET", "k") == b"\x01\x02\x03\x04"
    assert r2(
        "BITFIELD", "k", "GET", "u8", "#3", "GET", "u4", "#7", "GET", "u1", "#31", "INCRBY", "i16", "#0", 1
    ) == [4, 4, 0, 259]


def test_operations_see_each_other(r2: Connection):
    assert r2("BITFIELD", "k", "GET", "u8", 0, "SET", "u8", 8, 1, "GET", "u8", 8, "INCRBY", "u16", 0, 255,
    "GET", "u8", 0) == [
        0, 0, 1, 256, 1,
    ]  # fmt: skip
    assert r2("BITFIELD", "k3", "SET", "i5", 3, -9, "GET", "i5", 3, "SET", "u63", 5, 1234567, "GET", "u63", 5,
    "GET", "i5", 3) == [
        0, -9, 8070450532247928832, 1234567, -16,
    ]  # fmt: skip


def test_words_in_any_case(r2: Connection):
    assert r2("BITFIELD", "k", "set", "u8", 0, 5, "Get", "u8", 0, "incrby", "u8", 0, 1, "overflow", "Fail",
    "incrby", "u8", 0, 255) == [
        0, 5, 6, None,
    ]  # fmt: skip


# --- OVERFLOW -----------------------------------------------------------------------------------------------

TYPES = ["i1", "u1", "i2", "i8", "u8", "i17", "u32", "i63", "u62", "u63", "i64"]
VALUES = [MIN, MIN + 1, MIN + 127, MIN + 128, MIN + 129, -(1 << 62) - 1, -(1 << 62), -(1 << 32), -129, -128,
-2, -1,
          0, 1, 2, 3, 127, 128, 255, 256, (1 << 32) - 1, 1 << 32, (1 << 62) - 1, 1 << 62, MAX - 1,
          MAX]  # fmt: skip


class Field:
    """What a field of some type makes of a number."""

    def __init__(self, kind: str) -> None:
        self.signed = kind[0] == "i"
        self.width = int(kind[1:])
        self.most = (1 << (self.width - self.signed)) - 1
        self.least = -self.most - 1 if self.signed else 0

    def wrapped(self, value: int) -> int:
        value &= (1 << self.width) - 1
        return value - (1 << self.width) if value > self.most else value

    def settle(self, value: int, overflow: str, is_set: bool) -> int | None:
        if self.least <= value <= self.most:
            return value
        if overflow == "WRAP":
            return self.wrapped(value)
        if overflow == "FAIL":
            return None
        # SET saturates upwards a negative number without sign, and one so small that its distance to the
        # largest is no 64-bit number.
        large = value > self.most
        if is_set:
            large = large or not self.signed or (self.width < 64 and self.most - value > MAX)
        return self.most if large else self.least


@pytest.mark.parametrize("overflow", ["WRAP", "SAT", "FAIL"])
@pytest.mark.parametrize("kind", TYPES)
def test_overflow_of_set(r2: Connection, kind: str, overflow: str):
    field = Field(kind)
    commands = [
        ("BITFIELD", f"k{i}", "OVERFLOW", overflow, "SET", kind, 3, v, "GET", kind, 3)
        for i, v in enumerate(VALUES)
    ]
    for value, reply in zip(VALUES, r2.many(commands), strict=True):
        settled = field.settle(value, overflow, True)
        assert reply == ([None, 0] if settled is None else [0, settled]), value


@pytest.mark.parametrize("overflow", ["WRAP", "SAT", "FAIL"])
@pytest.mark.parametrize("kind", TYPES)
def test_overflow_of_incrby(r2: Connection, kind: str, overflow: str):
    field = Field(kind)
    pairs = list(itertools.product(dict.fromkeys(map(field.wrapped, VALUES)), VALUES))
    commands = [
        (
            "BITFIELD",
            "k",
            "SET",
            kind,
            5,
            start,
            "OVERFLOW",
            overflow,
            "INCRBY",
            kind,
            5,
            step,
            "GET",
            kind,
            5,
        )
        for start, step in pairs
    ]
    for (start, step), reply in zip(pairs, r2.many(commands), strict=True):
        settled = field.settle(start + step, overflow, False)
        assert reply[1:] == [settled, start if settled is None else settled], (start, step)


def test_overflow_counts_for_what_follows(r2: Connection):
    assert r2(
        "BITFIELD", "k", "INCRBY", "u2", 0, 5, "OVERFLOW", "SAT", "INCRBY", "u2", 0, 5, "INCRBY", "u2", 0, -9,
        "OVERFLOW", "FAIL", "INCRBY", "u2", 0, 5, "OVERFLOW", "WRAP", "INCRBY", "u2", 0, 5,
    ) == [1, 3, 0, None, 1]  # fmt: skip
    assert r2("BITFIELD", "k", "INCRBY", "u2", 0, 4) == [1]


# --- what is written ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps"),
    [
        # An operation is a change if its field changes, or if the string had to grow for any of them.
        [("SET u8 0 255", 1), ("SET u8 0 255", 0), ("SET u8 0 511", 0), ("SET u8 0 254", 1),
        ("INCRBY u8 0 0", 0), ("INCRBY u8 0 256", 0)],
        [("SET u8 0 0", 1), ("SET u8 0 0", 0), ("SET u8 80 0", 1), ("SET u8 80 0", 0)],
        [("SET u8 0 0 SET u8 8 0 SET u8 0 0", 3), ("SET u8 0 0 SET u8 8 0 SET u8 0 0", 0),
        ("SET u8 0 0 SET u8 80 0 GET u8 0", 2)],
        [("SET u8 0 1 SET u8 0 2 SET u8 0 2 INCRBY u8 8 1", 4),
        ("SET u8 0 1 SET u8 0 2 SET u8 0 2 INCRBY u8 8 0", 2)],
        [("OVERFLOW FAIL SET u8 0 300", 0), ("OVERFLOW FAIL SET u8 800 300 SET u8 0 0", 1),
        ("OVERFLOW FAIL INCRBY u8 0 300 INCRBY u8 0 5", 1)],
        [("GET u8 0", 0), ("GET u8 800 OVERFLOW FAIL", 0), ("", 0)],
    ],
)  # fmt: skip
def test_changes(r2: Connection, steps: list[tuple[str, int]]):
    for words, changes in steps:
        before = r2.dirty()
        assert not isinstance(r2("BITFIELD", "k", *words.split()), Error)
        assert r2.dirty() - before == changes, words


def test_string_grows_for_all_operations(r2: Connection):
    """Even for those that then fail; what only reads makes nothing."""
    assert r2("BITFIELD", "k", "SET", "u8", 0, 1, "GET", "u8", 8000, "SET", "u8", 801, 0) == [0, 0, 0]
    assert r2("GET", "k") == b"\x01" + b"\0" * 101
    assert r2("BITFIELD", "new", "OVERFLOW", "FAIL", "INCRBY", "u8", 100, 300) == [None]
    assert (r2("STRLEN", "new"), encoding(r2, "new")) == (14, "raw")
    assert r2("BITFIELD", "k", "SET", "u1", 100_000, 1, "SET", "u4", 0, 15) == [0, 0]
    assert r2("STRLEN", "k") == 12_501
    assert r2("BITCOUNT", "k") == 6


def test_encoding_and_expiry(r2: Connection):
    assert r2("SET", "i", 12345, "EX", 1000) == OK
    assert r2("BITFIELD", "i", "GET", "u8", 0) == [49]
    assert r2("BITFIELD_RO", "i", "GET", "u8", 8) == [50]
    assert encoding(r2, "i") == "int"
    assert r2("BITFIELD", "i", "SET", "u8", 0, 49) == [49]
    assert (encoding(r2, "i"), r2("GET", "i")) == ("raw", b"12345")
    assert r2("BITFIELD", "i", "SET", "u8", 0, 57) == [49]
    assert r2("GET", "i") == b"92345"
    assert 0 < r2("TTL", "i") <= 1000
    assert r2("SET", "e", "abc") == OK
    assert r2("BITFIELD", "e", "OVERFLOW", "FAIL", "INCRBY", "u8", 0, 1000) == [None]
    assert (encoding(r2, "e"), r2("GET", "e")) == ("raw", b"abc")


def test_against_a_model(r2: Connection):
    """Random operations on a short string, kept beside it as text of noughts and ones."""
    rng = random.Random(5)
    text = ""
    commands = []
    expected: list[list[int | None]] = []
    for _ in range(400):
        words: list[object] = []
        replies: list[int | None] = []
        overflow = "WRAP"
        plan = [
            (rng.choice("is"), rng.choice(["u", "i"]), rng.randint(1, 63), rng.randrange(300))
            for _ in range(rng.randrange(1, 5))
        ]
        need = max((offset + width + 7) // 8 * 8 for _, _, width, offset in plan)
        text = text.ljust(need, "0")
        for operation, sign, width, offset in plan:
            kind = f"{sign}{width}"
            field = Field(kind)
            if rng.random() < 0.3:
                overflow = rng.choice(["WRAP", "SAT", "FAIL"])
                words += ["OVERFLOW", overflow]
            old = field.wrapped(int(text[offset : offset + width], 2))
            value = rng.randint(-(1 << rng.randrange(63)), 1 << rng.randrange(63))
            is_set = operation == "s"
            words += ["SET" if is_set else "INCRBY", kind, offset, value]
            settled = field.settle(value if is_set else old + value, overflow, is_set)
            if settled is not None:
                bits = f"{settled & ((1 << width) - 1):0{width}b}"
                text = text[:offset] + bits + text[offset + width :]
            replies.append(None if settled is None else old if is_set else settled)
        commands.append(("BITFIELD", "k", *words))
        expected.append(replies)
    for command, reply, value in zip(commands, r2.many(commands), expected, strict=True):
        assert reply == value, command
    assert r2("GET", "k") == int(text, 2).to_bytes(len(text) // 8, "big")


# --- errors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    ["u64", "i65", "u0", "i0", "x8", "u", "i", "8", "U8", "I8", "u08", "u+8", "u-1", "u8x", " u8", "", "i-64",
    "u99999999999999999999", "i4294967297"],
)  # fmt: skip
def test_bad_type(r2: Connection, kind: str):
    for operation in (("GET", kind, 0), ("SET", kind, 0, 1), ("INCRBY", kind, "x", "y")):
        assert r2("BITFIELD", "k", *operation) == BAD_TYPE
        assert r2("BITFIELD_RO", "k", *operation) == BAD_TYPE
    assert r2("EXISTS", "k") == 0


@pytest.mark.parametrize(
    "offset",
    ["-1", "#-1", "x", "#", "#x", "", "##1", "+1", "01", "#01", "4294967296", "#536870912", str(MAX),
    f"#{MAX}", str(MAX + 1), f"#{MAX + 1}"],
)  # fmt: skip
def test_bad_offset(r2: Connection, offset: str):
    assert r2("BITFIELD", "k", "GET", "u8", offset) == BAD_OFFSET
    assert r2("BITFIELD", "k", "SET", "u8", offset, "x") == BAD_OFFSET
    assert r2("BITFIELD_RO", "k", "GET", "u8", offset) == BAD_OFFSET


@pytest.mark.parametrize("value", ["x", "", "1 ", "+1", str(MAX + 1), str(MIN - 1)])
def test_bad_value(r2: Connection, value: str):
    assert r2("BITFIELD", "k", "SET", "u8", 0, value) == NOT_INTEGER
    assert r2("BITFIELD", "k", "INCRBY", "u8", 0, value) == NOT_INTEGER
    assert r2("BITFIELD_RO", "k", "SET", "u8", 0, value) == NOT_INTEGER


@pytest.mark.parametrize(
    "words", ["FOO", "FOO u8 0", "GET u8", "GET", "SET u8 0", "INCRBY u8 0", "OVERFLOW", "GET u8 0 FOO",
    "SET u8 0 1 GET", "SET u99 0", ]
)  # fmt: skip
def test_syntax(r2: Connection, words: str):
    assert r2("BITFIELD", "k", *words.split()) == SYNTAX
    assert r2("BITFIELD_RO", "k", *words.split()) == SYNTAX
    assert r2("EXISTS", "k") == 0


def test_one_error_keeps_all_from_happening(r2: Connection):
    assert r2("BITFIELD", "k", "SET", "u8", 0, 1, "GET", "u99", 0) == BAD_TYPE
    assert r2("BITFIELD", "k", "SET", "u8", 0, 1, "OVERFLOW", "foo") == BAD_OVERFLOW
    assert r2("BITFIELD", "k", "SET", "u8", 0, 1, "GET", "u8", -1) == BAD_OFFSET
    assert r2("EXISTS", "k") == 0
    assert r2("BITFIELD", "k", "OVERFLOW", "", "GET", "u8", 0) == BAD_OVERFLOW


def test_offset_limits(r2: Connection):
    """The first bit counts; a field may end behind the limit."""
    with r2.config(proto_max_bulk_len=1 << 20):
        last = (8 << 20) - 1
        assert r2("BITFIELD", "k", "GET", "u8", last, "GET", "u8", f"#{(1 << 20) - 1}") == [0, 0]
        assert r2("BITFIELD", "k", "GET", "u8", last + 1) == BAD_OFFSET
        assert r2("BITFIELD", "k", "GET", "u8", f"#{1 << 20}") == BAD_OFFSET
        assert r2("BITFIELD", "k", "SET", "u8", last + 1, 1) == BAD_OFFSET
        assert r2("BITFIELD", "k", "SET", "u8", last, 255) == [0]
        assert r2("STRLEN", "k") == (1 << 20) + 1
        assert r2("BITFIELD", "k", "GET", "u8", last, "GET", "u1", last) == [255, 1]


def test_numbered_offset_wraps(r2: Connection):
    """n times the width is taken as a 64-bit number, whatever was lost."""
    assert r2("SET", "k", b"\x12\x34") == OK
    assert r2("BITFIELD", "k", "GET", "u4", f"#{1 << 62}", "GET", "u4", f"#{(1 << 62) + 1}") == [1, 2]
    assert r2("BITFIELD", "k", "GET", "u7", f"#{2635249153387078803}") == [int(f"{0x1234:016b}"[5:12], 2)]
    assert r2("BITFIELD", "k", "GET", "u2", f"#{1 << 62}") == BAD_OFFSET
    assert r2("BITFIELD", "k", "GET", "i64", f"#{1 << 57}") == BAD_OFFSET


def test_read_only(r2: Connection):
    assert r2("SET", "k", "abc") == OK
    assert r2("BITFIELD_RO", "k") == []
    assert r2("BITFIELD_RO", "k", "GET", "u8", 0, "GET", "u8", "#2") == [97, 99]
    assert r2("BITFIELD_RO", "k", "OVERFLOW", "SAT") == []
    assert r2("BITFIELD_RO", "k", "OVERFLOW", "SAT", "GET", "u8", 0) == [97]
    assert r2("BITFIELD_RO", "k", "OVERFLOW", "foo") == BAD_OVERFLOW
    for key in ("k", "none"):
        assert r2("BITFIELD_RO", key, "SET", "u8", 0, 1) == ONLY_GET
        assert r2("BITFIELD_RO", key, "INCRBY", "u8", 0, 1) == ONLY_GET
        assert r2("BITFIELD_RO", key, "GET", "u8", 0, "SET", "u8", 0, 1) == ONLY_GET
        assert r2("BITFIELD_RO", key, "SET", "u8", 0, 1, "FOO") == SYNTAX
    assert r2("GET", "k") == b"abc"


def test_arity(r2: Connection):
    assert r2("BITFIELD") == arity("bitfield")
    assert r2("BITFIELD_RO") == arity("bitfield_ro")


def test_lookups_are_counted(r2: Connection):
    """Without a write it is a read: a hit or a miss."""

    def lookups(*command: object) -> tuple[int, int]:
        before = r2.info("stats")
        assert not isinstance(r2(*command), Error)
        after = r2.info("stats")
        return tuple(int(after[name]) - int(before[name]) for name in ("keyspace_hits", "keyspace_misses"))

    assert r2("SET", "k", "abc") == OK
    for name in ("BITFIELD", "BITFIELD_RO"):
        assert lookups(name, "k", "GET", "u8", 0, "GET", "u8", 8) == (1, 0)
        assert lookups(name, "none", "GET", "u8", 0) == (0, 1)
        assert lookups(name, "k") == (1, 0)
    assert lookups("BITFIELD", "k", "GET", "u8", 0, "SET", "u8", 0, 1) == (0, 0)
    assert lookups("BITFIELD", "new", "INCRBY", "u8", 0, 1) == (0, 0)


def test_wrong_type(r2: Connection):
    make_other_type(r2, "l")
    before = r2.dirty()
    for words in ("", "GET u8 0", "SET u8 0 1", "INCRBY u8 0 1", "OVERFLOW SAT"):
        assert r2("BITFIELD", "l", *words.split()) == WRONGTYPE
    for words in ("", "GET u8 0", "OVERFLOW SAT"):
        assert r2("BITFIELD_RO", "l", *words.split()) == WRONGTYPE
    for name in ("BITFIELD", "BITFIELD_RO"):
        assert r2(name, "l", "GET", "u8") == SYNTAX
        assert r2(name, "l", "SET", "u99", 0, 1) == BAD_TYPE
        assert r2(name, "l", "SET", "u8", 0, "x") == NOT_INTEGER
    assert r2("BITFIELD_RO", "l", "SET", "u8", 0, 1) == ONLY_GET
    assert r2.dirty() == before
