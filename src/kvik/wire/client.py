"""A client: one connection, what it sent and has not been run, what it is owed.

Idle clients own no buffers. What a client sends is read into the loop's arena and run from there; only the start of a
command that is not complete yet is kept, in `held`. When that gets long (`partial`), input is read behind it directly
and the parser goes on where it stopped. An argument of BIG_ARGUMENT bytes or more gets a block of its own, which grows
with what was really received; SET takes that block as the value, so 512 MB are copied not even once.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.entry import raw_bytes, raw_free
from cython.cimports.kvik.engine.heap import doubled, heap_alloc, heap_double, heap_free, heap_resize
from cython.cimports.kvik.wire.parser import arguments_free
from cython.cimports.libc.string import memcpy, memset


def client_new(heap, loop, fd, id):
    c: ClientPtr = cast(ClientPtr, heap_alloc(heap, sizeof(Client)))
    if c != NULL:
        memset(c, 0, sizeof(Client))
        c.loop = loop
        c.fd = fd
        c.id = id
        c.resp = 2
    return c


def client_free(heap, c):
    """Free everything but the queued output and the connection, which are the loop's."""
    client_unhold(heap, c)
    client_set_text(heap, address(c.name), NULL, 0)
    client_set_text(heap, address(c.library), NULL, 0)
    client_set_text(heap, address(c.library_version), NULL, 0)
    heap_free(heap, c, sizeof(Client))


def client_hold(heap, c, p, n):
    """Append n bytes to what is held. False when memory is short."""
    if not client_reserve(heap, c, n):
        return False
    memcpy(c.held + c.held_bytes, p, n)
    c.held_bytes += n
    return True


def client_reserve(heap, c, n):
    """Room for n more bytes behind what is held, growing by doubling; slices that point into it move with it."""
    capacity: cython.size_t = c.held_capacity
    moved: cython.p_char
    if c.held_bytes + n <= capacity:
        return True
    if capacity * 2 > c.held_bytes + n:
        capacity = capacity * 2
    else:
        capacity = c.held_bytes + n
    moved = cast(CharPtr, heap_resize(heap, c.held, c.held_capacity, capacity))
    if moved == NULL:
        return False
    rebase_arguments(c, moved)
    c.held = moved
    c.held_capacity = capacity
    return True


def rebase_arguments(c, moved):
    """`held` is now at `moved`: so are the arguments in it. Big ones stand elsewhere and stay."""
    i: cython.size_t
    big: cython.size_t = 0
    for i in range(c.arguments.count):
        if big < c.big_count and c.big[big].index == i:
            big += 1
        else:
            c.arguments.items[i].p = moved + (c.arguments.items[i].p - c.held)


def client_unhold(heap, c):
    """Forget all input that is not complete."""
    client_drop_big(heap, c)
    arguments_free(heap, address(c.arguments))
    if c.held != NULL:
        heap_free(heap, c.held, c.held_capacity)
    c.held = NULL
    c.held_bytes = 0
    c.held_capacity = 0
    c.partial = False


def client_drop_big(heap, c):
    """Free the blocks of big arguments that no command took."""
    i: cython.size_t
    for i in range(c.big_count):
        if c.big[i].raw != NULL:
            raw_free(heap, c.big[i].raw)
    if c.big != NULL:
        heap_free(heap, c.big, c.big_capacity * sizeof(BigArgument))
    c.big = NULL
    c.big_count = 0
    c.big_capacity = 0
    c.big_bytes = 0
    if c.receiving != NULL:
        raw_free(heap, c.receiving)
        c.receiving = NULL


def client_add_big(heap, c, raw, index):
    """Argument `index` stands in `raw`. False when memory is short."""
    grown: BigArgumentPtr
    if c.big_count == c.big_capacity:
        grown = cast(BigArgumentPtr, heap_double(heap, c.big, c.big_capacity, 2, sizeof(BigArgument)))
        if grown == NULL:
            return False
        c.big = grown
        c.big_capacity = doubled(c.big_capacity, 2)
    c.big[c.big_count].raw = raw
    c.big[c.big_count].index = index
    c.big_count += 1
    c.big_bytes += raw_bytes(raw.capacity)
    return True


def client_take_big(c, p):
    """The block in which the argument at p stands, now the caller's; NULL if it has none. O(big arguments)."""
    i: cython.size_t
    raw: RawPtr
    for i in range(c.big_count):
        raw = c.big[i].raw
        if raw != NULL and cast(CharPtr, raw.data) == p:
            c.big[i].raw = NULL
            return raw
    return NULL


def client_input_bytes(c):
    """Bytes of input that are kept for commands not complete yet."""
    n: cython.size_t = c.held_bytes + c.big_bytes
    if c.receiving != NULL:
        n += c.receiving.length
    return n


def client_memory(c):
    """All memory the client takes."""
    n: cython.size_t = sizeof(Client) + c.held_capacity + c.big_bytes + c.out.queued_blocks + c.transaction_bytes
    n += c.subscriber_bytes + c.tracker_bytes + c.arguments.capacity * sizeof(Slice)
    if c.receiving != NULL:
        n += raw_bytes(c.receiving.capacity)
    return n


def client_set_text(heap, field, p, n):
    """Set one of the client's texts (kept with its length in front); n = 0 clears it."""
    old: SlicePtr = field[0]
    fresh: SlicePtr = NULL
    if n > 0:
        fresh = cast(SlicePtr, heap_alloc(heap, sizeof(Slice) + n))
        if fresh == NULL:
            return False
        fresh.p = cast(CharPtr, fresh) + sizeof(Slice)
        fresh.n = n
        memcpy(fresh.p, p, n)
    if old != NULL:
        heap_free(heap, old, sizeof(Slice) + old.n)
    field[0] = fresh
    return True
