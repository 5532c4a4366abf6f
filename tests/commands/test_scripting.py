"""EVAL and its like. What scripts see and answer is asked of both servers and compared: SCRIPTS is a list of questions."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.both import Both
from tests.support.resp import OK, Connection, Error, Status

# What differs on purpose: versions, the server's name, and the two internal names of the oracle's error handler.
SCRIPTS = r"""
return 1
return 'x'
return 3.99
return -3.99
return 1e30
return -1e30
return 0/0
return 1/0
return 9007199254740993
return true
return false
return nil
return
return {1, nil, 3}
return {1, 2, a = 3}
return {{{'deep'}}, {}}
return {true, false, 'x'}
return function() end
return coroutine.create(function() end)
return {ok = 'fine'}
return {ok = 'two\r\nlines'}
return {ok = 1}
return {err = 'My Err'}
return {err = 'MYERR foo'}
return {err = '-MYERR foo'}
return {err = 1}
return {1, {err = 'E x'}, {ok = 'y'}}
return {map = {a = 1}}
return {map = {a = {map = {b = 1}}}}
return {map = 1}
return {double = 3.5}
return {double = 1e100}
return {double = 'x'}
return {set = {a = true}}
return {set = 1}
return {big_number = '123'}
return {big_number = 3}
return {verbatim_string = {format = 'txt', string = 'x'}}
return {verbatim_string = {format = 'toolong', string = 'x'}}
return {verbatim_string = {format = 'txt'}}
return redis.error_reply('x y')
return redis.error_reply('-x y')
return redis.error_reply('word')
return redis.error_reply('x\r\ny')
return redis.error_reply()
return redis.error_reply(1)
return redis.error_reply('a', 'b')
return redis.status_reply('a b')
return redis.status_reply('x\r\ny')
return redis.status_reply()
error('boom')
error('boom', 0)
error('boom', 2)
error({err = 'X foo'})
error({err = 'foo'})
error({err = 1})
error({})
error({1, 2})
error()
error(12)
error(true)
error(redis.error_reply('MY x'))
local function f() error('inner') end f()
local f = function() return nil + 1 end return f()
syntax error
return 1 +
local a = nil; return a.b
return #5
return 'a' + 1
return {} .. 'x'
return nosuchglobal
return _G.nosuchglobal
return _G['']
x = 1
_G.x = 1
redis.x = 1
string.format = 1
function f() end
KEYS = {}
rawset(_G, 'x', 1)
rawset(redis, 'x', 1)
rawset(string, 'x', 1)
setmetatable(_G, nil)
setmetatable(redis, {})
setmetatable(string, {})
table.insert(string, 'x')
table.sort(string)
table.remove(string)
table.setn(string, 1)
getmetatable('').__index = nil
return type(getmetatable(''))
return type(getmetatable(_G))
return type(getmetatable(redis))
return getmetatable({})
return tostring(rawget(_G, 'nosuchglobal'))
return type(rawget(_G, 'string'))
return type(rawget(redis, 'call'))
return {type(next(redis)), #redis, #string, #_G}
return next({})
local n = 0 for k, v in pairs({a = 1, b = 2, 3}) do n = n + 1 end return n
local n = 0 for i, v in ipairs({1, 2, nil, 4}) do n = n + 1 end return n
local n = 0 table.foreach({1, 2}, function(k, v) n = n + v end) return n
return pairs(1)
return next(1)
return {select('#', 1, nil, 3), (select(2, 'a', 'b'))}
return {tostring(nil), tostring(1.5), tostring(1e100), tonumber('0x10'), tonumber('zz', 36), type(tonumber('x'))}
return {unpack({1, 2, 3})}
return {math.floor(1.5), math.max(1, 3, 2), math.huge > 1, math.pi > 3}
return {string.rep('ab', 3), string.upper('x'), ('x'):upper(), string.format('%d %s %5.2f %q', 3, 'y', 1.5, 'z')}
return {string.find('hello', 'l+'), string.gsub('hello', 'l', 'L')}
return {string.byte('abc', 1, -1)}
return table.concat({1, 2, 'x'}, ',')
return table.getn({1, 2})
return table.maxn({[10] = 1})
local t = {3, 1, 2} table.sort(t) return t
local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return t
local t = {} table.insert(t, 'a') table.insert(t, 1, 'b') return {t[1], t[2], table.remove(t), #t}
local t = setmetatable({}, {__index = function(t, k) return k .. '!' end}) return t.x
local t = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v * 2) end}) t.a = 2 return t.a
local t = setmetatable({}, {__metatable = 'locked'}) return getmetatable(t)
setmetatable(setmetatable({}, {__metatable = 1}), {})
return type(getfenv)
return type(newproxy)
return type(print)
print(1)
return dofile
return require
return type(io)
return type(debug)
return type(package)
return type(os.clock())
return type(os.time)
return type(loadstring)
return loadstring('return 1')()
return loadstring('x = 1')()
return {loadstring('\27Lua')}
return {loadstring('1 +')}
return type(loadstring(string.dump(function() end)))
return load(function() return nil end)()
local n = 0 return load(function() n = n + 1 return ({'return ', '1 + ', '2'})[n] end)()
return load(1)
return type(collectgarbage('count'))
return collectgarbage('collect')
return type(gcinfo())
return {pcall(function() return 1, 2 end)}
return {pcall(error, 'x y')}
return {pcall(error)}
return {pcall(error, {err = 'x y'})}
local ok, e = pcall(error, {foo = 'x y'}) return {ok, type(e), e.foo}
local ok, e = pcall(error, {err = 'x y', z = 1}) return {ok, type(e)}
return pcall()
return {pcall(nil)}
return {xpcall(function() error('a') end, function(m) return m .. '!' end)}
return {xpcall(function() return 1, 2 end, function() end)}
local e = {xpcall(function() redis.call('nosuch') end, function(x) return type(x) .. x.err end)} return e
local co = coroutine.create(function(a) local b = coroutine.yield(a + 1) return b * 2 end)
return {coroutine.resume(coroutine.create(function() error('in co') end))}
local f = coroutine.wrap(function() coroutine.yield(1) coroutine.yield(2) end) return {f(), f()}
local f = coroutine.wrap(function() error('x') end) f()
return coroutine.status(coroutine.create(function() end))
return tostring(coroutine.running())
local function f(n) if n == 0 then return 0 end return f(n - 1) end return f(100000)
local function f() return f() + 1 end return f()
return #string.rep('x', 1000000)
return {math.random(0)}
return math.random(3, 1)
return math.random(1, 2, 3)
return math.random('x')
math.randomseed(7) return {math.random(1000), math.random(1000), math.random(5, 9), tostring(math.random())}
math.randomseed(-1) return {math.random(1000), math.random(-10, 10)}
math.randomseed(2 ^ 31) return math.random(1000)
return redis.sha1hex('')
return redis.sha1hex('abc')
return redis.sha1hex(1)
return redis.sha1hex()
return redis.sha1hex(1, 2)
return redis.log(redis.LOG_NOTICE, 'x', 'y')
return redis.log(1)
return redis.log('x', 'y')
return redis.log(9, 'y')
return redis.setresp(3)
return redis.setresp(4)
return redis.setresp()
return redis.setresp('x')
redis.setresp(3) return true
redis.setresp(3) return false
redis.setresp(3) return nil
redis.setresp(3) return {true, false, {true}}
return redis.set_repl(redis.REPL_ALL)
return redis.set_repl(9)
return redis.set_repl()
return redis.replicate_commands()
return redis.breakpoint()
return redis.debug('x')
return redis.acl_check_cmd('set', 'x', 'y')
return redis.acl_check_cmd('nosuch')
return redis.acl_check_cmd()
return redis.acl_check_cmd({})
return {redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING}
return {redis.REPL_ALL, redis.REPL_AOF, redis.REPL_SLAVE, redis.REPL_REPLICA, redis.REPL_NONE}
return redis == server
return redis.nosuch
return redis.call()
return redis.call({})
return redis.call(nil)
return redis.call('get', nil)
return redis.call('set', 'a', {})
return redis.call('set', 'a', true)
return redis.call('get')
return redis.call('nosuch')
return redis.call('client')
return redis.call('client', 'nosuch')
return redis.call('subscribe', 'x')
return redis.call('subscribe')
return redis.call('eval', 'return 1', 0)
return redis.call('multi')
return redis.call('exec')
return redis.call('watch', 'a')
return redis.call('auth', 'x')
return redis.call('hello')
return redis.call('reset')
return redis.call('quit')
return redis.call('monitor')
return redis.call('save')
return redis.call('shutdown')
return redis.call('client', 'id')
return redis.call('config', 'get', 'maxmemory')
return redis.call('script', 'load', 'return 1')
return redis.call('function', 'list')
return redis.call('debug', 'sleep', 0)
return redis.call('ping')
return redis.call('ping').ok
return redis.call('echo', 'x')
return redis.call('time')[1] ~= nil
return redis.call('command', 'count') > 10
return redis.call('select', 3)
return redis.call('publish', 'a', 'b')
redis.call('select', 3) redis.call('set', 'indb3', 1) return redis.call('dbsize')
return redis.call('dbsize')
return redis.call('exists', 'nokey')
return redis.call('get', 'nokey')
return type(redis.call('get', 'nokey'))
return type(redis.call('lpop', 'nokey', 2))
return #redis.call('hgetall', 'nokey')
return redis.call('blpop', 'nokey', 0)
return redis.call('xread', 'block', 0, 'streams', 'nokey', '$')
redis.call('set', 'n', 1.5) return redis.call('get', 'n')
redis.call('set', 'n', 1e20) return redis.call('get', 'n')
redis.call('set', 'n', 0.1) return redis.call('get', 'n')
redis.call('set', 'n', 12345678901234567) return redis.call('get', 'n')
redis.call('set', 'n', -0) return redis.call('get', 'n')
redis.call('set', 'n', 1/0) return redis.call('get', 'n')
redis.call('set', 'n', 1e15) return redis.call('get', 'n')
redis.call('set', 'n', 'a\0b') return redis.call('get', 'n')
return redis.call('SET', 's', 'x', 'EX', '100')
redis.call('set', 's', 'x') return redis.call('lpush', 's', 'y')
redis.call('set', 's', 'x') return redis.pcall('lpush', 's', 'y')
redis.call('set', 's', 'x') local e = redis.pcall('lpush', 's', 'y') return {e.err, tostring(e.ignore_error_stats_update)}
redis.call('set', 's', 'x') local ok, e = pcall(redis.call, 'lpush', 's', 'y') return {ok, type(e), e}
redis.call('set', 's', 'x') redis.call('incr', 's')
return redis.pcall('get')
return redis.pcall('nosuch')
return redis.pcall('subscribe', 'x')
local e = redis.pcall('nosuch') return {e.err, tostring(e.ignore_error_stats_update)}
redis.call('zadd', 'z', 1.5, 'm') return redis.call('zscore', 'z', 'm')
redis.call('zadd', 'z', 1.5, 'm') return redis.call('zrange', 'z', 0, -1, 'withscores')
redis.setresp(3) redis.call('zadd', 'z', 1.5, 'm') return redis.call('zrange', 'z', 0, -1, 'withscores')
redis.setresp(3) redis.call('zadd', 'z', 1.5, 'm') return redis.call('zscore', 'z', 'm')
redis.setresp(3) redis.call('zadd', 'z', 1.5, 'm') local x = redis.call('zscore', 'z', 'm') return x.double
redis.setresp(3) redis.call('sadd', 'st', 'm') local x = redis.call('smembers', 'st') return {type(x), tostring(x.set.m)}
redis.setresp(3) redis.call('sadd', 'st', 'm') return redis.call('smembers', 'st')
redis.call('hset', 'h', 'a', 'b') return redis.call('hgetall', 'h')
redis.setresp(3) redis.call('hset', 'h', 'a', 'b') return redis.call('hgetall', 'h')
redis.setresp(3) redis.call('hset', 'h', 'a', 'b') return redis.call('hgetall', 'h').map.a
redis.setresp(3) redis.call('hset', 'h', 'a', 'b') return redis.call('hrandfield', 'h', 2, 'withvalues')
redis.setresp(3) return tostring(redis.call('get', 'nokey'))
redis.setresp(3) return redis.call('get', 'nokey')
redis.setresp(3) return redis.call('exists', 'nokey')
#!lua
local t = {} for i = 1, 5000 do t[i] = i end return #redis.call('rpush', 'big', unpack(t))
local t = {} for i = 1, 5000 do t[i] = i end redis.call('rpush', 'big', unpack(t)) return redis.call('lrange', 'big', 0, -1)
redis.call('set', 'long', string.rep('x', 300000)) return #redis.call('get', 'long')
for i = 1, 40 do redis.call('rpush', 'l', ('y'):rep(5000)) end return #table.concat(redis.call('lrange', 'l', 0, -1))
return redis.call(unpack({'mset', 'a', 1, 'b', 2, 'c', 3, 'd', 4, 'e', 5, 'f', 6, 'g', 7, 'h', 8, 'i', 9, 'j', 10}))
redis.call('set', 'k', 'v') redis.call('flushall') return redis.call('dbsize')
""".strip().split("\n")  # fmt: skip

HEADED = [
    "#!lua\nreturn 1",
    "#!lua flags=no-writes\nreturn redis.call('set','a','b')",
    "#!lua flags=no-writes\nreturn redis.call('get','a')",
    "#!lua flags=no-writes,allow-stale\nreturn 2",
    "#!lua flags=allow-cross-slot-keys,allow-oom,no-cluster\nreturn 4",
    "#!lua flags=\nreturn 4",
    "#!lua flags=nosuch\nreturn 1",
    "#!lua foo=bar\nreturn 1",
    "#!lua name=x\nreturn 1",
    "#!python\nreturn 1",
    "#!\nreturn 1",
    "#!lua",
    "#!lua \nerror('x')",
    "#!lua\n\nreturn redis.call('nosuch')",
    "\n\nerror('third line')",
    "\x1bLua",
    "",
    "-- nothing",
]


@pytest.fixture(params=[2, 3], ids=["resp2", "resp3"])
def pair(request: pytest.FixtureRequest, both: Both) -> Both:
    for each in both:
        if request.param == 3:
            each.resp = 3
            each("HELLO", 3)
        each("SCRIPT", "FLUSH")
    return both


@pytest.mark.parametrize("script", SCRIPTS + HEADED)
def test_same_answer(pair: Both, script: str) -> None:
    ours, theirs = (each("EVAL", script, 0) for each in pair)
    assert ours == theirs
    assert type(ours) is type(theirs)


def test_coroutines_pass_values(both: Both) -> None:
    script = """
        local co = coroutine.create(function(a) local b = coroutine.yield(a + 1) return b * 2 end)
        local _, first = coroutine.resume(co, 1)
        local _, second = coroutine.resume(co, 10)
        return {first, second, coroutine.status(co), tostring(coroutine.resume(co))}
    """
    ours, theirs = (each("EVAL", script, 0) for each in both)
    assert ours == theirs == [2, 20, b"dead", b"false"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("return {KEYS, ARGV}", 0), ("return {KEYS, ARGV}", 1, "k"), ("return {KEYS, ARGV}", 1, "k", "a", "b"),
        ("return {#KEYS, #ARGV, KEYS[3], ARGV[1]}", 2, "k", "l", "a"), ("return KEYS[1]", 1, b"\x00\xff"),
        ("KEYS[1] = 'q' return KEYS[1]", 1, "a"), ("return 1", -1), ("return 1", "x"), ("return 1", 2, "a"), ("return 1",),
        ("return 1", "99999999999999999999"), ("return 1", ""),
    ],
)  # fmt: skip
def test_keys_and_arguments(both: Both, arguments: tuple[object, ...]) -> None:
    ours, theirs = (each("EVAL", *arguments) for each in both)
    assert ours == theirs


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(allow_nan=False))
def test_numbers_as_arguments(both: Both, number: float) -> None:
    script = f"redis.call('set', 'n', {number!r} ) return redis.call('get', 'n')".replace("inf", "1/0")
    ours, theirs = (each("EVAL", script, 0) for each in both)
    assert ours == theirs


# --- the cache of scripts --------------------------------------------------------------------------------------------


def digest(script: str) -> str:
    return hashlib.sha1(script.encode()).hexdigest()


def test_evalsha(r: Connection) -> None:
    r("SCRIPT", "FLUSH")
    missing = Error("NOSCRIPT No matching script.")
    assert r("EVALSHA", digest("return 1"), 0) == missing
    assert r("EVALSHA", "x", 0) == missing
    assert r("EVAL", "return 1", 0) == 1
    assert r("EVALSHA", digest("return 1"), 0) == 1
    assert r("EVALSHA", digest("return 1").upper(), 0) == 1
    assert r("EVALSHA_RO", digest("return 1"), 0) == 1
    assert r("EVALSHA", digest("return 1"), "x") == Error("ERR value is not an integer or out of range")


def test_script_load_exists_show_flush(r: Connection) -> None:
    r("SCRIPT", "FLUSH")
    assert r("SCRIPT", "LOAD", "return 5") == digest("return 5").encode()
    assert r("EVALSHA", digest("return 5"), 0) == 5
    assert r("SCRIPT", "EXISTS", digest("return 5"), "x", digest("return 6")) == [1, 0, 0]
    assert r("SCRIPT", "SHOW", digest("return 5")) == b"return 5"
    assert r("SCRIPT", "SHOW", "x") == Error("NOSCRIPT No matching script.")
    assert r("SCRIPT", "LOAD", "retur x") == Error(
        "ERR Error compiling script (new function): user_script:1: '=' expected near 'x'")
    assert r("SCRIPT", "FLUSH", "x") == Error("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
    for how in ((), ("SYNC",), ("ASYNC",)):
        r("SCRIPT", "LOAD", "return 5")
        assert r("SCRIPT", "FLUSH", *how) == OK
        assert r("SCRIPT", "EXISTS", digest("return 5")) == [0]


def test_script_words(r: Connection) -> None:
    assert r("SCRIPT", "KILL") == Error("NOTBUSY No scripts in execution right now.")
    assert r("SCRIPT", "DEBUG", "NO") == OK
    assert r("SCRIPT", "DEBUG", "foo") == Error("ERR Use SCRIPT DEBUG YES/SYNC/NO")
    assert r("SCRIPT", "NOPE") == Error("ERR unknown subcommand 'NOPE'. Try SCRIPT HELP.")
    assert r("SCRIPT", "HELP")[0].startswith("SCRIPT <subcommand>")


def test_scripts_of_eval_are_forgotten_the_oldest_first(r2: Connection) -> None:
    r2("SCRIPT", "FLUSH")
    kept = r2("SCRIPT", "LOAD", "return 'kept'")
    before = int(r2.info()["evicted_scripts"])
    for i in range(510):
        assert r2("EVAL", f"return {i}", 0) == i
        r2("EVALSHA", digest("return 0"), 0)         # used again and again: it stays
    info = r2.info()
    assert int(info["number_of_cached_scripts"]) == 501
    assert int(info["evicted_scripts"]) - before == 10
    assert r2("SCRIPT", "EXISTS", digest("return 0"), digest("return 1"), digest("return 509"), kept) == [1, 0, 1, 1]


def test_what_a_script_leaves_in_globals_is_not_seen_by_the_next(r2: Connection) -> None:
    r2("EVAL", "return KEYS", 1, "k")
    assert r2("EVAL", "return {#KEYS, #ARGV}", 0) == [0, 0]


# --- what a script does ----------------------------------------------------------------------------------------------


def test_it_does_not_change_the_database_of_its_client(r2: Connection) -> None:
    r2("EVAL", "redis.call('select', 5) redis.call('set', 'there', 1)", 0)
    assert r2("EXISTS", "there") == 0
    r2("SELECT", 5)
    assert r2("EXISTS", "there") == 1


def test_in_a_transaction(r2: Connection) -> None:
    r2("MULTI")
    r2("EVAL", "redis.call('set', KEYS[1], 'v') return redis.call('get', KEYS[1])", 1, "k")
    r2("EVAL", "return nosuch", 0)
    r2("GET", "k")
    value, error, again = r2("EXEC")
    assert (value, again) == (b"v", b"v")
    assert isinstance(error, Error)


def test_a_failed_script_keeps_what_it_has_done(r2: Connection) -> None:
    assert isinstance(r2("EVAL", "redis.call('set', 'a', 1) error('later')", 0), Error)
    assert r2("GET", "a") == b"1"


def test_it_wakes_who_waits(r2: Connection) -> None:
    with r2.another() as waiting:
        waiting.send("BLPOP", "list", 0)
        while int(r2.info()["blocked_clients"]) == 0:
            pass
        r2("EVAL", "redis.call('rpush', 'list', 'a', 'b') return redis.call('llen', 'list')", 0)
        assert waiting.read() == [b"list", b"a"]


def test_it_spoils_a_watch(r2: Connection) -> None:
    with r2.another() as other:
        other("WATCH", "a")
        r2("EVAL", "redis.call('set', 'a', 1)", 0)
        other("MULTI")
        other("PING")
        assert other("EXEC") is not None
        assert other("EXEC") == Error("ERR EXEC without MULTI")


def test_read_only(r: Connection) -> None:
    refused = "ERR Write commands are not allowed from read-only scripts. script: on @user_script:1."
    assert r("EVAL_RO", "return redis.call('set', 'a', 'b')", 0) == Error(refused)
    assert r("EVAL_RO", "return redis.call('publish', 'a', 'b')", 0) == Error(refused)
    assert r("EVAL_RO", "return redis.call('get', 'a')", 0) is None
    assert r("EVAL_RO", "#!lua\nreturn 1", 0) == Error("ERR Can not execute a script with write flag using *_ro command.")
    assert r("EVAL_RO", "#!lua flags=no-writes\nreturn 1", 0) == 1


def test_over_maxmemory(r: Connection) -> None:
    oom = "OOM command not allowed when used memory > 'maxmemory'."
    r("SET", "x", "y")
    with r.config(maxmemory=1):
        assert r("EVAL", "return redis.call('set', 'a', 'b')", 0) == Error(f"{oom} script: on @user_script:1.")
        assert r("EVAL", "return redis.call('get', 'x')", 0) == b"y"
        assert r("EVAL", "#!lua\nreturn redis.call('get', 'x')", 0) == Error(oom)
        assert r("EVAL", "#!lua flags=no-writes\nreturn redis.call('get', 'x')", 0) == b"y"
        assert r("EVAL", "#!lua flags=allow-oom\nreturn redis.call('set', 'a', 'b')", 0) == OK
        # Once it has written, it may go on: its effects must not be half there.
        assert r("EVAL", "redis.call('del', 'x') return redis.call('set', 'a', 'c')", 0) == OK


def test_figures(r2: Connection) -> None:
    r2("CONFIG", "RESETSTAT")
    r2("EVAL", "redis.call('set', 'a', 1) redis.pcall('nosuch') redis.call('get', 'a') return redis.call('get', 'a')", 0)
    info = r2.info()
    assert info["cmdstat_get"].startswith("calls=2,")
    assert info["cmdstat_eval"].startswith("calls=1,")
    assert info["errorstat_ERR"] == "count=1"
    r2("EVAL", "return redis.call('nosuch')", 0)
    assert r2.info()["errorstat_ERR"] == "count=2"
    assert "failed_calls=1" in r2.info()["cmdstat_eval"]


def test_a_monitor_sees_what_it_calls(r2: Connection) -> None:
    with r2.another() as monitor:
        assert monitor("MONITOR") == OK
        r2("EVAL", "return redis.call('set', 'a', 'b')", 0)
        r2("PING")
        lines = [monitor.read()]
        while '"PING"' not in lines[-1]:
            lines.append(monitor.read())
    assert [line.split(" ", 1)[1] for line in lines if "lua" in line] == ['[0 lua] "set" "a" "b"']


def test_slowlog_has_the_script_and_what_it_calls(r2: Connection) -> None:
    with r2.config(**{"slowlog-log-slower-than": 0}):
        r2("SLOWLOG", "RESET")
        r2("EVAL", "return redis.call('get', 'a')", 0)
        entries = [entry[3:5] for entry in r2("SLOWLOG", "GET", 10)]
    assert [entry[0][0] for entry in entries][:2] == [b"EVAL", b"get"]
    assert entries[1][1] == entries[0][1]


def test_pushes_of_its_own_messages_follow_the_reply(r: Connection) -> None:
    if r.resp == 2:
        r("PING")
        return
    r("SUBSCRIBE", "news")
    r.send("EVAL", "redis.call('publish', 'news', 'x') return 'done'", 0)
    assert r.read() == b"done"
    assert r.read() == [b"message", b"news", b"x"]


def test_status_of_a_command(r2: Connection) -> None:
    assert r2("EVAL", "return redis.call('type', 'a')", 0) == Status("none")
