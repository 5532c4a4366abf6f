"""From requests to running commands.

The loop hands over a batch of requests of many clients. Each goes through four stages, in a pipeline, so that memory
is on its way while other commands run:

    i + 16   resolve      name to command, hash of the first key, prefetch its bucket
    i + 8    fetch_entry  prefetch the entry the bucket points to
    i + 4    fetch_value  prefetch what the entry points to, or the rest of it
    i        run          check, call the handler, account

`run` is where every command passes: what must be checked before and counted after is here, once.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.commands.monitor import monitor_feed
from cython.cimports.kvik.commands.observe import observe, observe_begin, observe_event
from cython.cimports.kvik.commands.tracking import track_reads
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.histogram import histogram_add, histogram_free, histogram_new
from cython.cimports.kvik.engine.intrinsics import ALL_ONES, GOLDEN_RATIO, cycles, unlikely
from cython.cimports.kvik.engine.table import table_prefetch_bucket, table_prefetch_entry, table_prefetch_value
from cython.cimports.kvik.engine.text import same_word
from cython.cimports.kvik.keyspace.blocking import may_serve, unblock
from cython.cimports.kvik.keyspace.call import (
    COMMAND_ALLOW_BUSY,
    COMMAND_DENYOOM,
    COMMAND_EXEC,
    COMMAND_LOADING,
    COMMAND_MAY_REPLICATE,
    COMMAND_NO_AUTH,
    COMMAND_NO_MULTI,
    COMMAND_READONLY,
    COMMAND_SUBSCRIBED,
    COMMAND_UNQUEUED,
    COMMAND_WRITE,
)
from cython.cimports.kvik.keyspace.database import keyspace_tick
from cython.cimports.kvik.keyspace.effects import effect_command, unit_begin, unit_end
from cython.cimports.kvik.keyspace.eviction import EVICTED_ALL, evict
from cython.cimports.kvik.keyspace.wait_queues import ready_take
from cython.cimports.kvik.keyspace.watching import unwatch
from cython.cimports.kvik.wire.broadcast import broadcast_deferred
from cython.cimports.kvik.wire.client import (
    CLIENT_AUTHENTICATED,
    CLIENT_BLOCKED,
    CLIENT_CACHING,
    CLIENT_CLOSE_NOW,
    CLIENT_DEFERRED,
    CLIENT_DIRTY_EXEC,
    CLIENT_MONITOR,
    CLIENT_MULTI,
    CLIENT_MUTED,
    CLIENT_PUBSUB,
    CLIENT_REPLY_OFF,
    CLIENT_REPLY_SKIP,
    CLIENT_REPLY_SKIP_NEXT,
    CLIENT_STOPPED,
    CLIENT_WAITING,
    ClientPtr,
    is_inner,
)
from cython.cimports.kvik.wire.inner_client import inner_client_free, inner_client_new
from cython.cimports.kvik.wire.loop import OBSERVE_MONITORS, loop_again, loop_close_soon, loop_switch, loop_yield
from cython.cimports.kvik.wire.output import output_mute, output_unmute
from cython.cimports.kvik.wire.reply import reply_error, reply_error_slice, reply_status
from cython.cimports.kvik.wire.transaction import transaction_add, transaction_drop, transaction_of
from cython.cimports.libc.stdint import INT64_MAX, uint32_t, uint64_t
from cython.cimports.libc.stdio import snprintf
from cython.cimports.libc.string import memset, strerror, strncmp

# --- the table of commands -------------------------------------------------------------------------------------------


def dispatcher_init(d, ks, loop, commands):
    """Room for so many commands and the spare ones, which the owner fills in; then `dispatcher_name` each. False when memory
    is short."""
    memset(d, 0, sizeof(Dispatcher))
    commands += SPARE_COMMANDS
    d.keyspace = ks
    d.loop = loop
    d.clock = loop.clock
    d.heap = loop.heap
    d.command_count = commands
    d.cycle_ns = cast(uint64_t, 1000.0 * (1 << 20) / d.clock.cycles_per_us)
    d.observers.slow_cycles = ALL_ONES
    d.observers.event_cycles = ALL_ONES
    d.observers.large_request = ALL_ONES
    d.observers.large_reply = ALL_ONES
    d.share_cycles = cast(uint64_t, SHARE_MS * 1000 * d.clock.cycles_per_us)
    d.attack_logged_ms = -ATTACK_LOG_MS
    d.next_timer_ms = INT64_MAX
    d.commands = cast(CommandPtr, heap_alloc(d.heap, commands * sizeof(Command)))
    d.nobody = inner_client_new(loop)
    if d.commands == NULL or d.nobody == NULL:
        return False
    d.nobody.flags |= CLIENT_CLOSE_NOW
    memset(d.commands, 0, commands * sizeof(Command))
    return True


def dispatcher_free(d):
    i: cython.int
    for i in range(d.command_count):
        histogram_free(d.commands[i].latency)
    heap_free(d.heap, d.commands, d.command_count * sizeof(Command))
    inner_client_free(d.nobody)


def dispatcher_name(d, command, name, n):
    """Let `name` (lower case, lasting) mean `command`. False when the index is full."""
    word: uint64_t = name_word(name, n)
    i: cython.size_t = (word * GOLDEN_RATIO) >> NAMES_SHIFT
    tries: cython.int = 0
    letters: cython.bint = True
    k: cython.size_t
    while d.names[i].command != NULL:
        i = (i + 1) & (NAMES - 1)
        tries += 1
        if tries == NAMES:
            return False
    for k in range(n):
        letters = letters and 97 <= name[k] <= 122
    d.names[i].word = word
    d.names[i].command = command
    d.names[i].exact = letters and n <= 8
    return True


def dispatcher_unname(d, command):
    """No name means `command` any more. The others find their places anew, since those behind it would not be found."""
    kept: Name[NAMES]
    count: cython.int = 0
    i: cython.int
    for i in range(NAMES):
        if d.names[i].command != NULL and d.names[i].command != command:
            kept[count] = d.names[i]
            count += 1
    memset(address(d.names[0]), 0, NAMES * sizeof(Name))
    for i in range(count):
        dispatcher_name(d, kept[i].command, kept[i].command.called, kept[i].command.called_length)


def find_command(d, name, n):
    """The command of this name in any case, or NULL. O(1)."""
    word: uint64_t = name_word(name, n)
    i: cython.size_t = (word * GOLDEN_RATIO) >> NAMES_SHIFT
    command: CommandPtr = d.names[i].command
    while command != NULL:
        if d.names[i].word == word and command.called_length == n:
            if d.names[i].exact or same_word(name, n, command.called):
                return command
        i = (i + 1) & (NAMES - 1)
        command = d.names[i].command
    return NULL


def find_original(d, name, n):
    """The command whose own name this is, whatever it is called; NULL if there is none."""
    i: cython.int
    if not d.renamed:
        return find_command(d, name, n)
    for i in range(d.command_count):
        if d.commands[i].name != NULL and n == original_name(d.commands + i).n and same_word(name, n, d.commands[i].name):
            return d.commands + i
    return NULL


def original_name(command):
    """Its own name; of a subcommand, its container's."""
    name: Slice
    name.p = cast(CharPtr, command.name)
    name.n = 0
    while name.n < command.name_length and name.p[name.n] != 124:
        name.n += 1
    return name


