"""The engine between its own thread and others that run commands. See sharing.py."""

from kvik.commands.dispatch cimport Dispatcher, DispatcherPtr
from kvik.engine.turnstile cimport Turnstile
from kvik.wire.loop cimport Loop, LoopPtr

cdef class Sharing:
    cdef Turnstile turnstile
    cdef Dispatcher *dispatcher
    cdef Loop *loop
    cdef readonly bint on               # others may run commands
    cdef readonly bint abandoned        # this is a forked child, the engine its parent's
    cdef public object raised           # what a handler may not keep (KeyboardInterrupt), after the thread it is for

    cdef void attach(self, Dispatcher *d)
    cdef void enter(self) noexcept nogil
    cdef void leave(self) noexcept nogil

cdef bint wants_tick(void *owner) noexcept nogil
cdef void move_clock(Dispatcher *d, long long us) noexcept nogil
