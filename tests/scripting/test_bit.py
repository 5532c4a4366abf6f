"""The library `bit`: the same answers as the oracle's, asked of both by EVAL."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.both import Both, same

SCRIPTS = r"""
return {bit.tobit(0xffffffff), bit.tobit(2^31), bit.tobit(1e15), bit.tobit(2^53), bit.tobit(-2^40 + 5)}
return {bit.tobit(2.5), bit.tobit(3.5), bit.tobit(-2.5), bit.tobit(0.5), bit.tobit(-0.5), tostring(bit.tobit(-0.0))}
return {bit.tobit(1/0), bit.tobit(0/0), bit.tobit(-1/0), bit.tobit(1e300), bit.tobit(2^51), bit.tobit(2^60 + 2^20)}
return {bit.tobit('0x10'), bit.tobit('7')}
return bit.tobit()
return bit.tobit('x')
return bit.tobit(nil)
return bit.tobit({})
return bit.band()
return bit.band(1, 'x')
return bit.bor(1, 2, nil)
return {bit.band(7), bit.band(7, 3, 2), bit.bor(1, 2, 4), bit.bxor(1, 3, 5), bit.bnot(0), bit.bnot(7)}
return {bit.tohex(1), bit.tohex(-1), bit.tohex(255, 2), bit.tohex(255, -2), bit.tohex(255, 0), bit.tohex(0xabcdef12, -100)}
return {bit.tohex(1, 2^31), bit.tohex(0xabcdef12, -2^31), bit.tohex(1, 100), bit.tohex(5, 1.5), bit.tohex(1, '2')}
return bit.tohex(1, nil)
return bit.tohex(1, 'z')
return bit.tohex()
return {bit.lshift(1, 31), bit.lshift(1, 32), bit.lshift(1, 33), bit.lshift(1, -1), bit.rshift(-1, 1), bit.rshift(-1, 0)}
return {bit.arshift(-8, 1), bit.arshift(-1, -1), bit.arshift(8, 35), bit.bswap(0x12345678), bit.bswap(255)}
return {bit.rol(0x12345678, 12), bit.ror(0x12345678, 12), bit.rol(1, 0), bit.ror(1, 0), bit.rol(1, 32), bit.ror(3, 1)}
return bit.lshift(1)
return bit.lshift()
bit.band = 1
rawset(bit, 'x', 1)
return {bit.nosuch, #bit, type(next(bit)), tostring(getmetatable(bit))}
local names = {} for name in pairs(bit) do names[#names + 1] = name end table.sort(names) return names
""".strip().split("\n")


def test_same_answers(both: Both) -> None:
    same(both, [("EVAL", script, 0) for script in SCRIPTS])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(), st.one_of(st.floats(allow_nan=False), st.integers(-100, 100)))
def test_any_two_numbers(both: Both, a: float, b: float) -> None:
    script = """
        local function number(text) return ({inf = 1/0, ['-inf'] = -1/0, nan = 0/0})[text] or tonumber(text) end
        local a, b, found = number(ARGV[1]), number(ARGV[2]), {}
        for _, name in ipairs({'band', 'bor', 'bxor', 'lshift', 'rshift', 'arshift', 'rol', 'ror', 'tohex'}) do
            found[#found + 1] = bit[name](a, b)
        end
        return {found, bit.tobit(a), bit.bnot(a), bit.bswap(a)}
    """
    same(both, [("EVAL", script, 0, repr(a), repr(b))])
