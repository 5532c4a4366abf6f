"""LRANGE and LINDEX: indexes from both ends, far beyond them, and no numbers at all."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.commands.lists import FORMS, LIMITS, fill
from tests.commands.script import run
from tests.support.resp import NOT_INTEGER, Connection, arity

MOST = 9223372036854775807

RANGES: list[tuple[str, str]] = [
    # of the list a b c d e f g
    ("0 -1", "a b c d e f g"),
    ("0 0", "a"),
    ("-1 -1", "g"),
    ("1 3", "b c d"),
    ("2 2", "c"),
    ("-3 -2", "e f"),
    ("-7 6", "a b c d e f g"),
    ("-8 0", "a"),
    ("-100 100", "a b c d e f g"),
    ("3 100", "d e f g"),
    ("6 7", "g"),
    ("7 7", ""),
    ("7 100", ""),
    ("3 2", ""),
    ("-1 -2", ""),
    ("-1 0", ""),
    ("0 -8", ""),
    ("0 -7", "a"),
    ("-100 -8", ""),
    ("-100 -7", "a"),
    (f"0 {MOST}", "a b c d e f g"),
    (f"{-MOST - 1} {MOST}", "a b c d e f g"),
    (f"{-MOST - 1} -7", "a"),
    (f"{MOST} {MOST}", ""),
    (f"{-MOST - 1} {-MOST - 1}", ""),
    (f"{MOST} {-MOST - 1}", ""),
]


@FORMS
def test_ranges(r: Connection, form: str) -> None:
    with r.config(**LIMITS[form]):
        run(r, "RPUSH l a b c d e f g")
        dirty = r.dirty()
        for bounds, found in RANGES:
            assert run(r, f"LRANGE l {bounds}") == found.encode().split(), bounds
        assert r.dirty() == dirty


@FORMS
def test_indexes(r: Connection, form: str) -> None:
    texts = [b"a", b"-1", b"", b"70000", b"x" * 300, b"b"]
    with r.config(**LIMITS[form]):
        fill(r, "l", texts)
        for i, text in enumerate(texts):
            assert r("LINDEX", "l", i) == text
            assert r("LINDEX", "l", i - len(texts)) == text
        for i in (6, 7, 1000, 1 << 32, (1 << 32) + 1, MOST, -7, -1000, -(1 << 32), -MOST - 1):
            assert r("LINDEX", "l", i) is None


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("LRANGE none 0 -1", []),
        ("LRANGE none x -1", NOT_INTEGER),
        ("LRANGE l x -1", NOT_INTEGER),
        ("LRANGE l 0 x", NOT_INTEGER),
        ("LRANGE l 0 ''", NOT_INTEGER),
        ("LRANGE l 0 1.0", NOT_INTEGER),
        ("LRANGE l ' 0' 1", NOT_INTEGER),
        ("LRANGE l 00 1", NOT_INTEGER),
        (f"LRANGE l 0 {MOST + 1}", NOT_INTEGER),
        (f"LRANGE l {-MOST - 2} 1", NOT_INTEGER),
        ("LRANGE s x y", NOT_INTEGER),
        ("LRANGE l 0", arity("lrange")),
        ("LRANGE l 0 1 2", arity("lrange")),
        ("LINDEX none 0", None),
        ("LINDEX none x", None),
        ("LINDEX l x", NOT_INTEGER),
        ("LINDEX l ''", NOT_INTEGER),
        ("LINDEX l +1", NOT_INTEGER),
        ("LINDEX l 1.5", NOT_INTEGER),
        (f"LINDEX l {MOST + 1}", NOT_INTEGER),
        ("LINDEX l", arity("lindex")),
        ("LINDEX l 0 1", arity("lindex")),
    ],
)
@FORMS
def test_single_replies(r: Connection, form: str, command: str, reply: Any) -> None:
    with r.config(**LIMITS[form]):
        run(r, "RPUSH l a b c d e ; SET s v")
        assert run(r, command) == reply


@FORMS
def test_ranges_of_a_long_list(r: Connection, form: str) -> None:
    """Against Python's slices: elements short and long, integers, some too large for a node with others."""
    rng = random.Random(7)
    texts = [rng.choice([b"%d" % i, b"element %d" % i, b"%d" % i * 40, b"%d" % (i << 40)]) for i in range(4000)]
    texts[1234] = b"x" * 20_000
    with r.config(**LIMITS[form]):
        fill(r, "l", texts)
        for _ in range(100):
            start, end = rng.randrange(4000), rng.randrange(4000)
            assert r("LRANGE", "l", start, end) == texts[start : end + 1]
            assert r("LRANGE", "l", start - 4000, end) == texts[start : end + 1]
            assert r("LINDEX", "l", start) == r("LINDEX", "l", start - 4000) == texts[start]
        assert r("LRANGE", "l", 0, -1) == texts
