"""examples/analytics: bitmaps against sets of users, and events that count once whatever dies."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
import redis

import kvik
from examples.analytics.analytics import DAY, KEEP, Activity, Events, minute_of

MONDAY = date(2026, 3, 2)


def test_activity_as_sets(client: redis.Redis):
    chance, activity = random.Random(9), Activity(client, "app")
    days = {MONDAY + DAY * number: {chance.randrange(500) for _ in range(200)} for number in range(6)}
    for day, users in days.items():
        for user in users:
            activity.seen(user, day)
    for day, users in days.items():
        assert activity.active([day]) == len(users)
    assert activity.active(list(days)) == len(set().union(*days.values()))
    first = days[MONDAY]
    expected = [len(first & days[MONDAY + DAY * number]) / len(first) for number in range(1, 6)]
    assert activity.retention(MONDAY, 5) == pytest.approx(expected)
    assert activity.retention(MONDAY - DAY * 10, 2) == [0.0, 0.0], "nobody was there"
    assert client.dbsize() == 6, "results are not kept"


def test_bitmaps_expire(server: kvik.Server, client: redis.Redis):
    Activity(client, "app").seen(1, MONDAY)
    server.advance(KEEP)
    assert client.dbsize() == 0


def counted(events: Events, client: redis.Redis) -> dict[str, int]:
    """What all minutes say together."""
    total: dict[str, int] = {}
    for key in client.scan_iter(match="app:minute:*"):
        for kind, count in events.minute(str(key).removeprefix("app:minute:")).items():
            total[kind] = total.get(kind, 0) + count
    return total


def test_each_event_counts_once_with_consumers_that_die(server: kvik.Server, client: redis.Redis):
    events = Events(client, "app")
    for number in range(90):
        events.add("view" if number % 3 else "click", "/")
    taken = events._fresh("dies", 40, None)
    assert len(taken) == 40
    assert events._count(taken[:10]) == 10, "then it dies"
    assert events.consume("lives", count=1000) == 50
    assert events.consume("lives") == 0, "the 30 are not abandoned yet"
    server.advance(60)
    assert events.consume("lives") == 30
    assert events._count(taken) == 0, "it was not dead, but only slow"
    assert counted(events, client) == {"view": 60, "click": 30}
    assert client.xpending("app:events", Events.GROUP)["pending"] == 0


def test_consumers_share_the_work(client: redis.Redis):
    events = Events(client, "app")
    for _ in range(400):
        events.add("view", "/")
    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(lambda name: sum(iter(lambda: Events(client, "app").consume(name, 20), 0)), "abcd"))
    assert sum(shares) == 400
    assert counted(events, client) == {"view": 400}


def test_minutes_pages_and_expiry(server: kvik.Server, client: redis.Redis):
    events = Events(client, "app")
    for pages in ("aab", "bbbc"):
        for page in pages:
            events.add("view", page)
        server.advance(120)
    assert events.consume("one") == 7
    minutes = [str(key).removeprefix("app:minute:") for key in client.scan_iter(match="app:minute:*")]
    assert len(minutes) >= 2, "two minutes lie between"
    assert sum(events.minute(minute)["view"] for minute in minutes) == 7
    assert events.top_pages(minutes, 2) == [("b", 4), ("a", 2)]
    assert events.top_pages(["1999-01-01T00:00"]) == []
    server.advance(KEEP)
    assert list(client.scan_iter()) == ["app:events"]


def test_the_stream_is_trimmed(client: redis.Redis):
    events = Events(client, "app", length=100)
    for _ in range(1000):
        events.add("view", "/")
    assert 100 <= client.xlen("app:events") < 300


def test_minutes_are_those_of_the_ids() -> None:
    assert minute_of(1_772_446_559_999) == "2026-03-02T10:15"
    assert minute_of(1_772_446_560_000) == "2026-03-02T10:16"
