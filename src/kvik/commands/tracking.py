"""What clients read is remembered, for those who cache it (CLIENT TRACKING): the keys of every command that only reads.

`call_command` (dispatch.py) comes here after each command while anybody wants that. The keys of most commands stand at
fixed places. Where they must be searched, keyspecs.py does it, which is Python.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.keyspace.call import COMMAND_MOVABLE_KEYS, COMMAND_READONLY, call_hash
from cython.cimports.kvik.keyspace.invalidation import invalidate_unremembered
from cython.cimports.kvik.keyspace.tracking import (
    TRACK_BROADCAST,
    TRACK_ON,
    TRACK_OPTIN,
    TRACK_OPTOUT,
    tracker,
    tracking_remember,
)
from cython.cimports.kvik.wire.client import CLIENT_CACHING, is_inner
from cython.cimports.kvik.wire.loop import LoopPtr

from kvik.commands.keyspecs import find_keys


def track_reads(call):
    """The command has run, or waits for keys: remember for its client what it reads."""
    command: CommandPtr = call.command
    i: cython.int
    last: cython.int
    c: ClientPtr = reader_of(call)
    if not command.flags & COMMAND_READONLY or c == NULL or not remembers(c):
        return
    if command.flags & COMMAND_MOVABLE_KEYS:
        track_searched_keys(call)
    elif command.first_key > 0:
        last = command.last_key if command.last_key >= 0 else call.argc + command.last_key
        i = command.first_key
        while i <= last and i < call.argc:
            track_key(call, i)
            i += command.key_step


def remembers(c):
    """Is what c reads to be remembered? CLIENT CACHING has said yes (OPTIN) or no (OPTOUT) for this command."""
    of: TrackerPtr = tracker(c)
    if of == NULL or of.options & (TRACK_ON | TRACK_BROADCAST) != TRACK_ON:
        return False
    if of.options & TRACK_OPTIN:
        return c.flags & CLIENT_CACHING != 0
    return not (of.options & TRACK_OPTOUT and c.flags & CLIENT_CACHING)


def reader_of(call):
    """Who reads: of what a script calls, its caller."""
    c: ClientPtr = call.client
    return cast(LoopPtr, c.loop).tick.executing if is_inner(c) else c


def track_key(call, i):
    of: TrackerPtr = tracker(reader_of(call))
    if not tracking_remember(
            address(call.keyspace.tracking), of, call.argv[i].p, call.argv[i].n, call_hash(call, i)):
        invalidate_unremembered(call.keyspace, of, call.argv[i].p, call.argv[i].n)


def track_searched_keys(call):
    args: list = [call.argv[i].p[: call.argv[i].n] for i in range(call.argc)]
    uses = find_keys(cast(object, call.command.spec), args)
    for use in uses or ():
        track_key(call, use.position)
