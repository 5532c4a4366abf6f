"""The library `cjson`: the same answers as the oracle's, asked of both by EVAL; hostile input on Kvik alone.

Settings last from script to script, in the oracle as well: SCRIPT FLUSH takes them back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.both import Both, same
from tests.support.resp import Connection

ENCODE = r"""
return cjson.encode()
return cjson.encode(1,2)
return cjson.encode(nil)
return cjson.encode({})
return cjson.encode({1,2,3})
return cjson.encode({1,nil,3})
return cjson.encode({1,2,nil,nil,nil,6,7})
return cjson.encode({[1]=1,[20]=2})
return cjson.encode({[11]=2})
return cjson.encode({[10]=2})
return cjson.encode({[10]=1,[11]=2})
return cjson.encode({[0]=2})
return cjson.encode({[-1]=2})
return cjson.encode({[1.5]=2})
return cjson.encode({[1]=1,[1.5]=2})
return cjson.encode({a=1,[1]=2})
return cjson.encode({[true]=1})
return cjson.encode({[{}]=1})
return cjson.encode({[1e20]=1})
return cjson.encode({[2^31]=1})
return cjson.encode({[2^31-1]=1})
return cjson.encode({[2^32+1]=1})
return cjson.encode(function() end)
return cjson.encode(coroutine.create(function() end))
return cjson.encode({function() end})
return cjson.encode({a=function() end})
return cjson.encode(cjson.null)
return cjson.encode({cjson.null})
return cjson.encode('a"b\\c/d\n\r\t\b\f\0\1\31\127\128\255é')
local s='' for i=0,255 do s=s..string.char(i) end return cjson.encode(s)
return cjson.encode({['k"\n']=1})
return cjson.encode(1.5)
return cjson.encode(0.1)
return cjson.encode(1/3)
return cjson.encode(1e14)
return cjson.encode(1e15)
return cjson.encode(99999999999999)
return cjson.encode(123456789012345)
return cjson.encode(2^53)
return cjson.encode(-0.0)
return cjson.encode(1e300)
return cjson.encode(5e-324)
return cjson.encode(1e-5)
return cjson.encode(1/0)
return cjson.encode(-1/0)
return cjson.encode(0/0)
return cjson.encode({1/0})
return cjson.encode(true)
return cjson.encode(false)
return cjson.encode('x')
return cjson.encode({{{}}})
local t={} for i=1,999 do t={t} end return #cjson.encode(t)
local t={} for i=1,1000 do t={t} end return #cjson.encode(t)
local t={} for i=1,1001 do t={t} end return #cjson.encode(t)
local t={} for i=1,999 do t={a=t} end return #cjson.encode(t)
local t={} for i=1,1000 do t={a=t} end return #cjson.encode(t)
local t={} t[1]=t return cjson.encode(t)
local t={} t.a=t return cjson.encode(t)
return {cjson.encode_max_depth()}
return {cjson.encode_max_depth(10)}
return {cjson.encode_max_depth(), cjson.encode_max_depth(1000)}
return {cjson.encode_max_depth(0)}
return {cjson.encode_max_depth(-1)}
return {cjson.encode_max_depth('x')}
return {cjson.encode_max_depth('5')}
return {cjson.encode_max_depth(1,2)}
return {cjson.encode_max_depth(nil)}
return {cjson.encode_max_depth(2^31)}
return {cjson.encode_max_depth(2^32+7)}
return {cjson.encode_max_depth(1.9)}
return {cjson.encode_max_depth(2^31-1)}
return {cjson.encode_max_depth(1000)}
return {cjson.decode_max_depth()}
return {cjson.decode_max_depth(0)}
return {cjson.decode_max_depth(1,2)}
return {cjson.encode_number_precision()}
return {cjson.encode_number_precision(0)}
return {cjson.encode_number_precision(15)}
return {cjson.encode_number_precision(14)}
return {cjson.encode_number_precision(16)}
return {cjson.encode_number_precision(17)}
return {cjson.encode_number_precision(1)}
return {cjson.encode_number_precision(14)}
return {cjson.encode_number_precision('x')}
return {cjson.encode_number_precision(1,2)}
return {tostring(cjson.encode_keep_buffer())}
return {tostring(cjson.encode_keep_buffer(false)), tostring(cjson.encode_keep_buffer())}
return tostring(cjson.encode_keep_buffer(true))
return {tostring(cjson.encode_keep_buffer('on'))}
return {tostring(cjson.encode_keep_buffer('off'))}
return {tostring(cjson.encode_keep_buffer(true))}
return {tostring(cjson.encode_keep_buffer('null'))}
return {tostring(cjson.encode_keep_buffer(1))}
return {tostring(cjson.encode_keep_buffer(nil))}
return {tostring(cjson.encode_keep_buffer({}))}
return {tostring(cjson.encode_keep_buffer(true,1))}
return {tostring(cjson.encode_invalid_numbers())}
return {tostring(cjson.encode_invalid_numbers('null')),cjson.encode({1/0,0/0})}
return {tostring(cjson.encode_invalid_numbers(true)),cjson.encode({1/0,0/0,-1/0,-(0/0)})}
return {tostring(cjson.encode_invalid_numbers('on')),tostring(cjson.encode_invalid_numbers())}
return {tostring(cjson.encode_invalid_numbers(false))}
return {tostring(cjson.encode_invalid_numbers('nosuch'))}
return {tostring(cjson.encode_invalid_numbers(1))}
return {tostring(cjson.encode_invalid_numbers(nil))}
return {tostring(cjson.encode_invalid_numbers(true,1))}
return {tostring(cjson.decode_invalid_numbers())}
return {tostring(cjson.decode_invalid_numbers(false))}
return cjson.decode('[0x10]')
return cjson.decode('[01]')
return cjson.decode('[-01]')
return cjson.decode('[nan]')
return cjson.decode('[inf]')
return cjson.decode('[-inf]')
return cjson.decode('[0]')
return cjson.decode('[-0]')
return cjson.decode('[-]')
return cjson.decode('[0.5]')
return cjson.decode('[0e5]')
return cjson.decode('[infinity]')
return {tostring(cjson.decode_invalid_numbers(true))}
return {tostring(cjson.decode_invalid_numbers('null'))}
return {cjson.encode_sparse_array()}
return {tostring(cjson.encode_sparse_array())}
local a,b,c=cjson.encode_sparse_array(true) return {tostring(a),b,c}
local a,b,c=cjson.encode_sparse_array(true,3,20) return {tostring(a),b,c}
return {cjson.encode_sparse_array(true,-1)}
return {cjson.encode_sparse_array(true,0,-1)}
return {cjson.encode_sparse_array(false,2,10)}
local a,b,c=cjson.encode_sparse_array() return {tostring(a),b,c}
return {cjson.encode_sparse_array('x')}
return {cjson.encode_sparse_array(1)}
return {cjson.encode_sparse_array(nil,5)}
return {cjson.encode_sparse_array(true,'x')}
return {cjson.encode_sparse_array(true,2,10,1)}
local a,b,c=cjson.encode_sparse_array(false,2,10) return {tostring(a),b,c}
cjson.encode_sparse_array(true) local s=cjson.encode({[1000]=1,[1.5]=nil}) cjson.encode_sparse_array(false) return s
cjson.encode_sparse_array(false,0) local s=cjson.encode({[1000]=1}) cjson.encode_sparse_array(false,2) return s
local c=cjson.new() c.encode_max_depth(5) return {c.encode_max_depth(),cjson.encode_max_depth()}
local c=cjson.new(5) return c.encode({1})
return cjson.encode({[1]=1,[2]=2,[3]=3,[7]=4})
return cjson.encode(('\200\201\0"'):rep(5000)) == '"' .. ('\200\201\\u0000\\"'):rep(5000) .. '"'
cjson.encode_number_precision(3) return cjson.encode({123456,0.123456,1e9,-5})
cjson.encode_number_precision(9) return cjson.encode({123456789,999999999,1e9,-999999999,1000000001,-0.0})
cjson.encode_number_precision(14)
return cjson.encode({1,{2,{math.pi,'x',true,false,cjson.null}}})
local t={} for i=1,20000 do t[i]='some text '..i end return redis.sha1hex(cjson.encode(t))
local t={} for i=1,300 do t[i]={i,{a=i}} end return redis.sha1hex(cjson.encode(t))
local c=cjson.new() c.null=1 return {c.null, type(cjson.null), c._NAME, c._VERSION}
local c=cjson.new() c.encode_invalid_numbers('null') return {c.encode(0/0), pcall(cjson.encode, 0/0)}
local c=cjson.new() return {c.encode == cjson.encode, type(c.new()), #c}
cjson.encode = 1
cjson.new().encode()
rawset(cjson, 'x', 1)
return {cjson.nosuch, #cjson, type(next(cjson)), tostring(getmetatable(cjson))}
local names = {} for name in pairs(cjson) do names[#names + 1] = name end table.sort(names) return names
""".strip().split("\n")

DECODE = r"""
return cjson.decode()
return cjson.decode('1','2')
return cjson.decode(nil)
return cjson.decode({})
return cjson.decode(12)
return cjson.decode('')
return cjson.decode(' ')
return cjson.decode('[')
return cjson.decode(']')
return cjson.decode('[1')
return cjson.decode('[1,')
return cjson.decode('[1,]')
return cjson.decode('[,1]')
return cjson.decode('[1 2]')
return cjson.decode('{')
return cjson.decode('{a:1}')
return cjson.decode('{"a"}')
return cjson.decode('{"a":}')
return cjson.decode('{"a":1')
return cjson.decode('{"a":1,')
return cjson.decode('{"a":1,}')
return cjson.decode('{"a":1 "b"')
return cjson.decode('{1:2}')
return cjson.decode('{,}')
return cjson.decode('[1]x')
return cjson.decode('[1] ]')
return cjson.decode('[1] "x"')
return cjson.decode('[1] 5')
return cjson.decode('nul')
return cjson.decode('null')
return tostring(cjson.decode('null'))
return cjson.decode('nullx')
return cjson.decode('tru')
return cjson.decode('true')
return cjson.decode('truefalse')
return cjson.decode('[true,false]')
return cjson.decode('"abc')
return cjson.decode('"abc"')
return cjson.decode('"a\\qc"')
return cjson.decode('"a\\u12"')
return cjson.decode('"a\\u12zz"')
return cjson.decode('"a\\')
return cjson.decode('"\\u00e9\\u20ac\\ud83d\\ude00\\u0000\\u007f\\u0080\\u07ff\\u0800\\uffff"')
return cjson.decode('"\\ud83d"')
return cjson.decode('"\\ud83dx"')
return cjson.decode('"\\ud83d\\n"')
return cjson.decode('"\\ud83d\\u0041"')
return cjson.decode('"\\ude00"')
return cjson.decode('"\\ude00\\ud83d"')
return cjson.decode('"\\ud83d\\ud83d"')
return cjson.decode('"\\uD83D\\uDE00\\uABcd"')
return cjson.decode('"\\"\\\\\\/\\b\\f\\n\\r\\t"')
return cjson.decode('"a\nb"')
return cjson.decode('"a\tb\1"')
return cjson.decode('"a\0b"')
return cjson.decode('[1,\0]')
return cjson.decode('\0[1]')
return cjson.decode('[\0')
return cjson.decode('1\0')
return cjson.decode('1  \0')
return cjson.decode('\0')
return cjson.decode('[1]\0')
return cjson.decode('\239\187\191[1]')
return cjson.decode('\255\254[1]')
return cjson.decode('"\255\254"')
return cjson.decode('[1,2.5,-3,1e2,1E+2,1e-1]')
return tostring(cjson.decode('1e400'))
return tostring(cjson.decode('-1e400'))
return tostring(cjson.decode('1e-400'))
return tostring(cjson.decode('-0'))
return tostring(cjson.decode('0x1f'))
return tostring(cjson.decode('0x'))
return tostring(cjson.decode('0x1p4'))
return tostring(cjson.decode('-0x1f'))
return tostring(cjson.decode('+1'))
return tostring(cjson.decode('.5'))
return tostring(cjson.decode('1.'))
return tostring(cjson.decode('-.5'))
return tostring(cjson.decode('1e'))
return tostring(cjson.decode('1e+'))
return tostring(cjson.decode('01'))
return tostring(cjson.decode('-01'))
return tostring(cjson.decode('--1'))
return tostring(cjson.decode('-'))
return tostring(cjson.decode('- 1'))
return tostring(cjson.decode('inf'))
return tostring(cjson.decode('Infinity'))
return tostring(cjson.decode('INF'))
return tostring(cjson.decode('infx'))
return tostring(cjson.decode('-inf'))
return tostring(cjson.decode('-infinity'))
return tostring(cjson.decode('nan'))
return tostring(cjson.decode('NaN'))
return tostring(cjson.decode('NAN(123)'))
return tostring(cjson.decode('-nan'))
return tostring(cjson.decode('nanx'))
return tostring(cjson.decode('n'))
return tostring(cjson.decode('i'))
return tostring(cjson.decode('N'))
return tostring(cjson.decode('123456789012345678901234567890'))
return string.format('%.17g',cjson.decode('0.1234567890123456789'))
return string.format('%.17g',cjson.decode('9007199254740993'))
return cjson.decode('[1,[2,[3]],{"a":{"b":[]}}]')
local t=cjson.decode('{"a":1,"a":2,"":3,"1":4}') return {t.a,t[''],t['1'],tostring(t[1])}
local t=cjson.decode('[null,1,null]') return {#t,tostring(t[1]),t[1]==cjson.null,tostring(t[3])}
local t=cjson.decode('[]') return cjson.encode(t)
local t=cjson.decode('{}') return cjson.encode(t)
return tostring(getmetatable(cjson.decode('[]')))
return #cjson.decode(('['):rep(999)..(']'):rep(999))
return #cjson.decode(('['):rep(1000)..(']'):rep(1000))
return #cjson.decode(('['):rep(1001)..(']'):rep(1001))
return cjson.decode(('{"a":'):rep(1001)..'1'..('}'):rep(1001)).b
return cjson.decode(('{"a":'):rep(1000)..'1'..('}'):rep(1000)).b
return cjson.decode(('['):rep(1000000))
return cjson.decode(('{"a":'):rep(1000000))
cjson.decode_max_depth(1000000) return cjson.decode(('['):rep(1000000))
return cjson.decode(('{"a":'):rep(1000000))
for i=7900,10000 do local ok,e=pcall(cjson.decode,('['):rep(i)..(']'):rep(i)) if not ok then return {i,e} end end
for i=3900,10000 do local ok,e=pcall(cjson.decode,('{"a":'):rep(i)..'1'..('}'):rep(i)) if not ok then return {i,e} end end
cjson.decode_max_depth(3)
for i=1,5 do local ok,e=pcall(cjson.decode,('['):rep(i)..(']'):rep(i)) if not ok then return {i,e} end end
cjson.decode_max_depth(1000)
cjson.encode_max_depth(1000000)
local t={} for i=1,10000 do t={t} if i>7900 then local ok,e=pcall(cjson.encode,t) if not ok then return {i,e} end end end
local t={} for i=1,10000 do t={a=t} if i>3900 then local ok,e=pcall(cjson.encode,t) if not ok then return {i,e} end end end
local t={} t.a=t return cjson.encode(t)
cjson.encode_max_depth(3)
local t={} for i=1,5 do t={a=t} local ok,e=pcall(cjson.encode,t) if not ok then return {i,e} end end
cjson.encode_max_depth(3)
local t={} for i=1,5 do t={t} local ok,e=pcall(cjson.encode,t) if not ok then return {i,e} end end
cjson.encode_max_depth(1000)
return cjson.encode(setmetatable({},{__index={1,2}}))
return cjson.encode(setmetatable({1},{__len=function() return 5 end}))
return cjson.encode(redis)
return cjson.encode(math)
return cjson.encode(_G)
return cjson.encode({cjson})
return cjson.encode({[1]=1,[2]=2,[3]=3,[100]=4})
return cjson.encode({[3]=1,[6]=2})
return cjson.encode({[3]=1,[11]=2,[12]=3,[13]=4,[14]=5})
return cjson.encode({[3]=1,[11]=2,[12]=3,[13]=4,[5]=5})
return cjson.encode({a={[50]=1}})
return cjson.encode({['1']=1})
return #cjson.encode(('x'):rep(1000000))
return #cjson.encode(('\0'):rep(1000000))
return redis.sha1hex(cjson.encode(cjson.decode('{"a":[1,2,{"b":null}],"c":"\\u00e9"}')))
return cjson.decode('[1,2')
return cjson.decode('{"a" 1}')
return cjson.decode('{"a":1 ,"b":[1,2,{"c":"x"}} ')
return cjson.decode('@')
return cjson.decode('[@]')
return cjson.decode('[a]')
return cjson.decode("['a']")
return cjson.decode('[1//c\n]')
return cjson.decode('\11[1]')
return cjson.decode('\f[1]')
return cjson.decode('\r\n\t [1]')
return cjson.decode(':')
return cjson.decode(',')
return cjson.decode('}')
return cjson.decode('{]')
return cjson.decode('[}')
return cjson.decode('{"a":"\\x"}')
return cjson.decode('{"a\\x":1}')
return cjson.decode('["abc\\u12')
return cjson.decode('["abc\\u1234')
return cjson.decode('[1.5.5]')
return cjson.decode('[1-2]')
return cjson.decode('[1e5e]')
return cjson.decode('[tRue]')
local s=('x'):rep(10) return cjson.decode('["'..s..'" 1]')
local ok,e=pcall(cjson.decode,'[1') return e
local ok,e=pcall(cjson.encode,function() end) return e
local f=cjson.decode f('[1')
local function g() cjson.decode('[1') end g()
cjson.decode_invalid_numbers(false)
return tostring(cjson.decode('+1'))
return tostring(cjson.decode('-.5'))
return tostring(cjson.decode('-nan'))
return tostring(cjson.decode('1.'))
return tostring(cjson.decode('1e'))
return tostring(cjson.decode('1e400'))
return tostring(cjson.decode('0.'))
return tostring(cjson.decode('0x'))
return tostring(cjson.decode('0e'))
return tostring(cjson.decode('00'))
return tostring(cjson.decode('-0x1'))
return tostring(cjson.decode('-'))
return tostring(cjson.decode('nul'))
return tostring(cjson.decode('null'))
cjson.decode_invalid_numbers(true)
return tostring(cjson.decode('+'))
return tostring(cjson.decode('+inf'))
return tostring(cjson.decode('+nan'))
return tostring(cjson.decode('- 5'))
return tostring(cjson.decode('-\t5'))
return tostring(cjson.decode('- 5'))
return tostring(cjson.decode('+ 5'))
return tostring(cjson.decode('infinite'))
return tostring(cjson.decode('nan(x'))
return tostring(cjson.decode('nan()'))
return tostring(cjson.decode('in'))
return cjson.encode({[1/0]=1})
cjson.encode_max_depth(1) return cjson.encode({{[1000]=1}})
cjson.encode_max_depth(1000)
cjson.decode_max_depth(1000000)
cjson.encode_max_depth(1000000)
return #cjson.decode('['..('{"a":'):rep(3999)..'1'..('}'):rep(3999)..']')
return #cjson.decode('['..('{"a":'):rep(3998)..'1'..('}'):rep(3998)..']')
return #cjson.decode('['..('{"a":'):rep(3998)..'[]'..('}'):rep(3998)..']')
return #cjson.decode('[['..('{"a":'):rep(3998)..'1'..('}'):rep(3998)..']]')
return #cjson.decode('[['..('{"a":'):rep(3998)..'[]'..('}'):rep(3998)..']]')
return #cjson.decode('[[['..('{"a":'):rep(3998)..'[]'..('}'):rep(3998)..']]]')
return #cjson.decode('[[['..('{"a":'):rep(3997)..'[]'..('}'):rep(3997)..']]]')
cjson.decode_max_depth(1000) cjson.encode_max_depth(1000)
return cjson.encode_max_depth(5)
return cjson.encode_max_depth()
""".strip().split("\n")


@pytest.fixture
def pair(both: Both) -> Iterator[Both]:
    for each in both:
        each("SCRIPT", "FLUSH")
    yield both
    for each in both:
        each("SCRIPT", "FLUSH")


@pytest.mark.parametrize("scripts", [ENCODE, DECODE], ids=["encode", "decode"])
def test_same_answers(pair: Both, scripts: list[str]) -> None:
    same(pair, [("EVAL", script, 0) for script in scripts])


def test_settings_last_until_the_interpreter_is_made_anew(pair: Both) -> None:
    same(pair, [("EVAL", "return cjson.encode_max_depth(5)", 0), ("EVAL", "return cjson.encode_max_depth()", 0),
                ("SCRIPT", "FLUSH"), ("EVAL", "return cjson.encode_max_depth()", 0)])  # fmt: skip


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(min_size=1), inner, max_size=1),
    max_leaves=20,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON, st.booleans())
def test_any_json(both: Both, value: Any, ascii_only: bool) -> None:
    """Objects have one key, since the order of several is any."""
    text = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    same(both, [("EVAL", "return cjson.encode(cjson.decode(ARGV[1]))", 0, text)])


def as_decoded(value: Any) -> Any:
    """An empty array becomes an object."""
    if isinstance(value, list):
        return [as_decoded(each) for each in value] or {}
    return {key: as_decoded(each) for key, each in value.items()} if isinstance(value, dict) else value


PRECISE = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**13), 10**13) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=5),
    max_leaves=30,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PRECISE)
def test_round_trip(kvik_alone: Connection, value: Any) -> None:
    there = kvik_alone("EVAL", "return cjson.encode(cjson.decode(ARGV[1]))", 0, json.dumps(value))
    assert json.loads(there) == as_decoded(value)


TEXTS = st.lists(st.sampled_from([
    "[", "]", "{", "}", ",", ":", '"', '"a"', "\\", "\\u", "\\u12", "\\ud83d", "\\ude00", "\\n", "\\q", "1", "-", "+", ".",
    "e", "0x1f", "1e400", "inf", "nan", "-inf", "null", "true", "false", " ", "\n", "\0", "\x01", "é", "1234567890123456789",
]), max_size=12).map("".join)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=10, max_size=10), st.booleans())
def test_any_text(pair: Both, texts: list[str], lenient: bool) -> None:
    strict = ("EVAL", f"cjson.decode_invalid_numbers({str(lenient).lower()})", 0)
    decode = "local found = cjson.decode(ARGV[1]) return type(found) == 'table' and cjson.encode(found) or tostring(found)"
    same(pair, [strict, ("EVAL", "cjson.encode_invalid_numbers(true)", 0), *[("EVAL", decode, 0, text) for text in texts]])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_hostile_input(kvik_alone: Connection, data: bytes) -> None:
    for text in (data, b"[" + data, b'"' + data, b'{"' + data, b"1" + data):
        assert kvik_alone("EVAL", "pcall(cjson.decode, ARGV[1]) return 'alive'", 0, text) == b"alive"
    there = kvik_alone("EVAL", "return cjson.decode(cjson.encode({ARGV[1], [ARGV[1]] = {ARGV[1]}}))[ARGV[1]]", 0, data)
    assert there == [data]
