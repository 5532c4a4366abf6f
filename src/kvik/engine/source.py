"""Sources: bytes read one after another, from a block in memory or from a file through a window that moves over it.

What is longer than is there is refused before anything is allocated for it. The first failure is kept with its place,
so that whoever reads may go on to where failing is convenient and then say what was wrong where.
"""

# ruff: noqa: F821
import cython
from cython import NULL, sizeof
from cython.cimports.libc.string import memset


def source_init(source, p, n):
    """A source of the n bytes at p."""
    memset(source, 0, sizeof(Source))
    source.start = p
    source.p = p
    source.end = p + n


def source_take_long(source, n):
    p: cython.p_const_char
    if source.error == NULL and source.refill != NULL and source.refill(source, n):
        p = source.p
        source.p = p + n
        return p
    source_fail(source, "unexpected end of data")
    source.p = source.end
    return NULL


def source_fail(source, error):
    """Remember the first failure. False, for whoever reports failure so."""
    if source.error == NULL:
        source.error = error
        source.error_at = source_position(source)
    return False
