"""LPUSH, RPUSH, LPUSHX, RPUSHX, LPOP, RPOP, LLEN: the ends of lists."""

from __future__ import annotations

import pytest

from tests.commands.lists import FORMS, LIMITS, Case, check, elements, fill
from tests.commands.script import FAR, run
from tests.support.resp import NULL_ARRAY, OK, WRONGTYPE, Connection, Error, arity

NOT_POSITIVE = Error("ERR value is out of range, must be positive")
HUGE = 9223372036854775807

CASES: list[Case] = [
    ("", "RPUSH l a", 1, "a", 1),
    ("", "LPUSH l a", 1, "a", 1),
    ("", "RPUSH l a b c d", 4, "a b c d", 4),
    ("", "LPUSH l a b c d", 4, "d c b a", 4),
    ("RPUSH l a b", "RPUSH l c d e", 5, "a b c d e", 3),
    ("RPUSH l a b", "LPUSH l c d e", 5, "e d c a b", 3),
    ("RPUSH l a", "RPUSH l a a", 3, "a a a", 2),
    ("", "RPUSH l 1 -1 01 +1 9223372036854775807 -9223372036854775808 9223372036854775808 1.0", 8,
     "1 -1 01 +1 9223372036854775807 -9223372036854775808 9223372036854775808 1.0", 8),
    ("RPUSH l a", "RPUSH l", arity("rpush"), "a", 0),
    ("RPUSH l a", "LPUSH l", arity("lpush"), "a", 0),
    ("", "RPUSHX l a", 0, "", 0),
    ("", "LPUSHX l a b", 0, "", 0),
    ("RPUSH l a", "RPUSHX l b c", 3, "a b c", 2),
    ("RPUSH l a", "LPUSHX l b c", 3, "c b a", 2),
    ("RPUSH l a", "RPUSHX l", arity("rpushx"), "a", 0),
    ("RPUSH l a", "LPUSHX l", arity("lpushx"), "a", 0),
    ("", "LLEN l", 0, "", 0),
    ("RPUSH l a b c", "LLEN l", 3, "a b c", 0),
    ("", "LLEN", arity("llen"), "", 0),
    ("", "LLEN l l", arity("llen"), "", 0),
    # one
    ("", "LPOP l", None, "", 0),
    ("", "RPOP l", None, "", 0),
    ("RPUSH l a b c", "LPOP l", b"a", "b c", 1),
    ("RPUSH l a b c", "RPOP l", b"c", "a b", 1),
    ("RPUSH l a", "LPOP l", b"a", "", 1),
    ("RPUSH l a", "RPOP l", b"a", "", 1),
    ("RPUSH l '' a", "LPOP l", b"", "a", 1),
    ("RPUSH l -12 a", "LPOP l", b"-12", "a", 1),
    ("RPUSH l a 9223372036854775807", "RPOP l", b"9223372036854775807", "a", 1),
    # some
    ("", "LPOP l 3", NULL_ARRAY, "", 0),
    ("", "RPOP l 0", NULL_ARRAY, "", 0),
    ("RPUSH l a b", "LPOP l 0", [], "a b", 0),
    ("RPUSH l a b", "RPOP l 0", [], "a b", 0),
    ("RPUSH l a b c", "LPOP l 1", [b"a"], "b c", 1),
    ("RPUSH l a b c", "RPOP l 1", [b"c"], "a b", 1),
    ("RPUSH l a b c d e", "LPOP l 3", [b"a", b"b", b"c"], "d e", 3),
    ("RPUSH l a b c d e", "RPOP l 3", [b"e", b"d", b"c"], "a b", 3),
    ("RPUSH l a b c d e", "LPOP l 4", [b"a", b"b", b"c", b"d"], "e", 4),
    ("RPUSH l a b c d e", "RPOP l 4", [b"e", b"d", b"c", b"b"], "a", 4),
    ("RPUSH l a b c", "LPOP l 3", [b"a", b"b", b"c"], "", 3),
    ("RPUSH l a b c", "RPOP l 3", [b"c", b"b", b"a"], "", 3),
    ("RPUSH l a b c", "LPOP l 100", [b"a", b"b", b"c"], "", 3),
    ("RPUSH l a b c", f"LPOP l {HUGE}", [b"a", b"b", b"c"], "", 3),
    ("RPUSH l a b c", f"RPOP l {HUGE}", [b"c", b"b", b"a"], "", 3),
    ("RPUSH l a", "LPOP l -1", NOT_POSITIVE, "a", 0),
    ("RPUSH l a", f"RPOP l {-HUGE - 1}", NOT_POSITIVE, "a", 0),
    ("RPUSH l a", f"RPOP l {HUGE + 1}", NOT_POSITIVE, "a", 0),
    ("RPUSH l a", "LPOP l x", NOT_POSITIVE, "a", 0),
    ("RPUSH l a", "LPOP l ''", NOT_POSITIVE, "a", 0),
    ("RPUSH l a", "LPOP l 1.0", NOT_POSITIVE, "a", 0),
    ("", "LPOP l -1", NOT_POSITIVE, "", 0),
    ("RPUSH l a", "LPOP l 1 2", arity("lpop"), "a", 0),
    ("RPUSH l a", "RPOP l x 2", arity("rpop"), "a", 0),
    ("RPUSH l a", "LPOP", arity("lpop"), "a", 0),
]


