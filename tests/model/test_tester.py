"""The tester tested: what it draws, what it calls the same, and that it finds and shrinks what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.commands.script import line, run, words
from tests.model import compare
from tests.model.conftest import Start
from tests.model.draw import LEFT_OUT, Drawer, Words, specifications
from tests.model.pair import SMALL_ENCODINGS, Mismatch, NoReply, Pair, Side
from tests.model.payloads import payloads
from tests.model.shrink import report, row, shrink
from tests.support.resp import NULL_ARRAY, Error, Set, Status
from tests.support.servers import ServerProcess

Change = Callable[[Words, Any], Any]


class Liar(Side):
    """A side whose replies are changed on their way."""

    def __init__(self, server: ServerProcess, resp: int, change: Change) -> None:
        super().__init__(server, resp)
        self.change = change

    def read(self, commands: Sequence[Words]) -> list[Any]:
        return list(map(self.change, commands, super().read(commands)))


@pytest.fixture
def liars(start: Start) -> Iterator[Callable[[Change], Pair]]:
    """Pairs of two oracles, the first of which lies as it is told to."""
    made: list[Pair] = []

    def liars(change: Change) -> Pair:
        made.append(Pair(Liar(start("oracle", 1), 3, change), Side(start("oracle"), 3)))
        return made[-1]

    yield liars
    for each in made:
        each.close()


# --- what is drawn ---------------------------------------------------------------------------------------------------


def tokens(arguments: Sequence[dict[str, Any]]) -> Iterator[str]:
    for each in arguments:
        if each.get("token"):
            yield each["token"]
        yield from tokens(each.get("arguments", ()))


def name_of(command: Words) -> str:
    name = command[0].decode().lower()
    if name in ("object", "xgroup", "xinfo") and len(command) > 1:
        return f"{name}|{command[1].decode('latin-1').lower()}"
    return name


def test_every_command_and_option_is_drawn_and_succeeds(start: Start) -> None:
    """With what a hundred sequences draw: commands that are no error, and the words in them."""
    side = Side(start("oracle"), 2)
    r = side.connection
    available = [each.name for each in specifications(True)]
    values = payloads(r)
    seen: set[tuple[str, str]] = set()
    for seed in range(100):
        assert r("FLUSHALL") == r("SELECT", 0) == "OK"
        commands = Drawer(Random(seed), available, databases=True, payloads=values).commands(300)
        for command, reply in zip(commands, r.many(commands), strict=True):
            if not isinstance(reply, Error):
                name = name_of(command)
                seen.add((name, ""))
                seen.update((name, word.decode("latin-1").upper()) for word in command[1:])
    wanted = {(each.name, token) for each in specifications(True) for token in ("", *tokens(each.arguments))}
    rare = {("flushall", "ASYNC"), ("flushall", "SYNC"), ("flushdb", "ASYNC"), ("flushdb", "SYNC")}
    assert wanted - seen - rare == set()
    side.close()


def test_what_is_left_out_exists(start: Start) -> None:
    side = Side(start("oracle"), 2)
    known = {name.decode() for name in side.connection("COMMAND", "LIST")}
    assert set(LEFT_OUT) <= known
    side.close()


def test_sequences_are_the_same_for_the_same_seed() -> None:
    names = [each.name for each in specifications(False)]
    one, other, another = (Drawer(Random(seed), names).commands(50) for seed in ("a", "a", "b"))
    assert one == other != another


def test_a_command_that_a_server_does_not_have_is_not_drawn() -> None:
    drawer = Drawer(Random(1), ["get", "set"])
    assert {name_of(command) for command in drawer.commands(100)} == {"get", "set"}


# --- what is the same ------------------------------------------------------------------------------------------------

SAME = [
    ("GET k", b"a", b"a"),
    ("TTL k", 99, 100),
    ("PTTL k", 99000, 100000),
    ("HPTTL k FIELDS 2 f g", [-1, 99000], [-1, 100000]),
    ("KEYS *", [b"a", b"b"], [b"b", b"a"]),
    ("smembers k", Set([b"a", b"b"]), Set([b"b", b"a"])),
    ("HGETALL k", [b"f", b"1", b"g", b"2"], [b"g", b"2", b"f", b"1"]),
    ("HGETALL k", {b"f": b"1", b"g": b"2"}, {b"g": b"2", b"f": b"1"}),
    ("SORT k BY nosort", [b"a", b"b"], [b"b", b"a"]),
    ("SORT k BY w* ALPHA LIMIT 0 1", [b"a"], [b"b"]),
    ("XPENDING k A - + 1", [[b"1-0", b"one", 5, 1]], [[b"1-0", b"one", 9, 1]]),
    ("XINFO CONSUMERS k A", [[b"name", b"one", b"idle", 3]], [[b"name", b"one", b"idle", 50]]),
    ("XINFO STREAM k FULL", {b"groups": [{b"seen-time": 1700000000000}]}, {b"groups": [{b"seen-time": 1700000000999}]}),
    ("ZSCORE k a", float("nan"), float("nan")),
]
DIFFERENT = [
    ("GET k", b"a", b"b"),
    ("GET k", b"a", Status("a")),
    ("GET k", None, NULL_ARRAY),
    ("GET k", Error("ERR a"), Error("ERR b")),
    ("INCR k", 1, True),
    ("ZSCORE k a", 1, 1.0),
    ("LRANGE k 0 -1", [b"a", b"b"], [b"b", b"a"]),
    ("LRANGE k 0 -1", [1], [True]),
    ("SMEMBERS k", [b"a"], Set([b"a"])),
    ("SMEMBERS k", Set([b"a", b"a"]), Set([b"a", b"b"])),
    ("HGETALL k", [b"f", b"1", b"g", b"2"], [b"f", b"2", b"g", b"1"]),
    ("HGETALL k", {b"f": b"1"}, {b"f": 1}),
    ("TTL k", -1, 100),
    ("TTL k", -1, -2),
    ("TTL k", 100, 110),
    ("PTTL k", 100000, 110000),
    ("EXPIRE k 10", 0, 1),
    ("SORT k", [b"a", b"b"], [b"b", b"a"]),
    ("SORT k BY w*", [b"a", b"b"], [b"b", b"a"]),
    ("SORT k BY nosort LIMIT 0 2", [b"a"], [b"a", b"b"]),
    ("XPENDING k A - + 1", [[b"1-0", b"one", 5, 1]], [[b"1-0", b"one", 5, 2]]),
    ("XINFO CONSUMERS k A", [[b"pending", 3]], [[b"pending", 4]]),
    ("XINFO CONSUMERS k A", [[b"idle", -1]], [[b"idle", 3]]),
]


@pytest.mark.parametrize(("command", "ours", "theirs"), SAME)
def test_same(command: str, ours: Any, theirs: Any) -> None:
    assert compare.same(tuple(words(command)), ours, theirs)
    assert compare.same(tuple(words(command)), theirs, ours)


@pytest.mark.parametrize(("command", "ours", "theirs"), DIFFERENT)
def test_different(command: str, ours: Any, theirs: Any) -> None:
    assert not compare.same(tuple(words(command)), ours, theirs)
    assert not compare.same(tuple(words(command)), theirs, ours)


@pytest.mark.parametrize("kind", [list, Set, dict.fromkeys])
def test_order(kind: Callable[[list[bytes]], Any]) -> None:
    assert compare.same_in_order((), kind([b"a", b"b"]), kind([b"a", b"b"]))
    assert not compare.same_in_order((), kind([b"a", b"b"]), kind([b"b", b"a"]))


@pytest.mark.parametrize(("resp", "databases"), [(2, True), (3, False)])
def test_two_oracles_agree(start: Start, resp: int, databases: bool) -> None:
    """On commands of all types: what is compared can be compared."""
    pair = Pair(Side(start("oracle", 1), resp), Side(start("oracle"), resp), SMALL_ENCODINGS)
    available = pair.available()
    assert len(available) > 300
    values = payloads(pair.theirs.connection)
    for seed in range(12):
        drawer = Drawer(Random(f"{seed} {resp}"), available, databases=databases, payloads=values)
        mismatch = pair.run(drawer.commands(250))
        assert mismatch is None, report(mismatch, pair)
    pair.close()


# --- what is wrong is found ------------------------------------------------------------------------------------------


def sequence(*essential: str) -> list[Words]:
    """Those commands among others that do not matter."""
    names = [each.name for each in specifications(False) if each.group in ("string", "list")]
    other = iter(Drawer(Random(1), names).commands(40 * (len(essential) + 1)))
    commands = [next(other) for _ in range(40)]
    for each in essential:
        commands.append(tuple(words(each)))
        commands += [next(other) for _ in range(40)]
    return commands


def test_a_false_reply_is_found_and_shrunk(liars: Callable[[Change], Pair]) -> None:
    def change(command: Words, reply: Any) -> Any:
        return reply + 1 if command[:2] == (b"HLEN", b"hash") and reply == 2 else reply

    pair = liars(change)
    commands = sequence("HSET hash f v", "HSET hash g w", "HLEN hash", "HDEL hash f")
    assert pair.run([each for each in commands if each[0] != b"HLEN"]) is None
    mismatch = pair.run(commands)
    assert mismatch is not None
    assert (mismatch.words, mismatch.ours, mismatch.theirs) == ((b"HLEN", b"hash"), 3, 2)
    mismatch = shrink(pair, mismatch)
    assert row(mismatch) == '(r"HSET hash f v ; HSET hash g w", r"HLEN hash", 2),'
    assert report(mismatch, pair).startswith("RESP3\n  oracle:  3\n  oracle:  2\n")
    assert run(pair.theirs.connection, "FLUSHALL ; HSET hash f v ; HSET hash g w ; HLEN hash") == 2


@pytest.mark.parametrize(
    ("essential", "probe", "false"),
    [
        ("SET string v", "GET string", b"w"),
        ("SET string v ; EXPIRE string 1000", "PTTL string", -1),
        ("SET string v", "KEYS *", [b"string", b"more"]),
        ("RPUSH list a", "OBJECT ENCODING list", b"quicklist"),
        ("RPUSH list a", "LRANGE list 0 -1", [b"b"]),
        ("HSET hash f v g w", "HGETALL hash", {b"g": b"w", b"f": b"v"}),
        ("HSET hash f v ; HEXPIRE hash 100 FIELDS 1 f", "HPTTL hash FIELDS 1 f", [-1]),
        ("SADD set b a", "SMEMBERS set", Set([b"a", b"b"])),
        ("ZADD sorted 1 a", "ZRANGE sorted 0 -1 WITHSCORES", [[b"a", 2.0]]),
        ("XADD stream 1-1 f v", "XRANGE stream - +", []),
        ("XADD stream 1-1 f v", "XINFO STREAM stream FULL COUNT 0", {}),
    ],
)
def test_false_data_is_found_and_shrunk(
    liars: Callable[[Change], Pair], essential: str, probe: str, false: Any
) -> None:
    """What no command of the sequence has shown. Maps and sets come in another order, all else is not what it was."""
    command = tuple(words(probe))

    def change(each: Words, reply: Any) -> Any:
        if each != command or isinstance(reply, Error) or reply in (None, [], {}, -2, [-2], [-1]):
            return reply
        if isinstance(false, (dict, Set)) and false:
            return false if compare.equal(reply, false) else reply
        return false if probe != "KEYS *" or b"string" in reply else reply

    pair = liars(change)
    mismatch = pair.run(sequence(*essential.split(" ; ")))
    assert mismatch is not None
    mismatch = shrink(pair, mismatch)
    assert mismatch.words == command
    assert mismatch.ours == false
    assert " ; ".join(map(line, mismatch.before)) == essential


def test_all_databases_are_compared(liars: Callable[[Change], Pair]) -> None:
    pair = liars(lambda words, reply: b"w" if words == (b"GET", b"string") else reply)
    mismatch = pair.run(sequence("SELECT 3", "SET string v", "SELECT 1"))
    assert mismatch is not None
    assert mismatch.before[-1] == (b"SELECT", b"3")


class Forgetful(Liar):
    """Loses the connection at a command."""

    def read(self, commands: Sequence[Words]) -> list[Any]:
        replies = super().read(commands)
        if (b"LCS", b"a", b"b") in commands:
            at = commands.index((b"LCS", b"a", b"b"))
            return [*replies[:at], self.lost(TimeoutError())]
        return replies


def test_a_hanging_server_is_found_and_started_again(start: Start) -> None:
    server = start("oracle", 2)
    pair = Pair(Forgetful(server, 2, lambda _, reply: reply), Side(start("oracle"), 2))
    before = server.pid
    mismatch = pair.run(sequence("LCS a b"))
    assert mismatch is not None
    assert isinstance(mismatch.ours, NoReply)
    mismatch = shrink(pair, mismatch)
    assert (mismatch.before, mismatch.words) == ([], (b"LCS", b"a", b"b"))
    assert server.pid != before
    pair.close()


# --- scripts ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=5))
@example([b"SET", b"", b" ; ", b"'", b'"', b"\\x00", b"\\", b"a b", b";", b"\t", b"#", b"\xff\r\n", b" "])
def test_a_line_says_the_same_as_its_words(command: list[bytes]) -> None:
    assert words(line(command)) == command
    assert [words(each) for each in f"{line(command)} ; {line(command)}".split(" ; ")] == [command, command]
    assert line(command).isprintable()


def test_a_long_row() -> None:
    mismatch = Mismatch([(b"SET", b"k", b"v" * 50), (b"SET", b"j", b"\xff" * 20)], (b"GET", b"k"), b"w", b"v")
    assert row(mismatch) == "\n".join(
        [
            "(",
            '    r"SET k ' + "v" * 50 + ' ; "',
            '    r"SET j ' + r"\xff" * 20 + '",',
            '    r"GET k",',
            "    b'v',",
            "),",
        ]
    )
