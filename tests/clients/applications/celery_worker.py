"""Celery tasks, and a worker: python -m tests.clients.applications.celery_worker URL [OPTIONS]. See test_celery.py."""

from __future__ import annotations

import functools
import os
import sys
import time
from typing import Any

import redis
from celery import Celery, Task


def make_app(url: str, **settings: Any) -> Celery:
    app = Celery("kvik-tests", broker=url, backend=url)
    app.conf.update(
        broker_transport_options={"visibility_timeout": 2, "unacked_restore_interval": 0.3, "unacked_restore_throttle": 1},
        result_expires=300, result_extended=True,
        task_default_queue="tests",
        broker_connection_retry_on_startup=True, worker_send_task_events=True, task_send_sent_event=True,
        worker_cancel_long_running_tasks_on_connection_loss=False, **settings,
    )  # fmt: skip
    add_tasks(app, redis.Redis.from_url(url, decode_responses=True, socket_timeout=90))
    return app


def add_tasks(app: Celery, store: redis.Redis) -> None:
    """`store` is what the tasks use of Redis themselves."""
    task = functools.partial(app.task, shared=False)

    @task(name="add")
    def add(a: int, b: int) -> int:
        return a + b

    @task(name="total")
    def total(numbers: list[int]) -> int:
        return sum(numbers)

    @task(name="fail")
    def fail(text: str) -> None:
        raise ValueError(text)

    @task(name="unreliable", bind=True, max_retries=5)
    def unreliable(self: Task, key: str, works_after: int) -> int:
        """Fails until it was tried `works_after` times."""
        tries = int(store.incr(key))
        if tries <= works_after:
            raise self.retry(countdown=0.05, exc=RuntimeError(f"try {tries}"))
        return tries

    @task(name="wait_for_key", bind=True, acks_late=True, reject_on_worker_lost=True)
    def wait_for_key(self: Task, key: str) -> str:
        """Runs until somebody pushes to `key`; says who has begun."""
        store.rpush(f"{key}:begun", os.getpid())
        return str(store.blpop(key, timeout=60)[1])

    @task(name="progress", bind=True)
    def progress(self: Task, key: str) -> str:
        self.update_state(state="PROGRESS", meta={"done": 50})
        store.blpop(key, timeout=60)
        return "done"

    @task(name="stamp")
    def stamp() -> float:
        return time.time()


if __name__ == "__main__":
    make_app(sys.argv[1]).worker_main(
        ["worker", "--concurrency", "2", "--loglevel", "INFO", "--without-gossip", "--without-mingle", *sys.argv[2:]]
    )
