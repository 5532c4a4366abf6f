"""The compiled heart of a server, as Python sees it: heap, clock, keyspace, loop and command table of one server.

`Core.run` gives up the GIL and runs the loop until `stop`. The loop takes the GIL again only for what is written in
Python: handlers of commands whose work is not worth compiling, log lines, and `server.every_second`. Everything that
is counted or set from Python goes through the methods here; they are for the thread that runs the loop.
"""

# ruff: noqa: F821
import importlib

import cython
from cython import NULL, address, cast
from cython.cimports.cpython.pycapsule import PyCapsule_GetName, PyCapsule_GetPointer
from cython.cimports.kvik.commands.dispatch import (
    count_reply_error,
    dispatcher_free,
    dispatcher_init,
    dispatcher_name,
    execute,
    resume_paused,
)
from cython.cimports.kvik.engine.clock import clock_duration_us, clock_init
from cython.cimports.kvik.engine.heap import heap_destroy, heap_init
from cython.cimports.kvik.keyspace.call import (
    COMMAND_ADMIN,
    COMMAND_ALLOW_BUSY,
    COMMAND_ASKING,
    COMMAND_BLOCKING,
    COMMAND_DENYOOM,
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
    COMMAND_WRITE,
)
from cython.cimports.kvik.keyspace.database import keyspace_free, keyspace_init
from cython.cimports.kvik.keyspace.expiry import expire_cycle
from cython.cimports.kvik.keyspace.lazy_free import lazy_collect
from cython.cimports.kvik.server.client_view import view_client
from cython.cimports.kvik.server.encode import encode, encode_error
from cython.cimports.kvik.wire.loop import (
    loop_check_clients,
    loop_free,
    loop_init,
    loop_listen,
    loop_run,
    loop_unlisten,
    loop_wake_by,
)
from cython.cimports.libc.stdint import uintptr_t
from cython.cimports.libc.string import memcpy, strcmp

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
        self.fill_commands()
        self.open = True

    def __dealloc__(self):
        if self.open:
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

    def find_client(self, id):
        c: ClientStructPtr = self.loop.clients
        while c != NULL:
            if c.id == id:
                return c
            c = c.next
        return NULL


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
    i: cython.int
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


def slow_command(engine, call, counted):
    core: Core = cast(Core, engine)
    i: cython.int
    shown: cython.int = call.argc if call.argc < 32 else 31
    args: list = [call.argv[i].p[: call.argv[i].n if call.argv[i].n < 160 else 160] for i in range(shown)]
    core.server.slow_command(
        args, call.argc, clock_duration_us(address(core.clock), counted), view_client(core, call.client)
    )


def before_write(owner):
    pass


def before_wait(owner):
    d: DispatcherPtr = cast(DispatcherPtr, owner)
    if d.keyspace.lazy.started and lazy_collect(address(d.keyspace.lazy)):
        d.loop.next_cron_ms = d.clock.monotonic_ms
    if d.keyspace.expire_timed_out:
        expire_cycle(d.keyspace, True, 10)
    if d.paused:
        if d.clock.monotonic_ms >= d.paused_until_ms:
            resume_paused(d)
        elif d.loop.next_cron_ms > d.paused_until_ms:
            d.loop.next_cron_ms = d.paused_until_ms


def cron(owner):
    """The timers: expiry `hz` times a second, the rest once a second. How many ms until the next call."""
    d: DispatcherPtr = cast(DispatcherPtr, owner)
    return run_cron(d)


def run_cron(d):
    core: Core = cast(Core, d.engine)
    hz: cython.int = core.hz
    expire_cycle(d.keyspace, False, hz)
    if d.clock.monotonic_ms >= core.next_second_ms:
        core.next_second_ms = d.clock.monotonic_ms + 1000
        loop_check_clients(d.loop)
    core.server.cron()
    return 1000 // hz


def woken(owner):
    core_of(owner).server.woken()


def closing(owner, c):
    pass


def note(owner, level, text, c):
    core: Core = core_of(owner)
    core.server.note(level, text.decode(), view_client(core, c) if c != NULL else None)
