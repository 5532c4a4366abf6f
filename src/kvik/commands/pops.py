"""What the commands share that take elements from the ends of lists and sorted sets, from the first of many keys."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.arguments import read_count, reply_syntax_error
from cython.cimports.kvik.commands.collections import write_collection
from cython.cimports.kvik.engine.text import is_word
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.wire.reply import reply_null_array
from cython.cimports.libc.stdint import uint64_t


def read_pop_options(call, i, first, last, options):
    """`numkeys key ... first | last [COUNT count]` from argv[i] on; `first` and `last` are words."""
    keys: uint64_t = 0
    where: cython.int
    a: SlicePtr
    options.first = i + 1
    options.count = 1
    if not read_count(call, i, 1, "ERR numkeys should be greater than 0", address(keys)):
        return False
    if keys > cast(uint64_t, call.argc - i - 2):
        reply_syntax_error(call)
        return False
    options.keys = cast(cython.int, keys)
    where = i + 1 + options.keys
    a = address(call.argv[where])
    options.last = is_word(a, last)
    if not (options.last or is_word(a, first)):
        reply_syntax_error(call)
        return False
    if where + 2 < call.argc and is_word(address(call.argv[where + 1]), "count"):
        if not read_count(call, where + 2, 1, "ERR count should be greater than 0", address(options.count)):
            return False
        where += 2
    if where + 1 < call.argc:
        reply_syntax_error(call)
        return False
    return True


def find_filled(call, kind, first, count, h, e):
    """The first of the keys argv[first], argv[first + 1], ... that exists: its index, 0 if none does.

    -1: it has not the type `kind`, and that was answered.
    """
    i: cython.int
    for i in range(first, first + count):
        h[0] = call_hash(call, i)
        if not write_collection(call, i, h[0], kind, e):
            return -1
        if e[0] != NULL:
            return i
    return 0


def reply_timed_out(c):
    """What a command answers that waited in vain."""
    reply_null_array(c)
