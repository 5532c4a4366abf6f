"""Histograms for tests."""

from cython.cimports.kvik.engine.histogram import (
    HISTOGRAM_STEPS,
    HistogramPtr,
    histogram_add,
    histogram_free,
    histogram_last,
    histogram_new,
    histogram_step,
)
from cython.cimports.libc.stdint import uint64_t


def step(ns: uint64_t) -> int:
    return histogram_step(ns)


def last(at: int) -> int:
    return histogram_last(at)


def steps() -> int:
    return HISTOGRAM_STEPS


def counted(durations: list) -> dict:
    """What a histogram of these holds, by step."""
    h: HistogramPtr = histogram_new()
    for each in durations:
        histogram_add(h, each)
    found = {at: h.counts[at] for at in range(HISTOGRAM_STEPS) if h.counts[at]}
    histogram_free(h)
    return found
