"""Expiry commands: the EXPIRE family, the TTL family, PERSIST."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.arguments import read_integer, reply_error_about, reply_invalid_expire
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import entry_expiry
from cython.cimports.kvik.engine.intrinsics import add_overflows, mul_overflows
from cython.cimports.kvik.engine.text import is_word
from cython.cimports.kvik.keyspace.database import db_set_expiry, expiry_now
from cython.cimports.kvik.keyspace.lookup import delete_past, lookup_look, lookup_write
from cython.cimports.kvik.keyspace.tail import EVENT_GENERIC, changed, effect_expiry, is_logged
from cython.cimports.kvik.wire.reply import reply_error, reply_integer
from cython.cimports.libc.stdint import int64_t, uint64_t


def expire_command(call):
    expire_generic(call, True, False)


def pexpire_command(call):
    expire_generic(call, False, False)


def expireat_command(call):
    expire_generic(call, True, True)


def pexpireat_command(call):
    expire_generic(call, False, True)


def expire_generic(call, seconds, absolute):
    """Unlike SET's, these times may be negative or past: the key is deleted then."""
    conditions: cython.int = 0
    when: int64_t = 0
    slot: Slot
    if not read_conditions(call, 3, call.argc, address(conditions)) or not read_integer(call, 2, address(when)):
        return
    if (seconds and mul_overflows(when, 1000, address(when))) \
            or (not absolute and add_overflows(when, call.keyspace.clock.now_ms, address(when))):
        reply_invalid_expire(call)
        return
    slot = lookup_write(call, 1, call.hash)
    if slot == NULL or not conditions_met(conditions, entry_expiry(slot[0]), when):
        reply_integer(call.client, 0)
        return
    if when <= expiry_now(call.keyspace):
        delete_past(call, 1, call.hash)
    elif db_set_expiry(call.keyspace, call.db, slot, call.hash, when):
        changed(call, 1, EVENT_GENERIC, "expire")
        if is_logged(call):
            effect_expiry(call, 1, when)
    else:
        reply_memory(call)
        return
    reply_integer(call.client, 1)


def read_conditions(call, i, end, conditions):
    """NX, XX, GT and LT in argv[i:end]."""
    a: SlicePtr
    while i < end:
        a = address(call.argv[i])
        if is_word(a, "nx"):
            conditions[0] |= EXPIRE_NX
        elif is_word(a, "xx"):
            conditions[0] |= EXPIRE_XX
        elif is_word(a, "gt"):
            conditions[0] |= EXPIRE_GT
        elif is_word(a, "lt"):
            conditions[0] |= EXPIRE_LT
        else:
            reply_error_about(call, "ERR Unsupported option %.*s", a)
            return False
        i += 1
    if conditions[0] & EXPIRE_NX and conditions[0] & (EXPIRE_XX | EXPIRE_GT | EXPIRE_LT):
        reply_error(call.client, "ERR NX and XX, GT or LT options at the same time are not compatible")
        return False
    if conditions[0] & EXPIRE_GT and conditions[0] & EXPIRE_LT:
        reply_error(call.client, "ERR GT and LT options at the same time are not compatible")
        return False
    return True


def conditions_met(conditions, now, when):
    """`now` is the expiry that the key has, -1 for none: that counts as later than any."""
    if conditions & EXPIRE_NX and now != -1:
        return False
    if conditions & EXPIRE_XX and now == -1:
        return False
    if conditions & EXPIRE_GT and (now == -1 or when <= now):
        return False
    return not (conditions & EXPIRE_LT and now != -1 and when >= now)


def ttl_command(call):
    expiry_generic(call, True, False)


def pttl_command(call):
    expiry_generic(call, False, False)


def expiretime_command(call):
    expiry_generic(call, True, True)


def pexpiretime_command(call):
    expiry_generic(call, False, True)


def expiry_generic(call, seconds, absolute):
    """-2: no such key, -1: it does not expire; else the time left, or the moment."""
    e: EntryPtr = lookup_look(call, 1, call.hash)
    reply_integer(call.client, shown_expiry(call, entry_expiry(e), seconds, absolute) if e != NULL else -2)


def shown_expiry(call, when, seconds, absolute):
    """A moment (-1: never, that stays) as the TTL family shows it."""
    if when == -1:
        return -1
    if not absolute:
        when -= call.keyspace.clock.now_ms
        if when < 0:
            when = 0
    if seconds:
        when = cast(int64_t, (cast(uint64_t, when) + 500) // 1000)
    return when


def persist_command(call):
    slot: Slot = lookup_write(call, 1, call.hash)
    if slot == NULL or entry_expiry(slot[0]) == -1:
        reply_integer(call.client, 0)
        return
    if not db_set_expiry(call.keyspace, call.db, slot, call.hash, -1):
        reply_memory(call)
        return
    changed(call, 1, EVENT_GENERIC, "persist")
    reply_integer(call.client, 1)
