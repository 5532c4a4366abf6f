"""Members of sorted sets: ZADD, ZINCRBY, ZREM, ZSCORE, ZMSCORE, ZCARD, ZRANK, ZREVRANK; and the forms they leave."""

from __future__ import annotations

import math
import random
import struct
from typing import Any

import pytest

from tests.commands.scored import FORMS, NOT_FLOAT, M, P, S, expected, form
from tests.commands.script import run
from tests.support.resp import NULL_ARRAY, OK, SYNTAX, WRONGTYPE, Connection, Error, arity

NAN = Error("ERR resulting score is not a number (NaN)")
NX_XX = Error("ERR XX and NX options at the same time are not compatible")
GT_LT = Error("ERR GT, LT, and/or NX options at the same time are not compatible")
ONE_PAIR = Error("ERR INCR option supports a single increment-element pair")
LONG = "m" * 65

# --- ZADD ------------------------------------------------------------------------------------------------------------

ABC = "ZADD k 1 a 2 b 3 c"

ADDING: list[tuple[str, str, Any, str]] = [
    # before, command, reply, what is there then
    ("", "ZADD k 1 a", 1, "a 1"),
    ("", "ZADD k 3 c 1 a 2 b", 3, "a 1 b 2 c 3"),
    ("", "ZADD k 1 b 1 a 1 c", 3, "a 1 b 1 c 1"),
    ("", "ZADD k 1 a 2 a 3 a", 1, "a 3"),
    (ABC, "ZADD k 5 a", 0, "b 2 c 3 a 5"),
    (ABC, "ZADD k 5 a 6 d", 1, "b 2 c 3 a 5 d 6"),
    (ABC, "ZADD k CH 5 a 6 d 2 b", 2, "b 2 c 3 a 5 d 6"),
    (ABC, "ZADD k ch 1 a", 0, "a 1 b 2 c 3"),
    (ABC, "ZADD k CH CH 2 a", 1, "a 2 b 2 c 3"),
    (ABC, "ZADD k NX 5 a 6 d", 1, "a 1 b 2 c 3 d 6"),
    (ABC, "ZADD k NX CH 5 a", 0, "a 1 b 2 c 3"),
    (ABC, "ZADD k XX 5 a 6 d", 0, "b 2 c 3 a 5"),
    (ABC, "ZADD k XX CH 5 a 6 d", 1, "b 2 c 3 a 5"),
    (ABC, "ZADD k GT 0 a 5 b 4 d", 1, "a 1 c 3 d 4 b 5"),
    (ABC, "ZADD k GT CH 0 a 5 b 3 c", 1, "a 1 c 3 b 5"),
    (ABC, "ZADD k LT 0 a 5 b", 0, "a 0 b 2 c 3"),
    (ABC, "ZADD k LT CH 0 a 5 b 7 d", 2, "a 0 b 2 c 3 d 7"),
    (ABC, "ZADD k XX GT CH 9 a 9 d", 1, "b 2 c 3 a 9"),
    (ABC, "ZADD k XX LT CH -9 c 9 d", 1, "c -9 a 1 b 2"),
    (ABC, "ZADD k INCR 5 a", S("6"), "b 2 c 3 a 6"),
    (ABC, "ZADD k INCR 1.5 d", S("1.5"), "a 1 d 1.5 b 2 c 3"),
    (ABC, "ZADD k NX INCR 5 a", None, "a 1 b 2 c 3"),
    (ABC, "ZADD k NX INCR 5 d", S("5"), "a 1 b 2 c 3 d 5"),
    (ABC, "ZADD k XX INCR 5 d", None, "a 1 b 2 c 3"),
    (ABC, "ZADD k XX INCR 5 a", S("6"), "b 2 c 3 a 6"),
    (ABC, "ZADD k GT INCR -1 a", None, "a 1 b 2 c 3"),
    (ABC, "ZADD k GT INCR 0 a", None, "a 1 b 2 c 3"),
    (ABC, "ZADD k GT INCR 1 a", S("2"), "a 2 b 2 c 3"),
    (ABC, "ZADD k LT INCR 1 a", None, "a 1 b 2 c 3"),
    (ABC, "ZADD k LT INCR -1 a", S("0"), "a 0 b 2 c 3"),
    (ABC, "ZADD k CH INCR 0 a", S("1"), "a 1 b 2 c 3"),
    (ABC, "ZADD k 2 a", 0, "a 2 b 2 c 3"),
    (ABC, "ZADD k 2 c", 0, "a 1 b 2 c 2"),
    (ABC, "ZADD k inf a -inf b", 0, "b -inf c 3 a inf"),
    (ABC, "ZADD k +inf a -Infinity b", 0, "b -inf c 3 a inf"),
    ("ZADD k inf a", "ZADD k INCR inf a", S("inf"), "a inf"),
    ("ZADD k inf a", "ZADD k INCR -inf a", NAN, "a inf"),
    ("ZADD k inf a", "ZINCRBY k -inf a", NAN, "a inf"),
    ("ZADD k inf a", "ZINCRBY k -5 a", S("inf"), "a inf"),
    ("", "ZINCRBY k 1 a", S("1"), "a 1"),
    (ABC, "ZINCRBY k 1.5 a", S("2.5"), "b 2 a 2.5 c 3"),
    (ABC, "ZINCRBY k -2.5 c", S("0.5"), "c 0.5 a 1 b 2"),
    (ABC, "ZINCRBY k 0 c", S("3"), "a 1 b 2 c 3"),
    (ABC, "ZINCRBY k -1e400 c", NOT_FLOAT, "a 1 b 2 c 3"),
    ("", "ZADD k 1 ''", 1, None),
    ("", "ZADD k 1 'a b' 1 'a\\x00b'", 2, None),
    ("ZADD k 5 10", "ZADD k 6 10", 0, "10 6"),
    ("ZADD k 5 010", "ZADD k 6 10", 1, "010 5 10 6"),
]  # fmt: skip


