"""Connections: accepting, tuning and closing them.

A tick takes at most `accepts` new connections from a listener, so that a storm of them does not starve the clients
that are there. Protected mode refuses, with instructions, whoever does not come from this machine.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.wire.client import (
    CLIENT_AUTHENTICATED,
    CLIENT_CLOSE_AFTER_REPLY,
    CLIENT_IN_DELIVERY,
    CLIENT_IN_FLUSH,
    CLIENT_IN_GROUP,
    CLIENT_UNIX_SOCKET,
    client_free,
    client_new,
)
from cython.cimports.kvik.wire.client_list import client_list_remove
from cython.cimports.kvik.wire.detached import detached_closed
from cython.cimports.kvik.wire.output import MSG_NOSIGNAL, output_discard, output_write, send
from cython.cimports.kvik.wire.poller import POLL_READ, poller_add, poller_remove
from cython.cimports.libc.string import strcpy, strlen
from cython.cimports.posix.unistd import close


def accept_some(loop, fd):
    _: cython.int
    connection: cython.int
    for _ in range(loop.accepts):
        connection = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)
        if connection < 0:
            return
        accept_one(loop, connection)


def accept_one(loop, fd):
    c: ClientPtr
    if loop.client_count >= loop.max_clients:
        loop.stats.rejected += 1
        refuse(loop, fd, "-ERR max number of clients reached\r\n")
        return
    c = connection_add(loop, fd)
    if c == NULL:
        close(fd)
        return
    if loop.protected and not comes_from_here(c):
        loop.stats.rejected += 1
        output_write(c, PROTECTED_MODE_TEXT, strlen(PROTECTED_MODE_TEXT))
        c.flags |= CLIENT_CLOSE_AFTER_REPLY


def refuse(loop, fd, text):
    send(fd, text, strlen(text), MSG_NOSIGNAL)
    close(fd)


def connection_add(loop, fd):
    """Take over a connected non-blocking socket. NULL (fd still open) when memory is short."""
    c: ClientPtr
    size: socklen_t = 128
    loop.next_id += 1
    c = client_new(loop.heap, loop, fd, loop.next_id)
    if c == NULL:
        return NULL
    if not poller_add(address(loop.poller), fd, POLL_READ, c):
        client_free(loop.heap, c)
        return NULL
    getpeername(fd, cast(SockAddrPtr, cast(cython.p_void, c.peer)), address(size))
    size = 128
    getsockname(fd, cast(SockAddrPtr, cast(cython.p_void, c.local)), address(size))
    if cast(SockAddrPtr, cast(cython.p_void, c.local)).sa_family == AF_UNIX:
        c.flags |= CLIENT_UNIX_SOCKET
    else:
        tune_socket(loop, fd)
    connection_enter(loop, c)
    return c


def connection_detached(loop, detached):
    """A client without a socket (detached.py). NULL when memory is short."""
    c: ClientPtr
    loop.next_id += 1
    c = client_new(loop.heap, loop, -1, loop.next_id)
    if c == NULL:
        return NULL
    c.detached = detached
    cast(SockAddrPtr, cast(cython.p_void, c.local)).sa_family = AF_UNIX
    strcpy(cast(CharPtr, cast(cython.p_void, c.local)) + PATH_OFFSET, "in-process")
    c.flags |= CLIENT_UNIX_SOCKET
    connection_enter(loop, c)
    return c


def connection_enter(loop, c):
    """c is one of the clients from now on."""
    if not loop.password_required:
        c.flags |= CLIENT_AUTHENTICATED
    c.created_ms = loop.clock.now_ms
    c.active_ms = loop.clock.now_ms
    c.next = loop.clients
    if loop.clients != NULL:
        loop.clients.previous = c
    loop.clients = c
    loop.client_count += 1
    loop.stats.connections += 1


def tune_socket(loop, fd):
    """No delay for small replies; probes on idle connections, three of them within `tcp-keepalive` seconds."""
    on: cython.int = 1
    seconds: cython.int = loop.keepalive
    count: cython.int = 3
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, address(on), sizeof(cython.int))
    if seconds > 0:
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, address(on), sizeof(cython.int))
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, address(seconds), sizeof(cython.int))
        seconds = seconds // 3 if seconds > 3 else 1
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, address(seconds), sizeof(cython.int))
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, address(count), sizeof(cython.int))


def comes_from_here(c):
    """Is the other end on this machine?"""
    family: cython.int = cast(SockAddrPtr, cast(cython.p_void, c.peer)).sa_family
    i: cython.int
    if c.flags & CLIENT_UNIX_SOCKET:
        return True
    if family == AF_INET:
        return c.peer[4] == 127
    if family == AF_INET6:
        for i in range(8, 23):                  # ::1
            if c.peer[i] != 0 and not (i >= 18 and c.peer[i] == 255):
                return i == 20 and c.peer[20] == 127    # ::ffff:127.x.x.x
        return c.peer[23] == 1
    return False


def connection_close(loop, c):
    """Close the connection and forget the client. Not while its command runs: see loop_close_soon."""
    loop.closing(loop.owner, c)
    loop.clients_bytes -= c.counted_bytes
    if c.next != NULL:
        c.next.previous = c.previous
    if c.previous != NULL:
        c.previous.next = c.next
    else:
        loop.clients = c.next
    loop.client_count -= 1
    if c.flags & CLIENT_IN_FLUSH:
        client_list_remove(address(loop.tick.flush), c)
    if c.flags & CLIENT_IN_DELIVERY:
        client_list_remove(address(loop.delivery), c)
    if loop.tick.executing == c:
        loop.tick.executing = NULL
        loop.tick.deferred_bytes = 0
    if c.flags & CLIENT_IN_GROUP:
        client_list_remove(address(loop.tick.group), c)
    client_list_remove(address(loop.tick.again), c)
    output_discard(c)
    if c.detached != NULL:
        detached_closed(c)
    if c.fd >= 0:
        poller_remove(address(loop.poller), c.fd)
        close(c.fd)
    client_free(loop.heap, c)
