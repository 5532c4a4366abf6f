"""dramatiq: a real worker; results, retries, delays, groups, rate limits."""

from __future__ import annotations

import time
from collections.abc import Iterator

import dramatiq
import pytest
import redis
from dramatiq.results import ResultFailure

from tests.clients.applications.conftest import Run
from tests.clients.applications.dramatiq_actors import Actors
from tests.support.servers import eventually

pytestmark = [pytest.mark.application("dramatiq"), pytest.mark.xdist_group("dramatiq")]

WORKER = ("dramatiq", "--processes", "1", "--threads", "4", "--skip-logging", "tests.clients.applications.dramatiq_actors")
WAIT = 20_000


@pytest.fixture(scope="module")
def actors(url: str, workers: Run) -> Iterator[Actors]:
    """With a worker for them."""
    workers(*WORKER, KVIK_URL=url, NAMESPACE="dramatiq")
    actors = Actors(url)
    dramatiq.set_broker(actors.broker)
    yield actors
    actors.broker.close()


def test_results(actors: Actors) -> None:
    sent = [actors.add.send(number, 1) for number in range(50)]
    assert [message.get_result(block=True, timeout=WAIT) for message in sent] == list(range(1, 51))


def test_retries(actors: Actors) -> None:
    message = actors.unreliable.send("dramatiq:tries", 2)
    assert message.get_result(block=True, timeout=WAIT) == 3


def test_failures_end_among_the_dead(actors: Actors, client: redis.Redis) -> None:
    message = actors.hopeless.send()
    with pytest.raises(ResultFailure, match="no use"):
        message.get_result(block=True, timeout=WAIT)
    eventually(lambda: client.zcard("dramatiq:default.XQ") == 1)
    assert client.hlen("dramatiq:default.XQ.msgs") == 1


def test_a_delay(actors: Actors, client: redis.Redis) -> None:
    begun = time.monotonic()
    actors.note.send_with_options(args=("dramatiq:later", "now"), delay=300)
    assert client.blpop(["dramatiq:later"], timeout=20) == ("dramatiq:later", "now")
    assert time.monotonic() - begun >= 0.3


def test_groups_and_pipelines(actors: Actors) -> None:
    group = dramatiq.group([actors.add.message(number, number) for number in range(5)], broker=actors.broker).run()
    assert list(group.get_results(block=True, timeout=WAIT)) == [0, 2, 4, 6, 8]
    pipe = (actors.add.message(1, 2) | actors.add.message(3) | actors.add.message(4)).run()
    assert pipe.get_result(block=True, timeout=WAIT) == 10


def test_a_rate_limit(actors: Actors, client: redis.Redis) -> None:
    for _ in range(5):
        actors.alone.send("dramatiq:alone")
    assert [client.blpop(["dramatiq:alone"], timeout=20) for _ in range(5)] == [("dramatiq:alone", "1")] * 5


def test_the_queue_is_awaited(actors: Actors, client: redis.Redis) -> None:
    for number in range(100):
        actors.note.send("dramatiq:noted", str(number))
    actors.broker.join("default", timeout=WAIT)
    assert sorted(map(int, client.lrange("dramatiq:noted", 0, -1))) == list(range(100))


def test_a_lost_connection(actors: Actors, client: redis.Redis) -> None:
    """The worker connects again by itself. redis-py's pool might tell its user of the loss, so it begins afresh."""
    eventually(lambda: client.client_kill_filter(_type="normal", skipme=True) > 0)
    actors.broker.client.connection_pool.disconnect()
    actors.note.send("dramatiq:after", "there")
    assert client.blpop(["dramatiq:after"], timeout=20) == ("dramatiq:after", "there")


def test_a_worker_that_dies(url: str, client: redis.Redis, program: Run) -> None:
    """What it had taken is given to others when its heartbeat is missing for a second."""
    actors = Actors(url, namespace="frail")
    first = program(*WORKER, KVIK_URL=url, NAMESPACE="frail")
    actors.wait_for_key.send("dramatiq:frail")
    begun = client.blpop(["dramatiq:frail:begun"], timeout=20)
    first.kill_all()
    program(*WORKER, KVIK_URL=url, NAMESPACE="frail")
    again = client.blpop(["dramatiq:frail:begun"], timeout=20)
    assert begun
    assert again
    assert begun != again
    client.rpush("dramatiq:frail", "go on")
    assert client.blpop(["dramatiq:frail:done"], timeout=20) == ("dramatiq:frail:done", again[1])
    actors.broker.close()
