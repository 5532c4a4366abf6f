"""Searches for places in sorted sets: GEOSEARCH, GEOSEARCHSTORE and the GEORADIUS family that went before them.

    read    which shape, which order, how many, what to reply or where to store
    find    the members in the ranges of scores that may be in the shape (engine/geohash.py), each asked
    sort    by distance, where an order is asked for; with COUNT only so many are ever kept
    answer  reply, or store

COUNT without an order means the nearest; with ANY, the first that are found.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.commands.arguments import read_integer, reply_error_about, reply_syntax_error
from cython.cimports.kvik.commands.collections import read_collection, reply_item
from cython.cimports.kvik.commands.geo import member_place, read_place, read_unit, reply_distance, reply_place
from cython.cimports.kvik.commands.string_value import reply_memory, store_entry
from cython.cimports.kvik.engine.entry import (
    TYPE_SORTED_SET,
    entry_encoding,
    entry_free,
    entry_new,
    entry_pointer,
    entry_set_kind,
    entry_set_word,
)
from cython.cimports.kvik.engine.geohash import (
    GEO_CELLS,
    GEO_CIRCLE,
    GEO_POLYGON,
    GEO_RECTANGLE,
    geo_shape_contains,
    geo_shape_prepare,
    geo_shape_ranges,
    geohash_decode,
)
from cython.cimports.kvik.engine.heap import doubled, heap_alloc, heap_double, heap_free
from cython.cimports.kvik.engine.intrinsics import ones
from cython.cimports.kvik.engine.text import format_integer, is_word, parse_double, parse_integer
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.keyspace.lookup import delete_key, lookup_write
from cython.cimports.kvik.keyspace.sorted_set_listpack import RankRange, ScoreRange
from cython.cimports.kvik.keyspace.sorted_set_value import (
    ADDED_FAILED,
    cursor_member,
    cursor_next,
    cursor_score,
    sorted_set_add,
    sorted_set_free,
    sorted_set_new,
    sorted_set_score_range,
    sorted_set_seek,
)
from cython.cimports.kvik.keyspace.tail import EVENT_SORTED_SET, changed_by
from cython.cimports.kvik.wire.reply import reply_array, reply_error, reply_integer
from cython.cimports.libc.stdint import INT32_MAX, INT32_MIN, int64_t, uint64_t, uintptr_t
from cython.cimports.libc.string import memset

# --- commands --------------------------------------------------------------------------------------------------------


def georadius_command(call):
    run_query(call, GEO_RADIUS | GEO_MAY_STORE, 1)


def georadius_ro_command(call):
    run_query(call, GEO_RADIUS, 1)


def georadiusbymember_command(call):
    run_query(call, GEO_MEMBER | GEO_MAY_STORE, 1)


def georadiusbymember_ro_command(call):
    run_query(call, GEO_MEMBER, 1)


def geosearch_command(call):
    run_query(call, GEO_SEARCH, 1)


def geosearchstore_command(call):
    run_query(call, GEO_SEARCH | GEO_STORES, 2)


def run_query(call, kind, source):
    """A search in the key argv[source]."""
    query: GeoQuery
    matches: GeoMatches
    heap: HeapPtr = call.keyspace.heap
    e: EntryPtr = NULL
    if not read_collection(call, source, call_hash(call, source), TYPE_SORTED_SET, address(e)):
        return
    memset(address(query), 0, sizeof(GeoQuery))
    query.kind = kind
    query.shape.unit = 1
    if not read_query(call, e, address(query)):
        drop_vertices(call, address(query.shape))
        return
    memset(address(matches), 0, sizeof(GeoMatches))
    if e != NULL:
        geo_shape_prepare(address(query.shape))
        find_matches(e, address(query), address(matches), heap)
    drop_vertices(call, address(query.shape))
    if matches.failed:
        reply_memory(call)
    elif matches.count == 0:
        answer_nothing(call, address(query))
    else:
        if query.order != ORDER_NONE:
            matches_sort(address(matches), query.order)
        if query.store > 0:
            store_matches(call, address(query), address(matches))
        else:
            reply_matches(call, address(query), address(matches))
    if matches.items != NULL:
        heap_free(heap, matches.items, matches.capacity * sizeof(GeoMatch))


# --- reading ---------------------------------------------------------------------------------------------------------


def read_query(call, e, query):
    """Everything behind the key. (A search in a key that is not there is read as well, for its errors.)"""
    first: cython.int = 2
    if query.kind & GEO_RADIUS:
        first = 6
        if not read_place(call, 2, address(query.shape.center)) or not read_circle(call, 4, address(query.shape)):
            return False
    elif query.kind & GEO_MEMBER:
        first = 5
        if e != NULL and not (read_member(call, e, 2, address(query.shape.center))
                              and read_circle(call, 3, address(query.shape))):
            return False
    elif query.kind & GEO_STORES:
        first = 3
        query.store = 1
    if not read_options(call, e, query, first) or not check_query(call, query):
        return False
    if query.count > 0 and query.order == ORDER_NONE and not query.has & HAS_ANY:
        query.order = ORDER_NEAREST
    return True


def read_options(call, e, query, i):
    """The options from argv[i] on."""
    a: SlicePtr
    taken: cython.int
    while i < call.argc:
        a = address(call.argv[i])
        taken = 1
        if read_extra(a) != 0:
            query.extras |= read_extra(a)
        elif is_word(a, "any"):
            query.has |= HAS_ANY
        elif is_word(a, "asc"):
            query.order = ORDER_NEAREST
        elif is_word(a, "desc"):
            query.order = ORDER_FARTHEST
        elif is_word(a, "count") and i + 1 < call.argc:
            taken = 2
            if not read_count(call, i + 1, query):
                return False
        elif query.kind & GEO_SEARCH:
            taken = read_search_option(call, e, query, i)
        else:
            taken = read_store(call, i, query)
        if taken == 0:
            reply_syntax_error(call)
        if taken <= 0:
            return False
        i += taken
    return True


def read_extra(a):
    if is_word(a, "withdist"):
        return WITH_DISTANCE
    if is_word(a, "withhash"):
        return WITH_HASH
    return WITH_PLACE if is_word(a, "withcoord") else 0


def read_count(call, i, query):
    if not read_integer(call, i, address(query.count)):
        return False
    if query.count > 0:
        return True
    reply_error(call.client, "ERR COUNT must be > 0")
    return False


def read_store(call, i, query):
    """STORE or STOREDIST at argv[i]: the arguments taken, 0 if it is neither."""
    distance: cython.bint = is_word(address(call.argv[i]), "storedist")
    if not query.kind & GEO_MAY_STORE or i + 1 == call.argc \
            or not (distance or is_word(address(call.argv[i]), "store")):
        return 0
    query.store = i + 1
    query.store_distance = distance
    return 2


def read_search_option(call, e, query, i):
    """An option of GEOSEARCH at argv[i]: the arguments taken, 0 if it is none, -1 if it is wrong, answered."""
    a: SlicePtr = address(call.argv[i])
    left: cython.int = call.argc - i - 1
    end: cython.int = i + 1
    has: cython.int = query.has
    if is_word(a, "frommember") and left >= 1 and not has & (HAS_PLACE | HAS_POLYGON):
        query.has |= HAS_MEMBER
        return 2 if e == NULL or read_member(call, e, i + 1, address(query.shape.center)) else -1
    if is_word(a, "fromlonlat") and left >= 2 and not has & (HAS_MEMBER | HAS_POLYGON):
        query.has |= HAS_PLACE
        return 3 if read_place(call, i + 1, address(query.shape.center)) else -1
    if is_word(a, "byradius") and left >= 2 and not has & (HAS_BOX | HAS_POLYGON):
        query.has |= HAS_RADIUS
        return 3 if read_circle(call, i + 1, address(query.shape)) else -1
    if is_word(a, "bybox") and left >= 3 and not has & (HAS_RADIUS | HAS_POLYGON):
        query.has |= HAS_BOX
        return 4 if read_rectangle(call, i + 1, address(query.shape)) else -1
    if is_word(a, "bypolygon") and left >= 2 and not has & (HAS_PLACE | HAS_MEMBER | HAS_RADIUS | HAS_BOX):
        query.has |= HAS_POLYGON
        return end - i if read_polygon(call, address(end), address(query.shape)) else -1
    if is_word(a, "storedist") and query.kind & GEO_STORES:
        query.store_distance = True
        return 1
    return 0


def check_query(call, query):
    """Do the options go together?"""
    if query.store > 0 and query.extras != 0:
        reply_error(
            call.client,
            "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
            if query.kind & GEO_STORES else
            "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
        return False
    if query.kind & GEO_SEARCH:
        if not query.has & (HAS_PLACE | HAS_MEMBER | HAS_POLYGON):
            reply_error_about(
                call, "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for %.*s", address(call.argv[0]))
            return False
        if not query.has & (HAS_RADIUS | HAS_BOX | HAS_POLYGON):
            reply_error_about(
                call, "ERR exactly one of BYRADIUS, BYBOX and BYPOLYGON can be specified for %.*s",
                address(call.argv[0]))
            return False
    if query.has & HAS_ANY and query.count == 0:
        reply_error(call.client, "ERR the ANY argument requires COUNT argument")
        return False
    return True


def read_member(call, e, i, place):
    """Where the member argv[i] is."""
    if member_place(e, address(call.argv[i]), place):
        return True
    reply_error_about(call, "ERR member %.*s does not exist", address(call.argv[i]))
    return False


def read_size(call, i, size, complaint):
    if parse_double(call.argv[i].p, call.argv[i].n, size):
        return True
    reply_error(call.client, complaint)
    return False


def read_circle(call, i, shape):
    """argv[i] and argv[i + 1] as a radius and its unit."""
    shape.kind = GEO_CIRCLE
    if not read_size(call, i, address(shape.radius), "ERR need numeric radius"):
        return False
    if shape.radius < 0:
        reply_error(call.client, "ERR radius cannot be negative")
        return False
    return read_unit(call, i + 1, address(shape.unit))


def read_rectangle(call, i, shape):
    """argv[i], argv[i + 1] and argv[i + 2] as width, height and their unit."""
    shape.kind = GEO_RECTANGLE
    if not read_size(call, i, address(shape.width), "ERR need numeric width") \
            or not read_size(call, i + 1, address(shape.height), "ERR need numeric height"):
        return False
    if shape.width < 0 or shape.height < 0:
        reply_error(call.client, "ERR height or width cannot be negative")
        return False
    return read_unit(call, i + 2, address(shape.unit))


def read_polygon(call, i, shape):
    """argv[i] as a number of corners, and so many pairs behind it; moves i behind them."""
    count: int64_t = 0
    k: cython.size_t
    a: SlicePtr = address(call.argv[i[0]])
    if not parse_integer(a.p, a.n, address(count)) or not INT32_MIN <= count <= INT32_MAX:
        reply_error(call.client, "ERR invalid number of vertices")
        return False
    if count < 3 or count > (call.argc - i[0] - 1) // 2:
        reply_error(call.client, "ERR GEOSEARCH BYPOLYGON must have at least 3 vertices")
        return False
    drop_vertices(call, shape)
    shape.kind = GEO_POLYGON
    shape.vertices = cast(GeoPlacePtr, heap_alloc(call.keyspace.heap, count * sizeof(GeoPlace)))
    if shape.vertices == NULL:
        reply_memory(call)
        return False
    shape.vertex_count = count
    for k in range(shape.vertex_count):
        if not read_place(call, i[0] + 1 + 2 * cast(cython.int, k), address(shape.vertices[k])):
            return False
    i[0] += 1 + 2 * cast(cython.int, count)
    return True


def drop_vertices(call, shape):
    if shape.vertices != NULL:
        heap_free(call.keyspace.heap, shape.vertices, shape.vertex_count * sizeof(GeoPlace))
        shape.vertices = NULL


# --- finding ---------------------------------------------------------------------------------------------------------


def find_matches(e, query, matches, heap):
    """The members of the sorted set that are in the shape."""
    ranges: GeoRange[GEO_CELLS]
    within: ScoreRange
    ranks: RankRange
    cursor: SortedSetCursor
    match: GeoMatch
    place: GeoPlace
    i: cython.int
    cells: cython.int = geo_shape_ranges(address(query.shape), ranges)
    matches.limit = query.count
    matches.order = query.order
    if query.has & HAS_ANY:
        matches.order = ORDER_NONE      # whichever come first, even if they are sorted then
    for i in range(cells):
        within.min = ranges[i].min
        within.max = ranges[i].max
        within.min_excluded = False
        within.max_excluded = True
        ranks = sorted_set_score_range(e, address(within))
        if ranks.count > 0:
            sorted_set_seek(e, ranks.first, address(cursor))
        while ranks.count > 0:
            match.score = cursor_score(address(cursor))
            place = geohash_decode(match.score)
            if geo_shape_contains(address(query.shape), address(place), address(match.distance)):
                match.distance /= query.shape.unit
                match.member = cursor_member(address(cursor))
                if not matches_add(matches, heap, address(match)):
                    return
            cursor_next(address(cursor))
            ranks.count -= 1


def matches_add(matches, heap, match):
    """Take it in, in place of a worse one if there are enough. False: nothing more is wanted, or memory is short."""
    larger: GeoMatchPtr
    match.turn = matches.found
    matches.found += 1
    if matches.limit > 0 and cast(int64_t, matches.count) == matches.limit:
        if is_behind(matches, address(matches.items[0]), match):
            matches.items[0] = match[0]
            sift_down(matches, 0, matches.count)
        return True
    if matches.count == matches.capacity:
        larger = cast(GeoMatchPtr, heap_double(heap, matches.items, matches.capacity, 32, sizeof(GeoMatch)))
        if larger == NULL:
            matches.failed = True
            return False
        matches.items = larger
        matches.capacity = doubled(matches.capacity, 32)
    matches.items[matches.count] = match[0]
    matches.count += 1
    if cast(int64_t, matches.count) == matches.limit:
        if matches.order == ORDER_NONE:
            return False
        matches_heapify(matches)
    return True


def is_behind(matches, a, b):
    """Does a come behind b in the order that is asked for?"""
    if a.distance != b.distance:
        return (a.distance > b.distance) == (matches.order == ORDER_NEAREST)
    return a.turn > b.turn


def sift_down(matches, at, count):
    """Let the match at `at` sink to its place in the heap items[:count], where what comes last is on top."""
    moved: GeoMatch = matches.items[at]
    below: cython.size_t = 2 * at + 1
    while below < count:
        if below + 1 < count and is_behind(matches, address(matches.items[below + 1]), address(matches.items[below])):
            below += 1
        if not is_behind(matches, address(matches.items[below]), address(moved)):
            break
        matches.items[at] = matches.items[below]
        at = below
        below = 2 * at + 1
    matches.items[at] = moved


def matches_heapify(matches):
    at: cython.size_t = matches.count // 2
    while at > 0:
        at -= 1
        sift_down(matches, at, matches.count)


def matches_sort(matches, order):
    last: GeoMatch
    count: cython.size_t = matches.count
    matches.order = order
    matches_heapify(matches)
    while count > 1:
        count -= 1
        last = matches.items[0]
        matches.items[0] = matches.items[count]
        matches.items[count] = last
        sift_down(matches, 0, count)


# --- answering -------------------------------------------------------------------------------------------------------


def reply_matches(call, query, matches):
    extras: cython.int = ones(query.extras)
    match: GeoMatchPtr
    place: GeoPlace
    i: cython.size_t
    reply_array(call.client, matches.count)
    for i in range(matches.count):
        match = address(matches.items[i])
        if extras > 0:
            reply_array(call.client, 1 + extras)
        reply_item(call.client, address(match.member))
        if query.extras & WITH_DISTANCE:
            reply_distance(call.client, match.distance)
        if query.extras & WITH_HASH:
            reply_integer(call.client, cast(int64_t, match.score))
        if query.extras & WITH_PLACE:
            place = geohash_decode(match.score)
            reply_place(call.client, address(place))


def answer_nothing(call, query):
    """Nothing was found: an empty array, or an empty result stored, which is no key."""
    h: uint64_t
    if query.store == 0:
        reply_array(call.client, 0)
        return
    h = call_hash(call, query.store)
    if lookup_write(call, query.store, h) != NULL:
        delete_key(call, query.store, h, call.keyspace.lazy_server_del)
    reply_integer(call.client, 0)


def store_matches(call, query, matches):
    """Let argv[query.store], which may be the key that was searched, be a sorted set of what was found."""
    h: uint64_t = call_hash(call, query.store)
    e: EntryPtr = matches_set(call, query, matches)
    if e == NULL:
        reply_memory(call)
    elif store_entry(call, h, lookup_write(call, query.store, h), e):
        changed_by(
            call, query.store, EVENT_SORTED_SET,
            "geosearchstore" if query.kind & GEO_SEARCH else "georadiusstore", matches.count)
        reply_integer(call.client, matches.count)


def matches_set(call, query, matches):
    """An entry for argv[query.store], still in no table, with what was found. NULL: no memory."""
    rules: SortedSetRules = sorted_set_rules(call)
    encoding: cython.int = 0
    scratch: cython.char[24]
    text: Slice
    longest: cython.size_t = 0
    result: cython.double = 0
    score: cython.double
    i: cython.size_t
    value: cython.p_void
    e: EntryPtr = entry_new(rules.heap, call.argv[query.store].p, call.argv[query.store].n, -1, True, 0)
    if e == NULL:
        return NULL
    for i in range(matches.count):
        text = match_text(address(matches.items[i]), scratch)
        longest = text.n if text.n > longest else longest
    value = sorted_set_new(address(rules), matches.count, longest, address(encoding))
    if value == NULL:
        entry_free(rules.heap, e)
        return NULL
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, value)))
    entry_set_kind(e, TYPE_SORTED_SET, encoding)
    for i in range(matches.count):
        text = match_text(address(matches.items[i]), scratch)
        score = matches.items[i].distance if query.store_distance else matches.items[i].score
        if sorted_set_add(address(rules), e, address(text), score, 0, address(result)) == ADDED_FAILED:
            sorted_set_free(rules.heap, entry_pointer(e), entry_encoding(e), False)
            entry_free(rules.heap, e)
            return NULL
    return e


def match_text(match, scratch):
    """The bytes of the member; an integer's are written to `scratch`."""
    text: Slice
    if match.member.p != NULL:
        text.p = match.member.p
        text.n = match.member.n
    else:
        text.p = scratch
        text.n = format_integer(scratch, match.member.integer)
    return text
