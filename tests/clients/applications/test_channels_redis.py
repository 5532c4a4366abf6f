"""channels-redis: both layers of Django Channels, on sorted sets and on pub/sub."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import redis
from channels.exceptions import ChannelFull
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

pytestmark = pytest.mark.application("channels-redis")

LAYERS = {"core": RedisChannelLayer, "pubsub": RedisPubSubChannelLayer}
every_layer = pytest.mark.parametrize("kind", LAYERS)


def use(layer: Any, test: Callable[[Any], Awaitable[None]]) -> None:
    async def with_layer() -> None:
        try:
            await asyncio.wait_for(test(layer), 30)
        finally:
            await layer.flush()

    asyncio.run(with_layer())


@every_layer
def test_a_channel(kind: str, url: str) -> None:
    async def test(layer: Any) -> None:
        channel = await layer.new_channel()
        await layer.send(channel, {"type": "hello", "bytes": b"\x00\xff", "text": "ü"})
        assert await layer.receive(channel) == {"type": "hello", "bytes": b"\x00\xff", "text": "ü"}
        waiting = asyncio.ensure_future(layer.receive(channel))
        await asyncio.sleep(0)
        await layer.send(channel, {"type": "later"})
        assert await waiting == {"type": "later"}

    use(LAYERS[kind](hosts=[url], prefix=f"channel-{kind}"), test)


@every_layer
def test_a_group(kind: str, url: str) -> None:
    async def test(layer: Any) -> None:
        channels = [await layer.new_channel() for _ in range(5)]
        for channel in channels:
            await layer.group_add("room", channel)
        await layer.group_send("room", {"type": "chat", "text": "to all"})
        assert [(await layer.receive(channel))["text"] for channel in channels] == ["to all"] * 5
        await layer.group_discard("room", channels[0])
        await layer.group_send("room", {"type": "chat", "text": "to four"})
        assert [(await layer.receive(channel))["text"] for channel in channels[1:]] == ["to four"] * 4
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(layer.receive(channels[0]), 0.05)

    use(LAYERS[kind](hosts=[url], prefix=f"group-{kind}"), test)


def test_a_full_channel(url: str) -> None:
    async def test(layer: Any) -> None:
        for number in range(3):
            await layer.send("full", {"number": number})
        with pytest.raises(ChannelFull):
            await layer.send("full", {"number": 4})
        assert [(await layer.receive("full"))["number"] for _ in range(3)] == [0, 1, 2]

    use(RedisChannelLayer(hosts=[url], prefix="full", capacity=3), test)


def test_messages_expire(url: str, client: redis.Redis) -> None:
    async def test(layer: Any) -> None:
        await layer.send("short", {"type": "lost"})
        assert 0 < client.ttl("short:short") <= 1
        while client.exists("short:short"):
            await asyncio.sleep(0.02)
        await layer.send("short", {"type": "seen"})
        assert (await layer.receive("short"))["type"] == "seen"

    use(RedisChannelLayer(hosts=[url], prefix="short:", expiry=1), test)

