"""Three rate limiters: how many requests may one caller make in some time?

    FixedWindow     `limit` requests from the first one until `window` is over; cheapest, but at the border of two
                    windows twice as many pass
    SlidingWindow   never more than `limit` in any `window`; remembers the time of each request it let through
    TokenBucket     bursts of `capacity`, `rate` a second in the long run; two numbers a caller

All state is in the server, so any number of web servers share one limit. What must not be interrupted is one transaction
or one script; time is the server's, so that the clocks of the web servers do not matter. State that says nothing any
more expires.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Protocol

import redis

import kvik


@dataclass(frozen=True)
class Decision:
    allowed: bool
    remaining: int          # how many more would pass now
    retry_after: float      # seconds until it is worth asking again: the header Retry-After of a reply 429


class Limiter(Protocol):
    def hit(self, caller: str) -> Decision:
        """Count a request of this caller, if it may pass."""


class FixedWindow:
    def __init__(self, r: redis.Redis, name: str, limit: int, window: float) -> None:
        self.redis, self.name, self.limit, self.window = r, name, limit, round(window * 1000)

    def hit(self, caller: str) -> Decision:
        key = f"rate:fixed:{self.name}:{caller}"
        with self.redis.pipeline(transaction=True) as transaction:
            transaction.set(key, 0, px=self.window, nx=True)        # the first request opens the window
            transaction.incr(key)
            transaction.pttl(key)
            _, count, left = transaction.execute()
        allowed = count <= self.limit
        return Decision(allowed, max(0, self.limit - count), 0.0 if allowed else left / 1000)


SLIDING_WINDOW = """
    local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
    local used = redis.call('ZCARD', KEYS[1])
    if used >= limit then
        local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
        return {0, 0, oldest + window - now}
    end
    redis.call('ZADD', KEYS[1], now, ARGV[3])
    redis.call('PEXPIRE', KEYS[1], window)
    return {1, limit - used - 1, 0}
"""


class SlidingWindow:
    def __init__(self, r: redis.Redis, name: str, limit: int, window: float) -> None:
        self.name, self.limit, self.window = name, limit, round(window * 1000)
        self.script = r.register_script(SLIDING_WINDOW)

    def hit(self, caller: str) -> Decision:
        request = secrets.token_hex(8)          # two requests of the same millisecond are two members
        keys = [f"rate:sliding:{self.name}:{caller}"]
        allowed, remaining, wait = self.script(keys=keys, args=[self.limit, self.window, request])
        return Decision(bool(allowed), remaining, wait / 1000)


TOKEN_BUCKET = """
    local capacity, rate, cost = tonumber(ARGV[1]), ARGV[2] / 1000, tonumber(ARGV[3])
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
    local tokens, at = tonumber(bucket[1]) or capacity, tonumber(bucket[2]) or now
    tokens = math.min(capacity, tokens + math.max(0, now - at) * rate)
    local allowed = tokens >= cost
    if allowed then
        tokens = tokens - cost
    end
    redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', now)
    redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - tokens) / rate))   -- a full bucket is the same as none
    return {allowed and 1 or 0, math.floor(tokens), allowed and 0 or math.ceil((cost - tokens) / rate)}
"""


class TokenBucket:
    def __init__(self, r: redis.Redis, name: str, capacity: int, rate: float) -> None:
        """`rate`: tokens that come back each second."""
        self.name, self.capacity, self.rate = name, capacity, rate
        self.script = r.register_script(TOKEN_BUCKET)

    def hit(self, caller: str, cost: int = 1) -> Decision:
        """`cost`: tokens that this request takes, at most `capacity`."""
        keys = [f"rate:bucket:{self.name}:{caller}"]
        allowed, remaining, wait = self.script(keys=keys, args=[self.capacity, self.rate, cost])
        return Decision(bool(allowed), remaining, wait / 1000)


def main() -> None:
    """Bursts of requests around the border of two windows; each limiter is for five in ten minutes."""
    with kvik.Server() as server, server.client(decode_responses=True) as r:
        limiters: dict[str, Limiter] = {
            "fixed window": FixedWindow(r, "demo", limit=5, window=600),
            "sliding window": SlidingWindow(r, "demo", limit=5, window=600),
            "token bucket": TokenBucket(r, "demo", capacity=5, rate=5 / 600),
        }
        now = 0
        for minute, requests in (0, 1), (9, 8), (11, 8), (30, 8):
            server.advance((minute - now) * 60)
            now = minute
            for title, limiter in limiters.items():
                decisions = [limiter.hit("ada") for _ in range(requests)]
                passed, wait = sum(each.allowed for each in decisions), decisions[-1].retry_after / 60
                print(f"minute {minute:2}  {title:14}  {passed} of {requests} passed, wait {wait:.0f} min")


if __name__ == "__main__":
    main()
