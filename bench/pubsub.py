"""PUBLISH to 1, 100 and 1,000 subscribers: the server's CPU time for each message that a subscriber got.

One publisher, or fifty, send messages in pipelines and wait for all their replies; the subscribers are sockets of this
process, which reads what has come after each round until everyone has everything. So all of a round is delivered before
the next one, on every server. A lone publisher with a single message a round is what the kernel makes expensive (a
system call a message and subscriber, for all servers alike); with sixteen messages, or fifty publishers of a message each,
a server that gathers what it sends needs fewer.

The servers run one after another, each with fresh connections; the figure is the median of the repetitions.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import statistics
import time
from collections.abc import Iterator

from bench.client import Connection, encode_command
from bench.comparison import columns, row
from bench.report import Section
from bench.servers import Server, awake, fleet
from bench.settings import Settings, progress

NAME = "pubsub"
SUBSCRIBERS = (1, 100, 1000)
QUICK_SUBSCRIBERS = (1, 100)
LOADS = ((1, 1), (1, 16), (50, 1), (50, 16))  # publishers, and what each sends at once
TARGET = 0.7  # of the better peer's CPU time
CHANNEL = b"channel"
PAYLOAD = b"x" * 32
MESSAGE = encode_command([b"message", CHANNEL, PAYLOAD])
SUBSCRIBED = b"*3\r\n$9\r\nsubscribe\r\n$7\r\nchannel\r\n:1\r\n"
WARM_UP_ROUNDS = 20
Case = tuple[int, int, int]  # subscribers, publishers, messages that each sends at once


class Audience:
    """Subscribers of one server."""

    def __init__(self, server: Server, size: int) -> None:
        self.size = size
        self.selector = selectors.DefaultSelector()
        self.missing: dict[socket.socket, int] = {}
        for _ in range(size):
            member = socket.create_connection(("127.0.0.1", server.port))
            self.missing[member] = 0
            self.selector.register(member, selectors.EVENT_READ)
            member.sendall(encode_command([b"SUBSCRIBE", CHANNEL]))
        self.receive(len(SUBSCRIBED))

    def receive(self, each: int) -> None:
        """Read so many bytes from each of them."""
        missing = dict.fromkeys(self.missing, each)
        waiting = self.size
        while waiting > 0:
            for key, _ in self.selector.select():
                member = key.fileobj
                assert isinstance(member, socket.socket)
                missing[member] -= len(member.recv(65536))
                waiting -= missing[member] == 0

    def close(self) -> None:
        self.selector.close()
        for member in self.missing:
            member.close()


@contextlib.contextmanager
def audience(server: Server, size: int) -> Iterator[Audience]:
    members = Audience(server, size)
    try:
        yield members
    finally:
        members.close()


def measure(settings: Settings) -> list[Section]:
    sizes = QUICK_SUBSCRIBERS if settings.quick else SUBSCRIBERS
    costs: dict[Case, dict[str, list[float]]] = {
        (size, *load): {name: [] for name in settings.servers} for size in sizes for load in LOADS
    }
    with fleet(settings.servers) as servers:
        for repetition in range(1, settings.repetitions + 1):
            for case, found in costs.items():
                progress(f"pub/sub: {_name(case)}, repetition {repetition}")
                for server in servers:
                    with awake(server):
                        found[server.name].append(_cost(server, case, settings.seconds))
    return [_section(settings, costs)]


def _name(case: Case) -> str:
    size, publishers, pipeline = case
    return f"{size:,} subscribers, {publishers} publishers, -P {pipeline}"


def _cost(server: Server, case: Case, seconds: float) -> float:
    """Microseconds of the server's CPU time for each message that a subscriber got."""
    size, count, pipeline = case
    data = encode_command([b"PUBLISH", CHANNEL, PAYLOAD]) * pipeline
    with contextlib.ExitStack() as stack:
        members = stack.enter_context(audience(server, size))
        publishers = [stack.enter_context(server.connect()) for _ in range(count)]
        for _ in range(WARM_UP_ROUNDS):
            _round(publishers, members, data, pipeline)
        rounds = 0
        before, end = server.cpu_ns(), time.monotonic() + seconds
        while time.monotonic() < end:
            _round(publishers, members, data, pipeline)
            rounds += 1
        return (server.cpu_ns() - before) / 1000 / (rounds * count * pipeline * size)


def _round(publishers: list[Connection], members: Audience, data: bytes, pipeline: int) -> None:
    for publisher in publishers:
        publisher.send(data)
    for publisher in publishers:
        publisher.await_lines(pipeline)
    members.receive(len(publishers) * pipeline * len(MESSAGE))


def _section(settings: Settings, costs: dict[Case, dict[str, list[float]]]) -> Section:
    rows = []
    for case, found in costs.items():
        medians = {name: statistics.median(values) for name, values in found.items()}
        rows.append(row(_name(case), medians, TARGET, settings))
    notes = [f"server CPU us for each delivered message of {len(PAYLOAD)} bytes, median of the repetitions"]
    raw = {"/".join(map(str, case)): found for case, found in costs.items()}
    return Section("Pub/sub: CPU time of a delivered message", columns(settings), rows, notes, raw)
