"""Bits against Python's integers: bytes as one big number, or as a text of noughts and ones."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine import bits_probe

AND, OR, XOR, NOT = range(4)
FITS, TOO_LARGE, TOO_SMALL = range(3)
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
# Long enough for every loop: words, four words at once, the 192 bytes of count_by_sums,
# and what is left over.
SPARSE = st.tuples(
    st.integers(0, 500), st.sampled_from([0, 255]), st.lists(st.integers(0, 3999), max_size=3)
).map(lambda t: sparse(*t))
BYTES = st.one_of(
    st.binary(max_size=80),
    SPARSE,
    st.randoms(use_true_random=False).map(lambda r: r.randbytes(r.randrange(700))),
)


def sparse(n: int, filling: int, places: list[int]) -> bytes:
    """n bytes of noughts or of ones with a few bits that differ: what finding is about."""
    data = bytearray([filling]) * n
    for place in places:
        if place // 8 < n:
            data[place // 8] ^= 128 >> place % 8
    return bytes(data)


def text_of(data: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in data)


def bytes_of(text: str) -> bytes:
    return int(text, 2).to_bytes(len(text) // 8, "big") if text else b""


@st.composite
def ranges(draw: st.DrawFn) -> tuple[bytes, int, int]:
    """Bytes and a range of their bits; often from the start, to the end, or empty."""
    data = draw(BYTES)
    edge = st.sampled_from([0, len(data) * 8]) | st.integers(0, len(data) * 8)
    return data, draw(edge), draw(edge)


@settings(max_examples=400, deadline=None)
@given(ranges())
def test_count(case: tuple[bytes, int, int]):
    data, first, end = case
    assert bits_probe.count(data, first, end) == text_of(data)[first:end].count("1")


@settings(max_examples=300, deadline=None)
@given(BYTES)
def test_every_way_of_counting_agrees(data: bytes):
    assert set(bits_probe.counts_of_all(data)) == {int.from_bytes(data, "big").bit_count()}


def test_no_sum_overflows():
    """Words of nothing but ones, at every length where one of the loops begins or ends."""
    for n in [*range(200), 383, 384, 385, 3 * 192 - 1, 10_000]:
        assert set(bits_probe.counts_of_all(b"\xff" * n)) == {8 * n}


@settings(max_examples=600, deadline=None)
@given(ranges(), st.booleans())
def test_find(case: tuple[bytes, int, int], bit: bool):
    data, first, end = case
    expected = text_of(data)[:end].find("01"[bit], first) if first < end else -1
    assert bits_probe.find(data, first, end, bit) == expected


@pytest.mark.parametrize("bit", [False, True])
def test_find_every_place(bit: bool):
    """One bit that differs, at each place of 80 bytes, from a few starts: no loop passes over it."""
    for place in range(640):
        data = sparse(80, 0 if bit else 255, [place])
        for first in (0, place // 2, place, place + 1):
            expected = place if first <= place else -1
            assert bits_probe.find(data, first, 640, bit) == expected
        assert bits_probe.find(data, 0, place, bit) == -1


MODELS = {
    AND: lambda a, b: a & b,
    OR: lambda a, b: a | b,
    XOR: lambda a, b: a ^ b,
}


def model_combine(operation: int, n: int, sources: list[bytes]) -> bytes:
    numbers = [int.from_bytes(each.ljust(n, b"\0"), "big") for each in sources]
    if operation == NOT:
        return ((1 << 8 * n) - 1 ^ numbers[0]).to_bytes(n, "big")
    result = numbers[0]
    for each in numbers[1:]:
        result = MODELS[operation](result, each)
    return result.to_bytes(n, "big")


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([AND, OR, XOR]), st.lists(BYTES, min_size=1, max_size=5))
def test_combine(operation: int, sources: list[bytes]):
    n = max(map(len, sources))
    assert bits_probe.combine(operation, n, sources) == model_combine(operation, n, sources)


@settings(max_examples=100, deadline=None)
@given(BYTES)
def test_combine_not(data: bytes):
    assert bits_probe.combine(NOT, len(data), [data]) == bytes(255 - byte for byte in data)


@pytest.mark.parametrize("operation", [AND, OR, XOR, NOT])
def test_combine_over_blocks(operation: int):
    """Sources that end inside, at, and one beside the borders of the blocks the result is made of."""
    rng = random.Random(operation)
    block = 8192
    lengths = [0, 1, block - 1, block, block + 1, 2 * block, 3 * block + 31, 3 * block + 33]
    for _ in range(40):
        count = 1 if operation == NOT else rng.randrange(1, 5)
        sources = [rng.randbytes(rng.choice(lengths)) for _ in range(count)]
        n = max(map(len, sources))
        assert bits_probe.combine(operation, n, sources) == model_combine(operation, n, sources)


@given(st.binary(min_size=1, max_size=20), st.data())
def test_single_bits(data: bytes, more: st.DataObject):
    offset = more.draw(st.integers(0, len(data) * 8 - 1))
    bit = more.draw(st.booleans())
    text = text_of(data)
    assert bits_probe.get_bit(data, offset) == (text[offset] == "1")
    assert bits_probe.set_bit(data, offset, bit) == bytes_of(text[:offset] + "01"[bit] + text[offset + 1 :])


def wrapped(value: int, width: int, signed: bool) -> int:
    value &= (1 << width) - 1
    return value - (1 << width) if signed and value >> (width - 1) else value


TYPES = st.tuples(st.integers(1, 64), st.booleans()).map(lambda t: (min(t[0], 64 if t[1] else 63), t[1]))


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=24), st.integers(0, 220), TYPES)
def test_field_read(data: bytes, offset: int, kind: tuple[int, bool]):
    width, signed = kind
    text = (text_of(data) + "0" * 500)[offset : offset + width]
    assert bits_probe.read(data, offset, width, signed) == wrapped(int(text, 2), width, signed)


@settings(max_examples=500, deadline=None)
@given(st.binary(min_size=8, max_size=24), TYPES, INT64, st.data())
def test_field_write(data: bytes, kind: tuple[int, bool], value: int, more: st.DataObject):
    width, signed = kind
    offset = more.draw(st.integers(0, len(data) * 8 - width))
    text = text_of(data)
    field = f"{value & ((1 << width) - 1):0{width}b}"
    after = bits_probe.write(data, offset, width, value)
    assert after == bytes_of(text[:offset] + field + text[offset + width :])
    assert bits_probe.read(after, offset, width, signed) == wrapped(value, width, signed)


@pytest.mark.parametrize("width", range(1, 65))
def test_field_write_at_the_very_end(width: int):
    """The last field that fits, for each width: nothing is written behind it (AddressSanitizer would see)."""
    for n in range((width + 7) // 8, 11):
        offset = n * 8 - width
        after = bits_probe.write(b"\0" * n, offset, width, -1)
        assert int.from_bytes(after, "big") == (1 << width) - 1
        assert bits_probe.write(after, offset, width, 0) == b"\0" * n


@pytest.mark.parametrize(
    ("width", "signed", "least", "most"),
    [(1, True, -1, 0), (1, False, 0, 1), (8, True, -128, 127), (8, False, 0, 255),
     (63, False, 0, (1 << 63) - 1), (63, True, -(1 << 62), (1 << 62) - 1), (64, True, -(1 << 63),
     (1 << 63) - 1)],
)  # fmt: skip
def test_limits(width: int, signed: bool, least: int, most: int):
    assert bits_probe.limits(width, signed) == (least, most)


@settings(max_examples=600, deadline=None)
@given(TYPES, INT64, INT64)
def test_add_to_a_field(kind: tuple[int, bool], value: int, step: int):
    width, signed = kind
    value = wrapped(value, width, signed)
    least, most = bits_probe.limits(width, signed)
    exact = value + step
    verdict = TOO_LARGE if exact > most else TOO_SMALL if exact < least else FITS
    assert bits_probe.add(value, step, width, signed) == (verdict, wrapped(exact, width, signed))


@settings(max_examples=400, deadline=None)
@given(
    TYPES,
    INT64
    | st.sampled_from([-(1 << 63), -(1 << 63) + 127, -(1 << 63) + 128, -129, -128, -1, 127, 128, 255, 256]),
)
def test_set_a_field(kind: tuple[int, bool], value: int):
    width, signed = kind
    least, most = bits_probe.limits(width, signed)
    verdict = FITS
    if value > most or (not signed and value < 0) or (width < 64 and most - value >= 1 << 63):
        verdict = TOO_LARGE
    elif value < least:
        verdict = TOO_SMALL
    assert bits_probe.add(value, 0, width, signed) == (verdict, wrapped(value, width, signed))
