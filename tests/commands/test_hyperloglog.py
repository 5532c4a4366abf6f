"""PFADD, PFCOUNT, PFMERGE, PFDEBUG, PFSELFTEST: replies, bytes, errors, what counts as a change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.script import FAR, run
from tests.support.hyperloglog import EMPTY, element
from tests.support.resp import NOT_INTEGER, OK, WRONGTYPE, Connection, Error, Status, arity

NOT_ONE = Error("WRONGTYPE Key is not a valid HyperLogLog string value.")
DAMAGED = Error("INVALIDOBJ Corrupted HLL object detected")
NOT_SPARSE = Error("ERR HLL encoding is not sparse")
NO_KEY = Error("ERR The specified key does not exist")
X, XYZ = b"\x7f\xf5\x84\x08", b"a\x84\x80X\xcd\x88E\xa0\x84\x08"  # what the element x leaves, and x, y and z
HEAD = EMPTY[:16]
DENSE = b"HYLL" + bytes(12 + 12288)
FIRST = -9223372036854775808

# --- replies: before, command, reply ---------------------------------------------------------------------------------

REPLIES: list[tuple[str, str, Any]] = [
    ("", "PFADD k", 1),
    ("PFADD k", "PFADD k", 0),
    ("PFADD k", "PFADD k x", 1),
    ("", "PFADD k x", 1),
    ("PFADD k x", "PFADD k x", 0),
    ("PFADD k x", "PFADD k x x x", 0),
    ("PFADD k x", "PFADD k x y", 1),
    ("", "PFADD k ''", 1),
    ("PFADD k ''", "PFADD k ''", 0),
    ("", "PFCOUNT k", 0),
    ("PFADD k", "PFCOUNT k", 0),
    ("PFADD k x y z", "PFCOUNT k", 3),
    ("PFADD k x y z ; PFCOUNT k", "PFCOUNT k", 3),
    ("PFADD k x y z ; PFCOUNT k ; PFADD k v", "PFCOUNT k", 4),
    ("PFADD k x y ; PFADD j y z", "PFCOUNT k j", 3),
    ("PFADD k x y ; PFADD j y z", "PFCOUNT k j nokey k", 3),
    ("", "PFCOUNT k j", 0),
    ("", "PFMERGE k", OK),
    ("", "PFMERGE k j", OK),
    ("PFADD j x", "PFMERGE k j j k", OK),
    ("PFADD k x y z", "PFDEBUG DECODE k", b"Z:8581 v:1,1 Z:6350 v:3,1 Z:1441 v:2,1 z:9"),
    ("PFADD k x y z", "PFDEBUG decode k", b"Z:8581 v:1,1 Z:6350 v:3,1 Z:1441 v:2,1 z:9"),
    ("PFADD k", "PFDEBUG DECODE k", b"Z:16384"),
    ("PFADD k", "PFDEBUG ENCODING k", Status("sparse")),
    ("PFADD k ; PFDEBUG TODENSE k", "PFDEBUG ENCODING k", Status("dense")),
    ("PFADD k", "PFDEBUG TODENSE k", 1),
    ("PFADD k ; PFDEBUG TODENSE k", "PFDEBUG TODENSE k", 0),
    ("PFADD k ; PFDEBUG TODENSE k", "PFDEBUG DECODE k", NOT_SPARSE),
    ("PFADD k ; PFDEBUG TODENSE k", "PFDEBUG GETREG k", [0] * 16384),
    ("PFADD k", "PFDEBUG GETREG k", [0] * 16384),
    ("", "PFDEBUG SIMD ON", Status("enabled")),
    ("PFDEBUG SIMD OFF", "PFDEBUG simd on", Status("enabled")),
    ("", "PFSELFTEST", OK),
    ("", "PFDEBUG DECODE k", NO_KEY),
    ("", "PFDEBUG NONSENSE k", NO_KEY),
    ("PFADD k", "PFDEBUG NonSense k", Error("ERR Unknown PFDEBUG subcommand 'NonSense'")),
    ("PFADD k", "PFDEBUG HELP k", Error("ERR Unknown PFDEBUG subcommand 'HELP'")),
    ("", "PFADD", arity("pfadd")),
    ("", "PFCOUNT", arity("pfcount")),
    ("", "PFMERGE", arity("pfmerge")),
    ("", "PFDEBUG GETREG", arity("pfdebug")),
    ("", "PFDEBUG GETREG k j", arity("pfdebug")),
    ("", "PFSELFTEST k", arity("pfselftest")),
]


@pytest.mark.parametrize(("before", "command", "reply"), REPLIES)
def test_reply(r: Connection, before: str, command: str, reply: Any) -> None:
    run(r, before)
    assert run(r, command) == reply


USES = (
    "PFADD k", "PFADD k x", "PFCOUNT k", "PFCOUNT j k", "PFMERGE j k", "PFMERGE k", "PFMERGE k j", "PFDEBUG GETREG k"
)  # fmt: skip


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("ZADD k 1 x", WRONGTYPE),
        ("SET k ''", NOT_ONE),
        ("SET k 17", NOT_ONE),
        ("SET k 1234567890123456789", NOT_ONE),
        ("SET k 'a string of some length'", NOT_ONE),
        ("SET k HYLL", NOT_ONE),
        ("SET k 'hyll\\x01           \\x7f\\xff'", NOT_ONE),
        ("SET k 'HYLL\\x02           \\x7f\\xff'", NOT_ONE),
        ("SET k 'HYLL\\x00           \\x7f\\xff'", NOT_ONE),
        ("SET k 'HYLL\\x01          '", NOT_ONE),
    ],
)
def test_other_values(r2: Connection, value: str, error: Error, use: str) -> None:
    run(r2, value)
    run(r2, "PFADD j a")
    before = r2.dirty()
    assert run(r2, use) == error
    assert r2.dirty() == before


# --- damage: sparse lists that do not have 16384 registers; the uses that notice --------------------------------------

LISTS: list[bytes] = [
    b"",
    b"\x00",
    b"\x7f\xfe",
    b"\x7f\xff\x00",
    b"\x7f\xff\x80",
    b"\x83" * 40,
    b"\x83\x7f\xff",
    b"\x7f\xff" * 3,
]


@pytest.mark.parametrize("body", LISTS)
@pytest.mark.parametrize(
    "use", ["PFCOUNT k", "PFCOUNT j k", "PFMERGE k", "PFMERGE j k", "PFDEBUG TODENSE k", "PFDEBUG GETREG k"]
)
def test_damage_is_noticed(r2: Connection, body: bytes, use: str) -> None:
    run(r2, "PFADD j a")
    r2("SET", "k", HEAD + body)
    before = r2.dirty()
    assert run(r2, use) == DAMAGED
    assert r2("GET", "k") == HEAD + body
    assert r2.dirty() == before


@pytest.mark.parametrize(
    ("body", "index", "rank", "reply", "after"),
    [
        (b"", 0, 1, DAMAGED, b""),
        (b"\x00", 0, 1, 1, b"\x80"),
        (b"\x00", 1, 1, DAMAGED, b"\x00"),
        (b"\x7f\xfe", 0, 1, 1, b"\x80\x7f\xfd"),
        (b"\x7f\xfe", 16383, 1, DAMAGED, b"\x7f\xfe"),
        (b"\x7f\xff\x00", 16383, 20, 1, b"\x7f\xfe\xcc\x00"),
        (b"\x7f\xff\x80", 16383, 20, 1, b"\x7f\xfe\xcc\x80"),
        (b"\x83" * 40, 0, 1, 0, b"\x83" * 40),
        (b"\x83" * 40, 159, 2, 1, b"\x83" * 39 + b"\x82\x84"),
        (b"\x83" * 40, 160, 1, DAMAGED, b"\x83" * 40),
        (b"\x83\x7f\xff", 16383, 20, 1, b"\x83\x7f\xfa\xcc\x03"),
        (b"\x7f\xff" * 3, 16383, 20, 1, b"\x7f\xfe\xcc" + b"\x7f\xff" * 2),
        (b"\x40\x00" * 20, 3, 20, 1, b"\x40\x00" * 3 + b"\xcc" + b"\x40\x00" * 16),
        (b"\x00", 0, 33, DAMAGED, b"\x00"),
    ],
)
def test_pfadd_looks_no_further_than_its_register(
    r2: Connection, body: bytes, index: int, rank: int, reply: Any, after: bytes
) -> None:
    r2("SET", "k", HEAD + body)
    assert r2("PFADD", "k") == 0
    assert r2("PFADD", "k", element(index, rank)) == reply
    assert r2("GET", "k") == HEAD + after


def test_a_cached_count_is_believed(r2: Connection) -> None:
    r2("SET", "k", b"HYLL\x01" + bytes(3) + (1234567).to_bytes(8, "little") + b"nonsense")
    before = r2.dirty()
    assert r2("PFCOUNT", "k") == 1234567
    assert r2.dirty() == before


def test_a_dense_one_of_another_length_is_none(r2: Connection) -> None:
    for value, reply in ((DENSE, 1), (DENSE[:-1], NOT_ONE), (DENSE + b"\x00", NOT_ONE)):
        r2("SET", "k", value)
        assert r2("PFADD", "k", "x") == reply


@pytest.mark.parametrize(
    ("rank", "count"), [(0, 0), (1, 23637), (10, 12102203), (50, FIRST), (51, FIRST), (52, FIRST), (63, FIRST)]
)
def test_registers_that_no_element_makes(r2: Connection, rank: int, count: int) -> None:
    """All registers of one rank: the estimate's extremes."""
    triple = (rank | rank << 6 | rank << 12 | rank << 18).to_bytes(3, "little")
    r2("SET", "k", b"HYLL" + bytes(11) + b"\x80" + triple * 4096)
    assert r2("PFCOUNT", "k", "k") == count
    assert r2("PFCOUNT", "k") == count
    assert r2("GET", "k")[8:16] == count.to_bytes(8, "little", signed=True)