@FORMS
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}: {case[1]}")
def test_ends(r: Connection, form: str, case: Case) -> None:
    check(r, form, case)


@pytest.mark.parametrize("other", ["SET k v", "SADD k a", "HSET k f v", "ZADD k 1 a", "XADD k 1-1 f v"])
@pytest.mark.parametrize(
    "command",
    [
        "RPUSH k a", "LPUSH k a b", "RPUSHX k a", "LPUSHX k a", "LLEN k", "LPOP k", "RPOP k", "LPOP k 0", "RPOP k 2",
        "LRANGE k 0 -1", "LINDEX k 0", "LSET k 0 x", "LINSERT k BEFORE a b", "LREM k 0 a", "LTRIM k 0 0", "LPOS k a",
        "LMOVE k l LEFT LEFT", "LMOVE l k LEFT LEFT", "RPOPLPUSH k l", "RPOPLPUSH l k", "LMPOP 1 k LEFT",
        "LMPOP 2 none k RIGHT", "BLPOP k 0", "BLPOP none k 0", "BRPOP k 0", "BLMOVE k l LEFT LEFT 0",
        "BLMOVE l k LEFT LEFT 0", "BRPOPLPUSH k l 0", "BRPOPLPUSH l k 0", "BLMPOP 0 1 k LEFT",
    ],
)  # fmt: skip
def test_wrong_types(r2: Connection, other: str, command: str) -> None:
    run(r2, f"{other} ; RPUSH l x")
    dirty = r2.dirty()
    assert run(r2, command) == WRONGTYPE
    assert r2.dirty() == dirty
    assert elements(r2) == [b"x"]


@FORMS
def test_elements_of_every_length(r: Connection, form: str) -> None:
    """Around each change of how a listpack writes an element, and of where a node has but one."""
    lengths = [0, 1, 11, 12, 63, 64, 127, 128, 4094, 4095, 4096, 8000, 8180, 8192, 8193, 65_535, 70_000, 1_000_000]
    texts = [b"%c" % (97 + i) * n for i, n in enumerate(lengths)]
    with r.config(**LIMITS[form]):
        assert r("RPUSH", "l", *texts) == len(texts)
        assert elements(r) == texts
        assert r("LPUSH", "l", *texts) == 2 * len(texts)
        assert elements(r) == texts[::-1] + texts
        assert r("RPOP", "l", 3) == texts[:-4:-1]
        assert [r("LPOP", "l") for _ in range(4)] == texts[:-5:-1]
        assert r("LPOP", "l", 100) == texts[-5::-1] + texts[:-3]
        assert r("EXISTS", "l") == 0


