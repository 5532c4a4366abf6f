"""A forked child, as Python sees it. See fork.py."""

from kvik.engine.child cimport Child, ChildWork

cdef class Fork:
    cdef Child child
    cdef readonly int pid

    cdef start(self, ChildWork work, void *context)
