"""The scripts of a server, as Python sees them: what SCRIPT and FUNCTION do with them, and what INFO tells.

None of it is on the way of a script that runs. What needs memory of Lua's runs as a task below lua_cpcall, without
Python.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.clock import monotonic_us
from cython.cimports.kvik.engine.rdb_format import (
    RDB_VERSION_BASE,
    Scratch,
    rdb_get_string,
    rdb_put_string,
    scratch_free,
)
from cython.cimports.kvik.engine.sha1 import sha1_hex
from cython.cimports.kvik.engine.sink import Sink, sink_free, sink_init, sink_put_byte
from cython.cimports.kvik.engine.source import Source, source_init, source_take
from cython.cimports.kvik.keyspace.libraries import libraries_add, libraries_clear
from cython.cimports.kvik.keyspace.payload import PAYLOAD_FOOTER, payload_end, payload_is_sound
from cython.cimports.kvik.keyspace.rdb_file import RDB_OPCODE_FUNCTION_2
from cython.cimports.kvik.scripting.library import Loading, library_run, push_folded
from cython.cimports.kvik.scripting.lua import LUA_REGISTRYINDEX, LUA_TNIL, lua, lua_pop
from cython.cimports.kvik.scripting.scripts import (
    Function,
    eval_ready,
    find_script,
    functions_flush,
    functions_ready,
    keep_script,
    scripts_flush,
    scripts_free,
    unlist,
)
from cython.cimports.libc.stdio import snprintf
from cython.cimports.libc.string import memcpy, memset

from kvik.wire.types import CommandError

DEFAULT_BUSY_MS = 5000
NO_LUA = "ERR this server has no Lua: pip install lupa"


class Scripting:
    def attach(self, d):
        memset(address(self.scripts), 0, sizeof(Scripts))
        self.scripts.dispatcher = d
        self.set_busy_threshold(DEFAULT_BUSY_MS)
        d.scripts = address(self.scripts)
        d.keyspace.libraries.arrived = library_arrived
        d.keyspace.libraries.owner = cast(cython.p_void, self)

    def detach(self):
        scripts_free(address(self.scripts))

    def set_registry(self, registry):
        """Who keeps the libraries: told of those that a snapshot brings (`arrived`)."""
        self.registry = registry

    def set_busy_threshold(self, milliseconds):
        """busy-reply-threshold; 0: no script is ever busy."""
        self.scripts.busy_us = milliseconds * 1000 if milliseconds > 0 else 1 << 62

    # --- scripts of EVAL ---

    def load(self, body: bytes):
        """SCRIPT LOAD: the digest. CommandError if the script is none."""
        task: Task
        if not eval_ready(address(self.scripts), NULL):
            raise CommandError(NO_LUA)
        task.text.p = body
        task.text.n = len(body)
        run_task(address(self.scripts), self.scripts.eval.L, load_script, address(task))
        if task.error[0]:
            raise CommandError(cast(cython.p_char, task.error).decode(errors="replace"))
        return task.digest[:SHA1_HEX]

    def body(self, digest: bytes):
        """The script with this digest, in upper or lower case; None if there is none."""
        task: Task
        folded: bytes = digest.lower()
        if self.scripts.eval == NULL or len(folded) != SHA1_HEX:
            return None
        memcpy(task.digest, cast(cython.p_char, folded), SHA1_HEX)
        run_task(address(self.scripts), self.scripts.eval.L, look_for_script, address(task))
        return task.text.p[:task.text.n] if task.text.p != NULL else None

    def flush(self):
        """SCRIPT FLUSH."""
        scripts_flush(address(self.scripts))

    # --- functions ---

    def try_library(self, code: bytes):
        """Run the code of a library (without its first line): what it registers, as (name, description, flags). Nothing
        can be called before `name_pending`."""
        job: Loading
        text: Slice
        if not functions_ready(address(self.scripts), NULL):
            raise CommandError(NO_LUA)
        text.p = code
        text.n = len(code)
        job.scripts = address(self.scripts)
        job.code = address(text)
        if not library_run(address(job)):
            raise CommandError(cast(cython.p_char, job.error).decode(errors="replace"))
        return self.pending()

    def pending(self):
        L = self.scripts.functions.L
        found: list = []
        i: cython.int = 1
        lua.rawgeti(L, LUA_REGISTRYINDEX, self.scripts.pending)
        while True:
            lua.rawgeti(L, -1, i)
            if lua.type(L, -1) == LUA_TNIL:
                break
            lua.rawgeti(L, -1, 1)
            lua.rawgeti(L, -2, 4)
            lua.rawgeti(L, -3, 3)
            found.append((text_at(L, -3), text_at(L, -2), lua.tointeger(L, -1)))
            lua_pop(L, 4)
            i += 1
        lua_pop(L, 2)
        return found

    def name_pending(self):
        """From here on, what `try_library` told of can be called."""
        task: Task
        run_task(address(self.scripts), self.scripts.functions.L, name_functions, address(task))
        if task.error[0]:
            raise CommandError(cast(cython.p_char, task.error).decode())

    def forget(self, name: bytes):
        """That function can be called no longer."""
        task: Task
        task.text.p = name
        task.text.n = len(name)
        run_task(address(self.scripts), self.scripts.functions.L, forget_function, address(task))

    def flush_functions(self):
        functions_flush(address(self.scripts))

    def keep_codes(self, codes: list):
        """What snapshots are to contain: the code of every library."""
        d = self.scripts.dispatcher
        code: bytes
        libraries_clear(d.heap, address(d.keyspace.libraries))
        for code in codes:
            if not libraries_add(d.heap, address(d.keyspace.libraries), code, len(code)):
                raise CommandError("OOM command not allowed: out of memory")
        self.scripts.library_count = len(codes)

    def dump(self, codes: list):
        """FUNCTION DUMP's payload of these libraries."""
        ks = self.scripts.dispatcher.keyspace
        sink: Sink
        code: bytes
        if not sink_init(address(sink), ks.heap, 64, NULL, NULL):
            raise CommandError("OOM command not allowed: out of memory")
        try:
            for code in codes:
                sink_put_byte(address(sink), RDB_OPCODE_FUNCTION_2)
                rdb_put_string(address(sink), code, len(code), ks.compress)
            if not payload_end(ks, address(sink), RDB_VERSION_BASE):
                raise CommandError("OOM command not allowed: out of memory")
            return sink.data[:sink.used]
        finally:
            sink_free(address(sink))

    def parse_dump(self, payload: bytes):
        """The libraries of a payload."""
        ks = self.scripts.dispatcher.keyspace
        source: Source
        scratch: Scratch
        whole: Slice
        code: Slice
        kind: cython.p_const_char
        codes: list = []
        whole.p = payload
        whole.n = len(payload)
        if not payload_is_sound(ks, address(whole)):
            raise CommandError("ERR DUMP payload version or checksum are wrong")
        source_init(address(source), whole.p, whole.n - PAYLOAD_FOOTER)
        memset(address(scratch), 0, sizeof(Scratch))
        scratch.heap = ks.heap
        try:
            while source.p < source.end:
                kind = source_take(address(source), 1)
                if cast(cython.uchar, kind[0]) != RDB_OPCODE_FUNCTION_2:
                    raise CommandError("ERR given type is not a function")
                if not rdb_get_string(address(source), address(scratch), address(code)):
                    raise CommandError("ERR failed loading functions data")
                codes.append(code.p[:code.n])
        finally:
            scratch_free(address(scratch))
        return codes

    def changed(self):
        """The data set has changed: it counts, and is logged as it was asked."""
        self.scripts.dispatcher.keyspace.dirty += 1

    # --- the script that runs ---

    def running(self):
        """Of the one that runs: is it of EVAL, has it written, its name, its command, for how many ms. None: none does."""
        s = self.scripts.running
        if s == NULL or s.caller == NULL:
            return None
        words: list = [s.command[i].p[:s.command[i].n] for i in range(s.command_words)] if s.command != NULL else []
        name = s.name[:s.name_bytes] if s.name != NULL else b""
        return s.is_eval, s.wrote, name, words, (monotonic_us() - s.begun_us) // 1000

    def kill(self):
        """It ends before its next line."""
        self.scripts.running.killed = True

    def figures(self):
        """For INFO: bytes of the interpreters, scripts and their bytes, forgotten ones, libraries, functions."""
        x = address(self.scripts)
        return {
            "vm_eval": x.eval.bytes if x.eval != NULL else 0,
            "vm_functions": x.functions.bytes if x.functions != NULL else 0,
            "scripts": x.count, "script_bytes": x.body_bytes, "evicted": x.evicted,
            "libraries": x.library_count, "functions": x.function_count,
        }


