"""The actors of test_dramatiq.py. A worker of this module finds its server by KVIK_URL in its environment."""

from __future__ import annotations

import os

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.rate_limits import ConcurrentRateLimiter
from dramatiq.rate_limits.backends import RedisBackend as LimiterBackend
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend


class Actors:
    """A broker with its actors, and the connection that these use."""

    def __init__(self, url: str, namespace: str = "dramatiq") -> None:
        self.store = redis.Redis.from_url(url, decode_responses=True, socket_timeout=60)
        self.broker = RedisBroker(url=url, namespace=namespace, heartbeat_timeout=1000, maintenance_chance=1_000_000)
        self.broker.add_middleware(Results(backend=RedisBackend(url=url)))
        self.limiter = ConcurrentRateLimiter(LimiterBackend(url=url), "dramatiq:limit", limit=1)
        self.add = self.actor(self.run_add, store_results=True)
        self.note = self.actor(self.run_note)
        self.unreliable = self.actor(self.run_unreliable, store_results=True, max_retries=5, min_backoff=10, max_backoff=50)
        self.hopeless = self.actor(self.run_hopeless, store_results=True, max_retries=1, min_backoff=10)
        self.alone = self.actor(self.run_alone, min_backoff=10, max_backoff=20)
        self.wait_for_key = self.actor(self.run_wait_for_key, max_retries=0)

    def actor(self, function, **options):  # type: ignore[no-untyped-def]
        return dramatiq.actor(function, actor_name=function.__name__, broker=self.broker, **options)

    def run_add(self, a: int, b: int) -> int:
        return a + b

    def run_note(self, key: str, what: str) -> None:
        self.store.rpush(key, what)

    def run_unreliable(self, key: str, works_after: int) -> int:
        """Fails until it was tried `works_after` times."""
        tries = int(self.store.incr(key))
        if tries <= works_after:
            raise RuntimeError(f"try {tries}")
        return tries

    def run_hopeless(self) -> None:
        raise ValueError("no use")

    def run_alone(self, key: str) -> None:
        """No other run of it may go on at the same time."""
        with self.limiter.acquire():
            self.store.rpush(key, self.store.incr(f"{key}:inside"))
            self.store.decr(f"{key}:inside")

    def run_wait_for_key(self, key: str) -> None:
        self.store.rpush(f"{key}:begun", os.getpid())
        self.store.blpop([key], timeout=60)
        self.store.rpush(f"{key}:done", os.getpid())


if "KVIK_URL" in os.environ:
    dramatiq.set_broker(Actors(os.environ["KVIK_URL"], os.environ["NAMESPACE"]).broker)