def find_subcommand(container, name, n):
    """The subcommand of this name in any case, or NULL."""
    i: cython.int
    sub: CommandPtr
    own: cython.size_t = container.name_length + 1
    for i in range(container.subcommand_count):
        sub = container.subcommands + i
        if sub.name_length == own + n and same_word(name, n, sub.name + own):
            return sub
    return NULL


# --- a batch ---------------------------------------------------------------------------------------------------------


def execute(owner, requests, count):
    d: DispatcherPtr = cast(DispatcherPtr, owner)
    argv: SlicePtr = d.loop.tick.arguments.items
    i: cython.int
    keyspace_tick(d.keyspace)
    d.last_cycles = cycles()
    d.share_end = d.last_cycles + d.share_cycles
    for i in range(BUCKET_LEAD if count > BUCKET_LEAD else count):
        resolve(d, address(requests[i]), argv)
    for i in range(ENTRY_LEAD if count > ENTRY_LEAD else count):
        fetch_entry(d, address(requests[i]))
    for i in range(VALUE_LEAD if count > VALUE_LEAD else count):
        fetch_value(d, address(requests[i]))
    for i in range(count):
        if i + BUCKET_LEAD < count:
            resolve(d, address(requests[i + BUCKET_LEAD]), argv)
        if i + ENTRY_LEAD < count:
            fetch_entry(d, address(requests[i + ENTRY_LEAD]))
        if i + VALUE_LEAD < count:
            fetch_value(d, address(requests[i + VALUE_LEAD]))
        run(d, address(requests[i]), argv + requests[i].first)


