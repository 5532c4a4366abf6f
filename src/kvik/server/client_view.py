"""A client as Python handlers see it: a window on the loop's own record, good while the handler runs."""

import socket
import sys

import cython
from cython import NULL, address, cast
from cython.cimports.kvik.keyspace.call import CommandPtr
from cython.cimports.kvik.keyspace.subscriptions import (
    SUBSCRIBE_CHANNEL,
    SUBSCRIBE_PATTERN,
    SUBSCRIBE_SHARD,
    subscription_count,
)
from cython.cimports.kvik.keyspace.tracking import (
    TRACK_BROADCAST,
    TRACK_BROKEN,
    TRACK_NOLOOP,
    TRACK_OPTIN,
    TRACK_OPTOUT,
    TrackerPtr,
    is_tracking,
    prefix_add,
    tracker,
    tracking_start,
    tracking_stop,
)
from cython.cimports.kvik.keyspace.watches import watch_count
from cython.cimports.kvik.wire.client import (
    CLIENT_AUTHENTICATED,
    CLIENT_CACHING,
    CLIENT_CLOSE_AFTER_REPLY,
    CLIENT_CLOSE_NOW,
    CLIENT_DIRTY_CAS,
    CLIENT_MONITOR,
    CLIENT_MULTI,
    CLIENT_MUTED,
    CLIENT_NO_EVICT,
    CLIENT_NO_TOUCH,
    CLIENT_PUBSUB,
    CLIENT_REDIRECT_CAPABLE,
    CLIENT_REPLY_OFF,
    CLIENT_REPLY_SKIP,
    CLIENT_REPLY_SKIP_NEXT,
    CLIENT_UNIX_SOCKET,
    CLIENT_WAITING,
    CLIENT_WANTS_WRITE,
    ClientPtr,
    client_input_bytes,
    client_memory,
    client_set_text,
)
from cython.cimports.kvik.wire.connections import comes_from_here
from cython.cimports.kvik.wire.loop import loop_client, loop_close_soon
from cython.cimports.kvik.wire.output import output_unmute
from cython.cimports.kvik.wire.transaction import transaction_of
from cython.cimports.libc.stdint import uint32_t

TRACKING = (
    ("bcast", TRACK_BROADCAST),
    ("optin", TRACK_OPTIN),
    ("optout", TRACK_OPTOUT),
    ("noloop", TRACK_NOLOOP),
    ("broken_redirect", TRACK_BROKEN),
)
"""The words of CLIENT TRACKINGINFO, in its order."""


