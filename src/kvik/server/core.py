"""The compiled heart of a server, as Python sees it: heap, clock, keyspace, loop and command table of one server.

`Core.run` gives up the GIL and runs the loop until `stop`. The loop takes the GIL again only for what is written in
Python: handlers of commands whose work is not worth compiling, log lines, and `server.every_second`. Everything that
is counted or set from Python goes through the methods here; they are for the thread that runs the loop.
"""

# ruff: noqa: F821
import importlib

import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.cpython.pycapsule import PyCapsule_GetName, PyCapsule_GetPointer
from cython.cimports.kvik.commands.dispatch import (
    PAUSE_ALL,
    PAUSE_WRITES,
    REFUSE_LOADING,
    REFUSE_UNLOGGED,
    REFUSE_UNSAVED,
    answer_blocked,
    count_reply_error,
    dispatcher_free,
    dispatcher_init,
    dispatcher_name,
    execute,
    pause,
    resume_paused,
    serve_ready,
    time_out_blocked,
)
from cython.cimports.kvik.engine.clock import clock_duration_us, clock_init, clock_tick, monotonic_us
from cython.cimports.kvik.engine.crash import crash_forget, crash_watch
from cython.cimports.kvik.engine.entry import TYPE_STRING, entry_clock, entry_encoding, entry_expiry, entry_type
from cython.cimports.kvik.engine.heap import heap_destroy, heap_init, heap_trim
from cython.cimports.kvik.engine.intrinsics import ALL_ONES, read_shared
from cython.cimports.kvik.engine.table import table_bytes
from cython.cimports.kvik.keyspace.blocking import unblock
from cython.cimports.kvik.keyspace.call import (
    COMMAND_ADMIN,
    COMMAND_ALLOW_BUSY,
    COMMAND_ASKING,
    COMMAND_BLOCKING,
    COMMAND_DENYOOM,
    COMMAND_EXEC,
    COMMAND_FAST,
    COMMAND_LOADING,
    COMMAND_MAY_REPLICATE,
    COMMAND_MOVABLE_KEYS,
    COMMAND_NO_AUTH,
    COMMAND_NO_MULTI,
    COMMAND_NOSCRIPT,
    COMMAND_PUBSUB,
    COMMAND_READONLY,
    COMMAND_SKIP_MONITOR,
    COMMAND_SKIP_SLOWLOG,
    COMMAND_STALE,
    COMMAND_UNQUEUED,
    COMMAND_WRITE,
)
from cython.cimports.kvik.keyspace.database import (
    db_find,
    is_expired,
    key_hash,
    keyspace_free,
    keyspace_init,
    keyspace_tick,
)
from cython.cimports.kvik.keyspace.eviction import EVICTED_SOME, evict, eviction_account
from cython.cimports.kvik.keyspace.expiry import expire_cycle
from cython.cimports.kvik.keyspace.field_expiry import expire_fields
from cython.cimports.kvik.keyspace.lazy_free import lazy_collect
from cython.cimports.kvik.keyspace.values import encoding_name, string_length, type_name, value_bytes
from cython.cimports.kvik.keyspace.wait_queues import first_deadline, queues_for_removal
from cython.cimports.kvik.keyspace.watches import watch_drop_all
from cython.cimports.kvik.persist.append_file import append_flush
from cython.cimports.kvik.server.client_view import view_client
from cython.cimports.kvik.server.encode import encode, encode_error
from cython.cimports.kvik.wire.client import CLIENT_CLOSE_NOW, CLIENT_WAITING, client_memory
from cython.cimports.kvik.wire.loop import (
    loop_check_clients,
    loop_free,
    loop_init,
    loop_listen,
    loop_run,
    loop_tick,
    loop_unlisten,
    loop_wake_by,
)
from cython.cimports.kvik.wire.transaction import transaction_drop
from cython.cimports.libc.stdint import uint32_t, uintptr_t
from cython.cimports.libc.string import memcpy, memset, strcmp

from kvik.wire.types import CommandError

