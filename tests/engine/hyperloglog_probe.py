"""HyperLogLogs for tests: bytes in, bytes out, in buffers of their exact size."""

# ruff: noqa: F821
import cython
from cython import address, cast
from cython.cimports.kvik.engine.hyperloglog import (
    HLL_CHANGED,
    HLL_DENSE_BYTES,
    HLL_HEADER,
    HLL_REGISTERS,
    HllChange,
    HllPlace,
    Registers,
    hll_apply,
    hll_count,
    hll_count_registers,
    hll_dense_raise,
    hll_element,
    hll_empty,
    hll_is_valid,
    hll_merge,
    hll_register,
    hll_set_registers,
    hll_sparse_raise,
    hll_to_dense,
    pack_any,
    raise_any,
)
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.string import memcpy, memset
from cython.cimports.tests.engine.exact import exact_copy, exact_free, exact_room


def element(data: bytes) -> tuple:
    """The register and the rank."""
    p: cython.p_char = exact_copy(data)
    index: cython.int = 0
    rank: cython.int = hll_element(p, len(data), address(index))
    exact_free(p)
    return index, rank


def empty() -> bytes:
    out: cython.char[18]
    n: cython.size_t = hll_empty(out)
    return out[:n]


def is_valid(data: bytes) -> bool:
    p: cython.p_char = exact_copy(data)
    good: cython.bint = hll_is_valid(p, len(data))
    exact_free(p)
    return good


def raise_sparse(data: bytes, changes: list, limit: cython.size_t, in_order: cython.bint) -> tuple:
    """Raise registers, one after the other: what came of each, and the bytes. `in_order`: going on where it was."""
    place: HllPlace
    change: HllChange
    outcome: cython.int
    p: cython.p_char
    grown: cython.p_char
    n: cython.size_t = len(data)
    outcomes: list = []
    p = exact_copy(data)
    place.at = HLL_HEADER
    place.first = 0
    for index, rank in changes:
        if not in_order:
            place.at = HLL_HEADER
            place.first = 0
        outcome = hll_sparse_raise(p, n, address(place), index, rank, limit, address(change))
        outcomes.append(outcome)
        if outcome != HLL_CHANGED:
            continue
        grown = exact_room(n + change.added)
        memcpy(grown, p, n)
        exact_free(p)
        n = hll_apply(grown, n, address(change))
        p = exact_copy(grown[:n])
        exact_free(grown)
    result: bytes = p[:n]
    exact_free(p)
    return outcomes, result


def to_dense(data: bytes) -> object:
    """None: damaged."""
    p: cython.p_char = exact_copy(data)
    out: cython.p_char = exact_room(HLL_DENSE_BYTES)
    good: cython.bint = hll_to_dense(p, len(data), out)
    result: bytes = out[:HLL_DENSE_BYTES]
    exact_free(p)
    exact_free(out)
    return result if good else None


def raise_dense(data: bytes, changes: list) -> tuple:
    """What came of each, and the bytes."""
    p: cython.p_char = exact_copy(data)
    outcomes: list = [hll_dense_raise(p, index, rank) for index, rank in changes]
    result: bytes = p[: len(data)]
    exact_free(p)
    return outcomes, result


def registers_of_dense(data: bytes) -> bytes:
    p: cython.p_char = exact_copy(data)
    result: bytes = bytes([hll_register(p, i) for i in range(HLL_REGISTERS)])
    exact_free(p)
    return result


def count(data: bytes) -> object:
    """None: damaged."""
    p: cython.p_char = exact_copy(data)
    n: uint64_t = 0
    good: cython.bint = hll_count(p, len(data), address(n))
    exact_free(p)
    return n if good else None


def merge(several: list) -> object:
    """The registers of all together, one byte each, and their count. None: one is damaged."""
    registers: cython.p_char = exact_room(HLL_REGISTERS)
    p: cython.p_char
    good: cython.bint = True
    n: uint64_t
    memset(registers, 0, HLL_REGISTERS)
    for data in several:
        p = exact_copy(data)
        good = good and hll_merge(p, len(data), cast(Registers, registers))
        exact_free(p)
    n = hll_count_registers(cast(Registers, registers))
    result: bytes = registers[:HLL_REGISTERS]
    exact_free(registers)
    return (result, n) if good else None


def with_registers(data: bytes, registers: bytes) -> bytes:
    """A dense one with all its registers given."""
    p: cython.p_char = exact_copy(data)
    r: cython.p_char = exact_copy(registers)
    hll_set_registers(p, cast(Registers, r))
    result: bytes = p[: len(data)]
    exact_free(p)
    exact_free(r)
    return result


def the_plain_way(data: bytes, registers: bytes) -> tuple:
    """The registers raised to those of a dense one, and that one with these registers: by machines of narrow words."""
    p: cython.p_char = exact_copy(data + bytes(2))
    r: cython.p_char = exact_copy(registers)
    raise_any(cast(Registers, r), p + HLL_HEADER, HLL_REGISTERS // 32)
    raised: bytes = r[:HLL_REGISTERS]
    memcpy(r, cython.cast(cython.p_char, registers), HLL_REGISTERS)
    pack_any(p + HLL_HEADER, cast(Registers, r), HLL_REGISTERS // 32)
    packed: bytes = p[: len(data)]
    exact_free(p)
    exact_free(r)
    return raised, packed
