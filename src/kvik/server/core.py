"""The compiled heart of a server, as Python sees it: heap, clock, keyspace, loop and command table of one server.

`Core.run` gives up the GIL and runs the loop until `stop`. The loop takes the GIL again only for what is written in
Python: handlers of commands whose work is not worth compiling, log lines, and `server.every_second`. Everything that
is counted or set from Python goes through the methods here; they are for the thread that runs the loop.
"""

# ruff: noqa: F821
from threading import get_ident

import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.commands.dispatch import (
    PAUSE_ALL,
    PAUSE_WRITES,
    REFUSE_BUSY,
    REFUSE_LOADING,
    REFUSE_UNLOGGED,
    REFUSE_UNSAVED,
    answer_blocked,
    count_reply_error,
    dispatcher_free,
    dispatcher_init,
    execute,
    make_room,
    pause,
    resume_paused,
    run_due_timers,
    tell_hooks,
    time_out_blocked,
)
from cython.cimports.kvik.commands.filling import fill_commands
from cython.cimports.kvik.commands.monitor import monitor_leave
from cython.cimports.kvik.commands.observe import LOG_SLOW, observe_event
from cython.cimports.kvik.engine.clock import clock_duration_us, clock_init, monotonic_us
from cython.cimports.kvik.engine.crash import crash_forget, crash_watch
from cython.cimports.kvik.engine.heap import heap_destroy, heap_init, heap_trim, heap_waste
from cython.cimports.kvik.engine.intrinsics import ALL_ONES, cycles, read_shared
from cython.cimports.kvik.engine.table import table_bytes
from cython.cimports.kvik.keyspace.blocking import unblock
from cython.cimports.kvik.keyspace.call import COMMAND_FAST, COMMAND_SKIP_COMMANDLOG
from cython.cimports.kvik.keyspace.database import keyspace_free, keyspace_init, keyspace_tick
from cython.cimports.kvik.keyspace.eviction import EVICTED_SOME, eviction_account
from cython.cimports.kvik.keyspace.invalidation import broadcast_changes, invalidation_tick
from cython.cimports.kvik.keyspace.lazy_free import lazy_collect
from cython.cimports.kvik.keyspace.publish import EVENT_KEYEVENT, EVENT_KEYSPACE
from cython.cimports.kvik.keyspace.subscriptions import SUBSCRIBE_CHANNEL, SUBSCRIBE_SHARD, unsubscribe_all
from cython.cimports.kvik.keyspace.tracking import tracking_forget
from cython.cimports.kvik.keyspace.upkeep import (
    UPKEEP_EXPIRY,
    UPKEEP_FIELDS,
    upkeep_begin,
    upkeep_slice,
    upkeep_wait_ms,
)
from cython.cimports.kvik.keyspace.wait_queues import first_deadline, queues_for_removal
from cython.cimports.kvik.keyspace.watches import watch_drop_all
from cython.cimports.kvik.persist.append_file import append_flush
from cython.cimports.kvik.server.client_view import view_client
from cython.cimports.kvik.server.insight import shown_arguments
from cython.cimports.kvik.wire.client import CLIENT_CLOSE_NOW, CLIENT_WAITING, client_memory
from cython.cimports.kvik.wire.client_eviction import limit_clients
from cython.cimports.kvik.wire.encode import encode, encode_error
from cython.cimports.kvik.wire.loop import (
    loop_check_clients,
    loop_client,
    loop_free,
    loop_init,
    loop_listen,
    loop_run,
    loop_tick,
    loop_unlisten,
    loop_wake_by,
)
from cython.cimports.kvik.wire.transaction import transaction_drop
from cython.cimports.libc.stdint import uint32_t
from cython.cimports.libc.string import memcpy, memset

