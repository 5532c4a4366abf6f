"""Python values to RESP: what a Python handler returned, in the protocol of the client that asked.

The kinds are listed in CONTRIBUTING.md. What is none of them is the handler's mistake and raises TypeError before
anything of it is written, so a reply is never half there.
"""

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

from kvik.wire.types import NoReply, NullArray, SetOf, Simple, Verbatim


def check(value):
    """TypeError if `value` or something in it cannot be a reply; OverflowError for an integer beyond 64 bits."""
    if value is None or isinstance(value, (bytes, str, float, Simple, Verbatim, NullArray)):
        return
    if isinstance(value, int):
        if not -(1 << 63) <= value < 1 << 63:
            raise OverflowError(f"{value} does not fit a RESP integer")
    elif isinstance(value, dict):
        for key, item in value.items():
            check(key)
            check(item)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            check(item)
    else:
        raise TypeError(f"a handler returned a {type(value).__name__}, which RESP has no word for")


def encode(c, value):
    if isinstance(value, NoReply):
        return
    check(value)
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
        text: bytes = b"+" + value.text.encode() + b"\r\n"
        output_write(c, text, len(text))
    elif isinstance(value, Verbatim):
        data: bytes = value.data
        kind: bytes = value.format.encode()
        reply_verbatim(c, kind, data, len(data))
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
    data: bytes = text.encode()
    reply_error_slice(c, data, len(data))
