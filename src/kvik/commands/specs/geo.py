"""Places on the earth, as members of sorted sets. See `kvik.commands.spec`."""

from __future__ import annotations

from typing import Final

from kvik.commands.spec import (
    CommandSpec,
    block,
    double,
    integer,
    key,
    keyword_keys,
    oneof,
    range_keys,
    string,
    word,
)

READ: Final = ("readonly",)
ONE_KEY: Final = (range_keys(1, "RO", "access"),)
UNITS: Final = (word("M"), word("KM"), word("FT"), word("MI"))
UNIT: Final = oneof("unit", *UNITS)
PLACE: Final = (double("longitude"), double("latitude"))
ORDER: Final = oneof("order", word("ASC"), word("DESC"), optional=True)
COUNT: Final = block("count-block", integer("count", token="COUNT"), word("ANY", optional=True), optional=True)
RADIUS_COUNT: Final = block(
    "count-block", integer("count", token="COUNT"), word("ANY", since="6.2.0", optional=True), optional=True
)
EXTRAS: Final = (word("WITHCOORD", optional=True), word("WITHDIST", optional=True), word("WITHHASH", optional=True))
STORE: Final = oneof(
    "store",
    key("storekey", token="STORE", display="key", key_spec=1),
    key("storedistkey", token="STOREDIST", display="key", key_spec=2),
    optional=True,
)
FROM: Final = oneof(
    "from", string("member", token="FROMMEMBER"), block("fromlonlat", *PLACE, token="FROMLONLAT"), optional=True
)
BY: Final = oneof(
    "by",
    block("circle", double("radius", token="BYRADIUS"), UNIT),
    block("box", double("width", token="BYBOX"), double("height"), UNIT),
    block(
        "polygon", integer("num-vertices", token="BYPOLYGON"), block("vertices", *PLACE, multiple=True), since="9.0.0"
    ),
)
AREA: Final = (
    "O(N+log(M)) where N is the number of members in the cells around the shape and M the number of those inside it."
)
UPPER_CASE: Final = ("7.0.0", "Added support for uppercase unit names.")
POLYGON: Final = ("9.0.0", "Added support for the BYPOLYGON option.")
ANY: Final = ("6.2.0", "Added the `ANY` option for `COUNT`.")


COMMANDS: Final = (
    CommandSpec(
        "geoadd",
        arity=-5,
        flags=("write", "denyoom"),
        group="geo",
        since="3.2.0",
        summary="Adds places to a sorted set, or moves those that are there.",
        complexity="O(log(N)) for each place, where N is the number of members of the set.",
        acl=("geo",),
        keys=(range_keys(1, "RW", "update"),),
        arguments=(
            key(),
            oneof("condition", word("NX"), word("XX"), since="6.2.0", optional=True),
            word("CH", "change", since="6.2.0", optional=True),
            block("data", *PLACE, string("member"), multiple=True),
        ),
        history=(("6.2.0", "Added the `CH`, `NX` and `XX` options."),),
        handler="geo:geoadd_command",
    ),
    CommandSpec(
        "geodist",
        arity=-4,
        flags=READ,
        group="geo",
        since="3.2.0",
        summary="Returns the distance between two places.",
        complexity="O(1)",
        acl=("geo",),
        keys=ONE_KEY,
        arguments=(key(), string("member1"), string("member2"), oneof("unit", *UNITS, optional=True)),
        handler="geo:geodist_command",
    ),
    CommandSpec(
        "geohash",
        arity=-2,
        flags=READ,
        group="geo",
        since="3.2.0",
        summary="Returns the geohashes of places, as text.",
        complexity="O(1) for each member asked for.",
        acl=("geo",),
        keys=ONE_KEY,
        arguments=(key(), string("member", optional=True, multiple=True)),
        handler="geo:geohash_command",
    ),
    CommandSpec(
        "geopos",
        arity=-2,
        flags=READ,
        group="geo",
        since="3.2.0",
        summary="Returns the longitudes and latitudes of places.",
        complexity="O(1) for each member asked for.",
        acl=("geo",),
        keys=ONE_KEY,
        arguments=(key(), string("member", optional=True, multiple=True)),
        handler="geo:geopos_command",
    ),
    CommandSpec(
        "georadius",
        arity=-6,
        flags=("write", "denyoom"),
        group="geo",
        since="3.2.0",
        summary="Finds the places around a place, and returns or stores them.",
        complexity=AREA,
        acl=("geo",),
        keys=(
            *ONE_KEY,
            keyword_keys("STORE", 6, "OW", "update", "variable_flags"),
            keyword_keys("STOREDIST", 6, "OW", "update", "variable_flags"),
        ),
        arguments=(key(), *PLACE, double("radius"), UNIT, *EXTRAS, RADIUS_COUNT, ORDER, STORE),
        history=(ANY, UPPER_CASE),
        handler="geo_search:georadius_command",
    ),
    CommandSpec(
        "georadius_ro",
        arity=-6,
        flags=READ,
        group="geo",
        since="3.2.10",
        summary="Finds the places around a place.",
        complexity=AREA,
        acl=("geo",),
        keys=ONE_KEY,
        arguments=(key(), *PLACE, double("radius"), UNIT, *EXTRAS, RADIUS_COUNT, ORDER),
        history=(ANY, UPPER_CASE),
        handler="geo_search:georadius_ro_command",
    ),
    CommandSpec(
        "georadiusbymember",
        arity=-5,
        flags=("write", "denyoom"),
        group="geo",
        since="3.2.0",
        summary="Finds the places around a member, and returns or stores them.",
        complexity=AREA,
        acl=("geo",),
        keys=(
            *ONE_KEY,
            keyword_keys("STORE", 5, "OW", "update", "variable_flags"),
            keyword_keys("STOREDIST", 5, "OW", "update", "variable_flags"),
        ),
        arguments=(key(), string("member"), double("radius"), UNIT, *EXTRAS, COUNT, ORDER, STORE),
        history=(ANY, UPPER_CASE),
        handler="geo_search:georadiusbymember_command",
    ),
    CommandSpec(
        "georadiusbymember_ro",
        arity=-5,
        flags=READ,
        group="geo",
        since="3.2.10",
        summary="Finds the places around a member.",
        complexity=AREA,
        acl=("geo",),
        keys=ONE_KEY,
        arguments=(key(), string("member"), double("radius"), UNIT, *EXTRAS, COUNT, ORDER),
        history=(ANY, UPPER_CASE),
        handler="geo_search:georadiusbymember_ro_command",
    ),
    CommandSpec(
        "geosearch",
        arity=-7,
        flags=READ,
        group="geo",
        since="6.2.0",
        summary="Finds the places inside a circle, a box or a polygon.",
        complexity=AREA,
        acl=("geo",),
        keys=ONE_KEY,
        arguments=(key(), FROM, BY, ORDER, COUNT, *EXTRAS),
        history=(UPPER_CASE, POLYGON),
        handler="geo_search:geosearch_command",
    ),
    CommandSpec(
        "geosearchstore",
        arity=-8,
        flags=("write", "denyoom"),
        group="geo",
        since="6.2.0",
        summary="Finds the places inside a circle, a box or a polygon, and stores them.",
        complexity=AREA,
        acl=("geo",),
        keys=(range_keys(1, "OW", "update"), range_keys(2, "RO", "access")),
        arguments=(
            key("destination"),
            key("source", key_spec=1),
            FROM,
            BY,
            ORDER,
            COUNT,
            word("STOREDIST", optional=True),
        ),
        history=(UPPER_CASE, POLYGON),
        handler="geo_search:geosearchstore_command",
    ),
)
