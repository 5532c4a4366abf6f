"""HyperLogLogs, byte for byte as Redis keeps them in string values. The layout is drawn in hyperloglog.pxd.

An element is hashed; 14 bits of the hash choose a register, and the register keeps the highest *rank* seen, the place
of the first 1 among the other bits. How many registers have which rank tells how many different elements there were
(Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017).

Changing a sparse list happens in two steps, since it is the caller who has the memory: `hll_sparse_raise` says which
bytes are to be put in place of which others, `hll_apply` does it where there is room. To find the run of a register
the list is read eight bytes at a time, the spans of all runs among them summed in one register.

Which equal neighbours are joined after a change (five runs are looked at, no more) and when a list is made dense is
Redis's choice: other servers' clients compare these bytes.

Every function takes bytes from anywhere: what is not a HyperLogLog is refused, nothing outside p[:n] is touched.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.intrinsics import low_bit, low_byte
from cython.cimports.libc.math import INFINITY, fabs, llround, sqrt
from cython.cimports.libc.string import memcmp, memcpy, memmove, memset

# --- elements --------------------------------------------------------------------------------------------------------


def hll_element(p, n, index):
    """The register an element belongs to, and its rank there: 1 to 51."""
    h: uint64_t = murmur_hash(p, n, HLL_SEED)
    index[0] = cast(cython.int, h & (HLL_REGISTERS - 1))
    return low_bit((h >> HLL_INDEX_BITS) | (cast(uint64_t, 1) << HLL_RANK_BITS)) + 1


def murmur_hash(p, n, seed):
    """MurmurHash2, the variant of 64 bits."""
    h: uint64_t = seed ^ (n * MURMUR_MULTIPLIER)
    k: uint64_t
    i: cython.size_t = 0
    while i + 8 <= n:
        k = load64(p + i) * MURMUR_MULTIPLIER
        k = (k ^ (k >> 47)) * MURMUR_MULTIPLIER
        h = (h ^ k) * MURMUR_MULTIPLIER
        i += 8
    if i < n:
        k = 0
        memcpy(address(k), p + i, n - i)
        h = (h ^ k) * MURMUR_MULTIPLIER
    h = (h ^ (h >> 47)) * MURMUR_MULTIPLIER
    return h ^ (h >> 47)


# --- whole ones ------------------------------------------------------------------------------------------------------


def hll_is_valid(p, n):
    """Does p[:n] look like a HyperLogLog? (The runs of a sparse one are checked when they are read.)"""
    if n < HLL_HEADER or memcmp(p, "HYLL", 4) != 0:
        return False
    return hll_encoding(p) == HLL_SPARSE or (hll_encoding(p) == HLL_DENSE and n == HLL_DENSE_BYTES)


def hll_empty(out):
    """Write one of no elements, sparse. Returns its length."""
    memset(out, 0, HLL_HEADER)
    memcpy(out, "HYLL", 4)
    out[4] = HLL_SPARSE
    return HLL_HEADER + put_run(cast(Registers, out + HLL_HEADER), 0, HLL_REGISTERS)


def hll_to_dense(p, n, out):
    """The sparse p[:n] as a dense one in out[:HLL_DENSE_BYTES]. False: it is damaged."""
    at: cython.size_t = HLL_HEADER
    index: cython.int = 0
    i: cython.int
    run: HllRun
    memset(out, 0, HLL_DENSE_BYTES)
    memcpy(out, p, HLL_HEADER)
    out[4] = HLL_DENSE
    while at < n:
        run = hll_run(p, n, at)
        if run.bytes == 0 or run.span > HLL_REGISTERS - index:
            return False
        if run.rank > 0:
            for i in range(run.span):
                hll_set_register(out, index + i, run.rank)
        at += run.bytes
        index += run.span
    return index == HLL_REGISTERS


# --- raising registers -----------------------------------------------------------------------------------------------


def hll_dense_raise(p, index, rank):
    """Raise a register of a dense one. Was it lower?"""
    if hll_register(p, index) >= rank:
        return False
    hll_set_register(p, index, rank)
    return True


def hll_sparse_raise(p, n, place, index, rank, limit, change):
    """Raise a register of the sparse p[:n], which must not grow beyond `limit` bytes. What is to be done: `change`.

    `place` is where to begin, { HLL_HEADER, 0 } if nothing better is known. When registers are raised in order, and
    each change is applied before the next call, it follows along.
    """
    found: HllFound
    old: cython.int
    size: cython.int = 0
    start: cython.int
    after: cython.size_t
    following: cython.size_t
    if rank > HLL_RUN_RANK_MAX:
        return HLL_PROMOTE
    if not find_run(p, n, place, index, address(found)):
        return HLL_DAMAGED
    if found.run.rank >= rank:
        return HLL_UNCHANGED
    # The run before it, for it may join what comes; the run, cut in up to three; and what is behind it.
    start = cast(cython.int, found.at - found.previous)
    memcpy(change.bytes, p + found.previous, start)
    size = start
    size += put_run(change.bytes + size, found.run.rank, index - found.first)
    size += put_run(change.bytes + size, rank, 1)
    size += put_run(change.bytes + size, found.run.rank, found.first + found.run.span - 1 - index)
    old = found.run.bytes
    if size - start > old and n + (size - start - old) > limit:
        return HLL_PROMOTE
    after = found.at + old
    following = n - after if n - after < HLL_FOLLOWING else HLL_FOLLOWING
    memcpy(change.bytes + size, p + after, following)
    change.at = found.previous
    change.removed = after + following - found.previous
    change.added = merge_runs(change.bytes, size + cast(cython.int, following))
    return HLL_CHANGED


def hll_apply(p, n, change):
    """Do it to p[:n], in room for the new length as well. Returns the new length."""
    after: cython.size_t = change.at + change.removed
    if change.added != change.removed:
        memmove(p + change.at + change.added, p + after, n - after)
    memcpy(p + change.at, change.bytes, change.added)
    return n + change.added - change.removed


def find_run(p, n, place, index, found):
    """The run that the register is in. False: the list ends before, or is damaged. Carries `place` on."""
    at: cython.size_t = place.at
    first: cython.int = place.first
    previous: cython.size_t = at
    behind: HllPlace = place[0]     # where the last step began, which may be at the run before the one looked for;
    further: HllPlace = place[0]    # and the one before, which is not
    word: uint64_t
    wide: uint64_t
    runs: cython.int
    span: cython.int
    while at + 8 <= n:
        word = load64(p + at)
        wide = word & (~word >> 1) & BYTES_40       # the bytes that look like the first of an XZERO
        runs = low_byte(wide) if wide != 0 else 8   # before them all runs are of one byte
        if runs == 0:
            span = cast(cython.int, ((word & 63) << 8) | ((word >> 8) & 255)) + 1
        else:
            span = runs + spans_sum(word, runs)
        if first + span > index:
            break
        further = behind
        behind.at = at
        behind.first = first
        previous = at if runs == 0 else at + runs - 1
        at += 2 if runs == 0 else runs
        first += span
    while True:
        found.run = hll_run(p, n, at)
        if found.run.bytes == 0:
            return False
        if first + found.run.span > index:
            break
        previous = at
        at += found.run.bytes
        first += found.run.span
    found.at = at
    found.first = first
    found.previous = previous
    place[0] = further
    return True


def put_run(out, rank, span):
    """Write a run of `span` (0 for none) registers. Returns its length."""
    if span == 0:
        return 0
    if rank > 0:
        out[0] = cast(uint8_t, 128 | ((rank - 1) << 2) | (span - 1))
        return 1
    if span <= HLL_ZERO_MAX:
        out[0] = cast(uint8_t, span - 1)
        return 1
    out[0] = cast(uint8_t, 64 | ((span - 1) >> 8))
    out[1] = cast(uint8_t, (span - 1) & 255)
    return 2


def merge_runs(runs, n):
    """Join neighbours of equal rank, as far as Redis looks for them. Returns the new length."""
    at: cython.int = 0
    left: cython.int = HLL_MERGE_SCAN
    span: cython.int
    while at < n and left > 0:
        left -= 1
        if runs[at] < 128:
            at += 1 if runs[at] < 64 else 2
            continue
        # Two VALs of one rank differ in their low two bits only.
        if at + 1 < n and (runs[at] ^ runs[at + 1]) < 4:
            span = (runs[at] & 3) + (runs[at + 1] & 3) + 2
            if span <= HLL_VALUE_MAX:
                runs[at + 1] = cast(uint8_t, (runs[at] & 0xFC) | (span - 1))
                memmove(runs + at, runs + at + 1, n - at - 1)
                n -= 1
                continue
        at += 1
    return n


# --- merging ---------------------------------------------------------------------------------------------------------


def hll_merge(p, n, registers):
    """Raise each of the registers to what the one in p[:n] has. False: that is damaged."""
    if hll_encoding(p) == HLL_SPARSE:
        return sparse_merge(p, n, registers)
    dense_merge(p, registers)
    return True


def sparse_merge(p, n, registers):
    at: cython.size_t = HLL_HEADER
    index: cython.int = 0
    i: cython.int
    run: HllRun
    while at < n:
        run = hll_run(p, n, at)
        if run.bytes == 0 or run.span > HLL_REGISTERS - index:
            return False
        if run.rank > 0:
            for i in range(index, index + run.span):
                registers[i] = run.rank if registers[i] < run.rank else registers[i]
        at += run.bytes
        index += run.span
    return index == HLL_REGISTERS


def dense_merge(p, registers):
    if has_wide_registers():
        raise_wide(registers, p + HLL_HEADER, HLL_REGISTERS // 32)
    else:
        raise_any(registers, p + HLL_HEADER, HLL_REGISTERS // 32)


def hll_set_registers(p, registers):
    """Give all registers of a dense one."""
    last: cython.char[32]
    blocks: cython.int = HLL_REGISTERS // 32 - 1
    if has_wide_registers():
        pack_wide(p + HLL_HEADER, registers, blocks)
    else:
        pack_any(p + HLL_HEADER, registers, blocks)
    pack_any(last, registers + blocks * 32, 1)      # it writes two bytes more than there is room for
    memcpy(p + HLL_HEADER + blocks * 24, last, 24)


# --- counting --------------------------------------------------------------------------------------------------------


def hll_count(p, n, count):
    """The estimate of how many different elements were added to p[:n]. False: it is damaged."""
    histogram: uint32_t[64]
    memset(histogram, 0, 64 * 4)
    if hll_encoding(p) == HLL_SPARSE:
        if not sparse_histogram(p, n, histogram):
            return False
    else:
        dense_histogram(p, histogram)
    count[0] = estimate(histogram)
    return True


def hll_count_registers(registers):
    """The estimate of registers that were merged."""
    histogram: uint32_t[64]
    tables: uint32_t[256]
    word: uint64_t
    i: cython.int
    memset(tables, 0, 256 * 4)
    for i in range(HLL_REGISTERS // 8):
        word = load64(registers + i * 8)
        if word == 0:
            tables[0] += 8
            continue
        tables[word & 63] += 1
        tables[64 + ((word >> 8) & 63)] += 1
        tables[128 + ((word >> 16) & 63)] += 1
        tables[192 + ((word >> 24) & 63)] += 1
        tables[(word >> 32) & 63] += 1
        tables[64 + ((word >> 40) & 63)] += 1
        tables[128 + ((word >> 48) & 63)] += 1
        tables[192 + ((word >> 56) & 63)] += 1
    for i in range(64):
        histogram[i] = tables[i] + tables[64 + i] + tables[128 + i] + tables[192 + i]
    return estimate(histogram)


def sparse_histogram(p, n, histogram):
    at: cython.size_t = HLL_HEADER
    index: cython.int = 0
    run: HllRun
    while at < n:
        run = hll_run(p, n, at)
        if run.bytes == 0 or run.span > HLL_REGISTERS - index:
            return False
        histogram[run.rank] += run.span
        at += run.bytes
        index += run.span
    return index == HLL_REGISTERS


def dense_histogram(p, histogram):
    """In four parts: a register that equals the one before it need not wait for its sum."""
    tables: uint32_t[256]
    word: uint64_t
    i: cython.int
    memset(tables, 0, 256 * 4)
    for i in range(HLL_REGISTERS // 8):
        word = load64(p + HLL_HEADER - 2 + i * 6) >> 16
        tables[word & 63] += 1
        tables[64 + ((word >> 6) & 63)] += 1
        tables[128 + ((word >> 12) & 63)] += 1
        tables[192 + ((word >> 18) & 63)] += 1
        tables[(word >> 24) & 63] += 1
        tables[64 + ((word >> 30) & 63)] += 1
        tables[128 + ((word >> 36) & 63)] += 1
        tables[192 + (word >> 42)] += 1
    for i in range(64):
        histogram[i] = tables[i] + tables[64 + i] + tables[128 + i] + tables[192 + i]


def estimate(histogram):
    """Ertl's estimate without any table of corrections: algorithm 6 of the paper."""
    m: cython.double = HLL_REGISTERS
    k: cython.int = HLL_RANK_BITS
    z: cython.double = m * saturated_share((m - histogram[HLL_RANK_BITS + 1]) / m)
    while k >= 1:
        z = 0.5 * (z + histogram[k])
        k -= 1
    z += m * empty_share(histogram[0] / m)
    return cast(uint64_t, llround(0.721347520444481703680 * m * m / z))     # 1 / (2 ln 2)


