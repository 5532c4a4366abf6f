"""Django's cache and sessions, with Django's own backend and with django-redis."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import django
import pytest
import redis
from django.conf import settings
from django.core.cache import cache, caches
from django.test import Client
from django.test.utils import override_settings
from django_redis import get_redis_connection

from tests.support.servers import eventually

pytestmark = pytest.mark.xdist_group("django")

BACKENDS = {"django": "django.core.cache.backends.redis.RedisCache", "django-redis": "django_redis.cache.RedisCache"}
backends = [pytest.param(name, marks=pytest.mark.application(name)) for name in BACKENDS]


@pytest.fixture(params=backends)
def site(request: pytest.FixtureRequest, url: str, client: redis.Redis) -> Iterator[str]:
    """A configured Django; the name of the backend's library."""
    if not settings.configured:
        settings.configure(
            ROOT_URLCONF="tests.clients.applications.django_views", SECRET_KEY="of the tests", ALLOWED_HOSTS=["testserver"],
            MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"], INSTALLED_APPS=["django.contrib.sessions"],
            TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        )  # fmt: skip
        django.setup()
    default = {"BACKEND": BACKENDS[request.param], "LOCATION": url, "KEY_PREFIX": request.param, "TIMEOUT": 300}
    with override_settings(CACHES={"default": default}, SESSION_ENGINE="django.contrib.sessions.backends.cache"):
        yield request.param
        cache.clear()
        caches.close_all()


def test_values(site: str, client: redis.Redis) -> None:
    cache.set("key", {"a": [1, 2.5, None, "ü"]})
    assert cache.get("key") == {"a": [1, 2.5, None, "ü"]}
    assert client.keys(f"{site}:*") == [f"{site}:1:key"]
    assert cache.get("none", "default") == "default"
    assert cache.add("key", 1) is False
    assert cache.add("new", 1) is True
    assert cache.get_or_set("made", lambda: 42) == 42
    assert "made" in cache
    assert cache.delete("made") is True
    assert "made" not in cache


def test_many_values(site: str) -> None:
    values = {f"key:{number}": number for number in range(100)}
    cache.set_many(values)
    assert cache.get_many([*values, "none"]) == values
    cache.delete_many(list(values)[1:])
    assert cache.get_many(values) == {"key:0": 0}


def test_counters(site: str) -> None:
    cache.set("n", 10)
    assert cache.incr("n") == 11
    assert cache.decr("n", 5) == 6
    with pytest.raises(ValueError, match="none"):
        cache.incr("none")


def test_versions(site: str) -> None:
    cache.set("key", "one", version=1)
    cache.set("key", "two", version=2)
    assert [cache.get("key", version=version) for version in (1, 2)] == ["one", "two"]
    cache.incr_version("key", version=2)
    assert cache.get("key", version=3) == "two"


def test_timeouts(site: str, client: redis.Redis) -> None:
    cache.set("key", "value")
    key = cache.make_key("key")
    assert 295 < client.ttl(key) <= 300
    assert cache.touch("key", 1000)
    assert 995 < client.ttl(key) <= 1000
    cache.set("for-ever", 1, timeout=None)
    assert client.ttl(cache.make_key("for-ever")) == -1
    cache.set("never", 1, timeout=0)
    assert cache.get("never") is None
    cache.set("short", 1, timeout=1)
    assert cache.get("short") == 1
    eventually(lambda: cache.get("short") is None)


def test_asyncio(site: str) -> None:
    async def use() -> list[Any]:
        await cache.aset("a", 1)
        return [await cache.aget("a"), await cache.aincr("a"), await cache.ahas_key("b")]

    assert asyncio.run(use()) == [1, 2, False]


def test_sessions(site: str, client: redis.Redis) -> None:
    visitor, other = Client(), Client()
    assert [visitor.get("/count").json()["visits"] for _ in range(3)] == [1, 2, 3]
    assert other.get("/count").json()["visits"] == 1
    key = cache.make_key(f"django.contrib.sessions.cache{visitor.cookies['sessionid'].value}")
    assert client.ttl(key) > 1_000_000
    visitor.get("/leave")
    assert not client.exists(key)
    assert visitor.get("/count").json()["visits"] == 1


def test_cached_pages(site: str) -> None:
    first = Client().get("/page").content
    assert Client().get("/page").content == first
    cache.clear()
    assert Client().get("/page").content != first


@pytest.mark.parametrize("site", backends[1:], indirect=True)
def test_lifetimes_and_patterns(site: str) -> None:
    cache.set("key", 1, timeout=100)
    assert 90 < cache.ttl("key") <= 100
    assert cache.persist("key")
    assert cache.ttl("key") is None
    assert cache.pexpire("key", 20)
    eventually(lambda: cache.get("key") is None)
    cache.set_many({f"user:{number}": number for number in range(50)})
    assert sorted(cache.iter_keys("user:*", itersize=10)) == sorted(f"user:{number}" for number in range(50))
    assert cache.delete_pattern("user:1*") == 11
    assert len(cache.keys("user:*")) == 39
    assert cache.set("once", 1, nx=True)
    assert not cache.set("once", 2, nx=True)


@pytest.mark.parametrize("site", backends[1:], indirect=True)
def test_locks_and_raw_connections(site: str) -> None:
    with cache.lock("lock", timeout=10):
        assert cache.lock("lock", timeout=10).acquire(blocking=False) is False
    connection = get_redis_connection("default")
    assert connection.pipeline().rpush("raw", "a", "b").llen("raw").execute() == [2, 2]
    assert cache.sadd("set", "a", "b") == 2
    assert cache.smembers("set") == {"a", "b"}
