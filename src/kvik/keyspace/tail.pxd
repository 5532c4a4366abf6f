"""The tail of every write. See tail.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.keyspace.call cimport Call
from kvik.engine.intrinsics cimport unlikely
from kvik.engine.text cimport Slice
from kvik.keyspace.database cimport Database, Keyspace
from kvik.keyspace.effects cimport Effects, EffectsPtr, effect_open, effect_slice

cdef enum:                      # classes of events, as in notify-keyspace-events; 1 and 2 are in publish.pxd
    EVENT_GENERIC = 4
    EVENT_STRING = 8
    EVENT_LIST = 16
    EVENT_SET = 32
    EVENT_HASH = 64
    EVENT_SORTED_SET = 128
    EVENT_EXPIRED = 256
    EVENT_EVICTED = 512
    EVENT_STREAM = 1024
    EVENT_MISS = 2048
    EVENT_NEW = 16384
    EVENT_ALL = 2044            # but those that are told only to who asks for them by name: MISS and NEW

cdef void key_changed(
    Keyspace *ks, Database *db, const char *key, size_t n, int event_class, const char *event) noexcept nogil
cdef void key_changed_silently(Keyspace *ks, Database *db, const char *key, size_t n) noexcept nogil
cdef void key_expired(Keyspace *ks, Database *db, const char *key, size_t n) noexcept nogil
cdef void key_evicted(Keyspace *ks, Database *db, const char *key, size_t n) noexcept nogil
cdef void fields_expired(Keyspace *ks, Database *db, const char *key, size_t n) noexcept nogil
cdef void key_event(
    Keyspace *ks, Database *db, const char *key, size_t n, int event_class, const char *event) noexcept nogil
cdef void wake_waiting(Keyspace *ks, Database *db, const char *key, size_t n) noexcept nogil
cdef void signal_key(Keyspace *ks, Database *db, const char *key, size_t n, bint own) noexcept nogil
cdef void effect_expiry(Call *call, int i, int64_t when) noexcept nogil
cdef void effect_gone(Call *call, int i, bint lazy) noexcept nogil
cdef void database_changes(Keyspace *ks, Database *db, Database *by) noexcept nogil
cdef void database_changed(Keyspace *ks, Database *db, uint64_t keys) noexcept nogil
cdef void all_keys_gone(Keyspace *ks, bint lazy) noexcept nogil

cdef inline void changed(Call *call, int i, int event_class, const char *event) noexcept nogil:
    """The running command changed the key in argv[i]."""
    key_changed(call.keyspace, call.db, call.argv[i].p, call.argv[i].n, event_class, event)

cdef inline void changed_silently(Call *call, int i) noexcept nogil:
    """The running command changed the bytes of the key in argv[i], and no event tells (PFCOUNT keeps its result)."""
    key_changed_silently(call.keyspace, call.db, call.argv[i].p, call.argv[i].n)

cdef inline void changed_by(Call *call, int i, int event_class, const char *event, uint64_t n) noexcept nogil:
    """The running command changed n elements of the key in argv[i]: as many changes, one event.

    n may be 0: where the change is counted elsewhere (the other key of LMOVE), or came to nothing but is told (LTRIM).
    """
    call.keyspace.dirty += n - 1    # which wraps, and key_changed adds one
    key_changed(call.keyspace, call.db, call.argv[i].p, call.argv[i].n, event_class, event)

cdef inline void noted(Call *call, int i, int event_class, const char *event) noexcept nogil:
    """The running command changed something about the key in argv[i] that those who watch it or wait for it do not care
    for (consumer groups)."""
    call.keyspace.dirty += 1
    key_event(call.keyspace, call.db, call.argv[i].p, call.argv[i].n, event_class, event)

cdef inline void counted(Call *call, uint64_t n) noexcept nogil:
    """Likewise n changes, without an event."""
    call.keyspace.dirty += n

cdef inline void also(Call *call, int i, int event_class, const char *event) noexcept nogil:
    """A second event of a change that has been reported already (SET with an expiry)."""
    key_event(call.keyspace, call.db, call.argv[i].p, call.argv[i].n, event_class, event)

cdef inline bint is_logged(const Call *call) noexcept nogil:
    """Is somebody to be told what the running command came to?"""
    return unlikely(call.keyspace.effects.on)

cdef inline Effects *replace_effect(Call *call, const char *name) noexcept nogil:
    """Begin a command that says what the running one came to, for that says it not itself. Several may.

    Only if is_logged. Its arguments follow (effect_slice and the like), then effect_close.
    """
    call.keyspace.effects.replaced = True
    effect_open(&call.keyspace.effects, call.db.id, name)
    return &call.keyspace.effects

cdef inline Effects *replace_effect_on(Call *call, const char *name, int i) noexcept nogil:
    """Likewise, argv[i] being its first argument."""
    cdef Effects *f = replace_effect(call, name)
    effect_slice(f, &call.argv[i])
    return f
