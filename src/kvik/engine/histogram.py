"""A histogram of durations, on a logarithmic scale: 32 steps from each power of two to the next, from 0 to a second.

    ns      0 .. 63 | 64 66 68 .. 126 | 128 132 .. 252 | 256 ..
    step    0 .. 63 | 64 65 66 ..  95 |  96  97 .. 127 | 128 ..

Counting is a shift and an increment; what is read from it (percentiles, cumulative counts) is right within 3 %.
"""

# ruff: noqa: F821
import cython
from cython import NULL, cast, sizeof
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.stdlib import calloc, free


def histogram_new():
    """An empty one; NULL when memory is short. Statistics are not data: it is not taken from the heap."""
    return cast(HistogramPtr, calloc(1, sizeof(Histogram)))


def histogram_free(h):
    if h != NULL:
        free(h)


def histogram_last(step):
    """The longest duration that is counted in this step."""
    shift: cython.int
    if step < 2 * HISTOGRAM_FINE:
        return step
    shift = step // HISTOGRAM_FINE - 1
    return (cast(uint64_t, step - shift * HISTOGRAM_FINE + 1) << shift) - 1
