"""LSET, LINSERT, LREM, LTRIM, LPOS: inside lists."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.commands.lists import FORMS, LIMITS, Case, check, elements, fill
from tests.commands.script import FAR, run
from tests.support.resp import NOT_INTEGER, OK, SYNTAX, Connection, Error, arity

MOST = 9223372036854775807
NO_KEY = Error("ERR no such key")
OUT_OF_RANGE = Error("ERR index out of range")
TOO_LOW = Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")
SEVEN = "RPUSH l a b c a b c a"

CASES: list[Case] = [
    ("RPUSH l a b c", "LSET l 0 x", OK, "x b c", 1),
    ("RPUSH l a b c", "LSET l 1 x", OK, "a x c", 1),
    ("RPUSH l a b c", "LSET l 2 x", OK, "a b x", 1),
    ("RPUSH l a b c", "LSET l -1 x", OK, "a b x", 1),
    ("RPUSH l a b c", "LSET l -3 x", OK, "x b c", 1),
    ("RPUSH l a b c", "LSET l 1 b", OK, "a b c", 1),
    ("RPUSH l a b c", "LSET l 1 -77", OK, "a -77 c", 1),
    ("RPUSH l 1 2 3", "LSET l 1 02", OK, "1 02 3", 1),
    ("RPUSH l a", "LSET l 0 x", OK, "x", 1),
    ("RPUSH l a b c", "LSET l 3 x", OUT_OF_RANGE, "a b c", 0),
    ("RPUSH l a b c", "LSET l -4 x", OUT_OF_RANGE, "a b c", 0),
    ("RPUSH l a b c", "LSET l 2147483647 x", OUT_OF_RANGE, "a b c", 0),
    ("RPUSH l a b c", "LSET l -2147483648 x", OUT_OF_RANGE, "a b c", 0),
    ("", "LSET l 0 x", NO_KEY, "", 0),
    ("", "LSET l x x", NO_KEY, "", 0),
    ("RPUSH l a", "LSET l x y", NOT_INTEGER, "a", 0),
    ("RPUSH l a", "LSET l '' y", NOT_INTEGER, "a", 0),
    ("RPUSH l a", "LSET l 0.0 y", NOT_INTEGER, "a", 0),
    ("RPUSH l a", f"LSET l {MOST + 1} y", NOT_INTEGER, "a", 0),
    ("RPUSH l a", "LSET l 0", arity("lset"), "a", 0),
    ("RPUSH l a", "LSET l 0 x y", arity("lset"), "a", 0),
    # LINSERT
    ("RPUSH l a b c", "LINSERT l BEFORE a x", 4, "x a b c", 1),
    ("RPUSH l a b c", "LINSERT l BEFORE c x", 4, "a b x c", 1),
    ("RPUSH l a b c", "LINSERT l AFTER a x", 4, "a x b c", 1),
    ("RPUSH l a b c", "LINSERT l AFTER c x", 4, "a b c x", 1),
    ("RPUSH l a b c", "linsert l before b x", 4, "a x b c", 1),
    ("RPUSH l a b c", "linsert l aFtEr b 12", 4, "a b 12 c", 1),
    (SEVEN, "LINSERT l BEFORE b x", 8, "a x b c a b c a", 1),
    (SEVEN, "LINSERT l AFTER c c", 8, "a b c c a b c a", 1),
    ("RPUSH l 5 05 55", "LINSERT l AFTER 05 x", 4, "5 05 x 55", 1),
    ("RPUSH l a", "LINSERT l BEFORE a x", 2, "x a", 1),
    ("RPUSH l a b c", "LINSERT l BEFORE none x", -1, "a b c", 0),
    ("RPUSH l a b c", "LINSERT l AFTER '' x", -1, "a b c", 0),
    ("", "LINSERT l BEFORE a x", 0, "", 0),
    ("", "LINSERT l between a x", SYNTAX, "", 0),
    ("RPUSH l a", "LINSERT l BEFOREx a x", SYNTAX, "a", 0),
    ("RPUSH l a", "LINSERT l '' a x", SYNTAX, "a", 0),
    ("RPUSH l a", "LINSERT l BEFORE a", arity("linsert"), "a", 0),
    ("RPUSH l a", "LINSERT l BEFORE a x y", arity("linsert"), "a", 0),
    # LREM
    (SEVEN, "LREM l 0 a", 3, "b c b c", 3),
    (SEVEN, "LREM l 1 a", 1, "b c a b c a", 1),
    (SEVEN, "LREM l 2 a", 2, "b c b c a", 2),
    (SEVEN, "LREM l 3 a", 3, "b c b c", 3),
    (SEVEN, "LREM l 100 a", 3, "b c b c", 3),
    (SEVEN, f"LREM l {MOST} a", 3, "b c b c", 3),
    (SEVEN, "LREM l -1 a", 1, "a b c a b c", 1),
    (SEVEN, "LREM l -2 a", 2, "a b c b c", 2),
    (SEVEN, "LREM l -3 a", 3, "b c b c", 3),
    (SEVEN, f"LREM l {-MOST} a", 3, "b c b c", 3),
    (SEVEN, f"LREM l {-MOST - 1} a", TOO_LOW, "a b c a b c a", 0),
    (SEVEN, "LREM l -1 b", 1, "a b c a c a", 1),
    (SEVEN, "LREM l 0 none", 0, "a b c a b c a", 0),
    (SEVEN, "LREM l 0 ''", 0, "a b c a b c a", 0),
    ("RPUSH l 7 07 7 +7 7", "LREM l 2 7", 2, "07 +7 7", 2),
    ("RPUSH l a a a", "LREM l 0 a", 3, "", 3),
    ("RPUSH l a a a", "LREM l -5 a", 3, "", 3),
    ("RPUSH l a", "LREM l 1 a", 1, "", 1),
    ("", "LREM l 0 a", 0, "", 0),
    ("", "LREM l x a", NOT_INTEGER, "", 0),
    ("RPUSH l a", "LREM l x a", NOT_INTEGER, "a", 0),
    ("RPUSH l a", f"LREM l {MOST + 1} a", NOT_INTEGER, "a", 0),
    ("RPUSH l a", "LREM l 0", arity("lrem"), "a", 0),
    ("RPUSH l a", "LREM l 0 a b", arity("lrem"), "a", 0),
    # LTRIM
    (SEVEN, "LTRIM l 0 -1", OK, "a b c a b c a", 0),
    (SEVEN, "LTRIM l 1 -1", OK, "b c a b c a", 1),
    (SEVEN, "LTRIM l 0 -2", OK, "a b c a b c", 1),
    (SEVEN, "LTRIM l 2 3", OK, "c a", 5),
    (SEVEN, "LTRIM l -3 -2", OK, "b c", 5),
    (SEVEN, "LTRIM l -100 100", OK, "a b c a b c a", 0),
    (SEVEN, "LTRIM l 3 3", OK, "a", 6),
    (SEVEN, f"LTRIM l {-MOST - 1} 0", OK, "a", 6),
    (SEVEN, f"LTRIM l 6 {MOST}", OK, "a", 6),
    (SEVEN, "LTRIM l 7 100", OK, "", 7),
    (SEVEN, "LTRIM l 3 2", OK, "", 7),
    (SEVEN, "LTRIM l 0 -8", OK, "", 7),
    (SEVEN, "LTRIM l -100 -8", OK, "", 7),
    (SEVEN, f"LTRIM l {MOST} {-MOST - 1}", OK, "", 7),
    ("RPUSH l a", "LTRIM l 0 0", OK, "a", 0),
    ("RPUSH l a", "LTRIM l 1 -1", OK, "", 1),
    ("", "LTRIM l 0 0", OK, "", 0),
    ("", "LTRIM l x 0", NOT_INTEGER, "", 0),
    ("RPUSH l a", "LTRIM l x 0", NOT_INTEGER, "a", 0),
    ("RPUSH l a", "LTRIM l 0 ''", NOT_INTEGER, "a", 0),
    ("RPUSH l a", f"LTRIM l 0 {MOST + 1}", NOT_INTEGER, "a", 0),
    ("RPUSH l a", "LTRIM l 0", arity("ltrim"), "a", 0),
    ("RPUSH l a", "LTRIM l 0 1 2", arity("ltrim"), "a", 0),
]


@FORMS
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}: {case[1]}")
def test_changes(r: Connection, form: str, case: Case) -> None:
    check(r, form, case)


# --- LPOS ------------------------------------------------------------------------------------------------------------

RANK_ZERO = Error(
    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... "
    "or use negative to start from the end of the list"
)
NEGATIVE_COUNT = Error("ERR COUNT can't be negative")
NEGATIVE_MAXLEN = Error("ERR MAXLEN can't be negative")

PLACES: list[tuple[str, Any]] = [
    # in a b c 1 2 3 c c, as `LPOS l ...`
    ("a", 0),
    ("c", 2),
    ("1", 3),
    ("01", None),
    ("none", None),
    ("''", None),
    ("c RANK 1", 2),
    ("c RANK 2", 6),
    ("c RANK 3", 7),
    ("c RANK 4", None),
    ("c RANK -1", 7),
    ("c RANK -2", 6),
    ("c RANK -3", 2),
    ("c RANK -4", None),
    (f"c RANK {MOST}", None),
    (f"c RANK {-MOST}", None),
    ("c COUNT 0", [2, 6, 7]),
    ("c COUNT 1", [2]),
    ("c COUNT 2", [2, 6]),
    ("c COUNT 3", [2, 6, 7]),
    (f"c COUNT {MOST}", [2, 6, 7]),
    ("none COUNT 0", []),
    ("none COUNT 2", []),
    ("c COUNT 2 RANK 2", [6, 7]),
    ("c COUNT 0 RANK 2", [6, 7]),
    ("c RANK -1 COUNT 2", [7, 6]),
    ("c RANK -1 COUNT 0", [7, 6, 2]),
    ("c RANK -2 COUNT 0", [6, 2]),
    ("c RANK -3 COUNT 9", [2]),
    ("c RANK 4 COUNT 0", []),
    ("c MAXLEN 0", 2),
    ("c MAXLEN 2", None),
    ("c MAXLEN 3", 2),
    ("c MAXLEN 2 COUNT 0", []),
    ("c MAXLEN 7 COUNT 0", [2, 6]),
    (f"c MAXLEN {MOST} COUNT 0", [2, 6, 7]),
    ("c RANK -1 MAXLEN 1", 7),
    ("a RANK -1 MAXLEN 7", None),
    ("a RANK -1 MAXLEN 8", 0),
    ("c RANK -1 COUNT 0 MAXLEN 2", [7, 6]),
    ("c RANK 2 COUNT 0 MAXLEN 6", []),
    ("c rank 2 count 1 maxlen 7", [6]),
    ("c RANK 9 RANK 2", 6),
    ("c COUNT 1 COUNT 2", [2, 6]),
    ("c RANK 0", RANK_ZERO),
    ("c RANK x", NOT_INTEGER),
    ("c RANK ''", NOT_INTEGER),
    (f"c RANK {-MOST - 1}", TOO_LOW),
    (f"c RANK {MOST + 1}", NOT_INTEGER),
    ("c COUNT -1", NEGATIVE_COUNT),
    ("c COUNT x", NEGATIVE_COUNT),
    (f"c COUNT {MOST + 1}", NEGATIVE_COUNT),
    ("c MAXLEN -1", NEGATIVE_MAXLEN),
    ("c MAXLEN x", NEGATIVE_MAXLEN),
    ("c RANK", SYNTAX),
    ("c COUNT 1 MAXLEN", SYNTAX),
    ("c RANK 1 what 2", SYNTAX),
    ("c what", SYNTAX),
    ("c RANK 0 COUNT -1", RANK_ZERO),
    ("c COUNT -1 RANK 0", NEGATIVE_COUNT),
]


@FORMS
def test_lpos(r: Connection, form: str) -> None:
    with r.config(**LIMITS[form]):
        run(r, "RPUSH l a b c 1 2 3 c c")
        dirty = r.dirty()
        for arguments, reply in PLACES:
            assert run(r, f"LPOS l {arguments}") == reply, arguments
            if reply is None or type(reply) is int:
                assert run(r, f"LPOS none {arguments}") is None
            elif type(reply) is list:
                assert run(r, f"LPOS none {arguments}") == []
            else:
                assert run(r, f"LPOS none {arguments}") == reply, "options are read first"
        assert r.dirty() == dirty
        assert r("LPOS", "l") == arity("lpos")


@FORMS
def test_lpos_of_many(r: Connection, form: str) -> None:
    """More places than are kept without memory of their own."""
    with r.config(**LIMITS[form]):
        fill(r, "l", [b"%d" % (i % 3) for i in range(3000)])
        assert r("LPOS", "l", 1, "COUNT", 0) == list(range(1, 3000, 3))
        assert r("LPOS", "l", 1, "COUNT", 0, "RANK", -5) == list(range(2986, 0, -3))
        assert r("LPOS", "l", 2, "COUNT", 500, "RANK", 11) == list(range(32, 32 + 1500, 3))
        assert r("LPOS", "l", 2, "COUNT", 0, "MAXLEN", 1000) == list(range(2, 1000, 3))


# --- together, against Python's list ---------------------------------------------------------------------------------


def change(rng: random.Random, model: list[bytes]) -> tuple[list[Any], Any]:
    """A command, done on the model; its reply."""
    size = len(model)
    text = rng.choice([b"%d" % rng.randrange(30), b"text %d" % rng.randrange(10), b"y" * rng.randrange(300)])
    index = rng.randrange(-size, size)
    match rng.randrange(10):
        case 0 | 1:
            model[index] = text
            return ["LSET", "l", index, text], OK
        case 2 | 3 | 4:
            pivot = model[index]
            after = rng.randrange(2)
            model.insert(model.index(pivot) + after, text)
            return ["LINSERT", "l", ("BEFORE", "AFTER")[after], pivot, text], size + 1
        case 5:
            some = [text] * rng.randrange(1, 60)
            model += some
            return ["RPUSH", "l", *some], len(model)
        case 6:
            sought = model[index]
            count = rng.choice([1, 2, -1, -3])
            places = [i for i, each in enumerate(model) if each == sought]
            gone = places[:count] if count > 0 else places[count:]
            for i in reversed(gone):
                del model[i]
            return ["LREM", "l", count, sought], len(gone)
        case 7:
            start, end = rng.randrange(4), rng.randrange(4)
            del model[size - end :], model[:start]
            return ["LTRIM", "l", start, -1 - end], OK
        case 8:
            place = model.index(model[index])
            return ["LPOS", "l", model[index]], place
        case _:
            return ["LINDEX", "l", index], model[index]


@FORMS
@pytest.mark.parametrize("seed", [1, 2])
def test_against_a_model(r2: Connection, form: str, seed: int) -> None:
    rng = random.Random(seed)
    model = [b"%d" % i for i in range(50)]
    with r2.config(**LIMITS[form]):
        fill(r2, "l", model)
        for _ in range(1500):
            while len(model) < 10:
                model.append(b"more")
                r2("RPUSH", "l", "more")
            command, reply = change(rng, model)
            assert r2(*command) == reply, command
            assert r2("LLEN", "l") == len(model), command
        assert elements(r2) == model


@FORMS
def test_large_elements_inside(r: Connection, form: str) -> None:
    """They go into a node of their own, and small ones come back into one with others."""
    large = b"x" * 9000
    with r.config(**LIMITS[form]):
        run(r, "RPUSH l a b c d e")
        assert r("LSET", "l", 2, large) == OK
        assert elements(r) == [b"a", b"b", large, b"d", b"e"]
        assert r("LINSERT", "l", "AFTER", large, large + b"y") == 6
        assert r("LINSERT", "l", "BEFORE", large, "1") == 7
        assert r("LPOS", "l", large + b"y") == 4
        assert elements(r) == [b"a", b"b", b"1", large, large + b"y", b"d", b"e"]
        assert r("LSET", "l", 3, "c") == OK
        assert r("LSET", "l", -3, "2") == OK
        assert elements(r) == [b"a", b"b", b"1", b"c", b"2", b"d", b"e"]
        assert r("LINSERT", "l", "BEFORE", "a", large) == 8
        assert r("LREM", "l", 0, large) == 1
        assert r("RPUSH", "l", large, "f") == 9
        assert r("LTRIM", "l", 1, -2) == OK
        assert elements(r) == [b"b", b"1", b"c", b"2", b"d", b"e", large]


@FORMS
def test_changes_keep_the_expiry(r: Connection, form: str) -> None:
    with r.config(**LIMITS[form]):
        run(r, f"RPUSH l a b c d e ; EXPIREAT l {FAR} ; LSET l 1 x ; LINSERT l AFTER x y ; LREM l 0 c ; LTRIM l 1 -1")
        assert r("EXPIRETIME", "l") == FAR
        run(r, "LTRIM l 9 9 ; RPUSH l a")
        assert r("EXPIRETIME", "l") == -1
