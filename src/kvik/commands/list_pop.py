"""Taking elements from the ends of lists: LPOP, RPOP, LMPOP, LMOVE, RPOPLPUSH, and the forms of them that wait.

An element is read where it stands, replied, and only then taken out; that cannot be refused for want of memory, because
its node was opened before (`list_open_at`).
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.arguments import read_count, read_timeout, reply_syntax_error
from cython.cimports.kvik.commands.collections import drop_emptied, reply_item, write_collection
from cython.cimports.kvik.commands.dispatch import reply_wrong_arity
from cython.cimports.kvik.commands.list import list_rules, push_to_list, reply_heading, reply_range
from cython.cimports.kvik.commands.pops import find_filled, read_pop_options, reply_timed_out
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import TYPE_LIST
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.listpack import item_text
from cython.cimports.kvik.engine.quicklist import list_close, list_item, list_previous, list_reserve
from cython.cimports.kvik.engine.text import is_word
from cython.cimports.kvik.keyspace.blocking import block_on_keys
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.keyspace.effects import effect_close, effect_integer, effect_slice
from cython.cimports.kvik.keyspace.list_value import (
    list_count,
    list_open_at,
    list_pop,
    list_push,
    list_remove_range,
    list_seek,
    list_shrink,
)
from cython.cimports.kvik.keyspace.tail import EVENT_LIST, changed, changed_by, is_logged, replace_effect_on
from cython.cimports.kvik.wire.client import CLIENT_MULTI
from cython.cimports.kvik.wire.reply import (
    reply_array,
    reply_bulk,
    reply_null,
    reply_null_array,
)
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.libc.string import memcpy

# --- taking out ------------------------------------------------------------------------------------------------------


def read_end(call, i, e, at_head, item):
    """The element at that end of the list argv[i], ready to be taken out. False: no memory, answered."""
    heap: HeapPtr = call.keyspace.heap
    index: uint64_t = 0 if at_head else list_count(e) - 1
    c: ListCursor
    if not list_open_at(heap, e, index) or not list_seek(heap, e, index, address(c)):
        reply_memory(call)
        return False
    item[0] = list_item(address(c))
    return True


def take_end(call, i, h, e, at_head):
    """Take out what read_end has read, and report it."""
    rules: ListRules = list_rules(call)
    last: cython.bint = list_count(e) == 1
    if not last:
        list_pop(rules.heap, e, at_head)
        list_shrink(address(rules), e)
    changed(call, i, EVENT_LIST, "lpop" if at_head else "rpop")
    if last:
        drop_emptied(call, i, h)


def pop_many(call, i, h, e, at_head, count, key):
    """Take `count` elements (1 at least), or all there are, out of the list argv[i], and reply them as reply_range."""
    rules: ListRules = list_rules(call)
    size: uint64_t = list_count(e)
    if count > size:
        count = size
    if not list_open_at(rules.heap, e, 0 if at_head else size - 1) \
            or not list_open_at(rules.heap, e, count - 1 if at_head else size - count):
        reply_memory(call)
        return
    if not (reply_range(call, e, 0, count, key) if at_head else reply_backwards(call, e, count, key)):
        return
    if count < size:
        list_remove_range(address(rules), e, 0 if at_head else size - count, count)
    changed_by(call, i, EVENT_LIST, "lpop" if at_head else "rpop", count)
    if is_logged(call) and key > 0:
        effect_pop(call, key, at_head, count)
    if count == size:
        drop_emptied(call, i, h)


def reply_backwards(call, e, count, key):
    """reply_range of `count` elements from the last one on."""
    c: ListCursor
    item: Item
    if not list_seek(call.keyspace.heap, e, list_count(e) - 1, address(c)):
        reply_memory(call)
        return False
    if not list_reserve(address(c), count, False):
        list_close(address(c))
        reply_memory(call)
        return False
    reply_heading(call, count, key)
    while True:
        item = list_item(address(c))
        reply_item(call.client, address(item))
        count -= 1
        if count == 0 or not list_previous(address(c)):
            break
    list_close(address(c))
    return True


# --- from one list ---------------------------------------------------------------------------------------------------


def lpop_command(call):
    pop_command(call, True)


def rpop_command(call):
    pop_command(call, False)


def pop_command(call, at_head):
    e: EntryPtr = NULL
    item: Item
    count: uint64_t = 0
    if call.argc > 3:
        reply_wrong_arity(call)
        return
    if call.argc == 3 and not read_count(call, 2, 0, "ERR value is out of range, must be positive", address(count)):
        return
    if not write_collection(call, 1, call.hash, TYPE_LIST, address(e)):
        return
    if call.argc == 2:
        if e == NULL:
            reply_null(call.client)
        elif read_end(call, 1, e, at_head, address(item)):
            reply_item(call.client, address(item))
            take_end(call, 1, call.hash, e, at_head)
    elif e == NULL:
        reply_null_array(call.client)
    elif count == 0:
        reply_array(call.client, 0)
    else:
        pop_many(call, 1, call.hash, e, at_head, count, 0)


# --- from the first of many that has elements ------------------------------------------------------------------------


def lmpop_command(call):
    options: PopOptions
    if read_pop_options(call, 1, "left", "right", address(options)) and not pop_from_any(call, address(options)):
        reply_null_array(call.client)


def pop_from_any(call, options):
    """LMPOP's work. False: there are no elements, and nothing was answered."""
    h: uint64_t = 0
    e: EntryPtr = NULL
    i: cython.int = find_filled(call, TYPE_LIST, options.first, options.keys, address(h), address(e))
    if i <= 0:
        return i < 0
    pop_many(call, i, h, e, not options.last, options.count, i)
    return True


