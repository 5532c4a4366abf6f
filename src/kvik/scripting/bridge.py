"""Commands, timers and hooks that are written in Python: how the engine gets to them, and they to it.

    a request ─▶ run_module_command ─▶ Plan.invoke: arguments by kind ─▶ the function ─▶ Plan.answer: its result as reply
                 (takes the GIL)                                            │  ▲
                                                             Caller.call   ▼  │  the reply as Python object
                                                          inner_call: a command, for a client of nobody's

Nothing is looked at anew when a command runs: a `Plan` says what each argument becomes and what the result. Whatever a
function raises ends here, SystemExit and KeyboardInterrupt too: the client gets an error, the log the traceback. What the
function had changed by then stays, as with a script.

A `Caller` (Database, in database.py, is one) is good for as long as its function runs, on the same thread. Each depth of
calls has its own: a command in Python may call another one through the server.

What happens to keys is only noted while a command runs (`hook_event`), since nothing may be changed in the midst of a
change. Hooks are told right behind the command, before anybody else's (`tell_hooks` in commands/dispatch.py). What a timer
or a hook changes is one unit in the log of effects.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cython.cimports.cpython.object import PyObject_CallObject
from cython.cimports.cpython.pythread import PyThread_get_thread_ident
from cython.cimports.cpython.ref import Py_INCREF
from cython.cimports.cpython.tuple import PyTuple_New, PyTuple_SET_ITEM
from cython.cimports.cpython.unicode import PyUnicode_DecodeUTF8
from cython.cimports.kvik.commands.dispatch import (
    REFUSE_BUSY,
    REFUSE_LOADING,
    SPARE_COMMANDS,
    make_room,
    reply_unknown,
    reply_wrong_arity,
)
from cython.cimports.kvik.commands.filling import add_command, remove_command
from cython.cimports.kvik.commands.observe import observe_event
from cython.cimports.kvik.engine.intrinsics import cycles
from cython.cimports.kvik.engine.text import glob_match, parse_double, parse_integer
from cython.cimports.kvik.keyspace.call import COMMAND_WRITE
from cython.cimports.kvik.keyspace.effects import reserve, unit_begin, unit_end
from cython.cimports.kvik.keyspace.tail import EVENT_ALL, EVENT_MISS, EVENT_NEW
from cython.cimports.kvik.scripting.inner_call import (
    CALL_LACKS_MEMORY,
    CALL_RUN,
    MAY_RUN,
    NOT_FROM_WITHIN,
    NOT_KNOWN,
    NOT_SO_MANY,
    NOT_WITHOUT_MEMORY,
    NOT_WRITING,
    find_called,
    run_called,
    why_not,
)
from cython.cimports.kvik.wire.client import CLIENT_MULTI, CLIENT_NO_TOUCH, OUTPUT_BLOCK, client_set_text
from cython.cimports.kvik.wire.encode import check, encode_bytes, write
from cython.cimports.kvik.wire.inner_client import (
    inner_begin,
    inner_client_free,
    inner_client_new,
    inner_copy_reply,
    inner_failed,
    inner_reply,
    inner_reply_bytes,
)
from cython.cimports.kvik.wire.loop import LoopPtr, loop_close_soon
from cython.cimports.kvik.wire.reply import (
    reply_bool,
    reply_double,
    reply_error_line,
    reply_error_slice,
    reply_integer,
    reply_null,
    reply_ok,
)
from cython.cimports.libc.stdint import INT64_MAX, int64_t, uint32_t, uint64_t
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.libc.string import memcpy, memset, strcmp

from kvik.wire.types import CommandError

OUT_OF_MEMORY = "OOM command not allowed: out of memory"
TRUE_WORDS = frozenset((b"1", b"yes", b"true", b"on"))
FALSE_WORDS = frozenset((b"0", b"no", b"false", b"off"))
ERROR_TEXT_MAX = 500
NAME_SHOWN = 128
REFUSALS = {
    NOT_KNOWN: "ERR unknown command '%s'",
    NOT_SO_MANY: "ERR wrong number of arguments for '%s', or a subcommand that it has not",
    NOT_FROM_WITHIN: "ERR '%s' cannot be called from a command, timer or hook in Python",
    NOT_WRITING: "ERR '%s' writes, and the command that calls it is not declared with write=True",
    NOT_WITHOUT_MEMORY: "OOM command '%s' not allowed when used memory > 'maxmemory'.",
}


class ReplyError(CommandError):
    """A command has answered an error."""

    counted = False
    """Under its code, in INFO errorstats."""


class Plan:
    def __cinit__(self, function, label, kinds, rest, names, options, result, may_be_none, convert, writes):
        self.function = function
        self.label = label
        self.kinds = kinds
        self.count = len(kinds)
        self.rest = rest
        self.names = names
        self.options = options
        self.result = result
        self.may_be_none = may_be_none
        self.convert = convert
        self.writes = writes

    def invoke(self, caller, call):
        """Call the function with the arguments of the command."""
        n: cython.Py_ssize_t = call.argc
        i: cython.Py_ssize_t
        value: object = caller
        if self.options is not None and n > self.count + 1:
            n = self.count + 1
        args: tuple = PyTuple_New(n)
        Py_INCREF(value)
        PyTuple_SET_ITEM(args, 0, value)
        for i in range(1, n):
            value = self.argument(i - 1, address(call.argv[i]))
            Py_INCREF(value)
            PyTuple_SET_ITEM(args, i, value)
        if n < call.argc:
            return self.function(*args, **self.read_options(call))
        return PyObject_CallObject(self.function, args)

    def read_options(self, call):
        """What follows the arguments that have their places: words, each with a value or (bool) alone."""
        given: dict = {}
        i: cython.int = cast(cython.int, self.count) + 1
        while i < call.argc:
            option = self.options.get(call.argv[i].p[: call.argv[i].n].lower())
            if option is None or option[0] in given:
                raise CommandError("ERR syntax error")
            if option[1] == ARGUMENT_BOOL:
                given[option[0]] = True
            elif i + 1 < call.argc:
                i += 1
                given[option[0]] = self.converted(option[1], option[0], address(call.argv[i]))
            else:
                raise CommandError("ERR syntax error")
            i += 1
        return given

    def argument(self, i, text):
        """Argument i of the function, as the parameter wants it."""
        kind: cython.int = self.rest
        if i < self.count:
            kind = PyBytes_AS_STRING(self.kinds)[i]
        if kind == ARGUMENT_BYTES:
            return PyBytes_FromStringAndSize(text.p, text.n)
        return self.converted(kind, self.names[i] if i < self.count else self.names[self.count], text)

    def converted(self, kind, name, text):
        """CommandError: the text is none of that kind."""
        whole: int64_t = 0
        real: cython.double = 0
        what: str = "an integer or out of range"
        if kind == ARGUMENT_BYTES:
            return PyBytes_FromStringAndSize(text.p, text.n)
        if kind == ARGUMENT_INT:
            if parse_integer(text.p, text.n, address(whole)):
                return whole
        elif kind == ARGUMENT_FLOAT:
            if parse_double(text.p, text.n, address(real)):
                return real
            what = "a valid float"
        elif kind == ARGUMENT_STR:
            try:
                return PyUnicode_DecodeUTF8(text.p, text.n, NULL)
            except UnicodeDecodeError:
                what = "valid UTF-8"
        else:
            word: bytes = text.p[: text.n].lower() if text.n <= 5 else b""
            if word in TRUE_WORDS:
                return True
            if word in FALSE_WORDS:
                return False
            what = "yes or no"
        raise CommandError(f"ERR {name} is not {what}")

    def answer(self, c, value):
        """Reply what the function has returned. What it raises comes before anything is written."""
        whole: int64_t
        real: cython.double
        if value is None and self.may_be_none:
            reply_null(c)
        elif self.result == RESULT_INTEGER:
            whole = value
            reply_integer(c, whole)
        elif self.result == RESULT_OK:
            reply_ok(c)
        elif self.result == RESULT_DOUBLE:
            real = value
            reply_double(c, real)
        elif self.result == RESULT_BOOLEAN:
            reply_bool(c, bool(value))
        elif self.result == RESULT_TEXT:
            encode_bytes(c, as_bytes(value))
        else:
            if self.convert is not None:
                value = self.convert(value)
            check(value, 0)
            try:
                write(c, value)
            except BaseException:       # of an object of one's own type: the reply is half there
                loop_close_soon(cast(LoopPtr, c.loop), c)
                raise


# --- what a function calls -------------------------------------------------------------------------------------------


class Caller:
    def __cinit__(self):
        self.decoder = Decoder(False, "utf-8", "strict", ReplyError)

    def __init__(self, bridge: object):
        d: DispatcherPtr = cast(Bridge, bridge).dispatcher
        self.dispatcher = d
        self.client = inner_client_new(d.loop)
        if self.client == NULL:
            raise MemoryError("no memory for a client")
        self.client.flags |= CLIENT_MULTI       # so that nothing waits
        self.client.resp = 3
        client_set_text(d.heap, address(self.client.name), "python", 6)      # for MONITOR

    def close(self):
        """The server is about to be freed."""
        if self.client != NULL:
            inner_client_free(self.client)
            self.client = NULL

    def begin(self, c, db, writes):
        """A function is to run in this database, for this client or (NULL) for nobody."""
        d: DispatcherPtr = self.dispatcher
        self.thread = PyThread_get_thread_ident()
        self.asked_by = 0
        self.client.db = db
        self.client.flags &= ~cast(uint32_t, CLIENT_NO_TOUCH)
        if c != NULL:
            self.asked_by = c.id
            self.client.flags |= c.flags & CLIENT_NO_TOUCH
        self.writes = writes
        self.wrote = False
        self.short_of_memory = d.heap.used > d.keyspace.memory_limit

    def end(self):
        self.thread = 0

    def check(self):
        if self.thread != PyThread_get_thread_ident() or self.client == NULL:
            raise RuntimeError(
                "a Database can be used only while the command, timer or hook runs that got it, and on the same thread"
            )
        return True

    def call(self, *args):
        """Run a command: its name and arguments, each bytes, str, int or float. Returns the reply as a Python object;
        raises ReplyError if it is an error."""
        argc: cython.int = len(args)
        inline_room: Slice[ARGUMENTS_INLINE]
        argv: cython.pointer(Slice) = inline_room
        kept: list = None
        i: cython.int
        value: object
        data: bytes
        self.check()
        if argc == 0:
            raise TypeError("which command?")
        if argc > ARGUMENTS_INLINE:
            argv = cast(SlicePtr, malloc(argc * sizeof(Slice)))
            if argv == NULL:
                raise MemoryError("no memory for the arguments")
        try:
            for i in range(argc):
                value = args[i]
                if type(value) is not bytes:
                    data = as_bytes(value)
                    if kept is None:
                        kept = []
                    kept.append(data)
                    value = data
                argv[i].p = PyBytes_AS_STRING(value)
                argv[i].n = PyBytes_GET_SIZE(value)
            return self.run(argv, argc)
        finally:
            if argc > ARGUMENTS_INLINE:
                free(argv)

    def run(self, argv, argc):
        command: CommandPtr = find_called(self.dispatcher, argv, argc)
        outcome: cython.int = why_not(command, argc, not self.writes, self.short_of_memory and not self.wrote)
        if outcome != MAY_RUN:
            raise ReplyError(REFUSALS[outcome] % argv[0].p[: min(argv[0].n, NAME_SHOWN)].decode("utf-8", "replace"))
        outcome = run_called(self.dispatcher, self.client, command, argv, argc, True)
        if outcome == CALL_LACKS_MEMORY:
            raise ReplyError(OUT_OF_MEMORY)
        if outcome == CALL_RUN and command.flags & COMMAND_WRITE:
            self.wrote = True
        return self.reply()

    def reply(self):
        """What the command has answered."""
        n: cython.size_t = inner_reply_bytes(self.client)
        copy: cython.p_char = NULL
        value: object
        if inner_failed(self.client) or n == 0:
            raise ReplyError(OUT_OF_MEMORY)
        self.decoder.at = inner_reply(self.client)
        if self.decoder.at == NULL:             # in pieces
            copy = cast(cython.p_char, malloc(n))
            if copy == NULL:
                raise MemoryError("no memory for a reply")
            inner_copy_reply(self.client, copy)
            self.decoder.at = copy
        try:
            value = self.decoder.read(False, 0)
        finally:
            free(copy)
            if n > OUTPUT_BLOCK:                # a long reply is not kept until the next command
                inner_begin(self.client)
        if isinstance(value, ReplyError):
            value.counted = True
            raise value
        return value

    @property
    def client_id(self):
        """Of the client whose command runs, 0 for a timer or a hook."""
        self.check()
        return self.asked_by

    @property
    def number(self):
        """Which database this is."""
        self.check()
        return self.client.db

    def time(self):
        """The server's time in seconds since 1970: one moment for all that the function does."""
        self.check()
        return self.dispatcher.clock.now_us / 1e6


