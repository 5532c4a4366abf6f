"""An interpreter: a Lua state of its own, what it may hold, and the watch over the script that runs in it.

There are two in a server, one for EVAL and one for functions, made when first needed. Both run scripts for one client
at a time, to the end, like any other command. Three things keep a script within bounds:

* *memory*: every byte of the state passes `allocate`, which has no more to give at SCRIPT_MEMORY_MAX. Lua does not look
  for garbage when that happens: `hook` does before, and script_end after.
* *time*: `hook` looks at the time every HOOK_COUNT instructions. After busy-reply-threshold other clients are served in
  between, who are told that a script is busy, except for those who want to end it.
* *being killed*: from then on every line raises an error. The functions that could catch it (pcall, xpcall,
  coroutine.resume: sandbox.py) raise it anew.

A Lua error that nothing catches would end the process: whatever may raise one runs below lua_pcall or lua_cpcall.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.clock import monotonic_us
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.scripting.api import RANDOM_START
from cython.cimports.kvik.scripting.busy import serve_others
from cython.cimports.kvik.scripting.lua import LUA_GCCOLLECT, LUA_MASKCOUNT, LUA_MASKLINE, lua
from cython.cimports.kvik.scripting.sandbox import sandbox_open
from cython.cimports.kvik.scripting.scripts import ScriptsPtr
from cython.cimports.kvik.wire.client import CLIENT_MULTI, CLIENT_NO_TOUCH
from cython.cimports.kvik.wire.inner_client import inner_client_free, inner_client_new
from cython.cimports.libc.stdint import uint32_t
from cython.cimports.libc.stdlib import abort, free, realloc
from cython.cimports.libc.string import memset


def interpreter_new(d, is_eval):
    """With the libraries of scripts. NULL when memory is short. `lua.load_lua` has to come first."""
    s: InterpreterPtr = cast(InterpreterPtr, heap_alloc(d.heap, sizeof(Interpreter)))
    if s == NULL:
        return NULL
    memset(s, 0, sizeof(Interpreter))
    s.dispatcher = d
    s.is_eval = is_eval
    s.random = RANDOM_START
    s.client = inner_client_new(d.loop)
    s.L = lua.newstate(allocate, s)
    if s.client == NULL or s.L == NULL or lua.cpcall(s.L, sandbox_open, s) != 0:
        interpreter_free(s)
        return NULL
    s.client.flags |= CLIENT_MULTI          # so that nothing waits
    lua.atpanic(s.L, panic)
    watch_time(s.L)
    return s


def interpreter_free(s):
    if s.L != NULL:
        lua.close(s.L)
    if s.client != NULL:
        inner_client_free(s.client)
    heap_free(s.dispatcher.heap, s, sizeof(Interpreter))


def interpreter_of(L):
    """The interpreter whose state (or coroutine) this is."""
    s: cython.p_void = NULL
    lua.getallocf(L, address(s))
    return cast(InterpreterPtr, s)


def allocate(owner, p, old, n):
    """Lua's way to memory. It is the C library's: the heap is for data, and evicts when it is full."""
    s: InterpreterPtr = cast(InterpreterPtr, owner)
    moved: cython.p_void
    if n == 0:
        free(p)
        s.bytes -= old
        return NULL
    if n > old and s.bytes + (n - old) > SCRIPT_MEMORY_MAX and not s.collecting:
        s.refused = True
        return NULL
    moved = realloc(p, n)
    if moved != NULL:
        s.bytes = s.bytes + n - old
    return moved


def panic(L):
    """An error where none can be: the report of the crash says that it was here."""
    abort()
    return 0


# --- the running script ----------------------------------------------------------------------------------------------


def script_begin(s, caller, flags):
    """A script is to run for this client."""
    s.caller = caller
    s.flags = flags
    s.replicates = REPLICATE_LOG | REPLICATE_REPLICAS
    s.wrote = False
    s.killed = False
    s.live = 0
    s.begun_us = monotonic_us()
    s.served_us = s.begun_us
    s.client.db = caller.db
    s.client.resp = 2
    s.client.flags = (s.client.flags & ~cast(uint32_t, CLIENT_NO_TOUCH)) | (caller.flags & CLIENT_NO_TOUCH)


def script_end(s):
    if s.killed:
        watch_time(s.L)
    s.killed = False
    s.caller = NULL
    s.name = NULL
    s.command = NULL
    lua.settop(s.L, 0)
    if s.refused:
        s.collecting = True         # Lua takes a little to begin with
        lua.cpcall(s.L, collect, NULL)
        s.collecting = False
        s.refused = False


def collect(L):
    lua.gc(L, LUA_GCCOLLECT, 0)
    return 0


def collect_before_full(L, s):
    if s.bytes > SCRIPT_MEMORY_MAX // 2 and s.bytes > s.live + SCRIPT_MEMORY_MAX // 8:
        lua.gc(L, LUA_GCCOLLECT, 0)
        s.live = s.bytes


def watch_time(L):
    lua.sethook(L, hook, LUA_MASKCOUNT, HOOK_COUNT)


def hook(L, at):
    s: InterpreterPtr = interpreter_of(L)
    now: int64_t
    collect_before_full(L, s)
    if s.caller == NULL:
        if s.loading_until_us != 0 and monotonic_us() > s.loading_until_us:
            lua.pushstring(L, "FUNCTION LOAD timeout")
            lua.error(L)
        return
    if not s.killed:
        now = monotonic_us()
        if now - s.begun_us < cast(ScriptsPtr, s.dispatcher.scripts).busy_us or now - s.served_us < SERVE_US:
            return
        serve_others(s)
        s.served_us = monotonic_us()
    if s.killed:
        lua.sethook(L, hook, LUA_MASKLINE | LUA_MASKCOUNT, 1)
        raise_killed(L)


def raise_killed(L):
    s: InterpreterPtr = interpreter_of(L)
    lua.sethook(s.L, hook, LUA_MASKLINE | LUA_MASKCOUNT, 1)
    lua.pushstring(L, "Script killed by user with SCRIPT KILL." if s.is_eval
                   else "Script killed by user with FUNCTION KILL.")
    return lua.error(L)
