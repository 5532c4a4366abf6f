"""redis.call and redis.pcall: from a script to a command and back.

    Lua stack ─▶ slices that show its strings ─▶ the command, for the script's client ─▶ RESP ─▶ Lua values

How it is run is inner_call.py. What keeps commands of clients from running is asked here in the way it concerns scripts.
The strings stay where they are on the Lua stack until the command is through.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.commands.dispatch import put_unknown_subcommand
from cython.cimports.kvik.engine.doubles import DOUBLE_TEXT_MAX, double_integer, format_double
from cython.cimports.kvik.engine.text import format_integer
from cython.cimports.kvik.keyspace.call import COMMAND_WRITE
from cython.cimports.kvik.scripting.errors import push_error
from cython.cimports.kvik.scripting.inner_call import (
    CALL_LACKS_MEMORY,
    CALL_RUN,
    NOT_FROM_WITHIN,
    NOT_KNOWN,
    NOT_SO_MANY,
    NOT_WITHOUT_MEMORY,
    NOT_WRITING,
    find_called,
    run_called,
    why_not,
)
from cython.cimports.kvik.scripting.interpreter import (
    REPLICATE_LOG,
    SCRIPT_ALLOW_OOM,
    SCRIPT_FORBIDS_WRITES,
    SCRIPT_NO_WRITES,
    interpreter_of,
)
from cython.cimports.kvik.scripting.lua import LUA_TNUMBER, LUA_TSTRING, LUA_TTABLE, lua, lua_pop
from cython.cimports.kvik.scripting.to_lua import push_reply
from cython.cimports.kvik.wire.inner_client import (
    inner_copy_reply,
    inner_failed,
    inner_reply,
    inner_reply_bytes,
)
from cython.cimports.libc.stdint import int64_t
from cython.cimports.libc.string import strlen


def server_call(L):
    return call_from_script(L, True)


def server_pcall(L):
    return call_from_script(L, False)


def call_from_script(L, raises):
    """Call the command that the arguments name. An error is raised or, as redis.pcall does, answered."""
    s: InterpreterPtr = interpreter_of(L)
    argc: cython.int = lua.gettop(L)
    inline_room: Slice[ARGUMENTS_INLINE]
    argv: SlicePtr
    command: CommandPtr
    outcome: cython.int
    error: cython.p_const_char = NULL
    if argc == 0:
        return refuse_call(L, s, "ERR Please specify at least one argument for this call", raises)
    argv = read_arguments(L, inline_room, argc, address(error))
    if error == NULL:
        command = find_called(s.dispatcher, argv, argc)
        if command != NULL and command.subcommand_count > 0 and argc > 1:
            return refuse_subcommand(L, s, command, address(argv[1]), raises)
        error = refusal(s, command, argc)
    if error != NULL:
        return refuse_call(L, s, error, raises)
    outcome = run_called(s.dispatcher, s.client, command, argv, argc, s.replicates & REPLICATE_LOG != 0)
    if outcome == CALL_LACKS_MEMORY:
        return refuse_call(L, s, "OOM command not allowed: out of memory", raises)
    if outcome == CALL_RUN and command.flags & COMMAND_WRITE:
        s.wrote = True
    push_outcome(L, s)
    return end_call(L, raises)


def read_arguments(L, inline_room, argc, error):
    """Slices of the arguments, which are strings from here on."""
    argv: SlicePtr = inline_room
    i: cython.int
    kind: cython.int
    if argc > ARGUMENTS_INLINE:
        argv = cast(SlicePtr, lua.newuserdata(L, argc * sizeof(Slice)))
    for i in range(argc):
        kind = lua.type(L, i + 1)
        if kind == LUA_TNUMBER:
            number_to_text(L, i + 1)
        elif kind != LUA_TSTRING:
            error[0] = "ERR Command arguments must be strings or integers"
            return argv
        argv[i].p = cast(cython.p_char, lua.tolstring(L, i + 1, address(argv[i].n)))
    return argv


def number_to_text(L, index):
    """The number there becomes its shortest text; Lua's own would lose digits."""
    text: cython.char[DOUBLE_TEXT_MAX]
    whole: int64_t = 0
    value: cython.double = lua.tonumber(L, index)
    n: cython.int
    if double_integer(value, address(whole)):
        n = format_integer(text, whole)
    else:
        n = format_double(text, value)
    lua.pushlstring(L, text, n)
    lua.replace(L, index)
    return True


def refusal(s, command, argc):
    """Why the running script may not call the command, or NULL."""
    no_writes: cython.bint = s.flags & (SCRIPT_NO_WRITES | SCRIPT_FORBIDS_WRITES) != 0
    no_growth: cython.bint = s.short_of_memory and not s.wrote and not s.flags & SCRIPT_ALLOW_OOM
    why: cython.int = why_not(command, argc, no_writes, no_growth)
    if why == NOT_KNOWN:
        return "ERR Unknown command called from script"
    if why == NOT_SO_MANY:
        return "ERR Wrong number of args calling command from script"
    if why == NOT_FROM_WITHIN:
        return "ERR This Valkey command is not allowed from script"
    if why == NOT_WRITING:
        return "ERR Write commands are not allowed from read-only scripts."
    if why == NOT_WITHOUT_MEMORY:
        return "OOM command not allowed when used memory > 'maxmemory'."
    return NULL


def push_outcome(L, s):
    """Push what the command answered."""
    n: cython.size_t = inner_reply_bytes(s.client)
    p: cython.p_const_char
    copy: cython.p_char
    if inner_failed(s.client) or n == 0:
        push_error(L, "OOM command not allowed: out of memory", 38)
        return 1
    p = inner_reply(s.client)
    if p == NULL:                   # in pieces: Lua frees the copy, whatever happens
        copy = cast(cython.p_char, lua.newuserdata(L, n))
        inner_copy_reply(s.client, copy)
        p = copy
    push_reply(L, p)
    return 1


def end_call(L, raises):
    """The outcome is on top: raise it if it is an error."""
    if raises and lua.type(L, -1) == LUA_TTABLE:
        lua.pushstring(L, "err")
        lua.rawget(L, -2)
        raises = lua.type(L, -1) == LUA_TSTRING
        lua_pop(L, 1)
        if raises:
            return lua.error(L)
    return 1


def refuse_call(L, s, error, raises):
    """The command has not run; its error counts as any other."""
    n: cython.size_t = strlen(error)
    s.dispatcher.loop.count_error(s.dispatcher, error, n)
    push_error(L, error, n)
    return end_call(L, raises)


def refuse_subcommand(L, s, container, name, raises):
    text: cython.char[256]
    put_unknown_subcommand(text, container, name)
    return refuse_call(L, s, text, raises)
