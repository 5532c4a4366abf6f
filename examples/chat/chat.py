"""A chat over WebSocket: any number of server processes, one Kvik between them.

    python chat.py --port 8001 &  python chat.py --port 8002 &
    python -m websockets ws://127.0.0.1:8001/kitchen/ada
    python -m websockets ws://127.0.0.1:8002/kitchen/grace

A message goes into the stream of its room, which is its history, and out to all processes by pub/sub, in one script: so
everybody sees the same order, that of the IDs. Pub/sub keeps nothing for who is away, the stream does: who joins is
sent the end of it, and a process that had lost its connection reads there what it has missed. What comes both ways is
recognized by its ID.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import signal
from collections import defaultdict
from dataclasses import dataclass, field

import redis
import redis.asyncio
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

PATH = re.compile(r"/([\w-]{1,32})/([\w-]{1,32})")      # room, name
LONGEST, HISTORY, KEPT, BACKLOG = 4096, 50, 10_000, 1000

POST = """
    local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'text', ARGV[1])
    redis.call('PUBLISH', KEYS[1], id .. ' ' .. ARGV[1])
"""


@dataclass(frozen=True, order=True)
class Message:
    milliseconds: int
    sequence: int
    text: str = field(compare=False)

    @classmethod
    def make(cls, identity: str, text: str) -> Message:
        milliseconds, sequence = identity.split("-")
        return cls(int(milliseconds), int(sequence), text)


class Member:
    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.queue: asyncio.Queue[Message] = asyncio.Queue(BACKLOG)
        self.last = Message(0, 0, "")

    async def send(self, message: Message) -> None:
        if message > self.last:
            self.last = message
            await self.socket.send(message.text)

    async def write(self) -> None:
        with contextlib.suppress(ConnectionClosed):         # the reading side sees that too, and ends
            while True:
                await self.send(await self.queue.get())


class Room:
    def __init__(self) -> None:
        self.members: set[Member] = set()
        self.last = Message(0, 0, "")

    def arrived(self, message: Message) -> None:
        self.last = max(self.last, message)
        for member in self.members:
            try:
                member.queue.put_nowait(message)
            except asyncio.QueueFull:                       # too slow: it may join again, and read the history
                member.socket.transport.abort()


class Chat:
    def __init__(self, r: redis.asyncio.Redis) -> None:
        self.redis = r
        self.rooms: defaultdict[str, Room] = defaultdict(Room)      # by the name of their stream and channel
        self.post = r.register_script(POST)
        self.listens = asyncio.Event()

    async def listen(self) -> None:
        """What all processes say, for the members here; for as long as the process lives."""
        while True:
            with contextlib.suppress(redis.ConnectionError):
                async with self.redis.pubsub() as pubsub:
                    await pubsub.psubscribe("chat:*")
                    async for event in pubsub.listen():
                        if event["type"] == "psubscribe":           # also after redis-py has connected again
                            await self.catch_up()
                            self.listens.set()
                        elif (name := event["channel"]) in self.rooms:
                            self.rooms[name].arrived(Message.make(*event["data"].split(" ", 1)))
            await asyncio.sleep(0.1)

    async def catch_up(self) -> None:
        for name, room in list(self.rooms.items()):
            since = f"({room.last.milliseconds}-{room.last.sequence}"
            for identity, fields in await self.redis.xrange(name, min=since) or []:
                room.arrived(Message.make(str(identity), str((fields or {})["text"])))

    async def member(self, socket: ServerConnection) -> None:
        """One connection, from its first moment to its last."""
        path = PATH.fullmatch(socket.request.path if socket.request else "")
        if path is None:
            await socket.close(1008, "the path is /room/name")
            return
        name, who = f"chat:{path[1]}", path[2]
        room, member = self.rooms[name], Member(socket)
        room.members.add(member)            # first: what is said while the history is read waits in the queue
        writer = None
        try:
            for identity, fields in reversed(await self.redis.xrevrange(name, count=HISTORY) or []):
                await member.send(Message.make(str(identity), str((fields or {})["text"])))
            writer = asyncio.create_task(member.write())
            async for text in socket:
                if isinstance(text, str):
                    await self.post(keys=[name], args=[f"{who}: {text}", KEPT])
        except ConnectionClosed:
            pass
        finally:
            room.members.discard(member)
            if not room.members:
                self.rooms.pop(name, None)
            if writer:
                writer.cancel()


async def run(url: str, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with redis.asyncio.Redis.from_url(url, decode_responses=True) as r, asyncio.TaskGroup() as tasks:
        chat = Chat(r)
        listening = tasks.create_task(chat.listen())
        await chat.listens.wait()           # nobody joins before: a message between history and subscription would be lost
        async with serve(chat.member, "127.0.0.1", port, max_size=LONGEST) as server:
            print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/room/name", flush=True)
            await stop.wait()
        listening.cancel()


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--redis", default="redis://127.0.0.1:6379")
    arguments.add_argument("--port", type=int, default=8001)
    options = arguments.parse_args()
    asyncio.run(run(options.redis, options.port))


if __name__ == "__main__":
    main()