def saturated_share(x):
    """The paper's tau."""
    before: cython.double
    y: cython.double = 1.0
    z: cython.double = 1 - x
    if x == 0.0 or x == 1.0:
        return 0.0
    while True:
        x = sqrt(x)
        before = z
        y *= 0.5
        z -= (1 - x) * (1 - x) * y
        if z == before:
            return z / 3


def empty_share(x):
    """The paper's sigma."""
    before: cython.double
    y: cython.double = 1.0
    z: cython.double = x
    if x == 1.0:
        return INFINITY
    while True:
        x *= x
        before = z
        z += x * y
        y += y
        if z == before:
            return z


# --- self test -------------------------------------------------------------------------------------------------------


def hll_self_test(work, registers):
    """Does this machine count right? NULL, or an error. `work` has room for three dense ones."""
    dense: cython.p_char = work
    sparse: cython.p_char = work + HLL_DENSE_BYTES
    empty: cython.p_char = sparse + HLL_DENSE_BYTES
    hll_to_dense(empty, hll_empty(empty), dense)
    if not registers_hold(dense, registers):
        return "TESTFAILED a register does not hold what was put into it"
    hll_to_dense(empty, hll_empty(empty), dense)
    return elements_count(dense, sparse)


def registers_hold(p, registers):
    """Put something into each register of a dense one, three times. Is it there?"""
    word: uint64_t = HLL_SEED
    count: uint64_t = 0
    i: cython.int
    _: cython.int
    for _ in range(3):
        for i in range(HLL_REGISTERS):
            word = (word ^ (word >> 47)) * MURMUR_MULTIPLIER + 1
            registers[i] = cast(uint8_t, word >> 58)
            hll_set_register(p, i, registers[i])
        for i in range(HLL_REGISTERS):
            if hll_register(p, i) != registers[i]:
                return False
        hll_count(p, HLL_DENSE_BYTES, address(count))
        if count != hll_count_registers(registers):
            return False
    return True


