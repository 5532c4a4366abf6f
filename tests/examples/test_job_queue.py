"""examples/job_queue: workers as processes, one of which is killed at work; retries; dead letters."""

from __future__ import annotations

import hashlib
import os
import signal
from pathlib import Path

import redis

import kvik
from examples.job_queue.job_queue import Job, Queue, work
from tests.examples.conftest import Launch
from tests.support.servers import eventually

LEASE = 600.0


def take(queue: Queue, worker: str) -> Job:
    job = queue.take(worker, wait=0.001)
    assert job is not None
    return job


def test_a_job_is_taken_once_and_gone_when_it_is_done(client: redis.Redis):
    queue = Queue(client, "mail")
    first, second = queue.put({"to": "ada"}), queue.put({"to": "grace"})
    assert queue.status() == {"waiting": 2, "running": 0, "dead": 0}
    assert take(queue, "one") == Job(first, {"to": "ada"}, 1)
    job = take(Queue(client, "mail"), "two")
    assert job == Job(second, {"to": "grace"}, 1)
    assert queue.take("one", wait=0.001) is None
    queue.done(job)
    assert queue.status() == {"waiting": 0, "running": 1, "dead": 0}


def test_a_job_that_fails_is_tried_again_and_then_dead(server: kvik.Server, client: redis.Redis):
    queue = Queue(client, "mail", lease=LEASE, attempts=3)
    queue.put({"to": "ada"})
    for attempt in (1, 2, 3):
        job = take(queue, "one")
        assert job.attempt == attempt
        queue.failed(job, f"reason {attempt}")
        assert queue.take("two", wait=0.001) is None, "its lease is not over"
        server.advance(LEASE)
    assert queue.take("one", wait=0.001) is None
    assert queue.status() == {"waiting": 0, "running": 0, "dead": 1}
    [[_, letter]] = client.xrange("queue:mail:dead") or []
    assert letter == {"to": "ada", "reason": "reason 3", "attempts": "3"}


def test_a_job_that_takes_its_workers_down_is_dead_too(server: kvik.Server, client: redis.Redis):
    queue = Queue(client, "mail", lease=LEASE, attempts=2)
    for name in ("ada", "grace"):
        queue.put({"to": name})
        for attempt in (1, 2):
            assert take(queue, f"victim-{attempt}").attempt == attempt
            server.advance(LEASE)
    queue.put({"to": "barbara"})
    assert take(queue, "three").fields == {"to": "barbara"}, "both are buried, one after the other"
    assert queue.status() == {"waiting": 0, "running": 1, "dead": 2}


def test_a_long_job_keeps_its_lease(server: kvik.Server, client: redis.Redis):
    queue = Queue(client, "mail", lease=LEASE)
    queue.put({"to": "ada"})
    job = take(queue, "one")
    server.advance(LEASE - 1)
    assert queue.keep(job, "one")
    server.advance(LEASE - 1)
    assert queue.take("two", wait=0.001) is None
    server.advance(1)
    assert take(queue, "two").attempt == 2, "keeping it was no attempt"
    assert not queue.keep(job, "one"), "too late"


def test_the_loop_goes_on_after_a_job_that_fails(client: redis.Redis):
    queue = Queue(client, "mail", attempts=1)
    for name in ("ada", "grace"):
        queue.put({"to": name})
    handled: list[str] = []

    def handle(job: Job) -> None:
        handled.append(job.fields["to"])
        raise ValueError("no such address")

    work(queue, "one", handle, stopped=lambda: len(handled) == 2)
    assert handled == ["ada", "grace"]
    assert queue.status() == {"waiting": 0, "running": 0, "dead": 2}


def test_processes(server: kvik.Server, client: redis.Redis, launch: Launch, tmp_path: Path):
    """Reading a FIFO holds a worker in the middle of a job until the test writes to it."""
    options = ("--redis", server.url, "--lease", str(LEASE))
    good, pipe, missing = (str(tmp_path / name) for name in ("good", "pipe", "missing"))
    Path(good).write_bytes(b"good")
    os.mkfifo(pipe)
    assert launch("job_queue", *options, "put", good, pipe, missing).process.wait(30) == 0

    first = launch("job_queue", *options, "work", "--name", "first")
    first.said("good'} done, attempt 1")
    queue = Queue(client, "checksums")
    eventually(lambda: queue.status()["running"] == 1, what="it has the FIFO")
    second = launch("job_queue", *options, "work", "--name", "second")
    second.said("missing'} failed, attempt 1")
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    assert queue.status() == {"waiting": 0, "running": 2, "dead": 0}

    server.advance(LEASE)
    eventually(lambda: [each["times_delivered"] for each in pending(client)] == [2], what="the second has the FIFO")
    Path(pipe).write_bytes(b"late")                     # returns when it has been opened for reading
    second.said("pipe'} done, attempt 2")
    second.said("missing'} failed, attempt 2")
    server.advance(LEASE)
    second.said("missing'} failed, attempt 3")
    eventually(lambda: queue.status() == {"waiting": 0, "running": 0, "dead": 1}, what="the last one is dead")
    assert client.hgetall("checksums") == {
        good: hashlib.sha256(b"good").hexdigest(), pipe: hashlib.sha256(b"late").hexdigest(),
    }  # fmt: skip
    status = launch("job_queue", *options, "status")
    status.said("{'waiting': 0, 'running': 0, 'dead': 1, 'done': 2}")
    assert second.end(signal.SIGTERM) == 0, "it ends when nothing is to be done"


def pending(client: redis.Redis) -> list[dict[str, object]]:
    """Entries that were delivered at least twice."""
    rows = client.xpending_range("queue:checksums", "workers", "-", "+", 10)
    return [dict(row) for row in rows if int(row["times_delivered"]) >= 2]
