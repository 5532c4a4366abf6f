"""Ziplists and zipmaps for tests: read whole, from a block of just their size."""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.engine.ziplist import ziplist_open, ziplist_read, zipmap_open, zipmap_read
from cython.cimports.tests.engine.exact import exact_copy, exact_free


def read_ziplist(data: bytes):
    """Its entries (bytes and integers), and whether it was damaged."""
    p: cython.p_char = exact_copy(data)
    reader: PackedReader
    item: Item
    items: list = []
    if ziplist_open(address(reader), p, len(data)):
        while ziplist_read(address(reader), address(item)):
            items.append(item.integer if item.p == NULL else item.p[: item.n])
    exact_free(p)
    return items, reader.damaged


def read_zipmap(data: bytes):
    """Its pairs, and whether it was damaged."""
    p: cython.p_char = exact_copy(data)
    reader: PackedReader
    field: Item
    value: Item
    pairs: list = []
    if zipmap_open(address(reader), p, len(data)):
        while zipmap_read(address(reader), address(field), address(value)):
            pairs.append((field.p[: field.n], value.p[: value.n]))
    exact_free(p)
    return pairs, reader.damaged
