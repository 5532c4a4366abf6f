"""Commands whose reply hangs on chance, on a cursor or on the clock: more is said than one command and one reply.

A dialogue talks to both servers and returns two things that are equal if both have answered rightly. Where the servers
chose differently it leaves them with the same data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any, Final

from tests.support.resp import Connection, Error

Words = tuple[bytes, ...]
Dialogue = Callable[[Connection, Connection, Words], tuple[Any, Any]]

COPY: Final = b"\x00copy"
MANY_STEPS: Final = 100_000


def find(words: Words) -> Dialogue | None:
    """The dialogue that this command needs."""
    name = words[0].upper()
    if name == b"XADD" and b"*" not in words:
        return None
    if name in (b"ZRANGE", b"ZRANGESTORE") and b"BYLEX" not in (word.upper() for word in words):
        return None
    return DIALOGUES.get(name)


# --- elements at random ----------------------------------------------------------------------------------------------


def contents(r: Connection, key: bytes) -> list[Any]:
    """What a key holds, as a list: members, or pairs of them with what belongs to them."""
    kind = str(r("TYPE", key))
    if kind == "set":
        return list(r("SMEMBERS", key))
    if kind == "hash":
        return pairs(r("HGETALL", key))
    if kind == "zset":
        return pairs(r("ZRANGE", key, 0, -1, "WITHSCORES"))
    return []


def pairs(reply: Any) -> list[Any]:
    """Of a map, a list of pairs, or a flat list."""
    if isinstance(reply, dict):
        return [list(pair) for pair in reply.items()]
    if reply and isinstance(reply[0], list):
        return list(reply)
    return [list(pair) for pair in zip(reply[::2], reply[1::2], strict=True)]


def is_void(reply: Any) -> bool:
    return isinstance(reply, Error) or not isinstance(reply, (bytes, list)) or reply == []


def drawn(words: Words, reply: Any, elements: Sequence[Any]) -> Any:
    """A reply drawn from these elements, without what chance decided."""
    if is_void(reply):
        return reply
    if isinstance(reply, bytes):
        return "one of them" if reply in names(elements) else reply
    with_more = len(words) > 3
    found = pairs(reply) if with_more else list(reply)
    known = elements if with_more else names(elements)
    kinds = sorted({type(each).__name__ for each in reply})
    strange = [each for each in found if each not in known]
    distinct = words[2].startswith(b"-") or len({repr(each) for each in found}) == len(found)
    return type(reply).__name__, kinds, len(reply), strange, distinct


def names(elements: Sequence[Any]) -> list[Any]:
    return [each[0] if isinstance(each, list) else each for each in elements]


def at_random(ours: Connection, theirs: Connection, words: Words) -> tuple[Any, Any]:
    """SRANDMEMBER, HRANDFIELD, ZRANDMEMBER."""
    key = words[1] if len(words) > 1 else b""
    return drawn(words, ours(*words), contents(ours, key)), drawn(words, theirs(*words), contents(theirs, key))


def pop(ours: Connection, theirs: Connection, words: Words) -> tuple[Any, Any]:
    """SPOP. Afterwards both have what Kvik has left, built by the same commands, so that encodings agree too."""
    key = words[1] if len(words) > 1 else b""
    before = contents(ours, key), contents(theirs, key)
    replies = ours(*words), theirs(*words)
    if any(map(is_void, replies)):
        return replies
    left = contents(ours, key), contents(theirs, key)
    if left[0]:
        for each in (ours, theirs):
            each("DEL", key)
            each("SADD", key, *sorted(left[0]))
    results = []
    for reply, elements, others in zip(replies, before, left, strict=True):
        gone = [reply] if isinstance(reply, bytes) else list(reply)
        results.append((drawn(words, reply, elements), sorted([*gone, *others]) == sorted(elements)))
    return results[0], results[1]


def random_key(ours: Connection, theirs: Connection, words: Words) -> tuple[Any, Any]:
    def known(r: Connection) -> Any:
        reply = r(*words)
        return "a key" if isinstance(reply, bytes) and r("EXISTS", reply) else reply

    return known(ours), known(theirs)


# --- what is not defined ---------------------------------------------------------------------------------------------


def by_lex(ours: Connection, theirs: Connection, words: Words) -> tuple[Any, Any]:
    """Lexicographical ranges say nothing where scores differ: such a command is left out."""
    key = words[2 if words[0].upper() == b"ZRANGESTORE" else 1] if len(words) > 2 else b""
    scores = {repr(each[1]) for each in contents(ours, key) if isinstance(each, list)}
    if len(scores) > 1:
        return "undefined", "undefined"
    return ours(*words), theirs(*words)


def at_index(ours: Connection, theirs: Connection, words: Words) -> tuple[Any, Any]:
    """LSET with the smallest integer there is: Valkey negates it, which C does not define. Such a command is left out."""
    if len(words) > 2 and words[2] == b"%d" % -(1 << 63):
        return "undefined", "undefined"
    return ours(*words), theirs(*words)


# --- cursors ---------------------------------------------------------------------------------------------------------


def iteration(r: Connection, words: Words) -> Any:
    """Everything from the first cursor to the last. Elements may come twice; their order is nobody's business."""
    at = 1 if words[0].upper() == b"SCAN" else 2
    reply = r(*words)
    found: set[str] = set()
    for _ in range(MANY_STEPS):
        if not (isinstance(reply, list) and len(reply) == 2 and isinstance(reply[0], bytes)):
            return reply
        cursor, elements = reply
        found.update(map(repr, pairs(elements) if is_of_pairs(words) else elements))
        if cursor == b"0":
            return type(elements).__name__, sorted(found)
        reply = r(*words[:at], cursor, *words[at + 1 :])
    return "no end"


