"""Numbers and patterns: against Python's own, and for patterns against a model of a few lines."""

from __future__ import annotations

import functools
import platform
import re
import time
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.engine.text_probe import (
    double,
    glob,
    integer,
    integer_text,
    is_same_word,
    long_double,
    unsigned,
    unsigned_text,
)

INT64_MIN, INT64_MAX = -(1 << 63), (1 << 63) - 1
UINT64_MAX = (1 << 64) - 1

# --- integers -----------------------------------------------------------------------------------------------


def model_integer(data: bytes) -> int | None:
    if not re.fullmatch(rb"0|-?[1-9][0-9]*", data):
        return None
    value = int(data)
    return value if INT64_MIN <= value <= INT64_MAX else None


def model_unsigned(data: bytes) -> int | None:
    if not re.fullmatch(rb"0|[1-9][0-9]*", data) or int(data) > UINT64_MAX:
        return None
    return int(data)


EDGES = [
    *(power + delta for power in (10**19, 10**20, 1 << 32, 1 << 63, 1 << 64) for delta in (-1, 0, 1)),
    *(10**digits - delta for digits in range(1, 22) for delta in (0, 1)),
    18446744073709551609, 18446744073709551619, 18446744073709551625, 99999999999999999999,
]  # fmt: skip
ODD_INTEGERS = [
    b"", b"-", b"+", b"--1", b"+1", b"-0", b"00", b"01", b"-01", b" 1", b"1 ", b"1\n", b"1\0", b"\x001",
    b"0x1", b"1e1", b"1.0", b"1_0", b"a", b"1a", b":", b"/", b"1/", b"1:", b"\xb2", b"\xff", b"9" * 24,
    b"0" * 24, b"-9223372036854775809", b"9" * 1000,
]  # fmt: skip


@pytest.mark.parametrize("value", sorted({*EDGES, *(-each for each in EDGES), 0}))
def test_integers_at_the_edges(value: int):
    data = b"%d" % value
    assert integer(data) == model_integer(data)
    assert unsigned(data) == model_unsigned(data)


@pytest.mark.parametrize("data", ODD_INTEGERS)
def test_what_is_no_integer(data: bytes):
    assert integer(data) is None
    assert unsigned(data) is None


@settings(max_examples=1000, deadline=None)
@given(
    st.one_of(
        st.integers(-(1 << 65), 1 << 65).map(lambda n: b"%d" % n),
        st.text("0123456789-+ .e", max_size=22).map(str.encode),
        st.binary(max_size=5),
    )
)
def test_integers_like_python(data: bytes):
    assert integer(data) == model_integer(data)
    assert unsigned(data) == model_unsigned(data)


@settings(max_examples=500, deadline=None)
@given(st.integers(INT64_MIN, INT64_MAX))
@example(INT64_MIN)
@example(INT64_MAX)
@example(0)
def test_integers_go_round(value: int):
    assert integer_text(value) == b"%d" % value
    assert integer(integer_text(value)) == value


@settings(max_examples=500, deadline=None)
@given(st.integers(0, UINT64_MAX))
@example(UINT64_MAX)
def test_unsigned_go_round(value: int):
    assert unsigned_text(value) == b"%d" % value
    assert unsigned(unsigned_text(value)) == value


@pytest.mark.parametrize("digits", range(1, 21))
def test_every_number_of_digits(digits: int):
    for value in (10 ** (digits - 1), 10**digits - 1):
        if value <= UINT64_MAX:
            assert unsigned_text(value) == b"%d" % value


# --- doubles ------------------------------------------------------------------------------------------------

DECIMALS = st.from_regex(
    r"[+-]?([0-9]{1,25}(\.[0-9]{0,25})?|\.[0-9]{1,25})([eE][+-]?[0-9]{1,3})?", fullmatch=True
)


@settings(max_examples=400, deadline=None)
@given(DECIMALS)
@example("4.9e-324")
@example("1.7976931348623157e308")
@example("1.7976931348623159e308")
@example("2e-324")
@example("0e999")
def test_doubles_like_python(text: str):
    expected = float(text)
    digits = re.split("[eE]", text)[0]
    if expected in (float("inf"), float("-inf")) or (expected == 0 and re.search("[1-9]", digits)):
        assert double(text.encode()) is None      # too large, or too small to be told from zero
    else:
        assert double(text.encode()) == expected


@settings(max_examples=300, deadline=None)
@given(st.floats(allow_nan=False))
def test_doubles_go_round(value: float):
    assert double(repr(value).encode()) == value


@pytest.mark.parametrize("word", [b"inf", b"INF", b"Inf", b"+inf", b"-inf", b"infinity", b"-Infinity"])
def test_infinity_is_a_number(word: bytes):
    assert double(word) == float(word)


