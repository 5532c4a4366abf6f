"""What users of ARQ do, each a function: python -m tests.clients.applications.arq_uses URL USE. See test_arq.py."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from arq import ArqRedis, Retry, Worker, create_pool, cron
from arq.connections import RedisSettings
from arq.jobs import Job, JobStatus

Context = dict[str, Any]


async def add(context: Context, a: int, b: int) -> int:
    return a + b


async def fail(context: Context, text: str) -> None:
    raise ValueError(text)


async def unreliable(context: Context, works_after: int) -> int:
    """Fails until it was tried `works_after` times."""
    if context["job_try"] <= works_after:
        raise Retry(defer=0.02)
    return int(context["job_try"])


async def never_ends(context: Context) -> None:
    await context["redis"].rpush("arq:begun", context["job_id"])
    await asyncio.Event().wait()


async def tick(context: Context) -> None:
    await context["redis"].rpush("arq:ticks", context["job_id"])


class Queue:
    """A queue, and a worker for it."""

    def __init__(self, redis: ArqRedis, **options: Any) -> None:
        self.redis = redis
        self.worker = Worker(
            functions=[add, fail, unreliable, never_ends], redis_pool=redis, handle_signals=False, poll_delay=0.01,
            keep_result=300, allow_abort_jobs=True, **options,
        )  # fmt: skip

    async def send(self, name: str, *args: Any, **options: Any) -> Job:
        job = await self.redis.enqueue_job(name, *args, **options)
        assert job
        return job


@asynccontextmanager
async def queue_at(url: str, **options: Any) -> AsyncIterator[Queue]:
    redis = await create_pool(RedisSettings.from_dsn(url))
    await redis.flushall()
    queue = Queue(redis, **options)
    running = asyncio.create_task(queue.worker.async_run())
    yield queue
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await queue.worker.close()


async def results(url: str) -> None:
    async with queue_at(url) as queue:
        jobs = [await queue.send("add", number, 1) for number in range(20)]
        assert [await job.result(timeout=20, poll_delay=0.01) for job in jobs] == list(range(1, 21))
        assert await jobs[0].status() == JobStatus.complete
        assert 290 < await queue.redis.ttl(f"arq:result:{jobs[0].job_id}") <= 300
        assert len(await queue.redis.all_job_results()) == 20


async def failures(url: str) -> None:
    async with queue_at(url) as queue:
        job = await queue.send("fail", "no such thing")
        with pytest.raises(ValueError, match="no such thing"):
            await job.result(timeout=20, poll_delay=0.01)
        info = await job.result_info()
        assert info
        assert not info.success


async def retries(url: str) -> None:
    async with queue_at(url) as queue:
        job = await queue.send("unreliable", 2)
        assert await job.result(timeout=20, poll_delay=0.01) == 3


async def jobs_for_later(url: str) -> None:
    async with queue_at(url) as queue:
        begun = asyncio.get_running_loop().time()
        job = await queue.send("add", 1, 2, _defer_by=0.3)
        assert await job.status() == JobStatus.deferred
        assert await job.result(timeout=20, poll_delay=0.01) == 3
        assert asyncio.get_running_loop().time() - begun >= 0.3


async def the_same_job_once(url: str) -> None:
    async with queue_at(url) as queue:
        await queue.send("add", 1, 2, _job_id="once", _defer_by=60)
        assert await queue.redis.enqueue_job("add", 1, 2, _job_id="once") is None
        assert len(await queue.redis.queued_jobs()) == 1


async def aborting(url: str) -> None:
    async with queue_at(url) as queue:
        job = await queue.send("never_ends")
        assert await queue.redis.blpop("arq:begun", timeout=20)
        assert await job.abort(timeout=20, poll_delay=0.01)


async def cron_jobs(url: str) -> None:
    async with queue_at(url, cron_jobs=[cron(tick, second=set(range(60)))]) as queue:
        first, second = [(await queue.redis.blpop("arq:ticks", timeout=20))[1] for _ in range(2)]
        assert first != second


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(globals()[sys.argv[2]](sys.argv[1]), 60))
