"""Commands in Python: what a declaration comes to, and how such a command runs on a server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kvik.commands.spec import AtIndex, KeyRange, key, string
from kvik.scripting.python_commands import DeclarationError, command, make_command, notes_of, on_event, timer
from tests.support.resp import NULL_ARRAY, OK, WRONGTYPE, ClosedError, Connection, Error, Set, Status, arity
from tests.support.servers import ServerProcess, eventually, fresh

SAMPLES = str(Path(__file__).with_name("samples.py"))
Database = Any


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess("kvik", module=SAMPLES, appendonly="yes", appendfsync="always") as server:
        yield server


@pytest.fixture(params=(2, 3), ids=("resp2", "resp3"))
def py(server: ServerProcess, request: pytest.FixtureRequest) -> Iterator[Connection]:
    with fresh(server, request.param) as connection:
        yield connection
    assert server.alive()


@pytest.fixture
def py2(server: ServerProcess) -> Iterator[Connection]:
    with fresh(server, 2) as connection:
        yield connection
    assert server.alive()


# --- declarations ----------------------------------------------------------------------------------------------------


def made(function: Callable[..., Any], **options: Any) -> Any:
    declared = command(**options)(function)
    note = notes_of(declared)[-1]
    return make_command(declared, note, "mine")[0]  # type: ignore[arg-type]


def test_a_signature_says_arity_and_arguments() -> None:
    def f(db: Database, key: bytes, name: str, count: int = 1, *more: float) -> None:
        """Summary.

        More of it."""

    spec = made(f, write=True)
    assert (spec.name, spec.arity, spec.summary, spec.group, spec.module) == ("f", -3, "Summary.", "module", "mine")
    assert spec.flags == ("write", "denyoom", "module")
    assert [(each.name, each.type, each.optional, each.multiple) for each in spec.arguments] == [
        ("key", "key", False, False), ("name", "string", False, False), ("count", "integer", True, False),
        ("more", "double", True, True),
    ]  # fmt: skip
    assert spec.key_positions == (1, 1, 1)


def test_arguments_of_exactly_so_many_words() -> None:
    def f(db: Database, key, value) -> None: ...  # type: ignore[no-untyped-def]

    spec = made(f)
    assert spec.arity == 3
    assert spec.arguments == (key(), string("value"))
    assert spec.flags == ("readonly", "module")


@pytest.mark.parametrize(
    ("keys", "positions"),
    [(None, (3, 3, 1)), ("none", (0, 0, 0)), ("first", (1, 1, 1)), ("b", (2, 2, 1)), (("a", "b"), (1, 2, 1)),
     (("a", "rest"), (1, 1, 1)), ("rest", (4, -1, 1)), ("all", (1, -1, 1))],
)  # fmt: skip
def test_which_arguments_are_keys(keys: Any, positions: tuple[int, int, int]) -> None:
    def f(db: Database, a: bytes, b: bytes, key: bytes, *rest: bytes) -> None: ...

    assert made(f, keys=keys).key_positions == positions


def test_keys_that_may_be_missing() -> None:
    def f(db: Database, *keys: bytes) -> None: ...

    spec = made(f)
    assert spec.flags == ("readonly", "module", "no_mandatory_keys")
    assert (spec.keys[0].begin, spec.keys[0].find) == (AtIndex(1), KeyRange(-1, 1))


def test_flags_are_in_order() -> None:
    def f(db: Database) -> None: ...

    assert made(f, flags=("fast", "loading", "admin"), deny_oom=True).flags == (
        "denyoom", "module", "admin", "loading", "fast",
    )  # fmt: skip
    assert made(f, write=True, deny_oom=False).flags == ("write", "module")


def no_parameter() -> None: ...
def only_named(*, db: Database) -> None: ...
def named(db: Database, *, count: int) -> None: ...
def not_false(db: Database, *, force: bool = True) -> None: ...
def behind_others(db: Database, first: bytes = b"", *, limit: int = 1) -> None: ...
def behind_many(db: Database, *rest: bytes, limit: int = 1) -> None: ...
def many_named(db: Database, **options: int) -> None: ...
def strange_type(db: Database, value: list[int]) -> None: ...
def unknown_type(db: Database, value: Nowhere) -> None: ...  # type: ignore[name-defined]  # noqa: F821
def no_keys(db: Database) -> None: ...


@pytest.mark.parametrize(
    ("function", "options", "text"),
    [
        (no_parameter, {}, "its first parameter has to take the Database"),
        (only_named, {}, "its first parameter has to take the Database"),
        (named, {}, "an option has a default"),
        (not_false, {}, r"an option has a default \(False if it is a bool\)"),
        (behind_others, {}, "where there are options, no argument before them can be left out"),
        (behind_many, {}, "where there are options, no argument before them can be left out, nor be many"),
        (many_named, {}, "no argument can be given to 'options'"),
        (strange_type, {}, "bytes, str, int, float or bool: 'value' is none"),
        (unknown_type, {}, "its type hints cannot be read"),
        (no_keys, {"keys": "first"}, "its first argument is a key, but it has none"),
        (no_keys, {"keys": "there"}, "no such parameter: there"),
        (no_keys, {"flags": ("module",)}, "it cannot have the flags module"),
    ],
)
def test_what_makes_no_sense(function: Callable[..., Any], options: dict[str, Any], text: str) -> None:
    with pytest.raises(DeclarationError, match=text):
        made(function, **options)


def test_what_is_no_plain_function() -> None:
    async def waits(db: Database) -> None: ...

    def yields(db: Database) -> Iterator[int]:
        yield 1

    for each in (waits, yields):
        with pytest.raises(DeclarationError, match="no async, no yield"):
            command(each)
    with pytest.raises(DeclarationError, match="is no function"):
        command(print)
    with pytest.raises(DeclarationError, match="a timer cannot be due every 0 seconds"):
        timer(seconds=0)
    with pytest.raises(DeclarationError, match="is no function"):
        on_event("set")(print)


# --- arguments and replies -------------------------------------------------------------------------------------------


def test_arguments_become_what_the_hints_say(py2: Connection) -> None:
    assert py2("KINDS", b"\xff", "é", "-5", "1e3", "Yes") == rb"(b'\xff', '\xc3\xa9', -5, 1000.0, True)".replace(
        rb"\xc3\xa9", "é".encode()
    )
    for place, word, what in (
        (2, b"\xff", "b is not valid UTF-8"), (3, "1.5", "c is not an integer or out of range"),
        (3, str(1 << 63), "c is not an integer or out of range"), (3, "", "c is not an integer or out of range"),
        (4, "x", "d is not a valid float"), (4, "", "d is not a valid float"),
        (5, "maybe", "e is not yes or no"), (5, "x" * 9, "e is not yes or no"),
    ):  # fmt: skip
        words: list[Any] = ["KINDS", "a", "b", 1, 2, "no"]
        words[place] = word
        assert py2(*words) == Error(f"ERR {what}")


def test_arguments_that_can_be_left_out(py2: Connection) -> None:
    assert py2("SAMPLE.OPTIONAL", "a") == [b"a", None, []]
    assert py2("sample.optional", "a", 1, 2, 3) == [b"a", 1, [2, 3]]
    assert py2("SAMPLE.OPTIONAL", "a", 1, 2, "x") == Error("ERR rest is not an integer or out of range")
    assert py2("SAMPLE.OPTIONAL") == arity("sample.optional")
    assert py2("SAMPLE.OPTIONAL", "a", *range(300)) == [b"a", 0, list(range(1, 300))]
    assert py2("TAKE", "k", 1, 2, 3) == arity("take")
    assert py2("NOTHING", "x") == arity("nothing")


def test_options(py2: Connection) -> None:
    assert py2("WITH_OPTIONS", "a") == b"(b'a', 10, False, None)"
    assert py2("WITH_OPTIONS", "a", "withscores", "LIMIT", 3, "By", "x") == b"(b'a', 3, True, 'x')"
    assert py2("WITH_OPTIONS", "limit", "LIMIT", 3) == b"(b'limit', 3, False, None)"
    syntax = Error("ERR syntax error")
    assert py2("WITH_OPTIONS", "a", "LIMIT") == syntax
    assert py2("WITH_OPTIONS", "a", "NOPE", 1) == syntax
    assert py2("WITH_OPTIONS", "a", "LIMIT", 1, "LIMIT", 2) == syntax
    assert py2("WITH_OPTIONS", "a", "LIMIT", "x") == Error("ERR limit is not an integer or out of range")
    assert py2("WITH_OPTIONS") == arity("with_options")
    assert py2("COMMAND", "INFO", "with_options")[0][1] == -2
    arguments = py2("COMMAND", "DOCS", "with_options")[1][-1]
    assert [dict(zip(each[::2], each[1::2], strict=True)).get(b"token") for each in arguments] == [
        None, b"LIMIT", b"WITHSCORES", b"BY",
    ]  # fmt: skip


def test_replies_by_type_hint(py: Connection) -> None:
    three = py.resp == 3
    assert py("NOTHING") == OK
    assert py("MAYBE", "k") is None
    py("SET", "k", "v")
    assert py("MAYBE", "k") == b"v"
    assert py("TRUTH", "on") == (True if three else 1)
    assert py("REAL", "2.5") == (2.5 if three else b"2.5")
    point = {b"x": 1, b"y": 2.5} if three else [b"x", 1, b"y", b"2.5"]
    assert py("RECORD") == point
    assert py("RECORDS") == [point]


@pytest.mark.parametrize(
    ("which", "two", "three"),
    [
        ("none", None, None), ("bool", 1, True), ("int", -3, -3), ("float", b"1.5", 1.5),
        ("str", "é".encode(), "é".encode()),
        ("bytes", b"\0\r\n", b"\0\r\n"), ("list", [1, b"a", None], [1, b"a", None]), ("tuple", [1, [2]], [1, [2]]),
        ("dict", [b"a", 1, b"b", [b"2.5"]], {b"a": 1, b"b": [2.5]}), ("set", [5], Set([5])),
        ("frozenset", [b"m"], Set([b"m"])), ("status", Status("FINE"), Status("FINE")),
        ("split status", Status("A  +B"), Status("A  +B")), ("empty", [], []),
        ("record", [b"p", [b"x", 1, b"y", b"2.5"]], {b"p": {b"x": 1, b"y": 2.5}}),
    ],
)  # fmt: skip
def test_replies_by_value(py: Connection, which: str, two: Any, three: Any) -> None:
    assert py("VALUE", which) == (three if py.resp == 3 else two)
    assert py("PING") == Status("PONG")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("WRONG", "exit"), "ERR SystemExit: 3"),
        (("WRONG", "interrupt"), "ERR KeyboardInterrupt"),
        (("WRONG", "divide"), "ERR ZeroDivisionError: integer division or modulo by zero"),
        (("WRONG", "forever"), "ERR RecursionError: maximum recursion depth exceeded"),
        (("WRONG", "itself"), "ERR RecursionError: "),
        (("WRONG", "object"), "ERR TypeError: a handler returned a object, which RESP has no word for"),
        (("WRONG", "surrogate"), "ERR UnicodeEncodeError: "),
        (("WRONG", "huge"), "ERR OverflowError: 18446744073709551616 does not fit a RESP integer"),
        (("WRONG", "odd"), "ERR OddError"),
        (("WRONG", "memory"), "ERR MemoryError"),
        (("NOT_AN_INT",), "ERR TypeError: "),
        (("TOO_LARGE",), "ERR OverflowError: "),
    ],
)
def test_whatever_is_raised_is_answered_and_logged(
    server: ServerProcess, py2: Connection, words: tuple[str, ...], error: str
) -> None:
    before = len(server.log())
    reply = py2(*words)
    assert isinstance(reply, Error)
    assert reply.startswith(error)
    assert f"Error in command '{words[0].lower()}' of module samples: " in server.log()[before:]
    assert len(server.log()) - before < 20_000
    assert py2("PING") == Status("PONG")


def test_errors_that_are_meant(server: ServerProcess, py2: Connection) -> None:
    before = len(server.log())
    assert py2("WRONG", "code") == Error("SORRY not today")
    assert py2("WRONG", "no code") == Error("ERR no code here")
    assert py2("WRONG", "lines") == Error("ERR two  +lines")
    assert server.log()[before:] == ""


def test_a_reply_that_breaks_off_ends_only_its_client(server: ServerProcess, py2: Connection) -> None:
    with server.connect() as other, pytest.raises(ClosedError):
        other("ODD_DICT")
    assert py2("PING") == Status("PONG")


# --- what a command may do -------------------------------------------------------------------------------------------


def test_errors_of_what_it_calls(py2: Connection) -> None:
    py2("CONFIG", "RESETSTAT")
    py2("SET", "k", "v")
    assert py2("PEEK", "HGETALL", "k") == WRONGTYPE
    stats = py2("INFO", "errorstats").decode()
    assert "errorstat_WRONGTYPE:count=1" in stats


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("PEEK", "SET", "k", "v"), "ERR 'SET' writes, and the command that calls it is not declared with write=True"),
        (("PEEK", "PUBLISH", "c", "m"), "ERR 'PUBLISH' writes, and the command that calls it is not declared"),
        (("PEEK", "NOPE"), "ERR unknown command 'NOPE'"),
        (("PEEK", "GET"), "ERR wrong number of arguments for 'GET', or a subcommand that it has not"),
        (("PEEK", "OBJECT", "NOPE"), "ERR wrong number of arguments for 'OBJECT', or a subcommand that it has not"),
        (("PEEK", "EVAL", "return 1", "0"), "ERR 'EVAL' cannot be called from a command, timer or hook in Python"),
        (("POKE", "MULTI"), "ERR 'MULTI' cannot be called"),
        (("POKE", "SUBSCRIBE", "c"), "ERR 'SUBSCRIBE' cannot be called"),
        (("POKE", "MODULE", "UNLOAD", "samples"), "ERR 'MODULE' cannot be called"),
        (("PEEK", "POKE", "SET", "k", "v"), "ERR 'POKE' writes, and the command that calls it is not declared"),
        (("PEEK",), "ERR TypeError: which command?"),
    ],
)
def test_what_it_may_not_call(py2: Connection, words: tuple[str, ...], error: str) -> None:
    reply = py2(*words)
    assert isinstance(reply, Error)
    assert reply.startswith(error)
    assert py2("EXISTS", "k") == 0


def test_a_command_that_would_wait_does_not(py2: Connection) -> None:
    assert py2("POKE", "BLPOP", "nothing", 0) is None


def test_commands_that_call_each_other(py2: Connection) -> None:
    assert py2("DEEPER", 15) == 15
    assert py2("DEEPER", 16) == Error("ERR commands in Python call each other too deeply")
    assert py2("POKE", "POKE", "SET", "k", "v") == b"OK"
    assert py2("GET", "k") == b"v"


def test_a_database_is_good_while_its_command_runs(py2: Connection) -> None:
    assert py2("IN_A_THREAD") == (
        b"a Database can be used only while the command, timer or hook runs that got it, and on the same thread"
    )
    assert py2("KEEP", "k") == b"kept"
    assert py2("USE_KEPT") == b"[True]"


def test_it_runs_in_the_database_of_its_client(py2: Connection) -> None:
    py2("SELECT", 3)
    number = py2("CLIENT", "ID")
    assert py2("WHERE", 5) == [3, 5, number]
    assert py2("WHERE", 5) == [3, 5, number]
    py2("POKE", "SET", "k", "in 3")
    assert py2("GET", "k") == b"in 3"


def test_long_arguments_and_replies(py2: Connection) -> None:
    data = bytes(range(256)) * 8192
    assert py2("POKE", "SET", "k", data) == b"OK"
    assert py2("PEEK", "GET", "k") == data
    words = [str(i).encode() for i in range(20_000)]
    assert py2("POKE", "RPUSH", "l", *words) == 20_000
    assert py2("PEEK", "LRANGE", "l", 0, -1) == words


def test_reads_do_not_leave_anything_behind(py2: Connection) -> None:
    py2("HSET", "h", "f", "v")
    commands = [
        ("PEEK", "HGETALL", "h"), ("SAMPLE.OPTIONAL", "a", 500, 600), ("KINDS", "a", "b", 1000, 2, "x"), ("REAL", 2.5),
        ("PEEK", "NOPE"), ("VALUE", "dict"), ("PEEK", "OBJECT", "ENCODING", "h"),
    ] * 300  # fmt: skip
    py2.many(commands)
    before = py2("BLOCKS")
    py2.many(commands * 5)
    assert py2("BLOCKS") - before < 300


# --- as any other command --------------------------------------------------------------------------------------------


def test_command_info(py2: Connection) -> None:
    assert py2("COMMAND", "INFO", "take")[0][:7] == [
        b"take", -3, ["write", "denyoom", "module"], 1, 1, 1, ["@write", "@slow"],
    ]  # fmt: skip
    assert b"take" in py2("COMMAND", "LIST")
    assert py2("COMMAND", "LIST", "FILTERBY", "MODULE", "other") == []
    names = py2("COMMAND", "LIST", "FILTERBY", "MODULE", "samples")
    assert {b"take", b"sample.optional"} <= set(names)
    assert py2("COMMAND", "COUNT") == len(py2("COMMAND"))
    assert py2("COMMAND", "GETKEYS", "SUM_OF", "a", "b", "c") == [b"a", b"b", b"c"]
    assert py2("COMMAND", "GETKEYSANDFLAGS", "TAKE", "a", "1") == [[b"a", ["RW", "access", "update"]]]


def test_command_docs(server: ServerProcess) -> None:
    with server.connect(3) as r3:
        assert r3("COMMAND", "DOCS", "take")[b"take"] == {
            b"summary": b"Counts one more, and returns how many are left.",
            b"since": b"1.2.3", b"group": b"module", b"complexity": b"O(1)", b"module": b"samples",
            b"arguments": [
                {b"name": b"key", b"type": b"key", b"display_text": b"key", b"key_spec_index": 0},
                {b"name": b"limit", b"type": b"integer", b"display_text": b"limit"},
                {b"name": b"seconds", b"type": b"double", b"display_text": b"seconds", b"flags": Set(["optional"])},
            ],
        }  # fmt: skip


def test_statistics(py2: Connection) -> None:
    py2("CONFIG", "RESETSTAT")
    py2("TAKE", "k", 5)
    py2("TAKE", "k", 5)
    py2("TAKE", "k")
    py2("WRONG", "code")
    stats = py2("INFO", "commandstats").decode()
    assert "cmdstat_take:calls=2," in stats
    assert "cmdstat_take:calls=2,usec=" in stats
    assert "rejected_calls=1,failed_calls=0" in stats.partition("cmdstat_take")[2].partition("\r\n")[0]
    assert "cmdstat_incrby:calls=2," in stats
    assert "rejected_calls=0,failed_calls=1" in stats.partition("cmdstat_wrong")[2].partition("\r\n")[0]
    assert b"latency_percentiles_usec_take:" in py2("INFO", "latencystats")


def test_slow_log(py2: Connection) -> None:
    py2("CONFIG", "SET", "slowlog-log-slower-than", 20_000)
    py2("SLOWLOG", "RESET")
    try:
        py2("RUN", "__import__('time').sleep(0.03) or db.get('k')")
        assert [entry[3][0] for entry in py2("SLOWLOG", "GET")] == [b"RUN"]
        assert py2("SLOWLOG", "GET")[0][2] >= 30_000
    finally:
        py2("CONFIG", "SET", "slowlog-log-slower-than", 10_000)


def test_transactions(server: ServerProcess, py2: Connection) -> None:
    py2("MULTI")
    assert py2("TAKE", "k", 5) == Status("QUEUED")
    py2("WRONG", "divide", "w")
    py2("TAKE", "k", 5)
    replies = py2("EXEC")
    assert replies[0] == 4
    assert isinstance(replies[1], Error)
    assert replies[2] == 3
    assert py2("GET", "w") == b"written before"
    py2("WATCH", "k")
    with server.connect() as other:
        other("TAKE", "k", 5)
    py2("MULTI")
    py2("NOTHING")
    assert py2("EXEC") is NULL_ARRAY


def test_from_a_script(py2: Connection) -> None:
    assert py2("EVAL", "return {redis.call('TAKE', KEYS[1], 5), redis.call('NOTHING')}", 1, "k") == [4, OK]
    assert py2("EVAL", "return redis.pcall('WRONG', 'divide', 'w')['err']", 0).startswith(b"ERR ZeroDivisionError")
    assert py2("EVAL_RO", "return redis.call('PEEK', 'GET', 'k')", 0) == b"1"
    assert "Write commands are not allowed" in py2("EVAL_RO", "return redis.call('TAKE', 'k', 5)", 0)


def test_who_waits_is_woken(server: ServerProcess, py2: Connection) -> None:
    with server.connect() as waiting:
        waiting.send("BLPOP", "l", 0)
        eventually(lambda: "blocked_clients:1" in py2("INFO", "clients").decode())
        py2("POKE", "RPUSH", "l", "a")
        assert waiting.read() == [b"l", b"a"]


def test_events_are_published(server: ServerProcess, py2: Connection) -> None:
    py2("CONFIG", "SET", "notify-keyspace-events", "KA")
    try:
        with server.connect() as subscriber:
            subscriber("SUBSCRIBE", "__keyspace@0__:k")
            py2("TAKE", "k", 5)
            assert [subscriber.read()[2], subscriber.read()[2]] == [b"incrby", b"expire"]
    finally:
        py2("CONFIG", "SET", "notify-keyspace-events", "")


def test_monitors_see_what_it_calls(server: ServerProcess, py2: Connection) -> None:
    with server.connect() as monitor:
        monitor("MONITOR")
        py2("POKE", "INCR", "k")
        assert monitor.read().endswith('[0 python] "INCR" "k"')
        assert monitor.read().endswith('"POKE" "INCR" "k"')


def test_a_busy_script(server: ServerProcess, py2: Connection) -> None:
    py2("CONFIG", "SET", "busy-reply-threshold", 1)
    with server.connect() as busy:
        busy.send("EVAL", "while true do end", 0)
        eventually(lambda: isinstance(py2("NOTHING"), Error))
        assert py2("NOTHING").startswith("BUSY ")
        assert py2("SCRIPT", "KILL") == OK
        assert isinstance(busy.read(), Error)
    py2("CONFIG", "SET", "busy-reply-threshold", 5000)


def test_short_of_memory(py2: Connection) -> None:
    py2("CONFIG", "SET", "maxmemory", 1)
    try:
        assert py2("TAKE", "k", 5) == Error("OOM command not allowed when used memory > 'maxmemory'.")
        assert py2("POKE_ANYWAY", "SET", "k", "v") == Error("OOM command 'SET' not allowed when used memory > 'maxmemory'.")
        assert py2("POKE_ANYWAY", "DEL", "k") == 0
        assert py2("NOTHING") == OK
    finally:
        py2("CONFIG", "SET", "maxmemory", 0)


def test_the_log_has_what_it_did_as_one_unit(server: ServerProcess, py2: Connection) -> None:
    py2("SET", "before", "1")
    path = next((server.directory / "appendonlydir").glob("*.incr.aof"))
    at = len(path.read_bytes())
    py2("TAKE", "k", 5)
    py2("TAKE", "k", 5)
    py2("MAYBE", "k")
    words = re.findall(rb"\r\n([A-Z]+)\r\n", path.read_bytes()[at:])
    assert words == [b"MULTI", b"INCRBY", b"PEXPIREAT", b"EXEC", b"INCRBY"]


def test_the_data_are_there_without_the_module(server: ServerProcess, py2: Connection) -> None:
    py2("TAKE", "k", 5)
    py2("POKE", "SPOP", "s")
    directory = str(server.directory)
    py2("TAKE", "k", 5)
    with ServerProcess("oracle", appendonly="yes", dir=directory) as other, other.connect() as theirs:
        assert theirs("GET", "k") == b"2"
        assert theirs("TTL", "k") > 0