def resolve(d, r, argv):
    """Name to command, first key to hash; the key's bucket is on its way afterwards."""
    command: CommandPtr
    key: cython.int
    argv += r.first
    command = find_command(d, argv[0].p, argv[0].n)
    r.key = 0
    if command != NULL and command.subcommand_count > 0 and r.count > 1:
        if find_subcommand(command, argv[1].p, argv[1].n) != NULL:
            command = find_subcommand(command, argv[1].p, argv[1].n)
    r.command = command
    if command != NULL and command.first_key > 0 and command.first_key < r.count:
        key = command.first_key
        r.key = key
        r.hash = hash_bytes(address(d.keyspace.hash_key), argv[key].p, argv[key].n)
        table_prefetch_bucket(address(d.keyspace.databases[r.client.db].keys), r.hash)


def fetch_entry(d, r):
    if r.key != 0:
        table_prefetch_entry(address(d.keyspace.databases[r.client.db].keys), r.hash)


def fetch_value(d, r):
    if r.key != 0:
        table_prefetch_value(address(d.keyspace.databases[r.client.db].keys), r.hash)


def run(d, r, argv):
    """One request: check, call, account."""
    c: ClientPtr = r.client
    command: CommandPtr = cast(CommandPtr, r.command)
    call: Call
    if unlikely(c.flags & CLIENT_STOPPED):
        return
    if unlikely(d.paused) and must_wait(d, r):
        c.flags |= CLIENT_WAITING
        return
    if d.loop.tick.executing != c:
        loop_switch(d.loop, c)
    observe_begin(address(d.observers), c, c.start)
    d.current = r
    c.start = r.end
    call.keyspace = d.keyspace
    call.client = c
    call.db = address(d.keyspace.databases[c.db])
    call.argv = argv
    call.argc = r.count
    call.key = r.key
    call.hash = r.hash
    call.command = command
    call.server = d
    if unlikely(c.flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP)):
        output_mute(c)
    d.loop.tick.failed = False
    if unlikely(is_suspect(r, command)):
        if not admit(d, r, address(call)):
            c.flags |= CLIENT_DIRTY_EXEC if c.flags & CLIENT_MULTI else 0
            finish_quietly(d, c, command)
            return
    if unlikely(d.refusals != 0) and is_refused(d, address(call)):
        finish_quietly(d, c, command)
        return
    if unlikely(d.heap.used > d.keyspace.memory_limit) and lacks_memory(d, address(call)):
        finish_quietly(d, c, command)
        return
    if unlikely(c.flags & CLIENT_MONITOR) and is_kept_from_keys(d, address(call)):
        finish_quietly(d, c, command)
        return
    if unlikely(c.flags & (CLIENT_MULTI | CLIENT_PUBSUB)) and is_set_aside(d, address(call)):
        finish_quietly(d, c, command)
        return
    call_command(d, address(call))
    if unlikely(c.flags & (CLIENT_MUTED | CLIENT_REPLY_SKIP_NEXT | CLIENT_DEFERRED | CLIENT_CACHING)):
        finish_quietly(d, c, command)
    follow_up(d)


def follow_up(d):
    """Something may have changed: clients go on that have waited for it, and hooks in Python are told."""
    if unlikely(d.keyspace.waiting.ready_first != NULL):
        serve_ready(d)
    if unlikely(d.hooks_due):
        tell_hooks(d)


def run_due_timers(d):
    """Those in Python, and what follows from what they do."""
    if d.clock.monotonic_ms >= d.next_timer_ms:
        d.run_timers(d)
    follow_up(d)


def tell_hooks(d):
    """Let hooks in Python know what has happened to keys; and clients go on that have waited for what these do."""
    if d.refusals & (REFUSE_BUSY | REFUSE_LOADING):
        return
    while d.hooks_due:
        d.run_hooks(d)
        if d.keyspace.waiting.ready_first != NULL:
            serve_ready(d)
    d.last_cycles = cycles()