ODD_FLOATS = [
    b"", b".", b"e5", b"1e", b"--5", b"+-5", b" 5", b"5 ", b"\t5", b"5\n", b"5\0", b"\x005", b"1_0", b"1,5",
    b"infi", b"nan", b"-nan", b"NaN", b"nan(1)", b"1d5", b"1f", b"1L", b"abc", b"5.5.5",
]  # fmt: skip


@pytest.mark.parametrize("data", ODD_FLOATS)
def test_what_is_no_float(data: bytes):
    assert double(data) is None
    assert long_double(data) is None


def test_hexadecimal_is_a_long_double_but_no_double():
    """As in Valkey: INCRBYFLOAT takes it, ZADD does not."""
    assert long_double(b"0x10") == b"16"
    assert double(b"0x10") is None
    assert double(b"0X1p3") is None


@pytest.mark.parametrize("n", [255, 256, 1000, 5119])
def test_long_numbers(n: int):
    assert double(b"0" * (n - 1) + b"7") == 7
    assert long_double(b"0" * (n - 1) + b"7") == b"7"


@pytest.mark.parametrize("n", [5120, 5121, 100_000])
def test_too_long_numbers(n: int):
    assert double(b"0" * (n - 1) + b"7") is None
    assert long_double(b"0" * (n - 1) + b"7") is None


# --- long doubles -------------------------------------------------------------------------------------------

MANTISSA = {"x86_64": 64, "aarch64": 113}.get(platform.machine())


def nearest_long_double(x: Fraction) -> Fraction:
    """The closest number with a mantissa of so many bits, the even one of two."""
    if x == 0:
        return x
    exponent = abs(x.numerator).bit_length() - x.denominator.bit_length()
    for power in (exponent - 1, exponent):
        unit = Fraction(2) ** (power - MANTISSA + 1)
        rounded = round(x / unit)
        if abs(rounded) < 1 << MANTISSA:
            break
    return rounded * unit


def fixed(x: Fraction) -> bytes:
    """17 digits behind the point, zeros at the end cut off."""
    scaled = round(x * 10**17)
    digits = f"{abs(scaled):018d}"
    text = f"{digits[:-17]}.{digits[-17:]}".rstrip("0").rstrip(".")
    return (("-" if scaled < 0 else "") + text).encode()


@pytest.mark.skipif(MANTISSA is None, reason="no model of this machine's long double")
@settings(max_examples=400, deadline=None)
@given(DECIMALS)
@example("3.0e3")
@example("0.1")
@example("-0.000000000000000001")
@example("-0.0")
@example("1e400")
@example("1.5e-17")
@example("18446744073709551615")
@example("18446744073709551617")
def test_long_doubles_like_exact_arithmetic(text: str):
    assert long_double(text.encode()) == fixed(nearest_long_double(Fraction(text)))


@pytest.mark.parametrize("text", [b"1e5000", b"-1e5000", b"1e-5000", b"0x1p99999"])
def test_long_doubles_out_of_range(text: bytes):
    assert long_double(text) is None


def test_the_largest_long_double_fits():
    if MANTISSA == 64:
        text = long_double(b"1.18e4932")
        assert len(text) == 4933
        assert text.isdigit()
    assert long_double(b"0e5000") == b"0"
    assert long_double(b"-inf") == b"-inf"


@settings(max_examples=300, deadline=None)
@given(st.integers(-(10**18), 10**18), st.integers(0, 17))
def test_formatted_long_doubles_read_back_the_same(value: int, places: int):
    """What INCRBYFLOAT stores, it reads again."""
    text = long_double(str(value).encode() + b"e-%d" % places)
    assert long_double(text) == text


# --- words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "same"),
    [
        (b"match", True), (b"MATCH", True), (b"mAtCh", True), (b"", False), (b"matc", False),
        (b"matchx", False), (b"match\0", False), (b"match\0\0", False), (b"\0match", False),
        (b"m\xc1tch", False), (b"natch", False),
    ],
)  # fmt: skip
def test_same_word(data: bytes, same: bool):
    assert is_same_word(data, b"match") is same


def test_same_word_folds_letters_only():
    for byte in range(256):
        assert is_same_word(bytes([byte]), b"a") == (byte in b"aA")
        assert is_same_word(bytes([byte]), b"@") == (byte == ord("@"))
        assert is_same_word(bytes([byte]), b"[") == (byte == ord("["))
        assert is_same_word(bytes([byte]), b"`") == (byte == ord("`"))


# --- patterns -----------------------------------------------------------------------------------------------


