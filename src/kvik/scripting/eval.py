"""EVAL, EVALSHA and their read-only forms.

    the request ─▶ find or compile the script ─▶ KEYS, ARGV ─▶ run ─▶ what it returns, or its error, as reply

All of it that can raise a Lua error runs below one lua_cpcall. An error that comes this far (memory was short outside the
script) is answered, or, in the midst of a reply, ends the connection.
"""

# ruff: noqa: F821
import cython
from cython import address, cast
from cython.cimports.kvik.engine.sha1 import SHA1_HEX, sha1_hex
from cython.cimports.kvik.engine.text import lower, parse_integer
from cython.cimports.kvik.scripting.errors import reply_script_error
from cython.cimports.kvik.scripting.interpreter import (
    SCRIPT_ALLOW_OOM,
    SCRIPT_FORBIDS_WRITES,
    SCRIPT_NO_WRITES,
    script_begin,
    script_end,
)
from cython.cimports.kvik.scripting.lua import LUA_REGISTRYINDEX, lua, lua_pop
from cython.cimports.kvik.scripting.scripts import ScriptPtr, eval_ready, find_script, keep_script, scripts_of
from cython.cimports.kvik.scripting.to_reply import reply_value
from cython.cimports.kvik.wire.loop import loop_close_soon
from cython.cimports.kvik.wire.reply import reply_error, reply_error_slice


def eval_command(call):
    evaluate(call, False, False)


def evalsha_command(call):
    evaluate(call, True, False)


def eval_ro_command(call):
    evaluate(call, False, True)


def evalsha_ro_command(call):
    evaluate(call, True, True)


def evaluate(call, by_digest, read_only):
    e: Evaluation
    e.call = call
    e.scripts = scripts_of(call)
    e.by_digest = by_digest
    e.read_only = read_only
    e.keys = 0
    if by_digest and call.argv[1].n != SHA1_HEX:
        reply_error(call.client, "NOSCRIPT No matching script.")
        return
    if not read_key_count(call, address(e.keys), "ERR value is not an integer or out of range"):
        return
    if eval_ready(e.scripts, call.client):
        e.interpreter = e.scripts.eval
        run_protected(address(e), run_script)


def read_key_count(call, keys, not_a_number):
    """Argument 2: how many keys follow. False: it is wrong; the error is answered."""
    n: int64_t = 0
    if not parse_integer(call.argv[2].p, call.argv[2].n, address(n)):
        reply_error(call.client, not_a_number)
    elif n > call.argc - 3:
        reply_error(call.client, "ERR Number of keys can't be greater than number of args")
    elif n < 0:
        reply_error(call.client, "ERR Number of keys can't be negative")
    else:
        keys[0] = cast(cython.int, n)
        return True
    return False


def run_protected(e, f):
    """Let f do it, below lua_cpcall; the time counts for the request, not for what it calls last."""
    d: DispatcherPtr = cast(DispatcherPtr, e.call.server)
    c = e.call.client
    begun: uint64_t = d.last_cycles
    failed: cython.int
    e.answering = False
    e.scripts.running = e.interpreter
    e.interpreter.short_of_memory = d.heap.used > d.keyspace.memory_limit
    failed = lua.cpcall(e.interpreter.L, f, e)
    script_end(e.interpreter)
    e.scripts.running = cython.NULL
    d.last_cycles = begun
    d.keyspace.effects.replaced = True          # what it called has logged what it did
    if not failed:
        return
    if e.answering:
        d.loop.note(d.loop.owner, 3, "Out of memory for the reply of a script: closing its client", c)
        loop_close_soon(d.loop, c)
    else:
        reply_error(c, "ERR not enough memory")


def run_script(L):
    e: EvaluationPtr = cast(EvaluationPtr, lua.touserdata(L, 1))
    call = e.call
    script: ScriptPtr = script_of_request(L, e)
    if script == cython.NULL or not may_run(e, script):
        return 0
    lua.settop(L, 0)
    lua.rawgeti(L, LUA_REGISTRYINDEX, e.interpreter.error_handler)
    lua.rawgeti(L, LUA_REGISTRYINDEX, script.function)
    set_words(L, e.interpreter, "KEYS", call.argv + 3, e.keys)
    set_words(L, e.interpreter, "ARGV", call.argv + 3 + e.keys, call.argc - 3 - e.keys)
    script_begin(e.interpreter, call.client, script.flags | (SCRIPT_FORBIDS_WRITES if e.read_only else 0))
    answer(L, e, lua.pcall(L, 0, 1, 1))
    return 0


def answer(L, e, failed):
    """What the script has returned, or its error."""
    c = e.call.client
    cast(DispatcherPtr, e.call.server).loop.tick.failed = False
    e.answering = True
    if failed:
        reply_script_error(L, c)
    else:
        reply_value(L, c, e.interpreter.client.resp)


def script_of_request(L, e):
    """The script that the request names or brings along. NULL: there is none; the error is answered."""
    call = e.call
    digest: cython.char[SHA1_HEX]
    script: ScriptPtr
    error: cython.p_const_char = cython.NULL
    text: cython.p_const_char
    n: cython.size_t = 0
    i: cython.int
    if e.by_digest:
        for i in range(SHA1_HEX):
            digest[i] = lower(call.argv[1].p[i])
    else:
        sha1_hex(call.argv[1].p, call.argv[1].n, digest)
    script = find_script(L, e.scripts, digest)
    if script != cython.NULL:
        return script
    if e.by_digest:
        reply_error(call.client, "NOSCRIPT No matching script.")
        return cython.NULL
    script = keep_script(L, e.scripts, digest, address(call.argv[1]), True, address(error))
    if script == cython.NULL:
        lua.pushstring(L, error)
        lua.insert(L, -2)
        lua.concat(L, 2)
        text = lua.tolstring(L, -1, address(n))
        reply_error_slice(call.client, text, n)
    return script


def may_run(e, script):
    """A script that declares its flags is refused at once for what it could not do later."""
    return not script.has_flags or may_run_flags(e, script.flags)


def may_run_flags(e, flags):
    if flags & SCRIPT_NO_WRITES:
        return True
    if e.read_only:
        reply_error(e.call.client, "ERR Can not execute a script with write flag using *_ro command.")
        return False
    if e.interpreter.short_of_memory and not flags & SCRIPT_ALLOW_OOM:
        reply_error(e.call.client, "OOM command not allowed when used memory > 'maxmemory'.")
        return False
    return True


def push_words(L, argv, argc):
    """Push a table of the arguments."""
    i: cython.int
    lua.createtable(L, argc, 0)
    for i in range(argc):
        lua.pushlstring(L, argv[i].p, argv[i].n)
        lua.rawseti(L, -2, i + 1)


def set_words(L, s, name, argv, argc):
    """Set a global to that."""
    lua.rawgeti(L, LUA_REGISTRYINDEX, s.globals)
    lua.pushstring(L, name)
    push_words(L, argv, argc)
    lua.rawset(L, -3)
    lua_pop(L, 1)
