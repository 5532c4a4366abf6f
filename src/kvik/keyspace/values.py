"""Values of any type: freeing, copying and weighing them, and reading strings whatever their form.

The one place that goes by an entry's type; a new type adds its branch to each function here.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.entry import (
    EMBED_MAX,
    ENCODING_EMBSTR,
    ENCODING_HASHTABLE,
    ENCODING_INT,
    ENCODING_INTSET,
    ENCODING_LISTPACK,
    ENCODING_QUICKLIST,
    ENCODING_RAW,
    ENCODING_SKIPLIST,
    LAYOUT_WORD,
    TYPE_HASH,
    TYPE_LIST,
    TYPE_SET,
    TYPE_SORTED_SET,
    TYPE_STREAM,
    TYPE_STRING,
    entry_bytes,
    entry_copy,
    entry_embedded,
    entry_encoding,
    entry_free,
    entry_integer,
    entry_new,
    entry_pointer,
    entry_set_kind,
    entry_set_word,
    entry_type,
    raw_bytes,
    raw_new,
)
from cython.cimports.kvik.engine.heap import heap_block_bytes, heap_release
from cython.cimports.kvik.engine.stream import stream_bytes, stream_copy, stream_effort, stream_free
from cython.cimports.kvik.engine.text import format_integer, parse_integer
from cython.cimports.kvik.keyspace.hash_value import hash_copy, hash_effort, hash_free, hash_memory
from cython.cimports.kvik.keyspace.list_value import list_copy, list_effort, list_free, list_memory
from cython.cimports.kvik.keyspace.set_value import set_bytes, set_copy, set_effort, set_free
from cython.cimports.kvik.keyspace.sorted_set_value import (
    sorted_set_bytes,
    sorted_set_copy,
    sorted_set_effort,
    sorted_set_free,
)
from cython.cimports.libc.stdint import int64_t, uint64_t, uintptr_t
from cython.cimports.libc.string import memcpy


def entry_raw(e):
    """The block of a string value, or NULL when the value is an integer or embedded."""
    if e.layout & LAYOUT_WORD and entry_encoding(e) != ENCODING_INT:
        return cast(RawPtr, entry_pointer(e))
    return NULL


def value_free(heap, e, remote):
    """Free what the entry's value takes beside the entry. `remote`: on a thread that does not own the heap."""
    kind: cython.int = entry_type(e)
    raw: RawPtr
    if kind == TYPE_HASH:
        hash_free(heap, e, remote)
    elif kind == TYPE_SET:
        set_free(heap, e, remote)
    elif kind == TYPE_LIST:
        list_free(heap, entry_pointer(e), entry_encoding(e), remote)
    elif kind == TYPE_SORTED_SET:
        sorted_set_free(heap, entry_pointer(e), entry_encoding(e), remote)
    elif kind == TYPE_STREAM:
        stream_free(heap, cast(StreamPtr, entry_pointer(e)), remote)
    else:
        raw = entry_raw(e)
        if raw != NULL:
            heap_release(heap, raw, raw_bytes(raw.capacity), remote)


def string_entry(heap, key, key_length, expiry, p, n):
    """An entry of its own with a string value, in the form that SET gives it. NULL when memory is short. O(n)."""
    value: int64_t = 0
    e: EntryPtr
    raw: RawPtr
    if n <= 20 and parse_integer(p, n, address(value)):
        e = entry_new(heap, key, key_length, expiry, True, 0)
        if e != NULL:
            entry_set_word(e, cast(uint64_t, value))
            entry_set_kind(e, TYPE_STRING, ENCODING_INT)
        return e
    e = entry_new(heap, key, key_length, expiry, n > EMBED_MAX, 0 if n > EMBED_MAX else n)
    if e == NULL:
        return NULL
    entry_set_kind(e, TYPE_STRING, text_encoding(key_length, n, False))
    if n <= EMBED_MAX:
        memcpy(entry_embedded(e), p, n)
        return e
    raw = raw_new(heap, n)
    if raw == NULL:
        entry_free(heap, e)
        return NULL
    memcpy(raw.data, p, n)
    raw.length = n
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, raw)))
    return e


