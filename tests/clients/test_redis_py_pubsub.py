"""redis-py's pub/sub as people use it, blocking and with asyncio, in RESP2 and RESP3."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
import redis
import redis.asyncio

from tests.support.servers import ServerProcess

pytestmark = pytest.mark.application("redis")


def next_message(pubsub: Any) -> dict[str, Any]:
    """The next one that is no confirmation."""
    while True:
        message: dict[str, Any] | None = pubsub.get_message(timeout=20)
        assert message is not None
        if message["type"] in ("message", "pmessage", "smessage"):
            return message


@pytest.mark.parametrize("protocol", [2, 3])
def test_blocking(server: ServerProcess, protocol: int) -> None:
    with redis.Redis(port=server.port, protocol=protocol) as client, client.pubsub() as pubsub:
        pubsub.subscribe("chat")
        pubsub.psubscribe("news.*")
        assert pubsub.get_message(timeout=20) == {"type": "subscribe", "pattern": None, "channel": b"chat", "data": 1}
        assert pubsub.get_message(timeout=20) == {"type": "psubscribe", "pattern": None, "channel": b"news.*", "data": 2}
        assert client.publish("chat", "hello") == 1
        assert client.publish("news.art", b"\x00\xff") == 1
        assert next_message(pubsub) == {"type": "message", "pattern": None, "channel": b"chat", "data": b"hello"}
        assert next_message(pubsub) == {
            "type": "pmessage", "pattern": b"news.*", "channel": b"news.art", "data": b"\x00\xff"
        }  # fmt: skip
        assert client.pubsub_channels() == [b"chat"]
        assert client.pubsub_numsub("chat") == [(b"chat", 1)]
        assert client.pubsub_numpat() == 1
        pubsub.ping("are you there")
        answer = pubsub.get_message(timeout=20)
        assert answer is not None
        assert answer["data"] == b"are you there"
        pubsub.unsubscribe()
        pubsub.punsubscribe()
        assert [pubsub.get_message(timeout=20)["data"] for _ in range(2)] == [1, 0]


@pytest.mark.parametrize("protocol", [2, 3])
def test_a_thread_with_handlers(server: ServerProcess, protocol: int) -> None:
    got: list[bytes] = []
    done = threading.Event()

    def heard(message: dict[str, Any]) -> None:
        got.append(message["data"])
        if message["data"] == b"end":
            done.set()

    with redis.Redis(port=server.port, protocol=protocol) as client:
        pubsub = client.pubsub(ignore_subscribe_messages=True)
        pubsub.subscribe(chat=heard)
        thread = pubsub.run_in_thread(sleep_time=0.01)
        while client.publish("chat", "first") == 0:
            pass
        for i in range(100):
            client.publish("chat", i)
        client.publish("chat", "end")
        assert done.wait(20)
        thread.stop()
        thread.join(20)
    assert got == [b"first", *(b"%d" % i for i in range(100)), b"end"]


@pytest.mark.parametrize("protocol", [2, 3])
def test_asyncio(server: ServerProcess, protocol: int) -> None:
    async def run() -> list[bytes]:
        async with redis.asyncio.Redis(port=server.port, protocol=protocol) as client:
            readers = []
            ready = asyncio.Semaphore(0)

            async def read() -> list[bytes]:
                got = []
                async with client.pubsub() as pubsub:
                    await pubsub.subscribe("chat")
                    async for message in pubsub.listen():
                        if message["type"] == "subscribe":
                            ready.release()
                        else:
                            got.append(message["data"])
                        if message["data"] == b"end":
                            return got
                return got

            readers = [asyncio.create_task(read()) for _ in range(20)]
            for _ in readers:
                await ready.acquire()
            async with client.pipeline(transaction=False) as pipeline:
                for i in range(50):
                    pipeline.publish("chat", i)
                pipeline.publish("chat", "end")
                assert await pipeline.execute() == [20] * 51
            results = await asyncio.gather(*readers)
            assert all(result == results[0] for result in results)
            return results[0]

    assert asyncio.run(run()) == [*(b"%d" % i for i in range(50)), b"end"]


@pytest.mark.parametrize("protocol", [2, 3])
def test_keyspace_events(server: ServerProcess, protocol: int) -> None:
    with redis.Redis(port=server.port, protocol=protocol) as client, client.pubsub() as pubsub:
        client.config_set("notify-keyspace-events", "KEA")
        pubsub.psubscribe("__keyevent@0__:*")
        pubsub.get_message(timeout=20)
        client.set("key", 1)
        client.delete("key")
        client.config_set("notify-keyspace-events", "")
        heard = [next_message(pubsub) for _ in range(2)]
        assert [(message["channel"], message["data"]) for message in heard] == [
            (b"__keyevent@0__:set", b"key"), (b"__keyevent@0__:del", b"key")
        ]  # fmt: skip
