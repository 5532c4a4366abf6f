"""Which sockets are ready: epoll(7), or poll(2) where there is none, behind one interface.

Level-triggered: a socket that still has something to read is reported again, so nobody has to read it dry.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.libc.stdlib import free, realloc
from cython.cimports.libc.string import memset
from cython.cimports.posix.unistd import close


def poller_init(p, use_epoll):
    memset(p, 0, sizeof(Poller))
    p.epoll_fd = -1
    if use_epoll:
        p.epoll_fd = epoll_create1(EPOLL_CLOEXEC)
    return True


def poller_close(p):
    if p.epoll_fd >= 0:
        close(p.epoll_fd)
    free(p.fds)
    free(p.datas)
    p.fds = NULL
    p.datas = NULL


def poller_add(p, fd, events, data):
    """Watch fd for POLL_READ and POLL_WRITE; `data` comes back with its events."""
    e: epoll_event
    if p.epoll_fd >= 0:
        e.events = (EPOLLIN if events & POLL_READ else 0) | (EPOLLOUT if events & POLL_WRITE else 0)
        e.data.ptr = data
        return epoll_ctl(p.epoll_fd, EPOLL_CTL_ADD, fd, address(e)) == 0
    if p.count == p.capacity and not poll_grow(p):
        return False
    p.fds[p.count].fd = fd
    p.datas[p.count] = data
    p.count += 1
    poller_change(p, fd, events, data)
    return True


def poll_grow(p):
    capacity: cython.int = p.capacity * 2 if p.capacity > 0 else 64
    fds: PollFdPtr = cast(PollFdPtr, realloc(p.fds, capacity * sizeof(pollfd)))
    datas: cython.pp_void
    if fds == NULL:
        return False
    p.fds = fds
    datas = cast(cython.pp_void, realloc(p.datas, capacity * sizeof(cython.p_void)))
    if datas == NULL:
        return False
    p.datas = datas
    p.capacity = capacity
    return True


def poll_find(p, fd):
    i: cython.int
    for i in range(p.count):
        if p.fds[i].fd == fd:
            return i
    return -1


def poller_change(p, fd, events, data):
    """Watch fd for other events from now on."""
    e: epoll_event
    i: cython.int
    if p.epoll_fd >= 0:
        e.events = (EPOLLIN if events & POLL_READ else 0) | (EPOLLOUT if events & POLL_WRITE else 0)
        e.data.ptr = data
        epoll_ctl(p.epoll_fd, EPOLL_CTL_MOD, fd, address(e))
        return
    i = poll_find(p, fd)
    if i >= 0:
        p.fds[i].events = (POLLIN if events & POLL_READ else 0) | (POLLOUT if events & POLL_WRITE else 0)
        p.fds[i].revents = 0


def poller_remove(p, fd):
    e: epoll_event
    i: cython.int
    if p.epoll_fd >= 0:
        epoll_ctl(p.epoll_fd, EPOLL_CTL_DEL, fd, address(e))
        return
    i = poll_find(p, fd)
    if i >= 0:
        p.count -= 1
        p.fds[i] = p.fds[p.count]
        p.datas[i] = p.datas[p.count]


def poller_wait(p, timeout_ms):
    """Wait up to timeout_ms (-1: for ever); how many of p.events are set. Errors count as readable: read() tells."""
    return wait_epoll(p, timeout_ms) if p.epoll_fd >= 0 else wait_poll(p, timeout_ms)


def wait_epoll(p, timeout_ms):
    i: cython.int
    n: cython.int = epoll_wait(p.epoll_fd, p.ready, EVENTS_MAX, timeout_ms)
    flags: cython.uint
    for i in range(n):
        flags = p.ready[i].events
        p.events[i].data = p.ready[i].data.ptr
        p.events[i].events = POLL_WRITE if flags & EPOLLOUT else 0
        if flags & (EPOLLIN | EPOLLERR | EPOLLHUP):
            p.events[i].events |= POLL_READ
    return n if n > 0 else 0


def wait_poll(p, timeout_ms):
    i: cython.int
    at: cython.int
    n: cython.int = 0
    flags: cython.int
    ready: cython.int = poll(p.fds, p.count, timeout_ms)
    if ready <= 0:
        return 0
    p.rotor = (p.rotor + 1) % p.count if p.count > 0 else 0
    for i in range(p.count):
        at = (p.rotor + i) % p.count
        flags = p.fds[at].revents
        if flags == 0:
            continue
        p.events[n].data = p.datas[at]
        p.events[n].events = POLL_WRITE if flags & POLLOUT else 0
        if flags & (POLLIN | POLLERR | POLLHUP | POLLNVAL):
            p.events[n].events |= POLL_READ
        n += 1
        if n in (ready, EVENTS_MAX):
            break
    return n
