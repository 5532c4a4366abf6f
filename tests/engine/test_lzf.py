"""LZF against a decompressor in plain Python, against damaged input, and against a real server in both directions."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.lzf_probe import compress, decompress
from tests.support.payload import payload
from tests.support.resp import OK, Connection
from tests.support.servers import ServerProcess

DISTANCE_MAX = 8192
LENGTH_MAX = 264
STRING, LZF = 0x00, 0xC3


def model(data: bytes) -> bytes | None:
    """What a stream stands for; None: it is damaged."""
    out = bytearray()
    at = 0
    try:
        while at < len(data):
            control = data[at]
            at += 1
            if control < 32:
                run = data[at : at + control + 1]
                if len(run) != control + 1:
                    return None
                out += run
                at += len(run)
                continue
            length, distance = control >> 5, (control & 31) << 8
            if length == 7:
                length += data[at]
                at += 1
            distance += data[at] + 1
            at += 1
            if distance > len(out):
                return None
            for _ in range(length + 2):
                out.append(out[-distance])
    except IndexError:
        return None
    return bytes(out)


@st.composite
def repetitive(draw: st.DrawFn) -> bytes:
    """Bytes with a past: new ones, and pieces of what went before, near and far, overlapping and long."""
    out = bytearray(draw(st.binary(min_size=1, max_size=40)))
    for _ in range(draw(st.integers(0, 12))):
        if draw(st.booleans()):
            out += draw(st.binary(max_size=70))
        else:
            back = draw(st.integers(1, len(out)))
            for _ in range(draw(st.integers(1, 600))):
                out.append(out[-back])
    return bytes(out)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Compressed data by another hand, mostly sound: all kinds of runs and matches."""
    out = bytearray()
    for _ in range(draw(st.integers(0, 12))):
        if draw(st.booleans()):
            run = draw(st.binary(min_size=1, max_size=32))
            out += bytes([len(run) - 1]) + run
        else:
            length, back = draw(st.integers(3, LENGTH_MAX)), draw(st.integers(0, 40) | st.integers(0, DISTANCE_MAX - 1))
            if length < 9:
                out += bytes([(length - 2) << 5 | back >> 8, back & 255])
            else:
                out += bytes([7 << 5 | back >> 8, length - 9, back & 255])
    return bytes(out)


# --- there and back --------------------------------------------------------------------------------------------------


def check_round_trip(data: bytes) -> bytes:
    packed = compress(data, len(data) + len(data) // 32 + 1)
    assert model(packed) == data
    assert decompress(packed, len(data)) == data
    return packed


@settings(max_examples=400, deadline=None)
@given(repetitive())
def test_round_trip(data: bytes):
    check_round_trip(data)


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=1, max_size=300))
def test_round_trip_of_anything(data: bytes):
    check_round_trip(data)


