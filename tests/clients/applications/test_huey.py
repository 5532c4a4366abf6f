"""huey: a real consumer; results, retries, delays, pipelines, priorities, locks."""

from __future__ import annotations

import time
from typing import Any

import pytest
import redis
from huey.exceptions import TaskException

from tests.clients.applications.conftest import Run
from tests.clients.applications.huey_tasks import Tasks
from tests.support.servers import eventually

pytestmark = [pytest.mark.application("huey"), pytest.mark.xdist_group("huey")]

CONSUMER = ("huey.bin.huey_consumer", "tests.clients.applications.huey_tasks.huey", "--scheduler-interval", "1", "--quiet")


@pytest.fixture(scope="module")
def tasks(url: str, workers: Run) -> Tasks:
    """With a consumer for them."""
    workers(*CONSUMER, "--workers", "4", KVIK_URL=url)
    return Tasks(url)


def value(result: Any) -> Any:
    return result.get(blocking=True, timeout=20)


def test_results(tasks: Tasks) -> None:
    assert [value(result) for result in [tasks.add(number, 1) for number in range(50)]] == list(range(1, 51))
    assert value(tasks.add.map([(1, 2), (3, 4)])) == [3, 7]


def test_failures_and_retries(tasks: Tasks) -> None:
    assert value(tasks.unreliable("huey:tries", 2)) == 3
    hopeless = tasks.unreliable.s("huey:hopeless", 9)
    hopeless.retries = 0
    with pytest.raises(TaskException, match="try 1"):
        value(tasks.huey.enqueue(hopeless))


def test_delays(tasks: Tasks, client: redis.Redis) -> None:
    begun = time.monotonic()
    result = tasks.add.schedule((1, 2), delay=0.5)
    assert value(result) == 3
    assert time.monotonic() - begun >= 0.5


def test_pipelines(tasks: Tasks) -> None:
    results = tasks.huey.enqueue(tasks.add.s(1, 2).then(tasks.add, 3).then(tasks.add, 4))
    assert [value(result) for result in results] == [3, 6, 10]


def test_revoking(tasks: Tasks, client: redis.Redis) -> None:
    revoked = tasks.note.schedule(("huey:revoked", "x"), delay=0.1)
    revoked.revoke()
    assert revoked.is_revoked()
    eventually(lambda: not revoked.is_revoked())    # forgotten when its time has come
    assert value(tasks.add(1, 1)) == 2
    assert not client.exists("huey:revoked")
    waiting = tasks.note.schedule(("huey:revoked", "x"), delay=3600)
    eventually(lambda: tasks.huey.scheduled_count() == 1)
    waiting.revoke()
    assert waiting.restore()
    assert not waiting.is_revoked()


def test_periodic_tasks(tasks: Tasks, client: redis.Redis) -> None:
    assert client.blpop(["huey:minutely"], timeout=65)


def test_locks(tasks: Tasks, client: redis.Redis) -> None:
    first = tasks.locked("huey:locked")
    assert client.blpop(["huey:locked:begun"], timeout=20)
    assert tasks.huey.is_locked("the lock")
    with pytest.raises(TaskException, match="lock"):
        value(tasks.locked("huey:locked"))
    client.rpush("huey:locked", "go on")
    eventually(lambda: not tasks.huey.is_locked("the lock"))
    assert first.get() is None


def test_a_consumer_that_dies_and_priorities(url: str, client: redis.Redis, program: Run) -> None:
    """What waits is still there for the next one, which takes it by priority."""
    ordered = Tasks(url, ordered=True)
    first = program(*CONSUMER, "--workers", "1", KVIK_URL=url, ORDERED="1")
    ordered.locked("huey:frail")
    assert client.blpop(["huey:frail:begun"], timeout=20)
    for priority in (1, 3, 2):
        ordered.note("huey:order", str(priority), priority=priority)
    first.kill()
    assert ordered.huey.pending_count() >= 3
    program(*CONSUMER, "--workers", "1", KVIK_URL=url, ORDERED="1")
    assert [client.blpop(["huey:order"], timeout=20) for _ in range(3)] == [("huey:order", each) for each in "321"]


def test_a_lost_connection(tasks: Tasks, client: redis.Redis) -> None:
    """The consumer connects again by itself. redis-py's pool might tell its user of the loss, so it begins afresh."""
    eventually(lambda: client.client_kill_filter(_type="normal", skipme=True) > 0)
    tasks.huey.storage.pool.disconnect()
    assert value(tasks.add(1, 1)) == 2