INTEGERS = sorted({sign * (1 << bits) + near for bits in (0, 7, 8, 12, 13, 15, 16, 23, 24, 31, 32, 63)
                   for sign in (1, -1) for near in (-1, 0, 1)})  # fmt: skip


@FORMS
def test_integers_of_every_width(r: Connection, form: str) -> None:
    texts = [b"%d" % i for i in INTEGERS]
    with r.config(**LIMITS[form]):
        fill(r, "l", texts)
        assert elements(r) == texts
        assert [r("LPOS", "l", text) for text in texts] == list(range(len(texts)))
        assert [r("RPOP", "l") for _ in texts] == texts[::-1]


@FORMS
def test_a_queue_and_a_stack(r: Connection, form: str) -> None:
    texts = [b"element %d" % i for i in range(3000)]
    with r.config(**LIMITS[form]):
        fill(r, "l", texts)
        dirty = r.dirty()
        assert r.many([("LPOP", "l")] * 1500) == texts[:1500]
        assert r.many([("RPOP", "l")] * 1500) == texts[:1499:-1]
        assert r.dirty() - dirty == 3000
        assert r("EXISTS", "l") == 0
        r.many([("LPUSH", "l", text) for text in texts])
        assert r("RPOP", "l", 1000) == texts[:1000]
        assert r("LPOP", "l", 1000) == texts[:1999:-1]
        assert elements(r) == texts[1999:999:-1]


@FORMS
def test_the_expiry_stays_and_goes_with_the_key(r: Connection, form: str) -> None:
    with r.config(**LIMITS[form]):
        run(r, f"RPUSH l a b c d e ; EXPIREAT l {FAR} ; LPUSH l x ; RPOP l ; LPOP l 2")
        assert r("EXPIRETIME", "l") == FAR
        run(r, "LPOP l 100 ; RPUSH l a")
        assert r("TTL", "l") == -1


def test_an_expired_list_is_none(r: Connection) -> None:
    assert r("DEBUG", "SET-ACTIVE-EXPIRE", 0) == OK
    run(r, "RPUSH l a b ; PEXPIRE l 1 ; DEBUG SLEEP 0.01")
    assert run(r, "RPUSHX l c") == 0
    run(r, "RPUSH l a b ; PEXPIRE l 1 ; DEBUG SLEEP 0.01")
    assert run(r, "LPUSH l c") == 1
    assert r("TTL", "l") == -1
    run(r, "PEXPIRE l 1 ; DEBUG SLEEP 0.01")
    assert run(r, "RPOP l") is None
    assert r("DEBUG", "SET-ACTIVE-EXPIRE", 1) == OK


def test_hits_and_misses(r: Connection) -> None:
    """Only what reads counts, however much it finds."""
    run(r, "RPUSH l a b c d e ; CONFIG RESETSTAT")
    for line in ("LLEN l", "LRANGE l 0 -1", "LRANGE l 9 10", "LINDEX l 0", "LINDEX l 99", "LPOS l a", "LPOS l none",
                 "LLEN x", "LRANGE x 0 -1", "LINDEX x 0", "LPOS x a",
                 "RPUSH l f", "LPUSHX x a", "LPOP l", "RPOP x", "LSET l 0 a", "LREM l 0 a", "LREM x 0 a",
                 "LTRIM l 0 -1", "LTRIM x 0 -1", "LINSERT l BEFORE b x", "LMOVE l y LEFT LEFT", "LMPOP 2 x l LEFT",
                 "RPOPLPUSH x l"):  # fmt: skip
        run(r, line)
    stats = r.info("stats")
    assert (stats["keyspace_hits"], stats["keyspace_misses"]) == ("7", "4")