def is_of_pairs(words: Words) -> bool:
    options = [word.upper() for word in words[3:]]
    return words[0].upper() in (b"HSCAN", b"ZSCAN") and not {b"NOVALUES", b"NOSCORES"} & set(options)


def scan(ours: Connection, theirs: Connection, words: Words) -> tuple[Any, Any]:
    return iteration(ours, words), iteration(theirs, words)


# --- payloads --------------------------------------------------------------------------------------------------------


def dump(ours: Connection, theirs: Connection, words: Words) -> tuple[Any, Any]:
    """DUMP: the payloads need not be the same, but each server must read both.

    The encodings are those for the oracle's payload: Kvik writes what older servers read too, and from that Valkey
    makes other encodings now and then.
    """
    replies = ours(*words), theirs(*words)
    if not all(isinstance(reply, bytes) for reply in replies):
        return replies
    return restored(ours, *replies), restored(theirs, *replies)


def restored(r: Connection, ours: bytes, theirs: bytes) -> list[Any]:
    """What a server makes of the two payloads."""
    found = [r("RESTORE", COPY, 0, ours), everything(r, COPY)]
    found += [r("RESTORE", COPY, 0, theirs, "REPLACE"), everything(r, COPY), r("OBJECT", "ENCODING", COPY)]
    r("DEL", COPY)
    return found


def everything(r: Connection, key: bytes) -> Any:
    """What a key of any type holds, in an order that does not depend on the encoding."""
    match str(r("TYPE", key)):
        case "string":
            return r("GET", key)
        case "list":
            return r("LRANGE", key, 0, -1)
        case "stream":
            return r("XRANGE", key, "-", "+")
        case _:
            return sorted(map(repr, contents(r, key)))


# --- the clock -------------------------------------------------------------------------------------------------------


def add_with_time(ours: Connection, theirs: Connection, words: Words) -> tuple[Any, Any]:
    """XADD with an ID of the server's choice: the oracle gets Kvik's. The * of a field or value is no such ID."""
    reply = ours(*words)
    if not isinstance(reply, bytes) or reply in words:
        return reply, theirs(*words)
    at = words.index(b"*")
    return reply, theirs(*words[:at], reply, *words[at + 1 :])


DIALOGUES: Final[MappingProxyType[bytes, Dialogue]] = MappingProxyType(
    {
        **dict.fromkeys((b"HRANDFIELD", b"SRANDMEMBER", b"ZRANDMEMBER"), at_random),
        **dict.fromkeys((b"ZLEXCOUNT", b"ZRANGE", b"ZRANGEBYLEX", b"ZRANGESTORE"), by_lex),
        **dict.fromkeys((b"ZREMRANGEBYLEX", b"ZREVRANGEBYLEX"), by_lex),
        **dict.fromkeys((b"HSCAN", b"SCAN", b"SSCAN", b"ZSCAN"), scan),
        b"DUMP": dump,
        b"LSET": at_index,
        b"RANDOMKEY": random_key,
        b"SPOP": pop,
        b"XADD": add_with_time,
    }
)