@FORMS
@pytest.mark.parametrize(("before", "command", "reply", "after"), ADDING)
def test_adding(r: Connection, limit: int, before: str, command: str, reply: Any, after: str | None) -> None:
    with form(r, limit):
        run(r, before)
        assert run(r, command) == expected(r, reply)
        if after is not None:
            assert r("ZRANGE", "k", 0, -1, "WITHSCORES") == expected(r, P(after))


@pytest.mark.parametrize(
    ("before", "command", "reply"),
    [
        ("", "ZADD k 1 a 2", SYNTAX),
        ("", "ZADD k NX XX 1 a", NX_XX),
        ("", "ZADD k NX XX x a", NX_XX),
        ("", "ZADD k INCR NX XX 1 a 2 b", NX_XX),
        ("", "ZADD k NX GT 1 a", GT_LT),
        ("", "ZADD k NX LT 1 a", GT_LT),
        ("", "ZADD k LT GT 1 a", GT_LT),
        ("", "ZADD k GT LT NX 1 a", GT_LT),
        ("", "ZADD k INCR 1 a 2 b", ONE_PAIR),
        ("", "ZADD k CH NX 1", SYNTAX),
        ("", "ZADD k CH NX XX GT", SYNTAX),
        ("", "ZADD k 1 a XX b", NOT_FLOAT),
        ("", "ZADD k x a", NOT_FLOAT),
        ("", "ZADD k 1 a x b", NOT_FLOAT),
        ("", "ZADD k XX INCR x a", NOT_FLOAT),
        ("", "ZINCRBY k x a", NOT_FLOAT),
        ("", "ZINCRBY k nan a", NOT_FLOAT),
        ("SET k v", "ZADD k x a", NOT_FLOAT),
        ("SET k v", "ZADD k 1 a", WRONGTYPE),
        ("SET k v", "ZADD k XX 1 a", WRONGTYPE),
        ("SET k v", "ZADD k 1 a b", SYNTAX),
        ("SET k v", "ZINCRBY k 1 a", WRONGTYPE),
        ("", "ZADD k XX 1 a", 0),
        ("", "ZADD k XX INCR 1 a", None),
        ("", "ZADD k XX CH 1 a", 0),
        ("", "ZADD k XX GT 1 a", 0),
        ("SET k v", "ZREM k a", WRONGTYPE),
        ("SET k v", "ZSCORE k a", WRONGTYPE),
        ("SET k v", "ZMSCORE k a", WRONGTYPE),
        ("SET k v", "ZCARD k", WRONGTYPE),
        ("SET k v", "ZRANK k a", WRONGTYPE),
        ("SET k v", "ZREVRANK k a", WRONGTYPE),
        ("SET k v", "ZRANK k a FOO", SYNTAX),
        ("", "ZRANK k a FOO", SYNTAX),
        ("", "ZRANK k a WITHSCORES", SYNTAX),
        ("", "ZRANK k a WITHSCORE x", arity("zrank")),
        ("", "ZREVRANK k a b c d", arity("zrevrank")),
    ],
)
def test_refusals_and_missing_keys(r: Connection, before: str, command: str, reply: Any) -> None:
    run(r, before)
    dirty = r.dirty()
    assert run(r, command) == reply
    assert r.dirty() == dirty
    assert r("EXISTS", "k") == (before != "")


