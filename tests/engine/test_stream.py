"""Streams: against a list of entries, the layout of their blocks, their groups, and what happens when memory is short."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.engine.heap_probe import HeapProbe
from tests.engine.stream_probe import StreamProbe, format_id, neighbours, parse_id

MAX = (1 << 64) - 1
FIRST, LAST = (0, 0), (MAX, MAX)
STRICT, EDGES, AUTO = 0, 1, 2
ID = tuple[int, int]
Entry = tuple[ID, list[bytes]]

TEXTS = st.one_of(
    st.binary(max_size=5),
    st.integers(-(1 << 70), 1 << 70).map(lambda n: b"%d" % n),
    st.integers(-130, 130).map(lambda n: b"%d" % n),
    st.sampled_from([b"", b"0", b"-0", b"01", b"+1", b"a" * 63, b"a" * 64, b"9" * 63, b"x" * 4095, b"x" * 4096]),
)
SHAPES = st.sampled_from([[b"a"], [b"a", b"b"], [b"b", b"a"], [b"1", b"2", b"3"], [b""], []])
"""Fields of entries: mostly those of the entry before."""


# --- IDs -------------------------------------------------------------------------------------------------------------

INVALID = [
    b"", b"-", b"+", b"--", b"1-", b"-1", b"1--1", b"a", b"1-a", b"a-1", b"1-1-1", b"1-*", b"*", b"1.0", b"0x10",
    b"18446744073709551616", b"1-18446744073709551616", b" ", b"1 ", b"1-1 ", b"\0", b"1-\0", b"0" * 128,
    b"1" + b"0" * 126,
]  # fmt: skip


@pytest.mark.parametrize("text", INVALID)
def test_no_ids(text: bytes) -> None:
    assert parse_id(text, STRICT, 0) is None


@pytest.mark.parametrize(
    ("text", "allowed", "expected"),
    [
        (b"0", STRICT, (0, 7, False)),
        (b"5", STRICT, (5, 7, False)),
        (b"5-0", STRICT, (5, 0, False)),
        (b"1526919030474-55", STRICT, (1526919030474, 55, False)),
        (b"18446744073709551615-18446744073709551615", STRICT, (MAX, MAX, False)),
        (b"007-008", STRICT, (7, 8, False)),
        (b" 7", STRICT, (7, 7, False)),
        (b"+7- +8", STRICT, (7, 8, False)),
        (b"7- -1", STRICT, (7, MAX, False)),
        (b"7\x00-9", STRICT, (7, 7, False)),
        (b"0" * 124 + b"5-1", STRICT, (5, 1, False)),
        (b"-", EDGES, (0, 0, False)),
        (b"+", EDGES, (MAX, MAX, False)),
        (b"++", EDGES, None),
        (b"5-*", AUTO, (5, 0, True)),
        (b"5-**", AUTO, None),
        (b"*-5", AUTO, None),
        (b"-", AUTO, None),
    ],
)
def test_ids(text: bytes, allowed: int, expected: object) -> None:
    assert parse_id(text, allowed, 7) == expected


@given(st.integers(0, MAX), st.integers(0, MAX))
def test_an_id_reads_as_it_was_written(ms: int, seq: int) -> None:
    assert format_id(ms, seq) == b"%d-%d" % (ms, seq)
    assert parse_id(format_id(ms, seq), STRICT, 0) == (ms, seq, False)
    number = (ms << 64) + seq
    before, behind = neighbours(ms, seq)
    assert (before[0] << 64) + before[1] == (number - 1) % (1 << 128)
    assert (behind[0] << 64) + behind[1] == (number + 1) % (1 << 128)


# --- layout ----------------------------------------------------------------------------------------------------------


def blocks_of(entries: list[Entry], deleted: set[ID], max_bytes: int = 4096, max_entries: int = 100) -> list[object]:
    """How the entries should stand in blocks."""
    blocks: list[tuple[ID, list[bytes]]] = []
    sizes: list[int] = []
    for id, parts in entries:
        fields = parts[::2]
        if not blocks or sizes[-1] >= max_entries:
            blocks.append((id, [b"0", b"0", b"%d" % len(fields), *fields, b"0"]))
            sizes.append(0)
        (ms, seq), block = blocks[-1]
        count, marked = int(block[0]), int(block[1])
        block[:2] = [b"%d" % (count + (id not in deleted)), b"%d" % (marked + (id in deleted))]
        sizes[-1] += 1
        same = fields == block[3 : 3 + int(block[2])] and len(fields) == int(block[2])
        difference = [((new - old + (1 << 63)) % (1 << 64)) - (1 << 63) for new, old in ((id[0], ms), (id[1], seq))]
        flags = 2 * same + (id in deleted)
        body = parts[1::2] if same else [b"%d" % len(fields), *parts]
        block += [b"%d" % flags, *(b"%d" % each for each in difference), *body, b"%d" % (len(body) + 3)]
    return [each for each in blocks if each[1][0] != b"0"]


ENTRIES: list[Entry] = [
    ((5, 9), [b"a", b"1", b"b", b"2"]),
    ((5, 10), [b"a", b"x", b"b", b"y"]),
    ((6, 0), [b"b", b"1", b"a", b"2"]),
    ((6, 1), [b"a", b"1"]),
    ((1 << 40, MAX), [b"a", b"-5", b"b", b""]),
    ((MAX, 0), []),
    ((MAX, MAX), [b"a", b"z" * 5000, b"b", b"7777777777777777777"]),
]


@pytest.mark.parametrize("max_entries", [1, 2, 3, 100])
@pytest.mark.parametrize("deleted", [set(), {(6, 0)}, {(5, 9), (MAX, MAX)}, {(5, 9), (5, 10), (6, 0)}])
def test_blocks(max_entries: int, deleted: set[ID]) -> None:
    stream = StreamProbe(HeapProbe(), 1 << 20, max_entries)
    for id, parts in ENTRIES:
        assert stream.append(id, parts)
    for id in deleted:
        assert stream.remove(id)
    assert stream.blocks() == blocks_of(ENTRIES, deleted, max_entries=max_entries)


def test_a_block_is_full_by_bytes() -> None:
    """When its bytes and the entry's text reach the limit."""
    stream = StreamProbe(HeapProbe(), 200, 0)
    assert stream.append((1, 0), [b"a", b"x" * 300])
    assert stream.append((2, 0), [b"a", b"x"])
    used = len(stream.listpacks()[-1])
    assert stream.append((3, 0), [b"a", b"x" * (200 - used - 1 - 1)])
    assert len(stream.blocks()) == 2
    stream.remove((3, 0))
    assert stream.append((4, 0), [b"a", b""])
    assert len(stream.blocks()) == 3


