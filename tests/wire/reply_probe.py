"""Replies for tests: a client without a connection, in a loop that does not run."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.clock import clock_init
from cython.cimports.kvik.engine.doubles import format_double
from cython.cimports.kvik.wire.client import client_free, client_new
from cython.cimports.kvik.wire.encode import encode
from cython.cimports.kvik.wire.loop import Loop, loop_free, loop_init
from cython.cimports.kvik.wire.output import (
    output_close_region,
    output_discard,
    output_mute,
    output_queued,
    output_unmute,
    output_write,
)
from cython.cimports.kvik.wire.reply import ARRAY_KIND, Later, reply_error_slice, reply_later, reply_settle
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.tests.engine.exact import exact_copy, exact_free, exact_room
from cython.cimports.tests.engine.heap_probe import HeapProbe


def ignore_error(owner, text, n):
    pass


def double_text(value: cython.double) -> bytes:
    p: cython.p_char = exact_room(32)
    text: bytes = p[:format_double(p, value)]
    exact_free(p)
    return text


class ReplyProbe:
    def __init__(self, owner: HeapProbe, resp: cython.int):
        self.owner = owner
        clock_init(address(self.clock))
        self.loop = cast(cython.pointer(Loop), malloc(sizeof(Loop)))
        if self.loop == NULL or not loop_init(self.loop, address(owner.heap), address(self.clock), True):
            raise MemoryError
        self.loop.count_error = ignore_error
        self.client = client_new(address(owner.heap), self.loop, -1, 1)
        if self.client == NULL:
            raise MemoryError
        self.client.resp = resp
        self.run(True)

    def free(self) -> None:
        output_discard(self.client)
        client_free(address(self.owner.heap), self.client)
        loop_free(self.loop)
        free(self.loop)

    def run(self, running: cython.bint) -> None:
        """Is it this client whose command runs? Else replies are queued in blocks."""
        self.loop.tick.executing = self.client if running else NULL

    def reply(self, value: object) -> None:
        encode(self.client, value)

    def write(self, data: bytes) -> None:
        p: cython.p_char = exact_copy(data)
        output_write(self.client, p, len(data))
        exact_free(p)

    def later(self, most: cython.longlong, data: bytes, n: cython.longlong) -> None:
        """An array of at most `most` elements, `data`, and then: n elements they were."""
        later: Later = reply_later(self.client, ARRAY_KIND, most)
        self.write(data)
        reply_settle(self.client, address(later), n)

    def nested(self, most: cython.longlong, n: cython.int, data: bytes) -> None:
        """n arrays of one element in an array, each announced as up to `most`."""
        later: Later = reply_later(self.client, ARRAY_KIND, most)
        i: cython.int
        for i in range(n):
            self.later(most, data, 1)
        reply_settle(self.client, address(later), n)

    def error(self, text: bytes) -> None:
        p: cython.p_char = exact_copy(text)
        reply_error_slice(self.client, p, len(text))
        exact_free(p)

    def mute(self) -> None:
        output_mute(self.client)

    def unmute(self) -> None:
        output_unmute(self.client)

    @property
    def queued(self) -> int:
        return output_queued(self.client)

    def take(self) -> bytes:
        """All the client is owed, which is then forgotten."""
        parts: list = []
        output_close_region(self.client)
        block: cython.pointer(OutputBlock) = self.client.out.first
        while block != NULL:
            parts.append(cast(cython.p_char, block.data)[block.sent:block.used])
            block = block.next
        if self.client.out.region != NULL:
            parts.append(self.client.out.region[:self.client.out.region_bytes])
        output_discard(self.client)
        return b"".join(parts)
