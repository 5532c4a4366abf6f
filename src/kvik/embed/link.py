"""A connection to the engine in this process: what a socket is to redis-py's other connections.

`call` is the short way, one call for everything: the arguments are packed as redis-py packs them, the calling thread
runs the command inside the engine, without the GIL, and the reply is made into objects. `send`, `wait_for` and `reply`
do the same in parts, for pipelines, messages, and replies that come later.

A link is used by one thread at a time, but for a reader that waits while another thread sends (PubSub.run_in_thread).
"""

# ruff: noqa: F821
from threading import get_ident

import cython
from cython import NULL, address, cast
from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_GET_SIZE
from cython.cimports.cpython.exc import PyErr_CheckSignals
from cython.cimports.cpython.ref import Py_DECREF, Py_INCREF
from cython.cimports.cpython.unicode import PyUnicode_AsUTF8AndSize
from cython.cimports.kvik.engine.clock import monotonic_us
from cython.cimports.kvik.engine.text import format_unsigned
from cython.cimports.kvik.wire.detached import (
    buffer_add,
    buffer_free,
    detached_close,
    detached_fetch,
    detached_free,
    detached_open,
    detached_send,
)
from cython.cimports.kvik.wire.replies import reply_length
from cython.cimports.libc.stdint import int64_t

GONE = "the server in this process has stopped"
FORKED = (
    "this client talks to a server inside the parent process, which has no part in this forked child: "
    "start a server of its own here, or connect to the parent's with a socket"
)
WITHIN = "an in-process client cannot be used by a command that the same engine is running: use the server's own API"


