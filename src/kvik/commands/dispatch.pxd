"""From requests to running commands. See dispatch.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t

from kvik.commands.observe cimport Observers, ObserversPtr
from kvik.engine.clock cimport Clock
from kvik.engine.heap cimport Heap
from kvik.engine.intrinsics cimport CASE_BITS, load32, load64
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call, Command, CommandPtr
from kvik.keyspace.database cimport Keyspace
from kvik.keyspace.effects cimport EffectsPtr
from kvik.keyspace.wait_queues cimport Blocked, BlockedPtr, WaiterPtr, WaitQueuePtr, WaitQueuesPtr
from kvik.wire.client cimport CLIENT_AUTHENTICATED, Client
from kvik.wire.parser cimport CharPtr
from kvik.wire.loop cimport Loop, Request, RequestPtr

cdef enum:
    BUCKET_LEAD = 16            # how many requests ahead buckets are prefetched
    ENTRY_LEAD = 8              # and entries
    VALUE_LEAD = 4              # and values
    NAMES = 2048                # places in the name index, a power of two, at least four times the commands
    NAMES_SHIFT = 53            # 64 - 11 bits
    NAME_MAX = 128              # of a command, with a NUL behind it
    SPARE_COMMANDS = 256        # places in the table for commands that are added while the server runs

cdef enum:                      # Dispatcher.paused
    PAUSE_NOTHING = 0
    PAUSE_WRITES = 1
    PAUSE_ALL = 2

cdef enum:                      # Dispatcher.refusals: why commands are refused that nothing is wrong with
    REFUSE_LOADING = 1          # a file is being loaded: all but those of COMMAND_LOADING
    REFUSE_UNSAVED = 2          # snapshots fail: writes
    REFUSE_UNLOGGED = 4         # the append-only file cannot be written: writes
    REFUSE_BUSY = 8             # a script runs on: all but those of COMMAND_ALLOW_BUSY

cdef enum:
    SHARE_MS = 10               # of running a client's commands in a tick; then it is the others' turn
    ATTACK_LOG_MS = 60000       # between two log lines about POST and Host:

cdef struct Name:               # one place of the name index
    uint64_t word               # the first 8 bytes, in lower case
    Command *command
    bint exact                  # `word` and the length say it all: no need to compare

cdef struct Dispatcher

cdef struct Dispatcher:
    Keyspace *keyspace
    Loop *loop
    Clock *clock
    Heap *heap
    void *engine                # the Python object that owns all this
    Command *commands
    int command_count
    bint renamed                # some commands are not called by their names
    Name names[2048]
    uint64_t commands_run
    uint64_t last_cycles        # when the last command ended
    uint64_t share_cycles       # SHARE_MS
    uint64_t share_end          # when the share of the client whose commands run is used up
    Observers observers         # the command log and MONITOR
    bint tracks_latency         # keep a histogram of each command's durations
    bint hooks_due              # something has happened to keys that a hook in Python is to be told: `run_hooks`
    int64_t next_timer_ms       # when a timer in Python is due, on the monotonic clock: `run_timers`
    void (*run_hooks)(Dispatcher *d) noexcept nogil
    void (*run_timers)(Dispatcher *d) noexcept nogil
    void *bridge                # the upper layers' word for what modules have added (scripting/bridge.pxd)
    uint64_t cycle_ns           # nanoseconds in a cycle, times 2**20
    void (*count_error)(void *engine, const char *text, size_t n) noexcept nogil
    uint64_t errors
    uint32_t refusals           # bits of REFUSE_
    void (*flushed)(void *engine) noexcept nogil    # after FLUSHALL
    Request *current            # the one that runs
    Client *nobody              # a client that runs nothing: in place of one whose request has been answered already
    bint busy_with_function     # for REFUSE_BUSY: it is not a script of EVAL
    void *scripts               # the upper layers' word for the interpreters (scripting/scripts.pxd)
    void *append_file           # the upper layers' word for where effects are written to
    int append_error            # errno of why they cannot be, for REFUSE_UNLOGGED
    int64_t next_cron_ms        # when the periodic work is due, on the monotonic clock
    int paused
    int64_t paused_until_ms     # on the monotonic clock
    int64_t attack_logged_ms    # when POST or Host: was last logged, likewise

ctypedef Dispatcher *DispatcherPtr

cdef inline uint64_t name_word(const char *p, size_t n) noexcept nogil:
    """The first 8 bytes of a name with the bit set that makes letters lower case, zeros behind the end."""
    cdef uint64_t mask
    cdef uint64_t word
    if n >= 8:
        return load64(p) | CASE_BITS
    if n >= 4:
        word = <uint64_t>load32(p) | (<uint64_t>load32(p + n - 4) << ((n - 4) * 8))
    elif n > 0:
        word = <uint64_t><unsigned char>p[0] | (<uint64_t><unsigned char>p[n >> 1] << ((n >> 1) * 8)) \
            | (<uint64_t><unsigned char>p[n - 1] << ((n - 1) * 8))
    else:
        return 0
    mask = CASE_BITS >> (64 - n * 8)
    return word | mask

cdef inline bint is_wrong_count(const Command *command, int count) noexcept nogil:
    return count != command.arity if command.arity > 0 else count < -command.arity

cdef inline bint is_suspect(const Request *r, const Command *command) noexcept nogil:
    """Must `admit` look at it? (It mostly answers an error then.)"""
    return command == NULL or command.run == NULL or not r.client.flags & CLIENT_AUTHENTICATED \
        or is_wrong_count(command, r.count)

cdef bint dispatcher_init(Dispatcher *d, Keyspace *ks, Loop *loop, int commands) noexcept nogil
cdef void dispatcher_free(Dispatcher *d) noexcept nogil
cdef void share_over(Dispatcher *d, Client *c) noexcept nogil
cdef void log_attack(Dispatcher *d, Client *c) noexcept nogil
cdef bint dispatcher_name(Dispatcher *d, Command *command, const char *name, size_t n) noexcept nogil
cdef void dispatcher_unname(Dispatcher *d, const Command *command) noexcept nogil
cdef Command *find_command(Dispatcher *d, const char *name, size_t n) noexcept nogil
cdef Command *find_original(Dispatcher *d, const char *name, size_t n) noexcept nogil
cdef Slice original_name(const Command *command) noexcept nogil
cdef Command *find_subcommand(Command *container, const char *name, size_t n) noexcept nogil
cdef void execute(void *owner, Request *requests, int count) noexcept nogil
cdef void resolve(Dispatcher *d, Request *r, const Slice *argv) noexcept nogil
cdef void fetch_entry(Dispatcher *d, Request *r) noexcept nogil
cdef void fetch_value(Dispatcher *d, Request *r) noexcept nogil
cdef void answer_rest(void *owner, Request *requests, int count, Slice *argv) noexcept nogil
cdef void run(Dispatcher *d, Request *r, Slice *argv) noexcept nogil
cdef bint is_refused(Dispatcher *d, Call *call) noexcept nogil
cdef void refuse_unlogged(Dispatcher *d, Call *call) noexcept nogil
cdef bint lacks_memory(Dispatcher *d, Call *call) noexcept nogil
cdef bint is_kept_from_keys(Dispatcher *d, Call *call) noexcept nogil
cdef void track_latency(Dispatcher *d, Command *command, uint64_t spent) noexcept nogil
cdef int make_room(Dispatcher *d) noexcept nogil
cdef bint is_named(const Command *command, const char *name) noexcept nogil
cdef bint admit(Dispatcher *d, Request *r, Call *call) noexcept nogil
cdef void reply_unknown(Call *call) noexcept nogil
cdef void reply_unknown_subcommand(Call *call, const Command *container) noexcept nogil
cdef int put_unknown_subcommand(char *text, const Command *container, const Slice *name) noexcept nogil
cdef void reply_wrong_arity(Call *call) noexcept nogil
cdef void refuse_count(Call *call) noexcept nogil
cdef int put_wrong_arity(char *text, const Command *command) noexcept nogil
cdef bint must_wait(Dispatcher *d, const Request *r) noexcept nogil
cdef void finish_quietly(Dispatcher *d, Client *c, const Command *command) noexcept nogil
cdef bint is_about_clients(const Command *command) noexcept nogil
cdef void run_logged(Call *call) noexcept nogil
cdef void refused(Call *call, const char *error) noexcept nogil
cdef bint is_set_aside(Dispatcher *d, Call *call) noexcept nogil
cdef void refuse_subscribed(Call *call) noexcept nogil
cdef void queue(Dispatcher *d, Call *call) noexcept nogil
cdef uint32_t flags_of(const Client *c, const Command *command) noexcept nogil
cdef void prepare_call(
    Dispatcher *d, Call *call, Client *c, Command *command, Slice *argv, int argc) noexcept nogil
cdef void call_command(Dispatcher *d, Call *call) noexcept nogil
cdef void count_reply_error(void *owner, const char *text, size_t n) noexcept nogil
cdef void follow_up(Dispatcher *d) noexcept nogil
cdef void run_due_timers(Dispatcher *d) noexcept nogil
cdef void tell_hooks(Dispatcher *d) noexcept nogil
cdef bint served(const Client *c) noexcept nogil
cdef void serve_ready(Dispatcher *d) noexcept nogil
cdef void run_again(Dispatcher *d, Blocked *b) noexcept nogil
cdef void go_on(Dispatcher *d, Client *c) noexcept nogil
cdef void time_out_blocked(Dispatcher *d) noexcept nogil
cdef void answer_blocked(Dispatcher *d, Client *c, const char *error) noexcept nogil
cdef void pause(Dispatcher *d, int mode, int64_t until_ms) noexcept nogil
cdef void resume_paused(Dispatcher *d) noexcept nogil