FLAG_BITS = {
    "write": COMMAND_WRITE,
    "readonly": COMMAND_READONLY,
    "denyoom": COMMAND_DENYOOM,
    "admin": COMMAND_ADMIN,
    "pubsub": COMMAND_PUBSUB,
    "noscript": COMMAND_NOSCRIPT,
    "blocking": COMMAND_BLOCKING,
    "loading": COMMAND_LOADING,
    "stale": COMMAND_STALE,
    "skip_monitor": COMMAND_SKIP_MONITOR,
    "skip_commandlog": COMMAND_SKIP_SLOWLOG,
    "asking": COMMAND_ASKING,
    "fast": COMMAND_FAST,
    "no_auth": COMMAND_NO_AUTH,
    "may_replicate": COMMAND_MAY_REPLICATE,
    "no_multi": COMMAND_NO_MULTI,
    "allow_busy": COMMAND_ALLOW_BUSY,
    "movablekeys": COMMAND_MOVABLE_KEYS,
}
UNQUEUED = frozenset(("discard", "exec", "quit", "reset"))
"""Commands that run after MULTI too."""


class Core:
    def __cinit__(self, server, table, seed, databases, use_epoll=True):
        """`seed`: 32 random bytes for the hash of keys. MemoryError if the little that is needed is not there."""
        if len(seed) != 32:
            raise ValueError("the seed must have 32 bytes")
        self.server = server
        self.table = table
        self.hz = 10
        self.error_counts = {}
        memcpy(self.hash_key.words, cast(cython.p_char, seed), 32)
        heap_init(address(self.heap))
        clock_init(address(self.clock))
        if not keyspace_init(
            address(self.keyspace), address(self.heap), address(self.clock), address(self.hash_key), databases
        ):
            raise MemoryError("no memory for the databases")
        if not loop_init(address(self.loop), address(self.heap), address(self.clock), use_epoll):
            raise MemoryError("no memory for the event loop")
        self.loop.owner = address(self.dispatcher)
        self.loop.execute = execute
        self.loop.before_write = before_write
        self.loop.before_wait = before_wait
        self.loop.cron = cron
        self.loop.woken = woken
        self.loop.closing = closing
        self.loop.note = note
        self.loop.count_error = count_reply_error
        self.loop.max_clients = 10000
        self.loop.query_limit = 1 << 30
        self.loop.limits.bulk_max = 512 << 20
        if not dispatcher_init(
            address(self.dispatcher), address(self.keyspace), address(self.loop), len(table)
        ):
            raise MemoryError("no memory for the command table")
        self.dispatcher.engine = cast(cython.p_void, self)
        self.dispatcher.count_error = count_error
        self.dispatcher.slow = slow_command
        self.dispatcher.flushed = flushed
        self.rdb = RdbWorker()
        self.rdb.ks = address(self.keyspace)
        self.rdb.meanwhile.serve = serve_while_loading
        self.rdb.meanwhile.loads = loads
        self.rdb.meanwhile.owner = address(self.dispatcher)
        self.aof = AofWorker()
        self.aof.attach(address(self.dispatcher), address(self.rdb.meanwhile))
        self.aof.file.owner = address(self.dispatcher)
        self.aof.file.failed = append_failed
        self.dispatcher.append_file = address(self.aof.file)
        self.fill_commands()
        self.open = True

    def __dealloc__(self):
        self.free()

    def free(self):
        """Close every connection and free all data. Nothing but this may be called afterwards."""
        if self.open:
            self.open = False
            if self.watches_crashes:
                crash_forget()
            self.aof.detach()
            loop_free(address(self.loop))
            dispatcher_free(address(self.dispatcher))
            keyspace_free(address(self.keyspace))
            heap_destroy(address(self.heap))

    # --- the command table ---

    def fill_commands(self):
        """Make the compiled side's commands from the declarations."""
        command: CommandPtr
        flags: cython.uint
        kept: list = []
        for declared in self.table:
            command = self.dispatcher.commands + cast(cython.int, declared.id)
            spec = declared.spec
            name = spec.name.encode()
            kept.append(name)
            command.name = name
            command.name_length = len(name)
            command.arity = spec.arity
            command.first_key = declared.first_key
            command.last_key = declared.last_key
            command.key_step = declared.step
            flags = 0
            for flag in declared.flags:
                flags |= cast(cython.uint, FLAG_BITS.get(flag, 0))
            if spec.name in UNQUEUED:
                flags |= COMMAND_UNQUEUED
            if spec.name == "exec":
                flags |= COMMAND_EXEC
            command.flags = flags
            if spec.handler and spec.is_compiled:
                command.run = cast(
                    Handler,
                    cast(
                        cython.p_void,
                        cast(uintptr_t, handler_address(spec.handler_module, spec.handler_name)),
                    ),
                )
            elif spec.handler:
                handler = getattr(importlib.import_module(f"kvik.commands.{spec.handler_module}"), spec.handler_name)
                kept.append(handler)
                command.callable = cast(cython.p_void, handler)
                command.run = run_python
            if declared.container is None:
                if not dispatcher_name(address(self.dispatcher), command, command.name, command.name_length):
                    raise RuntimeError("too many commands")
            subcommands = self.table.subcommands(declared)
            if subcommands:
                first = subcommands[0].id
                if [sub.id for sub in subcommands] != list(range(first, first + len(subcommands))):
                    raise RuntimeError(f"the subcommands of {spec.name} do not stand together")
                command.subcommands = self.dispatcher.commands + cast(cython.int, first)
                command.subcommand_count = len(subcommands)
        self.kept = kept

    # --- running ---

    def listen(self, fd: cython.int):
        """Accept clients from this listening socket."""
        if not loop_listen(address(self.loop), fd):
            raise OSError("too many listening sockets")

    def unlisten(self, fd: cython.int):
        loop_unlisten(address(self.loop), fd)

    def wake_by(self, fd: cython.int):
        """Call `server.woken()` on the loop's thread whenever this descriptor becomes readable."""
        if not loop_wake_by(address(self.loop), fd):
            raise OSError("cannot watch the wake-up descriptor")

    def run(self):
        """Run the loop, without the GIL, until `stop`."""
        with cython.nogil:
            loop_run(address(self.loop))

    def stop(self):
        """Let `run` return after this tick. For the loop's thread."""
        self.loop.running = False

    def watch_crashes(self, path: bytes, version: bytes):
        """Report crashes of this process to the log file (b"": standard output), until the core is freed."""
        crash_watch(path, version, last_command, address(self.loop))
        self.watches_crashes = True

    def refuse_writes(self, refuse):
        """Answer writes with MISCONF: snapshots fail."""
        if refuse:
            self.dispatcher.refusals |= REFUSE_UNSAVED
        else:
            self.dispatcher.refusals &= ~cast(uint32_t, REFUSE_UNSAVED)

    def refuse_unlogged(self, error):
        """Answer writes with MISCONF: the append-only file cannot be written (errno; 0: it can)."""
        self.dispatcher.append_error = error
        if error:
            self.dispatcher.refusals |= REFUSE_UNLOGGED
        else:
            self.dispatcher.refusals &= ~cast(uint32_t, REFUSE_UNLOGGED)

    # --- settings ---

    def set_limits(self, max_clients, query_limit, bulk_max):
        self.loop.max_clients = max_clients
        self.loop.query_limit = query_limit
        self.loop.limits.bulk_max = bulk_max

    def set_output_limit(self, client_class: cython.int, hard, soft, soft_seconds):
        """client-output-buffer-limit of a class: 0 normal, 1 replica, 2 pubsub. 0 bytes: no limit."""
        if not 0 <= client_class < 3:
            raise ValueError("no such class of clients")
        self.loop.output_limits[client_class].hard = hard
        self.loop.output_limits[client_class].soft = soft
        self.loop.output_limits[client_class].soft_ms = soft_seconds * 1000

    def set_connections(self, keepalive, timeout, accepts, protected, password_required):
        """Seconds, seconds, connections a tick; refuse whoever is not on this machine; ask for a password."""
        self.loop.keepalive = keepalive
        self.loop.timeout_s = timeout
        self.loop.accepts = accepts
        self.loop.protected = protected
        self.loop.password_required = password_required

    def set_lazy(self, expire, user_del, user_flush, server_del, evict):
        """Which removals free their values on the background thread."""
        self.keyspace.lazy_expire = expire
        self.keyspace.lazy_user_del = user_del
        self.keyspace.lazy_user_flush = user_flush
        self.keyspace.lazy_server_del = server_del
        self.keyspace.lazy_evict = evict

    def set_usage_clock(self, lfu, log_factor, decay_minutes):
        """What entries remember of their use: the time (LRU) or how often (LFU)."""
        self.keyspace.lfu = lfu
        self.keyspace.lfu_log_factor = log_factor
        self.keyspace.lfu_decay_time = decay_minutes
        keyspace_tick(address(self.keyspace))

    def set_memory_limit(self, limit, policy, only_expiring, samples, limit_us):
        """maxmemory in bytes (0: none) and what goes when there is more: see `Eviction`."""
        x: EvictionPtr = address(self.keyspace.eviction)
        self.keyspace.memory_limit = ALL_ONES if limit == 0 else max(limit - LOOP_BYTES, 0)
        x.policy = policy
        x.only_expiring = only_expiring
        x.samples = samples
        x.limit_us = limit_us
        x.pooled = 0
        x.behind = policy != 0

    def set_encoding_limits(self, limits: dict):
        """Up to where collections keep their small form, by directive."""
        to: EncodingLimitsPtr = address(self.keyspace.limits)
        to.hash_max_listpack_entries = limits["hash-max-listpack-entries"]
        to.hash_max_listpack_value = limits["hash-max-listpack-value"]
        to.list_max_listpack_size = limits["list-max-listpack-size"]
        to.list_compress_depth = limits["list-compress-depth"]
        to.set_max_intset_entries = limits["set-max-intset-entries"]
        to.set_max_listpack_entries = limits["set-max-listpack-entries"]
        to.set_max_listpack_value = limits["set-max-listpack-value"]
        to.zset_max_listpack_entries = limits["zset-max-listpack-entries"]
        to.zset_max_listpack_value = limits["zset-max-listpack-value"]
        to.stream_node_max_bytes = limits["stream-node-max-bytes"]
        to.stream_node_max_entries = limits["stream-node-max-entries"]
        to.hll_sparse_max_bytes = limits["hll-sparse-max-bytes"]

    def set_compression(self, compress):
        """rdbcompression: LZF for the strings of snapshots and DUMP."""
        self.keyspace.compress = compress

    def set_expire_effort(self, effort):
        self.keyspace.expire_effort = effort

    def set_active_expire(self, active):
        """DEBUG SET-ACTIVE-EXPIRE."""
        self.keyspace.expire_actively = active

    def set_slow(self, microseconds):
        """Hand commands that take longer to `server.slow_command`; negative: none."""
        if microseconds < 0:
            self.dispatcher.slow_cycles = ALL_ONES
        else:
            self.dispatcher.slow_cycles = cast(uint64_t, microseconds * self.clock.cycles_per_us)

    # --- statistics ---

    def statistics(self):
        """What has been counted since the start or `reset_statistics`."""
        loop: LoopStatsPtr = address(self.loop.stats)
        keys: KeyspaceStatsPtr = address(self.keyspace.stats)
        return {
            "connections": loop.connections, "rejected": loop.rejected, "bytes_in": loop.bytes_in,
            "bytes_out": loop.bytes_out, "reads": loop.reads, "writes": loop.writes,
            "query_limit_closes": loop.query_limit_closes, "output_limit_closes": loop.output_limit_closes,
            "cycles": loop.cycles, "busy_us": loop.busy_us, "commands": self.dispatcher.commands_run,
            "command_us": sum(row["us"] for row in self.command_statistics()),
            "errors": self.dispatcher.errors, "hits": keys.hits, "misses": keys.misses, "expired": keys.expired,
            "stale_percent": keys.stale_percent, "expire_time_cap": keys.expire_time_cap,
            "expired_fields": keys.expired_fields, "evicted": keys.evicted, "exceeded_us": keys.exceeded_us,
            "exceeded_now_us": self.exceeded_now_us(), "expire_cycle_us": keys.expire_cycle_us,
            "dirty": self.keyspace.dirty,
            "lazy_pending": read_shared(address(self.keyspace.lazy.pending)),
            "lazy_freed": read_shared(address(self.keyspace.lazy.freed)), "lru_clock": self.keyspace.lru_clock,
        }

    def counters(self):
        """Those of which INFO shows rates: see info_samples.py."""
        return (self.dispatcher.commands_run, self.loop.stats.bytes_in, self.loop.stats.bytes_out,
                self.loop.stats.cycles, self.loop.stats.busy_us)

    def exceeded_now_us(self):
        """For how long the limit of memory has been exceeded by now, 0 if it is not."""
        if self.keyspace.heap.used <= self.keyspace.memory_limit:
            eviction_account(address(self.keyspace), False)
        since: int64_t = self.keyspace.eviction.exceeded_since_us
        return monotonic_us() - since if since > 0 else 0

    def reset_statistics(self):
        """CONFIG RESETSTAT."""
        i: cython.int
        memset(address(self.loop.stats), 0, sizeof(LoopStats))
        memset(address(self.keyspace.stats), 0, sizeof(KeyspaceStats))
        self.dispatcher.commands_run = 0
        self.dispatcher.errors = 0
        self.error_counts.clear()
        for i in range(self.dispatcher.command_count):
            self.dispatcher.commands[i].calls = 0
            self.dispatcher.commands[i].cycles = 0
            self.dispatcher.commands[i].rejected = 0
            self.dispatcher.commands[i].failed = 0

    def command_statistics(self):
        """Of every command that was called or refused: name, calls, microseconds, rejected and failed calls."""
        i: cython.int
        command: CommandPtr
        rows: list = []
        for i in range(self.dispatcher.command_count):
            command = self.dispatcher.commands + i
            if command.calls or command.rejected:
                rows.append({
                    "name": command.name[:command.name_length].decode(), "calls": command.calls,
                    "us": clock_duration_us(address(self.clock), command.cycles), "rejected": command.rejected,
                    "failed": command.failed,
                })
        return rows

    def memory(self):
        """Bytes: what the heap has handed out, its peak and address space, and who else holds what."""
        c: ClientStructPtr = self.loop.clients
        clients: cython.size_t = 0
        tables: cython.size_t = 0
        i: cython.int
        while c != NULL:
            clients += client_memory(c)
            c = c.next
        for i in range(self.keyspace.count):
            tables += table_bytes(address(self.keyspace.databases[i].keys))
            tables += table_bytes(address(self.keyspace.databases[i].expiries))
        return {
            "used": self.heap.used + LOOP_BYTES, "peak": self.heap.peak + LOOP_BYTES, "mapped": self.heap.mapped,
            "idle": self.heap.idle, "clients": clients, "tables": tables,
        }

    def client_figures(self):
        """How many clients, how many of them wait, their largest buffers of late, and CLIENT PAUSE (0 none, 1 writes,
        2 all; ms left)."""
        c: ClientStructPtr = self.loop.clients
        largest_input: cython.size_t = 0
        largest_output: cython.size_t = 0
        count: cython.int = 0
        waiting: cython.int = 0
        left: int64_t = self.dispatcher.paused_until_ms - self.clock.monotonic_ms
        while c != NULL:
            count += not c.flags & CLIENT_CLOSE_NOW
            waiting += (c.flags & CLIENT_WAITING) != 0
            largest_input = max(largest_input, c.peak_input)
            largest_output = max(largest_output, c.peak_output)
            c = c.next
        return {
            "count": count, "waiting": waiting, "waiting_keys": self.keyspace.waiting.queue_count,
            "waiting_for_removal": queues_for_removal(address(self.keyspace.waiting)),
            "watching": self.keyspace.watches.clients, "watched_keys": self.keyspace.watches.keys,
            "deadlines": self.keyspace.waiting.timer_count, "max_input": largest_input, "max_output": largest_output,
            "paused": self.dispatcher.paused, "paused_ms": left if self.dispatcher.paused and left > 0 else 0,
        }

    def databases(self):
        """Of every database: keys, expiring keys, the mean time to live of these in ms, hashes with expiring fields."""
        return [
            (self.keyspace.databases[i].keys.count, self.keyspace.databases[i].expiries.count,
             self.keyspace.databases[i].average_ttl, self.keyspace.databases[i].hashes.count)
            for i in range(self.keyspace.count)
        ]

    def now_us(self):
        """The moment of this tick, in microseconds since 1970."""
        return self.clock.now_us

    def advance(self, microseconds):
        """Move the server's clock (see engine/clock.py). For the loop's thread."""
        self.clock.offset_us += microseconds
        clock_tick(address(self.clock))

    def trim(self):
        """Give free memory back to the system."""
        heap_trim(address(self.heap))

    # --- keys ---

    def key_info(self, db: cython.int, key: bytes):
        """What DEBUG OBJECT and MEMORY USAGE tell of a key, or None: they leave no trace of their look."""
        h: uint64_t = key_hash(address(self.keyspace), key, len(key))
        slot: Slot = db_find(address(self.keyspace), address(self.keyspace.databases[db]), key, len(key), h)
        e: EntryPtr
        if slot == NULL or is_expired(address(self.keyspace), slot[0]):
            return None
        e = slot[0]
        return {
            "type": type_name(entry_type(e)).decode(), "encoding": encoding_name(entry_encoding(e)).decode(),
            "length": string_length(e) if entry_type(e) == TYPE_STRING else value_bytes(e),
            "bytes": value_bytes(e) + 14, "lru": entry_clock(e),
            "idle": (self.keyspace.lru_clock - entry_clock(e)) & 0xFFFFFF, "expiry": entry_expiry(e),
            "address": cast(uintptr_t, e),
        }

    def table_shape(self, db: cython.int, expiries):
        """What DEBUG HTSTATS tells of a database's table."""
        t: TablePtr = address(self.keyspace.databases[db].keys)
        if expiries:
            t = address(self.keyspace.databases[db].expiries)
        return {
            "entries": t.count, "buckets": t.now.count, "coming": t.coming.count, "moved": t.moved,
            "chained": t.chained, "longest": t.longest, "bytes": table_bytes(t),
        }

    # --- clients ---

    def clients(self):
        """All of them, the oldest first, as views that are good while the handler runs. Who is killed is gone."""
        c: ClientStructPtr = self.loop.clients
        found: list = []
        while c != NULL:
            if not c.flags & CLIENT_CLOSE_NOW:
                found.append(view_client(self, c))
            c = c.next
        found.reverse()
        return found

    def pause(self, milliseconds, only_writes):
        """CLIENT PAUSE. What is paused already stays so at least as long."""
        mode: cython.int = PAUSE_WRITES if only_writes else PAUSE_ALL
        pause(address(self.dispatcher), mode, self.clock.monotonic_ms + cast(int64_t, milliseconds))

    def unblock(self, id, with_error):
        """CLIENT UNBLOCK: end that client's wait for keys. False: there is none of this id, or it waits for none."""
        c: ClientStructPtr = self.loop.clients
        while c != NULL and c.id != id:
            c = c.next
        if c == NULL or c.blocked == NULL:
            return False
        if with_error:
            answer_blocked(address(self.dispatcher), c, "UNBLOCKED client unblocked via CLIENT UNBLOCK")
        else:
            answer_blocked(address(self.dispatcher), c, NULL)
        return True

    def unpause(self):
        resume_paused(address(self.dispatcher))