def answer_rest(owner, requests, count, argv):
    """A script runs on: who stands behind it in the same batch gets his answer now (-BUSY, mostly), not when it ends."""
    d: DispatcherPtr = cast(DispatcherPtr, owner)
    script: RequestPtr = d.current
    r: RequestPtr = script + 1
    own: ClientPtr = script.client
    while r < requests + count:
        if r.client != own and r.client != d.loop.tick.parsing and r.client != d.nobody:
            resolve(d, r, argv)
            run(d, r, argv + r.first)
            r.client = d.nobody
        r += 1
    d.current = script


def prepare_call(d, call, c, command, argv, argc):
    """A call of a command whose arguments were kept, and were found right when it came."""
    call.keyspace = d.keyspace
    call.client = c
    call.db = address(d.keyspace.databases[c.db])
    call.argv = argv
    call.argc = argc
    call.command = command
    call.key = command.first_key if command.first_key < argc else 0
    if call.key > 0:
        call.hash = hash_bytes(address(d.keyspace.hash_key), argv[call.key].p, argv[call.key].n)
    call.server = d
    d.loop.tick.failed = False


def call_command(d, call):
    """Call the handler and account for it. A command that waits for keys is accounted for when it has been served."""
    command: CommandPtr = call.command
    now: uint64_t
    call.client.last_command = command
    if unlikely(call.keyspace.effects.on):
        run_logged(call)
    else:
        command.run(call)
    if unlikely(call.keyspace.tracking.readers > 0):
        track_reads(call)
    if unlikely(call.client.blocked != NULL) and not served(call.client):
        if d.loop.observed & OBSERVE_MONITORS and not cast(BlockedPtr, call.client.blocked).running:
            monitor_feed(address(d.observers), call)
        d.last_cycles = cycles()
        return
    d.commands_run += 1
    call.client.commands += 1
    now = cycles()
    command.calls += 1
    command.cycles += now - d.last_cycles
    if unlikely(d.loop.tick.failed):
        command.failed += 1
    if d.tracks_latency:
        track_latency(d, command, now - d.last_cycles)
    if unlikely(now - d.last_cycles > d.observers.slow_cycles or d.loop.observed != 0):
        observe(address(d.observers), call, now - d.last_cycles)
        now = cycles()
    d.last_cycles = now
    if unlikely(now > d.share_end):
        share_over(d, call.client)


def track_latency(d, command, spent):
    if unlikely(command.latency == NULL):
        command.latency = histogram_new()
        if command.latency == NULL:
            return
    histogram_add(command.latency, spent * d.cycle_ns >> 20)


def run_logged(call):
    """Call the handler and log what it has changed: if it does not say so itself, by what it was asked.

    A request that runs others (EXEC) has logged what they did.
    """
    f: EffectsPtr = address(call.keyspace.effects)
    dirty: uint64_t = call.keyspace.dirty
    f.replaced = False
    unit_begin(f)
    call.command.run(call)
    if call.keyspace.dirty != dirty and not f.replaced \
            and call.command.flags & (COMMAND_WRITE | COMMAND_MAY_REPLICATE):
        if unlikely(cast(DispatcherPtr, call.server).renamed):
            call.argv[0] = original_name(call.command)
        effect_command(f, call.db.id, call.argv, call.argc)
    unit_end(f)
    f.replaced = True


def share_over(d, c):
    """c (or somebody before it in this batch) has kept the others waiting: c goes on in the next tick. Of what runs from
    within another command, that one is to blame, and will come here itself."""
    if is_inner(c):
        return
    d.share_end = d.last_cycles + d.share_cycles
    if not c.flags & CLIENT_STOPPED:
        loop_yield(d.loop, c)


def finish_quietly(d, c, command):
    """CLIENT REPLY: what was muted for this command speaks again, and SKIP begins with the next one. Messages to c that
    its command has caused follow the reply. What CLIENT CACHING said was for this command, if it is none of CLIENT itself.
    """
    if c.flags & CLIENT_MUTED:
        c.flags &= ~cast(uint32_t, CLIENT_REPLY_SKIP)
        output_unmute(c)
    if c.flags & CLIENT_REPLY_SKIP_NEXT:
        c.flags = (c.flags & ~cast(uint32_t, CLIENT_REPLY_SKIP_NEXT)) | CLIENT_REPLY_SKIP
    if c.flags & CLIENT_DEFERRED:
        broadcast_deferred(d.loop)
    if c.flags & CLIENT_CACHING and not c.flags & (CLIENT_MULTI | CLIENT_BLOCKED) and not is_about_clients(command):
        c.flags &= ~cast(uint32_t, CLIENT_CACHING)


