"""Watches: which client watches which keys (WATCH). They know no databases' contents; what a change means for those who
watch is in watching.py.

Every watched key stands once in the table of its database and leads to all who watch it, so that a change costs one
lookup, and nothing while nobody watches (`Watches.keys`). Add and remove are O(1), but for the question whether the
client watches the key already: O(the fewer of the client's keys and the key's clients).
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.entry import entry_free, entry_key, entry_key_length, entry_new, entry_set_word
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.table import table_find, table_free, table_init, table_insert, table_remove
from cython.cimports.libc.stdint import uint64_t, uintptr_t
from cython.cimports.libc.string import memset


def watches_init(w, heap, key, databases):
    """False when memory is short."""
    i: cython.int
    memset(w, 0, sizeof(Watches))
    w.heap = heap
    w.tables = cast(TablePtr, heap_alloc(heap, databases * sizeof(Table)))
    if w.tables == NULL:
        return False
    w.count = databases
    memset(w.tables, 0, databases * sizeof(Table))
    for i in range(databases):
        if not table_init(address(w.tables[i]), heap, key):
            return False
    return True


def watches_free(w):
    """When nobody watches any more."""
    i: cython.int
    for i in range(w.count):
        table_free(address(w.tables[i]))
    if w.tables != NULL:
        heap_free(w.heap, w.tables, w.count * sizeof(Table))
    w.count = 0
    w.tables = NULL


def watch_add(w, c, db, key, n, h, expired):
    """Let c watch the key (hash h); once is enough. False when memory is short."""
    watch: WatchPtr
    first: WatchPtr
    e: EntryPtr = watched_entry(w, db, key, n, h)
    if e == NULL:
        return False
    if is_watched_by(e, c):
        return True
    first = first_watch(e)
    watch = cast(WatchPtr, heap_alloc(w.heap, sizeof(Watch)))
    if watch == NULL:
        if first == NULL:
            table_remove(address(w.tables[db]), key, n, h)
            entry_free(w.heap, e)
            w.keys -= 1
        return False
    watch.next = first
    watch.previous = NULL
    if first != NULL:
        first.previous = watch
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, watch)))
    watch.following = cast(WatchPtr, c.watching)
    watch.key = e
    watch.client = c
    watch.db = db
    watch.expired = expired
    if c.watching == NULL:
        w.clients += 1
    c.watching = watch
    return True


def watched_entry(w, db, key, n, h):
    """The entry of a watched key, made if there is none (then nobody watches it yet). NULL without memory."""
    slot: Slot = table_find(address(w.tables[db]), key, n, h)
    e: EntryPtr
    if slot != NULL:
        return slot[0]
    e = entry_new(w.heap, key, n, -1, True, 0)
    if e == NULL:
        return NULL
    entry_set_word(e, 0)
    if not table_insert(address(w.tables[db]), e, h):
        entry_free(w.heap, e)
        return NULL
    w.keys += 1
    return e


def is_watched_by(key, c):
    """Both lists are walked in step: the shorter one decides how long it takes."""
    of_key: WatchPtr = first_watch(key)
    of_client: WatchPtr = cast(WatchPtr, c.watching)
    while of_key != NULL and of_client != NULL:
        if of_key.client == c or of_client.key == key:
            return True
        of_key = of_key.next
        of_client = of_client.following
    return False


def watch_remove(w, watch):
    """Take the watch out of its key's list, and free it."""
    e: EntryPtr = watch.key
    db: cython.int = watch.db
    if watch.next != NULL:
        watch.next.previous = watch.previous
    if watch.previous != NULL:
        watch.previous.next = watch.next
    else:
        entry_set_word(e, cast(uint64_t, cast(uintptr_t, watch.next)))
    if first_watch(e) == NULL:
        table_remove(address(w.tables[db]), entry_key(e), entry_key_length(e),
                     hash_bytes(w.tables[db].key, entry_key(e), entry_key_length(e)))
        entry_free(w.heap, e)
        w.keys -= 1
    heap_free(w.heap, watch, sizeof(Watch))


def watch_drop_all(w, c):
    """c watches nothing any more."""
    watch: WatchPtr = cast(WatchPtr, c.watching)
    following: WatchPtr
    if watch == NULL:
        return
    w.clients -= 1
    c.watching = NULL
    while watch != NULL:
        following = watch.following
        watch_remove(w, watch)
        watch = following


def watches_of(w, db, key, n, h):
    """The first of those who watch the key, or NULL."""
    slot: Slot = table_find(address(w.tables[db]), key, n, h)
    return NULL if slot == NULL else first_watch(slot[0])


def watch_count(c):
    """How many keys c watches. O(keys)."""
    n: uint64_t = 0
    watch: WatchPtr = cast(WatchPtr, c.watching)
    while watch != NULL:
        n += 1
        watch = watch.following
    return n
