"""The key hash: against the same computation in Python, and for what tables need of it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.hashing_probe import hash_of

WORDS = (0x0123456789ABCDEF, 0xFEDCBA9876543210, 0xA5A5A5A55A5A5A5A, 0x13579BDF02468ACE)
ALL_ONES = (1 << 64) - 1


def fold(a: int, b: int) -> int:
    product = a * b
    return (product ^ product >> 64) & ALL_ONES


def word(data: bytes) -> int:
    return int.from_bytes(data, "little")


def model(words: tuple[int, ...], data: bytes) -> int:
    n = len(data)
    if n > 16:
        state, left = words[2], data
        while len(left) > 16:
            state ^= fold(word(left[:8]) ^ words[0] ^ state, word(left[8:16]) ^ words[1])
            left = left[16:]
        last = data[-16:]
        state = fold(word(last[:8]) ^ words[0] ^ state, word(last[8:]) ^ words[1])
        return fold(state ^ words[2], n ^ words[3])
    if n >= 8:
        a, b = word(data[:8]), word(data[-8:])
    elif n >= 4:
        a, b = word(data[:4]), word(data[-4:])
    elif n > 0:
        a, b = data[0] << 16 | data[n // 2] << 8 | data[-1], 0
    else:
        a, b = 0, 0
    return fold(fold(a ^ words[0], b ^ words[1]) ^ words[2], n ^ words[3])


@settings(max_examples=300, deadline=None)
@given(st.tuples(*[st.integers(0, ALL_ONES)] * 4), st.binary(max_size=100))
def test_hash_is_the_documented_one(words: tuple[int, ...], data: bytes):
    assert hash_of(words, data) == model(words, data)


@pytest.mark.parametrize("n", range(81))
def test_every_byte_counts(n: int):
    """Whichever byte of a key changes, and however long the key: another hash."""
    data = random.Random(n).randbytes(n)
    h = hash_of(WORDS, data)
    for i in range(n):
        assert hash_of(WORDS, data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :]) != h
    assert hash_of(WORDS, data + b"\0") != h


def test_every_secret_word_counts():
    data = b"a key of more than sixteen bytes"
    hashes = {hash_of(WORDS, data)}
    for i in range(4):
        words = list(WORDS)
        words[i] ^= 1 << 40
        hashes.add(hash_of(tuple(words), data))
    assert len(hashes) == 5


@pytest.mark.parametrize("form", ["key:%012d", "%d", "user:%d:session", "a long prefix all keys share:%08d"])
def test_buckets_and_tags_of_like_keys_spread_evenly(form: str):
    """Tables take the bucket from the top bits and the tag from the low byte."""
    keys, parts = 1 << 16, 256
    top, low = [0] * parts, [0] * parts
    for i in range(keys):
        h = hash_of(WORDS, (form % i).encode())
        top[h >> 56] += 1
        low[h & 255] += 1
    expected = keys / parts
    for counts in (top, low):
        chi_square = sum((count - expected) ** 2 / expected for count in counts)
        assert chi_square < 400     # 255 degrees of freedom: 6 deviations above the mean


def test_a_flipped_bit_flips_half_of_the_hash():
    flipped = trials = 0
    for n in (8, 12, 16, 33):
        data = bytearray(random.Random(n).randbytes(n))
        before = hash_of(WORDS, bytes(data))
        for bit in range(n * 8):
            data[bit // 8] ^= 1 << bit % 8
            flipped += (hash_of(WORDS, bytes(data)) ^ before).bit_count()
            data[bit // 8] ^= 1 << bit % 8
            trials += 64
    assert 0.48 < flipped / trials < 0.52
