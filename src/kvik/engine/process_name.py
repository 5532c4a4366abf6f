"""System calls of a process about itself that Python has no way to, but for ctypes, which takes 3 ms and half a megabyte."""

# ruff: noqa: F821
import cython
from cython import cast
from cython.cimports.libc.string import memcpy, memset


def name_thread(name: bytes) -> None:
    """The name that top(1) shows: of this thread, cut to 15 bytes."""
    prctl(PR_SET_NAME, cast(cython.p_const_char, name))


def forbid_huge_pages() -> None:
    """For this process and its children."""
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)


def overwrite_arguments(start: int, end: int, text: bytes) -> None:
    """Put `text`, as far as there is room, where the arguments of the process lie: from `start` to `end`, as
    /proc/self/stat says."""
    room: cython.Py_ssize_t = end - start
    at: cython.p_char = cast(cython.p_char, cast(uintptr_t, start))
    kept: cython.Py_ssize_t = min(cast(cython.Py_ssize_t, len(text)), room - 1)
    if room <= 0:
        return
    memset(at, 0, room)
    memcpy(at, cast(cython.p_const_char, text), kept)
