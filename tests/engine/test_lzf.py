"""LZF: what is packed unpacks to itself, small where it repeats, and damage is refused within its bounds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.lzf_probe import compress, crc64, decompress
from tests.support.payload import crc64 as plain_crc64

TEXTS = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from([b"abc", b"abcd", b"\0\0\0\0", b"key:000", b"x"]), max_size=200).map(b"".join),
    st.builds(lambda piece, n: piece * n, st.binary(min_size=1, max_size=5), st.integers(0, 4000)),
)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_round_trip(data: bytes):
    packed = compress(data, len(data) + len(data) // 32 + 4)
    assert packed is None or decompress(packed, len(data)) == data
    assert (packed is None) == (data == b"")


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.integers(0, 100))
def test_no_more_than_its_room(data: bytes, less: int):
    whole = compress(data, len(data) + len(data) // 32 + 4) or b""
    room = max(0, len(whole) - less)
    packed = compress(data, room)
    assert packed is None or (len(packed) <= room and decompress(packed, len(data)) == data)


@pytest.mark.parametrize(
    ("data", "at_most"),
    [
        (b"a" * 10_000, 150),
        (b"the quick brown fox " * 500, 200),
        (b"".join(b"key:%06d;" % i for i in range(2000)), 11_000),
    ],
)
def test_what_repeats_gets_small(data: bytes, at_most: int):
    packed = compress(data, len(data))
    assert packed is not None
    assert len(packed) <= at_most
    assert decompress(packed, len(data)) == data


@settings(max_examples=500, deadline=None)
@given(st.data(), TEXTS)
def test_damage(data: st.DataObject, text: bytes):
    packed = bytearray(compress(text, len(text) + len(text) // 32 + 4) or b"\0a")
    for _ in range(data.draw(st.integers(0, 3))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    size = data.draw(st.one_of(st.just(len(text)), st.integers(0, 2 * len(text) + 10)))
    unpacked = decompress(bytes(packed), size)
    assert unpacked is None or len(unpacked) == size


@pytest.mark.parametrize(
    ("packed", "size"),
    [
        (b"\x05abc", 6),
        (b"\x20\x00", 3),
        (b"\x00a\x20\x01", 4),
        (b"\x00a\xe0", 10),
        (b"\x00a\xe0\x01", 11),
        (b"\x02abc", 2),
    ],
)
def test_refused(packed: bytes, size: int):
    assert decompress(packed, size) is None


def test_reference_to_what_it_writes():
    assert decompress(b"\x00a\xe0\x05\x00", 15) == b"a" * 15


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=30))
def test_crc64(data: bytes, more: bytes):
    assert crc64(data) == plain_crc64(data)
    assert crc64(more, crc64(data)) == plain_crc64(data + more)


def test_crc64_check_value():
    assert crc64(b"123456789") == 0xE9C6D914C4B8D9CA