def value_effort(e):
    """How many blocks freeing the value takes, roughly: whether another thread should do it."""
    kind: cython.int = entry_type(e)
    if kind == TYPE_HASH:
        return hash_effort(e)
    if kind == TYPE_SET:
        return set_effort(e)
    if kind == TYPE_LIST:
        return list_effort(e)
    if kind == TYPE_SORTED_SET:
        return sorted_set_effort(e)
    if kind == TYPE_STREAM:
        return stream_effort(cast(StreamPtr, entry_pointer(e)))
    return 1


def value_duplicate(heap, e, key, n, expiry):
    """A copy of the entry with a value of its own, under another key. NULL when memory is short."""
    value: cython.p_void
    fresh: EntryPtr = entry_copy(heap, e, key, n, expiry)
    if fresh == NULL or not e.layout & LAYOUT_WORD or entry_encoding(e) == ENCODING_INT:
        return fresh
    value = value_copy(heap, e)
    if value == NULL:
        entry_free(heap, fresh)
        return NULL
    entry_set_word(fresh, cast(uint64_t, cast(uintptr_t, value)))
    return fresh


def value_copy(heap, e):
    """A copy of what the entry's word points to. NULL when memory is short."""
    kind: cython.int = entry_type(e)
    if kind == TYPE_HASH:
        return hash_copy(heap, e)
    if kind == TYPE_SET:
        return set_copy(heap, e)
    if kind == TYPE_LIST:
        return list_copy(heap, e)
    if kind == TYPE_SORTED_SET:
        return sorted_set_copy(heap, e)
    if kind == TYPE_STREAM:
        return stream_copy(heap, cast(StreamPtr, entry_pointer(e)))
    return raw_copy(heap, entry_raw(e))


def raw_copy(heap, raw):
    own: RawPtr = raw_new(heap, raw.length)
    if own != NULL:
        memcpy(own.data, raw.data, raw.length)
        own.length = raw.length
    return own


def value_bytes(e):
    """Memory of the entry and its value."""
    kind: cython.int = entry_type(e)
    n: cython.size_t = heap_block_bytes(cast(EntryPtr, e), entry_bytes(e))
    raw: RawPtr
    if kind == TYPE_HASH:
        return n + hash_memory(e)
    if kind == TYPE_SET:
        return n + set_bytes(e)
    if kind == TYPE_LIST:
        return n + list_memory(e)
    if kind == TYPE_SORTED_SET:
        return n + sorted_set_bytes(e)
    if kind == TYPE_STREAM:
        return n + stream_bytes(cast(StreamPtr, entry_pointer(e)))
    raw = entry_raw(e)
    if raw != NULL:
        n += heap_block_bytes(raw, raw_bytes(raw.capacity))
    return n


def string_value(e, scratch):
    """The bytes of a string value; an integer is written to `scratch` (INTEGER_MAX bytes). Good until it changes."""
    s: Slice
    raw: RawPtr
    if not e.layout & LAYOUT_WORD:
        s.p = entry_embedded(e)
        s.n = e.vlen
    elif entry_encoding(e) == ENCODING_INT:
        s.p = scratch
        s.n = format_integer(scratch, entry_integer(e))
    else:
        raw = cast(RawPtr, entry_pointer(e))
        s.p = raw.data
        s.n = raw.length
    return s


def string_length(e):
    scratch: cython.char[24]
    return string_value(e, scratch).n


def type_name(kind):
    if kind == TYPE_STRING:
        return "string"
    if kind == TYPE_LIST:
        return "list"
    if kind == TYPE_SET:
        return "set"
    if kind == TYPE_SORTED_SET:
        return "zset"
    if kind == TYPE_HASH:
        return "hash"
    return "stream"


def encoding_name(encoding):
    if encoding == ENCODING_INT:
        return "int"
    if encoding == ENCODING_EMBSTR:
        return "embstr"
    if encoding == ENCODING_RAW:
        return "raw"
    if encoding == ENCODING_LISTPACK:
        return "listpack"
    if encoding == ENCODING_QUICKLIST:
        return "quicklist"
    if encoding == ENCODING_INTSET:
        return "intset"
    if encoding == ENCODING_HASHTABLE:
        return "hashtable"
    return "skiplist" if encoding == ENCODING_SKIPLIST else "stream"
