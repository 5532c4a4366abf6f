"""kvik.Server: start and stop, what it listens on, what lasts, and what it leaves behind."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import redis

import kvik
from tests.embed.conftest import descriptors, engine_threads
from tests.support.servers import eventually, free_port


def run_python(code: str, *, expect: int = 0, timeout: float = 60) -> str:
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=timeout, check=False)
    assert ran.returncode == expect, ran.stderr
    return ran.stdout + ran.stderr


@pytest.mark.usefixtures("clean")
def test_a_server_is_ready_in_the_block_and_gone_after_it():
    with kvik.Server() as server:
        assert server.running
        port = server.port
        with server.client() as r:
            assert r.set("a", "b")
            assert r.get("a") == b"b"
            assert r.config_get("dir")["dir"] != os.getcwd()
            directory = r.config_get("dir")["dir"]
        assert os.path.isdir(directory)
        assert len(engine_threads()) == 1
    assert not server.running
    assert not os.path.exists(directory)
    with pytest.raises(redis.exceptions.ConnectionError):
        redis.Redis(port=port, retry=None).ping()


@pytest.mark.usefixtures("clean")
def test_several_servers_at_once():
    with kvik.Server() as one, kvik.Server(databases=4) as two, kvik.Server(unixsocket=True) as three:
        clients = [each.client() for each in (one, two, three)]
        for i, r in enumerate(clients):
            r.set("who", i)
        assert [r.get("who") for r in clients] == [b"0", b"1", b"2"]
        assert one.port != two.port
        assert three.port == 0
        assert [r.config_get("databases")["databases"] for r in clients] == ["16", "4", "16"]
        for r in clients:
            r.close()


def test_it_can_be_started_again():
    server = kvik.Server()
    for _ in range(3):
        with server, server.connect() as r:
            assert r.dbsize() == 0
            r.set("a", 1)
    with pytest.raises(kvik.StartError, match="not running"):
        server.connect()


def test_it_cannot_be_started_twice(server: kvik.Server):
    with pytest.raises(kvik.StartError, match="running already"):
        server.start()
    assert server.connect().ping()


def test_a_port_and_a_path_of_ones_own(tmp_path: Path):
    port = free_port()
    path = tmp_path / "s.sock"
    with kvik.Server(port=port, unixsocket=path) as server:
        assert server.port == port
        assert server.url == f"redis://127.0.0.1:{port}/0"
        assert redis.from_url(server.url).ping()
        assert redis.Redis(unix_socket_path=str(path)).ping()
        assert server.connect().config_get("port") == {"port": str(port)}
        with pytest.raises(kvik.StartError, match="Address already in use"), kvik.Server(port=port):
            pass
    assert not path.exists()


def test_a_url_of_a_unix_socket():
    with kvik.Server(unixsocket=True) as server:
        assert redis.from_url(server.url).ping()


def test_directives():
    server = kvik.Server(maxmemory="10mb", notify_keyspace_events="KEA", save=[60, 1], hz=50, activedefrag=False)
    with server, server.connect(decode_responses=True) as r:
        assert r.config_get("maxmemory")["maxmemory"] == "10485760"
        assert r.config_get("save")["save"] == "60 1"
        assert r.config_get("hz")["hz"] == "50"
        assert r.config_get("activedefrag")["activedefrag"] == "no"
        assert sorted(r.config_get("notify-keyspace-events")["notify-keyspace-events"]) == sorted("AKE")


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(
    ("directives", "said"),
    [
        ({"maxmemroy": "10mb"}, "nearest known one is 'maxmemory'"),
        ({"maxmemory": "much"}, "must be a memory value"),
        ({"hz": "fast"}, "hz"),
    ],
)
def test_wrong_directives_are_refused(directives: dict[str, str], said: str):
    with pytest.raises(ValueError, match=said):
        kvik.Server(**directives).start()


def test_a_password():
    with kvik.Server(requirepass="secret") as server:
        assert server.client().ping()
        assert server.connect().ping()
        with pytest.raises(redis.exceptions.AuthenticationError):
            redis.Redis(port=server.port).ping()


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("name", ["data", "deep/er/data.rdb"])
def test_what_persists_survives_a_restart(tmp_path: Path, name: str):
    path = tmp_path / name
    with kvik.Server(persist=path) as server, server.client() as r:
        r.set("a", "b")
        r.rpush("l", 1, 2, 3)
        r.set("short", "x", ex=1000)
    assert path.exists()
    with kvik.Server(persist=str(path)) as server, server.connect() as r:
        assert r.get("a") == b"b"
        assert r.lrange("l", 0, -1) == [b"1", b"2", b"3"]
        assert 0 < r.ttl("short") <= 1000


def test_a_relative_path_is_resolved_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    server = kvik.Server(persist="data")
    monkeypatch.chdir("/")
    with server, server.connect() as r:
        r.set("a", 1)
        assert os.getcwd() == "/"
        r.bgsave()
        eventually(lambda: r.info("persistence")["rdb_bgsave_in_progress"] == 0)
    assert (tmp_path / "data" / "dump.rdb").exists()
    assert (tmp_path / "data" / "appendonlydir").is_dir()


def test_damaged_data_is_refused(tmp_path: Path):
    path = tmp_path / "dump.rdb"
    path.write_bytes(b"REDIS0010 this is none")
    with pytest.raises(kvik.StartError, match=r"dump\.rdb"):
        kvik.Server(persist=path).start()
    assert not engine_threads()


@pytest.mark.usefixtures("clean")
def test_shutdown_ends_the_server_not_the_process():
    with kvik.Server() as server:
        with server.client() as r:
            r.shutdown(nosave=True)
        eventually(lambda: not server.running)
        with pytest.raises(kvik.StartError):
            server.connect()


@pytest.mark.usefixtures("clean")
def test_it_ends_with_an_exception_too():
    server = kvik.Server()

    def use() -> None:
        with server, server.client() as r:
            assert r.ping()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        use()
    assert not server.running


@pytest.mark.usefixtures("clean")
def test_a_server_that_nobody_keeps_ends():
    server = kvik.Server().start()
    thread = engine_threads()[0]
    del server
    eventually(lambda: not thread.is_alive())


def test_a_forgotten_server_does_not_hold_up_the_exit(tmp_path: Path):
    path = str(tmp_path / "d.rdb")
    code = f"import kvik; s = kvik.Server(persist={path!r}).start(); s.connect().set('a', 1); print('end')"
    assert run_python(code) == "end\n"
    with kvik.Server(persist=tmp_path / "d.rdb") as server:
        assert server.connect().get("a") == b"1"


def test_debug_cannot_crash_the_process():
    with kvik.Server(enable_debug_command="yes") as server, server.connect() as r:
        for name in ("SEGFAULT", "PANIC", "ASSERT", "OOM"):
            with pytest.raises(redis.exceptions.ResponseError, match="not its own to crash"):
                r.execute_command("DEBUG", name)
        for name in ("RESTART", "CRASH-AND-RECOVER"):
            with pytest.raises(redis.exceptions.ResponseError, match="failed to restart"):
                r.execute_command("DEBUG", name)


def test_signals_and_streams_stay_the_process_s(capfd: pytest.CaptureFixture[str]):
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with kvik.Server(), kvik.Server(loglevel="debug"):
        assert {number: signal.getsignal(number) for number in before} == before
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == limits
    assert capfd.readouterr() == ("", "")


def test_the_log(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "kvik")
    with kvik.Server():
        pass
    assert "Ready to accept connections tcp" in caplog.messages
    caplog.clear()
    with kvik.Server(log="mine"), kvik.Server(log=False):
        pass
    assert {record.name for record in caplog.records} <= {"mine"}


@pytest.mark.usefixtures("clean")
def test_asyncio():
    async def use() -> None:
        async with kvik.Server() as server, server.async_client(decode_responses=True) as r:
            assert await r.set("a", "b")
            assert await r.get("a") == "b"
            waiting = asyncio.create_task(r.blpop(["l"], timeout=0))
            await r.rpush("l", "x")
            assert list(await waiting) == ["l", "x"]
        assert not server.running

    asyncio.run(use())


def test_asyncio_tells_why_it_cannot_start():
    async def use() -> None:
        with pytest.raises(ValueError, match="maxmemory"):
            async with kvik.Server(maxmemory="x"):
                pass
        async with kvik.Server() as server:
            with pytest.raises(kvik.StartError, match="in use"):
                async with kvik.Server(port=server.port):
                    pass

    asyncio.run(use())


@pytest.mark.usefixtures("clean")
def test_a_start_that_is_cancelled():
    async def use() -> None:
        server = kvik.Server()
        task = asyncio.create_task(server.__aenter__())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(use())
    eventually(lambda: not engine_threads())


def test_the_log_level_can_be_changed(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG, "kvik")
    with kvik.Server() as server, server.connect() as r:
        eventually(lambda: "Ready to accept connections tcp" in caplog.messages)
        r.config_set("loglevel", "nothing")
        caplog.clear()
    assert caplog.messages == []


def test_a_log_file(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with kvik.Server(logfile=tmp_path / "log"):
        pass
    assert "Ready to accept connections" in (tmp_path / "log").read_text()
    assert caplog.messages == []


def test_many_cycles_leak_nothing():
    def cycle() -> None:
        with kvik.Server() as server, server.connect() as r, server.client() as other:
            r.set("a", "x" * 10000)
            other.rpush("l", *range(100))

    for _ in range(10):
        cycle()
    before = (descriptors(), threading.active_count())
    resident = resident_bytes()
    for _ in range(50):
        cycle()
    eventually(lambda: (descriptors(), threading.active_count()) == before)
    assert resident_bytes() - resident < 8_000_000


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def test_import_is_cheap():
    out = run_python(
        "import time, sys; t = time.perf_counter(); import kvik; took = time.perf_counter() - t; "
        "print(took < 0.05, 'kvik.server' in sys.modules, 'redis' in sys.modules, dir(kvik), kvik.__version__ > '')"
    )
    assert out.startswith("True False False")
    assert "Server" in out


def test_without_redis_py_there_is_a_clear_error():
    out = run_python(
        "import sys; sys.modules['redis'] = None\nimport kvik\n"
        "with kvik.Server() as s:\n"
        "  for f in (s.client, s.connect, s.async_client):\n"
        "    try: f()\n"
        "    except ImportError as e: print(e)\n"
    )
    assert out.count("pip install kvik[client]") == 3
