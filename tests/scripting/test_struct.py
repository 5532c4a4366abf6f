"""The library `struct`: the same answers as the oracle's, asked of both by EVAL; hostile formats and data on Kvik alone."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.both import Both, same
from tests.support.resp import Connection

SCRIPTS = r"""
return {struct.size('b'), struct.size('h'), struct.size('l'), struct.size('T'), struct.size('i'), struct.size('f')}
return {struct.size('d'), struct.size('x'), struct.size('c'), struct.size('c10'), struct.size(''), struct.size('Tl')}
return {struct.size('!bd'), struct.size('!16bd'), struct.size('!2bd'), struct.size('!4bd'), struct.size('!bi3')}
return {struct.size('!bi5'), struct.size('!bi16'), struct.size('!64bi32'), struct.size('!b!1d'), struct.size('!b!8d!')}
return {struct.size('i32'), struct.size('i0'), struct.size('h4'), struct.size('f8'), struct.size('z'), struct.size('b\0=')}
return {struct.size('c2147483647'), struct.size('c2147483647c2147483647'), struct.size(('c2147483647'):rep(20))}
return struct.size('!1073741824bd')
return struct.size(' <>b')
return struct.size('s')
return struct.size('c0')
return struct.size('!3bd')
return struct.size('!0bd')
return struct.size('!2147483648bd')
return struct.size('=b')
return struct.size('@')
return struct.size('\200')
return struct.size('i33')
return struct.size('i99999999999')
return struct.size('c2147483648')
return struct.size()
return struct.size({})
return struct.pack('b', 300)
return struct.pack('<i2', -2)
return struct.pack('>i3', -2)
return struct.pack('>i16', -2)
return struct.pack('<I16', 2^63)
return {struct.pack('<i8', 2^63), struct.pack('<i8', 1e30), struct.pack('<i8', -1e30), struct.pack('<I8', 2^64)}
return {struct.pack('<I8', 0/0), struct.pack('<I8', 1/0), struct.pack('<I8', -1/0), struct.pack('<I8', 2^64 - 2048)}
return {struct.pack('i0', 5), struct.pack('>I5', 0x1234567890), struct.pack('<I5', -5.7), struct.pack('I', '0x10')}
return {struct.pack('d', 1.5), struct.pack('>d', 1.5), struct.pack('f', 1.5), struct.pack('>f', 1e300)}
return {struct.pack('s', 'abc'), struct.pack('s', 'a\0b'), struct.pack('s', 12), struct.pack('c0', 'abc')}
return {struct.pack('c', 'abc'), struct.pack('c2', 'abc'), struct.pack('x'), struct.pack('bxb', 1, 2), struct.pack('')}
return {struct.pack('!bd', 1, 2), struct.pack('!bhi', 1, 2, 3), struct.pack('<!4bI', 1, 2)}
return {struct.pack('f', 0/0), struct.pack('!bc3h', 1, 'abc', 2)}
return {struct.pack('!bs', 1, 'abc'), struct.pack('T', 2^40), struct.pack('lL', -1, 2^63), struct.pack('b\0z', 1)}
return struct.pack('b', 1, 2, 3)
return #struct.pack('c0c0s', ('x'):rep(100000), ('y'):rep(70000), ('z'):rep(3000))
return struct.pack('c5', 'abc')
return struct.pack('c2147483647c2147483647', 'x', 'y')
return struct.pack('!x8b', 1)
return struct.pack('q', 1)
return struct.pack('\200', 1)
return struct.pack('b')
return struct.pack('b', 'x')
return struct.pack('bs', 1)
return struct.pack('bbb', 1)
return struct.pack('s', {})
return struct.pack('s')
return struct.pack('f')
return struct.pack()
return struct.pack(nil)
return {struct.unpack('b', '\255')}
return {struct.unpack('B', '\255')}
return {struct.unpack('<i9', '\128\0\0\0\0\0\0\0\0')}
return {struct.unpack('<i9', '\127\0\0\0\0\0\0\0\1')}
return {struct.unpack('<i16', '\127\0\0\0\0\0\0\128\0\0\0\0\0\0\0\0')}
return {struct.unpack('<I16', '\127\0\0\0\0\0\0\128\0\0\0\0\0\0\0\0')}
return {struct.unpack('>i3', '\255\255\254')}
return {struct.unpack('i0', '')}
return {struct.unpack('<I8', '\255\255\255\255\255\255\255\255')}
return {struct.unpack('<x>h', '\1\2\3')}
return {struct.unpack('!4bI', '\1\0\0\0\2\0\0\0')}
return {struct.unpack('!4bI', '\1\2\0\0\0')}
return {struct.unpack('!bc2h', '\1ab\0\2\0')}
return {struct.unpack('c3', 'abcdef')}
return {struct.unpack('c7', 'abcdef')}
return {struct.unpack('c2147483647', 'x')}
return {struct.unpack('c0', 'abcdef')}
return {struct.unpack('Bc0', '\3abcdef')}
return {struct.unpack('Bc0', '\9abcdef')}
return {struct.unpack('bc0', '\255abcdef')}
return {struct.unpack('c1c0', '2abcdef')}
return {struct.unpack('sc0', '2\0abcdef')}
return {struct.unpack('sc0', 'x\0abcdef')}
return {struct.unpack('<dc0', struct.pack('<d', 1e30) .. 'abc')}
return {struct.unpack('<dc0', struct.pack('<d', 0/0) .. 'abc')}
return {struct.unpack('<dc0', struct.pack('<d', 2.7) .. 'abc')}
return {struct.unpack('<dc0', struct.pack('<d', -0.5) .. 'abc')}
return {struct.unpack('<dc0', struct.pack('<d', 2^63) .. 'abc')}
return {struct.unpack('s', 'abc')}
return {struct.unpack('s', 'abc\0d')}
return {struct.unpack('s', '')}
return {struct.unpack('s', 'abc', 4)}
return {struct.unpack('s', 'abc', 5)}
return {struct.unpack('b', '')}
return {struct.unpack('b', 'abc', 2)}
return {struct.unpack('b', 'abc', 4)}
return {struct.unpack('b', 'abc', 0)}
return {struct.unpack('b', 'abc', -1)}
return {struct.unpack('b', 'abc', 'x')}
return {struct.unpack('b', 'abc', 1.9)}
return {struct.unpack('b', 'abc', 2^62)}
return {struct.unpack('b', 'abc', 2^63)}
return {struct.unpack('b', 'abc', 1e300)}
return {struct.unpack('', 'abc', 500)}
return {struct.unpack('', 'abc', -9)}
return {struct.unpack('!8xd', 'abcdefghi', -7)}
return {struct.unpack('x', '')}
return {tostring((struct.unpack('<f', '\0\0\192\127'))), tostring((struct.unpack('<d', '\154\153\153\153\153\153\185\63')))}
return struct.unpack('b')
return struct.unpack()
return struct.unpack('q', 'x')
return struct.unpack(1, 2)
for i = 7900, 8100 do local ok, e = pcall(struct.unpack, ('b'):rep(i), ('a'):rep(i), 1) if not ok then return {i, e} end end
struct.pack = 1
rawset(struct, 'x', 1)
return {struct.nosuch, #struct, type(next(struct)), tostring(getmetatable(struct))}
local names = {} for name in pairs(struct) do names[#names + 1] = name end table.sort(names) return names
""".strip().split("\n")


def test_same_answers(both: Both) -> None:
    same(both, [("EVAL", script, 0) for script in SCRIPTS])


def test_every_option(both: Both) -> None:
    same(both, [("EVAL", script, 0, bytes([option]))
                for option in range(1, 256)
                for script in ("return struct.size(ARGV[1])", "return struct.pack(ARGV[1], 7)",
                               "return {struct.unpack(ARGV[1], ('x'):rep(20))}")])  # fmt: skip


FORMATS = st.lists(st.sampled_from([
    *"bBhHlLTiIfdcsx<>! =", "i1", "i3", "I7", "i9", "I32", "i33", "c0", "c3", "!2", "!16", "!3", "i0", "\0",
]), max_size=8).map("".join)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FORMATS, st.binary(max_size=80), st.integers(-2, 20), st.lists(st.integers(-(2**31), 2**31), min_size=8, max_size=8))
def test_any_format(both: Both, layout: str, data: bytes, offset: int, values: list[int]) -> None:
    unpack = """
        local found = {struct.unpack(ARGV[1], ARGV[2], ARGV[3])}
        for i, value in ipairs(found) do found[i] = tostring(value) end
        return found
    """
    pack = "return struct.pack(ARGV[1], unpack(ARGV, 2))"
    same(both, [("EVAL", unpack, 0, layout, data, offset), ("EVAL", pack, 0, layout, *values),
                ("EVAL", "return struct.size(ARGV[1])", 0, layout)])  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=40), st.binary(max_size=60), st.integers(-(2**63), 2**63 - 1))
def test_hostile_input(kvik_alone: Connection, layout: bytes, data: bytes, offset: int) -> None:
    script = """
        pcall(struct.unpack, ARGV[1], ARGV[2], tonumber(ARGV[3]))
        pcall(struct.size, ARGV[1])
        pcall(struct.pack, ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[3], ARGV[2])
        return 'alive'
    """
    assert kvik_alone("EVAL", script, 0, layout, data, offset) == b"alive"
