"""FUNCTION and FCALL: what libraries are good, and what their functions see."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.both import Both
from tests.support.resp import OK, Connection, Error

LIBRARY = """#!lua name=mylib
redis.register_function('f1', function(keys, args) return {keys[1], args[1]} end)
redis.register_function{function_name = 'f2', callback = function(keys, args) return redis.call('get', keys[1]) end,
                        flags = {'no-writes'}, description = 'reads'}
"""
ONE = "redis.register_function('g', function() return 1 end)"

CODES = [
    "return 1", "#!lua\nreturn 1", "#!lua name=a b\n" + ONE, "#!lua name=x", "#!lua name=x\n", "#!lua name=x\nreturn 1",
    "#!lua name=x\nfoo(", "#!lua name=x-y\n" + ONE, "#!lua name=\n" + ONE, "#!js name=x\n" + ONE, "#!LUA name=x\n" + ONE,
    "#!lua name=x name=y\n" + ONE, "#!lua name=x engine=y\n" + ONE, "#!lua nam=x\n" + ONE, "#! name=x\n" + ONE,
    *("#!lua name=x\n" + body for body in (
        "error('e')", "redis.register_function()", "redis.register_function('a')", "redis.register_function('a', 1)",
        "redis.register_function(1, function() end)", "redis.register_function('a b', function() end)",
        "redis.register_function(3)", "redis.register_function({}, function() end)", "redis.register_function({}, {}, {})",
        "redis.register_function('g', function() end) redis.register_function('g', function() end)",
        "redis.register_function{function_name = 'g'}", "redis.register_function{callback = function() end}",
        "redis.register_function{function_name = 'g', callback = 3}",
        "redis.register_function{function_name = {}, callback = function() end}",
        "redis.register_function{function_name = 'g', callback = function() end, flags = {'zzz'}}",
        "redis.register_function{function_name = 'g', callback = function() end, flags = {1}}",
        "redis.register_function{function_name = 'g', callback = function() end, flags = 'no-writes'}",
        "redis.register_function{function_name = 'g', callback = function() end, foo = 1}",
        "redis.register_function{function_name = 'g', callback = function() end, [1] = 3}",
        "redis.register_function{function_name = 'g', callback = function() end, description = 3}",
        "redis.register_function{function_name = 'g', callback = function() end, description = {}}",
        "redis.register_function{function_name = 'g', callback = function() end, "
        "flags = {'no-writes', 'allow-oom', 'allow-stale', 'no-cluster', 'allow-cross-slot-keys'}}",
        "redis.call('get', 'x')", "x = 1", "local a = b", "redis.x = 1", "local x = redis.LOG_DEBUG " + ONE,
        "local x = redis.sha1hex " + ONE, "local x = string " + ONE, "server.register_function('s', function() end)",
        "local t = {} for i = 1, 3 do t[i] = i end redis.register_function('g', function() return t end)",
        "local function h() return 7 end redis.register_function('g', h)", "goto", "\x1bLua",
    )),
]  # fmt: skip

BODIES = [
    "return 1", "return keys", "return {#keys, #args}", "return KEYS", "return ARGV", "x = 1", "error('boom')",
    "return nosuch", "return type(redis.register_function)", "return redis.call('nosuch')", "return redis.pcall('nosuch')",
    "return redis.call('set', 'a', 'b')", "return type(redis.breakpoint)", "return type(redis.replicate_commands)",
    "return redis.setresp(3)", "local n = 0 for k in pairs(redis) do n = n + 1 end return n > 5",
    "return redis.call('fcall', 'g', 0)", "return redis.call('eval', 'return 1', 0)", "return {err = 'E x'}",
]  # fmt: skip


@pytest.fixture
def pair(both: Both) -> Both:
    for each in both:
        assert each("FUNCTION", "FLUSH") == OK
    return both


@pytest.mark.parametrize("code", CODES)
def test_what_can_be_loaded(pair: Both, code: str) -> None:
    ours, theirs = (each("FUNCTION", "LOAD", code) for each in pair)
    assert ours == theirs
    ours, theirs = (sort_flags(each("FUNCTION", "LIST", "WITHCODE")) for each in pair)
    assert ours == theirs


def sort_flags(libraries: list[Any]) -> list[Any]:
    """Their order is chance."""
    for library in libraries:
        for function in library[5]:
            function[5].sort()
    return libraries


@pytest.mark.parametrize("body", BODIES)
def test_what_functions_see(pair: Both, body: str) -> None:
    code = f"#!lua name=lib\nredis.register_function('g', function(keys, args) {body} end)"
    for each in pair:
        assert each("FUNCTION", "LOAD", code) == b"lib"
    for call in (("FCALL", "g", 0), ("FCALL", "g", 2, "k", "l", "a"), ("FCALL_RO", "g", 0)):
        ours, theirs = (each(*call) for each in pair)
        assert ours == theirs, call


@pytest.mark.parametrize(
    "call",
    [("FCALL", "f1", "x"), ("FCALL", "f1", -1), ("FCALL", "f1", 3, "a"), ("FCALL", "nope", 0), ("FCALL", "f1"),
     ("FCALL", "f1", 1, "k", "a"), ("FCALL_RO", "f1", 1, "k"), ("FCALL_RO", "f2", 1, "k"), ("FCALL", "F1", 0),
     ("FUNCTION", "DELETE", "nope"), ("FUNCTION", "KILL"), ("FUNCTION", "STATS"), ("FUNCTION", "HELP"),
     ("FUNCTION", "FLUSH", "x"), ("FUNCTION", "NOPE"), ("FUNCTION", "LIST", "NOPE"), ("FUNCTION", "LIST", "LIBRARYNAME"),
     ("FUNCTION", "LIST", "LIBRARYNAME", "no*"), ("FUNCTION", "LOAD", "NOREPLACE", LIBRARY),
     ("FUNCTION", "LOAD", LIBRARY), ("FUNCTION", "LOAD", "REPLACE", LIBRARY), ("FUNCTION", "LOAD", "replace", LIBRARY),
     ("FUNCTION", "RESTORE", "xx"), ("FUNCTION", "RESTORE", "xx", "ZZ"), ("FUNCTION", "LIST", "WITHCODE", "WITHCODE")],
)  # fmt: skip
def test_requests(pair: Both, call: tuple[object, ...]) -> None:
    for each in pair:
        assert each("FUNCTION", "LOAD", LIBRARY) == b"mylib"
    ours, theirs = (each(*call) for each in pair)
    assert ours == theirs


def test_list(r: Connection) -> None:
    r("FUNCTION", "FLUSH")
    r("FUNCTION", "LOAD", LIBRARY)
    (library,) = r("FUNCTION", "LIST", "LIBRARYNAME", "my*", "WITHCODE")
    found = library if r.resp == 3 else dict(zip(library[::2], library[1::2], strict=True))
    assert found[b"library_name"] == b"mylib"
    assert found[b"engine"] == b"LUA"
    assert found[b"library_code"] == LIBRARY.encode()
    functions = [f if r.resp == 3 else dict(zip(f[::2], f[1::2], strict=True)) for f in found[b"functions"]]
    by_name = {each[b"name"]: each for each in functions}
    assert by_name[b"f1"] == {b"name": b"f1", b"description": None, b"flags": by_name[b"f1"][b"flags"]}
    assert list(by_name[b"f2"][b"flags"]) == ["no-writes"]
    assert by_name[b"f2"][b"description"] == b"reads"


def test_a_name_belongs_to_one_library(r: Connection) -> None:
    r("FUNCTION", "FLUSH")
    r("FUNCTION", "LOAD", "#!lua name=one\n" + ONE)
    assert r("FUNCTION", "LOAD", "#!lua name=two\n" + ONE) == Error("ERR Function g already exists")
    assert r("FUNCTION", "LOAD", "REPLACE", "#!lua name=two\n" + ONE) == Error("ERR Function g already exists")
    # A library that replaces itself may keep its names, and what it had otherwise is gone.
    assert r("FUNCTION", "LOAD", "REPLACE", "#!lua name=one\n" + ONE.replace("'g'", "'h'")) == b"one"
    assert r("FCALL", "g", 0) == Error("ERR Function not found")
    assert r("FCALL", "h", 0) == 1


def test_a_bad_replacement_changes_nothing(r: Connection) -> None:
    r("FUNCTION", "FLUSH")
    r("FUNCTION", "LOAD", "#!lua name=one\n" + ONE)
    assert isinstance(r("FUNCTION", "LOAD", "REPLACE", "#!lua name=one\nerror('no')"), Error)
    assert r("FCALL", "g", 0) == 1


def test_delete_and_flush(r: Connection) -> None:
    r("FUNCTION", "FLUSH")
    r("FUNCTION", "LOAD", "#!lua name=one\n" + ONE)
    assert r("FUNCTION", "DELETE", "one") == OK
    assert r("FCALL", "g", 0) == Error("ERR Function not found")
    r("FUNCTION", "LOAD", "#!lua name=one\n" + ONE)
    assert r("FUNCTION", "FLUSH", "ASYNC") == OK
    assert r("FUNCTION", "LIST") == []
    r("FUNCTION", "LOAD", "#!lua name=one\n" + ONE)
    assert r("FCALL", "g", 0) == 1


def test_what_a_library_keeps_lives_between_calls(r: Connection) -> None:
    r("FUNCTION", "FLUSH")
    r("FUNCTION", "LOAD", "#!lua name=c\nlocal n = 0 redis.register_function('next', function() n = n + 1 return n end)")
    assert [r("FCALL", "next", 0) for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("policy", [(), ("APPEND",), ("REPLACE",), ("FLUSH",)])
@pytest.mark.parametrize("there", [None, "#!lua name=mylib\n" + ONE, "#!lua name=other\n" + ONE.replace("'g'", "'f1'")])
def test_restore(pair: Both, policy: tuple[str, ...], there: str | None) -> None:
    """Each takes the other's payload, and does with it what the other does with its own."""
    for each in pair:
        each("FUNCTION", "LOAD", LIBRARY)
    ours, theirs = (each("FUNCTION", "DUMP") for each in pair)
    assert ours[:1] == theirs[:1] == b"\xf5"
    answers = []
    for each, payload in zip(pair, (theirs, theirs), strict=True):
        each("FUNCTION", "FLUSH")
        if there:
            each("FUNCTION", "LOAD", there)
        answers.append((each("FUNCTION", "RESTORE", payload, *policy), each("FCALL", "f1", 1, "k", "a"),
                        len(each("FUNCTION", "LIST"))))
    assert answers[0] == answers[1]
    pair[1]("FUNCTION", "FLUSH")
    assert pair[1]("FUNCTION", "RESTORE", ours) == OK        # a payload of ours is one for them


