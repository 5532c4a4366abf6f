"""Scripts that run on and on: who else is answered what, and how they end."""

from __future__ import annotations

import pytest

from tests.conftest import Start
from tests.support.resp import OK, Connection, Error
from tests.support.servers import ServerProcess, eventually

BUSY = Error("BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.")
BUSY_FUNCTION = Error("BUSY Valkey is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.")
UNKILLABLE = "UNKILLABLE Sorry the script already executed write commands against the dataset."
LIBRARY = "#!lua name=slow\nredis.register_function('loop', function() while true do end end)"

STUBBORN = [
    "while true do end",
    "while true do pcall(function() while true do end end) end",
    "while true do xpcall(function() while true do end end, function() while true do end end) end",
    "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
    "while true do pcall(coroutine.wrap(function() while true do pcall(function() while true do end end) end end)) end",
    "local function f() pcall(f) while true do pcall(f) end end f()",
    "while true do redis.pcall('ping') end",
    "local t = setmetatable({}, {__index = function() while true do end end}) "
    "while true do pcall(function() return t.x end) end",
]


@pytest.fixture
def server(start: Start, name: str) -> ServerProcess:
    return start(name, **{"busy-reply-threshold": "50"})


def until_busy(r: Connection) -> None:
    eventually(lambda: str(r("PING")).startswith("BUSY"))


def test_everybody_else_is_told(server: ServerProcess) -> None:
    with server.connect() as r, server.connect() as runs:
        runs.send("EVAL", "while true do end", 0)
        until_busy(r)
        assert r("GET", "x") == BUSY
        assert r("FUNCTION", "STATS") == BUSY
        assert r("FUNCTION", "KILL") == BUSY
        assert r("SCRIPT", "LOAD", "return 1") == BUSY
        assert r("SUBSCRIBE", "x") == BUSY
        assert r("SHUTDOWN") == BUSY
        assert isinstance(r("CLIENT", "ID"), int)
        assert r("MULTI") == OK
        assert r("GET", "a") == BUSY
        assert r("EXEC") == Error(f"EXECABORT Transaction discarded because of: {BUSY}")
        with server.connect() as late:
            assert late("GET", "x") == BUSY
        assert r("SCRIPT", "KILL") == OK
        assert runs.read() == Error("ERR Script killed by user with SCRIPT KILL. script: on @user_script:1.")
        assert r("PING") == "PONG"
        assert runs("EVAL", "return 1", 0) == 1


@pytest.mark.parametrize("script", STUBBORN)
def test_nothing_defeats_script_kill(start: Start, script: str) -> None:
    server = start("kvik", **{"busy-reply-threshold": "50"})
    with server.connect() as r, server.connect() as runs:
        runs.send("EVAL", script, 0)
        until_busy(r)
        assert r("SCRIPT", "KILL") == OK
        assert "Script killed by user with SCRIPT KILL." in runs.read()
        assert r("PING") == "PONG"
        assert r("EVAL", "local n = 0 for i = 1, 1e6 do n = n + 1 end return n", 0) == 1_000_000


def test_one_that_has_written_cannot_be_killed(server: ServerProcess) -> None:
    with server.connect() as r, server.connect() as runs:
        runs.send("EVAL", "redis.call('set', 'a', 'b') while true do end", 0)
        until_busy(r)
        assert r("SCRIPT", "KILL").startswith(UNKILLABLE)
        r.send("SHUTDOWN", "NOSAVE")
        assert r.at_end()
    server.wait(20)


def test_functions(server: ServerProcess) -> None:
    with server.connect() as r, server.connect() as runs:
        assert r("FUNCTION", "LOAD", LIBRARY) == b"slow"
        runs.send("FCALL", "loop", 0, "x")
        until_busy(r)
        assert r("PING") == BUSY_FUNCTION
        stats = r("FUNCTION", "STATS")
        running = stats[1]
        assert running[:4] == [b"name", b"loop", b"command", [b"FCALL", b"loop", b"0", b"x"]]
        assert running[4] == b"duration_ms"
        assert running[5] >= 50
        assert r("SCRIPT", "KILL") == BUSY_FUNCTION
        assert r("FUNCTION", "KILL") == OK
        assert "Script killed by user with FUNCTION KILL." in runs.read()
        assert r("FUNCTION", "STATS")[1] is None


def test_pipelines_behind_it_run_afterwards(server: ServerProcess) -> None:
    """What stood in the same batch as the script has its turn when the script is through, in order."""
    with server.connect() as r, server.connect() as runs:
        runs("SET", "n", 0)
        for command in (("INCR", "n"), ("EVAL", "while true do end", 0), ("INCR", "n"), ("GET", "n")):
            runs.send(*command)
        until_busy(r)
        with server.connect() as gone:
            gone.send("GET", "n")
            gone.close()
        assert r("SCRIPT", "KILL") == OK
        assert runs.read() == 1
        assert isinstance(runs.read(), Error)
        assert runs.read() == 2
        assert runs.read() == b"2"


def test_its_client_may_vanish(server: ServerProcess) -> None:
    with server.connect() as r:
        runs = server.connect()
        runs.send("EVAL", "while true do end", 0)
        until_busy(r)
        runs.close()
        assert r("GET", "x") == BUSY
        assert r("SCRIPT", "KILL") == OK
        eventually(lambda: r("PING") == "PONG")
        eventually(lambda: r.info()["connected_clients"] == "1")


def test_time_stands_still_for_it(server: ServerProcess) -> None:
    with server.connect() as r:
        script = """
            redis.call('set', 'k', 'v', 'px', 20)
            local stop = os.clock() + 0.2
            while os.clock() < stop do end
            return redis.call('get', 'k')
        """
        assert r("EVAL", script, 0) == b"v"
        assert r("GET", "k") is None