def handler_address(module, name):
    """The address of a compiled handler, which its module exports with its signature."""
    capsule = importlib.import_module(f"kvik.commands.{module}").__pyx_capi__[name]
    expected = importlib.import_module("kvik.commands.string").__pyx_capi__["get_command"]
    if strcmp(PyCapsule_GetName(capsule), PyCapsule_GetName(expected)) != 0:
        raise TypeError(f"{module}.{name} is not a command handler")
    return cast(uintptr_t, PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)))


# --- what the loop calls ---------------------------------------------------------------------------------------------


def core_of(owner):
    return cast(Core, cast(DispatcherPtr, owner).engine)


def run_python(call):
    """The handler of commands that are written in Python."""
    core: Core = cast(Core, cast(DispatcherPtr, call.server).engine)
    command: CommandPtr = call.command
    args: list = [call.argv[i].p[: call.argv[i].n] for i in range(call.argc)]
    try:
        reply = cast(object, command.callable)(core.server, view_client(core, call.client), args)
    except CommandError as error:
        encode_error(call.client, str(error))
    except Exception as error:
        core.server.handler_failed(args, error)
        encode_error(call.client, f"ERR internal error in '{args[0].decode(errors='replace')}'")
    else:
        encode(call.client, reply)


def count_error(engine, text, n):
    core: Core = cast(Core, engine)
    code: bytes = text[:n].split(b" ", 1)[0]
    core.error_counts[code] = core.error_counts.get(code, 0) + 1