class Link:
    def __cinit__(self, core):
        Py_INCREF(core)
        self.held = cast(cython.p_void, core)
        self.timeout = -1

    def __init__(self, core: object):
        """Connect; ConnectionError if that cannot be."""
        on: cython.bint
        good: cython.bint = False
        sharing: Sharing = self.sharing()
        self.check()
        with cython.nogil:
            sharing.enter()
            on = sharing.on
            if on:
                good = detached_open(address(self.detached), sharing.loop)
                self.entered = True
            sharing.leave()
        if not good:
            raise ConnectionRefusedError("max number of clients reached" if on else GONE)

    def __dealloc__(self):
        core: Core = cast(Core, self.held)
        self.close()
        buffer_free(address(self.request))
        if self.entered and not self.sharing().abandoned:
            detached_free(address(self.detached))
        Py_DECREF(core)

    def sharing(self):
        return cast(Core, self.held).sharing

    def speak(self, decoder, encode, plain_utf8):
        """How replies are decoded and arguments encoded (`plain_utf8`: as UTF-8, strictly)."""
        self.decoder = decoder
        self.encode = encode
        self.plain_utf8 = plain_utf8

    def check(self):
        sharing: Sharing = self.sharing()
        if sharing.abandoned:
            raise ConnectionAbortedError(FORKED)
        if sharing.is_inside():
            raise RuntimeError(WITHIN)
        return 0

    # --- as a socket ---

    def settimeout(self, seconds):
        self.timeout = -1 if seconds is None else seconds

    def shutdown(self, how):
        self.close()

    def close(self):
        within: cython.bint
        sharing: Sharing = self.sharing()
        if not self.entered or self.detached.client == NULL or sharing.abandoned:
            return
        within = sharing.is_inside()
        with cython.nogil:
            if not within:
                sharing.enter()
            detached_close(address(self.detached), within)
            if not within:
                sharing.leave()

    def sendall(self, data):
        """Run the commands in `data`."""
        view: cython.const_uchar[::1] = data
        if view.shape[0] > 0:
            self.run(cast(cython.p_const_char, address(view[0])), view.shape[0], False)

    def recv(self, size: cython.size_t):
        """What has been replied, as it is; b"" at the end of the connection."""
        n: cython.size_t
        data: bytes
        try:
            if not self.has_data(None if self.timeout < 0 else self.timeout):
                raise TimeoutError("Timeout reading from the engine")
        except EOFError:
            return b""
        n = self.detached.taken.used - self.detached.read
        if n > size:
            n = size
        data = (self.detached.taken.data + self.detached.read)[:n]
        self.detached.read += n
        return data

    # --- requests ---

    def send(self, args: tuple):
        """Run a command."""
        self.pack(args)
        self.run(self.request.data, self.request.used, False)

    def call(self, args: tuple, disable_decoding: cython.bint):
        """Run a command; its reply, an exception if that is an error."""
        n: cython.size_t
        self.pack(args)
        self.run(self.request.data, self.request.used, True)
        n = self.ready()
        if n > 0:
            return self.take(n, disable_decoding)
        return self.reply(disable_decoding, self.timeout)

    def run(self, p, n, fetch):
        good: cython.bint
        sharing: Sharing = self.sharing()
        self.check()
        with cython.nogil:
            sharing.enter()
            good = detached_send(address(self.detached), p, n)
            if fetch and self.detached.output.used > 0:
                detached_fetch(address(self.detached), 0)
            sharing.leave()
        if self.request.capacity > REQUEST_KEPT:
            buffer_free(address(self.request))
        if sharing.raised is not None:
            self.raise_pending()
        if not good and self.detached.output.used == 0 and self.detached.read == self.detached.taken.used:
            if self.detached.input_left == n:
                raise BrokenPipeError(self.ending())        # nothing was run
            raise ConnectionResetError(self.ending())
        return 0

    def raise_pending(self):
        """A signal's handler has raised something while a handler in Python ran for this thread."""
        sharing: Sharing = self.sharing()
        thread, error = sharing.raised
        if thread == get_ident():
            sharing.raised = None
            raise error
        return 0

    def ending(self):
        """Why there is no connection any more."""
        return "Connection closed by server." if self.sharing().on else GONE

    def pack(self, args):
        """As redis-py does it: words of the command's name are arguments of their own."""
        words: list
        first = args[0]
        self.request.used = 0
        if isinstance(first, str):
            words = cast(str, first).split(" ") if " " in cast(str, first) else None
        else:
            words = first.split() if b" " in first else None
        if words is None:
            self.pack_head(42, len(args))
            for value in args:
                self.pack_value(value)
        else:
            self.pack_head(42, len(words) + len(args) - 1)
            for value in words:
                self.pack_value(value)
            for value in args[1:]:
                self.pack_value(value)
        return 0

    def pack_value(self, value):
        p: cython.p_const_char
        n: cython.Py_ssize_t
        view: cython.const_uchar[::1]
        kind = type(value)
        if kind is str and self.plain_utf8 and len(cast(str, value)) < SHORT_TEXT:
            p = PyUnicode_AsUTF8AndSize(value, address(n))
            return self.pack_bytes(p, n)
        if kind is not bytes:
            value = self.encode(value)
            if type(value) is not bytes:
                view = value
                if view.shape[0] == 0:
                    return self.pack_bytes(b"", 0)
                return self.pack_bytes(cast(cython.p_const_char, address(view[0])), view.shape[0])
        return self.pack_bytes(PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value))

    def pack_bytes(self, p, n):
        self.pack_head(36, n)
        self.append(p, n)
        return self.append("\r\n", 2)

    def pack_head(self, kind, n):
        text: cython.char[HEAD_MAX]
        length: cython.int
        text[0] = kind
        length = 1 + format_unsigned(cast(cython.p_char, text) + 1, n)
        text[length] = 13
        text[length + 1] = 10
        return self.append(text, length + 2)

    def append(self, p, n):
        if not buffer_add(address(self.request), p, n):
            raise MemoryError("no memory for the request")
        return 0

    # --- replies ---

    def ready(self):
        """The length of the next reply, 0 if it is not there."""
        return reply_length(
            self.detached.taken.data + self.detached.read, self.detached.taken.used - self.detached.read
        )

    def is_stale(self):
        """Is it closed, or is there something to read that nobody has asked for?"""
        return self.detached.client == NULL or self.detached.output.used > 0 \
            or self.detached.read < self.detached.taken.used

    def has_data(self, timeout):
        """Is there a reply, or the start of one, within so many seconds (None: for ever)? EOFError: it is closed."""
        if self.detached.read < self.detached.taken.used:
            return True
        return self.wait(-1 if timeout is None else timeout)

    def wait(self, timeout):
        """Wait for more replies."""
        got: cython.int
        until: int64_t
        now: int64_t = monotonic_us()
        end: int64_t = now + cast(int64_t, timeout * 1000000)
        sharing: Sharing = self.sharing()
        while True:
            self.check()
            until = now + SIGNAL_US
            if timeout >= 0 and end < until:
                until = end
            with cython.nogil:
                sharing.enter()
                got = detached_fetch(address(self.detached), until)
                sharing.leave()
            if got < 0:
                raise EOFError(self.ending())
            if got > 0:
                return True
            PyErr_CheckSignals()
            now = monotonic_us()
            if timeout >= 0 and now >= end:
                return False

    def reply(self, disable_decoding: cython.bint, timeout: cython.double):
        """The next reply. TimeoutError: there is none within so many seconds (below 0: for ever)."""
        n: cython.size_t = self.ready()
        while n == 0:
            if not self.wait(timeout):
                raise TimeoutError("Timeout reading from the engine")
            n = self.ready()
        return self.take(n, disable_decoding)

    def take(self, n, disable_decoding):
        if self.decoder is None:
            raise RuntimeError("how to decode has not been said: see `speak`")
        self.decoder.at = self.detached.taken.data + self.detached.read
        try:
            return self.decoder.read(self.decoder.decodes and not disable_decoding, 0)
        finally:
            self.detached.read += n
