"""Headers that announce a number which is corrected when the elements have been written."""

from __future__ import annotations

import pytest

from tests.engine.heap_probe import HeapProbe
from tests.wire.reply_probe import ReplyProbe

ARENA, BLOCK = 524288, 16384
NUMBERS = [(0, 0), (9, 3), (10, 10), (10, 9), (100, 1), (1_000_000, 99), (9223372036854775807, 0)]


@pytest.mark.parametrize("running", [True, False], ids=["region", "blocks"])
@pytest.mark.parametrize("before", [0, 1, BLOCK - 30, BLOCK - 1, BLOCK, ARENA - 50, ARENA - 28, ARENA])
@pytest.mark.parametrize("length", [0, 10, BLOCK - 20, 3 * BLOCK, ARENA])
@pytest.mark.parametrize(("most", "number"), NUMBERS)
def test_the_number_is_right_wherever_it_stands(
    running: bool, before: int, length: int, most: int, number: int
) -> None:
    probe = ReplyProbe(HeapProbe(), 2)
    probe.run(running)
    expected = b""
    if before:
        probe.write(b"b" * before)
        expected = b"b" * before
    data = bytes(i % 251 for i in range(length))
    probe.later(most, data, number)
    probe.write(b"behind")
    expected += b"*%d\r\n%bbehind" % (number, data)
    assert probe.queued == len(expected)
    assert probe.take() == expected
    probe.free()


def test_headers_within_each_other() -> None:
    probe = ReplyProbe(HeapProbe(), 2)
    probe.nested(1000, 2, b"x" * 20_000)
    assert probe.take() == b"*2\r\n" + (b"*1\r\n" + b"x" * 20_000) * 2
    probe.free()


def test_a_muted_client() -> None:
    probe = ReplyProbe(HeapProbe(), 2)
    probe.mute()
    probe.later(1000, b"x" * 20_000, 7)
    probe.unmute()
    probe.later(10, b"y", 1)
    assert probe.take() == b"*1\r\ny"
    probe.free()
