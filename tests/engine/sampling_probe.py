"""Choosing some of many, for tests."""

# ruff: noqa: F821
from cython import address
from cython.cimports.kvik.engine.sampling import draw_takes, seen_add, seen_free, seen_init
from cython.cimports.libc.stdint import uint64_t


def drawn(wanted: uint64_t, of: uint64_t, seed: uint64_t) -> list:
    """Which of the numbers below `of` are taken."""
    draw: Draw
    taken: list = []
    i: uint64_t
    draw.wanted = wanted
    draw.left = of
    for i in range(of):
        if draw_takes(address(draw), address(seed)):
            taken.append(i)
    return taken


def which_are_new(owner: HeapProbe, numbers: list, most: uint64_t):
    """For each number whether it had not come before; None without memory."""
    seen: Seen
    number: uint64_t
    if not seen_init(address(seen), address(owner.heap), most):
        return None
    new: list = []
    for number in numbers:
        new.append(bool(seen_add(address(seen), number)))
    seen_free(address(seen))
    return new
