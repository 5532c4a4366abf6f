"""examples/chat: several chat servers and one kvik-server, all processes; members are WebSocket clients of the test."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
from collections.abc import AsyncIterator, Callable

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.conftest import Start
from tests.examples.conftest import Launch, Program
from tests.support.servers import ServerProcess, fresh

Chats = Callable[[ServerProcess], tuple[Program, str]]


@pytest.fixture
def chats(launch: Launch) -> Chats:
    """Starts a chat server; returns it and the beginning of its URLs."""

    def chats(kvik: ServerProcess) -> tuple[Program, str]:
        program = launch("chat", "--redis", f"redis://127.0.0.1:{kvik.port}", "--port", "0")
        program.said("/room/name")
        found = re.search(r"ws://127.0.0.1:\d+", program.log.read_text())
        assert found
        return program, found[0]

    return chats


async def receive(member: ClientConnection, number: int) -> list[str]:
    async with asyncio.timeout(30):
        return [str(await member.recv()) for _ in range(number)]


@contextlib.asynccontextmanager
async def joined(url: str, says: str) -> AsyncIterator[ClientConnection]:
    """A member who has said something and heard it: what happens from now on, it must hear."""
    async with connect(url) as member:
        await member.send(says)
        name = url.rsplit("/", 1)[1]
        while (await receive(member, 1))[0] != f"{name}: {says}":
            pass
        yield member


def test_rooms_span_servers_and_have_a_history(kvik: ServerProcess, chats: Chats):
    fresh(kvik, 2).close()
    (one_program, one), (_, other) = chats(kvik), chats(kvik)

    async def talk() -> None:
        async with joined(f"{one}/kitchen/ada", "hello") as ada, joined(f"{other}/garden/grace", "anybody?"):
            async with connect(f"{other}/kitchen/barbara") as barbara:
                assert await receive(barbara, 1) == ["ada: hello"], "the history"
                await barbara.send("hello ada\nhow are you?")
                assert await receive(ada, 1) == ["barbara: hello ada\nhow are you?"]
                assert await receive(barbara, 1) == ["barbara: hello ada\nhow are you?"]
                assert one_program.end(signal.SIGKILL) == -signal.SIGKILL
                with pytest.raises(ConnectionClosed):
                    await ada.recv()
                await barbara.send("ada?")
                assert await receive(barbara, 1) == ["barbara: ada?"]
            async with connect(f"{other}/kitchen/ada") as ada:
                assert await receive(ada, 3) == ["ada: hello", "barbara: hello ada\nhow are you?", "barbara: ada?"]

    asyncio.run(talk())


def test_all_see_the_same_order_and_joining_loses_nothing(kvik: ServerProcess, chats: Chats):
    """Two write as fast as they can; others join in the middle of it. Each sees the end of what went before, and from
    there on everything, once."""
    fresh(kvik, 2).close()
    urls = [chats(kvik)[1] for _ in range(2)]
    each, late = 150, 6

    async def speak(member: ClientConnection) -> None:
        for number in range(each):
            await member.send(f"{number}")

    heard_all = asyncio.Event()

    async def everything(member: ClientConnection) -> list[str]:
        seen: list[str] = []
        while "ada: end" not in seen:
            seen += await receive(member, 1)
            if {f"ada: {each - 1}", f"grace: {each - 1}"} <= set(seen):
                heard_all.set()
        return seen[:-1]

    async def join(number: int) -> list[str]:
        async with connect(f"{urls[number % 2]}/room/guest-{number}") as member:
            return await everything(member)

    async def talk() -> None:
        async with joined(f"{urls[0]}/room/ada", "first") as ada, joined(f"{urls[1]}/room/grace", "second") as grace:
            assert await receive(ada, 1) == ["grace: second"]
            async with asyncio.TaskGroup() as tasks:
                speakers = [tasks.create_task(speak(member)) for member in (ada, grace)]
                complete = [tasks.create_task(everything(member)) for member in (ada, grace)]
                guests = []
                for number in range(late):
                    guests.append(tasks.create_task(join(number)))
                    await asyncio.sleep(0)
                await asyncio.gather(*speakers)
                await heard_all.wait()
                await ada.send("end")
            told, also = (task.result() for task in complete)
            assert told == also
            assert len(told) == 2 * each
            assert [line for line in told if line.startswith("ada")] == [f"ada: {number}" for number in range(each)]
            for guest in guests:
                seen = [line for line in guest.result() if line.split(": ")[1].isdigit()]
                assert seen == told[-len(seen):], "no gap, nothing twice"

    asyncio.run(talk())


def test_kvik_starts_again_and_nobody_misses_anything(start: Start, chats: Chats):
    kvik = start("kvik", appendonly="yes", appendfsync="always")
    (_, one), (_, other) = chats(kvik), chats(kvik)

    async def talk() -> None:
        async with joined(f"{one}/room/ada", "before") as ada, joined(f"{other}/room/grace", "also before") as grace:
            assert await receive(ada, 1) == ["grace: also before"]
            kvik.kill()
            kvik.start()
            # Said by another program, before the chat servers may have subscribed again.
            with kvik.connect() as connection:
                connection("XADD", "chat:room", "*", "text", "news: back again")
            for member in (ada, grace):
                await member.send("hello")
            said = [sorted(await receive(member, 3)) for member in (ada, grace)]
            assert said == [["ada: hello", "grace: hello", "news: back again"]] * 2

    asyncio.run(talk())


def test_what_is_not_taken(kvik: ServerProcess, chats: Chats):
    fresh(kvik, 2).close()
    _, url = chats(kvik)

    async def talk() -> None:
        for path in ("", "/room", "/room/ada/more", "/room/a%20b", f"/{'r' * 33}/ada"):
            async with connect(f"{url}{path}") as member:
                with pytest.raises(ConnectionClosed, match="the path is /room/name"):
                    await member.recv()
        async with joined(f"{url}/room/ada", "hello") as ada:
            await ada.send("x" * 4097)
            with pytest.raises(ConnectionClosed, match="1009"):
                await ada.recv()

    asyncio.run(talk())


def test_it_ends_when_it_is_told_to(kvik: ServerProcess, chats: Chats):
    program, url = chats(kvik)

    async def talk() -> None:
        async with joined(f"{url}/leaving/ada", "hello") as ada:
            assert await asyncio.to_thread(program.end) == 0
            with pytest.raises(ConnectionClosed, match="1001"):
                await ada.recv()

    asyncio.run(talk())
