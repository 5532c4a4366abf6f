"""What a client may send, in good faith and in bad: strategies for the fuzzers of this folder.

`streams` are pipelines of commands, RESP and inline, in which things were cut out, doubled, changed and put in that the
parser trips over if it can: counts and lengths that promise too much, nothing or nonsense, ends of lines that are none,
quotes that stay open, plain noise.
"""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.support.resp import encode_command

NUMBERS = (
    b"", b"-", b"-0", b"-1", b"-2", b"0", b"00", b"01", b"1", b"+1", b" 1", b"1 ", b"2", b"9", b"10", b"11", b"99",
    b"1e3", b"1.0", b"x", b"0x1", b"1024", b"16384", b"16385", b"65535", b"65536", b"1048577", b"536870912",
    b"536870913", b"2147483647", b"2147483648", b"4294967296", b"9223372036854775807", b"9223372036854775808",
    b"-9223372036854775808", b"18446744073709551615", b"18446744073709551616", b"9" * 40, b"1\0",
)  # fmt: skip
ENDS = (b"\r\n", b"\n", b"\r", b"\n\r", b"\r\r\n", b"", b"\0\r\n", b"\r\n\r\n")
SCRAPS = (
    b"*", b"$", b":", b"+", b"-", b"\r", b"\n", b"\r\n", b"\0", b" ", b"\t", b"'", b'"', b"\\", b"\\x", b"\\x4",
    b"\\xZZ", b'"a"b', b'"\\', b"*0\r\n", b"*-1\r\n", b"$0\r\n\r\n", b"$-1\r\n", b"\r\n\r\n\r\n", b"*1\r\n$4\r\nPING",
    b"*1\r\n*1\r\n",
)  # fmt: skip

arguments = st.one_of(
    st.binary(max_size=12),
    st.sampled_from((b"", b"a", b"key", b"\r\n", b"*1\r\n$4\r\nPING\r\n", b"x" * 99, b"x" * 100, b"x" * 1000)),
)


@st.composite
def commands(draw: DrawFn) -> list[bytes]:
    """Commands that can do no harm, whatever becomes of them; their replies tell what arrived."""
    name, least, most = draw(st.sampled_from((
        (b"PING", 0, 1), (b"ECHO", 1, 1), (b"SET", 2, 2), (b"GET", 1, 1), (b"MGET", 1, 14), (b"APPEND", 2, 2),
        (b"STRLEN", 1, 1), (b"EXISTS", 1, 3), (b"NOSUCH", 0, 4), (b"", 0, 2),
    )))  # fmt: skip
    return [name, *draw(st.lists(arguments, min_size=least, max_size=most))]


def quoted(word: bytes) -> bytes:
    return b'"' + b"".join(b"\\x%02x" % byte for byte in word) + b'"'


@st.composite
def encoded(draw: DrawFn, words: list[bytes]) -> bytes:
    """One command as RESP, or as a line."""
    if draw(st.booleans()):
        return encode_command(words)
    return b" ".join(map(quoted, words)) + draw(st.sampled_from((b"\r\n", b"\n")))


pipelines = st.lists(commands(), max_size=6)

headers = st.builds(
    lambda kind, number, end: kind + number + end,
    st.sampled_from((b"*", b"$")), st.sampled_from(NUMBERS), st.sampled_from(ENDS),
)  # fmt: skip
scraps = st.one_of(st.sampled_from(SCRAPS), headers, st.binary(max_size=20))


@st.composite
def streams(draw: DrawFn) -> bytes:
    data = b"".join(draw(encoded(words)) for words in draw(pipelines))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        to = min(len(data), at + draw(st.integers(0, 30)))
        match draw(st.sampled_from(("put in", "cut out", "double", "change", "end"))):
            case "put in":
                data = data[:at] + draw(scraps) + data[at:]
            case "cut out":
                data = data[:at] + data[to:]
            case "double":
                data = data[:to] + data[at:]
            case "change":
                data = data[:at] + draw(scraps) + data[to:]
            case _:
                data = data[:at]
    return data


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """`data` in pieces."""
    bounds = sorted({0, len(data), *(place for place in places if place < len(data))})
    return [data[a:b] for a, b in pairwise(bounds)]


places = st.one_of(
    st.lists(st.integers(1, 400), max_size=12), st.just(list(range(4000)))      # some places, or every one
)
