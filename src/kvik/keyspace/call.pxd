"""What a running command is handed: its arguments, its client, its database.

Handlers are `cdef void name_command(Call *call) noexcept nogil`. They answer through `call.client` (wire/reply.pxd),
read and write through lookup.pxd, and report every change through tail.pxd.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.engine.hashing cimport hash_bytes
from kvik.engine.histogram cimport Histogram
from kvik.engine.text cimport Slice
from kvik.keyspace.database cimport Database, Keyspace
from kvik.wire.client cimport Client

cdef enum:                      # Command.flags, as COMMAND INFO names them
    COMMAND_WRITE = 1
    COMMAND_READONLY = 2
    COMMAND_DENYOOM = 4
    COMMAND_ADMIN = 8
    COMMAND_PUBSUB = 16
    COMMAND_NOSCRIPT = 32
    COMMAND_BLOCKING = 64
    COMMAND_LOADING = 128
    COMMAND_STALE = 256
    COMMAND_SKIP_MONITOR = 512
    COMMAND_SKIP_COMMANDLOG = 1024
    COMMAND_ASKING = 2048
    COMMAND_FAST = 4096
    COMMAND_NO_AUTH = 8192
    COMMAND_MAY_REPLICATE = 16384
    COMMAND_NO_MULTI = 32768
    COMMAND_ALLOW_BUSY = 65536
    COMMAND_MOVABLE_KEYS = 131072
    COMMAND_UNQUEUED = 262144   # runs after MULTI too, rather than waiting for EXEC
    COMMAND_SUBSCRIBED = 1048576    # may be run by a RESP2 client that subscribes to something
    COMMAND_EXEC = 524288       # EXEC itself: what its queue may do, it may do

cdef struct Command

ctypedef void (*Handler)(Call *call) noexcept nogil

cdef struct Call:
    Keyspace *keyspace
    Client *client
    Database *db
    Slice *argv
    int argc
    uint32_t key                # argv[key] is the first key; 0: none
    uint64_t hash               # of it
    Command *command
    void *server                # what runs the command: see commands/dispatch.pxd

cdef struct Command:
    const char *name            # lower case; `container|sub` for a subcommand
    size_t name_length
    const char *called          # what clients call it: another name after rename-command, NULL when they cannot
    size_t called_length
    Handler run                 # NULL: a container of subcommands only
    void *callable              # the Python function of a handler in Python
    void *spec                  # its CommandSpec
    int arity
    uint32_t flags
    int first_key
    int last_key
    int key_step
    Command *subcommands
    int subcommand_count
    uint64_t calls
    uint64_t cycles
    uint64_t rejected
    uint64_t failed
    Histogram *latency          # of its durations; NULL: it has not run, or none is kept

ctypedef Call *CallPtr
ctypedef Command *CommandPtr

cdef inline uint64_t call_hash(const Call *call, int i) noexcept nogil:
    """The hash of argv[i] as a key."""
    if <uint32_t>i == call.key:
        return call.hash
    return hash_bytes(&call.keyspace.hash_key, call.argv[i].p, call.argv[i].n)
