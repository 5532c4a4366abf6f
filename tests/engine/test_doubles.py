"""Doubles as text: what Valkey writes for them, and that it reads back. (tests/commands asks a real one about many.)"""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.engine.doubles_probe import double_text
from tests.engine.text_probe import double

TEXTS = [
    (0.0, b"0"),
    (-0.0, b"-0"),
    (3.0, b"3"),
    (-17.0, b"-17"),
    (0.1, b"0.1"),
    (0.5, b"0.5"),
    (0.0001, b"0.0001"),
    (0.00001, b"0.00001"),
    (-1e-5, b"-0.00001"),
    (1e-6, b"0.000001"),
    (1e-7, b"1e-7"),
    (1.5e-7, b"1.5e-7"),
    (123456.789, b"123456.789"),
    (1234567890123.4567, b"1234567890123.4568"),
    (0.1 + 0.2, b"0.30000000000000004"),
    (1e15, b"1000000000000000"),
    (1e17, b"100000000000000000"),
    (123456789012345678.0, b"123456789012345680"),
    (-161304845894623136.0, b"-161304845894623136"),
    (4e18, b"4000000000000000000"),
    (2.0**62, b"4611686018427387904"),
    (5e18, b"5e+18"),
    (2.0**63, b"9223372036854776000"),
    (-(2.0**63), b"-9223372036854776000"),
    (1e20, b"1e+20"),
    (1e22, b"1e+22"),
    (1e100, b"1e+100"),
    (5e-324, b"5e-324"),
    (2.2250738585072014e-308, b"2.2250738585072014e-308"),
    (1.7976931348623157e308, b"1.7976931348623157e+308"),
    (-1.7976931348623157e308, b"-1.7976931348623157e+308"),
    (-1.547182503134182e-78, b"-1.5471825031341819e-78"),      # not the shortest: the algorithm has its limits
    (math.inf, b"inf"),
    (-math.inf, b"-inf"),
    (math.nan, b"nan"),
]


@pytest.mark.parametrize(("value", "text"), TEXTS)
def test_text(value: float, text: bytes) -> None:
    assert double_text(value) == text


@settings(max_examples=2000)
@given(st.floats(allow_nan=False, allow_infinity=False))
@example(9007199254740993.0)
@example(1.0 - 2.0**-53)
@example(2.0**-1022 - 2.0**-1074)
def test_text_reads_back(value: float) -> None:
    text = double_text(value)
    assert float(text) == value
    assert math.copysign(1, float(text)) == math.copysign(1, value)
    assert len(text) <= 25


@settings(max_examples=2000)
@given(st.integers(0, 10**17), st.integers(0, 18), st.booleans())
def test_short_numbers_are_read_as_strtod_reads_them(digits: int, behind: int, minus: bool) -> None:
    text = str(digits).rjust(behind + 1, "0")
    text = "-" * minus + text[: len(text) - behind] + "." * (behind > 0) + text[len(text) - behind :]
    assert double(text.encode()) == float(text)
    assert math.copysign(1, double(text.encode())) == math.copysign(1, float(text))


@pytest.mark.parametrize("text", [b"", b"-", b".", b"-.", b"1..2", b"1-", b"--1", b"1.2.3", b"+-1", b"1 ", b"0x1"])
def test_what_is_no_number(text: bytes) -> None:
    assert double(text) is None


@pytest.mark.parametrize("text", [b"1.", b".5", b"-.5", b"-0", b"+5", b"007", b"-00.50", b"000000000000000"])
def test_odd_numbers(text: bytes) -> None:
    assert double(text) == float(text)
