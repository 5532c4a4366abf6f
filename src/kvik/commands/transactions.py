"""MULTI, EXEC, DISCARD, WATCH, UNWATCH.

After MULTI commands are queued (dispatch.py, `queue`), and EXEC runs them one after another with nothing in between:
nobody else's commands, no clients that wait for keys, no expiry cycle. In the log of effects they are one unit. A command
that fails does not stop those behind it. What was not fit to be queued, or a watched key that has changed, stops all.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.dispatch import call_command, prepare_call
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import Slot
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.keyspace.database import db_find, is_expired
from cython.cimports.kvik.keyspace.watches import watch_add
from cython.cimports.kvik.keyspace.watching import unwatch, watches_expired_key
from cython.cimports.kvik.wire.client import CLIENT_DIRTY_CAS, CLIENT_DIRTY_EXEC, CLIENT_MULTI
from cython.cimports.kvik.wire.reply import reply_array, reply_error, reply_null_array, reply_ok
from cython.cimports.kvik.wire.transaction import (
    transaction_begin,
    transaction_drop,
    transaction_free,
    transaction_of,
    transaction_take,
)
from cython.cimports.libc.stdint import uint64_t


def multi_command(call):
    if transaction_begin(call.keyspace.heap, call.client):
        reply_ok(call.client)
    else:
        reply_memory(call)


def discard_command(call):
    if not call.client.flags & CLIENT_MULTI:
        reply_error(call.client, "ERR DISCARD without MULTI")
        return
    transaction_drop(call.keyspace.heap, call.client)
    unwatch(call.keyspace, call.client)
    reply_ok(call.client)


def exec_command(call):
    c: ClientPtr = call.client
    q: QueuedPtr
    changed: cython.bint
    if not c.flags & CLIENT_MULTI:
        reply_error(c, "ERR EXEC without MULTI")
        return
    changed = c.flags & CLIENT_DIRTY_CAS != 0 or watches_expired_key(call.keyspace, c)
    unwatch(call.keyspace, c)
    if c.flags & CLIENT_DIRTY_EXEC:
        reply_error(c, "EXECABORT Transaction discarded because of previous errors.")
        transaction_drop(call.keyspace.heap, c)
        return
    if changed:
        reply_null_array(c)
        transaction_drop(call.keyspace.heap, c)
        return
    reply_array(c, transaction_of(c).count)
    q = transaction_of(c).first
    while q != NULL:
        run_queued(call, q)
        q = q.next
    transaction_free(call.keyspace.heap, transaction_take(c))
    cast(DispatcherPtr, call.server).loop.tick.failed = False
    c.last_command = call.command


def run_queued(call, q):
    d: DispatcherPtr = cast(DispatcherPtr, call.server)
    each: Call
    prepare_call(d, address(each), call.client, cast(CommandPtr, q.command), q.argv, q.argc)
    call_command(d, address(each))


def watch_command(call):
    c: ClientPtr = call.client
    i: cython.int
    h: uint64_t
    slot: Slot
    expired: cython.bint
    for i in range(1, call.argc):
        if c.flags & CLIENT_DIRTY_CAS:      # EXEC will do nothing anyway
            break
        h = call_hash(call, i)
        slot = db_find(call.keyspace, call.db, call.argv[i].p, call.argv[i].n, h)
        expired = slot != NULL and is_expired(call.keyspace, slot[0])
        if not watch_add(address(call.keyspace.watches), c, c.db, call.argv[i].p, call.argv[i].n, h, expired):
            reply_memory(call)
            return
    reply_ok(c)


def unwatch_command(call):
    unwatch(call.keyspace, call.client)
    reply_ok(call.client)
