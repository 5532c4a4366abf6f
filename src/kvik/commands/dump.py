"""DUMP and RESTORE: a key's value as bytes, in Redis's own format, so that redis-server and Valkey take them too."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.commands.arguments import read_integer, reply_syntax_error
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import entry_free
from cython.cimports.kvik.engine.intrinsics import add_overflows
from cython.cimports.kvik.engine.sink import sink_free, sink_init, sink_put_byte
from cython.cimports.kvik.engine.source import source_init
from cython.cimports.kvik.engine.text import is_word
from cython.cimports.kvik.keyspace.database import db_add, db_supersede, expiry_now
from cython.cimports.kvik.keyspace.effects import effect_close, effect_integer, effect_slice, effect_word
from cython.cimports.kvik.keyspace.lookup import delete_key, lookup_peek, lookup_read, lookup_write
from cython.cimports.kvik.keyspace.payload import PAYLOAD_FOOTER, payload_end, payload_is_sound
from cython.cimports.kvik.keyspace.rdb_load import rdb_load_value, rdb_loader_free, set_usage
from cython.cimports.kvik.keyspace.rdb_save import rdb_save_value, rdb_type, rdb_version
from cython.cimports.kvik.keyspace.tail import EVENT_GENERIC, changed, effect_gone, is_logged, replace_effect_on
from cython.cimports.kvik.keyspace.values import value_free
from cython.cimports.kvik.wire.reply import reply_bulk, reply_error, reply_null, reply_ok
from cython.cimports.libc.stdint import uint8_t
from cython.cimports.libc.string import memset


def dump_command(call):
    sink: Sink
    e: EntryPtr = lookup_read(call, 1, call.hash)
    if e == NULL:
        reply_null(call.client)
        return
    if not sink_init(address(sink), call.keyspace.heap, 64, NULL, NULL):
        reply_memory(call)
        return
    sink_put_byte(address(sink), rdb_type(e))
    rdb_save_value(address(sink), e, call.keyspace.compress)
    if payload_end(call.keyspace, address(sink), rdb_version(e)):
        reply_bulk(call.client, sink.data, sink.used)
    else:
        reply_memory(call)
    sink_free(address(sink))


def restore_command(call):
    options: RestoreOptions
    when: int64_t = -1
    slot: Slot
    e: EntryPtr
    if not read_restore_options(call, address(options)):
        return
    if not options.replace and lookup_peek(call, 1, call.hash) != NULL:
        reply_error(call.client, "BUSYKEY Target key name already exists.")
        return
    if not read_restore_ttl(call, options.absolute, address(when)):
        return
    if not payload_is_sound(call.keyspace, address(call.argv[3])):
        reply_error(call.client, "ERR DUMP payload version or checksum are wrong")
        return
    e = payload_value(call, address(call.argv[3]), when)
    if e == NULL:
        return
    slot = lookup_write(call, 1, call.hash)
    if when != -1 and when < expiry_now(call.keyspace):
        # Its time is up already: what was there goes, and nothing comes.
        value_free(call.keyspace.heap, e, False)
        entry_free(call.keyspace.heap, e)
        if slot != NULL:
            delete_key(call, 1, call.hash, call.keyspace.lazy_server_del)
            if is_logged(call):
                effect_gone(call, 1, call.keyspace.lazy_server_del)
        reply_ok(call.client)
        return
    set_usage(call.keyspace, e, options.idle, options.frequency)
    if not (db_add(call.keyspace, call.db, e, call.hash) if slot == NULL
            else db_supersede(call.keyspace, call.db, slot, e, call.hash)):
        value_free(call.keyspace.heap, e, False)
        entry_free(call.keyspace.heap, e)
        reply_memory(call)
        return
    changed(call, 1, EVENT_GENERIC, "restore")
    if is_logged(call) and when != -1 and not options.absolute:
        effect_restore(call, when)
    reply_ok(call.client)


def effect_restore(call, when):
    """RESTORE with the moment of the expiry."""
    f: EffectsPtr = replace_effect_on(call, "RESTORE", 1)
    i: cython.int
    effect_integer(f, when)
    for i in range(3, call.argc):
        effect_slice(f, address(call.argv[i]))
    effect_word(f, "ABSTTL")
    effect_close(f)


def read_restore_options(call, options):
    a: SlicePtr
    i: cython.int = 4
    more: cython.bint
    options.replace = False
    options.absolute = False
    options.idle = -1
    options.frequency = -1
    while i < call.argc:
        a = address(call.argv[i])
        more = i + 1 < call.argc
        if is_word(a, "replace"):
            options.replace = True
        elif is_word(a, "absttl"):
            options.absolute = True
        elif is_word(a, "idletime") and more and options.frequency == -1:
            if not read_integer(call, i + 1, address(options.idle)):
                return False
            if options.idle < 0:
                reply_error(call.client, "ERR Invalid IDLETIME value, must be >= 0")
                return False
            i += 1
        elif is_word(a, "freq") and more and options.idle == -1:
            if not read_integer(call, i + 1, address(options.frequency)):
                return False
            if options.frequency < 0 or options.frequency > 255:
                reply_error(call.client, "ERR Invalid FREQ value, must be >= 0 and <= 255")
                return False
            i += 1
        else:
            reply_syntax_error(call)
            return False
        i += 1
    return True


def read_restore_ttl(call, absolute, when):
    """argv[2] in ms; -1 for none, which is written 0. A moment too far off counts as past, as in Valkey."""
    ttl: int64_t = 0
    if not read_integer(call, 2, address(ttl)):
        return False
    if ttl < 0:
        reply_error(call.client, "ERR Invalid TTL value, must be >= 0")
        return False
    when[0] = -1
    if ttl > 0:
        when[0] = ttl
        if not absolute and add_overflows(ttl, call.keyspace.clock.now_ms, when):
            when[0] = 0
    return True


def payload_value(call, payload, expiry):
    """An entry of its own with the value. NULL: it is damaged, and that was answered."""
    loader: RdbLoader
    source: Source
    e: EntryPtr
    if payload.n == PAYLOAD_FOOTER:
        reply_error(call.client, "ERR Bad data format")
        return NULL
    memset(address(loader), 0, sizeof(RdbLoader))
    source_init(address(source), payload.p + 1, payload.n - PAYLOAD_FOOTER - 1)
    loader.ks = call.keyspace
    loader.source = address(source)
    loader.first.heap = call.keyspace.heap
    loader.second.heap = call.keyspace.heap
    e = rdb_load_value(address(loader), cast(uint8_t, payload.p[0]), address(call.argv[1]), expiry)
    rdb_loader_free(address(loader))
    if e == NULL:
        reply_error(call.client, "ERR Bad data format")
    return e