# --- from one list to another ----------------------------------------------------------------------------------------


def read_ends(call, ends):
    """LEFT or RIGHT in argv[3] and argv[4]."""
    ends.from_head = is_word(address(call.argv[3]), "left")
    ends.to_head = is_word(address(call.argv[4]), "left")
    if (ends.from_head or is_word(address(call.argv[3]), "right")) \
            and (ends.to_head or is_word(address(call.argv[4]), "right")):
        return True
    reply_syntax_error(call)
    return False


def lmove_command(call):
    ends: Ends
    if read_ends(call, address(ends)) and not move_element(call, address(ends)):
        reply_null(call.client)


def rpoplpush_command(call):
    ends: Ends
    ends.from_head = False
    ends.to_head = True
    if not move_element(call, address(ends)):
        reply_null(call.client)


def move_element(call, ends):
    """From the list argv[1] to argv[2]. False: there is none to be moved, and nothing was answered."""
    source: EntryPtr = NULL
    target: EntryPtr = NULL
    to: uint64_t = call_hash(call, 2)
    if not write_collection(call, 1, call.hash, TYPE_LIST, address(source)):
        return True
    if source == NULL:
        return False
    if not write_collection(call, 2, to, TYPE_LIST, address(target)):
        return True
    if source == target:
        rotate(call, source, ends)
    else:
        move_between(call, source, target, to, ends)
    return True


def move_between(call, source, target, to, ends):
    """It is added before it is taken out, so that it is lost nowhere when memory is short."""
    item: Item
    scratch: cython.char[24]
    text: Slice
    if not read_end(call, 1, source, ends.from_head, address(item)):
        return
    text = item_text(address(item), scratch)
    if not push_to_list(call, 2, to, address(target), address(text), 1, ends.to_head):
        return
    changed_by(call, 2, EVENT_LIST, "lpush" if ends.to_head else "rpush", 0)
    reply_bulk(call.client, text.p, text.n)
    take_end(call, 1, call.hash, source, ends.from_head)


