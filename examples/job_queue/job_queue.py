"""A job queue: every job is done at least once, whatever dies.

The queue is a stream, its workers are a consumer group. A job that a worker has taken stays in the group's list of
pending entries until it is acknowledged; when its lease is over, another worker claims it. A job that has failed too
often, or has taken its worker down each time, goes to a second stream for a person to look at.

    python job_queue.py put FILE...             one job for each file
    python job_queue.py work --name WORKER      computes their SHA-256, until SIGINT or SIGTERM
    python job_queue.py status                  what is waiting, running, done, dead
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import redis


@dataclass(frozen=True)
class Job:
    id: str
    fields: Mapping[str, str]
    attempt: int                # 1 for the first


class Queue:
    def __init__(self, r: redis.Redis, name: str, lease: float = 60.0, attempts: int = 3) -> None:
        """`lease`: seconds after which a job that is not finished is given to another worker."""
        self.redis, self.lease, self.attempts = r, round(lease * 1000), attempts
        self.stream, self.dead, self.group = f"queue:{name}", f"queue:{name}:dead", "workers"
        with contextlib.suppress(redis.ResponseError):      # BUSYGROUP: it is there already
            r.xgroup_create(self.stream, self.group, id="0", mkstream=True)

    def put(self, fields: Mapping[str, str]) -> str:
        entry: dict[Any, Any] = dict(fields)
        return str(self.redis.xadd(self.stream, entry))

    def take(self, worker: str, wait: float = 1.0) -> Job | None:
        """A job whose lease is over, or else the next one; None if there is none for `wait` seconds."""
        return self._claim(worker) or self._next(worker, wait)

    def _next(self, worker: str, wait: float) -> Job | None:
        reply: Any = self.redis.xreadgroup(self.group, worker, {self.stream: ">"}, count=1, block=max(1, round(wait * 1000)))
        if not reply:
            return None
        [[_, [(identity, fields)]]] = reply
        return Job(identity, fields, attempt=1)

    def _claim(self, worker: str) -> Job | None:
        while claimed := self.redis.xautoclaim(self.stream, self.group, worker, self.lease, count=1)[1]:
            [(identity, fields)] = claimed
            [pending] = self.redis.xpending_range(self.stream, self.group, min=identity, max=identity, count=1)
            job = Job(identity, fields, int(pending["times_delivered"]))
            if job.attempt <= self.attempts:
                return job
            self._bury(job, "no worker came back from it")
        return None

    def keep(self, job: Job, worker: str) -> bool:
        """For a job that takes long: begin its lease again. False: too late, another has it."""
        mine = self.redis.xpending_range(self.stream, self.group, job.id, job.id, 1, consumername=worker)
        return bool(mine and self.redis.xclaim(self.stream, self.group, worker, 0, [job.id], justid=True))

    def done(self, job: Job) -> None:
        with self.redis.pipeline(transaction=True) as transaction:
            self._remove(transaction, job)
            transaction.execute()

    def failed(self, job: Job, reason: str) -> None:
        """It is tried again when the lease is over; but not for ever."""
        if job.attempt >= self.attempts:
            self._bury(job, reason)

    def _bury(self, job: Job, reason: str) -> None:
        entry: dict[Any, Any] = {**job.fields, "reason": reason, "attempts": job.attempt}
        with self.redis.pipeline(transaction=True) as transaction:
            transaction.xadd(self.dead, entry)
            self._remove(transaction, job)
            transaction.execute()

    def _remove(self, transaction: redis.client.Pipeline, job: Job) -> None:
        transaction.xack(self.stream, self.group, job.id)
        transaction.xdel(self.stream, job.id)

    def status(self) -> dict[str, int]:
        running = self.redis.xpending(self.stream, self.group)["pending"]
        return {"waiting": self.redis.xlen(self.stream) - running, "running": running, "dead": self.redis.xlen(self.dead)}


def work(queue: Queue, worker: str, handle: Callable[[Job], None], stopped: Callable[[], bool]) -> None:
    """A worker's loop. A signal ends it after the job that it is at."""
    while not stopped():
        job = queue.take(worker)
        if job is None:
            continue
        try:
            handle(job)
        except Exception as error:
            print(f"{worker}: {job.fields} failed, attempt {job.attempt}: {error}", flush=True)
            queue.failed(job, str(error))
        else:
            print(f"{worker}: {job.fields} done, attempt {job.attempt}", flush=True)
            queue.done(job)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--redis", default="redis://127.0.0.1:6379")
    arguments.add_argument("--lease", type=float, default=60.0)
    commands = arguments.add_subparsers(dest="command", required=True)
    commands.add_parser("put").add_argument("files", nargs="+")
    commands.add_parser("work").add_argument("--name", default=socket.gethostname())
    commands.add_parser("status")
    options = arguments.parse_args()

    r = redis.Redis.from_url(options.redis, decode_responses=True)
    queue = Queue(r, "checksums", options.lease)
    if options.command == "put":
        for file in options.files:
            print(queue.put({"file": file}))
    elif options.command == "status":
        print({**queue.status(), "done": r.hlen("checksums")})
    else:
        def checksum(job: Job) -> None:
            with open(job.fields["file"], "rb") as file:
                r.hset("checksums", job.fields["file"], hashlib.file_digest(file, "sha256").hexdigest())

        signals: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: signals.append(number))
        work(queue, options.name, checksum, lambda: bool(signals))


if __name__ == "__main__":
    main()
