"""CRC-64 against the definition, bit by bit, and against what a real server writes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.crc64_probe import crc64
from tests.support.servers import ServerProcess

POLYNOMIAL = 0xAD93D23594C935A9
CHECK = 0xE9C6D914C4B8D9CA
BYTES = st.binary(max_size=100)


def reflected(value: int) -> int:
    return int(f"{value:064b}"[::-1], 2)


def by_definition(data: bytes) -> int:
    """The remainder of a division of polynomials, highest bit first; the bits of bytes and of the result reversed."""
    value = 0
    for byte in data:
        value ^= int(f"{byte:08b}"[::-1], 2) << 56
        for _ in range(8):
            value = (value << 1) ^ (POLYNOMIAL if value >> 63 else 0)
            value &= (1 << 64) - 1
    return reflected(value)


def test_check_value():
    assert crc64(b"123456789") == CHECK == by_definition(b"123456789")


def test_nothing():
    assert crc64(b"") == 0
    assert crc64(b"", CHECK) == CHECK


@settings(max_examples=300, deadline=None)
@given(BYTES)
def test_definition(data: bytes):
    assert crc64(data) == by_definition(data)


@settings(max_examples=300, deadline=None)
@given(BYTES, BYTES)
def test_in_pieces(first: bytes, second: bytes):
    assert crc64(second, crc64(first)) == crc64(first + second)


def test_footer_of_a_payload(oracle: ServerProcess):
    with oracle.connect() as r:
        for value in (b"", b"a", b"\x00" * 50, bytes(range(256)) * 40):
            r("SET", "crc64", value)
            payload = r("DUMP", "crc64")
            assert payload[-8:] == crc64(payload[:-8]).to_bytes(8, "little")
        r("DEL", "crc64")
