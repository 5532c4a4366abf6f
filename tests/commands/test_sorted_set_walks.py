"""Walking through sorted sets: ZSCAN; and random members: ZRANDMEMBER."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.commands.scored import FORMS, M, P, expected, form
from tests.commands.script import run
from tests.support.resp import NOT_INTEGER, SYNTAX, WRONGTYPE, Connection, Error
from tests.support.servers import eventually

ABC = "ZADD k 1 a 2 b 3.5 c"
OUT_OF_RANGE = Error("ERR value is out of range")
NO_MINIMUM = Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")


def scanned(r: Connection, *options: str | int) -> list[bytes]:
    """What a scan from start to end returns."""
    items: list[bytes] = []
    cursor = b"0"
    while True:
        cursor, some = r("ZSCAN", "k", cursor, *options)
        items += some
        if cursor == b"0":
            return items


# --- ZSCAN -----------------------------------------------------------------------------------------------------------


@FORMS
@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("", "a 1 b 2 c 3.5"),
        ("MATCH b*", "b 2"),
        ("MATCH x", ""),
        ("MATCH *", "a 1 b 2 c 3.5"),
        ("COUNT 100 MATCH [ab]", "a 1 b 2"),
        ("NOSCORES", "a b c"),
        ("noscores MATCH a COUNT 10", "a"),
        ("NOSCORES NOSCORES", "a b c"),
    ],
)
def test_zscan(r: Connection, limit: int, options: str, found: str) -> None:
    with form(r, limit):
        run(r, ABC)
        items = scanned(r, *options.split())
        step = 1 if "noscores" in options.lower() else 2
        assert sorted(zip(*[iter(items)] * step, strict=True)) == sorted(zip(*[iter(M(found))] * step, strict=True))


@FORMS
def test_scores_that_zscan_writes(r: Connection, limit: int) -> None:
    """Bulk strings in both protocols; the large form has 17 digits."""
    with form(r, limit):
        run(r, "ZADD k 0.1 a 1e17 b 1e-7 c inf d -3 e 123456789012 f 12345678901234567 g")
        items = scanned(r)
        scores = dict(zip(items[::2], items[1::2], strict=True))
        small = M("0.1 100000000000000000 1e-7 inf -3 123456789012 12345678901234568")
        large = M("0.10000000000000001 1e+17 9.9999999999999995e-08 inf -3 123456789012 12345678901234568")
        assert [scores[name] for name in M("a b c d e f g")] == (small if limit else large)


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("ZSCAN k x", Error("ERR invalid cursor")),
        ("ZSCAN no x", Error("ERR invalid cursor")),
        ("ZSCAN s x", Error("ERR invalid cursor")),
        ("ZSCAN s 0 FOO", WRONGTYPE),
        ("ZSCAN no 0", [b"0", []]),
        ("ZSCAN no 5 COUNT 0", [b"0", []]),
        ("ZSCAN k 0 COUNT 0", SYNTAX),
        ("ZSCAN k 0 COUNT x", NOT_INTEGER),
        ("ZSCAN k 0 FOO", SYNTAX),
        ("ZSCAN k 0 TYPE zset", SYNTAX),
        ("ZSCAN k 0 COUNT 1 MATCH", SYNTAX),
        ("ZSCAN k 0 NOVALUES", Error("ERR NOVALUES option can only be used in HSCAN")),
    ],
)
def test_zscan_refusals(r2: Connection, command: str, reply: Any) -> None:
    run(r2, ABC + " ; SET s v")
    assert run(r2, command) == reply


def test_zscan_of_a_large_set_in_parts(r2: Connection) -> None:
    members = {b"member:%d" % i: b"%d" % (i % 50) for i in range(3000)}
    r2("ZADD", "k", *[word for member, score in members.items() for word in (score, member)])
    items = scanned(r2, "COUNT", 20)
    assert dict(zip(items[::2], items[1::2], strict=True)) == members
    cursor, some = r2("ZSCAN", "k", 0, "COUNT", 20)
    assert cursor != b"0"
    assert len(some) < 600
    gone = list(members)[::3]
    r2("ZREM", "k", *gone)          # what stays from start to end is found
    items = some[::2]
    while cursor != b"0":
        cursor, more = r2("ZSCAN", "k", cursor, "COUNT", 20)
        items += more[::2]
    assert set(members) - set(gone) <= set(items)


# --- ZRANDMEMBER -----------------------------------------------------------------------------------------------------


@FORMS
@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("ZRANDMEMBER one", b"a"),
        ("ZRANDMEMBER one 1", M("a")),
        ("ZRANDMEMBER one 5", M("a")),
        ("ZRANDMEMBER one -3", M("a a a")),
        ("ZRANDMEMBER one -3 WITHSCORES", P("a 1 a 1 a 1")),
        ("ZRANDMEMBER one 1 withscores", P("a 1")),
        ("ZRANDMEMBER one 0", []),
        ("ZRANDMEMBER one 0 WITHSCORES", []),
        ("ZRANDMEMBER k 3", M("c b a")),
        ("ZRANDMEMBER k 10 WITHSCORES", P("c 3.5 b 2 a 1")),
        ("ZRANDMEMBER k 9223372036854775807", M("c b a")),
        ("ZRANDMEMBER k 4611686018427387903 WITHSCORES", P("c 3.5 b 2 a 1")),
        ("ZRANDMEMBER no", None),
        ("ZRANDMEMBER no 1", []),
        ("ZRANDMEMBER no -1 WITHSCORES", []),
        ("ZRANDMEMBER k x", NOT_INTEGER),
        ("ZRANDMEMBER no x", NOT_INTEGER),
        ("ZRANDMEMBER s x", NOT_INTEGER),
        ("ZRANDMEMBER k 1 FOO", SYNTAX),
        ("ZRANDMEMBER s 1 FOO", SYNTAX),
        ("ZRANDMEMBER k 1 WITHSCORES x", SYNTAX),
        ("ZRANDMEMBER k -9223372036854775808", NO_MINIMUM),
        ("ZRANDMEMBER k 9223372036854775808", NOT_INTEGER),
        ("ZRANDMEMBER k 4611686018427387904 WITHSCORES", OUT_OF_RANGE),
        ("ZRANDMEMBER k -4611686018427387905 WITHSCORES", OUT_OF_RANGE),
        ("ZRANDMEMBER s", WRONGTYPE),
        ("ZRANDMEMBER s 1", WRONGTYPE),
    ],
)
def test_zrandmember(r: Connection, limit: int, command: str, reply: Any) -> None:
    with form(r, limit):
        run(r, ABC + " ; ZADD one 1 a ; SET s v")
        assert run(r, command) == expected(r, reply)


@FORMS
@pytest.mark.parametrize("count", [1, 7, 30, 60, 99])
def test_different_members(r2: Connection, limit: int, count: int) -> None:
    with form(r2, limit):
        r2("ZADD", "k", *[word for i in range(100) for word in (i, f"m{i}")])
        seen: Counter[bytes] = Counter()
        for _ in range(60):
            reply = r2("ZRANDMEMBER", "k", count, "WITHSCORES")
            members = reply[::2]
            assert len(set(members)) == len(members) == count
            assert [b"m" + score for score in reply[1::2]] == members
            seen.update(members)
        assert all(n <= 60 for n in seen.values())
        if count >= 30:
            assert len(seen) == 100


@FORMS
def test_members_that_may_come_again(r2: Connection, limit: int) -> None:
    """Each is as likely as any other: of 5000 draws 500 each, give or take."""
    with form(r2, limit):
        r2("ZADD", "k", *[word for i in range(10) for word in (i, f"m{i}")])
        seen = Counter(r2("ZRANDMEMBER", "k", -5000))
        assert sum(seen.values()) == 5000
        assert len(seen) == 10
        assert all(350 < n < 650 for n in seen.values())
        single = Counter(r2("ZRANDMEMBER", "k") for _ in range(400))
        assert len(single) == 10


def test_a_reply_that_nobody_reads_ends(kvik: Any) -> None:
    """A count that would fill any memory: the client is closed at its output limit, and the server goes on."""
    with kvik.connect(2) as r, kvik.connect(2) as other:
        r("FLUSHALL")
        with r.config(client_output_buffer_limit="normal 8mb 0 0"):
            run(r, "ZADD k 1 a")
            for limit in (0, 128):
                with form(r, limit):
                    run(r, "DEL k ; ZADD k 1 a")
                    with kvik.connect(2) as greedy:
                        greedy.send("ZRANDMEMBER", "k", -9223372036854775807)
                        eventually(lambda: other("PING") == "PONG", what="the server answers others")
                        assert r("ZCARD", "k") == 1
