"""Running the commands of an append-only file: as dispatch.py does, for a client that is nobody.

Nothing that can keep a command of a client waiting counts here: no pause, no limit of memory, no statistics. What would
block does not. Only what changes data (and SELECT) belongs into such a file; anything else in it is a fault, so that no
file can shut a server down or change its configuration.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.dispatch import find_original, find_subcommand, is_wrong_count
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.table import table_prefetch_bucket, table_prefetch_entry
from cython.cimports.kvik.engine.text import same_word
from cython.cimports.kvik.keyspace.blocking import unblock
from cython.cimports.kvik.keyspace.call import COMMAND_MAY_REPLICATE, COMMAND_WRITE
from cython.cimports.kvik.wire.client import CLIENT_AUTHENTICATED, client_free, client_new
from cython.cimports.kvik.wire.output import output_mute
from cython.cimports.libc.string import memset
from cython.cimports.posix.unistd import usleep


def replay_init(r, d):
    """False when memory is short."""
    memset(r, 0, cython.sizeof(Replay))
    r.dispatcher = d
    r.client = client_new(d.heap, d.loop, -1, 0)
    if r.client == NULL:
        return False
    r.client.flags |= CLIENT_AUTHENTICATED
    output_mute(r.client)
    return True


def replay_free(r):
    if r.client != NULL:
        client_free(r.dispatcher.heap, r.client)
    r.client = NULL


def replay_resolve(r, to, argv, argc):
    """Find the command and hash its key, whose bucket is on its way afterwards."""
    d = r.dispatcher
    sub: CommandPtr
    to.command = find_original(d, argv[0].p, argv[0].n)
    to.key = 0
    to.hash = 0
    if to.command == NULL:
        return
    if to.command.subcommand_count > 0 and argc > 1:
        sub = find_subcommand(to.command, argv[1].p, argv[1].n)
        if sub != NULL:
            to.command = sub
    if 0 < to.command.first_key < argc:
        to.key = to.command.first_key
        to.hash = hash_bytes(address(d.keyspace.hash_key), argv[to.key].p, argv[to.key].n)
        table_prefetch_bucket(address(d.keyspace.databases[r.client.db].keys), to.hash)


def replay_fetch(r, it):
    """The key's entry is on its way afterwards."""
    if it.key != 0:
        table_prefetch_entry(address(r.dispatcher.keyspace.databases[r.client.db].keys), it.hash)


def replay_run(r, it, argv, argc):
    """Run the command. False: it does not belong here, and `fault` says why."""
    d = r.dispatcher
    call: Call
    r.fault = replay_fault(it.command, argc)
    if r.fault != 0:
        return False
    call.keyspace = d.keyspace
    call.client = r.client
    call.db = address(d.keyspace.databases[r.client.db])
    call.argv = argv
    call.argc = argc
    call.key = it.key
    call.hash = it.hash
    call.command = it.command
    call.server = d
    it.command.run(address(call))
    if r.client.blocked != NULL:
        unblock(d.keyspace, r.client)
    r.commands += 1
    if r.key_delay_us > 0:
        usleep(cast(cython.uint, r.key_delay_us))
    return True


def replay_fault(command, argc):
    if command == NULL:
        return REPLAY_UNKNOWN
    if command.run == NULL or is_wrong_count(command, argc):
        return REPLAY_ARITY
    if not command.flags & (COMMAND_WRITE | COMMAND_MAY_REPLICATE) \
            and not same_word(command.name, command.name_length, "select"):
        return REPLAY_MISPLACED
    return 0
