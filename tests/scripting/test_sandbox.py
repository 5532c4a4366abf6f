"""Scripts that want out of their sandbox, or too much of what is in it. The server and its data are whole afterwards.

What a script finds is asked of both servers; what it must not be able to do is tried on Kvik.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.both import Both
from tests.support.resp import OK, Connection, Error
from tests.support.servers import ServerProcess

# Every name a script can reach, with what it is. Functions and tables show their address: another one is another line.
FINGERPRINT = """
local lines = {}
local function show(path, t, depth)
    for k, v in pairs(t) do
        lines[#lines + 1] = path .. tostring(k) .. '=' .. (type(v) == 'table' and 'table' or tostring(v))
        if type(v) == 'table' and k ~= '_G' and k ~= 'KEYS' and k ~= 'ARGV' and depth < 3 then
            show(path .. tostring(k) .. '.', v, depth + 1)
        end
    end
end
show('', _G, 0)
for k, v in pairs(getmetatable('').__index) do lines[#lines + 1] = 'string:' .. k .. '=' .. tostring(v) end
table.sort(lines)
return lines
"""

REACHES_OUT = [
    "return io", "return debug", "return package", "return require('os')", "return dofile('/etc/passwd')",
    "return loadfile('/etc/passwd')", "return os.execute", "return os.getenv", "return os.exit()", "return os.remove",
    "return os.rename", "return os.tmpname", "return io.open", "return module('x')", "return getfenv(0)",
    "return setfenv(1, {})", "return newproxy(true)", "return print('x')", "return python", "return lupa",
    "return python.eval('1')", "return jit", "return ffi", "return type(os.clock)", "return _G.io",
    "return rawget(_G, 'io')",
    "return rawget(_G, 'python')", "return getmetatable(_G).x", "return collectgarbage('stop')",
]  # fmt: skip

CHANGES_GLOBALS = [
    "x = 1", "_G.x = 1", "rawset(_G, 'x', 1)", "_G.pcall = nil", "rawset(_G, 'pcall', nil)", "redis.call = nil",
    "rawset(redis, 'call', nil)", "string.len = nil", "rawset(string, 'len', nil)", "string.x = 1", "table.x = 1",
    "table.insert(string, 1)", "table.insert(_G, 1)", "setmetatable(_G, {})", "setmetatable(string, {})",
    "getmetatable(_G).__index = {}", "getmetatable(_G).__newindex = nil", "rawset(getmetatable(_G), '__index', {})",
    "getmetatable('').__index = {}", "rawset(getmetatable(''), '__index', {})", "getmetatable('').__index.len = nil",
    "getmetatable('').__metatable = nil", "setmetatable(getmetatable(''), {})", "setmetatable(getmetatable(_G), {})",
    "local t = getmetatable(getmetatable('')) t.__newindex = nil", "function pcall() end", "function string.len() end",
    "for k, v in pairs(_G) do _G[k] = nil end", "for k, v in pairs(_G) do rawset(_G, k, nil) end",
    "for k, v in pairs(string) do string[k] = nil end", "for k in next, redis do rawset(redis, k, nil) end",
    "table.foreach(_G, function(k) _G[k] = nil end)",
    "table.foreachi(redis, function() end) redis[1] = 1", "local _ENV = {} x = 1", "KEYS = nil", "rawset(_G, 'KEYS', 1)",
    "loadstring('x = 1')()", "loadstring('_G.x = 1')()", "assert(load(function() return nil end))() x = 1",
    "coroutine.wrap(function() x = 1 end)()", "coroutine.wrap(function() string.len = nil end)()",
    "xpcall(function() error() end, function() x = 1 end) error('e')", "math.randomseed = nil", "cjson.encode = nil",
    "rawset(bit, 'band', nil)", "struct.pack = nil", "cmsgpack.pack = nil", "rawset(cjson, 'null', nil)", "os.clock = nil",
    "select('#', unpack(_G)) _G[1] = 2", "local m = getmetatable(redis) m.x = 1", "table.setn(_G, 3)", "ARGV.x = 1 x = 1",
    "redis.x = 1", "server.call = nil", "rawset(server, 'call', nil)", "getmetatable(cjson.null).x = 1",
]  # fmt: skip

BYTECODE = [
    "return loadstring(string.dump(function() end))", "return loadstring('\\27Lua')", "return loadstring('\\27')",
    "local d = string.dump(function() end) return load(function() local r = d d = nil return r end)",
    "local n = 0 return load(function() n = n + 1 return ({'\\27', 'LuaQ'})[n] end)",
    "return assert(loadstring('\\27LuaQ\\0\\1\\4\\8\\4\\8\\0', 'x'))",
]  # fmt: skip

WITHOUT_END = {      # what takes all that there is to take, and what the error says
    "local t, s = {}, ('x'):rep(1e6) for i = 1, 1e9 do t[i] = s .. i end": "not enough memory",
    "local s = 'x' while true do s = s .. s end": "not enough memory",
    "return #string.rep('x', 2^31)": "",
    "return #string.rep('x', 2^53)": "",
    "return #string.rep('x', -1)": "0",
    "local t = {} while true do t = {t, t} end": "not enough memory",
    "local t = {} for i = 1, 1e9 do t[i] = coroutine.create(function() end) end": "not enough memory",
    "local t = {} for i = 1, 1e9 do t[i] = function() return i end end": "not enough memory",
    "local function f() return f() + 1 end return f()": "stack overflow",
    "local function f() return pcall(f) end return f()": "",
    "local function f() return xpcall(f, f) end return f()": "",
    "local function f(n) return coroutine.wrap(f)(n) end return f(1)": "C stack overflow",
    "local function f() return ('x'):gsub('.', f) end return f()": "C stack overflow",
    "local function f() table.sort({1, 2, 3}, f) return f() end return f()": "",
    "local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x": "loop",
    "local t = setmetatable({}, {}) getmetatable(t).__newindex = t t.x = 1": "loop",
    "local t = setmetatable({}, {__index = function(t, k) return t[k .. 'x'] end}) return t.x": "overflow",
    "local t = setmetatable({}, {__tostring = function(t) return tostring(t) end}) return tostring(t)": "overflow",
    "local t = {} t.err = t return t": "",
    "local t = {} t.ok = t return t": "",
    "return loadstring(('('):rep(1e6) .. ('x') .. (')'):rep(1e6))": "",
    "return loadstring('return ' .. ('{'):rep(1e6))": "",
    "return loadstring('local ' .. ('a,'):rep(300) .. 'b')": "",
    "return loadstring(('do '):rep(1e6))": "",
    "return unpack({}, 1, 1e7)": "too many results to unpack",
    "return unpack({}, -2^31, 2^31)": "",
    "return select('#', unpack({}, 1, 7000))": "7000",
    "return ('%99999d'):format(1)": "invalid format",
    "return ('%s'):rep(300):format(1)": "no value",
    "return string.format('%q', ('\\0'):rep(1000)):len()": "",
    "return ('x'):rep(1e6):gsub('x', ('y'):rep(1e5))": "not enough memory",
    "return table.concat({1, 2, 3}, ('x'):rep(3e8))": "not enough memory",
    "return table.concat(setmetatable({}, {__index = function() return 1 end}), '', 1, 1e6)": "",
    "local t = {} t[2^53] = 1 t[-2^53] = 2 t[0/1] = 3 return #t": "0",
    "return redis.call('set', 'x', ('x'):rep(2e8), ('y'):rep(2e8))": "",
    "return redis.call(unpack({'mget'}, 1, 1), unpack({'a', 'b'}, 1, 2))": "",
    "local t = {'mget'} for i = 2, 8000 do t[i] = 'k' end return #redis.call(unpack(t, 1, 7000))": "6999",
    "return error(setmetatable({}, {__tostring = function() error('e') end}))": "",
    "return error()": "", "return error(nil)": "", "return error({})": "", "return error(error)": "",
    "return error({err = {}})": "", "return error(coroutine.create(function() end))": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """One of its own (not `kvik_alone`'s): some scripts take half a gigabyte before they are stopped."""
    server = ServerProcess("kvik")
    yield server
    server.stop()


@pytest.fixture
def k(server: ServerProcess) -> Iterator[Connection]:
    with server.connect() as k:
        yield k


def check_whole(k: Connection, fingerprint: object) -> None:
    assert k("GET", "kept") == b"safe"
    assert k("EVAL", FINGERPRINT, 0) == fingerprint
    assert k("EVAL", "return redis.call('get', KEYS[1])", 1, "kept") == b"safe"
    assert k("EVAL", "return #ARGV + select('#', pcall(error))", 0, "a") == 3


@pytest.fixture
def whole(k: Connection) -> Iterator[None]:
    assert k("SET", "kept", "safe") == OK
    fingerprint = k("EVAL", FINGERPRINT, 0)
    assert len(fingerprint) > 100
    yield
    check_whole(k, fingerprint)


@pytest.mark.parametrize("script", REACHES_OUT)
def test_nothing_reaches_out(both: Both, script: str) -> None:
    ours, theirs = (each("EVAL", script, 0) for each in both)
    assert ours == theirs


@pytest.mark.parametrize("script", CHANGES_GLOBALS)
@pytest.mark.usefixtures("whole")
def test_globals_are_the_next_scripts_too(k: Connection, script: str) -> None:
    assert isinstance(k("EVAL", script, 0), Error)
    k("EVAL", f"return pcall(function() {script} end)", 0)


@pytest.mark.parametrize("script", CHANGES_GLOBALS)
def test_functions_cannot_change_globals_either(k: Connection, script: str) -> None:
    code = f"#!lua name=evil\nredis.register_function('evil', function() {script} end)"
    sees = "#!lua name=sees\nredis.register_function('sees', function() " + FINGERPRINT + " end)"
    assert k("FUNCTION", "LOAD", "REPLACE", code) == b"evil"
    assert k("FUNCTION", "LOAD", "REPLACE", sees) == b"sees"
    before = k("FCALL", "sees", 0)
    assert isinstance(k("FCALL", "evil", 0), Error)
    assert k("FCALL", "sees", 0) == before
    assert isinstance(k("FUNCTION", "LOAD", "REPLACE", f"#!lua name=evil\n{script}"), Error)
    assert k("FCALL", "sees", 0) == before


@pytest.mark.parametrize("script", BYTECODE)
@pytest.mark.usefixtures("whole")
def test_no_bytecode(k: Connection, script: str) -> None:
    reply = k("EVAL", script, 0)
    assert reply is None or isinstance(reply, Error)


@pytest.mark.parametrize("script", WITHOUT_END)
@pytest.mark.usefixtures("whole")
def test_too_much(k: Connection, script: str) -> None:
    assert WITHOUT_END[script] in str(k("EVAL", script, 0))


@pytest.mark.parametrize("script", ["local t = {} t[1] = t return t", "local t = {} for i = 1, 1e5 do t = {t} end return t"])
@pytest.mark.usefixtures("whole")
def test_a_reply_without_end(server: ServerProcess, script: str) -> None:
    """Nested as deep as there is room on Lua's stack, and no deeper."""
    with server.connect() as k:
        k.send("EVAL", script, 0)
        received = b""
        while b"-ERR reached lua stack limit\r\n" not in received:
            data = k.socket.recv(65536)
            assert data
            received += data
        assert 1000 < received.count(b"*1\r\n") < 100_000


def test_memory_comes_back(k: Connection) -> None:
    """What a script took until there was no more is given back, and the next one has it."""
    takes = "local t, s = {}, ('x'):rep(1e6) for i = 1, 400 do t[i] = s .. i end return #t"
    for _ in range(2):
        assert k("EVAL", takes, 0) == 400
        assert "not enough memory" in k("EVAL", "local s = 'x' while true do s = s .. s end", 0)


def test_a_failed_allocation_is_an_error_that_pcall_catches(k: Connection) -> None:
    script = "local good, err = pcall(string.rep, ('x'):rep(1e6), 1e3) return {tostring(good), err}"
    assert k("EVAL", script, 0) == [b"false", b"not enough memory"]


def test_garbage_is_not_taken_for_memory_in_use(k: Connection) -> None:
    """200 MB in use, and 1 GB that come and go."""
    script = """
        local t, s = {}, ('x'):rep(1e6)
        for i = 1, 200 do t[i] = s .. i end
        for i = 1, 1000 do local gone = s .. i for j = 1, 100 do end end
        return #t
    """
    assert k("EVAL", script, 0) == 200
