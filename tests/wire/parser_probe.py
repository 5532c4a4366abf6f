"""The RESP parser for tests. Each step parses a new buffer of the exact size: none can be overrun."""

import cython
from cython import NULL, address
from cython.cimports.kvik.wire.parser import (
    PARSE_BIG,
    PARSE_COMMAND,
    PARSE_EMPTY,
    PARSE_ERROR,
    PARSE_FULL,
    PARSE_INCOMPLETE,
    ParseResult,
    arguments_free,
    parse_begin,
    parse_command,
)
from cython.cimports.libc.stdint import int64_t
from cython.cimports.libc.string import memset
from cython.cimports.tests.engine.exact import exact_copy, exact_free, exact_room
from cython.cimports.tests.engine.heap_probe import HeapProbe

NAMES = {
    PARSE_INCOMPLETE: "incomplete",
    PARSE_COMMAND: "command",
    PARSE_EMPTY: "empty",
    PARSE_BIG: "big",
    PARSE_ERROR: "error",
    PARSE_FULL: "full",
}


class ParserProbe:
    def __init__(
        self, owner: HeapProbe, authenticated: cython.bint = True, bulk_max: int64_t = 536870912,
        scratch: cython.size_t = 131072,
    ):
        self.owner = owner
        memset(address(self.arguments), 0, cython.sizeof(self.arguments))
        self.scratch = exact_room(scratch)
        self.scratch_bytes = scratch
        self.limits.authenticated = authenticated
        self.limits.bulk_max = bulk_max
        self.renew_scratch()
        self.begin(0)

    def __dealloc__(self):
        exact_free(self.buffer)
        exact_free(self.scratch)

    def free(self) -> None:
        arguments_free(address(self.owner.heap), address(self.arguments))

    def begin(self, position: cython.size_t) -> None:
        """Forget the arguments; the next command starts at `position`."""
        self.arguments.count = 0
        parse_begin(address(self.state), position)

    def renew_scratch(self) -> None:
        self.limits.scratch = self.scratch
        self.limits.scratch_left = self.scratch_bytes

    def step(self, data: bytes) -> str:
        """Parse `data`, which begins with what the steps before were given since `begin`."""
        result: ParseResult
        i: cython.size_t
        old: cython.p_char = self.buffer
        self.buffer = exact_copy(data)
        for i in range(self.arguments.count):       # as the server does when its buffer moves
            self.arguments.items[i].p = self.buffer + (self.arguments.items[i].p - old)
        exact_free(old)
        result = parse_command(
            address(self.owner.heap), address(self.state), address(self.limits), address(self.arguments),
            self.buffer, len(data))
        return NAMES[result]

    def batch(self, data: bytes) -> tuple:
        """All commands of `data`, one behind the other into one array of arguments, as the loop makes a batch: the
        words of each, how it ended, and where."""
        result: ParseResult
        i: cython.Py_ssize_t
        end: cython.Py_ssize_t
        first: cython.size_t = 0
        begin: cython.Py_ssize_t = 0
        position: cython.size_t = 0
        ends: list = []
        commands: list = []
        self.arguments.count = 0
        exact_free(self.buffer)
        self.buffer = exact_copy(data)
        while True:
            parse_begin(address(self.state), position)
            result = parse_command(
                address(self.owner.heap), address(self.state), address(self.limits), address(self.arguments),
                self.buffer, len(data))
            if result == PARSE_COMMAND:
                first = self.arguments.count
                ends.append(first)
            elif result == PARSE_EMPTY:
                self.arguments.count = first
            else:
                break
            position = self.state.position
        for end in ends:
            words: list = []
            for i in range(begin, end):
                words.append(self.arguments.items[i].p[:self.arguments.items[i].n])
            commands.append(words)
            begin = end
        self.arguments.count = 0
        return commands, NAMES[result], position

    @property
    def position(self) -> int:
        return self.state.position

    @property
    def bulk(self) -> int:
        return self.state.bulk

    @property
    def words(self) -> list:
        words: list = []
        i: cython.size_t
        for i in range(self.arguments.count):
            words.append(self.arguments.items[i].p[:self.arguments.items[i].n])
        return words

    @property
    def error(self):
        """The text of an error, with the byte it is about."""
        if self.state.error == NULL:
            return None
        text: bytes = self.state.error
        return text.replace(b"%c", bytes([self.state.unexpected & 255])).decode("latin-1")
