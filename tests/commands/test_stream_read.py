"""XREAD and XREADGROUP: what they answer at once, and waiting."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.script import run
from tests.commands.streams import INVALID_ID, MAX, mapping, streams
from tests.commands.test_blocking import Waiters, waiters
from tests.support.resp import NOT_INTEGER, OK, SYNTAX, WRONGTYPE, Connection, Error

__all__ = ["waiters"]

TIMEOUT = Error("ERR timeout is not an integer or out of range")
NEGATIVE = Error("ERR timeout is negative")
ONLY_GROUP = "ERR The {} option is only supported by XREADGROUP. You called XREAD instead."
MEANINGLESS = (
    "ERR The {0} ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by "
    "specifying a proper ID, or use the > ID to get new messages. The {0} ID would just return an empty result set."
)
GREATER = Error(
    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."
)


def nogroup(key: str, group: str) -> Error:
    return Error(f"NOGROUP No such key '{key}' or consumer group '{group}' in XREADGROUP with GROUP option")


TWO = "XADD k 1-1 a 1 ; XADD k 2-1 a 2 ; XADD k 3-1 b 3 ; XADD j 1-1 c 4"
READS: list[tuple[str, Any]] = [
    ("XREAD STREAMS k 0", {"k": "1-1 a=1, 2-1 a=2, 3-1 b=3"}),
    ("XREAD STREAMS k 1-1", {"k": "2-1 a=2, 3-1 b=3"}),
    ("XREAD STREAMS k 1-0", {"k": "1-1 a=1, 2-1 a=2, 3-1 b=3"}),
    ("XREAD STREAMS k 2", {"k": "2-1 a=2, 3-1 b=3"}),
    ("XREAD STREAMS k 3-1", None),
    ("XREAD STREAMS k 99", None),
    (f"XREAD STREAMS k {MAX}-{MAX}", None),
    ("XREAD STREAMS k $", None),
    ("XREAD STREAMS k +", {"k": "3-1 b=3"}),
    ("XREAD COUNT 5 STREAMS k +", {"k": "3-1 b=3"}),
    ("XREAD COUNT 1 STREAMS k 0", {"k": "1-1 a=1"}),
    ("XREAD count 2 streams k 0", {"k": "1-1 a=1, 2-1 a=2"}),
    ("XREAD COUNT 0 STREAMS k 2-1", {"k": "3-1 b=3"}),
    ("XREAD COUNT -5 STREAMS k 2-1", {"k": "3-1 b=3"}),
    ("XREAD COUNT 1 COUNT 2 STREAMS k 0", {"k": "1-1 a=1, 2-1 a=2"}),
    ("XREAD STREAMS k j 2-1 0", {"k": "3-1 b=3", "j": "1-1 c=4"}),
    ("XREAD STREAMS k j 3-1 0", {"j": "1-1 c=4"}),
    ("XREAD STREAMS k missing j 0 0 1-1", {"k": "1-1 a=1, 2-1 a=2, 3-1 b=3"}),
    ("XREAD STREAMS missing 0", None),
    ("XREAD STREAMS missing $", None),
    ("XREAD STREAMS missing +", None),
    ("XREAD BLOCK 5000 STREAMS k 2-1", {"k": "3-1 b=3"}),
    ("XREAD BLOCK 1 STREAMS k $", None),
    ("XREAD BLOCK 1 COUNT 1 STREAMS k missing 3-1 +", None),
    ("XREAD STREAMS k s 0 0", WRONGTYPE),
    ("XREAD STREAMS s x", WRONGTYPE),
    ("XREAD STREAMS k x", INVALID_ID),
    ("XREAD STREAMS k -", INVALID_ID),
    ("XREAD STREAMS k (1", INVALID_ID),
    ("XREAD STREAMS k >", GREATER),
    ("XREAD STREAMS k 1 2", Error("ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be "
                                  "specified.")),
    ("XREAD COUNT x STREAMS k 0", NOT_INTEGER),
    ("XREAD BLOCK x STREAMS k 0", TIMEOUT),
    ("XREAD BLOCK 1.5 STREAMS k 0", TIMEOUT),
    ("XREAD BLOCK -1 STREAMS k 0", NEGATIVE),
    ("XREAD BLOCK 9223372036854775807 STREAMS k 0", Error("ERR timeout is out of range")),
    ("XREAD FOO STREAMS k 0", SYNTAX),
    ("XREAD COUNT 1 BLOCK 1", SYNTAX),
    ("XREAD k j 0", SYNTAX),
    ("XREAD COUNT 1 COUNT", SYNTAX),
    ("XREAD GROUP g c STREAMS k 0", Error(ONLY_GROUP.format("GROUP"))),
    ("XREAD NOACK STREAMS k 0", Error(ONLY_GROUP.format("NOACK"))),
]  # fmt: skip


@pytest.mark.parametrize(("command", "reply"), READS)
def test_xread(r: Connection, command: str, reply: Any) -> None:
    run(r, TWO + " ; SET s v")
    assert streams(r, run(r, command)) == reply


def test_plus_when_the_last_entry_is_gone(r: Connection) -> None:
    run(r, TWO + " ; XDEL k 3-1")
    assert streams(r, r("XREAD", "STREAMS", "k", "+")) is None
    run(r, "XADD k 4-1 d 5 ; XSETID k 9-9")
    assert streams(r, r("XREAD", "STREAMS", "k", "+")) is None


def test_the_same_stream_twice(r: Connection) -> None:
    run(r, TWO)
    r.send("XREAD", "COUNT", 1, "STREAMS", "k", "k", "0", "1-1")
    reply = r.read()
    if r.resp == 2:
        assert [streams(r, [each]) for each in reply] == [{"k": "1-1 a=1"}, {"k": "2-1 a=2"}]
    else:
        assert streams(r, reply) == {"k": "2-1 a=2"}


@pytest.mark.parametrize("count", [1, 8, 9, 100])
def test_many_streams(r: Connection, count: int) -> None:
    r.many([("XADD", f"k{i}", f"{i + 1}-1", "n", i) for i in range(0, count, 2)])
    keys = [f"k{i}" for i in range(count)]
    reply = streams(r, r("XREAD", "STREAMS", *keys, *["0"] * count))
    assert reply == {f"k{i}": f"{i + 1}-1 n={i}" for i in range(0, count, 2)}


def test_large_replies(r: Connection) -> None:
    value = b"v" * 3000
    r.many([("XADD", "k", i + 1, "f", value) for i in range(1500)])
    reply = r("XREAD", "COUNT", 100_000, "STREAMS", "missing", "k", "0", "500")
    ((key, some),) = reply.items() if r.resp == 3 else reply
    assert key == b"k"
    assert some == [[b"%d-0" % i, [b"f", value]] for i in range(501, 1501)]
    assert r("PING") == "PONG"


# --- XREADGROUP ------------------------------------------------------------------------------------------------------

GROUP = TWO + " ; XGROUP CREATE k g 0 ; XGROUP CREATE j g 0"
GROUP_READS: list[tuple[str, str, Any, int]] = [
    # before, command, reply, changes
    ("", "XREADGROUP GROUP g c STREAMS k >", {"k": "1-1 a=1, 2-1 a=2, 3-1 b=3"}, 2),
    ("", "XREADGROUP group g c count 2 streams k >", {"k": "1-1 a=1, 2-1 a=2"}, 2),
    ("", "XREADGROUP COUNT 2 NOACK GROUP g c STREAMS k >", {"k": "1-1 a=1, 2-1 a=2"}, 2),
    ("", "XREADGROUP GROUP g c STREAMS k j > >", {"k": "1-1 a=1, 2-1 a=2, 3-1 b=3", "j": "1-1 c=4"}, 4),
    ("", "XREADGROUP GROUP g c STREAMS k 0", {"k": ""}, 2),
    ("", f"XREADGROUP GROUP g c COUNT 1 STREAMS k {MAX}-{MAX}", {"k": "1-1 a=1"}, 2),
    ("XREADGROUP GROUP g c STREAMS k >", "XREADGROUP GROUP g c STREAMS k >", None, 0),
    ("XREADGROUP GROUP g c STREAMS k >", "XREADGROUP GROUP g d STREAMS k >", None, 1),
    ("XREADGROUP GROUP g c STREAMS k >", "XREADGROUP GROUP g c BLOCK 1 STREAMS k >", None, 0),
    ("XREADGROUP GROUP g c COUNT 1 STREAMS k >", "XREADGROUP GROUP g d STREAMS k >", {"k": "2-1 a=2, 3-1 b=3"}, 2),
    ("XREADGROUP GROUP g c STREAMS k >", "XREADGROUP GROUP g c STREAMS k 0",
     {"k": "1-1 a=1, 2-1 a=2, 3-1 b=3"}, 1),
    ("XREADGROUP GROUP g c STREAMS k >", "XREADGROUP GROUP g c COUNT 1 STREAMS k 1-1", {"k": "2-1 a=2"}, 1),
    ("XREADGROUP GROUP g c STREAMS k >", "XREADGROUP GROUP g c BLOCK 0 STREAMS k 3-1", {"k": ""}, 1),
    ("XREADGROUP GROUP g c STREAMS k >", "XREADGROUP GROUP g d STREAMS k 0", {"k": ""}, 2),
    ("XREADGROUP GROUP g c STREAMS k >", "XREADGROUP GROUP g c BLOCK 0 STREAMS j k > 0",
     {"j": "1-1 c=4", "k": "1-1 a=1, 2-1 a=2, 3-1 b=3"}, 3),
    ("XREADGROUP GROUP g c STREAMS k > ; XDEL k 2-1 ; XTRIM k MAXLEN 1", "XREADGROUP GROUP g c STREAMS k 0",
     {"k": "1-1 -, 2-1 -, 3-1 b=3"}, 1),
    ("XREADGROUP GROUP g c COUNT 2 STREAMS k > ; XDEL k 3-1", "XREADGROUP GROUP g c STREAMS k >", None, 0),
    ("XREADGROUP GROUP g c STREAMS k > ; XACK k g 2-1", "XREADGROUP GROUP g c STREAMS k 0",
     {"k": "1-1 a=1, 3-1 b=3"}, 1),
    ("XREADGROUP GROUP g c NOACK STREAMS k >", "XREADGROUP GROUP g c STREAMS k 0", {"k": ""}, 1),
    ("XREADGROUP GROUP g c STREAMS k > ; XGROUP SETID k g 1-1", "XREADGROUP GROUP g d STREAMS k >",
     {"k": "2-1 a=2, 3-1 b=3"}, 2),
    ("", "XREADGROUP GROUP nope c STREAMS k >", nogroup("k", "nope"), 0),
    ("", "XREADGROUP GROUP g c STREAMS missing >", nogroup("missing", "g"), 0),
    ("", "XREADGROUP GROUP g c STREAMS k missing > >", nogroup("missing", "g"), 0),
    ("SET s v", "XREADGROUP GROUP g c STREAMS k s > >", WRONGTYPE, 0),
    ("", "XREADGROUP GROUP g c STREAMS k $", Error(MEANINGLESS.format("$")), 0),
    ("", "XREADGROUP GROUP g c STREAMS k +", Error(MEANINGLESS.format("+")), 0),
    ("", "XREADGROUP GROUP g c STREAMS k x", INVALID_ID, 0),
    ("", "XREADGROUP GROUP g c STREAMS k -", INVALID_ID, 0),
    ("", "XREADGROUP GROUP g c STREAMS k j >", Error(
        "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified."), 0),
    ("", "XREADGROUP COUNT 1 BLOCK 1 STREAMS k >", Error("ERR Missing GROUP option for XREADGROUP"), 0),
    ("", "XREADGROUP GROUP g c COUNT x STREAMS k >", NOT_INTEGER, 0),
    ("", "XREADGROUP GROUP g c BLOCK -1 STREAMS k >", NEGATIVE, 0),
    ("", "XREADGROUP GROUP g c FOO STREAMS k >", SYNTAX, 0),
    ("", "XREADGROUP GROUP g STREAMS k > STREAMS", SYNTAX, 0),
    ("", "XREADGROUP GROUP x y GROUP g c COUNT 1 STREAMS k >", {"k": "1-1 a=1"}, 2),
]  # fmt: skip


@pytest.mark.parametrize(("before", "command", "reply", "changes"), GROUP_READS)
def test_xreadgroup(r: Connection, before: str, command: str, reply: Any, changes: int) -> None:
    run(r, GROUP)
    run(r, before)
    start = r.dirty()
    assert streams(r, run(r, command)) == reply
    assert r.dirty() - start == changes


def test_what_is_delivered_is_pending(r: Connection) -> None:
    run(r, GROUP + " ; XREADGROUP GROUP g c COUNT 2 STREAMS k > ; XREADGROUP GROUP g d STREAMS k >")
    assert r("XPENDING", "k", "g") == [3, b"1-1", b"3-1", [[b"c", b"2"], [b"d", b"1"]]]
    run(r, "XREADGROUP GROUP g c STREAMS k 1-1 ; XREADGROUP GROUP g c STREAMS k 0")
    assert [each[3] for each in r("XPENDING", "k", "g", "-", "+", 10)] == [2, 3, 1]


def test_delivered_anew_it_counts_from_one_and_has_a_new_owner(r: Connection) -> None:
    run(r, GROUP + " ; XREADGROUP GROUP g c STREAMS k > ; XREADGROUP GROUP g c STREAMS k 0 ; XGROUP SETID k g 1-1")
    run(r, "XREADGROUP GROUP g d COUNT 1 STREAMS k > ; XREADGROUP GROUP g c COUNT 1 STREAMS k >")
    pending = [(each[0], each[1], each[3]) for each in r("XPENDING", "k", "g", "-", "+", 10)]
    assert pending == [(b"1-1", b"c", 2), (b"2-1", b"d", 1), (b"3-1", b"c", 1)]


def test_when_a_consumer_was_seen_and_active(r: Connection) -> None:
    def consumer(name: str) -> Any:
        return next(each for each in mapping(r, r("XINFO", "CONSUMERS", "k", "g")) if each["name"] == name)

    run(r, GROUP + " ; XREADGROUP GROUP g c COUNT 1 STREAMS k > ; XREADGROUP GROUP g d COUNT 1 NOACK STREAMS k >")
    assert 0 <= consumer("c")["inactive"] < 5000
    assert 0 <= consumer("c")["idle"] < 5000
    assert consumer("d")["inactive"] == -1
    run(r, "XREADGROUP GROUP g d STREAMS k 0")
    assert consumer("d")["inactive"] == -1
    run(r, "XREADGROUP GROUP g d COUNT 1 STREAMS k >")
    assert 0 <= consumer("d")["inactive"] < 5000


def test_many_pending_entries(r: Connection) -> None:
    r.many([("XADD", "k", f"{i // 3 + 1}-{i % 3}", "n", i) for i in range(1000)])
    run(r, "XGROUP CREATE k g 0")
    for i in range(10):
        r("XREADGROUP", "GROUP", "g", f"c{i % 3}", "COUNT", 100, "STREAMS", "k", ">")
    assert r("XPENDING", "k", "g")[0] == 1000
    some = [f"{i // 3 + 1}-{i % 3}" for i in range(1000)]
    assert r("XACK", "k", "g", *some[::2]) == 500
    assert r("XDEL", "k", *some[1::6]) == len(some[1::6])
    left = streams(r, r("XREADGROUP", "GROUP", "g", "c0", "STREAMS", "k", "0"))["k"].split(", ")
    mine = [i for i in range(1000) if i // 100 % 3 == 0 and i % 2]
    assert left == [f"{some[i]} -" if i % 6 == 1 else f"{some[i]} n={i}" for i in mine]


# --- waiting ---------------------------------------------------------------------------------------------------------

WAITS: list[tuple[str, str, list[str], Any]] = [
    # before, what waits, scripts of which only the last one ends it, reply
    ("", "XREAD BLOCK 0 STREAMS k $", ["XADD k 5-5 a b"], {"k": "5-5 a=b"}),
    ("", "XREAD BLOCK 0 STREAMS k 0", ["XADD k 5-5 a b"], {"k": "5-5 a=b"}),
    ("", "XREAD BLOCK 0 STREAMS k +", ["XADD k 5-5 a b"], {"k": "5-5 a=b"}),
    ("", "XREAD BLOCK 0 STREAMS k j $ $", ["XADD j 5-5 a b"], {"j": "5-5 a=b"}),
    ("", "XREAD BLOCK 0 STREAMS k $", ["SET k v", "DEL k", "XADD k 5-5 a b"], {"k": "5-5 a=b"}),
    ("", "XREAD BLOCK 0 STREAMS k j $ $", ["SET k v", "XADD j 1-1 a b"], WRONGTYPE),
    ("", "XREAD BLOCK 0 STREAMS k $", ["XGROUP CREATE k g $ MKSTREAM", "XADD k 1-1 a b"], {"k": "1-1 a=b"}),
    ("XADD k 7-7 a b", "XREAD BLOCK 0 STREAMS k $", ["DEL k", "XADD k 5-5 a b", "XADD k 8-8 a c"], {"k": "8-8 a=c"}),
    ("XADD k 7-7 a b", "XREAD BLOCK 0 COUNT 1 STREAMS k 7-7", ["XDEL k 7-7", "XADD k 8-8 a c"], {"k": "8-8 a=c"}),
    ("XADD k 7-7 a b", "XREAD BLOCK 0 STREAMS k $", ["XSETID k 9-9", "XADD k 9-10 a c"], {"k": "9-10 a=c"}),
    ("XADD k 7-7 a b", "XREAD BLOCK 0 STREAMS k $", ["XADD j 99-1 c d ; RENAME j k"], {"k": "99-1 c=d"}),
    ("XADD k 7-7 a b ; XDEL k 7-7", "XREAD BLOCK 0 STREAMS k +", ["XADD k 8-5 a c"], {"k": "8-5 a=c"}),
    (GROUP + " ; XREADGROUP GROUP g c STREAMS k >", "XREADGROUP GROUP g c BLOCK 0 STREAMS k >",
     ["XACK k g 1-1", "XDEL k 2-1", "XGROUP CREATE k h 0", "XADD k 5-5 a c"], {"k": "5-5 a=c"}),
    (GROUP + " ; XGROUP SETID k g $", "XREADGROUP GROUP g c BLOCK 0 STREAMS k >",
     ["XGROUP SETID k g 2-1", "XADD k 5-5 a c"], {"k": "3-1 b=3, 5-5 a=c"}),
    (GROUP + " ; XGROUP SETID k g $", "XREADGROUP GROUP g c BLOCK 0 STREAMS k >",
     ["XGROUP DELCONSUMER k g c", "XADD k 5-5 a c"], {"k": "5-5 a=c"}),
    (GROUP + " ; XGROUP SETID k g $ ; XGROUP SETID j g $", "XREADGROUP GROUP g c BLOCK 0 NOACK STREAMS k j > >",
     ["XADD j 5-5 a c"], {"j": "5-5 a=c"}),
    (GROUP + " ; XGROUP SETID k g $", "XREADGROUP GROUP g c BLOCK 0 STREAMS k >",
     ["XADD q 3-3 a b ; XGROUP CREATE q g 0 ; RENAME q k"], {"k": "3-3 a=b"}),
    (GROUP + " ; XGROUP SETID k g $", "XREADGROUP GROUP g c BLOCK 0 STREAMS k >", ["DEL k"], nogroup("k", "g")),
    (GROUP + " ; XGROUP SETID k g $", "XREADGROUP GROUP g c BLOCK 0 STREAMS k >", ["RENAME k q"], nogroup("k", "g")),
    (GROUP + " ; XGROUP SETID k g $", "XREADGROUP GROUP g c BLOCK 0 STREAMS k >", ["FLUSHALL"], nogroup("k", "g")),
    (GROUP + " ; XGROUP SETID k g $", "XREADGROUP GROUP g c BLOCK 0 STREAMS k >", ["RENAME j k"],
     {"k": "1-1 c=4"}),
    (GROUP + " ; XGROUP SETID k g $ ; XADD q 3-3 a b", "XREADGROUP GROUP g c BLOCK 0 STREAMS k >", ["RENAME q k"],
     nogroup("k", "g")),
    (GROUP + " ; XGROUP SETID k g $", "XREADGROUP GROUP g c BLOCK 0 STREAMS k >", ["XGROUP DESTROY k g"],
     nogroup("k", "g")),
    (GROUP + " ; XGROUP SETID k g $", "XREADGROUP GROUP g c BLOCK 0 STREAMS k >", ["SET k v"], WRONGTYPE),
]  # fmt: skip


@pytest.mark.parametrize(("before", "command", "scripts", "reply"), WAITS)
def test_waiting(
    r: Connection, waiters: Waiters, before: str, command: str, scripts: list[str], reply: Any
) -> None:
    run(r, before)
    client = waiters.send(*command.split())
    for script in scripts[:-1]:
        run(r, script)
        assert waiters.blocked() == 1
    run(r, scripts[-1])
    assert streams(client, client.read()) == reply
    assert waiters.blocked() == 0


def test_every_reader_gets_what_is_added(r: Connection, waiters: Waiters) -> None:
    clients = [waiters.send("XREAD", "BLOCK", 0, "STREAMS", "k", "$") for _ in range(3)]
    r("XADD", "k", "5-5", "a", "b")
    assert [streams(each, each.read()) for each in clients] == [{"k": "5-5 a=b"}] * 3


def test_one_consumer_gets_what_is_added(r: Connection, waiters: Waiters) -> None:
    run(r, "XGROUP CREATE k g 0 MKSTREAM")
    first = waiters.send("XREADGROUP", "GROUP", "g", "c", "BLOCK", 0, "STREAMS", "k", ">")
    second = waiters.send("XREADGROUP", "GROUP", "g", "d", "BLOCK", 0, "STREAMS", "k", ">")
    r("XADD", "k", "5-5", "a", "b")
    assert streams(first, first.read()) == {"k": "5-5 a=b"}
    assert waiters.blocked() == 1
    r("XADD", "k", "6-6", "a", "b")
    assert streams(second, second.read()) == {"k": "6-6 a=b"}
    assert r("XPENDING", "k", "g") == [2, b"5-5", b"6-6", [[b"c", b"1"], [b"d", b"1"]]]


def test_a_wait_ends_with_nothing(r: Connection, waiters: Waiters) -> None:
    run(r, GROUP + " ; XREADGROUP GROUP g c STREAMS k >")
    for command in ("XREAD BLOCK 20 STREAMS k j $ $", "XREADGROUP GROUP g c BLOCK 20 STREAMS k >"):
        client = waiters.send(*command.split())
        assert streams(client, client.read()) is None
    assert r("XADD", "k", "9-9", "a", "b") == b"9-9"


def test_a_connection_goes_on_after_waiting(r: Connection, waiters: Waiters) -> None:
    client = waiters.send("XREAD", "BLOCK", 0, "STREAMS", "k", "$")
    client.send("SET", "after", "wards")
    r("XADD", "k", "5-5", "a", "b")
    assert streams(client, client.read()) == {"k": "5-5 a=b"}
    assert client.read() == OK
