"""Commands about places in sorted sets: GEOADD, GEOPOS, GEOHASH, GEODIST. Searches are in geo_search.py.

A place is a member of a sorted set whose score is its geohash (engine/geohash.py). So all sorted set commands work on
it, and whatever score a member has, it is some place.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.commands.arguments import reply_syntax_error
from cython.cimports.kvik.commands.collections import read_collection
from cython.cimports.kvik.commands.sorted_set import add_pairs
from cython.cimports.kvik.engine.entry import TYPE_SORTED_SET
from cython.cimports.kvik.engine.geohash import (
    GEO_DISTANCE_MAX,
    GEO_TEXT,
    geo_distance,
    geo_format_distance,
    geo_place_is_valid,
    geohash_decode,
    geohash_encode,
    geohash_text,
)
from cython.cimports.kvik.engine.text import DOUBLE_MAX, format_long_double, is_word, parse_double
from cython.cimports.kvik.keyspace.sorted_set_value import ADD_IF_NEW, ADD_IF_THERE, sorted_set_score
from cython.cimports.kvik.wire.output import output_write
from cython.cimports.kvik.wire.reply import (
    reply_array,
    reply_bulk,
    reply_error,
    reply_error_slice,
    reply_null,
    reply_null_array,
)
from cython.cimports.libc.stdio import snprintf

# --- for all commands about places -----------------------------------------------------------------------------------


def read_place(call, i, place):
    """argv[i] and argv[i + 1] as longitude and latitude."""
    text: cython.char[800]
    n: cython.int
    if not parse_double(call.argv[i].p, call.argv[i].n, address(place.longitude)) \
            or not parse_double(call.argv[i + 1].p, call.argv[i + 1].n, address(place.latitude)):
        reply_error(call.client, "ERR value is not a valid float")
        return False
    if geo_place_is_valid(place):
        return True
    n = snprintf(text, 800, "ERR invalid longitude,latitude pair %f,%f", place.longitude, place.latitude)
    reply_error_slice(call.client, text, n)
    return False


def read_unit(call, i, unit):
    """argv[i] as a unit of length, in metres."""
    a: SlicePtr = address(call.argv[i])
    if is_word(a, "m"):
        unit[0] = 1
    elif is_word(a, "km"):
        unit[0] = 1000
    elif is_word(a, "ft"):
        unit[0] = 0.3048
    elif is_word(a, "mi"):
        unit[0] = 1609.34
    else:
        reply_error(call.client, "ERR unsupported unit provided. please use M, KM, FT, MI")
        return False
    return True


def member_place(e, member, place):
    """Where the member is. False: it is not in the set."""
    score: cython.double = 0
    if e == NULL or not sorted_set_score(e, member, address(score)):
        return False
    place[0] = geohash_decode(score)
    return True


def reply_place(c, place):
    reply_array(c, 2)
    reply_coordinate(c, place.longitude)
    reply_coordinate(c, place.latitude)


def reply_coordinate(c, value):
    """With all its digits, 17 decimals at most; in RESP2 a bulk string."""
    text: cython.char[DOUBLE_MAX]
    n: cython.int = format_long_double(text, value)
    if c.resp == 2:
        reply_bulk(c, text, n)
        return
    output_write(c, ",", 1)
    output_write(c, text, n)
    output_write(c, "\r\n", 2)


def reply_distance(c, distance):
    text: cython.char[GEO_DISTANCE_MAX]
    reply_bulk(c, text, geo_format_distance(text, distance))


# --- commands --------------------------------------------------------------------------------------------------------


def read_place_score(call, i, score):
    """argv[i] and argv[i + 1] as the score of a place."""
    place: GeoPlace
    if not read_place(call, i, address(place)):
        return False
    score[0] = geohash_encode(address(place))
    return True


def geoadd_command(call):
    options: AddOptions
    options.flags = 0
    options.changes = False
    options.first = 2
    options.step = 3
    options.read = read_place_score
    while options.first < call.argc:
        if is_word(address(call.argv[options.first]), "nx"):
            options.flags |= ADD_IF_NEW
        elif is_word(address(call.argv[options.first]), "xx"):
            options.flags |= ADD_IF_THERE
        elif is_word(address(call.argv[options.first]), "ch"):
            options.changes = True
        else:
            break
        options.first += 1
    if options.first == call.argc or (call.argc - options.first) % 3 != 0 \
            or (options.flags & ADD_IF_NEW and options.flags & ADD_IF_THERE):
        reply_syntax_error(call)
    else:
        add_pairs(call, address(options))


def geopos_command(call):
    e: EntryPtr = NULL
    place: GeoPlace
    i: cython.int
    if not read_collection(call, 1, call.hash, TYPE_SORTED_SET, address(e)):
        return
    reply_array(call.client, call.argc - 2)
    for i in range(2, call.argc):
        if member_place(e, address(call.argv[i]), address(place)):
            reply_place(call.client, address(place))
        else:
            reply_null_array(call.client)


def geohash_command(call):
    e: EntryPtr = NULL
    place: GeoPlace
    text: cython.char[GEO_TEXT]
    i: cython.int
    if not read_collection(call, 1, call.hash, TYPE_SORTED_SET, address(e)):
        return
    reply_array(call.client, call.argc - 2)
    for i in range(2, call.argc):
        if member_place(e, address(call.argv[i]), address(place)):
            geohash_text(address(place), text)
            reply_bulk(call.client, text, GEO_TEXT)
        else:
            reply_null(call.client)


def geodist_command(call):
    e: EntryPtr = NULL
    unit: cython.double = 1
    a: GeoPlace
    b: GeoPlace
    if call.argc == 5:
        if not read_unit(call, 4, address(unit)):
            return
    elif call.argc > 5:
        reply_syntax_error(call)
        return
    if not read_collection(call, 1, call.hash, TYPE_SORTED_SET, address(e)):
        return
    if member_place(e, address(call.argv[2]), address(a)) and member_place(e, address(call.argv[3]), address(b)):
        reply_distance(call.client, geo_distance(address(a), address(b)) / unit)
    else:
        reply_null(call.client)