def is_about_clients(command):
    """Is it a subcommand of CLIENT?"""
    return command != NULL and strncmp(command.name, "client|", 7) == 0


# --- transactions ----------------------------------------------------------------------------------------------------


def is_set_aside(d, call):
    """Is the command not to be run, as it was queued, or may not be run by a client that subscribes?"""
    c: ClientPtr = call.client
    if c.flags & CLIENT_PUBSUB and c.resp == 2 and not call.command.flags & COMMAND_SUBSCRIBED:
        refuse_subscribed(call)
        return True
    if c.flags & CLIENT_MULTI and not call.command.flags & COMMAND_UNQUEUED:
        queue(d, call)
        return True
    return False


def refuse_subscribed(call):
    text: cython.char[240]
    snprintf(text, 240, "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed "
             "in this context", call.command.name)
    refused(call, text)


def queue(d, call):
    """Let the command wait for EXEC, if it may."""
    c: ClientPtr = call.client
    text: cython.char[160]
    c.last_command = call.command
    if call.command.flags & COMMAND_NO_MULTI:
        snprintf(text, 160, "ERR Command '%s' not allowed inside a transaction", call.command.name)
        refused(call, text)
    elif not transaction_add(d.heap, c, call.command, call.command.flags, call.argv, call.argc):
        refused(call, "OOM command not allowed: out of memory")
    elif c.transaction_bytes > d.loop.query_limit:
        d.loop.stats.query_limit_closes += 1
        d.loop.note(d.loop.owner, 3, "Closing client that reached max query buffer length", c)
        loop_close_soon(d.loop, c)
    else:
        reply_status(c, "QUEUED")


def flags_of(c, command):
    """What running the command may come to: for EXEC, what any of the queued ones may."""
    if command.flags & COMMAND_EXEC and c.transaction != NULL:
        return command.flags | transaction_of(c).flags
    return command.flags


def refused(call, error):
    """Answer the error to a command that is not to run. A transaction that it belongs to will not either."""
    c: ClientPtr = call.client
    text: cython.char[600]
    call.command.rejected += 1
    if call.command.flags & COMMAND_EXEC:
        transaction_drop(call.keyspace.heap, c)
        unwatch(call.keyspace, c)
        if strncmp(error, "ERR ", 4) == 0:
            error += 4
        reply_error_slice(c, text, snprintf(text, 600, "EXECABORT Transaction discarded because of: %s", error))
    else:
        c.flags |= CLIENT_DIRTY_EXEC if c.flags & CLIENT_MULTI else 0
        reply_error(c, error)


# --- what keeps a command from running -------------------------------------------------------------------------------


def admit(d, r, call):
    """The checks that most commands pass without a look. False: answered an error instead."""
    command: CommandPtr = call.command
    c: ClientPtr = call.client
    if not c.flags & CLIENT_AUTHENTICATED and (command == NULL or not command.flags & COMMAND_NO_AUTH):
        if command != NULL:
            command.rejected += 1
        reply_error(c, "NOAUTH Authentication required.")
        return False
    if command == NULL:
        if same_word(call.argv[0].p, call.argv[0].n, "host:") or same_word(call.argv[0].p, call.argv[0].n, "post"):
            log_attack(d, c)
            loop_close_soon(d.loop, c)
            return False
        reply_unknown(call)
        return False
    if command.subcommand_count > 0 and r.count > 1:
        command.rejected += 1
        reply_unknown_subcommand(call, command)
        return False
    if command.run == NULL or is_wrong_count(command, r.count):
        refuse_count(call)
        return False
    return True