NUMBERS = {
    "1": "1", "+1": "1", "-1": "-1", "00012": "12", "1.": "1", ".5": "0.5", "-.5": "-0.5", "+.5": "0.5",
    "1e5": "100000", "1E+5": "100000", "1e-5": "0.00001",
    "1e-7": "1e-7", "inf": "inf", "+Inf": "inf", "-INFINITY": "-inf",
    "1e308": "1e+308", "4.9e-324": "5e-324", "3e-324": "5e-324", "0.1": "0.1", "3.0": "3", "0.30000000000000004":
    "0.30000000000000004", "123456789012345678": "123456789012345680", "9007199254740993": "9007199254740992",
    "5e18": "5e+18", "1e17": "100000000000000000", "9223372036854775807": "9223372036854776000", "1e20": "1e+20",
    "0." + "3" * 300: "0.3333333333333333", "1" * 200: "1.1111111111111111e+199",
}  # fmt: skip
NO_NUMBERS = [
    "", ".", "-", "+", "++1", "+-1", "1e", "1e+", "nan", "-nan", "nan(1)", "infinit", "0x1", "1e400", "-1e400",
    "1e-400", "1.8e308", "1e-324", " 1", "1 ", "\t1", "1\n", "1\0", "1,0", "1_0", "1d", "1..", "x", "1" * 400,
]  # fmt: skip


@FORMS
@pytest.mark.parametrize(("text", "score"), NUMBERS.items())
def test_scores_as_they_are_read_and_written(r: Connection, limit: int, text: str, score: str) -> None:
    with form(r, limit):
        assert r("ZADD", "k", text, "m") == 1
        assert r("ZSCORE", "k", "m") == expected(r, S(score))
        assert r("ZRANGE", "k", 0, -1, "WITHSCORES") == expected(r, P(f"m {score}"))


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_score(r2: Connection, text: str) -> None:
    assert r2("ZADD", "k", text, "m") == NOT_FLOAT
    assert r2("ZINCRBY", "k", text, "m") == NOT_FLOAT


def test_minus_zero_is_kept_by_the_large_form_only(r: Connection) -> None:
    with form(r, 128):
        assert r("ZADD", "small", "-0", "m") == 1
        assert r("ZSCORE", "small", "m") == expected(r, S("0"))
    with form(r, 0):
        assert r("ZADD", "large", "-0", "m", "0", "n") == 2
        assert r("ZRANGE", "large", 0, -1) == M("m n")
        reply = r("ZSCORE", "large", "m")
        assert reply == b"-0" if r.resp == 2 else math.copysign(1, reply) == -1
        assert r("ZADD", "large", "CH", "0", "m") == 0          # that is the score it has
        assert r("ZCOUNT", "large", "0", "0") == 2


