"""Celery with Redis as its broker and its result backend: a real worker with two processes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery import Celery, chain, chord, group
from celery.exceptions import ChordError, TaskRevokedError, TimeoutError
from celery.result import AsyncResult

from tests.clients.applications.celery_worker import make_app
from tests.clients.applications.conftest import Run
from tests.support.servers import eventually

pytestmark = [pytest.mark.application("celery"), pytest.mark.xdist_group("celery")]

WORKER = "tests.clients.applications.celery_worker"
WAIT = 30


@pytest.fixture(scope="module")
def app(url: str, workers: Run) -> Iterator[Celery]:
    """An application with a worker that runs its tasks."""
    workers(WORKER, url, ready=" ready.")
    with make_app(url) as app:
        yield app


def send(app: Celery, name: str, *args: Any, **options: Any) -> AsyncResult:
    return app.tasks[name].apply_async(args, **options)


def test_results(app: Celery) -> None:
    results = [send(app, "add", number, 1) for number in range(50)]
    assert [result.get(WAIT) for result in results] == list(range(1, 51))
    assert results[0].successful()


def test_an_error_comes_back_with_its_traceback(app: Celery) -> None:
    result = send(app, "fail", "no such thing")
    with pytest.raises(ValueError, match="no such thing"):
        result.get(WAIT)
    assert result.state == "FAILURE"
    assert 'raise ValueError(text)' in result.traceback


def test_groups_and_chains(app: Celery) -> None:
    add = app.tasks["add"]
    assert group(add.s(number, number) for number in range(20))().get(WAIT) == [2 * number for number in range(20)]
    assert chain(add.s(1, 2), add.s(3), add.s(4))().get(WAIT) == 10
    assert (add.s(1, 2) | group(add.s(10), add.s(20)))().get(WAIT) == [13, 23]


def test_chords(app: Celery) -> None:
    add, total, fail = app.tasks["add"], app.tasks["total"], app.tasks["fail"]
    assert chord((add.s(number, 1) for number in range(30)), total.s())().get(WAIT) == sum(range(1, 31))
    assert chord([chord([add.s(1, 1), add.s(2, 2)], total.s()), add.s(0, 4)], total.s())().get(WAIT) == 10
    hopeless = chord([add.s(1, 1), fail.s("a part of it")], total.s())()
    with pytest.raises(ValueError, match="a part of it"):
        hopeless.get(WAIT)
    eventually(lambda: hopeless.state == "FAILURE")
    assert isinstance(hopeless.result, ChordError)


def test_retries(app: Celery) -> None:
    result = send(app, "unreliable", "celery:tries", 3)
    assert result.get(WAIT) == 4
    assert result.retries == 3
    hopeless = send(app, "unreliable", "celery:hopeless", 100)
    with pytest.raises(RuntimeError, match="try 6"):
        hopeless.get(WAIT)


def test_a_task_for_later(app: Celery) -> None:
    sent = time.time()
    assert send(app, "stamp", countdown=0.7).get(WAIT) - sent >= 0.7
    expired = send(app, "stamp", countdown=0.5, expires=0.1)
    with pytest.raises(TaskRevokedError, match="expired"):
        expired.get(WAIT)


def test_revoking(app: Celery, client: redis.Redis) -> None:
    waiting = send(app, "add", 1, 2, countdown=3600)
    eventually(lambda: waiting.id in str(app.control.inspect(timeout=0.3).scheduled()))
    app.control.revoke(waiting.id)
    eventually(lambda: waiting.id in str(app.control.inspect(timeout=0.3).revoked()))
    begun = send(app, "wait_for_key", "celery:never")
    assert client.blpop("celery:never:begun", WAIT)
    app.control.revoke(begun.id, terminate=True, signal="SIGKILL")
    with pytest.raises(TaskRevokedError, match="terminated"):
        begun.get(WAIT)


def test_states_on_the_way(app: Celery, client: redis.Redis) -> None:
    result = send(app, "progress", "celery:progress")
    eventually(lambda: result.state == "PROGRESS")
    assert result.info == {"done": 50}
    with pytest.raises(TimeoutError):
        result.get(0.05)
    client.rpush("celery:progress", "go on")
    assert result.get(WAIT) == "done"


def test_results_expire_and_are_forgotten(app: Celery, client: redis.Redis) -> None:
    result = send(app, "add", 1, 2)
    result.get(WAIT)
    key = f"celery-task-meta-{result.id}"
    assert 290 < client.ttl(key) <= 300
    result.forget()
    assert not client.exists(key)


def test_a_worker_is_asked_and_steered(app: Celery) -> None:
    assert [next(iter(each.values())) for each in app.control.ping(timeout=1, limit=1)] == [{"ok": "pong"}]
    inspect = app.control.inspect(timeout=1, limit=1)
    assert {"add", "total"} <= set(next(iter(inspect.registered().values())))
    assert next(iter(inspect.active_queues().values()))[0]["name"] == "tests"
    app.control.add_consumer("other", reply=True, timeout=1, limit=1)
    assert send(app, "add", 20, 2, queue="other").get(WAIT) == 22


def test_events(app: Celery) -> None:
    """The events of a task, as monitors see them. The first heartbeat that comes shows that the monitor is listening."""
    kinds: list[str] = []
    sent: list[AsyncResult] = []

    def note(event: dict[str, Any]) -> None:
        if not sent:
            sent.append(send(app, "add", 7, 8))
        elif event.get("uuid") == sent[0].id:
            kinds.append(event["type"])
        receiver.should_stop = len(kinds) == 4

    with app.connection_for_read() as connection:
        receiver = app.events.Receiver(connection, handlers={"*": note})
        receiver.capture(timeout=WAIT)
    assert set(kinds) == {"task-sent", "task-received", "task-started", "task-succeeded"}


def test_priorities(url: str, program: Run) -> None:
    """What waits is fetched by priority, 0 first."""
    app = make_app(url, task_default_priority=6)
    app.conf.task_default_queue = "ordered"
    results = {priority: send(app, "stamp", priority=priority) for priority in (9, 6, 3, 0)}
    program(WORKER, url, "--queues", "ordered", "--hostname", "ordered@kvik", "--pool", "solo", "--prefetch-multiplier", "1")
    stamps = [results[priority].get(WAIT) for priority in (0, 3, 6, 9)]
    assert stamps == sorted(stamps)
    app.close()


def test_a_lost_connection(app: Celery, client: redis.Redis) -> None:
    """Worker and client connect again by themselves."""
    assert client.client_kill_filter(_type="normal", skipme=True) > 1
    assert client.client_kill_filter(_type="pubsub") > 0
    assert [send(app, "add", number, 1).get(WAIT) for number in range(5)] == [1, 2, 3, 4, 5]


def test_a_worker_that_dies(url: str, client: redis.Redis, program: Run) -> None:
    """What it has not acknowledged goes to another one after the visibility timeout."""
    app = make_app(url)
    app.conf.task_default_queue = "frail"
    options = ("--queues", "frail", "--pool", "solo")
    first = program(WORKER, url, *options, "--hostname", "first@kvik", ready=" ready.")
    result = send(app, "wait_for_key", "celery:frail")
    assert client.blpop("celery:frail:begun", WAIT) == ("celery:frail:begun", str(first.process.pid))
    first.kill()
    second = program(WORKER, url, *options, "--hostname", "second@kvik")
    assert client.blpop("celery:frail:begun", WAIT) == ("celery:frail:begun", str(second.process.pid))
    client.rpush("celery:frail", "survived")
    assert result.get(WAIT) == "survived"
    app.close()