@pytest.mark.parametrize("count", [126, 127, 128, 129, 4095, 4096, 4200])
def test_counters_of_any_size(count: int) -> None:
    stream = StreamProbe(HeapProbe(), 0, 0)
    entries: list[Entry] = [((i, 0), [b"f", b"%d" % i]) for i in range(1, count + 1)]
    for id, parts in entries:
        assert stream.append(id, parts)
    assert stream.blocks() == blocks_of(entries, set(), max_entries=1 << 30)
    deleted = {id for id, _ in entries[1::2]} | {id for id, _ in entries[: count // 3]}
    for id in deleted:
        assert stream.remove(id)
    assert stream.blocks() == blocks_of(entries, deleted, max_entries=1 << 30)
    assert stream.append((count + 1, 0), [b"f", b"1"])
    assert stream.range(FIRST, LAST, True, 1) == [((count + 1, 0), [b"f", b"1"])]


def test_memory_follows_the_entries() -> None:
    """A full block takes no more than it needs, a stream of one entry next to nothing."""
    heap = HeapProbe()
    stream = StreamProbe(heap)
    assert stream.append((1, 0), [b"sensor", b"21.5"])
    assert heap.used < 320
    assert stream.room == len(stream.listpacks()[0])
    for i in range(2, 10_001):
        assert stream.append((i, 0), [b"sensor", b"21.5"])
        assert stream.room <= 4096
    assert heap.used == stream.bytes
    lengths = [len(each) for each in stream.listpacks()]
    assert heap.used < sum(lengths) * 1.08
    stream.free()
    assert heap.used == 0


# --- reading ---------------------------------------------------------------------------------------------------------


def filled(count: int, heap: HeapProbe | None = None) -> StreamProbe:
    stream = StreamProbe(heap or HeapProbe())
    for i in range(count):
        assert stream.append((i // 10 + 1, i % 10), [b"n", b"%d" % i])
    return stream


@pytest.mark.parametrize("count", [0, 1, 7, 100, 101, 1000])
def test_ranges_from_any_place_to_any_other(count: int) -> None:
    stream = filled(count)
    ids = [(i // 10 + 1, i % 10) for i in range(count)]
    step = 1 if count < 20 else 67
    places = [FIRST, (1, 5), *ids[::step], *((ms, seq + 10) for ms, seq in ids[::step]), *ids[-12:], LAST]
    for first in places:
        for last in places:
            expected = [id for id in ids if first <= id <= last]
            assert [id for id, _ in stream.range(first, last, False)] == expected
            assert [id for id, _ in stream.range(first, last, True)] == expected[::-1]


def test_find() -> None:
    stream = filled(500)
    assert stream.find((7, 3)) == ((7, 3), [b"n", b"63"])
    assert stream.find((7, 13)) is None
    assert stream.remove((7, 3))
    assert stream.find((7, 3)) is None
    assert not stream.remove((7, 3))


def test_ids_never_go_back() -> None:
    stream = StreamProbe(HeapProbe())
    assert stream.next_id(100) == (100, 0)
    assert stream.append((100, 0), [b"a", b"b"])
    assert stream.next_id(100) == (100, 1)
    assert stream.next_id(50) == (100, 1)
    assert stream.next_id(101) == (101, 0)
    assert stream.append((100, MAX), [b"a", b"b"])
    assert stream.next_id(99) == (101, 0)
    assert stream.append((MAX, MAX - 1), [b"a", b"b"])
    assert stream.next_id(100) == LAST
    assert stream.append(LAST, [b"a", b"b"])
    assert stream.next_id(100) is None


# --- a model ---------------------------------------------------------------------------------------------------------


class Model(RuleBasedStateMachine):
    """Entries added at the end, deleted anywhere, trimmed at the start, read in both directions."""

    def __init__(self) -> None:
        super().__init__()
        self.heap = HeapProbe()
        self.stream = StreamProbe(self.heap, 300, 8)
        self.entries: dict[ID, list[bytes]] = {}
        self.last: ID = (0, 0)
        self.deleted: ID = (0, 0)
        self.added = 0

    @rule(max_bytes=st.sampled_from([0, 1, 100, 300, 4096]), max_entries=st.sampled_from([0, 1, 2, 8, 200]))
    def limits(self, max_bytes: int, max_entries: int) -> None:
        self.stream.set_limits(max_bytes, max_entries)

    @rule(ms=st.integers(0, 2), seq=st.integers(0, 2), fields=SHAPES, data=st.data(), times=st.integers(1, 12))
    def append(self, ms: int, seq: int, fields: list[bytes], data: st.DataObject, times: int) -> None:
        for _ in range(times):
            parts = [part for field in fields for part in (field, data.draw(TEXTS))]
            self.last = (self.last[0] + ms, seq) if ms else (self.last[0], self.last[1] + seq + 1)
            assert self.stream.append(self.last, parts)
            self.entries[self.last] = parts
            self.added += 1

    def pick(self, data: st.DataObject) -> ID:
        ids = sorted(self.entries)
        near = st.tuples(st.integers(0, self.last[0] + 1), st.integers(0, 3))
        return data.draw(st.one_of(st.sampled_from(ids), near) if ids else near)

    @rule(data=st.data(), times=st.integers(1, 10))
    def remove(self, data: st.DataObject, times: int) -> None:
        for _ in range(times):
            id = self.pick(data)
            there = self.entries.pop(id, None) is not None
            assert self.stream.remove(id) == there
            if there:
                self.deleted = max(self.deleted, id)

    @rule(first=st.booleans(), times=st.integers(1, 30))
    def remove_from_an_end(self, first: bool, times: int) -> None:
        for id in (sorted(self.entries) if first else sorted(self.entries, reverse=True))[:times]:
            del self.entries[id]
            assert self.stream.remove(id)
            self.deleted = max(self.deleted, id)

    def forget(self, count: int) -> None:
        for id in sorted(self.entries)[:count]:
            del self.entries[id]

    @rule(data=st.data())
    def trim_to_a_length(self, data: st.DataObject) -> None:
        maxlen = data.draw(st.integers(0, len(self.entries) + 1))
        gone = max(0, len(self.entries) - maxlen)
        assert self.stream.trim(maxlen=maxlen) == gone
        self.forget(gone)

    @rule(data=st.data())
    def trim_to_an_id(self, data: st.DataObject) -> None:
        minid = self.pick(data)
        gone = sum(id < minid for id in self.entries)
        assert self.stream.trim(minid=minid) == gone
        self.forget(gone)

    @rule(data=st.data(), limit=st.sampled_from([0, 0, 3, 20]))
    def trim_about_to_a_length(self, data: st.DataObject, limit: int) -> None:
        maxlen = data.draw(st.integers(0, len(self.entries) + 1))
        live = [int(block[0]) for _, block in self.stream.blocks()]
        gone = 0
        for count in live:
            if len(self.entries) - gone - count < maxlen or (limit and gone + count > limit):
                break
            gone += count
        assert self.stream.trim(maxlen=maxlen, approximate=True, limit=limit) == gone
        self.forget(gone)

    @rule(data=st.data())
    def trim_about_to_an_id(self, data: st.DataObject) -> None:
        minid = self.pick(data)
        before = sum(id < minid for id in self.entries)
        gone = self.stream.trim(minid=minid, approximate=True)
        assert gone <= before
        self.forget(gone)

    @rule(data=st.data(), backwards=st.booleans())
    def range(self, data: st.DataObject, backwards: bool) -> None:
        first, last = self.pick(data), self.pick(data)
        expected = sorted((id, parts) for id, parts in self.entries.items() if first <= id <= last)
        assert self.stream.range(first, last, backwards) == (expected[::-1] if backwards else expected)

    @precondition(lambda self: self.entries)
    @rule()
    def copy(self) -> None:
        twin = self.stream.copy()
        assert twin.listpacks() == self.stream.listpacks()
        self.stream.free()
        self.stream = twin
        self.stream.set_limits(300, 8)

    @invariant()
    def as_the_model(self) -> None:
        ids = sorted(self.entries)
        stream = self.stream
        assert stream.length == len(ids)
        assert stream.added == self.added
        assert stream.ids == (ids[0] if ids else (0, 0), self.last, self.deleted)
        assert stream.edges() == ((ids[0], ids[-1]) if ids else ((0, 0), (0, 0)))
        assert stream.range(FIRST, LAST, False) == [(id, self.entries[id]) for id in ids]
        assert sum(int(block[0]) for _, block in stream.blocks()) == len(ids)
        assert stream.bytes == self.heap.used

    def teardown(self) -> None:
        self.stream.free()
        assert self.heap.used == 0


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


# --- when memory is short --------------------------------------------------------------------------------------------


def test_without_memory_nothing_changes() -> None:
    heap = HeapProbe()
    stream = StreamProbe(heap, 4096, 50)
    refused = 0
    for i in range(1, 3000):
        parts = [b"a", b"x" * (i % 50), b"b", b"y"] if i % 7 else [b"c", b"z"]
        before = stream.listpacks() if i % 40 < 3 else None
        heap.limit = heap.used + 1
        if not stream.append((i, 0), parts):
            refused += 1
            if before is not None:
                assert stream.listpacks() == before
            assert stream.length == i - 1
            heap.limit = 0
            assert stream.append((i, 0), parts)
        heap.limit = 0
    assert refused > 300
    assert len(stream.range(FIRST, LAST, False)) == 2999
    assert stream.bytes == heap.used
    heap.limit = 1
    for i in range(1, 3000, 2):
        assert stream.remove((i, 0))
    assert [id for id, _ in stream.range(FIRST, LAST, False)] == [(i, 0) for i in range(2, 3000, 2)]
    assert stream.trim(maxlen=0) == 1499
    heap.limit = 0
    stream.free()
    assert heap.used == 0


def test_a_copy_needs_memory_for_all_of_it() -> None:
    heap = HeapProbe()
    stream = filled(1000, heap)
    stream.add_group(b"g")
    for name in (b"anna", b"bob"):
        stream.add_consumer(b"g", name)
    for i in range(300):
        stream.add_pending(b"g", (b"anna", b"bob")[i % 2], (i, 0), 5)
    used = heap.used
    step = 1
    while True:
        heap.limit = used + step
        twin = stream.copy()
        heap.limit = 0
        if twin is not None:
            break
        assert heap.used == used
        step += 700
    assert step > used / 2
    assert twin.groups() == stream.groups()
    assert twin.bytes == heap.used - used
    twin.free()
    assert heap.used == used
    stream.free()
    assert heap.used == 0


def test_freed_on_another_thread() -> None:
    heap = HeapProbe()
    stream = filled(5000, heap)
    stream.add_group(b"g")
    stream.add_consumer(b"g", b"anna")
    for i in range(500):
        stream.add_pending(b"g", b"anna", (i, 0), 5)
    stream.free(True)
    while heap.collect_remote(1000):
        pass
    assert heap.used == 0


# --- groups ----------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from([b"", b"a", b"ab", b"b", b"b\x00", b"\xff", b"longer than the others"])


class Groups(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.heap = HeapProbe()
        self.stream = StreamProbe(self.heap)
        self.model: dict[bytes, dict[bytes, dict[ID, tuple[bytes, int, int]]]] = {}

    @rule(name=NAMES)
    def group(self, name: bytes) -> None:
        assert self.stream.has_group(name) == (name in self.model)
        if name not in self.model:
            assert self.stream.add_group(name)
            self.model[name] = {}

    @rule(name=NAMES)
    def drop_group(self, name: bytes) -> None:
        if self.model.pop(name, None) is not None:
            self.stream.drop_group(name)

    @rule(group=NAMES, name=NAMES, dropped=st.booleans())
    def consumer(self, group: bytes, name: bytes, dropped: bool) -> None:
        consumers = self.model.get(group)
        if consumers is None:
            return
        if name not in consumers:
            assert self.stream.add_consumer(group, name)
            consumers[name] = {}
        elif dropped:
            self.stream.drop_consumer(group, name)
            del consumers[name]

    @rule(start=st.integers(0, 30), count=st.integers(1, 60), data=st.data())
    def deliver(self, start: int, count: int, data: st.DataObject) -> None:
        places = [(group, name) for group, consumers in self.model.items() for name in consumers]
        if not places:
            return
        group, name = data.draw(st.sampled_from(places))
        for i in range(start, start + count):
            owner = next((each for each in self.model[group].values() if (i, 0) in each), None)
            if owner is None:
                assert self.stream.add_pending(group, name, (i, 0), start)
                self.model[group][name][i, 0] = (name, start, 1)
            else:
                assert self.stream.assign_pending(group, name, (i, 0))
                _, when, times = owner.pop((i, 0))
                self.model[group][name][i, 0] = (name, when, times)

    @rule(group=NAMES, start=st.integers(0, 80), count=st.integers(1, 60))
    def acknowledge(self, group: bytes, start: int, count: int) -> None:
        for i in range(start, start + count) if group in self.model else ():
            owner = next((each for each in self.model[group].values() if (i, 0) in each), {})
            assert self.stream.drop_pending(group, (i, 0)) == (owner.pop((i, 0), None) is not None)

    @invariant()
    def as_the_model(self) -> None:
        found = self.stream.groups()
        assert list(found) == sorted(self.model)
        for group, (pending, consumers) in found.items():
            assert consumers == self.model[group]
            assert list(consumers) == sorted(consumers)
            assert pending == {id: each for some in consumers.values() for id, each in some.items()}

    def teardown(self) -> None:
        assert self.stream.bytes == self.heap.used
        self.stream.free()
        assert self.heap.used == 0


TestGroups = Groups.TestCase
TestGroups.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


# --- what comes from outside -----------------------------------------------------------------------------------------


def sound_block() -> bytes:
    stream = StreamProbe(HeapProbe(), 1 << 20, 0)
    for id, parts in ENTRIES:
        assert stream.append(id, parts)
    assert stream.remove((6, 0))
    (block,) = stream.listpacks()
    return bytes(block)


def test_a_block_is_known_when_seen() -> None:
    probe, block = StreamProbe(HeapProbe()), sound_block()
    assert probe.is_sound(block, (5, 9)) == (6, (MAX, MAX))
    assert probe.is_sound(block, (4, 9)) == (6, (MAX - 1, MAX))
    assert probe.is_sound(block, (6, 9)) is None  # the largest ID would be beyond the largest there is
    assert probe.is_sound(block[:-1] + b"\0\1\xff", (5, 9)) is None


@settings(max_examples=1000, deadline=None)
@given(st.data())
def test_a_damaged_block_does_no_harm(data: st.DataObject) -> None:
    """What is taken for a block can be walked: its entries are as many as were counted, in both directions."""
    block = bytearray(sound_block())
    for _ in range(data.draw(st.integers(1, 3))):
        block[data.draw(st.integers(6, len(block) - 2))] = data.draw(st.integers(0, 255))
    heap = HeapProbe()
    probe = StreamProbe(heap)
    found = probe.is_sound(bytes(block), (5, 9))
    if found is not None:
        assert probe.take(bytes(block), (5, 9), found)
        assert len(probe.range(FIRST, LAST, False)) == len(probe.range(FIRST, LAST, True)) == found[0]
    probe.free()
    assert heap.used == 0