# --- tasks -----------------------------------------------------------------------------------------------------------


def run_task(x, L, f, task):
    task.scripts = x
    task.error[0] = 0
    if lua.cpcall(L, f, task) != 0:
        snprintf(task.error, MESSAGE_MAX, "ERR not enough memory")
    lua.settop(L, 0)


def load_script(L):
    """Keep the script `text`, not to be forgotten on its own."""
    task: TaskPtr = cast(TaskPtr, lua.touserdata(L, 1))
    error: cython.p_const_char = NULL
    script: ScriptPtr
    sha1_hex(task.text.p, task.text.n, task.digest)
    script = find_script(L, task.scripts, task.digest)
    if script != NULL:
        if script.evictable:
            unlist(task.scripts, script)
            script.evictable = False
    elif keep_script(L, task.scripts, task.digest, address(task.text), False, address(error)) == NULL:
        snprintf(task.error, MESSAGE_MAX, "%s%s", error, lua.tolstring(L, -1, NULL))
    return 0


def look_for_script(L):
    """`text` shows the body of the script with this digest, or nothing."""
    task: TaskPtr = cast(TaskPtr, lua.touserdata(L, 1))
    script: ScriptPtr
    task.text.p = NULL
    script = find_script(L, task.scripts, task.digest)
    if script != NULL:
        lua.rawgeti(L, LUA_REGISTRYINDEX, script.body)
        task.text.p = cast(cython.p_char, lua.tolstring(L, -1, address(task.text.n)))
    return 0