def last_command(context):
    """Of the client whose commands run: for the report of a crash, so anything can be wrong with it."""
    c: ClientStructPtr = cast(LoopPtr, context).executing
    if c == NULL or c.last_command == NULL:
        return NULL
    return cast(CommandPtr, c.last_command).name


def flushed(engine):
    core: Core = cast(Core, engine)
    core.server.flushed()


def serve_while_loading(owner):
    """A tick of the loop in the midst of loading. False: loading is to stop, since the server is."""
    d: DispatcherPtr = cast(DispatcherPtr, owner)
    loop_tick(d.loop, False)
    return d.loop.running


def loads(owner, loading):
    d: DispatcherPtr = cast(DispatcherPtr, owner)
    if loading:
        d.refusals |= REFUSE_LOADING
        d.loop.running = True
    else:
        d.refusals &= ~cast(uint32_t, REFUSE_LOADING)


def slow_command(engine, call, counted):
    core: Core = cast(Core, engine)
    shown: cython.int = call.argc if call.argc < 32 else 31
    args: list = [call.argv[i].p[: call.argv[i].n if call.argv[i].n < 160 else 160] for i in range(shown)]
    core.server.slow_command(
        args, call.argc, clock_duration_us(address(core.clock), counted), view_client(core, call.client)
    )