def test_random_doubles_are_written_as_the_real_server_writes_them(r2: Connection, oracle: Any) -> None:
    choice = random.Random(5)
    scores = [struct.unpack("<d", choice.randbytes(8))[0] for _ in range(1500)]
    scores += [choice.uniform(-1, 1) * 10 ** choice.randint(-12, 25) for _ in range(1500)]
    scores = [each for each in scores if math.isfinite(each)]
    pairs = [word for i, each in enumerate(scores) for word in (repr(each), str(i))]
    members = [str(i) for i in range(len(scores))]
    with oracle.connect(2) as other:
        other("DEL", "doubles")
        other("ZADD", "doubles", *pairs)
        told = other("ZMSCORE", "doubles", *members)
        other("DEL", "doubles")
    assert r2("ZADD", "k", *pairs) == len(scores)
    assert r2("ZMSCORE", "k", *members) == told


# --- removing, scores, ranks -----------------------------------------------------------------------------------------


@FORMS
@pytest.mark.parametrize(
    ("command", "reply", "after"),
    [
        ("ZREM k a", 1, "b 2 c 3"),
        ("ZREM k c a", 2, "b 2"),
        ("ZREM k d", 0, "a 1 b 2 c 3"),
        ("ZREM k d b d", 1, "a 1 c 3"),
        ("ZREM k b b", 1, "a 1 c 3"),
        ("ZREM k a b c", 3, ""),
        ("ZREM k a b c d", 3, ""),
        ("ZREM other a", 0, "a 1 b 2 c 3"),
    ],
)
def test_zrem(r: Connection, limit: int, command: str, reply: int, after: str) -> None:
    with form(r, limit):
        run(r, ABC)
        dirty = r.dirty()
        assert run(r, command) == reply
        assert r.dirty() == dirty + reply
        assert r("ZRANGE", "k", 0, -1, "WITHSCORES") == expected(r, P(after))
        assert r("EXISTS", "k") == (after != "")


@FORMS
@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("ZSCORE k b", S("2")),
        ("ZSCORE k d", None),
        ("ZSCORE no a", None),
        ("ZMSCORE k a d c a", [S("1"), None, S("3"), S("1")]),
        ("ZMSCORE no a b", [None, None]),
        ("ZCARD k", 3),
        ("ZCARD no", 0),
        ("ZRANK k a", 0),
        ("ZRANK k c", 2),
        ("ZRANK k d", None),
        ("ZRANK no d", None),
        ("ZREVRANK k a", 2),
        ("ZREVRANK k c", 0),
        ("ZREVRANK k d", None),
        ("ZRANK k b WITHSCORE", [1, S("2")]),
        ("ZREVRANK k a withscore", [2, S("1")]),
    ],
)
def test_scores_and_ranks(r: Connection, limit: int, command: str, reply: Any) -> None:
    with form(r, limit):
        run(r, ABC)
        dirty = r.dirty()
        assert run(r, command) == expected(r, reply)
        assert r.dirty() == dirty


@pytest.mark.parametrize("command", ["ZRANK k d WITHSCORE", "ZREVRANK no a WITHSCORE"])
def test_no_rank_with_score_is_no_array(r: Connection, command: str) -> None:
    run(r, ABC)
    assert run(r, command) == (NULL_ARRAY if r.resp == 2 else None)


@FORMS
def test_changes_are_counted(r: Connection, limit: int) -> None:
    with form(r, limit):
        for command, changes in [
            ("ZADD k 1 a 2 b", 2),
            ("ZADD k 1 a 3 b", 1),
            ("ZADD k 1 a", 0),
            ("ZADD k 1 x 2 x 3 x", 3),
            ("ZADD k NX 9 a", 0),
            ("ZADD k INCR 1 a", 1),
            ("ZINCRBY k 0 a", 0),
            ("ZINCRBY k 1 a", 1),
            ("ZREM k a b q", 2),
        ]:
            dirty = r.dirty()
            run(r, command)
            assert r.dirty() == dirty + changes, command