def elements_count(dense, sparse):
    """Add elements to both, and see at every power of ten how many they seem to be."""
    n: cython.size_t = hll_empty(sparse)
    place: HllPlace
    change: HllChange
    element: uint64_t
    count: uint64_t = 0
    other: uint64_t = 0
    outcome: cython.int = HLL_UNCHANGED
    index: cython.int = 0
    rank: cython.int
    checkpoint: uint64_t = 1
    for element in range(1, HLL_TEST_ELEMENTS + 1):
        rank = hll_element(cast(cython.p_char, address(element)), 8, address(index))
        hll_dense_raise(dense, index, rank)
        if outcome != HLL_PROMOTE:
            place.at = HLL_HEADER
            place.first = 0
            outcome = hll_sparse_raise(sparse, n, address(place), index, rank, HLL_TEST_SPARSE, address(change))
            if outcome == HLL_CHANGED:
                n = hll_apply(sparse, n, address(change))
        if element == checkpoint:
            checkpoint *= 10
            hll_count(dense, HLL_DENSE_BYTES, address(count))
            if fabs(cast(cython.double, count) - element) > 1 + 0.04 * element:
                return "TESTFAILED an estimate is too far from the truth"
            if outcome != HLL_PROMOTE and (not hll_count(sparse, n, address(other)) or count != other):
                return "TESTFAILED a sparse list counts other than dense registers"
    return NULL
