"""Members: every layout holds what was put into it, in a block of just its size."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.heap_probe import HeapProbe
from tests.engine.member_probe import round_trip

TEXTS = st.one_of(st.binary(max_size=40), st.integers(200, 600).map(lambda n: b"m" * n))


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.none() | st.floats(allow_nan=False))
def test_member_holds_what_was_put_in(text: bytes, score: float | None):
    heap = HeapProbe()
    size = 2 + 8 * (score is not None) + 8 * (len(text) > 255) + len(text)
    assert round_trip(heap, text, score) == (text, score, size)
    assert heap.used == 0


@pytest.mark.parametrize("n", [0, 1, 254, 255, 256, 257, 65_536, 1_000_000])
def test_lengths(n: int):
    text = b"x" * n
    assert round_trip(HeapProbe(), text, -0.0) == (text, 0.0, 10 + 8 * (n > 255) + n)
    assert round_trip(HeapProbe(), text, None) == (text, None, 2 + 8 * (n > 255) + n)