@pytest.mark.parametrize(
    "n", [1, 2, 3, 4, 5, 31, 32, 33, 264, 265, 268, 300, 8191, 8192, 8193, 65535, 65536, 70_000, 200_000]
)
def test_every_length(n: int):
    rng = random.Random(n)
    check_round_trip(bytes(n))
    check_round_trip(rng.randbytes(n))
    check_round_trip((rng.randbytes(DISTANCE_MAX) * (n // DISTANCE_MAX + 1))[:n])
    check_round_trip((rng.randbytes(DISTANCE_MAX + 1) * (n // DISTANCE_MAX + 1))[:n])
    check_round_trip(bytes(rng.choice(b"ab") for _ in range(n)))


def test_equal_input_equal_output():
    data = random.Random(1).randbytes(100) * 3
    assert compress(data, 1000) == compress(data, 1000)


@settings(max_examples=200, deadline=None)
@given(repetitive(), st.integers(1, 40))
def test_room(data: bytes, less: int):
    """With too little room nothing comes, and nothing is written beyond it (the buffers end where the room does)."""
    packed = compress(data, 2 * len(data) + 8)
    assert compress(data, len(packed)) == packed
    assert compress(data, max(0, len(packed) - less)) == b""


def test_what_cannot_be_compressed():
    for n in (1, 10, 100, 10_000):
        assert compress(random.Random(n).randbytes(n), n - 1) == b""
    assert compress(b"", 10) == b""


# --- hostile input ---------------------------------------------------------------------------------------------------


def check_against_model(data: bytes, off: int) -> None:
    expected = model(data)
    size = 100 if expected is None else len(expected)
    assert decompress(data, size) == expected
    other = max(0, size + off)
    assert decompress(data, other) == (expected if other == size else None)


@settings(max_examples=400, deadline=None)
@given(streams(), st.sampled_from([-3, -1, 0, 1, 8]))
def test_streams(data: bytes, off: int):
    check_against_model(data, off)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([-1, 0, 1]))
def test_noise(data: bytes, off: int):
    check_against_model(data, off)


@settings(max_examples=400, deadline=None)
@given(repetitive(), st.data())
def test_damage(data: bytes, choices: st.DataObject):
    packed = bytearray(compress(data, 2 * len(data) + 8))
    at = choices.draw(st.integers(0, len(packed) - 1))
    packed[at] = choices.draw(st.integers(0, 255))
    del packed[choices.draw(st.integers(at, len(packed))) :]
    expected = model(bytes(packed))
    if expected is not None and len(expected) != len(data):
        expected = None
    assert decompress(bytes(packed), len(data)) == expected


# --- a real server ---------------------------------------------------------------------------------------------------


def length_field(n: int) -> bytes:
    """A length as RDB has it."""
    if n < 64:
        return bytes([n])
    if n < 16384:
        return bytes([0x40 | n >> 8, n & 255])
    return b"\x80" + n.to_bytes(4, "big")


def read_length(data: bytes, at: int) -> tuple[int, int]:
    match data[at] >> 6:
        case 0:
            return data[at], at + 1
        case 1:
            return (data[at] & 63) << 8 | data[at + 1], at + 2
        case _:
            return int.from_bytes(data[at + 1 : at + 5], "big"), at + 5


def packed_by(r: Connection, data: bytes) -> bytes:
    """The value as the server compresses it; empty if it does not."""
    assert r("SET", "lzf", data) == OK
    dumped = r("DUMP", "lzf")
    if dumped[1] != LZF:
        return b""
    n, at = read_length(dumped, 2)
    _, at = read_length(dumped, at)
    return dumped[at : at + n]


def samples() -> list[bytes]:
    rng = random.Random(7)
    words = [rng.randbytes(rng.randrange(2, 9)).hex() for _ in range(300)]
    return [
        b"a" * 100,
        Path(__file__).read_bytes(),
        " ".join(rng.choice(words) for _ in range(20_000)).encode(),
        b"".join(b'{"id": %d, "name": "user%d", "active": true, "score": %d}' % (i, i * 7, i * i) for i in range(300)),
        b"".join(rng.randrange(1000).to_bytes(8, "little") for _ in range(2000)),
        bytes(100_000),
        b"2026-01-01 12:00:00 INFO connection from 10.0.0.1 accepted, 10.0.0.2 accepted",
    ]


def test_a_real_server_reads_what_is_compressed_here(oracle: ServerProcess):
    with oracle.connect() as r:
        for data in samples():
            packed = check_round_trip(data)
            body = bytes([LZF]) + length_field(len(packed)) + length_field(len(data)) + packed
            assert r("RESTORE", "lzf", 0, payload(STRING, body), "REPLACE") == OK
            assert r("GET", "lzf") == data
        r("DEL", "lzf")


def test_what_a_real_server_compresses_is_read_here_and_no_smaller(oracle: ServerProcess):
    with oracle.connect() as r:
        ours = theirs = 0
        for data in samples():
            packed = packed_by(r, data)
            assert decompress(packed, len(data)) == data
            theirs += len(packed)
            ours += len(compress(data, len(data)))
            assert len(compress(data, len(data))) <= len(packed) * 1.05 + 8
        assert ours <= theirs * 1.01
        r("DEL", "lzf")