def append_failed(owner, what, error):
    core_of(owner).server.append_failed(what, error)


def before_write(owner):
    d: DispatcherPtr = cast(DispatcherPtr, owner)
    if d.keyspace.effects.on:
        append_flush(cast(AppendFilePtr, d.append_file), False)


def before_wait(owner):
    d: DispatcherPtr = cast(DispatcherPtr, owner)
    deadline: int64_t
    if d.keyspace.lazy.background.started and lazy_collect(address(d.keyspace.lazy)):
        d.loop.next_cron_ms = d.clock.monotonic_ms
    if d.refusals & REFUSE_LOADING:
        return
    if d.keyspace.eviction.behind and evict(d.keyspace) == EVICTED_SOME:
        d.loop.next_cron_ms = d.clock.monotonic_ms
    if d.keyspace.expire_timed_out:
        expire_cycle(d.keyspace, True, 10)
    if d.keyspace.fields_behind:
        expire_fields(d.keyspace, True)
        if d.keyspace.fields_behind and d.loop.next_cron_ms > d.clock.monotonic_ms + 2:
            d.loop.next_cron_ms = d.clock.monotonic_ms + 2
    if d.keyspace.effects.on:
        append_flush(cast(AppendFilePtr, d.append_file), False)
    if d.paused:
        if d.clock.monotonic_ms >= d.paused_until_ms:
            resume_paused(d)
        elif d.loop.next_cron_ms > d.paused_until_ms:
            d.loop.next_cron_ms = d.paused_until_ms
    deadline = first_deadline(address(d.keyspace.waiting))
    if deadline > 0 and deadline < d.loop.next_cron_ms:
        d.loop.next_cron_ms = deadline