def is_refused(d, call):
    """Does the server's state forbid the command? The error is answered then."""
    command: CommandPtr = call.command
    writes: cython.bint = flags_of(call.client, command) & COMMAND_WRITE != 0 or is_named(command, "ping")
    if d.refusals & REFUSE_UNSAVED and writes:
        refused(call, "MISCONF Valkey is configured to save RDB snapshots, but it's currently unable to persist "
                    "to disk. Commands that may modify the data set are disabled, because this instance is configured to "
                    "report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please "
                    "check the Valkey logs for details about the RDB error.")
    elif d.refusals & REFUSE_UNLOGGED and writes:
        refuse_unlogged(d, call)
    elif d.refusals & REFUSE_LOADING and not command.flags & COMMAND_LOADING:
        refused(call, "LOADING Valkey is loading the dataset in memory")
    elif d.refusals & REFUSE_BUSY and not command.flags & COMMAND_ALLOW_BUSY:
        refused(call, "BUSY Valkey is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
                if d.busy_with_function
                else "BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.")
    else:
        return False
    return True


def refuse_unlogged(d, call):
    text: cython.char[200]
    snprintf(text, 200, "MISCONF Errors writing to the AOF file: %s", strerror(d.append_error))
    refused(call, text)


def lacks_memory(d, call):
    """Evict keys before the command runs. True: that is not enough for one that may need memory; the error is answered."""
    outcome: cython.int = make_room(d)
    if d.loop.tick.deferred_bytes > 0:       # who is told of evictions is told before its command has begun
        broadcast_deferred(d.loop)
    if outcome != EVICTED_ALL or not flags_of(call.client, call.command) & COMMAND_DENYOOM:
        return False
    refused(call, "OOM command not allowed when used memory > 'maxmemory'.")
    return True


def is_kept_from_keys(d, call):
    """A monitor may ask nothing of the data: the error is answered then. (In Redis it is a kind of replica.)"""
    if flags_of(call.client, call.command) & (COMMAND_WRITE | COMMAND_READONLY | COMMAND_MAY_REPLICATE):
        refused(call, "ERR Replica can't interact with the keyspace")
        return True
    return False


def make_room(d):
    """Evict keys; what that came to (keyspace/eviction.pxd)."""
    begun: uint64_t = cycles()
    outcome: cython.int = evict(d.keyspace)
    observe_event(address(d.observers), "eviction-cycle", begun)
    return outcome


def is_named(command, name):
    return same_word(command.name, command.name_length, name)


def log_attack(d, c):
    """A browser was talked into sending a command (cross protocol scripting). Not so often that it fills the log."""
    if d.clock.monotonic_ms - d.attack_logged_ms < ATTACK_LOG_MS:
        return
    d.attack_logged_ms = d.clock.monotonic_ms
    d.loop.note(d.loop.owner, 3, "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: "
                "commands to the server. Connection aborted.", c)


def reply_unknown(call):
    """The name and the first arguments, each cut to what is left of 128 bytes."""
    text: cython.char[400]
    n: cython.int
    used: cython.int = 0
    i: cython.int
    shown: cython.int = cast(cython.int, call.argv[0].n) if call.argv[0].n < 128 else 128
    n = snprintf(text, 400, "ERR unknown command '%.*s', with args beginning with: ", shown, call.argv[0].p)
    for i in range(1, call.argc):
        if used >= 128:
            break
        shown = 128 - used
        if call.argv[i].n < cast(cython.size_t, shown):
            shown = cast(cython.int, call.argv[i].n)
        shown = snprintf(cast(CharPtr, text) + n, 400 - n, "'%.*s' ", shown, call.argv[i].p)
        n += shown
        used += shown
    reply_error_slice(call.client, text, n)


def reply_unknown_subcommand(call, container):
    text: cython.char[256]
    reply_error_slice(call.client, text, put_unknown_subcommand(text, container, address(call.argv[1])))


def put_unknown_subcommand(text, container, name):
    """Write the error to `text` (256 bytes); how long it is."""
    upper: cython.char[NAME_MAX]
    i: cython.size_t
    shown: cython.int = cast(cython.int, name.n) if name.n < 128 else 128
    for i in range(container.called_length if container.called_length < NAME_MAX else NAME_MAX - 1):
        upper[i] = container.called[i] - 32 if 97 <= container.called[i] <= 122 else container.called[i]
        upper[i + 1] = 0
    return snprintf(text, 256, "ERR unknown subcommand '%.*s'. Try %s HELP.", shown, name.p, cast(CharPtr, upper))


def reply_wrong_arity(call):
    text: cython.char[128]
    reply_error_slice(call.client, text, put_wrong_arity(text, call.command))


def refuse_count(call):
    text: cython.char[128]
    put_wrong_arity(text, call.command)
    refused(call, text)


