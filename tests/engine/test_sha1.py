"""SHA-1 beside hashlib's."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.sha1_probe import sha1


@given(st.binary(max_size=400))
def test_as_hashlib(text: bytes) -> None:
    assert sha1(text) == hashlib.sha1(text).hexdigest().encode()


@pytest.mark.parametrize("n", [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 10_000])
def test_at_the_edges_of_blocks(n: int) -> None:
    text = bytes(i * 7 & 255 for i in range(n))
    assert sha1(text) == hashlib.sha1(text).hexdigest().encode()
