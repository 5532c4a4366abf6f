"""RQ: a real worker with its scheduler, which forks a process for each job."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
import redis
from rq import Queue, Repeat, Retry, Worker
from rq.command import send_stop_job_command
from rq.group import Group
from rq.job import Callback, Job, JobStatus
from rq.suspension import resume, suspend

from tests.clients.applications import rq_jobs as jobs
from tests.clients.applications.conftest import Run
from tests.support.servers import eventually

pytestmark = [pytest.mark.application("rq"), pytest.mark.xdist_group("rq")]

WORKER = ("rq.cli", "worker", "--with-scheduler")


@pytest.fixture(scope="module")
def connection(url: str) -> redis.Redis:
    return redis.Redis.from_url(url)


@pytest.fixture(scope="module")
def queue(connection: redis.Redis, url: str, workers: Run) -> Queue:
    """A queue with a worker."""
    workers(*WORKER, "--url", url, "tests", ready="Listening on tests")
    return Queue("tests", connection=connection)


def done(job: Job, status: JobStatus = JobStatus.FINISHED) -> Job:
    eventually(lambda: job.get_status(refresh=True) == status, what=f"{job} is {status}")
    job.refresh()
    return job


def test_results(queue: Queue) -> None:
    sent = [queue.enqueue(jobs.add, number, 1, result_ttl=300) for number in range(5)]
    assert [done(job).return_value() for job in sent] == [1, 2, 3, 4, 5]
    assert 290 < queue.connection.ttl(sent[0].key) <= 300
    assert sent[0].id in queue.finished_job_registry


def test_an_error_comes_back_with_its_traceback(queue: Queue) -> None:
    job = done(queue.enqueue(jobs.fail, "no such thing"), JobStatus.FAILED)
    result = job.latest_result()
    assert result is not None
    assert "ValueError: no such thing" in str(result.exc_string)
    assert job.id in queue.failed_job_registry
    queue.failed_job_registry.requeue(job.id)
    eventually(lambda: len(job.results()) == 2)


def test_retries(queue: Queue) -> None:
    job = done(queue.enqueue(jobs.unreliable, "rq:tries", 2, retry=Retry(max=3)))
    assert job.return_value() == 3
    assert job.retries_left == 1


def test_retries_after_a_while(queue: Queue) -> None:
    job = queue.enqueue(jobs.unreliable, "rq:later", 1, retry=Retry(max=3, interval=1))
    assert done(job).return_value() == 2


def test_the_scheduler(queue: Queue) -> None:
    job = queue.enqueue_in(timedelta(seconds=1), jobs.add, 20, 2)
    assert job.id in queue.scheduled_job_registry
    assert done(job).return_value() == 22
    assert job.id not in queue.scheduled_job_registry
    repeated = queue.enqueue(jobs.unreliable, "rq:repeated", 0, repeat=Repeat(times=2))
    eventually(lambda: queue.connection.get("rq:repeated") == b"3")
    assert done(repeated).return_value() == 3


def test_dependencies_and_groups(queue: Queue) -> None:
    first = queue.enqueue(jobs.wait_for_key, "rq:first")
    second = queue.enqueue(jobs.add, 30, 3, depends_on=first)
    third = queue.enqueue(jobs.first_result, depends_on=second)
    assert second.get_status() == JobStatus.DEFERRED
    queue.connection.rpush("rq:first", "go on")
    assert done(third).return_value() == 33
    group = Group.create(connection=queue.connection)
    members = group.enqueue_many(queue, [Queue.prepare_data(jobs.add, (number, number)) for number in range(3)])
    assert [done(job).return_value() for job in members] == [0, 2, 4]
    assert {job.id for job in group.get_jobs()} == {job.id for job in members}


def test_callbacks_and_meta(queue: Queue) -> None:
    queue.enqueue(jobs.add, 1, 2, on_success=Callback(jobs.tell_success))
    queue.enqueue(jobs.fail, "alas", on_failure=Callback(jobs.tell_failure))
    told = [queue.connection.blpop(["rq:told"], timeout=20) for _ in range(2)]
    assert told == [(b"rq:told", b"success 3"), (b"rq:told", b"failure alas")]
    assert done(queue.enqueue(jobs.halfway, 50)).get_meta() == {"done": 50}


def test_stopping_a_job(queue: Queue) -> None:
    job = queue.enqueue(jobs.wait_for_key, "rq:never")
    assert queue.connection.blpop(["rq:never:begun"], timeout=20)
    send_stop_job_command(queue.connection, job.id)
    done(job, JobStatus.STOPPED)


def test_cancelling_and_deleting(queue: Queue) -> None:
    running = queue.enqueue(jobs.wait_for_key, "rq:running")
    assert queue.connection.blpop(["rq:running:begun"], timeout=20)
    cancelled, deleted, urgent = (queue.enqueue(jobs.add, 1, 1) for _ in range(3))
    assert queue.job_ids == [cancelled.id, deleted.id, urgent.id]
    cancelled.cancel()
    deleted.delete()
    assert queue.job_ids == [urgent.id]
    assert cancelled.get_status() == JobStatus.CANCELED
    assert cancelled.id in queue.canceled_job_registry
    assert not Job.exists(deleted.id, connection=queue.connection)
    queue.connection.rpush("rq:running", "go on")
    done(running)
    done(urgent)


def test_a_job_that_takes_too_long(queue: Queue) -> None:
    job = done(queue.enqueue(jobs.wait_for_key, "rq:too-long", job_timeout=1), JobStatus.FAILED)
    result = job.latest_result()
    assert result is not None
    assert "JobTimeoutException" in str(result.exc_string)


def test_unique_jobs(queue: Queue) -> None:
    idle = Queue("idle", connection=queue.connection)
    idle.enqueue(jobs.add, 1, 1, job_id="rq-unique", unique=True)
    with pytest.raises(Exception, match="rq-unique"):
        idle.enqueue(jobs.add, 1, 1, job_id="rq-unique", unique=True)
    assert idle.count == 1
    assert idle.empty() == 1
    assert idle.is_empty()


def test_workers_are_known(queue: Queue) -> None:
    workers = Worker.all(queue=queue)
    assert [worker.queue_names() for worker in workers] == [["tests"]]
    suspend(queue.connection)
    done(queue.enqueue(jobs.add, 1, 1))     # for which it was waiting already
    eventually(lambda: Worker.all(queue=queue)[0].get_state() == "suspended")
    job = queue.enqueue(jobs.add, 1, 1)
    assert job.get_status() == JobStatus.QUEUED
    resume(queue.connection)
    done(job)


def test_a_lost_connection(queue: Queue) -> None:
    assert queue.connection.client_kill_filter(_type="normal", skipme=True) > 0
    assert done(queue.enqueue(jobs.add, 1, 1)).return_value() == 2


def test_a_worker_that_dies(queue: Queue, url: str, program: Run) -> None:
    """Its job is found when it has told nothing for long, and marked as failed."""
    frail = Queue("frail", connection=queue.connection)
    first = program("rq.cli", "worker", "--url", url, "--name", "frail", "frail", ready="Listening on frail")
    job = frail.enqueue(jobs.wait_for_key, "rq:frail")
    assert queue.connection.blpop(["rq:frail:begun"], timeout=20)
    first.kill()
    assert job.id in frail.started_job_registry
    frail.started_job_registry.cleanup(timestamp=time.time() + 1000)
    assert job.get_status(refresh=True) == JobStatus.FAILED
    assert job.id in frail.failed_job_registry
    queue.connection.rpush("rq:frail", "so that the process it had forked ends")