def put_wrong_arity(text, command):
    """Write the error to `text` (128 bytes); how long it is."""
    return snprintf(text, 128, "ERR wrong number of arguments for '%s' command", command.name)


def count_reply_error(owner, text, n):
    d: DispatcherPtr = cast(DispatcherPtr, owner)
    d.errors += 1
    d.count_error(d.engine, text, n)


# --- clients that wait for keys --------------------------------------------------------------------------------------


def served(c):
    """Has the command of a blocked client answered, rather than asked to wait on?"""
    b: BlockedPtr = cast(BlockedPtr, c.blocked)
    return b.running and not b.again


def serve_ready(d):
    """Keys have changed that clients wait for: run their commands anew, in order of arrival.

    What those change may make further keys ready, which are served as well.
    """
    queue: WaitQueuePtr = ready_take(address(d.keyspace.waiting))
    waiter: WaiterPtr
    following: WaiterPtr
    last: WaiterPtr
    while queue != NULL:
        waiter = queue.first
        last = queue.last
        while waiter != NULL:
            following = NULL if waiter == last else waiter.next
            if not waiter.blocked.client.flags & CLIENT_CLOSE_NOW and may_serve(d.keyspace, queue, waiter.blocked):
                run_again(d, waiter.blocked)    # frees waiter and queue when it was served
            waiter = following
        queue = ready_take(address(d.keyspace.waiting))


def run_again(d, b):
    """Run the command of a blocked client anew; if it answers, the client goes on with what else it sent."""
    c: ClientPtr = b.client
    call: Call
    loop_switch(d.loop, c)
    prepare_call(d, address(call), c, cast(CommandPtr, b.command), b.argv, b.argc)
    observe_begin(address(d.observers), c, NULL)
    b.again = False
    b.running = True
    if b.muted:
        output_mute(c)
    call_command(d, address(call))
    b.running = False
    if b.muted:
        output_unmute(c)
    if c.flags & CLIENT_DEFERRED:
        broadcast_deferred(d.loop)
    if not b.again:
        go_on(d, c)


def go_on(d, c):
    """c waits no longer: its command has ended."""
    c.flags &= ~cast(uint32_t, CLIENT_CACHING)
    unblock(d.keyspace, c)
    loop_again(d.loop, c)


def time_out_blocked(d):
    """Answer those whose time of waiting is over."""
    waiting: WaitQueuesPtr = address(d.keyspace.waiting)
    while waiting.timer_count > 0 and waiting.timers[0].deadline_ms <= d.clock.monotonic_ms:
        answer_blocked(d, waiting.timers[0].client, NULL)


def answer_blocked(d, c, error):
    """End c's waiting with this error, or (NULL) as a time-out does."""
    b: BlockedPtr = cast(BlockedPtr, c.blocked)
    loop_switch(d.loop, c)
    if b.muted:
        output_mute(c)
    if error != NULL:
        reply_error(c, error)
    else:
        b.timed_out(c)
    if b.muted:
        output_unmute(c)
    c.commands += 1
    go_on(d, c)


# --- CLIENT PAUSE ----------------------------------------------------------------------------------------------------


def must_wait(d, r):
    """Is r to wait for the end of CLIENT PAUSE? What gives an error gives it at once."""
    command: CommandPtr = cast(CommandPtr, r.command)
    if d.clock.monotonic_ms >= d.paused_until_ms or is_suspect(r, command):
        return False
    return d.paused == PAUSE_ALL or (flags_of(r.client, command) & (COMMAND_WRITE | COMMAND_MAY_REPLICATE)) != 0


def pause(d, mode, until_ms):
    """CLIENT PAUSE: a second one can lengthen and widen the first, not shorten it. `until_ms`: monotonic clock."""
    d.paused = mode if mode > d.paused else d.paused
    d.paused_until_ms = until_ms if until_ms > d.paused_until_ms else d.paused_until_ms


def resume_paused(d):
    """The pause is over: let everybody who waits go on."""
    c: ClientPtr = d.loop.clients
    d.paused = PAUSE_NOTHING
    d.paused_until_ms = 0
    while c != NULL:
        if c.flags & CLIENT_WAITING and not c.flags & CLIENT_BLOCKED:
            loop_again(d.loop, c)
        c = c.next