def read_class(pattern: bytes, at: int) -> tuple[bool, list[tuple[int, int]], int]:
    """A [class] whose bracket stands before `at`: (negated, ranges, where the pattern goes on).

    One that is not closed ends with the pattern; a backslash that ends it stands for itself.
    """
    negated = pattern[at : at + 1] == b"^"
    at += negated
    ranges = []
    while at < len(pattern):
        if pattern[at] == ord("\\") and at + 1 < len(pattern):
            ranges.append((pattern[at + 1], pattern[at + 1]))
            at += 2
        elif pattern[at] == ord("]"):
            return negated, ranges, at + 1
        elif at + 2 < len(pattern) and pattern[at + 1] == ord("-"):
            ranges.append((min(pattern[at], pattern[at + 2]), max(pattern[at], pattern[at + 2])))
            at += 3
        else:
            ranges.append((pattern[at], pattern[at]))
            at += 1
    return negated, ranges, at


def model_glob(pattern: bytes, text: bytes, nocase: bool = False) -> bool:
    def fold(byte: int) -> int:
        return byte + 32 if nocase and 65 <= byte <= 90 else byte

    @functools.cache
    def matches(at: int, to: int) -> bool:
        if at == len(pattern):
            return to == len(text)
        kind = pattern[at : at + 1]
        if kind == b"*":
            return matches(at + 1, to) or (to < len(text) and matches(at, to + 1))
        if to == len(text):
            return False
        byte = fold(text[to])
        if kind == b"[":
            negated, ranges, following = read_class(pattern, at + 1)
            within = any(fold(low) <= byte <= fold(high) for low, high in ranges)
            return within != negated and matches(following, to + 1)
        if kind == b"\\" and at + 1 < len(pattern):
            at += 1
            kind = b""
        return (kind == b"?" or fold(pattern[at]) == byte) and matches(at + 1, to + 1)

    return matches(0, 0) if text else not pattern


TEXTS = st.text("abcABC-]^[\\*?", max_size=8).map(str.encode)
PIECES = [b"*", b"?", b"a", b"B", b"[ab]", b"[^a]", b"[a-c]", b"[c-a]", b"\\*", b"\\", b"[", b"]", b"[^]"]
PATTERNS = st.one_of(
    TEXTS,
    st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join),
)


@settings(max_examples=1000, deadline=None)
@given(PATTERNS, TEXTS, st.booleans())
def test_glob_like_the_model(pattern: bytes, text: bytes, nocase: bool):
    assert glob(pattern, text, nocase) == model_glob(pattern, text, nocase)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=20), st.binary(max_size=20))
def test_glob_takes_any_bytes(pattern: bytes, text: bytes):
    assert glob(pattern, text) == model_glob(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (b"h?llo", b"hello", True),
        (b"h?llo", b"hllo", False),
        (b"h*llo", b"heeeello", True),
        (b"h[ae]llo", b"hallo", True),
        (b"h[ae]llo", b"hillo", False),
        (b"h[^e]llo", b"hallo", True),
        (b"h[^e]llo", b"hello", False),
        (b"h[a-b]llo", b"hbllo", True),
        (b"h\\?llo", b"h?llo", True),
        (b"h\\?llo", b"hello", False),
        (b"[\\]]", b"]", True),
        (b"a[", b"a", False),
        (b"[", b"[", False),
        (b"[a", b"a", True),
        (b"[^", b"a", True),
        (b"a\\", b"a\\", True),
        (b"", b"", True),
        (b"", b"a", False),
        (b"*", b"", False),
        (b"a*", b"a", True),
        (b"*a", b"ba", True),
        (b"***", b"a", True),
        (b"a**b", b"ab", True),
    ],
)
def test_glob(pattern: bytes, text: bytes, matches: bool):
    assert glob(pattern, text) is matches
    assert model_glob(pattern, text) is matches


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (b"*a" * 40 + b"b", b"a" * 5000),
        (b"a*" * 40 + b"b", b"a" * 5000),
        (b"*?" * 40 + b"b", b"a" * 5000),
        (b"*[a-z]" * 40 + b"[0-9]", b"a" * 5000),
        (b"*" * 5000 + b"b", b"a" * 5000),
        (b"*a*" * 900, b"b" * 5000),
        (b"[" + b"a" * 5000, b"b" * 5000),
    ],
)
def test_glob_ends_quickly_whatever_the_pattern(pattern: bytes, text: bytes):
    begin = time.process_time()
    assert not glob(pattern, text)
    assert time.process_time() - begin < 5


@pytest.mark.parametrize("stars", [999, 1000])
def test_glob_gives_up_on_a_thousand_stars(stars: int):
    assert glob(b"*a" * stars, b"a" * 3000)


@pytest.mark.parametrize("stars", [1001, 5000, 100_000])
def test_glob_does_not_recurse_without_end(stars: int):
    assert not glob(b"*a" * stars, b"a" * 200_000)
