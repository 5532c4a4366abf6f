"""Commands that wait for keys: BLPOP and its like, XREAD BLOCK.

A handler that finds nothing to answer calls `block_on_keys` as its last act. The client then runs no further command,
and its arguments are kept. When one of the keys changes (tail.py) and has the awaited type, the command is run anew, in
the order in which clients began to wait (commands/dispatch.py, `serve_ready`): it answers, or calls `block_on_keys`
again, which then leaves everything as it is. So a handler needs no second form for being woken.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.entry import entry_key, entry_key_length, entry_type
from cython.cimports.kvik.keyspace.database import db_find, is_expired, key_hash
from cython.cimports.kvik.keyspace.wait_queues import blocked_add, blocked_drop, blocked_new, queue_join
from cython.cimports.kvik.wire.client import CLIENT_BLOCKED, CLIENT_MULTI, CLIENT_MUTED, CLIENT_WAITING
from cython.cimports.kvik.wire.reply import reply_error
from cython.cimports.libc.stdint import uint32_t


def block_on_keys(call, first, count, step, kind, timeout_ms, timed_out):
    """Let the client wait until one of `count` keys argv[first], argv[first + step], ... has the type `kind`.

    `timeout_ms`: how long, 0 for ever; `timed_out` writes the reply when that is over. The handler must return at once.
    """
    block(call, first, count, step, kind, False, timeout_ms, timed_out)


def block_on_keys_or_removal(call, first, count, step, kind, timeout_ms, timed_out):
    """`block_on_keys`, woken as well when a key is removed or gets another type (XREADGROUP)."""
    block(call, first, count, step, kind, True, timeout_ms, timed_out)


def block(call, first, count, step, kind, on_removal, timeout_ms, timed_out):
    c: cython.pointer(Client) = call.client
    b: BlockedPtr = cast(BlockedPtr, c.blocked)
    i: cython.int
    ok: cython.bint = True
    if b != NULL:
        b.again = True
        return
    if c.flags & CLIENT_MULTI:
        timed_out(c)                    # in a transaction nobody waits
        return
    b = blocked_new(call.keyspace.heap, call.argv, call.argc, count)
    if b == NULL:
        reply_error(c, "OOM command not allowed: out of memory")
        return
    b.client = c
    b.command = call.command
    b.timed_out = timed_out
    b.kind = kind
    b.on_removal = on_removal
    b.muted = (c.flags & CLIENT_MUTED) != 0
    if timeout_ms > 0:
        # The clock has cut off a part of a millisecond: no wait is shorter than it should be.
        b.deadline_ms = call.keyspace.clock.monotonic_ms + timeout_ms + 1
    for i in range(count):
        b.waiters[i].blocked = b
    for i in range(count):
        ok = ok and queue_join(address(call.keyspace.waiting), address(b.waiters[i]), c.db,
                               address(call.argv[first + i * step]))
    if not blocked_add(address(call.keyspace.waiting), b) or not ok:
        blocked_drop(address(call.keyspace.waiting), b)
        reply_error(c, "OOM command not allowed: out of memory")
        return
    c.blocked = b
    c.flags |= CLIENT_BLOCKED | CLIENT_WAITING


def unblock(ks, c):
    """c waits for no key any more. (The caller lets it go on: loop_again.)"""
    blocked_drop(address(ks.waiting), cast(BlockedPtr, c.blocked))
    c.blocked = NULL
    c.flags &= ~cast(uint32_t, CLIENT_BLOCKED | CLIENT_WAITING)


def may_serve(ks, queue, b):
    """Is it worth running b's command anew, now that the key of `queue` has changed?"""
    db: DatabasePtr = address(ks.databases[queue.db])
    n: cython.size_t = entry_key_length(queue.entry)
    slot: Slot = db_find(ks, db, entry_key(queue.entry), n, key_hash(ks, entry_key(queue.entry), n))
    if slot == NULL or is_expired(ks, slot[0]) or entry_type(slot[0]) != b.kind:
        return b.on_removal
    return True
