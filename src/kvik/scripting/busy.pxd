"""Serving others while a script runs on. See busy.py."""

from kvik.scripting.interpreter cimport Interpreter

cdef void serve_others(Interpreter *s) noexcept nogil
