"""What a server does about its data before it ends."""

from __future__ import annotations

import signal

import pytest

from tests.support.resp import ClosedError, Connection
from tests.support.servers import ServerProcess

Stop = tuple[str, ...]


def end(server: ServerProcess, r: Connection, how: Stop | signal.Signals) -> int:
    if isinstance(how, signal.Signals):
        return server.kill(how)
    with pytest.raises(ClosedError):
        r("SHUTDOWN", *how)
    return server.wait(30)


CASES = [
    ("3600 1", {}, (), True),
    ("3600 1", {}, ("NOSAVE",), False),
    ("3600 1", {}, ("NOW", "FORCE"), True),
    ("", {}, (), False),
    ("", {}, ("SAVE",), True),
    ("", {}, ("save", "now"), True),
    ("3600 1", {}, signal.SIGTERM, True),
    ("3600 1", {}, signal.SIGINT, True),
    ("", {}, signal.SIGTERM, False),
    ("", {"shutdown-on-sigterm": "save"}, signal.SIGTERM, True),
    ("3600 1", {"shutdown-on-sigterm": "nosave"}, signal.SIGTERM, False),
    ("3600 1", {"shutdown-on-sigterm": "nosave"}, signal.SIGINT, True),
    ("3600 1", {"shutdown-on-sigint": "nosave"}, signal.SIGINT, False),
]


@pytest.mark.parametrize(("points", "directives", "how", "saved"), CASES, ids=lambda case: str(case) or "none")
def test_whether_it_saves(
    name: str, points: str, directives: dict[str, str], how: Stop | signal.Signals, saved: bool
) -> None:
    with ServerProcess(name, save=points, **directives) as server:
        r = server.connect()
        r("SET", "a", 1)
        assert end(server, r, how) == 0
        assert ("Saving the final RDB snapshot before exiting" in server.log()) is saved
        assert "User requested shutdown..." in server.log()
        server.start()
        assert server.connect()("DBSIZE") == int(saved)


def test_a_save_in_progress_gives_way(name: str) -> None:
    with ServerProcess(name, save="3600 1", rdb_key_save_delay="20000") as server:
        r = server.connect()
        for i in range(50):
            r("SET", i, i)
        r("BGSAVE")
        assert server.kill(signal.SIGTERM) == 0
        assert "There is a child saving an .rdb. Killing it!" in server.log()
        assert [each.name for each in server.directory.glob("*.rdb")] == ["dump.rdb"]
        server.start()
        assert server.connect()("DBSIZE") == 50


@pytest.mark.parametrize("how", [("FORCE",), ("NOSAVE",)])
def test_a_server_that_cannot_save_ends_if_it_must(name: str, how: Stop) -> None:
    with ServerProcess(name, save="3600 1", enable_protected_configs="yes") as server:
        r = server.connect()
        r("SET", "a", 1)
        r("CONFIG", "SET", "dir", "/proc")
        server.process.send_signal(signal.SIGTERM)  # type: ignore[union-attr]
        while "Errors trying to shut down the server" not in server.log():
            assert server.alive()
        assert r("GET", "a") == b"1"
        assert end(server, r, how) == 0
