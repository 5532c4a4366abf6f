"""Modules: loading and unloading them at the start and while a server runs, their timers and hooks."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import kvik
from kvik.embed.engine import StartError
from tests.scripting import samples
from tests.support.resp import NULL_ARRAY, OK, Connection, Error, Status
from tests.support.servers import ServerProcess, command_line, eventually, fresh

Start = Callable[..., ServerProcess]
Write = Callable[..., str]
FAILED = Error("ERR Error loading the extension. Please check the server logs.")
HEAD = "from kvik import CommandError, Database, command, on_event, on_load, on_unload, timer\n"


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess("kvik", enable_module_command="local", appendonly="yes") as server:
        yield server


@pytest.fixture
def py(server: ServerProcess) -> Iterator[Connection]:
    with fresh(server, 2) as connection:
        for module in connection("MODULE", "LIST"):
            connection("MODULE", "UNLOAD", module[1])
        yield connection
    assert server.alive()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file with that code; its path."""

    def write(code: str, name: str = "mine.py") -> str:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEAD + code)
        return str(path)

    return write


SIMPLE = """
@command
def greet(db: Database, name: str = "world") -> str:
    return f"hello {name}"
"""

# --- as the oracle ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("MODULE",), ("MODULE", "HELP"), ("MODULE", "HELP", "x"), ("MODULE", "LIST", "x"), ("MODULE", "LOAD"),
        ("MODULE", "LOAD", "/nope.so"), ("MODULE", "LOADEX", "/nope.so"), ("MODULE", "LOADEX", "/nope.so", "WHAT"),
        ("MODULE", "LOADEX", "/nope.so", "CONFIG", "a"), ("MODULE", "LOADEX", "/nope.so", "CONFIG", "a", "b", "ARGS", "c"),
        ("MODULE", "UNLOAD"), ("MODULE", "UNLOAD", "nope"), ("MODULE", "NOPE"),
        ("COMMAND", "LIST", "FILTERBY", "MODULE", "nope"), ("CONFIG", "SET", "enable-module-command", "yes"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_replies_are_the_oracle_s(server: ServerProcess, allowing_oracle: ServerProcess, words: Any) -> None:
    with allowing_oracle.connect() as theirs, server.connect() as ours:
        assert ours(*words) == theirs(*words)


@pytest.fixture(scope="module")
def allowing_oracle() -> Iterator[ServerProcess]:
    with ServerProcess("oracle", enable_module_command="yes") as oracle:
        yield oracle


@pytest.mark.parametrize("words", [("LOAD", "/nope"), ("LOADEX", "/nope"), ("UNLOAD", "x"), ("UNLOAD",)], ids=" ".join)
def test_not_allowed(kvik: ServerProcess, oracle: ServerProcess, words: Any) -> None:
    with oracle.connect() as theirs, kvik.connect() as ours:
        assert ours("MODULE", *words) == theirs("MODULE", *words)


# --- loading ---------------------------------------------------------------------------------------------------------


def test_load_and_unload(server: ServerProcess, py: Connection, write: Write) -> None:
    path = write(SIMPLE + "VERSION = 3\n")
    assert py("MODULE", "LOAD", path, "a", b"\xff") == OK
    assert py("GREET") == b"hello world"
    assert py("MODULE", "LIST") == [[b"name", b"mine", b"ver", 3, b"path", path.encode(), b"args", [b"a", b"\xff"]]]
    assert py("HELLO")[-1] == py("MODULE", "LIST")
    assert b"module:name=mine,ver=3,api=1" in py("INFO", "modules")
    assert f"Module 'mine' loaded from {path}" in server.log()
    assert py("MODULE", "UNLOAD", "mine") == OK
    assert py("GREET") == Error("ERR unknown command 'GREET', with args beginning with: ")
    assert py("COMMAND", "INFO", "greet") == [None]
    assert b"cmdstat_greet" not in py("INFO", "commandstats")
    assert (py("MODULE", "LIST"), b"module:" in py("INFO", "modules")) == ([], False)


def test_in_resp3(server: ServerProcess, py: Connection, write: Write) -> None:
    path = write(SIMPLE)
    with server.connect(3) as py3:
        assert py3("MODULE", "LOADEX", path, "ARGS", "x") == OK
        assert py3("MODULE", "LIST") == [{b"name": b"mine", b"ver": 1, b"path": path.encode(), b"args": [b"x"]}]


def test_what_is_loaded_again_is_what_the_file_says_now(py: Connection, write: Write) -> None:
    for word in ("one", "two"):         # of the same length, within a second
        path = write(f"@command\ndef which(db: Database) -> str: return '{word}'\n")
        assert py("MODULE", "LOAD", path) == OK
        assert py("WHICH") == word.encode()
        assert py("MODULE", "UNLOAD", "mine") == OK


def test_a_package(py: Connection, write: Write, tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "other.py").write_text("def text() -> str:\n    return 'from a submodule'\n")
    write("from .other import text\n@command\ndef packed(db: Database) -> str: return text()\n", "pack/__init__.py")
    assert py("MODULE", "LOAD", str(tmp_path / "pack")) == OK
    assert py("PACKED") == b"from a submodule"
    assert py("MODULE", "LIST")[0][1] == b"pack"


def test_arguments_reach_the_module(py: Connection, write: Write) -> None:
    path = write("""
given = []
@on_load
def load(arguments):
    given.extend(arguments)
@command
def shown(db: Database) -> list[str]:
    return given
""")
    assert py("MODULE", "LOAD", path, "a b", "", "c") == OK
    assert py("SHOWN") == [b"a b", b"", b"c"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def f(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(1)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import nowhere_at_all", "No module named 'nowhere_at_all'"),
        ("NAME = 'two words'", "a strange name for a module: 'two words'"),
        ("VERSION = 'x'", "VERSION has to be a whole number, not 'x'"),
        ("@command\ndef get(db: Database): ...", "there is a command 'get' already"),
        ("@command\ndef a(db: Database): ...\n@command('A')\ndef b(db: Database): ...", "there is a command 'a' already"),
        ("@command('two words')\ndef f(db: Database): ...", "a strange name for a command of the server"),
        ("@command\ndef f(db: Database, x: list): ...", "an argument can be bytes, str, int, float or bool: 'x' is none"),
        ("@command(flags=('nope',))\ndef f(db: Database): ...", "it cannot have the flags nope"),
        ("@command\nasync def f(db: Database): ...", "no async, no yield"),
        ("@on_load\ndef f(arguments): raise ValueError('not like this')", "ValueError: not like this"),
        ("@on_load\ndef f(arguments): raise SystemExit", "SystemExit"),
        ("def __getattr__(name): raise SystemExit", "SystemExit"),
        ("@command\ndef first(db: Database): ...\n@on_event(*[f'e{i}' for i in range(200)])\ndef f(db, event, key): ...",
         "hooks want too many different events"),
        ("\n".join(f"@command\ndef c{i}(db: Database): ..." for i in range(257)), "there are too many commands"),
    ],
)  # fmt: skip
def test_what_cannot_be_loaded(server: ServerProcess, py: Connection, write: Write, code: str, reason: str) -> None:
    before = len(server.log())
    commands = py("COMMAND", "COUNT")
    path = write(code)
    assert py("MODULE", "LOAD", path) == FAILED
    assert f"Module {path} failed to load: " in server.log()[before:]
    assert reason in server.log()[before:]
    assert py("COMMAND", "COUNT") == commands
    assert py("MODULE", "LIST") == []
    assert py("SET", "k", "v") == OK


def test_what_is_no_file(server: ServerProcess, py: Connection, tmp_path: Path) -> None:
    assert py("MODULE", "LOAD", str(tmp_path / "nope.py")) == FAILED
    assert py("MODULE", "LOAD", str(tmp_path)) == FAILED
    assert "No such file or directory" in server.log()
    assert py("MODULE", "LOAD", "/dev/zero") == FAILED
    assert "it is no file, or too large" in server.log()
    assert py("MODULE", "LOAD", b"/nope\0\xff.py") == FAILED


def test_two_modules_do_not_share_names(py: Connection, write: Write) -> None:
    assert py("MODULE", "LOAD", write(SIMPLE, "one.py")) == OK
    assert py("MODULE", "LOAD", write(SIMPLE, "two.py")) == FAILED
    assert py("MODULE", "LOAD", write("", "one.py")) == FAILED
    assert py("GREET", "you") == b"hello you"


def test_there_is_room_for_256_commands_again_and_again(py: Connection, write: Write) -> None:
    for turn in range(3):
        code = "\n".join(f"@command\ndef t{turn}c{i}(db: Database) -> int: return {i}" for i in range(256))
        assert py("MODULE", "LOAD", write(code)) == OK
        assert [py(f"T{turn}C{i}") for i in (0, 100, 255)] == [0, 100, 255]
        assert py("MODULE", "LOAD", write(SIMPLE, "more.py")) == FAILED
        assert py("MODULE", "UNLOAD", "mine") == OK
    assert isinstance(py("T0C0"), Error)
    assert py("PING") == Status("PONG")


def test_unloading_what_waits_for_exec(server: ServerProcess, py: Connection, write: Write) -> None:
    code = "@command(write=True)\ndef put(db: Database, key: bytes) -> None: db.set(key, 1)\n"
    assert py("MODULE", "LOAD", write(code)) == OK
    py("MULTI")
    py("SET", "other", "1")
    py("PUT", "k")
    with server.connect() as other:
        assert other("MODULE", "UNLOAD", "mine") == OK
    assert py("EXEC") == Error("EXECABORT Transaction discarded because of previous errors.")
    assert py("EXISTS", "k", "other") == 0


def test_unloading_in_the_same_batch(py: Connection, write: Write) -> None:
    path = write(SIMPLE)
    assert py("MODULE", "LOAD", path) == OK
    replies = py.many([("GREET",), ("MODULE", "UNLOAD", "mine"), ("GREET",), ("MODULE", "LOAD", path), ("GREET", "x")])
    unknown = Error("ERR unknown command 'GREET', with args beginning with: ")
    assert replies[:4] == [b"hello world", OK, unknown, OK]
    assert replies[4] in (b"hello x", Error("ERR unknown command 'GREET', with args beginning with: 'x' "))
    assert py("GREET") == b"hello world"


def test_a_queued_unload(py: Connection, write: Write) -> None:
    assert py("MODULE", "LOAD", write(SIMPLE)) == OK
    py("MULTI")
    py("MODULE", "UNLOAD", "mine")
    py("GREET")
    assert py("EXEC") == [OK, Error("ERR unknown command 'GREET', with args beginning with: ")]
    py("MULTI")
    assert py("EXEC") == []


def test_on_unload(py: Connection, write: Write) -> None:
    path = write("""
@on_unload
def bye():
    open(__file__ + ".gone", "w").close()
    raise SystemExit
""")
    py("MODULE", "LOAD", path)
    assert py("MODULE", "UNLOAD", "mine") == OK
    assert Path(path + ".gone").exists()


# --- at the start ----------------------------------------------------------------------------------------------------


def test_in_the_configuration_file(start: Start, write: Write, tmp_path: Path) -> None:
    first = write("NAME = 'first'\n" + SIMPLE.replace("greet(", "one("), "a.py")
    second = write(SIMPLE.replace("greet(", "two("), "b.py")
    config = tmp_path / "kvik.conf"
    config.write_text(f"loadmodule {first} x \"y z\"\n")
    server = start("kvik", str(config), module=second)
    with server.connect() as r:
        assert r("MODULE", "LIST") == [
            [b"name", b"first", b"ver", 1, b"path", first.encode(), b"args", [b"x", b"y z"]],
            [b"name", b"b", b"ver", 1, b"path", second.encode(), b"args", []],
        ]  # fmt: skip
        assert (r("ONE"), r("TWO")) == (b"hello world", b"hello world")
        assert r("CONFIG", "REWRITE") == OK
    assert config.read_text().startswith(f"loadmodule {first} x \"y z\"\n")


def test_a_start_that_fails(write: Write) -> None:
    path = write("1 / 0\n")
    done = subprocess.run(
        [*command_line("kvik"), "--port", "0", "--save", "", "--module", path], capture_output=True, timeout=60, text=True
    )
    assert done.returncode == 1
    assert f"Can't load module from {path}: server aborting" in done.stdout
    assert "ZeroDivisionError: division by zero" in done.stdout


# --- timers ----------------------------------------------------------------------------------------------------------

TIMERS = """
@timer(seconds=0.01)
def tick(db):
    db.incr("ticks")
    db.rpush("queue", "x")

@timer(seconds=0.02)
def fails(db):
    db.incr("failures")
    raise SystemExit("again")

@timer(seconds=1000)
def seldom(db):
    db.incr("seldom")
"""


def test_timers(server: ServerProcess, py: Connection, write: Write) -> None:
    with server.connect() as waiting:
        waiting.send("BLPOP", "queue", 0)
        assert py("MODULE", "LOAD", write(TIMERS)) == OK
        assert waiting.read() == [b"queue", b"x"]
    eventually(lambda: int(py("GET", "ticks") or 0) >= 5 and int(py("GET", "failures") or 0) >= 3)
    assert "Error in timer fails of module mine" in server.log()
    assert py("MODULE", "UNLOAD", "mine") == OK
    py("DEL", "ticks")
    assert py("MODULE", "LOAD", write("@timer(seconds=0.02)\ndef other(db): db.incr('others')\n")) == OK
    eventually(lambda: int(py("GET", "others") or 0) >= 3)
    assert py("EXISTS", "ticks", "seldom") == 0


def test_a_timer_s_changes_are_one_unit_in_the_log(server: ServerProcess, py: Connection, write: Write) -> None:
    assert py("MODULE", "LOAD", write(TIMERS)) == OK
    eventually(lambda: int(py("GET", "ticks") or 0) >= 2)
    py("MODULE", "UNLOAD", "mine")
    path = next((server.directory / "appendonlydir").glob("*.incr.aof"))
    unit = rb"MULTI\r\n\*3\r\n\$6\r\nINCRBY\r\n\$5\r\nticks\r\n[^A-Z]*RPUSH[^A-Z]*EXEC"
    eventually(lambda: re.search(unit, path.read_bytes()))


# --- hooks -----------------------------------------------------------------------------------------------------------

HOOKS = """
@on_event("set", "del", "expired", pattern="user:*")
def note(db, event, key):
    db.rpush("seen", f"{event} {key.decode()} {db.number}")
    db.set("user:by the hook", 1)

@on_event("lpush")
def feed(db, event, key):
    db.rpush("fed", key)

@on_event("hset")
def fails(db, event, key):
    raise ValueError("no")

@on_event("new", "keymiss", pattern="odd")
def told_only_by_name(db, event, key):
    db.rpush("odd events", event)

@command(write=True)
def both(db: Database, *keys: bytes) -> list[int]:
    for key in keys:
        db.set(key, 1)
    return [db.exists("seen")]
"""


@pytest.fixture
def hooked(py: Connection, write: Write) -> Connection:
    assert py("MODULE", "LOAD", write(HOOKS)) == OK
    return py


def test_hooks(hooked: Connection) -> None:
    replies = hooked.many([("SET", "user:1", "x"), ("SET", "other", "x"), ("DEL", "user:1"), ("LRANGE", "seen", 0, -1)])
    assert replies[-1] == [b"set user:1 0", b"del user:1 0"]
    hooked("SELECT", 2)
    hooked("SET", "user:2", "x")
    assert hooked("LRANGE", "seen", 0, -1) == [b"set user:2 2"]
    assert hooked("GET", "user:by the hook") == b"1"


def test_hooks_come_after_the_command(hooked: Connection) -> None:
    assert hooked("BOTH", "user:1", "x", "user:2") == [0]
    assert hooked("LRANGE", "seen", 0, -1) == [b"set user:1 0", b"set user:2 0"]
    hooked("MULTI")
    hooked("SET", "user:3", "x")
    hooked("LLEN", "seen")
    assert hooked("EXEC") == [OK, 2]
    assert hooked("LLEN", "seen") == 3


def test_hooks_on_expiry(hooked: Connection) -> None:
    hooked("SET", "user:1", "x", "PX", 1)
    eventually(lambda: hooked("LRANGE", "seen", 0, -1) == [b"set user:1 0", b"expired user:1 0"])


def test_hooks_wake_who_waits(server: ServerProcess, hooked: Connection) -> None:
    with server.connect() as waiting:
        waiting.send("BLPOP", "fed", 0)
        eventually(lambda: b"blocked_clients:1" in hooked("INFO", "clients"))
        hooked("LPUSH", "food", "x")
        assert waiting.read() == [b"fed", b"food"]


def test_hooks_that_fail(server: ServerProcess, hooked: Connection) -> None:
    assert hooked("HSET", "h", "f", "v") == 1
    assert "Error in hook fails of module mine" in server.log()


def test_events_that_are_told_only_by_name(hooked: Connection) -> None:
    hooked("GET", "odd")
    hooked("SET", "odd", "x")
    hooked("SET", "even", "x")
    assert hooked("LRANGE", "odd events", 0, -1) == [b"keymiss", b"new"]


def test_hooks_and_notifications_are_two_things(server: ServerProcess, hooked: Connection) -> None:
    hooked("CONFIG", "SET", "notify-keyspace-events", "El")
    try:
        with server.connect() as subscriber:
            subscriber("PSUBSCRIBE", "*")
            hooked("SET", "user:1", "x")                # a hook's class, and no subscriber's; the hook pushes
            assert subscriber.read()[2:] == [b"__keyevent@0__:rpush", b"seen"]
            assert hooked("MODULE", "UNLOAD", "mine") == OK
            hooked("SET", "user:1", "x")
            hooked("RPUSH", "l", "x")
            assert subscriber.read()[2:] == [b"__keyevent@0__:rpush", b"l"]
    finally:
        hooked("CONFIG", "SET", "notify-keyspace-events", "")


def test_loading_a_file_tells_no_hooks(start: Start, write: Write) -> None:
    server = start("kvik", module=write(HOOKS), appendonly="yes", appendfsync="always")
    with server.connect() as r:
        r("SET", "user:1", "x")
        assert r("LLEN", "seen") == 1
    server.kill()
    server.start()
    with server.connect() as r:
        assert r("LLEN", "seen") == 1
        r("SET", "user:1", "x")
        assert r("LLEN", "seen") == 2


# --- embedded --------------------------------------------------------------------------------------------------------


def test_embedded(write: Write) -> None:
    path = write(SIMPLE + TIMERS + HOOKS)
    with (
        kvik.Server(modules=[path, samples]) as server, kvik.Server(modules=[samples]) as second,
        server.connect() as r, second.connect() as r2, server.client() as by_socket,
    ):  # fmt: skip
        assert r.execute_command("GREET", "you") == by_socket.execute_command("GREET", "you") == b"hello you"
        assert r.execute_command("TAKE", "k", 5) == 4
        assert (r.get("k"), r2.get("k")) == (b"1", None)
        assert [each[b"name"] for each in r.module_list()] == [b"mine", b"samples"]
        server.advance(1000)
        assert r.get("seldom") == b"1"
        r.set("user:1", "x", ex=5)
        server.advance(5)
        assert r.lrange("seen", 0, -1) == [b"set user:1 0", b"expired user:1 0"]


def test_embedded_and_interrupted() -> None:
    with kvik.Server(modules=[samples]) as server, server.connect() as r:
        with pytest.raises(KeyboardInterrupt):
            r.execute_command("WRONG", "interrupt")
        assert r.ping()


def test_embedded_start_that_fails(write: Write) -> None:
    with pytest.raises(StartError, match="Can't load module from"):
        kvik.Server(modules=[write("1 / 0")]).start()
    module = ModuleType("mine")
    exec(HEAD + "@command\ndef get(db: Database): ...\n", vars(module))
    with pytest.raises(StartError, match="there is a command 'get' already"):
        kvik.Server(modules=[module]).start()


def test_transactions_that_watch(py: Connection, write: Write) -> None:
    assert py("MODULE", "LOAD", write(TIMERS)) == OK
    py("WATCH", "ticks")
    seen = int(py("GET", "ticks") or 0)
    eventually(lambda: int(py("GET", "ticks") or 0) > seen)
    py("MULTI")
    assert py("EXEC") is NULL_ARRAY
