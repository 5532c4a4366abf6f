"""Ziplists and zipmaps: read as they were written, and never beyond their bytes however damaged they are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.ziplist_probe import read_ziplist, read_zipmap
from tests.support.ziplist import ziplist, zipmap

LENGTHS = st.sampled_from([0, 1, 62, 63, 64, 65, 253, 254, 255, 300, 16383, 16384])
TEXTS = st.one_of(st.binary(max_size=20), LENGTHS.map(lambda n: b"x" * n))
ENTRIES = st.lists(st.one_of(TEXTS, st.integers(-20, 20), st.integers(-(1 << 63), (1 << 63) - 1)), max_size=12)
PAIRS = st.lists(st.tuples(TEXTS, TEXTS), max_size=8)


@settings(max_examples=300, deadline=None)
@given(ENTRIES)
def test_ziplist(entries: list[bytes | int]):
    assert read_ziplist(ziplist(entries)) == (entries, False)


@pytest.mark.parametrize("bits", [4, 8, 16, 24, 32, 63])
def test_integers_at_the_limits(bits: int):
    values = [sign * (1 << (bits - 1)) + near for sign in (-1, 1) for near in (-1, 0, 1)]
    assert read_ziplist(ziplist(values)) == (values, False)


@settings(max_examples=300, deadline=None)
@given(PAIRS, st.integers(0, 5))
def test_zipmap(pairs: list[tuple[bytes, bytes]], unused: int):
    assert read_zipmap(zipmap(pairs, unused)) == (pairs, False)


@settings(max_examples=500, deadline=None)
@given(st.data(), ENTRIES)
def test_damage_is_noticed_or_harmless(data: st.DataObject, entries: list[bytes | int]):
    whole = bytearray(ziplist(entries))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    items, _ = read_ziplist(bytes(whole))
    assert sum(len(item) for item in items if isinstance(item, bytes)) < len(whole)
    pairs, _ = read_zipmap(bytes(whole))
    assert sum(len(text) for pair in pairs for text in pair) < len(whole)


@pytest.mark.parametrize("read", [read_ziplist, read_zipmap])
def test_every_cut_is_damage(read):
    whole = ziplist([b"abc", 5, 1 << 40, b"x" * 100]) if read is read_ziplist else zipmap([(b"f", b"v"), (b"g", b"w")])
    assert read(whole)[1] is False
    for n in range(len(whole)):
        assert read(whole[:n])[1] is True
