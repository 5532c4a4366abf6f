"""HyperLogLog commands: PFADD, PFCOUNT, PFMERGE, PFDEBUG, PFSELFTEST. What a HyperLogLog is: engine/hyperloglog.py.

A HyperLogLog is a string value, and its bytes are those that Redis would have. A small one stands in the key's entry
as every small string does, in a block of exactly its size.

A command that changes one *opens* it, raises registers, and *closes* it. As long as nothing grows the entry's own bytes
are changed. A sparse list that grows moves to a buffer at its first change and is stored once, at the end; so PFADD of
ten elements makes one block, not five.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.arguments import reply_error_about
from cython.cimports.kvik.commands.string_value import new_bytes, reply_memory, store_entry, store_raw
from cython.cimports.kvik.engine.entry import (
    EMBED_MAX,
    ENCODING_RAW,
    TYPE_STRING,
    entry_bytes,
    entry_clock,
    entry_embedded,
    entry_expiry,
    entry_set_clock,
    entry_set_kind,
    entry_set_word,
    raw_free,
    raw_new,
    raw_reserve,
)
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free, same_block
from cython.cimports.kvik.engine.hyperloglog import (
    HLL_CHANGED,
    HLL_DAMAGED,
    HLL_DENSE,
    HLL_DENSE_BYTES,
    HLL_HEADER,
    HLL_PROMOTE,
    HLL_REGISTERS,
    HLL_UNCHANGED,
    hll_apply,
    hll_cached,
    hll_count,
    hll_count_registers,
    hll_dense_raise,
    hll_element,
    hll_empty,
    hll_encoding,
    hll_invalidate,
    hll_is_valid,
    hll_merge,
    hll_register,
    hll_run,
    hll_self_test,
    hll_set_registers,
    hll_sparse_raise,
    hll_to_dense,
)
from cython.cimports.kvik.engine.intrinsics import load64, store64
from cython.cimports.kvik.engine.text import is_word
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.keyspace.lookup import check_type, lookup_read, lookup_write, prefetch_keys
from cython.cimports.kvik.keyspace.tail import EVENT_STRING, changed, changed_by, changed_silently
from cython.cimports.kvik.keyspace.values import entry_raw, string_value
from cython.cimports.kvik.wire.output import output_write
from cython.cimports.kvik.wire.reply import (
    reply_array,
    reply_bulk,
    reply_error,
    reply_header,
    reply_integer,
    reply_ok,
    reply_status,
)
from cython.cimports.libc.stdint import uint8_t, uint64_t, uintptr_t
from cython.cimports.libc.stdio import snprintf
from cython.cimports.libc.string import memcpy, memset

# --- a key's HyperLogLog ---------------------------------------------------------------------------------------------


def check_sketch(call, e, s):
    """Is the entry (not NULL) a HyperLogLog? Its bytes, or an error was answered."""
    scratch: cython.char[24]
    if not check_type(call, e, TYPE_STRING):
        return False
    s[0] = string_value(e, scratch)
    if hll_is_valid(s.p, s.n):          # an integer never is: nobody gets to see the scratch
        return True
    reply_error(call.client, "WRONGTYPE Key is not a valid HyperLogLog string value.")
    return False


def reply_damaged(call):
    reply_error(call.client, "INVALIDOBJ Corrupted HLL object detected")


def reply_failure(call, outcome):
    if outcome == HLL_DAMAGED:
        reply_damaged(call)
    else:
        reply_memory(call)


def sketch_open(call, i, s):
    """The HyperLogLog of the key argv[i], or a new one, to be changed. False: it is something else, answered."""
    bytes_: Slice
    s.i = i
    s.h = call_hash(call, i)
    s.slot = lookup_write(call, i, s.h)
    s.is_new = s.slot == NULL
    s.raw = NULL
    if s.is_new:
        s.p = s.buffer
        s.n = hll_empty(s.buffer)
    else:
        if not check_sketch(call, s.slot[0], address(bytes_)):
            return False
        s.p = bytes_.p
        s.n = bytes_.n
        s.raw = entry_raw(s.slot[0])
        entry_set_kind(s.slot[0], TYPE_STRING, ENCODING_RAW)
    sketch_rewind(s)
    return True


def sketch_rewind(s):
    """The next register may be any."""
    s.place.at = HLL_HEADER
    s.place.first = 0


def sketch_close(call, s):
    """Let the key have it. False: no memory, answered, and what does not fit into the entry is lost."""
    clock: cython.uint
    if s.raw != NULL:
        s.raw.length = s.n
    if not s.is_new:
        return True
    if s.slot == NULL:
        return sketch_store(call, s)
    clock = entry_clock(s.slot[0])
    if not sketch_store(call, s):
        return False
    entry_set_clock(s.slot[0], clock)   # a change is no new beginning for LFU
    return True


def sketch_store(call, s):
    """Store what is in no entry yet."""
    e: EntryPtr = NULL
    p: CharPtr = NULL
    if s.slot != NULL:
        e = s.slot[0]
    if s.raw != NULL:
        return store_raw(call, s.i, s.h, s.slot, s.raw, entry_expiry(e) if e != NULL else -1)
    if e != NULL and entry_raw(e) == NULL and same_block(entry_bytes(e), entry_bytes(e) - e.vlen + s.n):
        e.vlen = s.n
        memcpy(entry_embedded(e), s.p, s.n)
        return True
    e = new_bytes(call, s.i, s.n, entry_expiry(e) if e != NULL else -1, address(p))
    if e == NULL:
        reply_memory(call)
        return False
    memcpy(p, s.p, s.n)
    return store_entry(call, s.h, s.slot, e)


def sketch_raise(call, s, index, rank):
    """Raise a register: what came of it. (Not HLL_PROMOTE: that is done here.)"""
    change: HllChange
    outcome: cython.int
    if hll_encoding(s.p) != HLL_DENSE:
        outcome = hll_sparse_raise(
            s.p, s.n, address(s.place), index, rank, call.keyspace.limits.hll_sparse_max_bytes, address(change))
        if outcome == HLL_CHANGED:
            if not sketch_reserve(call, s, s.n + change.added - change.removed):
                return SKETCH_NO_MEMORY
            s.n = hll_apply(s.p, s.n, address(change))
            hll_invalidate(s.p)
        if outcome != HLL_PROMOTE:
            return outcome
        outcome = sketch_make_dense(call, s)
        if outcome != HLL_CHANGED:
            return outcome
    if not hll_dense_raise(s.p, index, rank):
        return HLL_UNCHANGED
    hll_invalidate(s.p)
    return HLL_CHANGED


def sketch_reserve(call, s, n):
    """Room for n bytes, in the same place or another. False: no memory."""
    raw: RawPtr
    if s.raw != NULL:
        if s.raw.capacity >= n:
            return True
        raw = raw_reserve(call.keyspace.heap, s.raw, n + SKETCH_SPARE)
        if raw == NULL:
            return False
        s.raw = raw
        s.p = raw.data
        if not s.is_new:
            entry_set_word(s.slot[0], cast(uint64_t, cast(uintptr_t, raw)))
        return True
    if n <= EMBED_MAX:
        if s.p != s.buffer:
            memcpy(s.buffer, s.p, s.n)
            s.p = s.buffer
            s.is_new = True
        return True
    raw = raw_new(call.keyspace.heap, n + SKETCH_SPARE)
    if raw == NULL:
        return False
    memcpy(raw.data, s.p, s.n)
    sketch_take_block(call, s, raw)
    return True


def sketch_take_block(call, s, raw):
    """It is in this block from now on."""
    if s.raw != NULL and s.is_new:
        raw_free(call.keyspace.heap, s.raw)
    s.raw = raw
    s.p = raw.data
    s.is_new = True


def sketch_make_dense(call, s):
    """Give a sparse one its dense form: HLL_CHANGED, HLL_DAMAGED or SKETCH_NO_MEMORY."""
    raw: RawPtr = raw_new(call.keyspace.heap, HLL_DENSE_BYTES)
    if raw == NULL:
        return SKETCH_NO_MEMORY
    if not hll_to_dense(s.p, s.n, raw.data):
        raw_free(call.keyspace.heap, raw)
        return HLL_DAMAGED
    sketch_take_block(call, s, raw)
    s.n = HLL_DENSE_BYTES
    return HLL_CHANGED


# --- PFADD -----------------------------------------------------------------------------------------------------------


def pfadd_command(call):
    s: Sketch
    outcome: cython.int
    updated: uint64_t
    if not sketch_open(call, 1, address(s)):
        return
    updated = s.slot == NULL
    outcome = add_elements(call, address(s), address(updated))
    if updated > 0:
        hll_invalidate(s.p)
        if not sketch_close(call, address(s)):
            return
        changed_by(call, 1, EVENT_STRING, "pfadd", updated)
    if outcome != HLL_UNCHANGED:
        reply_failure(call, outcome)
    else:
        reply_integer(call.client, updated > 0)


def add_elements(call, s, updated):
    """Add the elements from argv[2] on, and count those that changed something. HLL_UNCHANGED: all went well."""
    i: cython.int
    index: cython.int = 0
    rank: cython.int
    outcome: cython.int
    for i in range(2, call.argc):
        rank = hll_element(call.argv[i].p, call.argv[i].n, address(index))
        outcome = sketch_raise(call, s, index, rank)
        sketch_rewind(s)
        if outcome == HLL_CHANGED:
            updated[0] += 1
        elif outcome != HLL_UNCHANGED:
            return outcome
    return HLL_UNCHANGED


# --- PFCOUNT ---------------------------------------------------------------------------------------------------------


def pfcount_command(call):
    registers: uint8_t[HLL_REGISTERS]
    dense: cython.bint = False
    if call.argc == 2:
        count_one(call)
        return
    memset(registers, 0, HLL_REGISTERS)
    if merge_keys(call, registers, address(dense)):
        reply_integer(call.client, hll_count_registers(registers))


def count_one(call):
    """PFCOUNT of one key, which keeps the result."""
    e: EntryPtr = lookup_read(call, 1, call.hash)
    count: uint64_t = 0
    s: Slice
    if e == NULL:
        reply_integer(call.client, 0)
        return
    if not check_sketch(call, e, address(s)):
        return
    if not hll_cached(s.p, address(count)):
        if not hll_count(s.p, s.n, address(count)):
            reply_damaged(call)
            return
        store64(s.p + 8, count)
        changed_silently(call, 1)
    entry_set_kind(e, TYPE_STRING, ENCODING_RAW)
    reply_integer(call.client, count)


def merge_keys(call, registers, dense):
    """Raise the registers to those of all keys from argv[1] on. Is one of them dense? False: one is wrong, answered."""
    ahead: Prefetched
    e: EntryPtr
    s: Slice
    i: cython.int
    at: cython.int = 1
    while at < call.argc:
        prefetch_keys(call, address(ahead), at, 1, call.argc)
        for i in range(ahead.count):
            e = lookup_read(call, at + i, ahead.hashes[i])
            if e == NULL:
                continue
            if not check_sketch(call, e, address(s)):
                return False
            if hll_encoding(s.p) == HLL_DENSE:
                dense[0] = True
            if not hll_merge(s.p, s.n, registers):
                reply_damaged(call)
                return False
        at += ahead.count
    return True


# --- PFMERGE ---------------------------------------------------------------------------------------------------------


def pfmerge_command(call):
    s: Sketch
    registers: uint8_t[HLL_REGISTERS]
    dense: cython.bint = False
    outcome: cython.int
    memset(registers, 0, HLL_REGISTERS)
    if not merge_keys(call, registers, address(dense)) or not sketch_open(call, 1, address(s)):
        return
    outcome = raise_registers(call, address(s), registers, dense)
    hll_invalidate(s.p)
    if not sketch_close(call, address(s)):
        return
    changed(call, 1, EVENT_STRING, "pfadd")
    if outcome != HLL_UNCHANGED:
        reply_failure(call, outcome)
    else:
        reply_ok(call.client)


def raise_registers(call, s, registers, dense):
    """Raise all registers, none of which is higher already, in the dense form if so wished. HLL_UNCHANGED: done."""
    outcome: cython.int
    i: cython.int = 0
    if dense:
        if hll_encoding(s.p) != HLL_DENSE:
            outcome = sketch_make_dense(call, s)
            if outcome != HLL_CHANGED:
                return outcome
        hll_set_registers(s.p, registers)
        return HLL_UNCHANGED
    while i < HLL_REGISTERS:
        if i % 8 == 0 and load64(registers + i) == 0:
            i += 8
            continue
        if registers[i] > 0:
            outcome = sketch_raise(call, s, i, registers[i])
            if outcome != HLL_CHANGED and outcome != HLL_UNCHANGED:
                return outcome
        i += 1
    return HLL_UNCHANGED


# --- PFDEBUG and PFSELFTEST ------------------------------------------------------------------------------------------


def pfdebug_command(call):
    s: Sketch
    sparse: cython.bint
    if is_word(address(call.argv[1]), "simd"):
        # Every loop is made for the machine it runs on: there is nothing to turn off, but tests of clients ask.
        if is_word(address(call.argv[2]), "on"):
            reply_status(call.client, "enabled")
        elif is_word(address(call.argv[2]), "off"):
            reply_status(call.client, "disabled")
        else:
            reply_error(call.client, "ERR Argument must be ON or OFF")
        return
    if not sketch_open(call, 2, address(s)):
        return
    sparse = hll_encoding(s.p) != HLL_DENSE
    if s.slot == NULL:
        reply_error(call.client, "ERR The specified key does not exist")
    elif is_word(address(call.argv[1]), "getreg"):
        if densify(call, address(s)):
            reply_registers(call, address(s))
    elif is_word(address(call.argv[1]), "decode"):
        reply_runs(call, address(s))
    elif is_word(address(call.argv[1]), "encoding"):
        reply_status(call.client, "sparse" if sparse else "dense")
    elif is_word(address(call.argv[1]), "todense"):
        if densify(call, address(s)):
            reply_integer(call.client, sparse)
    else:
        reply_error_about(call, "ERR Unknown PFDEBUG subcommand '%.*s'", address(call.argv[1]))


def densify(call, s):
    """Let the key argv[2] have its dense form. False: it is damaged or there is no memory, answered."""
    outcome: cython.int
    if hll_encoding(s.p) == HLL_DENSE:
        return True
    outcome = sketch_make_dense(call, s)
    if outcome != HLL_CHANGED:
        reply_failure(call, outcome)
        return False
    if not sketch_close(call, s):
        return False
    changed_silently(call, 2)
    return True


def reply_registers(call, s):
    i: cython.int
    reply_array(call.client, HLL_REGISTERS)
    for i in range(HLL_REGISTERS):
        reply_integer(call.client, hll_register(s.p, i))


def reply_runs(call, s):
    """A sparse list in words: z for ZERO, Z for XZERO, each with its span; v for VAL, with rank and span."""
    text: cython.char[32]
    at: cython.size_t = HLL_HEADER
    total: cython.size_t = 0
    run: HllRun
    n: cython.int
    if hll_encoding(s.p) == HLL_DENSE:
        reply_error(call.client, "ERR HLL encoding is not sparse")
        return
    run = hll_run(s.p, s.n, at)
    while run.bytes > 0:
        total += run_text(text, address(run))
        at += run.bytes
        run = hll_run(s.p, s.n, at)
    if total == 0:
        reply_bulk(call.client, "", 0)
        return
    reply_header(call.client, 36, total - 1)
    at = HLL_HEADER
    while total > 0:
        run = hll_run(s.p, s.n, at)
        n = run_text(text, address(run))
        at += run.bytes
        total -= n
        output_write(call.client, text, n if total > 0 else n - 1)      # no blank behind the last one
    output_write(call.client, "\r\n", 2)


def run_text(out, run):
    if run.rank > 0:
        return snprintf(out, 32, "v:%d,%d ", run.rank, run.span)
    return snprintf(out, 32, "%s:%d ", cast(cython.p_char, "z" if run.bytes == 1 else "Z"), run.span)


def pfselftest_command(call):
    room: cython.size_t = 3 * HLL_DENSE_BYTES + HLL_REGISTERS
    work: CharPtr = cast(CharPtr, heap_alloc(call.keyspace.heap, room))
    complaint: Text
    if work == NULL:
        reply_memory(call)
        return
    complaint = hll_self_test(work, cast(Registers, work + 3 * HLL_DENSE_BYTES))
    heap_free(call.keyspace.heap, work, room)
    if complaint == NULL:
        reply_ok(call.client)
    else:
        reply_error(call.client, complaint)
