"""The jobs that test_rq.py has a worker run."""

from __future__ import annotations

from typing import Any

import redis
from rq import get_current_job
from rq.job import Job


def store() -> redis.Redis:
    """The server that the worker is connected to."""
    job = get_current_job()
    assert job is not None
    return redis.Redis(connection_pool=job.connection.connection_pool)


def add(a: int, b: int) -> int:
    return a + b


def fail(text: str) -> None:
    raise ValueError(text)


def unreliable(key: str, works_after: int) -> int:
    """Fails until it was tried `works_after` times."""
    tries = int(store().incr(key))
    if tries <= works_after:
        raise RuntimeError(f"try {tries}")
    return tries


def wait_for_key(key: str) -> None:
    """Runs until somebody pushes to `key`."""
    server = store()
    server.rpush(f"{key}:begun", 1)
    while not server.blpop([key], timeout=1):
        pass


def halfway(percent: int) -> None:
    job = get_current_job()
    assert job is not None
    job.meta["done"] = percent
    job.save_meta()


def first_result() -> Any:
    job = get_current_job()
    assert job is not None
    return job.fetch_dependencies()[0].return_value()


def tell_success(job: Job, connection: redis.Redis, result: Any) -> None:
    connection.rpush("rq:told", f"success {result}")


def tell_failure(job: Job, connection: redis.Redis, kind: type, value: object, traceback: object) -> None:
    connection.rpush("rq:told", f"failure {value}")
