"""LATENCY: what has held the server up (server/latency.py), and how long each command takes (engine/histogram.py)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from kvik.commands.help_text import help_reply
from kvik.commands.sparkline import sparkline
from kvik.server.config_text import decode
from kvik.server.latency import Event
from kvik.wire.types import CommandError, Reply, Verbatim

if TYPE_CHECKING:
    from kvik.server.client_view import Client
    from kvik.server.server import Server

HELP: Final = """\
LATENCY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
DOCTOR
    Return a human readable latency analysis report.
GRAPH <event>
    Return an ASCII latency graph for the <event> class.
HISTORY <event>
    Return time-latency samples for the <event> class.
LATEST
    Return the latest latency samples for all events.
RESET [<event> ...]
    Reset latency data of one or more <event> classes.
    (default: reset all data for all event classes)
HISTOGRAM [COMMAND ...]
    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.
    If no commands are specified then all histograms are replied.
HELP
    Print this help."""


def latency_latest(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return [
        [name, *event.samples[-1], event.longest, event.total, event.count]
        for name, event in server.latency.events.items()
    ]


def latency_history(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    event = server.latency.events.get(decode(args[2]))
    return [list(sample) for sample in event.samples] if event else []


def latency_reset(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    named = [decode(arg) for arg in args[2:]] or list(server.latency.events)
    return sum(server.latency.reset(name) for name in named)


def latency_help(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return help_reply(HELP, args)


# --- the graph -------------------------------------------------------------------------------------------------------

_COLUMNS: Final = 80
_ROWS: Final = 4


def latency_graph(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    name = decode(args[2])
    event = server.latency.events.get(name)
    if event is None:
        raise CommandError(f"ERR No samples available for event '{name}'")
    values = [milliseconds for _, milliseconds in event.samples]
    now = int(time.time())
    head = f"{name} - high {max(values)} ms, low {min(values)} ms (all time high {event.longest} ms)\n"
    graph = sparkline(values, [_age(now - when) for when, _ in event.samples], _COLUMNS, _ROWS)
    return Verbatim("txt", (head + "-" * _COLUMNS + "\n" + graph).encode())


def _age(seconds: int) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


# --- histograms ------------------------------------------------------------------------------------------------------


def latency_histogram(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """Of a container, all its subcommands are shown."""
    latencies = dict(server.core.insight.latencies())
    names: list[str] = list(latencies) if len(args) == 2 else []
    for arg in args[2:]:
        found = server.table.find(arg)
        if found is not None:
            names += [found.name, *(each.name for each in server.table.subcommands(found))]
    return {name: _histogram(latencies[name]) for name in names if name in latencies}


def _histogram(counts: Sequence[tuple[int, int]]) -> Reply:
    """How many calls took at most 1 us, 2 us, 4 us and so on, where that grows."""
    cumulative: dict[int, int] = {}
    total, at, limit = 0, 0, 1024
    while at < len(counts):
        before = total
        while at < len(counts) and counts[at][0] <= limit + limit // 32 - 1:
            total += counts[at][1]
            at += 1
        if total > before:
            cumulative[(limit + limit // 128 - 1) // 1000] = total
        limit *= 2
    return {"calls": total, "histogram_usec": cumulative}


# --- the doctor ------------------------------------------------------------------------------------------------------


def latency_doctor(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    events = server.latency.events
    if not server.config.get_int("latency-monitor-threshold"):
        return Verbatim(
            "txt",
            b"Latency is not monitored. CONFIG SET latency-monitor-threshold <milliseconds> begins to.\n",
        )
    if not events:
        return Verbatim("txt", b"Nothing has taken longer than latency-monitor-threshold so far.\n")
    found = [f"{number}. {_describe(name, events[name])}\n" for number, name in enumerate(events, 1)]
    advice = [f" * {text}\n" for text in _advice(server, events)]
    return Verbatim("txt", ("Found:\n" + "".join(found) + "What may help:\n" + "".join(advice)).encode())


def _describe(name: str, event: Event) -> str:
    values = [milliseconds for _, milliseconds in event.samples]
    average = sum(values) // len(values)
    deviation = sum(abs(value - average) for value in values) // len(values)
    period = (event.samples[-1][0] - event.samples[0][0]) / max(1, len(values) - 1)
    return (
        f"{name}: {len(values)} latency spikes (average {average}ms, mean deviation {deviation}ms, "
        f"period {period:.2f} sec). Worst all time event {event.longest}ms."
    )


def _advice(server: Server, events: dict[str, Event]) -> Iterator[str]:
    kinds, threshold = set(events), server.config.get_int("latency-monitor-threshold") * 1000
    if "command" in kinds:
        slow = server.config.get_int("commandlog-execution-slower-than")
        if slow < 0 or server.config.get_int("commandlog-slow-execution-max-len") == 0:
            yield f"Slow commands are not logged: CONFIG SET slowlog-log-slower-than {threshold}."
        elif slow > threshold:
            yield f"Only slower commands are logged than are found here: CONFIG SET slowlog-log-slower-than {threshold}."
        yield "SLOWLOG GET shows which commands were slow. Those over whole large values can be split, or use SCAN."
    if "fast-command" in kinds:
        yield (
            "Commands that are always quick were slow, so the machine was busy with something else: look for swapping, "
            "other processes on its processors, and a noisy neighbour of a virtual machine."
        )
    if "fork" in kinds:
        yield (
            "Forking for a snapshot or a rewrite takes longer the more memory there is: less memory a server, fewer save "
            "points, and vm.overcommit_memory 1 help."
        )
    if kinds & {"aof-write", "aof-fsync-always"}:
        yield (
            "The disk is too slow for the append-only file: appendfsync everysec, no-appendfsync-on-rewrite yes, or a disk "
            "that nobody else writes to."
        )
    if kinds & {"expire-cycle", "eviction-cycle"}:
        yield (
            "Many keys expire or are evicted at once: spread their times to live, and let lazyfree-lazy-expire and "
            "lazyfree-lazy-eviction free large values in the background."
        )
    if "command" in kinds:
        yield "Deleting a large value frees it at once: UNLINK, or lazyfree-lazy-user-del, leave that to the background."
    if _huge_pages():
        yield (
            "Transparent huge pages are on, which makes forks dear:"
            " echo madvise > /sys/kernel/mm/transparent_hugepage/enabled."
        )


def _huge_pages() -> bool:
    try:
        with open("/sys/kernel/mm/transparent_hugepage/enabled") as file:
            return "[always]" in file.read()
    except OSError:
        return False
