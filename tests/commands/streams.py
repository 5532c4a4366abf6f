"""Replies of stream commands as short texts, so that tables of cases can hold them.

    "1-1 a=1 b=2, 2-1 a=3"      entries of XRANGE and its like; "3-1 -" for one of which there is but the ID
    {"k": "1-1 a=1"}            what XREAD and XREADGROUP answer, None for nothing
"""

from __future__ import annotations

from typing import Any

from tests.support.resp import NULL_ARRAY, Connection, Error

INVALID_ID = Error("ERR Invalid stream ID specified as stream command argument")
SMALL_ID = Error("ERR The ID specified in XADD is equal or smaller than the target stream top item")
MAX = 18446744073709551615


def text(data: bytes) -> str:
    return data.decode("latin-1")


def entry(reply: Any) -> str:
    """One entry."""
    id, parts = reply
    if parts in (None, NULL_ARRAY):
        return f"{text(id)} -"
    return " ".join([text(id), *(f"{text(field)}={text(value)}" for field, value in zip(*[iter(parts)] * 2, strict=True))])


def entries(reply: Any) -> Any:
    """An array of entries or IDs; anything else as it is."""
    if not isinstance(reply, list):
        return None if reply is NULL_ARRAY else reply
    return ", ".join(entry(each) if isinstance(each, list) else text(each) for each in reply)


def streams(r: Connection, reply: Any) -> Any:
    """What XREAD answers, in either protocol."""
    if isinstance(reply, Error):
        return reply
    if reply in (None, NULL_ARRAY):
        assert (reply is NULL_ARRAY) == (r.resp == 2)
        return None
    pairs = reply.items() if r.resp == 3 else reply
    return {text(key): entries(some) for key, some in pairs}


def mapping(r: Connection, reply: Any) -> Any:
    """A map of either protocol, with texts for names and texts for texts; maps in it likewise."""
    if isinstance(reply, dict):
        assert r.resp == 3
        return {text(key): mapping(r, value) for key, value in reply.items()}
    if isinstance(reply, list) and r.resp == 2 and reply and reply[0] in (b"name", b"length"):
        pairs = zip(reply[::2], reply[1::2], strict=True)
        return {text(key): mapping(r, value) for key, value in pairs}
    if isinstance(reply, list):
        return [mapping(r, each) for each in reply]
    return text(reply) if isinstance(reply, bytes) else reply


def pending(reply: Any) -> Any:
    """What XPENDING lists, without how long it has been idle: "1-1 consumer deliveries, ..."."""
    if not isinstance(reply, list):
        return reply
    assert all(idle >= 0 for _, _, idle, _ in reply)
    return ", ".join(f"{text(id)} {text(consumer)} {deliveries}" for id, consumer, _, deliveries in reply)


def group_names(r: Connection, key: str = "k") -> str:
    """The groups of a stream: "name last-delivered-id entries-read, ..."."""
    groups = mapping(r, r("XINFO", "GROUPS", key))
    return ", ".join(
        f"{each['name']} {each['last-delivered-id']} {'-' if each['entries-read'] is None else each['entries-read']}"
        for each in groups
    )
