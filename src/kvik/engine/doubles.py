"""Doubles as decimal text, just as Redis writes scores.

Whole numbers up to 2**62 are written as integers. Everything else has the digits of Loitsch's algorithm Grisu2: nearly
always the fewest that read back to the same double, and in the odd case some more. (So no other algorithm would do: the
text is compared, hashed and stored.) It works on 64-bit integers alone: value and the bounds between which every
number reads back to it are multiplied by a power of ten that brings them near 2**60, and digits are cut off the upper
bound until what is left is within the bounds.
"""

# ruff: noqa: F821
import cython
from cython import address, cast
from cython.cimports.kvik.engine.intrinsics import load64
from cython.cimports.kvik.engine.text import MINUS, PLUS, POINT, ZERO, format_integer, format_unsigned
from cython.cimports.libc.math import isinf, isnan
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.libc.string import memcpy, memset


def format_double(out, value):
    """Write the text of `value` (at most DOUBLE_TEXT_MAX bytes, no NUL) and return its length."""
    n: cython.int = 0
    integer: int64_t = 0
    d: Decimal
    if isnan(value):
        memcpy(out, "nan", 3)
        return 3
    if value == 0 or isinf(value):
        if 1.0 / value < 0 or value < 0:
            out[0] = MINUS
            n = 1
        if value == 0:
            out[n] = ZERO
            return n + 1
        memcpy(out + n, "inf", 3)
        return n + 3
    if double_integer(value, address(integer)):
        return format_integer(out, integer)
    if value < 0:
        out[0] = MINUS
        n = 1
        value = -value
    shortest_decimal(value, address(d))
    return n + write_decimal(out + n, address(d))


def double_integer(value, integer):
    """Is it a whole number between -2**62 and 2**62? -0 counts as 0."""
    if not -4611686018427387904.0 <= value <= 4611686018427387904.0:
        return False
    integer[0] = cast(int64_t, value)
    return cast(cython.double, integer[0]) == value


def shortest_decimal(value, d):
    """The digits of a positive, finite number."""
    bits: uint64_t = load64(address(value))
    fraction: uint64_t = bits & (HIDDEN_BIT - 1)
    exponent: cython.int = cast(cython.int, bits >> 52)
    upper: uint64_t
    lower: uint64_t
    power: cython.int
    ten: cython.int
    shift: cython.int
    gap: cython.int
    if exponent != 0:
        fraction += HIDDEN_BIT
        exponent -= 1075
    else:
        exponent = -1074
    # The bounds lie half way to the neighbours; below a power of two the neighbour is half as far.
    upper = (fraction << 1) + 1
    shift = 1
    while not upper & (HIDDEN_BIT << 1):
        upper <<= 1
        shift += 1
    upper <<= 10
    shift += 10
    gap = 2 if fraction == HIDDEN_BIT else 1
    lower = ((fraction << gap) - 1) << (shift - gap)
    fraction <<= shift
    exponent -= shift
    power = power_for(exponent)
    ten = FIRST_POWER + power * POWER_STEP
    fraction = mul_rounded(fraction, POWERS_OF_TEN[power])
    upper = mul_rounded(upper, POWERS_OF_TEN[power]) - 1
    lower = mul_rounded(lower, POWERS_OF_TEN[power]) + 1
    exponent += power_exponent(ten) + 64
    d.count = 0
    d.exponent = -ten
    cut_digits(d, upper - fraction, upper, upper - lower, -exponent)


def power_exponent(ten):
    """10**ten is POWERS_OF_TEN[...] times 2 to this."""
    return ((ten * 217706) >> 16) - 63


def power_for(exponent):
    """Which power of ten brings a number with this exponent to one from -60 to -32."""
    i: cython.int = cast(cython.int, (cast(cython.double, -(exponent + POWERS)) * 0.30102999566398114 - FIRST_POWER)
                         / POWER_STEP)
    scaled: cython.int
    while True:
        scaled = exponent + power_exponent(FIRST_POWER + i * POWER_STEP) + 64
        if scaled < -60:
            i += 1
        elif scaled > -32:
            i -= 1
        else:
            return i


def cut_digits(d, distance, upper, delta, shift):
    """Cut digits off `upper` / 2**shift until what is left is below `delta`; the value is `distance` below `upper`."""
    one: uint64_t = cast(uint64_t, 1) << shift
    whole: uint64_t = upper >> shift
    part: uint64_t = upper & (one - 1)
    unit: uint64_t
    digit: uint64_t
    kappa: cython.int = 10
    scale: cython.int = 0
    while kappa > 0:
        kappa -= 1
        unit = SMALL_POWERS[kappa]
        digit = whole // unit
        if digit != 0 or d.count > 0:
            d.digits[d.count] = cast(cython.char, ZERO + digit)
            d.count += 1
        whole -= digit * unit
        if (whole << shift) + part <= delta:
            d.exponent += kappa
            round_last_digit(d, delta, (whole << shift) + part, unit << shift, distance)
            return
    while True:
        part *= 10
        delta *= 10
        scale += 1
        digit = part >> shift
        if digit != 0 or d.count > 0:
            d.digits[d.count] = cast(cython.char, ZERO + digit)
            d.count += 1
        part &= one - 1
        if part < delta:
            d.exponent -= scale
            round_last_digit(d, delta, part, one, distance * SMALL_POWERS[scale])
            return


def round_last_digit(d, delta, rest, unit, distance):
    """Lower the last digit while that brings the number nearer to the value and keeps it within the bounds."""
    while rest < distance and delta - rest >= unit \
            and (rest + unit < distance or distance - rest > rest + unit - distance):
        d.digits[d.count - 1] -= 1
        rest += unit


def write_decimal(out, d):
    """Plain where few zeros are needed for that, else with an exponent."""
    n: cython.int = d.count
    exponent: cython.int = d.exponent + n - 1
    size: cython.int = exponent if exponent >= 0 else -exponent
    at: cython.int
    if d.exponent >= 0 and size < n + 7:
        memcpy(out, d.digits, n)
        memset(out + n, ZERO, d.exponent)
        return n + d.exponent
    if d.exponent < 0 and (d.exponent > -7 or size < 4):
        at = n + d.exponent
        if at > 0:
            memcpy(out, d.digits, at)
            out[at] = POINT
            memcpy(out + at + 1, address(d.digits[at]), n - at)
            return n + 1
        out[0] = ZERO
        out[1] = POINT
        memset(out + 2, ZERO, -at)
        memcpy(out + 2 - at, d.digits, n)
        return n + 2 - at
    out[0] = d.digits[0]
    at = 1
    if n > 1:
        out[1] = POINT
        memcpy(out + 2, address(d.digits[1]), n - 1)
        at = n + 1
    out[at] = LETTER_E
    out[at + 1] = MINUS if exponent < 0 else PLUS
    return at + 2 + format_unsigned(out + at + 2, size)
