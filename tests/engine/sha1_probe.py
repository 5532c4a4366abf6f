"""SHA-1 for tests."""

# ruff: noqa: F821
import cython
from cython.cimports.kvik.engine.sha1 import sha1_hex


def sha1(text):
    out: cython.char[40]
    sha1_hex(text, len(text), out)
    return out[:40]
