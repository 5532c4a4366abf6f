"""The library `cmsgpack`: the same answers as the oracle's, asked of both by EVAL; hostile input on Kvik alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.both import Both, same
from tests.support.resp import Connection

PACK = r"""
return cmsgpack.pack()
return cmsgpack.pack(nil)
return cmsgpack.pack(1,'a',nil,true,false)
return cmsgpack.pack(0)
return cmsgpack.pack(127)
return cmsgpack.pack(128)
return cmsgpack.pack(255)
return cmsgpack.pack(256)
return cmsgpack.pack(65535)
return cmsgpack.pack(65536)
return cmsgpack.pack(2^32-1)
return cmsgpack.pack(2^32)
return cmsgpack.pack(2^53)
return cmsgpack.pack(2^62)
return cmsgpack.pack(2^63)
return cmsgpack.pack(2^63-1024)
return cmsgpack.pack(2^64)
return cmsgpack.pack(-1)
return cmsgpack.pack(-32)
return cmsgpack.pack(-33)
return cmsgpack.pack(-128)
return cmsgpack.pack(-129)
return cmsgpack.pack(-32768)
return cmsgpack.pack(-32769)
return cmsgpack.pack(-2^31)
return cmsgpack.pack(-2^31-1)
return cmsgpack.pack(-2^63)
return cmsgpack.pack(-2^63-2048)
return cmsgpack.pack(1.5)
return cmsgpack.pack(0.1)
return cmsgpack.pack(1e300)
return cmsgpack.pack(1e30)
return cmsgpack.pack(1e10)
return cmsgpack.pack(1/0)
return cmsgpack.pack(-1/0)
return cmsgpack.pack(0/0)
return cmsgpack.pack(-0.0)
return cmsgpack.pack(16777216.5)
return cmsgpack.pack(('x'):rep(31))
return cmsgpack.pack(('x'):rep(32))
return #cmsgpack.pack(('x'):rep(255))
return #cmsgpack.pack(('x'):rep(256))
return cmsgpack.pack(('x'):rep(256)):sub(1,5)
return #cmsgpack.pack(('x'):rep(65535))
return cmsgpack.pack(('x'):rep(65536)):sub(1,6)
return cmsgpack.pack({})
return cmsgpack.pack({1,2,3})
return cmsgpack.pack({1,nil,3})
return cmsgpack.pack({a=1})
return cmsgpack.pack({[1]=1,[3]=2})
return cmsgpack.pack({[2]=1})
return cmsgpack.pack({[0]=1})
return cmsgpack.pack({[1.5]=1})
return cmsgpack.pack({[1]=1,a=2})
return cmsgpack.pack({[true]=false})
return cmsgpack.pack({[{}]=1})
return cmsgpack.pack(function() end)
return cmsgpack.pack({function() end})
return cmsgpack.pack(cjson.null)
return cmsgpack.pack(coroutine.create(function() end))
local t={} for i=1,15 do t[i]=i end return cmsgpack.pack(t)
local t={} for i=1,16 do t[i]=i end return cmsgpack.pack(t)
local t={} for i=1,65536 do t[i]=1 end return cmsgpack.pack(t):sub(1,8)
local t={} for i=1,15 do t['k'..i]=i end return #cmsgpack.pack(t)
local t={} for i=1,16 do t['k'..i]=i end return cmsgpack.pack(t):sub(1,3)
local t={} for i=1,65536 do t['k'..i]=1 end return cmsgpack.pack(t):sub(1,5)
local t={} for i=1,14 do t={t} end return cmsgpack.pack(t)
local t={} for i=1,15 do t={t} end return cmsgpack.pack(t)
local t={} for i=1,16 do t={t} end return cmsgpack.pack(t)
local t={} for i=1,17 do t={t} end return cmsgpack.pack(t)
local t={} for i=1,14 do t={a=t} end return cmsgpack.pack(t)
local t={} for i=1,15 do t={a=t} end return cmsgpack.pack(t)
local t={} for i=1,16 do t={a=t} end return cmsgpack.pack(t)
local t={} t[1]=t return cmsgpack.pack(t)
local t={} t.a=t return cmsgpack.pack(t)
return cmsgpack.pack(setmetatable({},{__index={1,2}}))
return cmsgpack.pack(setmetatable({1,2},{__index=function() return 7 end}))
return #cmsgpack.pack(math) > 10
return cmsgpack.pack(cjson):byte(1)
local t={} for i=1,20 do t[i]=i end return {cmsgpack.unpack(cmsgpack.pack(unpack(t)))}
local t={} for i=1,200 do t[i]=i end return #cmsgpack.pack(unpack(t))
local t={} for i=1,7900 do t[i]=i end return #cmsgpack.pack(unpack(t))
local t={} for i=1,16 do t={t} end return cmsgpack.pack({a=1},t)
return cmsgpack.pack({[-1]=1})
return cmsgpack.pack({[2^53]=1})
return cmsgpack.pack({[1]=1,[2]=2,[4]=4})
return cmsgpack.pack({[1]=nil,[2]=2})
return cmsgpack.pack({['1']=1})
return cmsgpack.pack({1,2,[2^32+3]=1})
return cmsgpack.pack({[2^32+1]=1})
local t = {} for i = 1, 20000 do t[i] = 'some text ' .. i end return redis.sha1hex(cmsgpack.pack(t))
local t = {} for i = -70000, 70000, 13 do t[#t + 1] = i end return redis.sha1hex(cmsgpack.pack(t))
for i = 3990, 4010 do local ok, e = pcall(cmsgpack.pack, unpack({}, 1, i)) if not ok then return {i, e} end end
""".strip().split("\n")

UNPACK = r"""
return {cmsgpack.unpack()}
return {cmsgpack.unpack('')}
return {cmsgpack.unpack(nil)}
return {cmsgpack.unpack({})}
return {cmsgpack.unpack(12)}
return {cmsgpack.unpack('\1')}
return {cmsgpack.unpack('\1\2\3')}
return {cmsgpack.unpack('\1','x')}
return {cmsgpack.unpack('\193')}
return {cmsgpack.unpack('\192\1')}
return {cmsgpack.unpack('\1\193')}
return {cmsgpack.unpack('\204')}
return {cmsgpack.unpack('\204\255')}
return {cmsgpack.unpack('\205\255\255')}
return {cmsgpack.unpack('\205\255')}
return {cmsgpack.unpack('\206\255\255\255\255')}
return {cmsgpack.unpack('\206\255\255\255')}
return {cmsgpack.unpack('\207\255\255\255\255\255\255\255\255')}
return {tostring(cmsgpack.unpack('\207\255\255\255\255\255\255\255\255'))}
return {cmsgpack.unpack('\207\255\255\255\255\255\255\255')}
return {cmsgpack.unpack('\208\255')}
return {cmsgpack.unpack('\208')}
return {cmsgpack.unpack('\209\255\254')}
return {cmsgpack.unpack('\209\255')}
return {cmsgpack.unpack('\210\255\255\255\254')}
return {cmsgpack.unpack('\210\255\255\255')}
return {cmsgpack.unpack('\211\255\255\255\255\255\255\255\254')}
return {cmsgpack.unpack('\211\255\255\255\255\255\255\255')}
return {tostring(cmsgpack.unpack('\202\63\192\0\0'))}
return {cmsgpack.unpack('\202\63\192\0')}
return {tostring(cmsgpack.unpack('\203\63\248\0\0\0\0\0\0'))}
return {cmsgpack.unpack('\203\63\248\0\0\0\0\0')}
return {cmsgpack.unpack('\161a')}
return {cmsgpack.unpack('\161')}
return {cmsgpack.unpack('\217\1a')}
return {cmsgpack.unpack('\217\2a')}
return {cmsgpack.unpack('\217')}
return {cmsgpack.unpack('\218\0\1a')}
return {cmsgpack.unpack('\218\0')}
return {cmsgpack.unpack('\218\0\2a')}
return {cmsgpack.unpack('\219\0\0\0\1a')}
return {cmsgpack.unpack('\219\0\0\0')}
return {cmsgpack.unpack('\219\255\255\255\255a')}
return {cmsgpack.unpack('\196\1a')}
return {cmsgpack.unpack('\196\2a')}
return {cmsgpack.unpack('\196')}
return {cmsgpack.unpack('\197\0\1a')}
return {cmsgpack.unpack('\197\0')}
return {cmsgpack.unpack('\197\0\2a')}
return {cmsgpack.unpack('\198\0\0\0\1a')}
return {cmsgpack.unpack('\198\255\255\255\255a')}
return {cmsgpack.unpack('\198\0')}
return {cmsgpack.unpack('\199\1\1a')}
return {cmsgpack.unpack('\212\1a')}
return {cmsgpack.unpack('\144')}
return {cmsgpack.unpack('\146\1\2')}
return {cmsgpack.unpack('\146\1')}
return {cmsgpack.unpack('\146\1\193')}
return {cmsgpack.unpack('\128')}
return cmsgpack.unpack('\129\1\2')[1]
return {cmsgpack.unpack('\129\1')}
return {cmsgpack.unpack('\129')}
return {cmsgpack.unpack('\129\192\1')}
return {cmsgpack.unpack('\129\202\127\192\0\0\1')}
return {cmsgpack.unpack('\220\0\1\5')}
return {cmsgpack.unpack('\220\0')}
return {cmsgpack.unpack('\220\255\255\5')}
return {cmsgpack.unpack('\221\0\0\0\1\5')}
return {cmsgpack.unpack('\221\0\0')}
return {cmsgpack.unpack('\221\255\255\255\255\5')}
return cmsgpack.unpack('\222\0\1\5\6')[5]
return {cmsgpack.unpack('\222\0')}
return {cmsgpack.unpack('\222\255\255\5')}
return cmsgpack.unpack('\223\0\0\0\1\5\6')[5]
return {cmsgpack.unpack('\223\255\255\255\255\5\6')}
return {cmsgpack.unpack('\223')}
return {cmsgpack.unpack('\194\195')}
return {tostring(cmsgpack.unpack('\194')),tostring(cmsgpack.unpack('\195')),tostring(cmsgpack.unpack('\192'))}
return {cmsgpack.unpack('\224\255\127')}
return #cmsgpack.unpack(('\145'):rep(1000)..'\1')
return {cmsgpack.unpack(('\145'):rep(100000)..'\1')}
return {cmsgpack.unpack(('\145'):rep(1000000)..'\1')}
return {cmsgpack.unpack(('\129\1'):rep(1000000)..'\1')}
return {cmsgpack.unpack(('\129'):rep(1000000)..'\1')}
for i=3990,4010 do local ok,e=pcall(cmsgpack.unpack,('\145'):rep(i)..'\1') if not ok then return {i,e} end end
for i=3990,4010 do local ok,e=pcall(cmsgpack.unpack,('\129\1'):rep(i)..'\1') if not ok then return {i,e} end end
return #{cmsgpack.unpack(('\1'):rep(7000))}
return #{cmsgpack.unpack(('\1'):rep(9000))}
for i=7900,9000 do local ok,e=pcall(cmsgpack.unpack,('\1'):rep(i)) if not ok then return {i,e} end end
return {cmsgpack.unpack_one('\1\2\3')}
return {cmsgpack.unpack_one('\1\2\3',1)}
return {cmsgpack.unpack_one('\1\2\3',2)}
return {cmsgpack.unpack_one('\1\2\3',3)}
return {cmsgpack.unpack_one('\1\2\3',4)}
return {cmsgpack.unpack_one('\1\2\3',-1)}
return {cmsgpack.unpack_one('\1\2\3',-2)}
return {cmsgpack.unpack_one('\1\2\3','x')}
return {cmsgpack.unpack_one('\1\2\3',1.9)}
return {cmsgpack.unpack_one('\1\2\3',nil)}
return {cmsgpack.unpack_one('\1\2\3',2^31)}
return {cmsgpack.unpack_one('\1\2\3',2^32)}
return {cmsgpack.unpack_one('\1\2\3',2^32+1)}
return {cmsgpack.unpack_one('\1\2\3',2^53)}
return {cmsgpack.unpack_one('')}
return {cmsgpack.unpack_one()}
return {cmsgpack.unpack_one('\1')}
return {cmsgpack.unpack_limit('\1\2\3',2)}
return {cmsgpack.unpack_limit('\1\2\3',2,1)}
return {cmsgpack.unpack_limit('\1\2\3',2,2)}
return {cmsgpack.unpack_limit('\1\2\3',0)}
return {cmsgpack.unpack_limit('\1\2\3',0,1)}
return {cmsgpack.unpack_limit('\1\2\3',-1)}
return {cmsgpack.unpack_limit('\1\2\3',10)}
return {cmsgpack.unpack_limit('\1\2\3',3)}
return {cmsgpack.unpack_limit('\1\2\3',1,-1)}
return {cmsgpack.unpack_limit('\1\2\3')}
return {cmsgpack.unpack_limit('\1\2\3','x')}
return {cmsgpack.unpack_limit('\1\2\3',1,3)}
return {cmsgpack.unpack_limit('\1\2\3',1,9)}
return {cmsgpack.unpack_limit('\1\2\3',2^32)}
return {cmsgpack.unpack_limit('\1\2\3',2^31)}
return {cmsgpack.unpack_limit('\1\2\3',1,2^32)}
return {cmsgpack.unpack_limit('\1\2\3',1,1,5)}
return {cmsgpack.unpack_limit('',1)}
return {cmsgpack.unpack_limit('\1\193',1)}
return {cmsgpack.unpack_limit('\1\193',2)}
return {cmsgpack.unpack_one('\1\2\3',0,7)}
return {pcall(cmsgpack.unpack,'\193')}
return cmsgpack.unpack(cmsgpack.pack({a={b={1,2,{c='x'}}}})).a.b[3].c
return cmsgpack.unpack_limit()
return cmsgpack.unpack_limit({}, 'x')
return cmsgpack.unpack_one({}, 'x')
return cmsgpack.unpack_limit({}, 2, 'x')
for i = 7990, 8010 do local ok, e = pcall(cmsgpack.unpack_limit, ('\1'):rep(i), i + 1) if not ok then return {i, e} end end
for i = 7990, 8010 do local ok, e = pcall(cmsgpack.unpack, ('\1'):rep(i), 1, 2) if not ok then return {i, e} end end
for i = 3990, 4010 do local ok, e = pcall(cmsgpack.unpack, '\1' .. ('\145'):rep(i)) if #e > 25 then return {i, e} end end
for i = 3990, 4010 do local ok, e = pcall(cmsgpack.unpack, '\1' .. ('\129\1'):rep(i)) if #e > 25 then return {i, e} end end
for i = 7990, 8010 do local ok, e = pcall(cmsgpack.unpack, ('\129'):rep(i) .. '\1') if #e > 25 then return {i, e} end end
""".strip().split("\n")


@pytest.mark.parametrize("scripts", [PACK, UNPACK], ids=["pack", "unpack"])
def test_same_answers(both: Both, scripts: list[str]) -> None:
    same(both, [("EVAL", script, 0) for script in scripts])


NUMBERS = st.one_of(st.floats(), st.floats(width=32), st.integers(-(2**63), 2**63), st.integers(-70000, 70000))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(NUMBERS, min_size=20, max_size=20))
def test_any_number(both: Both, numbers: list[float]) -> None:
    script = """
        local odd, found = {inf = 1/0, ['-inf'] = -1/0, nan = 0/0}, {}
        for i, text in ipairs(ARGV) do
            found[i] = cmsgpack.pack(odd[text] or tonumber(text))
            found[#ARGV + i] = string.format('%.17g', cmsgpack.unpack(found[i]))
        end
        return found
    """
    same(both, [("EVAL", script, 0, *map(repr, numbers))])


def show(kind: str) -> str:
    """Lua code that answers all that a function found as a text, or its error."""
    return """
        local function show(v)
            if type(v) ~= 'table' then return type(v) == 'number' and string.format('%.17g', v) or type(v) .. tostring(v) end
            local pairs_of = {}
            for key, value in pairs(v) do pairs_of[#pairs_of + 1] = show(key) .. '=' .. show(value) end
            table.sort(pairs_of)
            return '{' .. table.concat(pairs_of, ',') .. '}'
        end
        local ok, found = pcall(function() return {cmsgpack.KIND} end)
        return ok and show(found) or found
    """.replace("KIND", kind)


BYTES = st.one_of(
    st.binary(max_size=40),
    st.lists(st.sampled_from([
        b"\x01", b"\xff", b"\x81", b"\x82", b"\x91", b"\x92", b"\xa1a", b"\xc0", b"\xc1", b"\xc2", b"\xcc\xff",
        b"\xcd\x01\x00", b"\xce\xff\xff\xff\xff", b"\xca\x3f\xc0\x00\x00", b"\xcb", b"\xd0\x80", b"\xd9\x01a",
        b"\xda\x00\x02", b"\xdb\xff\xff\xff\xff", b"\xdc\x00\x02", b"\xdd\xff\xff\xff\xff",
        b"\xde\x00\x01", b"\xdf\xff\xff\xff\xff",
    ]), max_size=12).map(b"".join),
)  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(BYTES, min_size=8, max_size=8), st.integers(-1, 5), st.integers(-1, 5))
def test_any_bytes(both: Both, texts: list[bytes], limit: int, offset: int) -> None:
    whole = show("unpack(ARGV[1])")
    part = show("unpack_limit(ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]))")
    same(both, [("EVAL", script, 0, text, limit, offset) for text in texts for script in (whole, part)])


VALUES = st.recursive(
    st.booleans() | st.integers(-(10**13), 10**13) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, min_size=1, max_size=6) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=5),
    max_leaves=30,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES)
def test_round_trip(kvik_alone: Connection, value: Any) -> None:
    """What cjson decodes comes through cmsgpack as it was."""
    script = """
        local value = cjson.decode(ARGV[1])
        return show(value) == show((cmsgpack.unpack(cmsgpack.pack(value))))
    """
    helper = show("pack(0)").split("local ok")[0]
    assert kvik_alone("EVAL", helper + script, 0, json.dumps(value)) == 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.integers(-(2**63), 2**63), st.integers(-(2**63), 2**63))
def test_hostile_input(kvik_alone: Connection, data: bytes, limit: int, offset: int) -> None:
    script = """
        pcall(cmsgpack.unpack, ARGV[1])
        pcall(cmsgpack.unpack_one, ARGV[1], tonumber(ARGV[3]))
        pcall(cmsgpack.unpack_limit, ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]))
        return (cmsgpack.unpack(cmsgpack.pack({[ARGV[1]] = ARGV[1]})))[ARGV[1]]
    """
    assert kvik_alone("EVAL", script, 0, data, limit, offset) == data
