"""LCS."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.support.resp import NOT_INTEGER, OK, SYNTAX, Connection, Error, arity

NO_STRING = Error("ERR The specified keys must contain string values")
BOTH = Error("ERR If you want both the length and indexes, please just use IDX.")
TOO_MUCH = Error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")


def model(a: bytes, b: bytes) -> tuple[bytes, list[list[Any]]]:
    """The subsequence and its runs, from a table of lengths: up where that is longer, else left."""
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        row, above = table[i + 1], table[i]
        for j, y in enumerate(b):
            row[j + 1] = above[j] + 1 if x == y else max(above[j + 1], row[j])
    i, j = len(a), len(b)
    text = bytearray()
    runs: list[list[Any]] = []
    connected = False
    while i > 0 and j > 0:
        if a[i - 1] == b[j - 1]:
            i, j = i - 1, j - 1
            text.append(a[i])
            if connected:
                runs[-1][0][0], runs[-1][1][0] = i, j
                runs[-1][2] += 1
            else:
                runs.append([[i, i], [j, j], 1])
            connected = True
        else:
            connected = False
            if table[i - 1][j] > table[i][j - 1]:
                i -= 1
            else:
                j -= 1
    return bytes(reversed(text)), runs


def indexes(r: Connection, runs: list[Any], length: int) -> Any:
    return {b"matches": runs, b"len": length} if r.resp == 3 else [b"matches", runs, b"len", length]


def test_lcs(r: Connection):
    assert r("MSET", "a", "ohmytext", "b", "mynewtext") == OK
    assert r("LCS", "a", "b") == b"mytext"
    assert r("LCS", "a", "b", "LEN") == 6
    assert r("LCS", "a", "b", "IDX") == indexes(r, [[[4, 7], [5, 8]], [[2, 3], [0, 1]]], 6)
    assert r("LCS", "b", "a", "idx") == indexes(r, [[[5, 8], [4, 7]], [[0, 1], [2, 3]]], 6)
    assert r("LCS", "a", "b", "IDX", "WITHMATCHLEN") == indexes(
        r, [[[4, 7], [5, 8], 4], [[2, 3], [0, 1], 2]], 6
    )
    assert r("LCS", "a", "b", "IDX", "MINMATCHLEN", 4) == indexes(r, [[[4, 7], [5, 8]]], 6)
    assert r("LCS", "a", "b", "IDX", "MINMATCHLEN", 4, "WITHMATCHLEN") == indexes(r, [[[4, 7], [5, 8], 4]], 6)
    assert r("LCS", "a", "a") == b"ohmytext"
    assert r("LCS", "a", "a", "IDX") == indexes(r, [[[0, 7], [0, 7]]], 8)


@pytest.mark.parametrize("shortest", [-5, 0, 1, 2, 3, 4, 5, 100, (1 << 63) - 1, -(1 << 63)])
def test_minmatchlen(r: Connection, shortest: int):
    """It leaves out what is shorter; the length stays that of the whole."""
    assert r("MSET", "a", "ohmytext", "b", "mynewtext") == OK
    runs = [run for run in ([[4, 7], [5, 8]], [[2, 3], [0, 1]]) if run[0][1] - run[0][0] + 1 >= shortest]
    assert r("LCS", "a", "b", "IDX", "MINMATCHLEN", shortest) == indexes(r, runs, 6)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("none", "a"),
        ("a", "none"),
        ("none", "none"),
        ("empty", "a"),
        ("a", "empty"),
        ("empty", "empty"),
        ("a", "z"),
    ],
)
def test_nothing_in_common(r: Connection, a: str, b: str):
    assert r("MSET", "a", "abc", "empty", "", "z", "xyz") == OK
    assert r("LCS", a, b) == b""
    assert r("LCS", a, b, "LEN") == 0
    assert r("LCS", a, b, "IDX") == indexes(r, [], 0)
    assert r("LCS", a, b, "IDX", "MINMATCHLEN", 1, "WITHMATCHLEN") == indexes(r, [], 0)
    assert r("EXISTS", "none") == 0


def test_integers_are_strings(r: Connection):
    assert r("MSET", "i", 1234, "j", 1243) == OK
    assert r("LCS", "i", "j") == b"124"
    assert r("LCS", "i", "j", "IDX") == indexes(r, [[[3, 3], [2, 2]], [[0, 1], [0, 1]]], 3)
    assert r("OBJECT", "ENCODING", "i") == b"int"


def test_options_that_matter_only_with_idx(r2: Connection):
    assert r2("MSET", "a", "ohmytext", "b", "mynewtext") == OK
    assert r2("LCS", "a", "b", "MINMATCHLEN", 4) == b"mytext"
    assert r2("LCS", "a", "b", "WITHMATCHLEN") == b"mytext"
    assert r2("LCS", "a", "b", "LEN", "WITHMATCHLEN", "MINMATCHLEN", 4) == 6
    assert r2("LCS", "a", "b", "LEN", "len") == 6
    assert r2("LCS", "a", "b", "IDX", "MINMATCHLEN", 9, "MINMATCHLEN", 3, "IDX") == [
        b"matches",
        [[[4, 7], [5, 8]]],
        b"len",
        6,
    ]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("FOO",), SYNTAX), (("",), SYNTAX), (("MINMATCHLEN",), SYNTAX), (("IDX", "MINMATCHLEN"), SYNTAX),
        (("LEN", "IDX", "FOO"), SYNTAX),
        (("LEN", "IDX"), BOTH), (("IDX", "LEN"), BOTH), (("IDX", "MINMATCHLEN", "x"), NOT_INTEGER),
        (("MINMATCHLEN", "LEN"), NOT_INTEGER),
        (("MINMATCHLEN", 1 << 63), NOT_INTEGER), (("LEN", "IDX", "MINMATCHLEN", "x"), NOT_INTEGER),
    ],
)  # fmt: skip
def test_bad_options(r2: Connection, options: tuple[object, ...], error: Error):
    assert r2("MSET", "a", "ohmytext", "b", "mynewtext") == OK
    assert r2("LCS", "a", "b", *options) == error
    assert r2("LCS", "none", "none", *options) == error


def test_arity(r2: Connection):
    assert r2("LCS", "a") == arity("lcs")


def check(r: Connection, a: bytes, b: bytes) -> None:
    """All answers at once."""
    assert r("MSET", "a", a, "b", b) == OK
    text, runs = model(a, b)
    long_runs = [run for run in runs if run[2] >= 3]
    assert r.many(
        [("LCS", "a", "b"), ("LCS", "a", "b", "LEN"), ("LCS", "a", "b", "IDX", "WITHMATCHLEN"),
         ("LCS", "a", "b", "IDX", "MINMATCHLEN", 3)]
    ) == [text, len(text), indexes(r, runs, len(text)), indexes(r, [run[:2] for run in long_runs],
    len(text))]  # fmt: skip


@pytest.mark.parametrize("letters", [b"a", b"ab", b"abcd", bytes(range(256))], ids=["1", "2", "4", "256"])
def test_against_a_model(r2: Connection, letters: bytes):
    """Strings about as long as a word of 64 bits,
    and several: which of the longest subsequences it is counts too."""
    rng = random.Random(len(letters))
    lengths = [1, 2, 5, 31, 63, 64, 65, 127, 128, 129, 200]
    for _ in range(60):
        a, b = (bytes(rng.choices(letters, k=rng.choice(lengths))) for _ in range(2))
        check(r2, a, b)


def test_strings_that_are_much_alike(r2: Connection):
    rng = random.Random(9)
    for _ in range(40):
        a = bytearray(rng.randbytes(rng.randrange(20, 300)))
        b = bytearray(a)
        for _ in range(rng.randrange(6)):
            at = rng.randrange(len(b))
            if rng.random() < 0.5:
                del b[at : at + rng.randrange(1, 9)]
            else:
                b[at:at] = rng.randbytes(rng.randrange(1, 9))
            b = b or bytearray(b"x")
        check(r2, bytes(a), bytes(b))


def test_one_short_and_one_long(r2: Connection):
    rng = random.Random(10)
    long = bytes(rng.choices(b"abc", k=3000))
    for short in (b"a", b"cba", b"z", long[1000:1010], b"abc" * 4):
        check(r2, short, long)
        check(r2, long, short)


def test_memory_limit(r2: Connection):
    """What counts is a table of 32-bit numbers, (n + 1) * (m + 1) of them, even for the length alone."""
    with r2.config(proto_max_bulk_len=1 << 20):
        for n, m, good in ((511, 511, True), (512, 511, False), (511, 512, False), (131_071, 1, True),
        (1, 131_072, False),
                           (262_143, 0, True), (262_144, 0, False), (0, 262_144, False)):  # fmt: skip
            assert r2("MSET", "a", "x" * n, "b", "y" * m) == OK
            assert r2("LCS", "a", "b") == (b"" if good else TOO_MUCH), (n, m)
            assert r2("LCS", "a", "b", "LEN") == (0 if good else TOO_MUCH)
        assert r2("LCS", "a", "b", "IDX") == TOO_MUCH
        assert r2("LCS", "a", "b", "IDX", "LEN") == BOTH
        assert r2("LCS", "a", "b", "FOO") == SYNTAX


def test_lookups_are_counted(r2: Connection):
    assert r2("SET", "a", "abc") == OK
    before = r2.info("stats")
    assert r2("LCS", "a", "none") == b""
    assert r2("LCS", "a", "a") == b"abc"
    after = r2.info("stats")
    assert int(after["keyspace_hits"]) - int(before["keyspace_hits"]) == 3
    assert int(after["keyspace_misses"]) - int(before["keyspace_misses"]) == 1


def test_wrong_type(r2: Connection):
    """Found before the options are looked at."""
    if all(isinstance(r2(*each), Error) for each in (("RPUSH", "l", "x"), ("SADD", "l", "x"))):
        pytest.skip("the server has only strings yet")
    assert r2("SET", "a", "abc") == OK
    for keys in (("l", "a"), ("a", "l"), ("l", "none"), ("none", "l"), ("l", "l")):
        for options in ((), ("LEN",), ("IDX",), ("LEN", "IDX"), ("FOO",), ("MINMATCHLEN", "x")):
            assert r2("LCS", *keys, *options) == NO_STRING
