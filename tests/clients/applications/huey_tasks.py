"""The tasks of test_huey.py. A consumer of this module finds its server by KVIK_URL in its environment."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import redis
from huey import PriorityRedisExpireHuey, RedisHuey, crontab


class Tasks:
    """A queue with its tasks, and the connection that these use."""

    def __init__(self, url: str, ordered: bool = False) -> None:
        self.store = redis.Redis.from_url(url, decode_responses=True, socket_timeout=60)
        kind = PriorityRedisExpireHuey if ordered else RedisHuey
        self.huey: Any = kind("ordered" if ordered else "tests", url=url)
        self.add = self.huey.task(name="add")(lambda a, b: a + b)
        self.note = self.huey.task(name="note")(self.store.rpush)
        self.unreliable = self.huey.task(name="unreliable", retries=5)(self.run_unreliable)
        self.locked = self.huey.task(name="locked")(self.huey.lock_task("the lock")(self.run_locked))
        note_minute = partial(self.store.rpush, "huey:minutely", 1)
        self.minutely = self.huey.periodic_task(crontab(minute="*"), name="minutely")(note_minute)

    def run_unreliable(self, key: str, works_after: int) -> int:
        """Fails until it was tried `works_after` times."""
        tries = int(self.store.incr(key))
        if tries <= works_after:
            raise RuntimeError(f"try {tries}")
        return tries

    def run_locked(self, key: str) -> None:
        self.store.rpush(f"{key}:begun", 1)
        self.store.blpop([key], timeout=60)


if "KVIK_URL" in os.environ:
    huey = Tasks(os.environ["KVIK_URL"], bool(os.environ.get("ORDERED"))).huey
