"""When two replies to the same command are the same.

The rule is equality, of types too (tests/support/resp.py keeps them apart). RULES has the exceptions: what the order of
hash tables decides comes in any order, and what the time decides may be a moment off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from tests.support.resp import Set

Words = tuple[bytes, ...]
Rule = Callable[[Words, Any, Any], bool]

SECONDS: Final = 5
MILLISECONDS: Final = SECONDS * 1000
"""How far apart times may be: the servers of a busy machine do not run a command at the same moment."""


def equal(ours: Any, theirs: Any) -> bool:
    """Of the same type and value, all the way down; maps and sets in whatever order."""
    if type(ours) is not type(theirs):
        return False
    if isinstance(ours, Set):
        return unordered((), list(ours), list(theirs))
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(equal, ours, theirs))
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(equal(value, theirs[key]) for key, value in ours.items())
    return bool(ours == theirs) or (ours != ours and theirs != theirs)  # nan is nan


# --- any order -------------------------------------------------------------------------------------------------------


def unordered(_: Words, ours: Any, theirs: Any) -> bool:
    """Lists of the same elements."""
    if isinstance(ours, list) and type(ours) is type(theirs):
        return equal(sorted(ours, key=repr), sorted(theirs, key=repr))
    return equal(ours, theirs)


def unordered_pairs(_: Words, ours: Any, theirs: Any) -> bool:
    """Flat lists of fields and values (RESP2), or maps."""
    if type(ours) is list and type(theirs) is list:
        return unordered(_, in_pairs(ours), in_pairs(theirs))
    return equal(ours, theirs)


def in_pairs(flat: Sequence[Any]) -> list[Any]:
    return [list(pair) for pair in zip(flat[::2], flat[1::2], strict=True)] if len(flat) % 2 == 0 else list(flat)


# --- time ------------------------------------------------------------------------------------------------------------


def close(tolerance: int) -> Rule:
    """Positive numbers, alone or in a list, that are a moment apart."""

    def rule(words: Words, ours: Any, theirs: Any) -> bool:
        if type(ours) is int and type(theirs) is int and ours > 0 and theirs > 0:
            return abs(ours - theirs) <= tolerance
        if type(ours) is list and type(theirs) is list:
            return len(ours) == len(theirs) and all(rule(words, *pair) for pair in zip(ours, theirs, strict=True))
        return equal(ours, theirs)

    return rule


def pending(words: Words, ours: Any, theirs: Any) -> bool:
    """XPENDING's entries: ID, consumer, idle time, number of deliveries."""
    return equal(without_idle_time(ours), without_idle_time(theirs))


def without_idle_time(reply: Any) -> Any:
    if type(reply) is not list:
        return reply
    return [
        [*entry[:2], "idle", entry[3]] if type(entry) is list and len(entry) == 4 and type(entry[2]) is int else entry
        for entry in reply
    ]


TIMES: Final = (b"idle", b"inactive")
MOMENTS: Final = 10**12  # what is greater is a moment in milliseconds
INSIDE: Final = (b"radix-tree-nodes",)  # of the tree that the oracle's blocks hang in


def stream_information(_: Words, ours: Any, theirs: Any, key: Any = None) -> bool:
    """XINFO: maps in maps, where times may be a moment off. A map is a flat list in RESP2: the key comes before."""
    if type(ours) is not type(theirs):
        return False
    if type(ours) is int and type(theirs) is int:
        if key in TIMES or min(ours, theirs) > MOMENTS:
            return ours == theirs or (min(ours, theirs) >= 0 and abs(ours - theirs) <= MILLISECONDS)
        return ours == theirs or key in INSIDE
    if isinstance(ours, dict):
        return list(ours) == list(theirs) and all(stream_information(_, ours[key], theirs[key], key) for key in ours)
    if isinstance(ours, list):
        keys = [None, *ours[:-1]]
        return len(ours) == len(theirs) and all(map(partial(stream_information, _), ours, theirs, keys))
    return equal(ours, theirs)


# --- commands --------------------------------------------------------------------------------------------------------


def sort(words: Words, ours: Any, theirs: Any) -> bool:
    """SORT says nothing of the order of equal words, and ALPHA compares words up to their first NUL only (unless it
    stores them). With BY nosort it takes sets as they come."""
    options = [word.upper() for word in words]
    pattern = words[options.index(b"BY") + 1 :][:1] if b"BY" in options else []
    alpha = b"ALPHA" in options
    if alpha and not pattern:
        defined = not any(isinstance(each, bytes) and b"\0" in each for each in (*listed(ours), *listed(theirs)))
    else:
        defined = not pattern or (not alpha and b"*" in pattern[0])
    if defined or type(ours) is not list or type(theirs) is not list:
        return equal(ours, theirs)
    return len(ours) == len(theirs) if b"LIMIT" in options else unordered(words, ours, theirs)


def places(words: Words, ours: Any, theirs: Any) -> bool:
    """With COUNT, it is left open which of the places at the same distance come, and in which order: here they are many.
    (Who comes when distances differ: tests/commands/test_geo_oracle.py.)"""
    if b"COUNT" in (word.upper() for word in words) and type(ours) is list and type(theirs) is list:
        return len(ours) == len(theirs)
    return equal(ours, theirs)


def listed(reply: Any) -> list[Any]:
    return reply if isinstance(reply, list) else []


RULES: Final[MappingProxyType[bytes, Rule]] = MappingProxyType(
    {
        **dict.fromkeys((b"EXPIRETIME", b"HEXPIRETIME", b"HTTL", b"TTL"), close(SECONDS)),
        **dict.fromkeys((b"HPEXPIRETIME", b"HPTTL", b"PEXPIRETIME", b"PTTL"), close(MILLISECONDS)),
        **dict.fromkeys((b"HKEYS", b"HVALS", b"KEYS", b"SDIFF", b"SINTER", b"SMEMBERS", b"SUNION"), unordered),
        b"HGETALL": unordered_pairs,
        **dict.fromkeys((b"GEORADIUS", b"GEORADIUS_RO", b"GEORADIUSBYMEMBER", b"GEORADIUSBYMEMBER_RO"), places),
        b"GEOSEARCH": places,
        b"SORT": sort,
        b"SORT_RO": sort,
        b"XINFO": stream_information,
        b"XPENDING": pending,
    }
)


def same(words: Words, ours: Any, theirs: Any) -> bool:
    """Whether both replies to this command are right, if one is."""
    if type(ours) is type(theirs) and not isinstance(ours, (list, dict, float)) and ours == theirs:
        return True
    rule = RULES.get(words[0].upper())
    return rule(words, ours, theirs) if rule else equal(ours, theirs)



def same_in_order(_: Words, ours: Any, theirs: Any) -> bool:
    """Whether both replies hold the same in the same order, as those from listpacks and intsets do."""
    if isinstance(ours, Set) and isinstance(theirs, Set):
        return equal(list(ours), list(theirs))
    if isinstance(ours, dict) and isinstance(theirs, dict) and list(ours) != list(theirs):
        return False
    return equal(ours, theirs)