def as_bytes(value):
    """An argument, or a text to be replied."""
    if isinstance(value, bytes):
        return bytes(value)
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return b"%d" % value
    if isinstance(value, float):
        return repr(float(value)).encode()
    raise TypeError(f"expected bytes, str, int or float, not {type(value).__name__}")


# --- the bridge ------------------------------------------------------------------------------------------------------


class Bridge:
    def attach(self, d):
        self.dispatcher = d
        self.callers = []
        self.timers = []
        self.hooks = []
        self.kept = {}
        self.free_places = list(range(d.command_count - SPARE_COMMANDS, d.command_count))
        self.event_names = []
        memset(address(self.queue), 0, sizeof(HookQueue))
        self.queue.dispatcher = d
        d.bridge = cast(cython.p_void, self)
        d.run_hooks = run_hooks
        d.run_timers = run_timers
        d.keyspace.hook = hook_event
        d.keyspace.hook_owner = address(self.queue)

    def detach(self):
        """The server is about to be freed."""
        for caller in self.callers:
            cast(Caller, caller).close()
        self.callers = []
        self.timers = []
        self.hooks = []
        self.kept = {}
        self.owner = None
        self.make_caller = None
        free(self.queue.data)
        memset(address(self.queue), 0, sizeof(HookQueue))

    def serve(self, owner, make_caller):
        """`owner.failed(label, error)` is told what is raised; `make_caller(bridge)` makes what functions are given."""
        self.owner = owner
        self.make_caller = make_caller

    # Commands

    def free_place(self):
        """The ID for a command that is to be added."""
        if not self.free_places:
            raise ValueError(f"there are too many commands of modules: {SPARE_COMMANDS} can be")
        return self.free_places[0]

    def add_command(self, declared, plan):
        """`declared`: a Command of table.py whose ID is `free_place()`."""
        del self.free_places[0]
        self.kept[declared.id] = add_command(self.dispatcher, declared, run_module_command, plan)

    def remove_command(self, id):
        remove_command(self.dispatcher, id, run_unloaded)
        self.kept[id] = self.kept[id][:-1]      # its name is still pointed to
        self.free_places.append(id)             # behind all others, to be used again as late as can be

    def enter(self, c, db, writes):
        """The caller for a function that is to run now."""
        caller: Caller
        if self.depth == len(self.callers):
            self.callers.append(self.make_caller(self))
        caller = self.callers[self.depth]
        caller.begin(c, db, writes)
        self.depth += 1
        return caller

    def leave(self, caller):
        caller.end()
        self.depth -= 1

    def run(self, call, plan):
        d: DispatcherPtr = self.dispatcher
        begun: uint64_t = d.last_cycles
        caller: Caller
        result: object
        if call.argc - 1 > plan.count and plan.rest < 0 and plan.options is None:
            reply_wrong_arity(call)
            return
        if self.depth == DEPTH_MAX:
            reply_error_slice(call.client, "ERR commands in Python call each other too deeply", 49)
            return
        try:
            caller = self.enter(call.client, call.client.db, plan.writes)
            try:
                result = plan.invoke(caller, call)
            finally:
                self.leave(caller)
                d.last_cycles = begun                       # the time counts for this command
                d.keyspace.effects.replaced = True          # what it called has logged what it did
                d.loop.tick.failed = False
            plan.answer(call.client, result)
        except BaseException as error:
            self.fail(call, plan, error)

    def fail(self, call, plan, error):
        """Answer the error. What was not meant as one goes to the log."""
        reply_failure(call.client, error, error_text(error))
        if isinstance(error, CommandError):
            return
        self.owner.failed(plan.label, error, call.client.detached != NULL)

    # Timers and hooks

    def run_task(self, function, label, db, args):
        """Call the function of a timer or hook, in this database. It may write."""
        d: DispatcherPtr = self.dispatcher
        caller: Caller
        logged: cython.bint = d.keyspace.effects.on
        if d.heap.used > d.keyspace.memory_limit:
            make_room(d)
        if logged:
            unit_begin(address(d.keyspace.effects))
        try:
            caller = self.enter(NULL, db, True)
            try:
                function(caller, *args)
            finally:
                self.leave(caller)
        except BaseException as error:
            self.owner.failed(label, error, False)
        if logged:
            unit_end(address(d.keyspace.effects))

    def set_timers(self, timers):
        """All there are. Those that were there before keep their time."""
        timer: Timer
        for timer in timers:
            if timer.due_ms == 0:
                timer.due_ms = self.dispatcher.clock.monotonic_ms + timer.every_ms
        self.timers = timers
        self.schedule()

    def schedule(self):
        timer: Timer
        due: int64_t = INT64_MAX
        for timer in self.timers:
            due = min(due, timer.due_ms)
        self.dispatcher.next_timer_ms = due

    def run_due(self):
        timer: Timer
        begun: uint64_t
        now: int64_t = self.dispatcher.clock.monotonic_ms
        for timer in self.timers:
            if timer.due_ms <= now:
                timer.due_ms = now + timer.every_ms
                begun = cycles()
                self.run_task(timer.function, timer.label, 0, ())
                observe_event(address(self.dispatcher.observers), "python-timer", begun)
        self.schedule()

    def set_hooks(self, hooks):
        """All there are."""
        q: HookQueuePtr = address(self.queue)
        ks = self.dispatcher.keyspace
        name: bytes
        names: list = sorted({event.encode() for hook in hooks if hook.events is not None for event in hook.events})
        if len(names) > HOOK_NAMES_MAX:
            raise ValueError("hooks want too many different events")
        self.hooks = hooks
        self.event_names = names
        q.wants_all = any(hook.events is None for hook in hooks)
        q.name_count = 0
        for name in names:
            q.names[q.name_count] = name
            q.name_count += 1
        ks.hooked = 0
        if hooks:
            ks.hooked = EVENT_ALL
            ks.hooked |= EVENT_MISS if b"keymiss" in names else 0
            ks.hooked |= EVENT_NEW if b"new" in names else 0
        ks.events = ks.published | ks.hooked

    def tell(self):
        """Run the hooks for all that has happened."""
        q: HookQueuePtr = address(self.queue)
        data: cython.p_char = q.data
        used: cython.size_t = q.used
        at: cython.size_t = 0
        each: Happened
        begun: uint64_t = cycles()
        q.data = NULL
        q.used = 0
        q.capacity = 0
        q.running = True
        self.dispatcher.hooks_due = False
        while at < used:
            memcpy(address(each), data + at, sizeof(Happened))
            at += sizeof(Happened)
            self.tell_of(each.event.decode(), each.db, data[at : at + each.key_bytes])
            at += each.key_bytes
        q.running = False
        free(data)
        if q.lost > 0:
            self.owner.lost_events(q.lost)
            q.lost = 0
        observe_event(address(self.dispatcher.observers), "python-hook", begun)

    def tell_of(self, event, db, key):
        hook: Hook
        for hook in self.hooks:
            if hook.wants(event, key):
                self.run_task(hook.function, hook.label, db, (event, key))


