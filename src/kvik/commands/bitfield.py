"""BITFIELD and BITFIELD_RO: integers of any width inside strings. How they lie there: engine/bits.py.

The arguments are read twice: once to find what is wrong and how long the string has to be, then to do it. So
any number of operations takes no memory.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.commands.arguments import read_integer, reply_syntax_error
from cython.cimports.kvik.commands.bitmap import grow_bits, read_bit_offset
from cython.cimports.kvik.commands.string import read_string
from cython.cimports.kvik.engine.bits import (
    FIELD_FITS,
    FIELD_TOO_LARGE,
    field_add,
    field_max,
    field_min,
    field_read,
    field_value,
    field_write,
)
from cython.cimports.kvik.engine.text import is_word, parse_integer
from cython.cimports.kvik.keyspace.effects import effect_command
from cython.cimports.kvik.keyspace.tail import EVENT_STRING, changed_by, is_logged
from cython.cimports.kvik.keyspace.values import string_value
from cython.cimports.kvik.wire.reply import reply_array, reply_error, reply_integer, reply_null
from cython.cimports.libc.stdint import int64_t, uint64_t


def bitfield_command(call):
    plan: FieldPlan
    if not read_plan(call, address(plan)):
        return
    if plan.writes:
        change_fields(call, address(plan))
    else:
        read_fields(call, address(plan))


def bitfield_ro_command(call):
    plan: FieldPlan
    if not read_plan(call, address(plan)):
        return
    if plan.writes:
        reply_error(call.client, "ERR BITFIELD_RO only supports the GET subcommand")
        return
    read_fields(call, address(plan))


# --- arguments ----------------------------------------------------------------------------------------------


def read_plan(call, plan):
    """Check all operations and add up what they come to. False: one is wrong, answered."""
    op: FieldOperation
    i: cython.int = 2
    last: uint64_t
    plan.count = 0
    plan.writes = False
    plan.last = 0
    op.overflow = OVERFLOW_WRAP
    while i < call.argc:
        if not next_operation(call, address(i), address(op)):
            return False
        if op.kind == FIELD_OVERFLOW:
            continue
        plan.count += 1
        if op.kind != FIELD_GET:
            plan.writes = True
            last = op.offset + cython.cast(uint64_t, op.width) - 1
            if last > plan.last:
                plan.last = last
    return True


def next_operation(call, i, op):
    """The operation at argv[i]; moves i behind it. `op.overflow` stays as the last OVERFLOW left it.

    False: it is wrong, and that was answered.
    """
    a: SlicePtr = address(call.argv[i[0]])
    left: cython.int = call.argc - i[0] - 1
    at: cython.int = i[0] + 1
    if is_word(a, "get") and left >= 2:
        op.kind = FIELD_GET
        i[0] += 3
    elif is_word(a, "set") and left >= 3:
        op.kind = FIELD_SET
        i[0] += 4
    elif is_word(a, "incrby") and left >= 3:
        op.kind = FIELD_INCRBY
        i[0] += 4
    elif is_word(a, "overflow") and left >= 1:
        op.kind = FIELD_OVERFLOW
        i[0] += 2
        return read_overflow(call, at, op)
    else:
        reply_syntax_error(call)
        return False
    if not read_type(call, at, op) or not read_bit_offset(call, at + 1, op.width, address(op.offset)):
        return False
    return op.kind == FIELD_GET or read_integer(call, at + 2, address(op.value))


def read_overflow(call, i, op):
    a: SlicePtr = address(call.argv[i])
    if is_word(a, "wrap"):
        op.overflow = OVERFLOW_WRAP
    elif is_word(a, "sat"):
        op.overflow = OVERFLOW_SAT
    elif is_word(a, "fail"):
        op.overflow = OVERFLOW_FAIL
    else:
        reply_error(call.client, "ERR Invalid OVERFLOW type specified")
        return False
    return True


def read_type(call, i, op):
    """argv[i] as the type of a field: i1 to i64, u1 to u63."""
    p: CharPtr = call.argv[i].p
    n: cython.size_t = call.argv[i].n
    width: int64_t = 0
    if n > 1 and (p[0] == LETTER_I or p[0] == LETTER_U) and parse_integer(p + 1, n - 1, address(width)):
        op.is_signed = p[0] == LETTER_I
        if 1 <= width <= (64 if op.is_signed else 63):
            op.width = cython.cast(cython.int, width)
            return True
    reply_error(call.client, "ERR Invalid bitfield type. Use something like i16 u8. "
                "Note that u64 is not supported but i64 is.")
    return False


# --- doing it -----------------------------------------------------------------------------------------------


def field_number(p, n, op):
    """What the field of an operation is now."""
    return field_value(field_read(p, n, op.offset, op.width), op.width, op.is_signed)


def read_fields(call, plan):
    """Operations that are all GET."""
    e: EntryPtr = NULL
    op: FieldOperation
    i: cython.int = 2
    scratch: cython.char[24]
    s: Slice
    if not read_string(call, 1, call.hash, address(e)):
        return
    if e == NULL:
        s.p = scratch
        s.n = 0
    else:
        s = string_value(e, scratch)
    reply_array(call.client, plan.count)
    while i < call.argc and next_operation(call, address(i), address(op)):
        if op.kind == FIELD_GET:
            reply_integer(call.client, field_number(s.p, s.n, address(op)))


def change_fields(call, plan):
    """Operations some of which write: the string first grows to the last bit of any of them."""
    op: FieldOperation
    i: cython.int = 2
    p: CharPtr = NULL
    n: cython.size_t = 0
    grown: cython.bint = False
    differs: cython.bint = False
    changes: uint64_t = 0
    answer: int64_t = 0
    if not grow_bits(call, call.hash, plan.last, address(p), address(n), address(grown)):
        return
    reply_array(call.client, plan.count)
    op.overflow = OVERFLOW_WRAP
    while i < call.argc and next_operation(call, address(i), address(op)):
        if op.kind == FIELD_OVERFLOW:
            continue
        if op.kind == FIELD_GET:
            reply_integer(call.client, field_number(p, n, address(op)))
        elif change_field(p, n, address(op), address(answer), address(differs)):
            reply_integer(call.client, answer)
            if grown or differs:
                changes += 1
        else:
            reply_null(call.client)
    if changes > 0:
        changed_by(call, 1, EVENT_STRING, "setbit", changes)
    elif grown and is_logged(call):
        effect_command(address(call.keyspace.effects), call.db.id, call.argv, call.argc)    # no change, as Redis counts


def change_field(p, n, op, answer, differs):
    """SET or INCRBY. False: the number does not fit and OVERFLOW FAIL said to leave the field then."""
    old: int64_t = field_number(p, n, op)
    fresh: int64_t = 0
    fits: cython.int
    if op.kind == FIELD_SET:
        fits = field_add(op.value, 0, op.width, op.is_signed, address(fresh))
        answer[0] = old
    else:
        fits = field_add(old, op.value, op.width, op.is_signed, address(fresh))
    if fits != FIELD_FITS:
        if op.overflow == OVERFLOW_FAIL:
            return False
        if op.overflow == OVERFLOW_SAT:
            fresh = field_min(op.width, op.is_signed)
            if fits == FIELD_TOO_LARGE:
                fresh = field_max(op.width, op.is_signed)
    if op.kind == FIELD_INCRBY:
        answer[0] = fresh
    field_write(p, n, op.offset, op.width, cython.cast(uint64_t, fresh))
    differs[0] = fresh != old
    return True
