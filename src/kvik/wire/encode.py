"""Python values to RESP: what a Python handler returned, in the protocol of the client that asked.

The kinds are listed in CONTRIBUTING.md. What is none of them is the handler's mistake and raises TypeError before
anything of it is written, so a reply is never half there.
"""

# ruff: noqa: F821
from cython.cimports.kvik.wire.output import output_write
from cython.cimports.kvik.wire.reply import (
    reply_array,
    reply_bool,
    reply_bulk,
    reply_double,
    reply_error_slice,
    reply_integer,
    reply_map,
    reply_null,
    reply_null_array,
    reply_set,
    reply_verbatim,
)

from kvik.wire.types import NoReply, NullArray, Raw, SetOf, Simple, Verbatim


def check(value, depth):
    """TypeError if `value` or something in it cannot be a reply; OverflowError for an integer beyond 64 bits; RecursionError
    if it is nested too deeply, as what holds itself is."""
    if depth > NESTING_MAX:
        raise RecursionError("a reply is nested too deeply")
    if value is None or isinstance(value, (bytes, float, Simple, Verbatim, NullArray, Raw)):
        return
    if isinstance(value, str):
        if not value.isascii():
            value.encode()
    elif isinstance(value, int):
        if not -(1 << 63) <= value < 1 << 63:
            raise OverflowError(f"{value} does not fit a RESP integer")
    elif isinstance(value, dict):
        for key, item in value.items():
            check(key, depth + 1)
            check(item, depth + 1)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            check(item, depth + 1)
    else:
        raise TypeError(f"a handler returned a {type(value).__name__}, which RESP has no word for")


def encode(c, value):
    if isinstance(value, NoReply):
        return
    check(value, 0)
    write(c, value)


def write(c, value):
    if value is None:
        reply_null(c)
    elif isinstance(value, bytes):
        encode_bytes(c, value)
    elif isinstance(value, str):
        encode_bytes(c, value.encode())
    elif isinstance(value, bool):
        reply_bool(c, value)
    elif isinstance(value, int):
        reply_integer(c, value)
    elif isinstance(value, float):
        reply_double(c, value)
    elif isinstance(value, Simple):
        text: bytes = b"+" + value.text.replace("\r", " ").replace("\n", " ").encode() + b"\r\n"
        output_write(c, text, len(text))
    elif isinstance(value, Verbatim):
        data: bytes = value.data
        kind: bytes = value.format.encode()
        reply_verbatim(c, kind, data, len(data))
    elif isinstance(value, Raw):
        output_write(c, value.data, len(value.data))
    elif isinstance(value, NullArray):
        reply_null_array(c)
    elif isinstance(value, dict):
        reply_map(c, len(value))
        for key, item in value.items():
            write(c, key)
            write(c, item)
    else:
        if isinstance(value, (set, frozenset, SetOf)):
            reply_set(c, len(value))
        else:
            reply_array(c, len(value))
        for item in value:
            write(c, item)


def encode_bytes(c, value):
    reply_bulk(c, value, len(value))


def encode_error(c, text):
    data: bytes = text.encode("utf-8", "surrogateescape")      # it may quote an argument
    reply_error_slice(c, data, len(data))
