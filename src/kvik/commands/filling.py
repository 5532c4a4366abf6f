"""The compiled side of the command table: the declarations of table.py, as the array that the dispatcher looks into.

Filled once, when a server is made. Commands of modules come and go while it runs: they have the spare places at the
array's end. Requests, transactions and clients point to places, so one that is removed stays a command, which answers that
there is none, until another gets its place.
"""

# ruff: noqa: F821
import importlib

import cython
from cython import NULL, cast
from cython.cimports.cpython.pycapsule import PyCapsule_GetName, PyCapsule_GetPointer
from cython.cimports.kvik.commands.dispatch import dispatcher_name, dispatcher_unname
from cython.cimports.kvik.engine.histogram import histogram_free
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
    COMMAND_SKIP_COMMANDLOG,
    COMMAND_SKIP_MONITOR,
    COMMAND_STALE,
    COMMAND_SUBSCRIBED,
    COMMAND_UNQUEUED,
    COMMAND_WRITE,
)
from cython.cimports.kvik.wire.client import CLIENT_DIRTY_EXEC, ClientPtr
from cython.cimports.kvik.wire.transaction import QueuedPtr, transaction_of
from cython.cimports.libc.stdint import uintptr_t
from cython.cimports.libc.string import memset, strcmp

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
    "skip_commandlog": COMMAND_SKIP_COMMANDLOG,
    "asking": COMMAND_ASKING,
    "fast": COMMAND_FAST,
    "no_auth": COMMAND_NO_AUTH,
    "no_multi": COMMAND_NO_MULTI,
    "allow_busy": COMMAND_ALLOW_BUSY,
    "movablekeys": COMMAND_MOVABLE_KEYS,
}
UNQUEUED = frozenset(("discard", "exec", "quit", "reset"))
"""Commands that run after MULTI too."""
MAY_REPLICATE = frozenset(("publish", "spublish", "pfcount", "eval", "evalsha", "fcall"))
"""Commands that can change something, or tell others, though they are no writes: COMMAND does not show this flag."""
SUBSCRIBED = frozenset((
    "subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe", "ping", "quit", "reset",
))
"""Commands for RESP2 clients that subscribe to something."""


def fill_commands(d, table, python):
    """All of the table. `python` runs handlers in Python. What is returned keeps names and handlers alive."""
    command: CommandPtr
    kept: list = []
    for declared in table:
        command = d.commands + cast(cython.int, declared.id)
        kept += fill_command(d, command, declared)
        if declared.spec.handler:
            kept.append(set_handler(command, declared.spec, python))
        subcommands = table.subcommands(declared)
        if subcommands:
            first = subcommands[0].id
            if [sub.id for sub in subcommands] != list(range(first, first + len(subcommands))):
                raise RuntimeError(f"the subcommands of {declared.name} do not stand together")
            command.subcommands = d.commands + cast(cython.int, first)
            command.subcommand_count = len(subcommands)
    return kept


def fill_command(d, command, declared):
    """All but the handler."""
    spec = declared.spec
    name: bytes = spec.name.encode()
    called: bytes = declared.called.encode()
    command.name = name
    command.name_length = len(name)
    command.spec = cast(cython.p_void, spec)
    command.arity = spec.arity
    command.first_key = declared.first_key
    command.last_key = declared.last_key
    command.key_step = declared.step
    command.flags = flags_of_spec(declared)
    if called != name:
        d.renamed = True
    if called:
        command.called = called
        command.called_length = len(called)
        if declared.container is None:
            if not dispatcher_name(d, command, command.called, command.called_length):
                raise RuntimeError("too many commands")
    return [name, called, spec]


def set_handler(command, spec, python):
    """What is to be kept alive of it."""
    if spec.is_compiled:
        command.run = cast(
            Handler,
            cast(cython.p_void, cast(uintptr_t, handler_address(spec.handler_module, spec.handler_name))),
        )
        return None
    handler = getattr(importlib.import_module(spec.handler_module), spec.handler_name)
    command.callable = cast(cython.p_void, handler)
    command.run = python
    return handler


def flags_of_spec(declared):
    flags: cython.uint = 0
    name = declared.name
    for flag in declared.flags:
        flags |= cast(cython.uint, FLAG_BITS.get(flag, 0))
    if name in UNQUEUED:
        flags |= COMMAND_UNQUEUED
    if name in MAY_REPLICATE:
        flags |= COMMAND_MAY_REPLICATE
    if name in SUBSCRIBED:
        flags |= COMMAND_SUBSCRIBED
    if name == "exec":
        flags |= COMMAND_EXEC
    return flags


def handler_address(module, name):
    """The address of a compiled handler, which its module exports with its signature."""
    capsule = importlib.import_module(module).__pyx_capi__[name]
    expected = importlib.import_module("kvik.commands.string").__pyx_capi__["get_command"]
    if strcmp(PyCapsule_GetName(capsule), PyCapsule_GetName(expected)) != 0:
        raise TypeError(f"{module}.{name} is not a command handler")
    return cast(uintptr_t, PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)))


# --- commands that come and go ---------------------------------------------------------------------------------------


def add_command(d, declared, run, callable):
    """A command in a spare place, its `id`, where none is now. What is returned has to be kept as long as the place is not
    used for another."""
    command: CommandPtr = d.commands + cast(cython.int, declared.id)
    memset(command, 0, cython.sizeof(Command))
    command.run = run
    command.callable = cast(cython.p_void, callable)
    return [*fill_command(d, command, declared), callable]


def remove_command(d, id, instead):
    """There is no such command any more: `instead` says so to those who have it already. Transactions in which it waits
    cannot be run."""
    command: CommandPtr = d.commands + id
    c: ClientPtr = d.loop.clients
    q: QueuedPtr
    dispatcher_unname(d, command)
    command.run = instead
    command.callable = NULL
    command.calls = 0
    command.rejected = 0
    histogram_free(command.latency)
    command.latency = NULL
    while c != NULL:
        if c.transaction != NULL:
            q = transaction_of(c).first
            while q != NULL:
                if q.command == command:
                    c.flags |= CLIENT_DIRTY_EXEC
                q = q.next
        c = c.next
