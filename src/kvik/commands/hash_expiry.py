"""Hash commands on fields that expire: HEXPIRE and HTTL with their relatives, HPERSIST, HSETEX, HGETEX; and HGETDEL.

They name their fields as `FIELDS numfields field ...`, HSETEX with a value behind each. A moment that is already past
does not make a field expire: it is removed at once, which counts as a change and is reported as `hexpired` all the
same.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.commands.arguments import (
    SET_EXPIRY,
    SET_FNX,
    SET_FXX,
    SET_KEEPTTL,
    SET_NX,
    SET_PERSIST,
    SET_XX,
    find_set_options,
    read_integer,
    read_moment,
    reply_syntax_error,
)
from cython.cimports.kvik.commands.collections import drop_emptied
from cython.cimports.kvik.commands.expire import conditions_met, read_conditions, shown_expiry
from cython.cimports.kvik.commands.hash import (
    finish_removals,
    finish_sets,
    hash_settings,
    open_hash,
    read_hash,
    reply_place,
    set_pair,
    write_hash,
)
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.text import is_word
from cython.cimports.kvik.keyspace.database import expiry_now, list_hash
from cython.cimports.kvik.keyspace.effects import effect_close, effect_integer, effect_open, effect_slice, effect_word
from cython.cimports.kvik.keyspace.fields import EXPIRY_KEEP, EXPIRY_NONE
from cython.cimports.kvik.keyspace.hash_value import (
    has_fields,
    hash_count,
    hash_expire,
    hash_locate,
    hash_remove,
    place_expiry,
)
from cython.cimports.kvik.keyspace.tail import (
    EVENT_GENERIC,
    EVENT_HASH,
    EVENT_NEW,
    also,
    changed_by,
    is_logged,
    replace_effect_on,
)
from cython.cimports.kvik.wire.reply import reply_array, reply_error, reply_integer, reply_null
from cython.cimports.libc.stdint import int64_t

# --- FIELDS numfields field ... --------------------------------------------------------------------------------------


def find_fields(call, i, step, fields):
    """FIELDS, anywhere from argv[i] on. False: it is missing, which was answered.

    HSETEX and HGETEX look from 1 on: a key of that name is taken for it, as in Valkey.
    """
    fields.step = step
    while i < call.argc - 1:
        if is_word(address(call.argv[i]), "fields"):
            fields.at = i
            return True
        i += 1
    reply_numfields_error(call)
    return False


def fields_stand_at(call, i, fields):
    """FIELDS as argv[i], or a syntax error."""
    fields.at = i
    fields.step = 1
    if is_word(address(call.argv[i]), "fields"):
        return True
    reply_syntax_error(call)
    return False


def count_fields(call, fields):
    """numfields. 0: not as many as there are, -1: no number, which was answered."""
    count: int64_t = 0
    if not read_integer(call, fields.at + 1, address(count)):
        return -1
    fields.first = fields.at + 2
    fields.end = call.argc
    if count < 1 or count > call.argc or fields.first + count * fields.step != call.argc:
        return 0
    return cython.cast(cython.int, count)


def read_field_count(call, fields):
    count: cython.int = count_fields(call, fields)
    if count == 0:
        reply_numfields_error(call)
    return count > 0


def reply_numfields_error(call):
    reply_error(call.client, "ERR numfields should be greater than 0 and match the provided number of fields")


def reply_for_each(call, fields, value):
    for _ in range(fields.first, fields.end):
        reply_integer(call.client, value)


# --- HEXPIRE ---------------------------------------------------------------------------------------------------------


def hexpire_command(call):
    hexpire_generic(call, True, False)


def hpexpire_command(call):
    hexpire_generic(call, False, False)


def hexpireat_command(call):
    hexpire_generic(call, True, True)


def hpexpireat_command(call):
    hexpire_generic(call, False, True)


def hexpire_generic(call, seconds, absolute):
    fields: FieldList
    settings: HashSettings
    e: EntryPtr = NULL
    conditions: cython.int = 0
    when: int64_t = 0
    changes: int64_t = 0
    removed: int64_t = 0
    result: cython.int
    i: cython.int
    if not find_fields(call, 3, 1, address(fields)) \
            or not read_conditions(call, 3, fields.at, address(conditions)) \
            or not read_field_count(call, address(fields)) \
            or not read_moment(call, 2, 0, seconds, absolute, address(when)) \
            or not write_hash(call, address(e)):
        return
    reply_array(call.client, fields.end - fields.first)
    if e == NULL:
        reply_for_each(call, address(fields), NO_SUCH_FIELD)
        return
    hash_settings(call, address(settings))
    begin_log(call)
    for i in range(fields.first, fields.end):
        result = expire_field(call, e, address(settings), address(call.argv[i]), conditions, when)
        if result == OUT_OF_MEMORY:
            reply_memory(call)
            continue
        changes += result == EXPIRY_SET
        removed += result == FIELD_DELETED
        if result > 0 and is_logged(call):
            effect_slice(address(call.keyspace.effects), address(call.argv[i]))
        reply_integer(call.client, result)
    if removed > 0 and is_logged(call):
        effect_close(address(call.keyspace.effects))
    elif changes > 0 and is_logged(call):
        effect_moment(call, address(fields), when, fields.at > 3)
    finish_expiries(call, e, changes, "hexpire")
    finish_field_expiry(call, e, removed)


# --- effects ---------------------------------------------------------------------------------------------------------


def begin_log(call):
    """The effect may come to be HDEL: its fields follow as they are removed."""
    if is_logged(call):
        replace_effect_on(call, "HDEL", 1)


def effect_moment(call, fields, when, condition):
    """The command came to HPEXPIREAT, of which the fields that are not there know nothing; `condition` as argv[3]."""
    f: EffectsPtr = replace_effect_on(call, "HPEXPIREAT", 1)
    i: cython.int
    effect_integer(f, when)
    for i in range(3, fields.at if condition else 3):
        effect_slice(f, address(call.argv[i]))
    effect_fields(call, f, fields)


def effect_fields(call, f, fields):
    """The FIELDS of the command, and the effect's end."""
    i: cython.int
    effect_word(f, "FIELDS")
    effect_integer(f, (fields.end - fields.first) // fields.step)
    for i in range(fields.first, fields.end):
        effect_slice(f, address(call.argv[i]))
    effect_close(f)


def expire_field(call, e, settings, field, conditions, when):
    """What is replied for the field."""
    place: Place
    if not hash_locate(e, field, settings.now, address(place)):
        return NO_SUCH_FIELD
    if not conditions_met(conditions, place_expiry(address(place)), when):
        return CONDITION_NOT_MET
    if when <= settings.now:
        hash_remove(settings.heap, e, address(place))
        return FIELD_DELETED
    return EXPIRY_SET if hash_expire(settings, e, field, address(place), when) else OUT_OF_MEMORY


def finish_expiries(call, e, changes, event):
    """Expiries of fields of e have changed: report it."""
    if changes > 0:
        list_hash(call.keyspace, call.db, e)
        changed_by(call, 1, EVENT_HASH, event, changes)


def finish_field_expiry(call, e, removed):
    """Fields of e have been removed for a moment that is past: count and report it."""
    call.keyspace.stats.expired_fields += removed
    finish_removals(call, e, removed, "hexpired")


# --- HTTL ------------------------------------------------------------------------------------------------------------


def httl_command(call):
    field_expiry_generic(call, True, False)


def hpttl_command(call):
    field_expiry_generic(call, False, False)


def hexpiretime_command(call):
    field_expiry_generic(call, True, True)


def hpexpiretime_command(call):
    field_expiry_generic(call, False, True)


def field_expiry_generic(call, seconds, absolute):
    """For each field -2: there is none, -1: it does not expire; else the time left, or the moment."""
    fields: FieldList
    e: EntryPtr = NULL
    place: Place
    count: cython.int
    i: cython.int
    if not fields_stand_at(call, 2, address(fields)):
        return
    count = count_fields(call, address(fields))
    if count == 0:
        reply_syntax_error(call)
    if count <= 0 or not read_hash(call, address(e)):
        return
    reply_array(call.client, count)
    if e == NULL:
        reply_for_each(call, address(fields), NO_SUCH_FIELD)
        return
    for i in range(fields.first, fields.end):
        if hash_locate(e, address(call.argv[i]), expiry_now(call.keyspace), address(place)):
            reply_integer(call.client, shown_expiry(call, place_expiry(address(place)), seconds, absolute))
        else:
            reply_integer(call.client, NO_SUCH_FIELD)


def hpersist_command(call):
    fields: FieldList
    settings: HashSettings
    e: EntryPtr = NULL
    place: Place
    changes: int64_t = 0
    i: cython.int
    if not fields_stand_at(call, 2, address(fields)) or not read_field_count(call, address(fields)) \
            or not write_hash(call, address(e)):
        return
    reply_array(call.client, fields.end - fields.first)
    if e == NULL:
        reply_for_each(call, address(fields), NO_SUCH_FIELD)
        return
    hash_settings(call, address(settings))
    for i in range(fields.first, fields.end):
        if not hash_locate(e, address(call.argv[i]), settings.now, address(place)):
            reply_integer(call.client, NO_SUCH_FIELD)
        elif place_expiry(address(place)) == EXPIRY_NONE:
            reply_integer(call.client, NO_EXPIRY)
        elif hash_expire(address(settings), e, address(call.argv[i]), address(place), EXPIRY_NONE):
            changes += 1
            reply_integer(call.client, EXPIRY_SET)
        else:
            reply_memory(call)
    finish_expiries(call, e, changes, "hpersist")


# --- HGETEX and HGETDEL ----------------------------------------------------------------------------------------------


def hgetex_command(call):
    fields: FieldList
    options: SetOptions
    settings: HashSettings
    e: EntryPtr = NULL
    changes: int64_t = 0
    i: cython.int
    if not find_fields(call, 1, 1, address(fields)) \
            or not find_set_options(call, 2, fields.at, SET_EXPIRY | SET_PERSIST, address(options)) \
            or not read_field_count(call, address(fields)) or not read_hash(call, address(e)) \
            or not read_field_moment(call, address(options)):
        return
    reply_array(call.client, fields.end - fields.first)
    hash_settings(call, address(settings))
    begin_log(call)
    for i in range(fields.first, fields.end):
        if e == NULL or not get_and_change(
                call, e, address(settings), address(call.argv[i]), address(options), address(changes)):
            reply_null(call.client)
    if is_logged(call) and changes > 0:
        effect_getex(call, address(fields), address(options), address(settings))
    if options.flags & SET_PERSIST:
        finish_expiries(call, e, changes, "hpersist")
    elif options.expiry > settings.now:
        finish_expiries(call, e, changes, "hexpire")
    else:
        finish_field_expiry(call, e, changes)


def effect_getex(call, fields, options, settings):
    """What HGETEX changed."""
    if options.flags & SET_PERSIST:
        effect_fields(call, replace_effect_on(call, "HPERSIST", 1), fields)
    elif options.expiry > settings.now:
        effect_moment(call, fields, options.expiry, False)
    else:
        effect_close(address(call.keyspace.effects))    # the HDEL that was begun


def read_field_moment(call, options):
    """The moment of an expiry option, which may be past."""
    if not options.flags & SET_EXPIRY:
        return True
    return read_moment(
        call, options.expiry_argument, 0, options.seconds, options.absolute, address(options.expiry))


def get_and_change(call, e, settings, field, options, changes):
    """Reply the field's value and do to it what HGETEX says. False: there is none."""
    place: Place
    if not hash_locate(e, field, settings.now, address(place)):
        return False
    reply_place(call, address(place))
    if options.flags & SET_PERSIST:
        if place_expiry(address(place)) == EXPIRY_NONE:
            return True
        changes[0] += hash_expire(settings, e, field, address(place), EXPIRY_NONE)
    elif options.flags & SET_EXPIRY and options.expiry > settings.now:
        changes[0] += hash_expire(settings, e, field, address(place), options.expiry)
    elif options.flags & SET_EXPIRY:
        hash_remove(settings.heap, e, address(place))
        changes[0] += 1
        if is_logged(call):
            effect_slice(address(call.keyspace.effects), field)
    return True


def hgetdel_command(call):
    fields: FieldList
    e: EntryPtr = NULL
    place: Place
    removed: int64_t = 0
    i: cython.int
    if not fields_stand_at(call, 2, address(fields)) or not read_field_count(call, address(fields)) \
            or not write_hash(call, address(e)):
        return
    reply_array(call.client, fields.end - fields.first)
    for i in range(fields.first, fields.end):
        if e != NULL and hash_locate(e, address(call.argv[i]), expiry_now(call.keyspace), address(place)):
            reply_place(call, address(place))
            hash_remove(call.keyspace.heap, e, address(place))
            removed += 1
        else:
            reply_null(call.client)
    if e != NULL:
        finish_removals(call, e, removed, "hdel")


# --- HSETEX ----------------------------------------------------------------------------------------------------------


def hsetex_command(call):
    fields: FieldList
    options: SetOptions
    settings: HashSettings
    sets: Sets
    e: EntryPtr = NULL
    revived: int64_t = 0
    i: cython.int
    if not find_fields(call, 1, 2, address(fields)) \
            or not find_set_options(
                call, 2, fields.at, SET_NX | SET_XX | SET_FNX | SET_FXX | SET_EXPIRY | SET_KEEPTTL, address(options)) \
            or not read_field_count(call, address(fields)) or not write_hash(call, address(e)):
        return
    if (options.flags & SET_NX and e != NULL) or (options.flags & SET_XX and e == NULL):
        reply_integer(call.client, 0)
        return
    if not read_field_moment(call, address(options)):
        return
    if not field_conditions_met(call, e, address(fields), options.flags):
        reply_integer(call.client, 0)
        return
    hash_settings(call, address(settings))
    if options.flags & SET_EXPIRY and options.expiry <= settings.now:
        set_past(call, e, address(fields))
        reply_integer(call.client, 1)
        return
    if options.flags & SET_KEEPTTL:
        options.expiry = EXPIRY_KEEP
    sets.done = 0
    sets.added = 0
    sets.revived = 0
    e = open_hash(call, e)
    if e == NULL:
        return
    i = fields.first
    while i < fields.end and set_pair(
            address(settings), e, address(call.argv[i]), address(call.argv[i + 1]), options.expiry, address(sets)):
        if is_logged(call) and sets.revived != revived:
            effect_revived(call, i)
        revived = sets.revived
        i += 2
    if is_logged(call) and options.flags & SET_EXPIRY and sets.done > 0:
        effect_setex(call, address(fields), options.expiry)
    finish_sets(call, e, address(sets), "hset")
    if options.flags & SET_EXPIRY and sets.done > 0:
        also(call, 1, EVENT_HASH, "hexpire")
    if i < fields.end:
        reply_memory(call)
    else:
        reply_integer(call.client, 1)


def effect_revived(call, i):
    """The field argv[i] had expired, but was there still: so it may be when the log is run again."""
    f: EffectsPtr = address(call.keyspace.effects)
    effect_open(f, call.db.id, "HDEL")
    effect_slice(f, address(call.argv[1]))
    effect_slice(f, address(call.argv[i]))
    effect_close(f)


def effect_setex(call, fields, when):
    """HSETEX without its conditions, which were met, and with the moment of the expiry."""
    f: EffectsPtr = replace_effect_on(call, "HSETEX", 1)
    effect_word(f, "PXAT")
    effect_integer(f, when)
    effect_fields(call, f, fields)


def field_conditions_met(call, e, fields, flags):
    """FNX: none of the fields is there; FXX: all are."""
    place: Place
    present: cython.bint
    i: cython.int
    if not flags & (SET_FNX | SET_FXX):
        return True
    for i in range(fields.first, fields.end, 2):
        present = e != NULL and hash_locate(e, address(call.argv[i]), expiry_now(call.keyspace), address(place))
        if present != ((flags & SET_FXX) != 0):
            return False
    return True


def set_past(call, e, fields):
    """HSETEX for a moment that is past: as if the fields had been set and had expired, though they were not there."""
    place: Place
    removed: int64_t = 0
    i: cython.int
    begin_log(call)
    for i in range(fields.first, fields.end, 2):
        if e != NULL and hash_locate(e, address(call.argv[i]), expiry_now(call.keyspace), address(place)):
            hash_remove(call.keyspace.heap, e, address(place))
            removed += 1
            if is_logged(call):
                effect_slice(address(call.keyspace.effects), address(call.argv[i]))
    if removed > 0 and is_logged(call):
        effect_close(address(call.keyspace.effects))
    call.keyspace.stats.expired_fields += (fields.end - fields.first) // 2
    if e == NULL:
        also(call, 1, EVENT_NEW, "new")
    if removed > 0:
        changed_by(call, 1, EVENT_HASH, "hset", removed)
    else:
        also(call, 1, EVENT_HASH, "hset")
    also(call, 1, EVENT_HASH, "hexpire")
    also(call, 1, EVENT_HASH, "hexpired")
    if e == NULL:
        also(call, 1, EVENT_GENERIC, "del")
        return
    if has_fields(e):
        list_hash(call.keyspace, call.db, e)
    if hash_count(e) == 0:
        drop_emptied(call, 1, call.hash)
