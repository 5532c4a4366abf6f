"""Upkeep: what is done to the keyspace between commands, a little at a time.

Three kinds of work have cycles of their own: expiry of keys, expiry of fields, defragmentation. The timers begin them,
`hz` times a second; the work itself is done before the loop waits, in slices of half a millisecond, and they take
turns: when one has taken ENOUGH_US, the others wait for the next tick. So a command waits for one slice at most,
however much is due.
"""

# ruff: noqa: F821
import cython
from cython.cimports.kvik.engine.clock import monotonic_us
from cython.cimports.kvik.keyspace.defrag import defrag_cron, defrag_slice
from cython.cimports.kvik.keyspace.expiry import expire_begin, expire_slice
from cython.cimports.kvik.keyspace.field_expiry import expire_fields, fields_due
from cython.cimports.libc.stdint import int64_t


def upkeep_begin(ks, hz):
    """`hz` times a second: the cycles begin, or get their time."""
    expire_begin(ks, hz)
    ks.fields_behind = True
    defrag_cron(ks, hz)


def upkeep_slice(ks):
    """A slice of what is due, more if it was short. Which kinds of work there was something to do for."""
    kinds: cython.int = 0
    start: int64_t
    _: cython.int
    if not (ks.expire_timed_out or ks.expire_again_us != 0 or ks.fields_behind or ks.defrag.allowance_us > 0):
        return 0
    start = monotonic_us()
    for _ in range(UPKEEP_KINDS):
        ks.upkeep_turn = ks.upkeep_turn << 1 if 0 < ks.upkeep_turn << 1 < 1 << UPKEEP_KINDS else UPKEEP_EXPIRY
        if work(ks, ks.upkeep_turn):
            kinds |= ks.upkeep_turn
            if monotonic_us() - start >= ENOUGH_US:
                break
    return kinds


def work(ks, kind):
    """A slice of this kind of work. False: there is nothing to do."""
    if kind == UPKEEP_EXPIRY:
        return expire_slice(ks)
    if kind == UPKEEP_FIELDS:
        if not fields_due(ks):
            return False
        expire_fields(ks)
        return True
    if ks.defrag.allowance_us == 0:
        return False
    defrag_slice(ks)
    return True


def upkeep_wait_ms(ks):
    """How long the loop may sleep, for what is left to do: 0 not at all, -1 as long as it likes."""
    if ks.expire_actively and ks.expire_timed_out and ks.expire_allowance_us > 0:
        return 0
    if ks.defrag.running and ks.defrag.allowance_us > 0:
        return 0
    return FIELDS_WAIT_MS if ks.fields_behind else -1