def test_damaged_payloads(pair: Both) -> None:
    for each in pair:
        each("FUNCTION", "LOAD", LIBRARY)
    payload = pair[0]("FUNCTION", "DUMP")
    for bad in (payload[:-1] + bytes([payload[-1] ^ 1]), payload[:-10], b"", payload[1:], b"\xf5" + payload):
        ours, theirs = (each("FUNCTION", "RESTORE", bad, "FLUSH") for each in pair)
        assert ours == theirs
        assert pair[0]("FCALL", "f1", 1, "k", "a") == [b"k", b"a"]


def test_functions_are_not_keys(r: Connection) -> None:
    r("FUNCTION", "FLUSH")
    r("FUNCTION", "LOAD", "#!lua name=one\n" + ONE)
    r("FLUSHALL")
    assert r("FCALL", "g", 0) == 1
    assert r("DBSIZE") == 0


def test_a_function_logs_and_counts(r2: Connection) -> None:
    r2("FUNCTION", "FLUSH")
    r2("FUNCTION", "LOAD", "#!lua name=one\n" + ONE)
    info = r2.info()
    assert (info["number_of_libraries"], info["number_of_functions"]) == ("1", "1")
    assert int(info["used_memory_vm_functions"]) > 10_000


def test_loading_that_takes_too_long_is_stopped(r2: Connection) -> None:
    r2("FUNCTION", "FLUSH")
    answer = r2("FUNCTION", "LOAD", "#!lua name=slow\nwhile true do end")
    assert isinstance(answer, Error)
    assert "FUNCTION LOAD timeout" in answer
    assert r2("PING") == "PONG"
