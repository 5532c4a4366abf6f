"""The log of effects: what requests have changed, as commands that bring the same data about again.

The append-only file is written from it. By default the effect of a request that changed something is the request
itself. A command whose outcome depends on more than the data (the time, chance, who waits) *replaces* that by what it
came to: SPOP by SREM, an expiry in seconds by the moment (`replace_effect` in tail.pxd). What nobody asked for (a key
whose time was up) is logged as its removal.

All that one request, transaction or script appends is a *unit*. Units nest; the outermost one counts. When it comes to
more than one command, it is put between MULTI and EXEC, so that it is never half there.

While nobody keeps the log, it costs a test of `on` a request. The buffer is the C library's, not the heap's: it is no
data, and it must grow when `maxmemory` does not let the data grow.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.text import CR, LF, STAR, format_integer
from cython.cimports.kvik.wire.reply import put_bulk, put_header
from cython.cimports.libc.stdint import int64_t
from cython.cimports.libc.stdlib import free, realloc
from cython.cimports.libc.string import memcpy, memmove, memset, strlen


def effects_init(f, clock):
    memset(f, 0, cython.sizeof(Effects))
    f.clock = clock
    f.db = NO_DATABASE


def effects_free(f):
    free(f.data)
    free(f.draft.data)
    f.data = NULL
    f.draft.data = NULL


def reserve(data, capacity, needed):
    """At least `needed` bytes at data. False when memory is short."""
    grown: cython.p_char
    size: cython.size_t = capacity[0] * 2 if capacity[0] > 0 else 65536
    if needed <= capacity[0]:
        return True
    if size < needed:
        size = needed
    grown = cast(CharPtr, realloc(data[0], size))
    if grown == NULL:
        return False
    data[0] = grown
    capacity[0] = size
    return True


# --- the log ---------------------------------------------------------------------------------------------------------


def begin_command(f, db, room):
    """Where a command of at most `room` bytes goes: behind what it needs in front. NULL: no memory, the log is lost."""
    text: cython.char[24]
    n: cython.int
    now_s: int64_t
    p: cython.p_char
    if f.depth == 0:
        f.commands = 0
    if not reserve(address(f.data), address(f.capacity), f.used + room + ANNOTATION_MAX + 3 * HEADER_MAX + MULTI_BYTES):
        f.lost = True
        return NULL
    if f.commands == 1 and f.depth > 0:
        open_multi(f)
    p = f.data + f.used
    if f.timestamps and f.commands == 0:
        now_s = f.clock.now_ms // 1000
        if now_s > f.stamped_s:
            f.stamped_s = now_s
            memcpy(p, "#TS:", 4)
            p += 4
            p += format_integer(p, now_s)
            p[0] = CR
            p[1] = LF
            p += 2
            if f.depth > 0:
                f.unit = p - f.data         # MULTI is to stand behind it
    if db != f.db:
        f.db = db
        n = format_integer(text, db)
        memcpy(p, "*2\r\n$6\r\nSELECT\r\n", 16)
        p = put_bulk(p + 16, text, n)
    f.commands += 1
    return p


def open_multi(f):
    """The unit has a second command: what it has begins with MULTI. There is room for it."""
    begin: cython.p_char = f.data + f.unit
    memmove(begin + MULTI_BYTES, begin, f.used - f.unit)
    memcpy(begin, "*1\r\n$5\r\nMULTI\r\n", MULTI_BYTES)
    f.used += MULTI_BYTES


def effect_command(f, db, argv, argc):
    """Append a command as it stands there."""
    i: cython.int
    room: cython.size_t = HEADER_MAX
    p: cython.p_char
    for i in range(argc):
        room += argv[i].n + HEADER_MAX + 2
    p = begin_command(f, db, room)
    if p == NULL:
        return
    p = put_header(p, STAR, argc)
    for i in range(argc):
        p = put_bulk(p, argv[i].p, argv[i].n)
    f.used = p - f.data


def effect_removal(f, db, key, n, lazy):
    """A key is gone that nobody deleted."""
    argv: Slice[2]
    argv[0].p = "UNLINK" if lazy else "DEL"
    argv[0].n = strlen(argv[0].p)
    argv[1].p = cast(CharPtr, key)
    argv[1].n = n
    effect_command(f, db, argv, 2)


def unit_end(f):
    f.depth -= 1
    if f.depth > 0:
        return
    if f.commands > 1:
        if not reserve(address(f.data), address(f.capacity), f.used + MULTI_BYTES):
            f.lost = True
            return
        memcpy(f.data + f.used, "*1\r\n$4\r\nEXEC\r\n", 14)
        f.used += 14
    f.commands = 0


def effects_complete(f):
    """How many bytes may be written: all but a unit that has not ended."""
    return f.unit if f.depth > 0 else f.used


def effects_written(f, n):
    """The first n bytes are in the file, or not needed any more."""
    f.used -= n
    f.unit -= n if f.depth > 0 else 0
    f.appended += n
    memmove(f.data, f.data + n, f.used)
    if f.used == 0 and f.capacity > (1 << 20):
        free(f.data)
        f.data = NULL
        f.capacity = 0


# --- a command of one's own ------------------------------------------------------------------------------------------


def effect_open(f, db, name):
    """Begin a command; its arguments follow, and effect_close. Meanwhile nothing else may be appended."""
    f.draft.used = 0
    f.draft.count = 0
    f.draft.db = db
    effect_bytes(f, name, strlen(name))


def effect_bytes(f, p, n):
    draft: DraftPtr = address(f.draft)
    if not reserve(address(draft.data), address(draft.capacity), draft.used + n + HEADER_MAX + 2):
        f.lost = True
        return
    draft.used = put_bulk(draft.data + draft.used, p, n) - draft.data
    draft.count += 1


def effect_word(f, word):
    effect_bytes(f, word, strlen(word))


def effect_integer(f, value):
    text: cython.char[24]
    effect_bytes(f, text, format_integer(text, value))


def effect_close(f):
    """The command is complete: append it."""
    p: cython.p_char
    draft: DraftPtr = address(f.draft)
    if f.lost:
        return
    p = begin_command(f, draft.db, draft.used + HEADER_MAX)
    if p == NULL:
        return
    p = put_header(p, STAR, draft.count)
    memcpy(p, draft.data, draft.used)
    f.used = p + draft.used - f.data