# --- bytes: a script and the value of k afterwards -------------------------------------------------------------------

VALUES: list[tuple[str, bytes]] = [
    ("PFADD k", EMPTY),
    ("PFADD k x", HEAD + X),
    ("PFADD k x y z", HEAD + XYZ),
    ("PFADD k z ; PFADD k x ; PFADD k y", HEAD + XYZ),
    ("PFADD k x y z ; PFCOUNT k", HEAD[:8] + b"\x03" + bytes(7) + XYZ),
    ("PFADD k x y ; PFCOUNT k ; PFADD k z", HEAD[:8] + b"\x02" + bytes(6) + b"\x80" + XYZ),
    ("PFADD k x y z ; PFCOUNT k ; PFADD k z", HEAD[:8] + b"\x03" + bytes(7) + XYZ),
    ("PFADD k x y z ; PFCOUNT k k", HEAD + XYZ),
    ("PFMERGE k", EMPTY),
    ("PFMERGE k nokey", EMPTY),
    ("PFADD j x y ; PFADD i z ; PFMERGE k j i", HEAD + XYZ),
    ("PFADD k x y ; PFADD i z ; PFMERGE k i", HEAD + XYZ),
    ("PFADD k x y z ; PFCOUNT k ; PFMERGE k", HEAD[:8] + b"\x03" + bytes(6) + b"\x80" + XYZ),
    ("PFADD k x y z ; COPY k j ; DEL k ; COPY j k ; PFADD j a b c", HEAD + XYZ),
    ("PFADD k x ; EXPIRE k 1000 ; PFADD k y z", HEAD + XYZ),
    ("PFADD k ; PFDEBUG TODENSE k ; PFCOUNT k", DENSE),
]


