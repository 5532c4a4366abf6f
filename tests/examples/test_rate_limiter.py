"""examples/rate_limiter: what passes and what does not, with time moved and with many at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

import kvik
from examples.rate_limiter.rate_limiter import FixedWindow, Limiter, SlidingWindow, TokenBucket

# All three: five at once, and five more after ten minutes.
MAKERS: list[Callable[[redis.Redis], Limiter]] = [
    lambda r: FixedWindow(r, "test", limit=5, window=600),
    lambda r: SlidingWindow(r, "test", limit=5, window=600),
    lambda r: TokenBucket(r, "test", capacity=5, rate=5 / 600),
]
each_limiter = pytest.mark.parametrize("make", MAKERS, ids=["fixed", "sliding", "bucket"])


def passed(limiter: Limiter, requests: int, caller: str = "ada") -> int:
    return sum(limiter.hit(caller).allowed for _ in range(requests))


@each_limiter
def test_the_limit_and_what_is_told(server: kvik.Server, client: redis.Redis, make: Callable[[redis.Redis], Limiter]):
    limiter = make(client)
    decisions = [limiter.hit("ada") for _ in range(6)]
    assert [each.allowed for each in decisions] == [True] * 5 + [False]
    assert [each.remaining for each in decisions] == [4, 3, 2, 1, 0, 0]
    assert [each.retry_after for each in decisions[:5]] == [0.0] * 5
    assert 100 < decisions[5].retry_after <= 600
    assert passed(limiter, 6, "grace") == 5, "each caller has a limit of its own"

    server.advance(decisions[5].retry_after - 60)
    assert passed(limiter, 1) == 0, "it was right that it is too early"
    server.advance(60)
    assert passed(limiter, 1) == 1, "it was right when to come again"
    server.advance(1200)
    assert client.dbsize() == 0, "what says nothing any more is gone"
    assert passed(limiter, 10) == 5


@each_limiter
def test_many_at_once(client: redis.Redis, make: Callable[[redis.Redis], Limiter]):
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: passed(make(client), 25), range(8)))
    assert sum(counts) == 5


def test_only_the_fixed_window_lets_twice_as_many_pass_at_a_border(server: kvik.Server, client: redis.Redis):
    fixed, sliding, bucket = (make(client) for make in MAKERS)
    for limiter in (fixed, sliding, bucket):
        assert passed(limiter, 1) == 1
    server.advance(540)
    assert [passed(limiter, 9) for limiter in (fixed, sliding, bucket)] == [4, 4, 5]
    server.advance(65)
    assert [passed(limiter, 9) for limiter in (fixed, sliding, bucket)] == [5, 1, 0]


def test_requests_of_different_cost(server: kvik.Server, client: redis.Redis):
    bucket = TokenBucket(client, "test", capacity=10, rate=0.1)
    assert bucket.hit("ada", cost=8).remaining == 2
    refused = bucket.hit("ada", cost=8)
    assert not refused.allowed
    assert 50 < refused.retry_after <= 60, "six more tokens"
    assert bucket.hit("ada", cost=2).allowed, "what was refused has cost nothing"
