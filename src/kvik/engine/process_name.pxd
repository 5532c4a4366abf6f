"""How a process shows in ps(1) and top(1), and its huge pages. See process_name.py."""

from libc.stdint cimport uintptr_t

cdef extern from "sys/prctl.h" nogil:
    enum: PR_SET_NAME
    enum: PR_SET_THP_DISABLE
    int prctl(int option, ...) noexcept
