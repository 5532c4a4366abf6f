"""The compiled heart of a server, as Python sees it. See core.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.commands.dispatch cimport Dispatcher, DispatcherPtr
from kvik.engine.clock cimport Clock
from kvik.engine.hashing cimport HashKey
from kvik.engine.heap cimport Heap
from kvik.keyspace.call cimport Call, Command, CommandPtr
from kvik.keyspace.database cimport DefragPtr
from kvik.keyspace.eviction cimport EvictionPtr
from kvik.keyspace.database cimport Database, EncodingLimitsPtr, Keyspace, KeyspaceStats, KeyspaceStatsPtr
from kvik.persist.aof_worker cimport AofWorker
from kvik.persist.append_file cimport AppendFilePtr
from kvik.persist.rdb_worker cimport RdbWorker
from kvik.scripting.bridge cimport Bridge
from kvik.scripting.scripting cimport Scripting
from kvik.server.insight cimport Insight
from kvik.server.inspector cimport Inspector
from kvik.server.sharing cimport Sharing
from kvik.wire.client cimport Client as ClientStruct
from kvik.wire.loop cimport ARENA_BYTES, BATCH, SCRATCH_BYTES, Loop, LoopPtr, LoopStats, LoopStatsPtr, Request

cdef enum:
    LOADING_TICKS = 4           # of the loop each time that loading lets clients have their turn
    LOOP_BYTES = 2 * ARENA_BYTES + SCRATCH_BYTES + BATCH * 48   # buffers that are not the heap's

cdef class Core:
    cdef Heap heap
    cdef Clock clock
    cdef Keyspace keyspace
    cdef Loop loop
    cdef Dispatcher dispatcher
    cdef HashKey hash_key
    cdef readonly object server         # handed to Python handlers
    cdef readonly object table          # the CommandTable
    cdef readonly RdbWorker rdb
    cdef readonly AofWorker aof
    cdef readonly Scripting scripting
    cdef readonly Bridge bridge
    cdef readonly Insight insight
    cdef readonly Inspector inspector
    cdef readonly Sharing sharing
    cdef object kept                    # keeps names and callables alive
    cdef object names                   # of commands, by number
    cdef public dict error_counts
    cdef public int hz
    cdef public bint cron_paused        # DEBUG PAUSE-CRON
    cdef int64_t next_second_ms
    cdef bint open
    cdef bint watches_crashes

    cdef object exceeded_now_us(self)

cdef void run_python(Call *call) noexcept with gil
cdef void count_error(void *engine, const char *text, size_t n) noexcept with gil
cdef void log_command(void *engine, Call *call, int kind, uint64_t value) noexcept with gil
cdef void event_took(void *engine, const char *event, uint64_t spent) noexcept with gil
cdef void append_took(void *owner, const char *what, uint64_t begun) noexcept nogil
ctypedef ClientStruct *ClientStructPtr

cdef const char *last_command(void *context) noexcept nogil
cdef void flushed(void *engine) noexcept with gil
cdef void append_failed(void *owner, int what, int error) noexcept with gil
cdef bint serve_while_loading(void *owner) noexcept nogil
cdef void loads(void *owner, bint loading) noexcept nogil
cdef Core core_of(void *owner)
cdef int run_cron(Dispatcher *d) noexcept with gil
cdef void before_write(void *owner) noexcept nogil
cdef void before_wait(void *owner) noexcept nogil
cdef void keep_up(Dispatcher *d) noexcept nogil
cdef int cron(void *owner) noexcept nogil
cdef void woken(void *owner) noexcept with gil
cdef void closing(void *owner, ClientStruct *c) noexcept nogil
cdef void note(void *owner, int level, const char *text, ClientStruct *c) noexcept with gil
