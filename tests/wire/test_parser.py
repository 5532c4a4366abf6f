"""The parser: what it makes of commands, of nonsense, and of both in pieces of any size.

In pieces it has to come to the same as when it gets everything at once, going on where it stopped (as for a command
that is longer than the loop's arena has room for) as well as beginning again (as for one whose rest is not there yet).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.engine.heap_probe import HeapProbe
from tests.support.resp import encode_command
from tests.wire.garbage import arguments, cut, encoded, pipelines, places, streams
from tests.wire.parser_probe import ParserProbe


@dataclass
class Outcome:
    """What came of some input: the words of each command, and what the end was."""

    commands: list[list[bytes]] = field(default_factory=list)
    end: str = "incomplete"
    position: int = 0
    """Where the command begins that is not complete, or wrong."""
    error: str | None = None


def parse(pieces: list[bytes], resume: bool = False, authenticated: bool = True) -> Outcome:
    """Command after command, as the pieces come in."""
    probe = ParserProbe(HeapProbe(), authenticated)
    outcome = Outcome()
    have = b""
    for piece in pieces:
        have += piece
        while True:
            if not resume:
                probe.begin(outcome.position)
            result = probe.step(have)
            if result in ("incomplete", "big"):
                break
            if result == "error":
                outcome.end, outcome.error = result, probe.error
                probe.free()
                return outcome
            assert outcome.position < probe.position <= len(have)
            if result == "command":
                outcome.commands.append(probe.words)
            else:
                assert result == "empty"
            outcome.position = probe.position
            probe.begin(outcome.position)
    probe.free()
    return outcome


# --- commands --------------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.data(), st.lists(st.lists(arguments, min_size=1, max_size=12), max_size=6), places)
def test_commands_arrive_as_they_were_sent(data: st.DataObject, sent: list[list[bytes]], where: list[int]) -> None:
    text = b"".join(data.draw(encoded(words)) for words in sent)
    for resume in (False, True):
        outcome = parse(cut(text, where), resume)
        assert (outcome.commands, outcome.end, outcome.position) == (sent, "incomplete", len(text))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"PING", [b"PING"]),
        (b"  SET\ta  b ", [b"SET", b"a", b"b"]),
        (b"a\vb \f c", [b"a\vb", b"c"]),
        (b'"a b" c', [b"a b", b"c"]),
        (b"'a b' 'it\\'s' '\\n\"'", [b"a b", b"it's", b'\\n"']),
        (b'"\\n\\r\\t\\b\\a\\\\\\"\\q"', [b'\n\r\t\b\a\\"q']),
        (b'"\\x00\\xfF\\x4"', [b"\0\xffx4"]),
        (b'"" \'\'', [b"", b""]),
        (b'a"b c"\'d e\'f', [b"ab cd ef"]),
        (b'"a\\"', [b"a\\"]),           # a backslash is for what is behind it only if that is not the last
        (b"b 'a\\'", [b"b", b"a\\"]),
        (b"'\\\\'", [b"\\\\"]),
        (b"\xff\xfe", [b"\xff\xfe"]),
    ],
)
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_lines(line: bytes, words: list[bytes], end: bytes) -> None:
    outcome = parse([line + end])
    assert (outcome.commands, outcome.end) == ([words], "incomplete")


@pytest.mark.parametrize("empty", [b"\r\n", b"\n", b"  \r\n", b"*0\r\n", b"*-1\r\n", b"*-9\r\n", b"\t\v\f\r\r\n"])
def test_what_is_no_command(empty: bytes) -> None:
    ping = encode_command(["PING"])
    outcome = parse([ping + empty + empty + ping + empty])
    assert (outcome.commands, outcome.end) == ([[b"PING"]] * 2, "incomplete")
    assert outcome.position == len(ping) * 2 + len(empty) * 3


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"*x\r\n", "invalid multibulk length"),
        (b"*\r\n", "invalid multibulk length"),
        (b"*+1\r\n", "invalid multibulk length"),
        (b"*2147483648\r\n", "invalid multibulk length"),
        (b"*9223372036854775808\r\n", "invalid multibulk length"),
        (b"*1\rX", "invalid CRLF in request"),
        (b"*10\rX", "invalid CRLF in request"),
        (b"*x\rX", "invalid CRLF in request"),
        (b"*1\r\n$4\rX", "invalid CRLF in request"),
        (b"*1\r\n$10\rX", "invalid CRLF in request"),
        (b"*1\r\n$100\rX", "invalid CRLF in request"),
        (b"*1\r\n$4\r\nPINGXX", "invalid CRLF in request"),
        (b"*1\r\n$4\r\nPING\rX", "invalid CRLF in request"),
        (b"*1\r\n:1\r\n", "expected '$', got ':'"),
        (b"*1\r\n\xff\r\n", "expected '$', got '\xff'"),
        (b"*1\r\n$\r\n", "invalid bulk length"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$536870913\r\n", "invalid bulk length"),
        (b"*2\r\n$1\r\na\r\nb\r\n", "expected '$', got 'b'"),
        (b'"a\r\n', "unbalanced quotes in request"),
        (b"'a\\' b\r\n", "unbalanced quotes in request"),
        (b'"a"b"\r\n', "unbalanced quotes in request"),
        (b"*" + b"1" * 65537, "too big mbulk count string"),
        (b"*1\r\n$" + b"1" * 65537, "too big bulk count string"),
        (b"x" * 65537, "too big inline request"),
    ],
)
def test_errors(data: bytes, error: str) -> None:
    ping = encode_command(["PING"])
    outcome = parse([ping + data])
    assert (outcome.commands, outcome.end, outcome.error) == ([[b"PING"]], "error", error)
    assert outcome.position == len(ping)


@pytest.mark.parametrize("line", [b"PING\0\r\n", b"\0\n", b"'a\0b'\r\nPING\r\n"])
def test_a_line_with_a_nul_never_ends(line: bytes) -> None:
    assert parse([line]) == Outcome([], "incomplete", 0)
    assert parse([line, b"x" * 65536]).error == "too big inline request"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"*10\r\n$16384\r\n", None),
        (b"*11\r\n", "unauthenticated multibulk length"),
        (b"*1\r\n$16385\r\n", "unauthenticated bulk length"),
    ],
)
def test_strangers_may_send_little(data: bytes, error: str | None) -> None:
    assert parse([data], authenticated=False).error == error
    assert parse([data]).error is None


def test_big_arguments_are_announced() -> None:
    probe = ParserProbe(HeapProbe())
    assert probe.step(b"*2\r\n$3\r\nGET\r\n$65536\r\nabc") == "big"
    assert (probe.bulk, probe.words) == (65536, [b"GET"])
    assert probe.step(b"*2\r\n$3\r\nGET\r\n$65536\r\n" + b"a" * 65536 + b"\r\n") == "command"
    probe.begin(0)
    assert probe.step(b"*2\r\n$3\r\nGET\r\n$65535\r\nabc") == "incomplete"
    probe.free()


def test_quotes_need_scratch() -> None:
    probe = ParserProbe(HeapProbe(), True, 1 << 29, 10)
    assert probe.step(b'"abcd"\r\n') == "command"
    probe.begin(0)
    assert probe.step(b'"abcdefgh"\r\n') == "full"
    probe.renew_scratch()
    assert probe.step(b'"abcdefg"\r\n') == "command"
    assert probe.words == [b"abcdefg"]
    probe.free()


def test_memory_runs_out() -> None:
    heap = HeapProbe()
    probe = ParserProbe(heap)
    text = encode_command(["x"] * 1000)
    heap.limit = heap.used + 4000
    assert probe.step(text) == "error"
    assert probe.error == "out of memory"
    heap.limit = 0
    probe.begin(0)
    assert probe.step(text) == "command"
    assert probe.words == [b"x"] * 1000
    probe.free()
    assert heap.used == 0


# --- nonsense --------------------------------------------------------------------------------------------------------


@settings(max_examples=500, deadline=None)
@given(streams(), places, st.booleans())
@example(encode_command(["PING"]) + b"\r\n" + encode_command(["ECHO", "x"]), [], True)
def test_pieces_come_to_the_same_as_the_whole(data: bytes, where: list[int], authenticated: bool) -> None:
    whole = parse([data], False, authenticated)
    assert all(whole.commands), "a command without a name"
    assert whole.position <= len(data)
    assert parse(cut(data, where), False, authenticated) == whole
    assert parse(cut(data, where), True, authenticated) == whole


@settings(max_examples=400, deadline=None)
@given(streams())
@example(encode_command(["PING"]) + b"\r\n" + encode_command(["ECHO", "x"]))
def test_batches_come_to_the_same_as_single_commands(data: bytes) -> None:
    whole = parse([data])
    probe = ParserProbe(HeapProbe())
    commands, end, position = probe.batch(data)
    assert commands == whole.commands
    assert (end if end != "big" else "incomplete", position) == (whole.end, whole.position)
    probe.free()


@settings(max_examples=150, deadline=None)
@given(pipelines, st.binary(min_size=1, max_size=60))
def test_noise_behind_commands_does_not_reach_them(sent: list[list[bytes]], noise: bytes) -> None:
    text = b"".join(map(encode_command, sent))
    outcome = parse([text + noise])
    assert outcome.commands[: len(sent)] == sent
    assert outcome.position >= len(text)
