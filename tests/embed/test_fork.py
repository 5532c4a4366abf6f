"""fork(2) in the user's process: the child has no part in the parent's server."""

from __future__ import annotations

import os
import threading
import traceback
import warnings
from collections.abc import Callable

import pytest
import redis

import kvik
from tests.support.servers import eventually

pytestmark = pytest.mark.filterwarnings("ignore:This process")


def in_child(work: Callable[[], None]) -> None:
    """Run `work` in a forked child, which must end well."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    ended, status = 0, 0

    def has_ended() -> bool:
        nonlocal ended, status
        ended, status = os.waitpid(pid, os.WNOHANG)
        return ended == pid

    eventually(has_ended, what="the child ends")
    assert os.waitstatus_to_exitcode(status) == 0


def test_a_client_in_the_child_is_refused(server: kvik.Server):
    r = server.connect()
    r.set("a", 1)

    def work() -> None:
        with pytest.raises(redis.exceptions.ConnectionError, match="forked child"):
            r.get("a")
        assert not server.running
        r.close()

    in_child(work)
    assert r.get("a") == b"1"


def test_stop_in_the_child_stops_nothing(server: kvik.Server):
    r = server.client()
    directory = r.config_get("dir")["dir"]
    in_child(server.stop)
    assert r.ping()
    assert os.path.isdir(directory)


def test_the_child_can_have_a_server_of_its_own(server: kvik.Server):
    def work() -> None:
        with kvik.Server() as own, own.connect() as r:
            r.set("who", "child")
            assert r.get("who") == b"child"

    in_child(work)
    assert server.connect().get("who") is None


def test_the_child_reaches_the_parent_by_socket(server: kvik.Server):
    port = server.port
    in_child(lambda: redis.Redis(port=port).set("from", "child"))
    assert server.connect().get("from") == b"child"


def test_the_child_keeps_no_connection_open(server: kvik.Server):
    """The parent closes: its client is told, though the child lives on."""
    with server.client() as r:
        r.ping()
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(writer)
            os.read(reader, 1)
            os._exit(0)
        os.close(reader)
        port = server.port
        server.stop()
        with pytest.raises(redis.exceptions.ConnectionError):
            redis.Redis(port=port, socket_timeout=5, retry=None).ping()
        os.close(writer)
        os.waitpid(pid, 0)


def test_forks_while_it_works(server: kvik.Server):
    stop = threading.Event()
    r = server.connect()
    far = server.client()

    def work(client: redis.Redis) -> None:
        while not stop.is_set():
            client.incr("n")
            client.info("server")

    workers = [threading.Thread(target=work, args=(client,)) for client in (r, r, far)]
    for each in workers:
        each.start()
    try:
        for _ in range(30):
            in_child(lambda: None)
    finally:
        stop.set()
        for each in workers:
            each.join(20)
    assert int(r.get("n")) > 0


def test_background_saves(tmp_path):
    with kvik.Server(persist=tmp_path / "d.rdb") as server, server.connect() as r:
        for i in range(1000):
            r.set(f"k{i}", i)
        r.bgsave()
        eventually(lambda: r.info("persistence")["rdb_bgsave_in_progress"] == 0)
        assert r.info("persistence")["rdb_last_bgsave_status"] == "ok"
        assert (tmp_path / "d.rdb").stat().st_size > 1000