@pytest.mark.parametrize(("script", "value"), VALUES)
def test_value(r2: Connection, script: str, value: bytes) -> None:
    run(r2, script)
    assert r2("GET", "k") == value


@pytest.mark.parametrize(
    ("script", "encoding"),
    [
        ("PFADD k", b"raw"),
        ("PFADD k x y z", b"raw"),
        ("PFMERGE k", b"raw"),
        ("PFADD j ; COPY j k", b"raw"),
        ("SET k 'HYLL\\x01           \\x7f\\xff'", b"embstr"),
        ("SET k 'HYLL\\x01           \\x7f\\xff' ; PFADD k", b"raw"),
        ("SET k 'HYLL\\x01           \\x7f\\xff' ; PFCOUNT k", b"raw"),
        ("SET k 'HYLL\\x01           \\x7f\\xff' ; PFCOUNT k j", b"embstr"),
        ("SET k 'HYLL\\x01           \\x7f\\xff' ; PFMERGE k", b"raw"),
        ("SET k 'HYLL\\x01           \\x7f\\xff' ; PFMERGE j k", b"embstr"),
        ("SET k 'HYLL\\x01           \\x7f\\xff' ; PFDEBUG ENCODING k", b"raw"),
        ("PFADD k ; PFDEBUG TODENSE k", b"raw"),
    ],
)
def test_encoding(r2: Connection, script: str, encoding: bytes) -> None:
    run(r2, script)
    assert r2("OBJECT", "ENCODING", "k") == encoding


def test_the_expiry_stays(r2: Connection) -> None:
    run(r2, f"PFADD k x ; EXPIREAT k {FAR}")
    for i in range(200):
        r2("PFADD", "k", f"element {i}")
    assert r2("EXPIRETIME", "k") == FAR
    run(r2, "PFMERGE k j ; PFCOUNT k ; PFDEBUG TODENSE k ; PFADD k another")
    assert r2("EXPIRETIME", "k") == FAR