class Timer:
    def __cinit__(self, function, label, every_ms):
        self.function = function
        self.label = label
        self.every_ms = every_ms
        self.due_ms = 0


class Hook:
    def __cinit__(self, function, label, events, pattern):
        self.function = function
        self.label = label
        self.events = events
        self.pattern = pattern

    def wants(self, event, key):
        if self.events is not None and event not in self.events:
            return False
        return self.pattern is None or glob_match(
            PyBytes_AS_STRING(self.pattern), PyBytes_GET_SIZE(self.pattern),
            PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), False)


def error_text(error):
    """What a client is told of an exception."""
    try:
        text = str(error)[:ERROR_TEXT_MAX]
    except BaseException:
        text = ""
    if isinstance(error, CommandError):
        return text
    return f"ERR {type(error).__name__}: {text}" if text else f"ERR {type(error).__name__}"


def reply_failure(c, error, text):
    """An error a client can read: it begins with a code. What an inner command has answered is counted already."""
    data: bytes = text.encode("utf-8", "replace")
    code: bytes = data.split(b" ", 1)[0]
    if not (code.isalnum() and code.upper() == code and code[:1].isalpha()):
        data = b"ERR " + data
    if getattr(error, "counted", False):
        reply_error_line(c, data, len(data))
    else:
        reply_error_slice(c, data, len(data))


