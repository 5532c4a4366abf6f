"""redis-py with asyncio, in both protocols, with hiredis and with its own parser: pipelines, waiting, messages, failures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import redis.asyncio as redis
from redis._parsers import _AsyncHiredisParser, _AsyncRESP2Parser, _AsyncRESP3Parser
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError, WatchError

pytestmark = pytest.mark.application("redis")

PARSERS = {
    "resp2": (2, _AsyncRESP2Parser), "resp3": (3, _AsyncRESP3Parser),
    "hiredis-resp2": (2, _AsyncHiredisParser), "hiredis-resp3": (3, _AsyncHiredisParser),
}  # fmt: skip
Use = Callable[[Callable[[Any], Awaitable[None]]], None]


@pytest.fixture(params=PARSERS)
def use(request: pytest.FixtureRequest, url: str) -> Use:
    """Runs a test with a client on an empty server."""
    protocol, parser = PARSERS[request.param]

    async def with_client(test: Callable[[Any], Awaitable[None]]) -> None:
        pool = redis.ConnectionPool.from_url(
            url, protocol=protocol, parser_class=parser, decode_responses=True, retry=Retry(NoBackoff(), 3),
        )  # fmt: skip
        async with redis.Redis.from_pool(pool) as client:
            await client.flushall()
            await asyncio.wait_for(test(client), 30)

    return lambda test: asyncio.run(with_client(test))


def test_many_at_once(use: Use) -> None:
    async def test(client: Any) -> None:
        assert sorted(await asyncio.gather(*(client.incr("n") for _ in range(50)))) == list(range(1, 51))
        assert await client.hset("hash", mapping={"a": 1, "b": "ü"}) == 2
        assert await client.hgetall("hash") == {"a": "1", "b": "ü"}
        await client.mset({f"key:{number}": number for number in range(300)})
        assert len({key async for key in client.scan_iter("key:*", count=20)}) == 300

    use(test)


def test_pipelines_and_transactions(use: Use) -> None:
    async def test(client: Any) -> None:
        async with client.pipeline(transaction=False) as pipe:
            for number in range(1000):
                pipe.rpush("list", number)
            assert (await pipe.execute())[-1] == 1000
        async with client.pipeline() as pipe:
            pipe.incr("list").incr("n")
            wrong, right = await pipe.execute(raise_on_error=False)
            assert isinstance(wrong, ResponseError)
            assert right == 1
            await pipe.watch("n")
            await client.incr("n")
            pipe.multi()
            pipe.set("n", "lost")
            with pytest.raises(WatchError):
                await pipe.execute()

        async def double(pipe: Any) -> None:
            seen = int(await pipe.get("n"))
            pipe.multi()
            pipe.set("n", 2 * seen)

        assert await client.transaction(double, "n") == [True]
        assert await client.get("n") == "4"

    use(test)


def test_waiting_and_giving_up(use: Use) -> None:
    async def test(client: Any) -> None:
        waiting = [asyncio.create_task(client.blpop("queue", timeout=20)) for _ in range(20)]
        while (await client.info("clients"))["blocked_clients"] < 20:
            await asyncio.sleep(0.002)
        waiting[0].cancel()
        await asyncio.gather(waiting[0], return_exceptions=True)
        while (await client.info("clients"))["blocked_clients"] == 20:
            await asyncio.sleep(0.002)
        await client.rpush("queue", *range(19))
        got = await asyncio.gather(*waiting[1:])
        assert sorted(int(value) for _, value in got) == list(range(19))
        assert await client.blpop("queue", timeout=0.02) is None

    use(test)


def test_messages(use: Use) -> None:
    async def test(client: Any) -> None:
        async with client.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe("news")
            await pubsub.psubscribe("n?ws")
            while await client.publish("news", "hello") < 2:
                pass
            seen = []
            async for message in pubsub.listen():
                seen.append((message["type"], message["channel"], message["data"]))
                if len(seen) >= 2 and seen[-1][0] == "pmessage":
                    break
            assert {("message", "news", "hello"), ("pmessage", "news", "hello")} == set(seen)

    use(test)


def test_scripts(use: Use) -> None:
    async def test(client: Any) -> None:
        script = client.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
        assert await script(keys=["n"], args=[5]) == 5
        await client.script_flush()
        assert await script(keys=["n"], args=[6]) == 11

    use(test)


def test_streams(use: Use) -> None:
    async def test(client: Any) -> None:
        await client.xgroup_create("stream", "group", mkstream=True)
        reading = asyncio.create_task(client.xreadgroup("group", "me", {"stream": ">"}, block=20_000))
        while (await client.info("clients"))["blocked_clients"] < 1:
            await asyncio.sleep(0.002)
        name = await client.xadd("stream", {"kind": "order"})
        assert name in str(await reading)
        assert await client.xack("stream", "group", name) == 1

    use(test)


def test_lost_connections(use: Use) -> None:
    async def test(client: Any) -> None:
        await asyncio.gather(*(client.ping() for _ in range(10)))
        async with redis.Redis(port=client.connection_pool.connection_kwargs["port"]) as killer:
            assert await killer.client_kill_filter(_type="normal", skipme=True) > 0
        assert await asyncio.gather(*(client.ping() for _ in range(10))) == [True] * 10

    use(test)