def name_functions(L):
    """Give the pending functions their names."""
    task: TaskPtr = cast(TaskPtr, lua.touserdata(L, 1))
    f: FunctionPtr
    i: cython.int = 1
    n: cython.size_t = 0
    name: cython.p_const_char
    lua.settop(L, 0)
    lua.rawgeti(L, LUA_REGISTRYINDEX, task.scripts.pending)
    lua.rawgeti(L, LUA_REGISTRYINDEX, task.scripts.named)
    while True:
        lua.rawgeti(L, 1, i)
        if lua.type(L, 3) == LUA_TNIL:
            break
        lua.rawgeti(L, 3, 1)
        name = lua.tolstring(L, -1, address(n))
        push_folded(L, name, n)
        f = cast(FunctionPtr, lua.newuserdata(L, sizeof(Function)))
        lua.rawgeti(L, 3, 3)
        f.flags = cast(cython.uint, lua.tointeger(L, -1))
        lua_pop(L, 1)
        lua.rawgeti(L, 3, 2)
        f.callback = lua.ref(L, LUA_REGISTRYINDEX)
        lua.rawset(L, 2)
        task.scripts.function_count += 1
        lua.settop(L, 2)
        i += 1
    return 0


def forget_function(L):
    task: TaskPtr = cast(TaskPtr, lua.touserdata(L, 1))
    f: FunctionPtr
    lua.settop(L, 0)
    lua.rawgeti(L, LUA_REGISTRYINDEX, task.scripts.named)
    push_folded(L, task.text.p, task.text.n)
    lua.pushvalue(L, -1)
    lua.rawget(L, 1)
    f = cast(FunctionPtr, lua.touserdata(L, -1))
    lua_pop(L, 1)
    if f != NULL:
        lua.unref(L, LUA_REGISTRYINDEX, f.callback)
        lua.pushnil(L)
        lua.rawset(L, 1)
        task.scripts.function_count -= 1
    return 0


def text_at(L, index):
    n: cython.size_t = 0
    text: cython.p_const_char = lua.tolstring(L, index, address(n))
    return text[:n] if text != NULL else None


def library_arrived(owner, code):
    """A snapshot brings a library."""
    scripting: Scripting = cast(Scripting, owner)
    return scripting.registry is not None and scripting.registry.arrived(code.p[:code.n])
