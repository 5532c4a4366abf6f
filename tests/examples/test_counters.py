"""examples/counters: views exactly, visitors nearly, and nothing left when its time is over."""

from __future__ import annotations

from datetime import date, timedelta

import redis

import kvik
from examples.counters.counters import Visits

MONDAY = date(2026, 3, 2)
TUESDAY = MONDAY + timedelta(days=1)


def test_views_and_visitors(client: redis.Redis):
    visits = Visits(client, "shop")
    for visitor in ("ada", "grace", "ada"):
        visits.record(MONDAY, "/", visitor)
    visits.record(MONDAY, "/cart", "ada")
    visits.record(TUESDAY, "/", "ada")
    visits.record(TUESDAY, "/", "barbara")

    assert visits.views(MONDAY) == {"/": 3, "/cart": 1}
    assert visits.views(TUESDAY) == {"/": 2}
    assert visits.visitors([MONDAY]) == 2
    assert visits.visitors([MONDAY], "/cart") == 1
    assert visits.visitors([MONDAY, TUESDAY]) == 3, "a union, not 2 + 2"
    assert visits.visitors([MONDAY, TUESDAY], "/cart") == 1
    assert visits.visitors([TUESDAY], "/cart") == 0
    assert visits.views(MONDAY - timedelta(days=1)) == {}


def test_many_visitors_are_counted_nearly_and_in_little_memory(client: redis.Redis):
    visits = Visits(client, "shop")
    for number in range(5000):
        visits.record(MONDAY, "/", f"user:{number}")
    assert visits.views(MONDAY) == {"/": 5000}
    assert abs(visits.visitors([MONDAY]) - 5000) < 5000 * 0.03
    assert (client.memory_usage(f"shop:visitors:{MONDAY}") or 0) < 13_000


def test_each_day_expires_when_it_has_been_kept(server: kvik.Server, client: redis.Redis):
    visits = Visits(client, "shop", keep=timedelta(days=2))
    visits.record(MONDAY, "/", "ada")
    server.advance(timedelta(days=1))
    visits.record(MONDAY, "/", "ada")
    visits.record(TUESDAY, "/", "ada")
    assert client.dbsize() == 6
    server.advance(timedelta(days=1))
    assert visits.views(MONDAY) == {}, "from its first use on"
    assert visits.visitors([MONDAY, TUESDAY]) == 1
    assert client.dbsize() == 3
    server.advance(timedelta(days=1))
    assert client.dbsize() == 0
