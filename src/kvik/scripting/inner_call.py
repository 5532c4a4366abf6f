"""Commands that are run from within another one, by an inner client: those of Lua scripts and of functions in Python.

The command passes what any command passes that EXEC runs (`call_command`): it is counted, logged by its effect, shown to
monitors. What keeps commands from running is asked before (`why_not`); each kind has its own words for it.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.commands.dispatch import (
    REFUSE_UNLOGGED,
    REFUSE_UNSAVED,
    call_command,
    find_command,
    find_subcommand,
    is_refused,
    is_wrong_count,
    prepare_call,
)
from cython.cimports.kvik.engine.intrinsics import cycles
from cython.cimports.kvik.keyspace.call import (
    COMMAND_DENYOOM,
    COMMAND_MAY_REPLICATE,
    COMMAND_NOSCRIPT,
    COMMAND_WRITE,
)
from cython.cimports.kvik.wire.inner_client import inner_begin


def find_called(d, argv, argc):
    """The command or subcommand; a container if it has no such subcommand; NULL."""
    command: CommandPtr = find_command(d, argv[0].p, argv[0].n)
    sub: CommandPtr
    if command != NULL and command.subcommand_count > 0 and argc > 1:
        sub = find_subcommand(command, argv[1].p, argv[1].n)
        return sub if sub != NULL else command
    return command


def why_not(command, argc, no_writes, no_growth):
    """May it be run by what may not write (`no_writes`) or, since there is more data than maxmemory, add to it?"""
    if command == NULL:
        return NOT_KNOWN
    if command.run == NULL or is_wrong_count(command, argc):
        return NOT_SO_MANY
    if command.flags & COMMAND_NOSCRIPT:
        return NOT_FROM_WITHIN
    if no_writes and command.flags & (COMMAND_WRITE | COMMAND_MAY_REPLICATE):
        return NOT_WRITING
    if no_growth and command.flags & COMMAND_DENYOOM:
        return NOT_WITHOUT_MEMORY
    return MAY_RUN


def run_called(d, client, command, argv, argc, logs):
    """Run it for the inner client; `logs`: what it changes is logged, if anything is."""
    call: Call
    logged: cython.bint = d.keyspace.effects.on
    if not inner_begin(client):
        return CALL_LACKS_MEMORY
    prepare_call(d, address(call), client, command, argv, argc)
    if d.refusals & (REFUSE_UNSAVED | REFUSE_UNLOGGED) and is_refused(d, address(call)):
        return CALL_REFUSED
    if not logs:
        d.keyspace.effects.on = False
    d.last_cycles = cycles()        # what went before is the caller's time
    call_command(d, address(call))
    d.keyspace.effects.on = logged
    return CALL_RUN