from kvik.server.sharing import Sharing
from kvik.wire.types import CommandError


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
        self.keyspace.subscriptions.loop = address(self.loop)
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
        self.dispatcher.observers.engine = cast(cython.p_void, self)
        self.dispatcher.observers.log = log_command
        self.dispatcher.observers.event = event_took
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
        self.aof.file.took = append_took
        self.dispatcher.append_file = address(self.aof.file)
        self.scripting = Scripting()
        self.scripting.attach(address(self.dispatcher))
        self.insight = Insight()
        self.insight.dispatcher = address(self.dispatcher)
        self.inspector = Inspector()
        self.inspector.keyspace = address(self.keyspace)
        self.sharing = Sharing()
        self.sharing.attach(address(self.dispatcher))
        self.bridge = Bridge()
        self.bridge.attach(address(self.dispatcher))
        self.kept = fill_commands(address(self.dispatcher), table, run_python)
        self.open = True

    def __dealloc__(self):
        self.free()

    def free(self):
        """Close every connection and free all data. Nothing but this may be called afterwards."""
        if self.open:
            self.open = False
            self.forget_crashes()
            if self.aof is not None:            # the garbage collector may have come before, if nobody has closed it
                self.aof.detach()
            self.scripting.detach()
            self.bridge.detach()
            loop_free(address(self.loop))
            dispatcher_free(address(self.dispatcher))
            keyspace_free(address(self.keyspace))
            heap_destroy(address(self.heap))

    def abandon(self):
        """In a forked child: this is a copy that is of no use, and its own memory is all that it may touch."""
        self.open = False
        self.sharing.abandon()

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
        """Report crashes of this process to the log file (b"": standard output), until `forget_crashes`."""
        crash_watch(path, version, last_command, address(self.loop))
        self.watches_crashes = True

    def forget_crashes(self):
        """Leave crashes to the system again."""
        if self.watches_crashes:
            self.watches_crashes = False
            crash_forget()

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

    def set_clients_limit(self, limit):
        """maxmemory-clients in bytes; 0: none."""
        limit_clients(address(self.loop), limit)

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

    def set_defrag(self, enabled, ignore_bytes, lower, upper, cycle_min, cycle_max, slice_us):
        """activedefrag and its directives, see `Defrag`."""
        d: DefragPtr = address(self.keyspace.defrag)
        d.enabled = enabled
        d.ignore_bytes = ignore_bytes
        d.lower = lower
        d.upper = max(upper, lower + 1)
        d.cycle_min = cycle_min
        d.cycle_max = max(cycle_max, cycle_min)
        d.slice_us = max(slice_us, 100)
        d.given_up = 0

    def hold_defrag(self, held):
        """Move nothing while a child process shares the pages."""
        self.keyspace.defrag.held = held

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

    def set_events(self, classes):
        """What is published of what happens to keys: notify-keyspace-events as bits, see tail.pxd. 0: nothing."""
        self.keyspace.published = classes if classes & (EVENT_KEYSPACE | EVENT_KEYEVENT) else 0
        self.keyspace.events = self.keyspace.published | self.keyspace.hooked

    def set_tracking_limit(self, keys):
        """tracking-table-max-keys; 0: none."""
        self.keyspace.tracking.limit = keys

    # --- statistics ---

    def statistics(self):
        """What has been counted since the start or `reset_statistics`."""
        loop: LoopStatsPtr = address(self.loop.stats)
        keys: KeyspaceStatsPtr = address(self.keyspace.stats)
        return {
            "connections": loop.connections, "rejected": loop.rejected, "bytes_in": loop.bytes_in,
            "bytes_out": loop.bytes_out, "reads": loop.reads, "writes": loop.writes,
            "query_limit_closes": loop.query_limit_closes, "output_limit_closes": loop.output_limit_closes,
            "evicted_clients": loop.evicted_clients, "cycles": loop.cycles, "busy_us": loop.busy_us,
            "commands": self.dispatcher.commands_run,
            "command_us": sum(row["us"] for row in self.command_statistics()),
            "errors": self.dispatcher.errors, "hits": keys.hits, "misses": keys.misses, "expired": keys.expired,
            "stale_percent": keys.stale_percent, "expire_time_cap": keys.expire_time_cap,
            "expired_fields": keys.expired_fields, "evicted": keys.evicted, "exceeded_us": keys.exceeded_us,
            "exceeded_now_us": self.exceeded_now_us(), "expire_cycle_us": keys.expire_cycle_us,
            "dirty": self.keyspace.dirty,
            "lazy_pending": read_shared(address(self.keyspace.lazy.pending)),
            "lazy_freed": read_shared(address(self.keyspace.lazy.freed)), "lru_clock": self.keyspace.lru_clock,
        }

    def defrag_figures(self):
        """Of active defragmentation: what it may take of this second in percent, blocks and keys moved and left, ms."""
        d: DefragPtr = address(self.keyspace.defrag)
        since: int64_t = monotonic_us() - d.since_us if d.running else 0
        return {
            "running": d.allowance_us * self.hz // 10000 if d.running else 0, "hits": d.hits, "misses": d.misses,
            "key_hits": d.key_hits, "key_misses": d.key_misses, "total_ms": d.total_us // 1000,
            "current_ms": since // 1000,
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
        self.insight.forget_latencies()

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
            "idle": self.heap.idle, "waste": heap_waste(address(self.heap)), "clients": clients, "tables": tables,
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
            "subscribers": self.keyspace.subscriptions.clients, "tracking": self.keyspace.tracking.clients,
            "tracked_keys": self.keyspace.tracking.keys.count, "tracked_items": self.keyspace.tracking.items,
            "tracked_prefixes": self.keyspace.tracking.prefix_count,
            "channels": self.keyspace.subscriptions.channels[SUBSCRIBE_CHANNEL].count,
            "patterns": self.keyspace.subscriptions.pattern_count,
            "shard_channels": self.keyspace.subscriptions.channels[SUBSCRIBE_SHARD].count,
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

    def trim(self):
        """Give free memory back to the system."""
        heap_trim(address(self.heap))

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

    def has_client(self, id):
        """Is there a client of this ID?"""
        return id > 0 and loop_client(address(self.loop), id) != NULL

    def pause(self, milliseconds, only_writes):
        """CLIENT PAUSE. What is paused already stays so at least as long."""
        mode: cython.int = PAUSE_WRITES if only_writes else PAUSE_ALL
        pause(address(self.dispatcher), mode, self.clock.monotonic_ms + cast(int64_t, milliseconds))

    def unblock(self, id, with_error):
        """CLIENT UNBLOCK: end that client's wait for keys. False: there is none of this id, or it waits for none."""
        c: ClientStructPtr = loop_client(address(self.loop), id)
        if c == NULL or c.blocked == NULL:
            return False
        if with_error:
            answer_blocked(address(self.dispatcher), c, "UNBLOCKED client unblocked via CLIENT UNBLOCK")
        else:
            answer_blocked(address(self.dispatcher), c, NULL)
        return True

    def unpause(self):
        resume_paused(address(self.dispatcher))


# --- what the loop calls ---------------------------------------------------------------------------------------------


def core_of(owner):
    return cast(Core, cast(DispatcherPtr, owner).engine)


def run_python(call):
    """The handler of commands that are written in Python."""
    core: Core = cast(Core, cast(DispatcherPtr, call.server).engine)
    command: CommandPtr = call.command
    args: list = [call.argv[i].p[: call.argv[i].n] for i in range(call.argc)]
    core.dispatcher.observers.secrets = 0
    try:
        reply = cast(object, command.callable)(core.server, view_client(core, call.client), args)
    except CommandError as error:
        encode_error(call.client, str(error))
    except Exception as error:
        core.server.handler_failed(args, error)
        encode_error(call.client, f"ERR internal error in '{args[0].decode(errors='replace')}'")
    except BaseException as error:      # on a user's thread: of a signal's handler, for instance
        core.sharing.raised = (get_ident(), error)
        encode_error(call.client, f"ERR interrupted: {error!r}")
    else:
        encode(call.client, reply)


def count_error(engine, text, n):
    core: Core = cast(Core, engine)
    code: bytes = text[:n].split(b" ", 1)[0]
    core.error_counts[code] = core.error_counts.get(code, 0) + 1


def last_command(context):
    """Of the client whose commands run: for the report of a crash, so anything can be wrong with it."""
    c: ClientStructPtr = cast(LoopPtr, context).tick.executing
    if c == NULL or c.last_command == NULL:
        return NULL
    return cast(CommandPtr, c.last_command).name


def flushed(engine):
    core: Core = cast(Core, engine)
    core.server.flushed()


def serve_while_loading(owner):
    """A few ticks of the loop in the midst of loading: one to accept a client, the next to read what it asks. False: loading
    is to stop, since the server is.
    """
    d: DispatcherPtr = cast(DispatcherPtr, owner)
    _: cython.int
    for _ in range(LOADING_TICKS):
        loop_tick(d.loop, False)
        if not d.loop.had_events:
            break
    return d.loop.running


def loads(owner, loading):
    d: DispatcherPtr = cast(DispatcherPtr, owner)
    if loading:
        d.refusals |= REFUSE_LOADING
        d.loop.running = True
    else:
        d.refusals &= ~cast(uint32_t, REFUSE_LOADING)


def log_command(engine, call, kind, value):
    """A command was slow (`value`: cycles), or its request or reply large (bytes)."""
    core: Core = cast(Core, engine)
    if kind == LOG_SLOW:
        value = clock_duration_us(address(core.clock), value)
        core.server.latency.add("fast-command" if call.command.flags & COMMAND_FAST else "command", value)
    if not call.command.flags & COMMAND_SKIP_COMMANDLOG:
        args: list = shown_arguments(call, core.dispatcher.observers.secrets)
        by: ClientStructPtr = core.loop.tick.executing       # a script's commands: its caller
        if by == NULL:                                  # those of a timer
            by = call.client
        core.server.command_log.add(kind, value, args, view_client(core, by))


def event_took(engine, event, spent):
    """Something else than a command held the server up."""
    core: Core = cast(Core, engine)
    core.server.latency.add(event.decode(), clock_duration_us(address(core.clock), spent))


def append_failed(owner, what, error):
    core_of(owner).server.append_failed(what, error)


def append_took(owner, what, begun):
    observe_event(address(cast(DispatcherPtr, owner).observers), what, begun)


def before_write(owner):
    d: DispatcherPtr = cast(DispatcherPtr, owner)
    if not d.refusals & REFUSE_BUSY:        # a script sees its changes told when it is through
        broadcast_changes(d.keyspace)
    if d.keyspace.effects.on:
        append_flush(cast(AppendFilePtr, d.append_file), False)


def before_wait(owner):
    d: DispatcherPtr = cast(DispatcherPtr, owner)
    deadline: int64_t
    if d.keyspace.lazy.background.started and lazy_collect(address(d.keyspace.lazy)):
        d.loop.next_cron_ms = d.clock.monotonic_ms
    if invalidation_tick(d.keyspace):
        d.loop.next_cron_ms = d.clock.monotonic_ms
    if d.refusals & REFUSE_LOADING:
        return
    if d.keyspace.eviction.behind and make_room(d) == EVICTED_SOME:
        d.loop.next_cron_ms = d.clock.monotonic_ms
    keep_up(d)
    if d.hooks_due:                         # of what has expired, or was evicted
        tell_hooks(d)
    if d.keyspace.effects.on:
        append_flush(cast(AppendFilePtr, d.append_file), False)
    if d.next_timer_ms < d.loop.next_cron_ms:
        d.loop.next_cron_ms = d.next_timer_ms
    if d.paused:
        if d.clock.monotonic_ms >= d.paused_until_ms:
            resume_paused(d)
        elif d.loop.next_cron_ms > d.paused_until_ms:
            d.loop.next_cron_ms = d.paused_until_ms
    deadline = first_deadline(address(d.keyspace.waiting))
    if deadline > 0 and deadline < d.loop.next_cron_ms:
        d.loop.next_cron_ms = deadline


def keep_up(d):
    """A slice of what is due in the keyspace, and when the next one has to come."""
    begun: uint64_t = cycles()
    wait: cython.int
    if upkeep_slice(d.keyspace) & (UPKEEP_EXPIRY | UPKEEP_FIELDS):
        observe_event(address(d.observers), "expire-cycle", begun)
    wait = upkeep_wait_ms(d.keyspace)
    if wait >= 0 and d.loop.next_cron_ms > d.clock.monotonic_ms + wait:
        d.loop.next_cron_ms = d.clock.monotonic_ms + wait


def cron(owner):
    """The timers: what is due `hz` times a second, and clients whose wait is over. How many ms until the next call."""
    d: DispatcherPtr = cast(DispatcherPtr, owner)
    time_out_blocked(d)
    if d.clock.monotonic_ms >= d.next_cron_ms:
        d.next_cron_ms = d.clock.monotonic_ms + run_cron(d)
    run_due_timers(d)
    return cast(cython.int, d.next_cron_ms - d.clock.monotonic_ms)


def run_cron(d):
    """Upkeep `hz` times a second, the rest once a second. How many ms until the next call."""
    core: Core = cast(Core, d.engine)
    hz: cython.int = core.hz
    if core.cron_paused:
        return 1000 // hz
    if not d.refusals & REFUSE_LOADING:
        upkeep_begin(d.keyspace, hz)
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
    monitor_leave(address(d.observers), c)
    watch_drop_all(address(d.keyspace.watches), c)
    unsubscribe_all(address(d.keyspace.subscriptions), c)
    tracking_forget(address(d.keyspace.tracking), c)


def note(owner, level, text, c):
    core: Core = core_of(owner)
    core.server.note(level, text.decode(), view_client(core, c) if c != NULL else None)