def cron(owner):
    """The timers: what is due `hz` times a second, and clients whose wait is over. How many ms until the next call."""
    d: DispatcherPtr = cast(DispatcherPtr, owner)
    time_out_blocked(d)
    if d.clock.monotonic_ms >= d.next_cron_ms:
        d.next_cron_ms = d.clock.monotonic_ms + run_cron(d)
        if d.keyspace.waiting.ready_first != NULL:
            serve_ready(d)
    return cast(cython.int, d.next_cron_ms - d.clock.monotonic_ms)


def run_cron(d):
    """Expiry `hz` times a second, the rest once a second. How many ms until the next call."""
    core: Core = cast(Core, d.engine)
    hz: cython.int = core.hz
    if not d.refusals & REFUSE_LOADING:
        expire_cycle(d.keyspace, False, hz)
        expire_fields(d.keyspace, False)
    if d.clock.monotonic_ms >= core.next_second_ms:
        core.next_second_ms = d.clock.monotonic_ms + 1000
        loop_check_clients(d.loop)
    core.server.cron()
    return 1000 // hz


def woken(owner):
    core_of(owner).server.woken()


def closing(owner, c):
    d: DispatcherPtr = cast(DispatcherPtr, owner)
    if c.blocked != NULL:
        unblock(d.keyspace, c)
    transaction_drop(d.heap, c)
    watch_drop_all(address(d.keyspace.watches), c)


def note(owner, level, text, c):
    core: Core = core_of(owner)
    core.server.note(level, text.decode(), view_client(core, c) if c != NULL else None)
