"""Which sockets are ready: epoll(7), or poll(2) where there is none, behind one interface. See poller.py."""

from libc.stdint cimport uint32_t

cdef extern from "poll.h" nogil:
    struct pollfd:
        int fd
        short events
        short revents
    enum: POLLIN, POLLOUT, POLLERR, POLLHUP, POLLNVAL
    int poll(pollfd *fds, unsigned long n, int timeout) noexcept

cdef extern from "sys/epoll.h" nogil:
    ctypedef union epoll_data_t:
        void *ptr
        int fd
    struct epoll_event:
        uint32_t events
        epoll_data_t data
    enum: EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP, EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL
    int epoll_create1(int flags) noexcept
    int epoll_ctl(int epfd, int op, int fd, epoll_event *event) noexcept
    int epoll_wait(int epfd, epoll_event *events, int maxevents, int timeout) noexcept

cdef enum:
    POLL_READ = 1
    POLL_WRITE = 2
    EVENTS_MAX = 1024           # events a tick; what is left comes with the next

cdef struct PollEvent:
    void *data
    int events

cdef struct Poller:
    int epoll_fd                # -1: poll(2) is used
    pollfd *fds                 # for poll(2): the sockets, in no order
    void **datas
    int count
    int capacity
    int rotor                   # where poll(2) starts to look, so that none is always last
    epoll_event ready[1024]
    PollEvent events[1024]

ctypedef pollfd *PollFdPtr
ctypedef Poller *PollerPtr

cdef bint poller_init(Poller *p, bint use_epoll) noexcept nogil
cdef void poller_close(Poller *p) noexcept nogil
cdef bint poller_add(Poller *p, int fd, int events, void *data) noexcept nogil
cdef void poller_change(Poller *p, int fd, int events, void *data) noexcept nogil
cdef void poller_remove(Poller *p, int fd) noexcept nogil
cdef int poller_wait(Poller *p, int timeout_ms) noexcept nogil
cdef bint poll_grow(Poller *p) noexcept nogil
cdef int poll_find(Poller *p, int fd) noexcept nogil
cdef int wait_epoll(Poller *p, int timeout_ms) noexcept nogil
cdef int wait_poll(Poller *p, int timeout_ms) noexcept nogil