class Client:
    # What it can be told

    @property
    def resp(self):
        """The protocol it speaks, 2 or 3."""
        return self.c.resp

    @resp.setter
    def resp(self, version):
        self.c.resp = version

    @property
    def authenticated(self):
        return (self.c.flags & CLIENT_AUTHENTICATED) != 0

    @authenticated.setter
    def authenticated(self, on):
        self.set_flag(CLIENT_AUTHENTICATED, on)

    @property
    def no_evict(self):
        """CLIENT NO-EVICT."""
        return (self.c.flags & CLIENT_NO_EVICT) != 0

    @no_evict.setter
    def no_evict(self, on):
        self.set_flag(CLIENT_NO_EVICT, on)

    @property
    def no_touch(self):
        """CLIENT NO-TOUCH: its reads are no uses."""
        return (self.c.flags & CLIENT_NO_TOUCH) != 0

    @no_touch.setter
    def no_touch(self, on):
        self.set_flag(CLIENT_NO_TOUCH, on)

    @property
    def redirect_capable(self):
        """CLIENT CAPA REDIRECT."""
        return (self.c.flags & CLIENT_REDIRECT_CAPABLE) != 0

    @redirect_capable.setter
    def redirect_capable(self, on):
        self.set_flag(CLIENT_REDIRECT_CAPABLE, on)

    @property
    def name(self):
        """CLIENT SETNAME; empty when it has none."""
        return text_of(self.c.name)

    @name.setter
    def name(self, text):
        self.set_text(address(self.c.name), text)

    @property
    def library(self):
        """CLIENT SETINFO LIB-NAME."""
        return text_of(self.c.library)

    @library.setter
    def library(self, text):
        self.set_text(address(self.c.library), text)

    @property
    def library_version(self):
        """CLIENT SETINFO LIB-VER."""
        return text_of(self.c.library_version)

    @library_version.setter
    def library_version(self, text):
        self.set_text(address(self.c.library_version), text)

    @property
    def caching(self):
        """CLIENT CACHING was just said."""
        return (self.c.flags & CLIENT_CACHING) != 0

    @caching.setter
    def caching(self, on):
        self.set_flag(CLIENT_CACHING, on)

    def track(self, options, redirect, prefixes):
        """CLIENT TRACKING ON, with these options ("bcast", "optin", "optout", "noloop"), and the ID of the client that is
        told instead of it (0: none). The prefixes are new ones, in order."""
        bits: uint32_t = 0
        target: ClientPtr = NULL
        for word, bit in TRACKING:
            if word in options:
                bits |= cast(uint32_t, bit)
        if redirect:
            target = loop_client(address(self.core.loop), redirect)
        if not tracking_start(address(self.core.keyspace.tracking), self.c, bits, target):
            raise MemoryError("no memory to track keys")
        for prefix in prefixes:
            if not prefix_add(address(self.core.keyspace.tracking), tracker(self.c), prefix, len(prefix)):
                raise MemoryError("no memory for a prefix")

    def stop_tracking(self):
        """CLIENT TRACKING OFF."""
        self.caching = False
        tracking_stop(address(self.core.keyspace.tracking), self.c)

    @property
    def tracking(self):
        """The options it tracks with, and "broken_redirect" if who it redirects to has gone; None: it does not."""
        if not is_tracking(self.c):
            return None
        return [word for word, bit in TRACKING if tracker(self.c).options & cast(uint32_t, bit)]

    @property
    def redirect(self):
        """The ID of the client that is told what it tracks; 0: itself, -1: it does not track."""
        return tracker(self.c).redirect if is_tracking(self.c) else -1

    @property
    def prefixes(self):
        """Of keys that it is told of, in order."""
        of: TrackerPtr = tracker(self.c)
        if of == NULL:
            return []
        return [of.prefixes[i].data[: of.prefixes[i].n] for i in range(of.count)]

    def set_reply(self, mode):
        """CLIENT REPLY: "on", "off", or "skip" for the next command."""
        if mode == "on":
            self.c.flags &= ~cast(uint32_t, CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP | CLIENT_REPLY_SKIP_NEXT)
            if self.c.flags & CLIENT_MUTED:
                output_unmute(self.c)
        elif mode == "off":
            self.c.flags |= CLIENT_REPLY_OFF
        elif not self.c.flags & CLIENT_REPLY_OFF:
            self.c.flags |= CLIENT_REPLY_SKIP_NEXT

    def close(self):
        """Close the connection at the end of the tick."""
        loop_close_soon(address(self.core.loop), self.c)

    def close_after_reply(self):
        """Close the connection when what it is owed has been sent."""
        self.c.flags |= CLIENT_CLOSE_AFTER_REPLY

    # What is known of it

    @property
    def db(self):
        """The database it has selected."""
        return self.c.db

    @property
    def is_local(self):
        """Connected over a Unix socket or from a loopback address."""
        return comes_from_here(self.c)

    @property
    def kind(self):
        """Which class of clients it belongs to: normal, replica, primary or pubsub."""
        return "pubsub" if self.c.flags & CLIENT_PUBSUB else "normal"

    @property
    def peer(self):
        """Its address: ``127.0.0.1:4711``, ``[::1]:4711``, or the path of a Unix socket and ``:0``."""
        if self.c.flags & CLIENT_UNIX_SOCKET:
            return address_text(self.c.local)
        return address_text(self.c.peer)

    @property
    def local(self):
        """The server's end of the connection."""
        return address_text(self.c.local)

    @property
    def age(self):
        """Seconds since it connected."""
        return (self.core.clock.now_ms - self.c.created_ms) // 1000

    @property
    def idle(self):
        """Seconds since it last sent something."""
        return (self.core.clock.now_ms - self.c.active_ms) // 1000

    @property
    def flags(self):
        """The letters of CLIENT LIST."""
        letters: str = "O" if self.c.flags & CLIENT_MONITOR else ""
        if self.c.flags & CLIENT_PUBSUB:
            letters += "P"
        if self.c.flags & CLIENT_MULTI:
            letters += "x"
        if self.c.flags & CLIENT_WAITING:
            letters += "b"
        if is_tracking(self.c):
            letters += "t"
            if tracker(self.c).options & TRACK_BROKEN:
                letters += "R"
            if tracker(self.c).options & TRACK_BROADCAST:
                letters += "B"
        if self.c.flags & CLIENT_DIRTY_CAS:
            letters += "d"
        if self.c.flags & CLIENT_CLOSE_AFTER_REPLY:
            letters += "c"
        if self.c.flags & CLIENT_CLOSE_NOW:
            letters += "A"
        if self.c.flags & CLIENT_UNIX_SOCKET and self.c.fd >= 0:
            letters += "U"
        if self.c.flags & CLIENT_NO_EVICT:
            letters += "e"
        if self.c.flags & CLIENT_NO_TOUCH:
            letters += "T"
        return letters or "N"

    @property
    def in_transaction(self):
        """Does EXEC run its commands? (Those that MULTI queues do not get here.)"""
        return bool(self.c.flags & CLIENT_MULTI)

    @property
    def capabilities(self):
        """The letters of CLIENT CAPA."""
        return "r" if self.c.flags & CLIENT_REDIRECT_CAPABLE else ""

    def describe(self):
        """Its line of CLIENT LIST, without the end of line. Replies are written to the loop's arena, so a client's own
        buffer (rbs, rbp, obl) is nothing."""
        command: CommandPtr = cast(CommandPtr, self.c.last_command)
        name: str = "NULL" if command == NULL else command.name[: command.name_length].decode()
        blocks: cython.size_t = self.c.out.queued_blocks
        fields: tuple = (
            ("id", self.id), ("addr", self.peer), ("laddr", self.local), ("fd", self.c.fd),
            ("name", shown(self.c.name)), ("age", self.age), ("idle", self.idle), ("flags", self.flags),
            ("capa", self.capabilities), ("db", self.c.db), ("sub", subscription_count(self.c, SUBSCRIBE_CHANNEL)),
            ("psub", subscription_count(self.c, SUBSCRIBE_PATTERN)),
            ("ssub", subscription_count(self.c, SUBSCRIBE_SHARD)),
            ("multi", transaction_of(self.c).count if self.c.flags & CLIENT_MULTI else -1),
            ("watch", watch_count(self.c)), ("qbuf", client_input_bytes(self.c)),
            ("qbuf-free", self.c.held_capacity - self.c.held_bytes), ("argv-mem", 0),
            ("multi-mem", self.c.transaction_bytes), ("rbs", 0), ("rbp", 0), ("obl", 0), ("oll", 1 if blocks else 0),
            ("omem", blocks), ("tot-mem", client_memory(self.c)),
            ("events", "rw" if self.c.flags & CLIENT_WANTS_WRITE else "r"), ("cmd", name), ("user", "default"),
            ("redir", self.redirect), ("resp", self.c.resp), ("lib-name", shown(self.c.library)),
            ("lib-ver", shown(self.c.library_version)), ("tot-net-in", self.c.bytes_in),
            ("tot-net-out", self.c.bytes_out), ("tot-cmds", self.c.commands),
        )
        return " ".join([f"{key}={value}" for key, value in fields])

    def set_flag(self, flag, on):
        if on:
            self.c.flags |= flag
        else:
            self.c.flags &= ~flag

    def set_text(self, field, text):
        if not client_set_text(address(self.core.heap), field, text, len(text)):
            raise MemoryError("no memory for a client's name")


def view_client(core, c):
    view: Client = Client.__new__(Client)
    view.core = core
    view.c = c
    view.id = c.id
    return view


def text_of(text):
    return b"" if text == NULL else text.p[: text.n]


def shown(text):
    """A text in a line of CLIENT LIST: as in Redis, it ends at the first NUL (see commands/client_text.py)."""
    return text_of(text).partition(b"\0")[0].decode("latin-1")


def address_text(sockaddr):
    """A socket address (struct sockaddr) as Redis writes it."""
    raw: bytes = sockaddr[:128]
    family: int = int.from_bytes(raw[:2], sys.byteorder)
    port: int = int.from_bytes(raw[2:4], "big")
    if family == socket.AF_UNIX:
        return raw[2:].split(b"\0", 1)[0].decode("utf-8", "surrogateescape") + ":0"
    if family == socket.AF_INET:
        return f"{socket.inet_ntop(family, raw[4:8])}:{port}"
    if family == socket.AF_INET6:
        return f"[{socket.inet_ntop(family, raw[8:24])}]:{port}"
    return "?:0"
