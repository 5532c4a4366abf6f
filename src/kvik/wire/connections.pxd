"""Connections: accepting, tuning and closing them. See connections.py."""

from kvik.wire.client cimport Client, ClientPtr
from kvik.wire.loop cimport Loop
from kvik.wire.parser cimport CharPtr

cdef extern from *:
    """
    #define KV_PROTECTED_MODE_TEXT \
    "-DENIED Running in protected mode because protected mode is enabled and no password is set for the default user. " \
    "In this mode connections are only accepted from the loopback interface. If you want to connect from external " \
    "computers, you may adopt one of the following solutions: " \
    "1) Disable protected mode by sending the command 'CONFIG SET protected-mode no' from the loopback interface by " \
    "connecting from the same host the server is running, however MAKE SURE the server is not publicly accessible from " \
    "internet if you do so. Use CONFIG REWRITE to make this change permanent. " \
    "2) Alternatively you can just disable the protected mode by editing the configuration file, and setting the " \
    "protected mode option to 'no', and then restarting the server. " \
    "3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. " \
    "4) Set up an authentication password for the default user. " \
    "NOTE: You only need to do one of the above things in order for the server to start accepting connections from the " \
    "outside.\\r\\n"
    """
    const char *PROTECTED_MODE_TEXT "KV_PROTECTED_MODE_TEXT"

cdef extern from "sys/socket.h" nogil:
    ctypedef unsigned int socklen_t
    struct sockaddr:
        unsigned short sa_family
    enum: SOCK_NONBLOCK, SOCK_CLOEXEC, SOL_SOCKET, SO_KEEPALIVE, AF_UNIX, AF_INET, AF_INET6
    int accept4(int fd, sockaddr *address, socklen_t *size, int flags) noexcept
    int getpeername(int fd, sockaddr *address, socklen_t *size) noexcept
    int getsockname(int fd, sockaddr *address, socklen_t *size) noexcept
    int setsockopt(int fd, int level, int name, const void *value, socklen_t size) noexcept

cdef extern from "netinet/in.h" nogil:
    enum: IPPROTO_TCP

cdef extern from "netinet/tcp.h" nogil:
    enum: TCP_NODELAY, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT

ctypedef sockaddr *SockAddrPtr

cdef enum:
    PATH_OFFSET = 2             # of the path in a Unix socket's address

cdef void accept_some(Loop *loop, int fd) noexcept nogil
cdef void accept_one(Loop *loop, int fd) noexcept nogil
cdef void refuse(Loop *loop, int fd, const char *text) noexcept nogil
cdef void tune_socket(Loop *loop, int fd) noexcept nogil
cdef bint comes_from_here(const Client *c) noexcept nogil
cdef Client *connection_add(Loop *loop, int fd) noexcept nogil
cdef Client *connection_detached(Loop *loop, void *detached) noexcept nogil
cdef void connection_enter(Loop *loop, Client *c) noexcept nogil
cdef void connection_close(Loop *loop, Client *c) noexcept nogil
