"""Doubles as text, for tests: written into a buffer of just the room that is promised."""

import cython
from cython.cimports.kvik.engine.doubles import DOUBLE_TEXT_MAX, format_double
from cython.cimports.tests.engine.exact import exact_free, exact_room


def double_text(value: cython.double) -> bytes:
    p: cython.p_char = exact_room(DOUBLE_TEXT_MAX)
    text: bytes = p[:format_double(p, value)]
    exact_free(p)
    return text
