"""Resident bytes of collections: many small ones and single large ones, of every type.

Each server is alone on the machine and empty when the first reading is taken. What is loaded is the same for all, byte
for byte: keys and elements as they come with a line like these in applications (short names, short values).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from bench.cases import INDEX, Preload
from bench.load import preload
from bench.memory import settled_resident_bytes
from bench.report import Section, number
from bench.servers import Server
from bench.settings import SUBJECT, Settings, progress

NAME = "footprint"
MILLION = 1_000_000
USED_TARGET = 0.05


@dataclass(frozen=True)
class Footprint:
    """What is loaded with `count` commands, and how many elements or keys a figure stands for."""

    title: str
    step: Preload
    count: int
    units: int
    unit: str
    target: float = 1.0


def words(template: str, count: int) -> tuple[str, ...]:
    return tuple(word.replace("#", str(number)) for number in range(count) for word in template.split())


FOOTPRINTS: tuple[Footprint, ...] = (
    Footprint("1 M strings of 16 bytes", Preload(("SET", f"key:{INDEX}", "x" * 16)), MILLION, MILLION, "key"),
    Footprint("200 k strings of 1 kB", Preload(("SET", f"key:{INDEX}", "x" * 1024)), MILLION // 5, MILLION // 5, "key"),
    Footprint(
        "1 M hashes of 5 fields", Preload(("HSET", f"hash:{INDEX}", *words("field# value#", 5))),
        MILLION, MILLION, "hash",
    ),
    Footprint("a hash of 1 M fields", Preload(("HSET", "hash", f"f{INDEX}", "value")), MILLION, MILLION, "field"),
    Footprint(
        "1 M lists of 5", Preload(("RPUSH", f"list:{INDEX}", *words("element#", 5))), MILLION, MILLION, "list"
    ),
    Footprint(
        "a list of 5 M", Preload(("RPUSH", "list", *words(f"{INDEX}#", 10))), MILLION // 2, 5 * MILLION, "element"
    ),
    Footprint("1 M sets of 5 integers", Preload(("SADD", f"set:{INDEX}", *words("10#", 5))), MILLION, MILLION, "set"),
    Footprint("a set of 1 M strings", Preload(("SADD", "set", f"m{INDEX}")), MILLION, MILLION, "member"),
    Footprint(
        "100 k sorted sets of 10", Preload(("ZADD", f"zset:{INDEX}", *words("#.5 member#", 10))),
        100_000, 100_000, "zset",
    ),
    Footprint("a sorted set of 1 M", Preload(("ZADD", "zset", INDEX, f"m{INDEX}")), MILLION, MILLION, "member"),
    Footprint(
        "a stream of 1 M entries", Preload(("XADD", "stream", f"{INDEX}-1", *words("field# value#", 3)), 2),
        MILLION, MILLION, "entry",
    ),
    Footprint(
        "1 M HyperLogLogs of 10", Preload(("PFADD", f"hll:{INDEX}", *words(f"{INDEX}#", 10))), MILLION, MILLION, "key"
    ),
)  # fmt: skip


def measure(settings: Settings) -> list[Section]:
    rows, honest = [], []
    raw: dict[str, dict[str, dict[str, float]]] = {}
    for each in FOOTPRINTS:
        if settings.quick and each.count > 100_000:
            continue
        grown = {name: growth(name, each) for name in settings.servers}
        raw[each.title] = {name: asdict(bytes_) for name, bytes_ in grown.items()}
        figures = {name: bytes_.resident / each.units for name, bytes_ in grown.items()}
        shares = {name: bytes_.used / bytes_.resident for name, bytes_ in grown.items()}
        peers = [figures[name] for name in settings.peers]
        ratio = figures[SUBJECT] / min(peers) if SUBJECT in figures and peers else None
        verdict = "-" if ratio is None else "met" if ratio <= each.target else "missed"
        rows.append([
            each.title, each.unit, *(number(figures[name]) for name in settings.servers),
            "-" if ratio is None else number(ratio), f"<= {each.target:g}", verdict,
        ])  # fmt: skip
        told = SUBJECT not in shares or abs(shares[SUBJECT] - 1) <= USED_TARGET
        honest.append([each.title, *(number(shares[name]) for name in settings.servers), "met" if told else "missed"])
    columns = ("what", "bytes per", *settings.servers, "ratio", "target", "verdict")
    return [
        Section("Footprint: resident bytes of collections", columns, rows, [], raw),
        Section(
            "Growth of used_memory / growth of resident memory", ("what", *settings.servers, "verdict"), honest,
            [f"target: within {USED_TARGET:.0%}"],
        ),
    ]  # fmt: skip


@dataclass(frozen=True)
class Growth:
    """Bytes."""

    resident: float
    used: float


def growth(name: str, what: Footprint) -> Growth:
    progress(f"{name}: {what.title}")
    with Server(name) as server, server.connect() as connection:
        resident, used = settled_resident_bytes(server), connection.figure("used_memory")
        preload(server, (what.step,), 0, what.count, 0)
        return Growth(settled_resident_bytes(server) - resident, connection.figure("used_memory") - used)