# --- what the engine calls -------------------------------------------------------------------------------------------


def run_module_command(call):
    bridge: Bridge = cast(Bridge, cast(DispatcherPtr, call.server).bridge)
    bridge.run(call, cast(Plan, call.command.callable))


def run_unloaded(call):
    """The command was there when the request came, and has gone since."""
    reply_unknown(call)


def run_timers(d):
    bridge: Bridge = cast(Bridge, d.bridge)
    if not d.refusals & (REFUSE_LOADING | REFUSE_BUSY):
        bridge.run_due()


def run_hooks(d):
    bridge: Bridge = cast(Bridge, d.bridge)
    bridge.tell()


def hook_event(owner, db, key, n, event):
    """Note what has happened to a key, for the hooks that want to know."""
    q: HookQueuePtr = cast(HookQueuePtr, owner)
    each: Happened
    if q.running or q.dispatcher.refusals & REFUSE_LOADING or not is_hooked(q, event):
        return
    needed: cython.size_t = q.used + sizeof(Happened) + n
    if needed > HAPPENED_MAX or not reserve(address(q.data), address(q.capacity), needed):
        q.lost += 1
        return
    each.event = event
    each.db = db
    each.key_bytes = n
    memcpy(q.data + q.used, address(each), sizeof(Happened))
    memcpy(q.data + q.used + sizeof(Happened), key, n)
    q.used += sizeof(Happened) + n
    q.dispatcher.hooks_due = True


def is_hooked(q, event):
    i: cython.int
    if q.wants_all:
        return True
    for i in range(q.name_count):
        if strcmp(q.names[i], event) == 0:
            return True
    return False