@pytest.mark.parametrize(("rank", "encoding"), [(1, "sparse"), (32, "sparse"), (33, "dense"), (51, "dense")])
def test_high_ranks_make_it_dense(r2: Connection, rank: int, encoding: str) -> None:
    assert r2("PFADD", "k", "x", element(77, rank)) == 1
    assert r2("PFDEBUG", "ENCODING", "k") == Status(encoding)
    assert r2("PFDEBUG", "GETREG", "k")[77] == rank


@pytest.mark.parametrize("limit", [0, 17, 18, 20, 50, 51, 3000])
def test_long_lists_make_it_dense(r2: Connection, limit: int) -> None:
    """A list may be as long as hll-sparse-max-bytes, header included; one that merely changes may stay longer."""
    with r2.config(hll_sparse_max_bytes=limit):
        r2("PFADD", "k")
        longest = 18
        for i in range(2000):
            r2("PFADD", "k", element(i * 7, 1 + i % 3))
            if r2("PFDEBUG", "ENCODING", "k") == "dense":
                break
            longest = r2("STRLEN", "k")
        assert longest <= max(limit, 18)
        assert longest > min(limit, 2900) - 5
        assert r2("STRLEN", "k") == 12304
        r2("DEL", "k")
        assert r2("PFADD", "k") == 1
        assert r2("STRLEN", "k") == 18


def test_a_list_longer_than_the_limit_may_still_change_without_growing(r2: Connection) -> None:
    r2("PFADD", "k", *[element(i * 300, 1) for i in range(30)])
    length = r2("STRLEN", "k")
    with r2.config(hll_sparse_max_bytes=20):
        assert r2("PFADD", "k", element(300, 5)) == 1
        assert r2("STRLEN", "k") == length
        assert r2("PFADD", "k", element(301, 5)) == 1
        assert r2("STRLEN", "k") == 12304


# --- changes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "command", "changes"),
    [
        ("", "PFADD k", 1),
        ("PFADD k", "PFADD k", 0),
        ("", "PFADD k x y", 3),
        ("PFADD k x", "PFADD k x y z y", 2),
        ("PFADD k x", "PFADD k x", 0),
        ("PFADD k x", "PFCOUNT k", 1),
        ("PFADD k x ; PFCOUNT k", "PFCOUNT k", 0),
        ("PFADD k x", "PFCOUNT k k", 0),
        ("", "PFCOUNT k", 0),
        ("", "PFMERGE k", 1),
        ("PFADD k x ; PFADD j y z", "PFMERGE k j", 1),
        ("PFADD k x", "PFMERGE k", 1),
        ("PFADD k x", "PFDEBUG TODENSE k", 1),
        ("PFADD k x ; PFDEBUG TODENSE k", "PFDEBUG TODENSE k", 0),
        ("PFADD k x", "PFDEBUG GETREG k", 1),
        ("PFADD k x", "PFDEBUG DECODE k", 0),
        ("PFADD k x", "PFDEBUG ENCODING k", 0),
        ("", "PFSELFTEST", 0),
    ],
)
def test_changes(r2: Connection, before: str, command: str, changes: int) -> None:
    run(r2, before)
    dirty = r2.dirty()
    assert not isinstance(run(r2, command), Error)
    assert r2.dirty() - dirty == changes


@pytest.mark.parametrize(
    ("command", "hits", "misses"),
    [
        ("PFCOUNT k", 1, 0),
        ("PFCOUNT none", 0, 1),
        ("PFCOUNT k none k", 2, 1),
        ("PFMERGE new k none", 1, 2),
        ("PFADD k y", 0, 0),
    ],
)
def test_hits_and_misses(r2: Connection, command: str, hits: int, misses: int) -> None:
    run(r2, "PFADD k x")
    before = r2.info("stats")
    run(r2, command)
    after = r2.info("stats")
    assert int(after["keyspace_hits"]) - int(before["keyspace_hits"]) == hits
    assert int(after["keyspace_misses"]) - int(before["keyspace_misses"]) == misses


def test_as_a_string(r2: Connection) -> None:
    """It is a string, and what string commands do to it counts."""
    run(r2, "PFADD k x y z")
    value = r2("GET", "k")
    assert r2("SET", "j", value) == OK
    assert r2("PFCOUNT", "j") == 3
    assert r2("PFADD", "j", "x") == 0
    assert r2("PFADD", "j", "v") == 1
    assert r2("GET", "k") == value
    assert r2("INCR", "k") == NOT_INTEGER
    r2("APPEND", "k", "\x00")
    assert r2("PFCOUNT", "k") == DAMAGED
    r2("SETRANGE", "k", 0, "hyll")
    assert r2("PFCOUNT", "k") == NOT_ONE
