"""Bits for tests: each function hands over bytes in buffers of their exact size."""

import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.bits import (
    bit_at,
    bits_combine,
    bits_count,
    bits_find,
    count_by_machine,
    count_by_sums,
    field_add,
    field_max,
    field_min,
    field_read,
    field_value,
    field_write,
    machine_counts,
    set_bit_at,
)
from cython.cimports.kvik.engine.text import Slice, SlicePtr
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.tests.engine.exact import exact_copy, exact_free, exact_room


def count(data: bytes, first: uint64_t, end: uint64_t) -> int:
    p: cython.p_char = exact_copy(data)
    n: uint64_t = bits_count(p, first, end)
    exact_free(p)
    return n


def counts_of_all(data: bytes) -> list:
    """What each way of counting says of all the bytes."""
    p: cython.p_char = exact_copy(data)
    counts: list = [count_by_sums(p, len(data))]
    if machine_counts():
        counts.append(count_by_machine(p, len(data)))
    exact_free(p)
    return counts


def find(data: bytes, first: uint64_t, end: uint64_t, bit: cython.bint) -> int:
    p: cython.p_char = exact_copy(data)
    at: int64_t = bits_find(p, first, end, bit)
    exact_free(p)
    return at


def combine(operation: cython.int, n: cython.Py_ssize_t, sources: list) -> bytes:
    count: cython.int = len(sources)
    i: cython.int
    slices: SlicePtr = cast(SlicePtr, malloc(count * sizeof(Slice)))
    out: cython.p_char = exact_room(n)
    if slices == NULL:
        raise MemoryError
    for i in range(count):
        slices[i].p = exact_copy(sources[i])
        slices[i].n = len(sources[i])
    bits_combine(operation, out, n, slices, count)
    for i in range(count):
        exact_free(slices[i].p)
    free(slices)
    result: bytes = out[:n]
    exact_free(out)
    return result


def get_bit(data: bytes, offset: uint64_t) -> bool:
    p: cython.p_char = exact_copy(data)
    bit: cython.bint = bit_at(p, offset)
    exact_free(p)
    return bit


def set_bit(data: bytes, offset: uint64_t, bit: cython.bint) -> bytes:
    p: cython.p_char = exact_copy(data)
    set_bit_at(p, offset, bit)
    result: bytes = p[: len(data)]
    exact_free(p)
    return result


def read(data: bytes, offset: uint64_t, width: cython.int, is_signed: cython.bint) -> int:
    p: cython.p_char = exact_copy(data)
    value: int64_t = field_value(field_read(p, len(data), offset, width), width, is_signed)
    exact_free(p)
    return value


def write(data: bytes, offset: uint64_t, width: cython.int, value: int64_t) -> bytes:
    p: cython.p_char = exact_copy(data)
    field_write(p, len(data), offset, width, cast(uint64_t, value))
    result: bytes = p[: len(data)]
    exact_free(p)
    return result


def add(value: int64_t, step: int64_t, width: cython.int, is_signed: cython.bint) -> tuple:
    """The verdict and the wrapped sum."""
    total: int64_t = 0
    verdict: cython.int = field_add(value, step, width, is_signed, address(total))
    return verdict, total


def limits(width: cython.int, is_signed: cython.bint) -> tuple:
    return field_min(width, is_signed), field_max(width, is_signed)
