"""MEMORY: what a key takes, where the rest is, and whether anything is wrong with that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from kvik.commands.help_text import help_reply
from kvik.commands.memory_figures import MemoryFigures, take_figures
from kvik.commands.numbers import read_integer
from kvik.wire.types import OK, CommandError, Reply, Verbatim

if TYPE_CHECKING:
    from kvik.server.client_view import Client
    from kvik.server.server import Server

HELP: Final = """\
MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
DOCTOR
    Return memory problems reports.
MALLOC-STATS
    Return internal statistics report from the memory allocator.
PURGE
    Attempt to purge dirty pages for reclamation by the allocator.
STATS
    Return information about the memory usage of the server.
USAGE <key> [SAMPLES <count>]
    Return memory in bytes used by <key> and its value. Nested values are
    sampled up to <count> times (default: 5, 0 means sample all).
HELP
    Print this help."""


def memory_usage(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """The bytes of the entry, its value, and its share of the table."""
    rest = list(args[3:])
    while rest:
        if rest[0].lower() != b"samples" or len(rest) < 2:
            raise CommandError("ERR syntax error")
        if read_integer(rest[1]) < 0:
            raise CommandError("ERR syntax error")
        del rest[:2]
    key = server.core.inspector.key_info(client.db, args[2])
    return key["bytes"] if key else None


def memory_stats(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    figures = take_figures(server)
    keys = sum(count for count, *_ in server.core.databases())
    stats: dict[str, Reply] = {
        "peak.allocated": figures.peak, "total.allocated": figures.used, "startup.allocated": figures.startup,
        "replication.backlog": 0, "replicas.repl.buffer": 0, "clients.slaves": 0, "clients.normal": figures.clients,
        "cluster.links": 0, "cluster.slot_import": 0, "cluster.slot_export": 0, "aof.buffer": figures.aof_buffer,
        "lua.caches": 0, "functions.caches": 0,
    }  # fmt: skip
    for number, (count, *_) in enumerate(server.core.databases()):
        if count or number == 0:
            stats[f"db.{number}"] = {
                "overhead.hashtable.main": server.core.inspector.table_shape(number, False)["bytes"],
                "overhead.hashtable.expires": server.core.inspector.table_shape(number, True)["bytes"],
            }
    stats |= {
        "overhead.db.hashtable.lut": figures.tables, "overhead.db.hashtable.rehashing": 0,
        "overhead.total": figures.overhead, "db.dict.rehashing.count": 0, "keys.count": keys,
        "keys.bytes-per-key": (figures.used - figures.startup) // keys if keys else 0,
        "dataset.bytes": figures.dataset, "dataset.percentage": figures.dataset_percentage,
        "peak.percentage": figures.used / figures.peak * 100, "allocator.allocated": figures.used,
        "allocator.active": figures.active, "allocator.resident": figures.resident, "allocator.muzzy": 0,
        "allocator-fragmentation.ratio": figures.active / figures.used,
        "allocator-fragmentation.bytes": figures.active - figures.used,
        "allocator-rss.ratio": figures.resident / figures.active,
        "allocator-rss.bytes": figures.resident - figures.active, "rss-overhead.ratio": 1.0, "rss-overhead.bytes": 0,
        "fragmentation": figures.resident / figures.used, "fragmentation.bytes": figures.resident - figures.used,
    }  # fmt: skip
    return {name.encode(): value for name, value in stats.items()}


def memory_malloc_stats(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """What the heap keeps of itself."""
    lines = [f"{name}: {value}" for name, value in sorted(server.core.memory().items())]
    return Verbatim("txt", "\n".join(lines).encode() + b"\n")


def memory_purge(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """Free memory goes back to the system."""
    server.core.trim()
    return OK


SMALL: Final = 5 << 20
"""Below this, ratios say nothing."""


def memory_doctor(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    figures = take_figures(server)
    if figures.used - figures.startup < SMALL:
        return Verbatim("txt", b"There is hardly any data, so there is nothing to say about its memory.\n")
    found = [text for text in _troubles(server, figures) if text]
    if not found:
        return Verbatim("txt", b"No trouble with memory was found.\n")
    return Verbatim("txt", ("Found:\n" + "".join(f" * {text}\n" for text in found)).encode())


def _troubles(server: Server, figures: MemoryFigures) -> Iterator[str]:
    limit, clients = server.config.get_int("maxmemory"), max(1, server.core.client_figures()["count"])
    if figures.peak > 1.5 * figures.used:
        yield (
            f"Peak memory: at some time {figures.peak} bytes were in use, now {figures.used} are. What the system has not "
            "got back since then, MEMORY PURGE gives back."
        )
    if figures.idle > max(figures.used * 0.4, 10 << 20):
        yield (
            f"Fragmentation: the allocator holds {figures.idle} bytes that are free, because values in use lie between "
            "them. They are used for new values first."
        )
    if figures.resident > 1.4 * figures.active:
        yield (
            f"Resident memory: the process holds {figures.resident} bytes, {figures.active} of them for data. The rest is "
            "the program, its libraries, or a child that is saving."
        )
    if figures.clients / clients > 200_000:
        yield (
            f"Client buffers: {clients} clients hold {figures.clients} bytes. CLIENT LIST (omem, tot-mem) shows whose "
            "replies are waiting to be read."
        )
    if limit and figures.used > limit:
        yield f"The limit: maxmemory is {limit} bytes, and {figures.used} are in use."


def memory_help(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return help_reply(HELP, args)