def rotate(call, e, ends):
    """Source and target are the same list."""
    rules: ListRules = list_rules(call)
    item: Item
    scratch: cython.char[TEXT_KEPT]
    text: Slice
    pushed: cython.bint = True
    block: cython.p_char = NULL
    if not read_end(call, 1, e, ends.from_head, address(item)):
        return
    text = item_text(address(item), scratch)
    if list_count(e) > 1:
        if text.n > TEXT_KEPT:
            block = cast(cython.p_char, heap_alloc(rules.heap, text.n))
            if block == NULL:
                reply_memory(call)
                return
        memcpy(block if block != NULL else scratch, text.p, text.n)
        text.p = block if block != NULL else scratch
        list_pop(rules.heap, e, ends.from_head)
        pushed = list_push(address(rules), e, address(text), 1, ends.to_head)
        if not pushed:
            list_push(address(rules), e, address(text), 1, ends.from_head)      # where there is room for it
    list_shrink(address(rules), e)
    if pushed:
        reply_bulk(call.client, text.p, text.n)
        changed_by(call, 2, EVENT_LIST, "lpush" if ends.to_head else "rpush", 0)
        changed(call, 1, EVENT_LIST, "lpop" if ends.from_head else "rpop")
    else:
        reply_memory(call)
    if block != NULL:
        heap_free(rules.heap, block, text.n)


# --- waiting ---------------------------------------------------------------------------------------------------------


def blpop_command(call):
    block_and_pop(call, True)


def brpop_command(call):
    block_and_pop(call, False)


def block_and_pop(call, at_head):
    keys: cython.int = call.argc - 2
    timeout_ms: int64_t = 0
    h: uint64_t = 0
    e: EntryPtr = NULL
    item: Item
    i: cython.int
    if not read_timeout(call, call.argc - 1, address(timeout_ms)):
        return
    i = find_filled(call, TYPE_LIST, 1, keys, address(h), address(e))
    if i == 0:
        block_on_keys(call, 1, keys, 1, TYPE_LIST, timeout_ms, reply_timed_out)
    elif i > 0 and read_end(call, i, e, at_head, address(item)):
        reply_array(call.client, 2)
        reply_bulk(call.client, call.argv[i].p, call.argv[i].n)
        reply_item(call.client, address(item))
        take_end(call, i, h, e, at_head)
        if is_logged(call):
            effect_pop(call, i, at_head, 0)


def effect_pop(call, i, at_head, count):
    """The command came to LPOP or RPOP of the list argv[i], of so many elements (0: of one)."""
    f: EffectsPtr = replace_effect_on(call, "LPOP" if at_head else "RPOP", i)
    if count > 0:
        effect_integer(f, count)
    effect_close(f)


def blmpop_command(call):
    options: PopOptions
    timeout_ms: int64_t = 0
    if not read_pop_options(call, 2, "left", "right", address(options)) \
            or not read_timeout(call, 1, address(timeout_ms)):
        return
    if not pop_from_any(call, address(options)):
        block_on_keys(call, options.first, options.keys, 1, TYPE_LIST, timeout_ms, reply_timed_out)


def blmove_command(call):
    ends: Ends
    if read_ends(call, address(ends)):
        block_and_move(call, 5, address(ends))


def brpoplpush_command(call):
    ends: Ends
    ends.from_head = False
    ends.to_head = True
    block_and_move(call, 3, address(ends))


def block_and_move(call, timeout, ends):
    """`timeout`: which argument it is."""
    timeout_ms: int64_t = 0
    dirty: uint64_t = call.keyspace.dirty
    if not read_timeout(call, timeout, address(timeout_ms)):
        return
    if not move_element(call, ends):
        if call.client.flags & CLIENT_MULTI:
            reply_null(call.client)     # as LMOVE does
            return
        block_on_keys(call, 1, 1, 1, TYPE_LIST, timeout_ms, reply_timed_out)
    elif is_logged(call) and call.keyspace.dirty != dirty:
        effect_move(call, timeout)


def effect_move(call, timeout):
    """The command came to what it does when it need not wait, which has not the argument `timeout`."""
    f: EffectsPtr = replace_effect_on(call, "LMOVE" if timeout == 5 else "RPOPLPUSH", 1)
    i: cython.int
    for i in range(2, timeout):
        effect_slice(f, address(call.argv[i]))
    effect_close(f)