# --- forms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "encoding"),
    [
        ("ZADD k 1 a", b"listpack"),
        ("ZADD k 1 a 2 b 3 c 4 d", b"listpack"),
        ("ZADD k 1 a 2 b 3 c 4 d 5 e", b"skiplist"),
        ("ZADD k 1 a 2 b 3 c 4 d ; ZADD k 5 e", b"skiplist"),
        ("ZADD k 1 a 2 b 3 c 4 d ; ZADD k 5 d", b"listpack"),
        ("ZADD k 1 a 2 b 3 c 4 d 5 e ; ZREM k a b c d", b"skiplist"),
        ("ZADD k 1 12345678", b"listpack"),
        ("ZADD k 1 123456789", b"skiplist"),
        ("ZADD k 1 a ; ZADD k 1 123456789", b"skiplist"),
        ("ZADD k 1 a ; ZINCRBY k 1 123456789", b"skiplist"),
        ("ZADD k 1 123456789 ; ZADD k 2 a ; ZREM k 123456789", b"skiplist"),
        # What is only named, too long or too often, changes the form too.
        ("ZADD k 1 a ; ZADD k XX 1 123456789", b"skiplist"),
        ("ZADD k 1 a ; ZADD k XX INCR 1 123456789", b"skiplist"),
        ("ZADD k 1 a ; ZADD k 1 a 1 a 1 a 1 a", b"listpack"),
        ("ZADD k 1 a ; ZADD k 1 a 1 a 1 a 1 a 1 a", b"skiplist"),
        ("ZADD k 1 a 1 a 1 a 1 a 1 a", b"skiplist"),
        ("ZADD k 1 a ; COPY k l ; RENAME l k", b"listpack"),
        ("ZADD k 1 123456789 ; COPY k l ; RENAME l k", b"skiplist"),
    ],
)
def test_forms(r2: Connection, script: str, encoding: bytes) -> None:
    with r2.config(zset_max_listpack_entries=4, zset_max_listpack_value=8):
        run(r2, script)
        assert r2("OBJECT", "ENCODING", "k") == encoding


def test_no_listpack_at_all(r2: Connection) -> None:
    with r2.config(zset_max_listpack_entries=0):
        assert r2("ZADD", "k", 1, "a") == 1
        assert r2("OBJECT", "ENCODING", "k") == b"skiplist"


def test_limits_count_when_a_set_changes(r2: Connection) -> None:
    run(r2, "ZADD k 1 a 2 b 3 c")
    with r2.config(zset_max_listpack_entries=2):
        assert r2("OBJECT", "ENCODING", "k") == b"listpack"
        assert r2("ZADD", "k", 5, "a") == 0
        assert r2("OBJECT", "ENCODING", "k") == b"listpack"
        assert r2("ZADD", "k", 4, "d") == 1
        assert r2("OBJECT", "ENCODING", "k") == b"skiplist"
    assert r2("ZRANGE", "k", 0, -1) == M("b c d a")


@FORMS
def test_all_goes_over_when_the_form_changes(r: Connection, limit: int) -> None:
    members = {f"m{i}": f"{(i * 37) % 101 / 4}" for i in range(100)}
    with form(r, limit):
        r("ZADD", "k", *[word for member, score in members.items() for word in (score, member)])
        assert r("ZADD", "k", 1, "x" * 65) == 1
        assert r("ZREM", "k", "x" * 65) == 1
        assert r("OBJECT", "ENCODING", "k") == b"skiplist"
        assert r("ZMSCORE", "k", *members) == [expected(r, S(f"{float(each):g}")) for each in members.values()]
        rows = sorted((float(score), member) for member, score in members.items())
        assert r("ZRANGE", "k", 0, -1) == [member.encode() for _, member in rows]


@FORMS
def test_copies_are_independent(r: Connection, limit: int) -> None:
    with form(r, limit):
        run(r, ABC)
        assert r("COPY", "k", "l") == 1
        run(r, "ZADD k 9 a ; ZREM l b")
        assert r("ZRANGE", "k", 0, -1, "WITHSCORES") == expected(r, P("b 2 c 3 a 9"))
        assert r("ZRANGE", "l", 0, -1, "WITHSCORES") == expected(r, P("a 1 c 3"))


def test_large_sets_go_away_whole(r2: Connection) -> None:
    for i in range(0, 20_000, 500):
        r2("ZADD", "k", *[word for j in range(i, i + 500) for word in (j % 977, f"member:{j}")])
    assert r2("ZCARD", "k") == 20_000
    assert r2("COPY", "k", "l") == 1
    assert r2("UNLINK", "k") == 1
    assert r2("DEL", "l") == 1
    assert r2("FLUSHALL") == OK
