"""Random commands, drawn from the argument specifications of the oracle (tests/reference).

The specification of a command is a tree: options are present or not, alternatives are chosen, blocks and repeated
arguments repeated, counts (numkeys, numfields) agree with what they count. The leaves are filled from `values`. At a
small rate something is wrong: a count, an alternative too many, a missing, doubled, exchanged or additional word.

What is drawn is what can be compared: `is_drawn` says what is left out, and why.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, Final

from tests.model.values import KEYS, Values

REFERENCE: Final = Path(__file__).resolve().parents[1] / "reference" / "valkey-9.1.2-commands.json"

Words = tuple[bytes, ...]

DATA_GROUPS: Final = (
    "string", "bitmap", "hash", "list", "set", "sorted-set", "stream", "hyperloglog", "geo",
)  # fmt: skip
DATABASES: Final = ("select", "swapdb", "dbsize", "flushdb", "flushall")
"""Commands of other groups that sequences over several databases have."""

LEFT_OUT: Final = MappingProxyType(
    {
        "debug": "is about the server",
        "migrate": "needs a third server",
        "object|freq": "falls with the time",
        "object|idletime": "rises with the time",
        "pfdebug": "shows what is inside",
        "pfselftest": "has nothing to compare, and takes long",
        "wait": "waits for replicas",
        "waitaof": "waits for replicas",
    }
)
BLOCKING: Final = frozenset(
    ("blmove", "blmpop", "blpop", "brpop", "brpoplpush", "bzmpop", "bzpopmax", "bzpopmin", "xread", "xreadgroup")
)
READ_GROUPS: Final = ("xread", "xreadgroup")
NOT_MIXED: Final = BLOCKING | {"bitfield"}
"""Whose words do not change places: another number as time-out would take long, as offset much memory."""

WEIGHTS: Final = MappingProxyType(
    {  # how often a command is drawn, where not once: more of what makes data, less of what ends it or waits
        "append": 2.0, "bitop": 1.5, "geoadd": 10.0, "hset": 5.0, "hsetex": 2.0, "lpush": 4.0, "mset": 1.5,
        "pfadd": 4.0, "restore": 1.5, "rpush": 5.0, "sadd": 9.0, "set": 4.0, "setbit": 2.0, "setrange": 1.5,
        "sunionstore": 1.5, "xadd": 15.0, "xgroup|create": 6.0, "xreadgroup": 8.0, "zadd": 16.0, "zunionstore": 1.5,
        "flushall": 0.03, "flushdb": 0.1, "keys": 0.5, "pfcount": 0.7, "select": 3.0, "swapdb": 0.5,
        "geosearchstore": 0.5, "xgroup|destroy": 0.3, "xsetid": 0.4, "zpopmax": 0.4, "zpopmin": 0.4,
        "zmpop": 0.4, "zremrangebylex": 0.4, "zremrangebyrank": 0.4, "zremrangebyscore": 0.4,
        **dict.fromkeys(BLOCKING - {"xread", "xreadgroup"}, 0.3),
        "object|help": 0.1, "xgroup|help": 0.1, "xinfo|help": 0.1,
    }
)  # fmt: skip

MAKES: Final = 1.5
FIRST: Final = 30

ALWAYS: Final = MappingProxyType(
    {("geosearch", "from"): 0.97, ("geosearchstore", "from"): 0.97, ("xgroup|create", "mkstream"): 0.8}
)
"""Options without which only errors would come, and how often they are there."""

COUNTS: Final = ("numkeys", "numfields", "num-vertices")
JUNK: Final = (b"junk", b"NX", b"COUNT", b"", b"\xff")


def is_drawn(name: str, group: str, *, databases: bool) -> bool:
    """Whether this command of the reference has a place in sequences."""
    if name in LEFT_OUT or name in CONTAINERS:
        return False
    return group in DATA_GROUPS or group == "generic" or (databases and name in DATABASES)


CONTAINERS: Final = ("object", "xgroup", "xinfo")


@dataclass(frozen=True, slots=True)
class Specification:
    """What the reference says of one command. `name` is in lower case, container|subcommand for a subcommand."""

    name: str
    group: str
    arguments: Sequence[dict[str, Any]]

    @property
    def words(self) -> list[bytes]:
        return self.name.upper().encode().split(b"|")


@cache
def specifications(databases: bool) -> tuple[Specification, ...]:
    """All commands that sequences may have."""
    reference = json.loads(REFERENCE.read_text())
    return tuple(
        Specification(name, each["group"], each.get("arguments", ()))
        for name, each in sorted(reference.items())
        if is_drawn(name, each["group"], databases=databases)
    )


class Drawer:
    """Draws the commands of one sequence, from those that `available` names."""

    def __init__(
        self, random: Random, available: Collection[str], *, databases: bool = False, payloads: Sequence[bytes] = ()
    ) -> None:
        self.random = random
        self.values = Values(random, payloads)
        # Where a block's last entry was deleted, and MINID trims all before it, Valkey keeps the empty block and counts
        # it in trimming; Kvik does not. So a sequence has either XDEL or an exact MINID.
        self.values.trims_exactly = random.random() < 0.5
        left_out = {"xdel"} if self.values.trims_exactly else set()
        every = [each for each in specifications(databases) if each.name in available and each.name not in left_out]
        self.choices = self._focused(every)
        self.weights = [WEIGHTS.get(each.name, 1.0) for each in self.choices]
        self.number = 1  # of the keys, fields or vertices that the running command has
        self.is_counted = False  # `number` stands in the command, and what it counts comes next
        self.option_share = 0.5

    def _focused(self, every: list[Specification]) -> list[Specification]:
        """Half of the sequences are about one or two types, so that their commands meet each other more often."""
        if self.random.random() < 0.5:
            return every
        present = sorted({each.group for each in every} & set(DATA_GROUPS))
        groups = {*self.random.sample(present, min(2, len(present))), "generic", "server", "connection"}
        return [each for each in every if each.group in groups]

    def commands(self, count: int) -> list[Words]:
        """So many commands; the first ones of those that make data."""
        makers = [weight if weight >= MAKES else 0.0 for weight in self.weights]
        start = min(count, FIRST) if any(makers) else 0
        specifications = self.random.choices(self.choices, makers, k=start) if start else []
        specifications += self.random.choices(self.choices, self.weights, k=count - start)
        return [self.command(each) for each in specifications]

    def command(self, specification: Specification) -> Words:
        while True:
            words = self._command(specification)
            if not is_costly(specification.name, words):
                return words

    def _command(self, specification: Specification) -> Words:
        self.specification = specification
        self.number, self.is_counted = 1, False
        self.option_share = self.random.choice((0.0, 0.3, 0.6, 0.9))
        words = specification.words
        head = len(words)
        words += self._arguments(specification.arguments)
        if specification.name in FINISH:
            FINISH[specification.name](words, self.values)
        for one, others in CONFLICTS.get(specification.name, ()):
            if one in words[head:] and self.random.random() < 0.85:
                remove(words, head, others)
        if self.random.random() < 0.03:
            self._spoil(words, head)
        if self.random.random() < 0.05:
            words[0] = words[0].lower()
        return tuple(words)

    # The tree of arguments

    def _arguments(self, declared: Sequence[dict[str, Any]]) -> list[bytes]:
        """Those of one level. Options that follow each other come in any order."""
        parts: list[list[bytes]] = []
        options: list[list[bytes]] = []
        for each in declared:
            if "optional" in each.get("flags", ()):
                share = ALWAYS.get((self.specification.name, each["name"]), self.option_share)
                if self.random.random() < share:
                    options.append(self._argument(each))
                continue
            parts += self._shuffled(options)
            options = []
            parts.append(self._argument(each))
        parts += self._shuffled(options)
        return [word for part in parts for word in part]

    def _shuffled(self, options: list[list[bytes]]) -> list[list[bytes]]:
        if len(options) > 1 and self.random.random() < 0.3:
            self.random.shuffle(options)
        return options

    def _argument(self, declared: dict[str, Any]) -> list[bytes]:
        name, flags = declared["name"], declared.get("flags", ())
        token = [declared["token"].encode()] if declared.get("token") else []
        if token and self.random.random() < 0.03:
            token[0] = token[0].lower()
        if name in COUNTS:
            return token + self._count()
        times = self._times(name) if "multiple" in flags else 1
        if "multiple_token" in flags:
            return [word for _ in range(times) for word in (*token, *self._once(declared))]
        return token + [word for _ in range(times) for word in self._once(declared)]

    def _once(self, declared: dict[str, Any]) -> list[bytes]:
        specification = self.specification
        match declared["type"]:
            case "pure-token":
                return []
            case "oneof":
                options = declared["arguments"]
                if self.random.random() < 0.01:  # one more than may be
                    return [word for each in self.random.sample(options, 2) for word in self._argument(each)]
                return self._argument(self.random.choice(options))
            case "block":
                return self._arguments(declared["arguments"])
            case "key":
                return [self.values.key(specification.name, specification.group)]
            case _:
                return [self.values.of(specification.name, specification.group, declared["name"])]

    # How many

    def _count(self) -> list[bytes]:
        self.number, self.is_counted = self._how_many(), True
        if self.random.random() < 0.04:
            return [self.random.choice((b"0", b"-1", b"junk", b"%d" % (self.number + 1), b"9223372036854775807"))]
        return [b"%d" % self.number]

    def _times(self, name: str) -> int:
        """How often a repeated argument is there. A counted one as often as was said, weights as often as keys."""
        follows_keys = name == "weight" or (name == "id" and self.specification.name in READ_GROUPS)
        if self.is_counted or follows_keys:
            self.is_counted = False
            return max(0, self.number + (self.random.choice((-1, 1)) if self.random.random() < 0.02 else 0))
        times = self._how_many()
        if self.specification.name in READ_GROUPS and self.random.random() < 0.7:
            times = 1  # all streams must have the group
        if name == "key":
            self.number = times
        return times

    def _how_many(self) -> int:
        chance = self.random.random()
        if chance < 0.45:
            return 1
        if chance < 0.96:
            return self.random.randint(2, 6)
        return self.random.randint(7, 40)

    # What is wrong

    def _spoil(self, words: list[bytes], head: int) -> None:
        """Change the command behind its name so that it is probably wrong."""
        if len(words) == head or self.random.random() < 0.3:
            words.append(self.random.choice(JUNK))
            return
        if self.random.random() < 0.5 or self.specification.name in NOT_MIXED:
            words.pop()
            return
        at = self.random.randrange(head, len(words))
        match self.random.randrange(4):
            case 0:
                del words[at]
            case 1:
                words.insert(at, words[at])
            case 2:
                words[at] = self.random.choice(JUNK)
            case 3:
                other = self.random.randrange(head, len(words))
                words[at], words[other] = words[other], words[at]


def is_costly(name: str, words: Words) -> bool:
    """Whether the servers would allocate or answer millions of bytes: a value, say, stands where an offset should."""
    if name not in ("setrange", "setbit", "srandmember", "hrandfield", "zrandmember"):
        return False
    digits = [word.lstrip(b"-") for word in words[1:]]
    return any(each.isdigit() and 10_000 < int(each) < 2**32 for each in digits)


# --- commands whose arguments hang on each other ----------------------------------------------------------------------


def finish_zrange(words: list[bytes], values: Values) -> None:
    """The bounds are indexes, scores or members, as an option that comes later says."""
    first = 3 if words[0] == b"ZRANGESTORE" else 2
    options = {word.upper() for word in words[first + 2 :]}
    for at, is_last in ((first, False), (first + 1, True)):
        upper = is_last != (b"REV" in options)
        if b"BYLEX" in options:
            words[at] = values.lex_bound(upper=upper)
        elif b"BYSCORE" in options:
            words[at] = values.score_bound(upper=upper)
        else:
            words[at] = values.small(0, 12) if is_last else values.small(-12, 3)


def remove(words: list[bytes], start: int, options: Sequence[bytes]) -> None:
    words[start:] = [word for word in words[start:] if word not in options]


WITH: Final = (b"WITHCOORD", b"WITHDIST", b"WITHHASH")
CONFLICTS: Final[MappingProxyType[str, Sequence[tuple[bytes, Sequence[bytes]]]]] = MappingProxyType(
    {  # (option, those that may not stand beside it): mostly they do not, since only errors would come of it
        "georadius": ((b"STORE", WITH), (b"STOREDIST", WITH)),
        "georadiusbymember": ((b"STORE", WITH), (b"STOREDIST", WITH)),
        "lcs": ((b"IDX", (b"LEN",)),),
        "zadd": ((b"GT", (b"NX",)), (b"LT", (b"NX",))),
        "zrange": ((b"BYLEX", (b"WITHSCORES",)),),
    }
)


def finish_xadd(words: list[bytes], values: Values) -> None:
    """IDs of the server's choice are rare: nothing comes before them afterwards."""
    if b"*" in words and values.chance(0.96):
        words[words.index(b"*")] = values.new_stream_id()
    finish_xtrim(words, values)


def finish_xtrim(words: list[bytes], values: Values) -> None:
    """LIMIT goes with ~ only, and where entries are deleted, MINID too."""
    options = [word.upper() for word in words]
    if b"MINID" in options and not values.trims_exactly:
        at = options.index(b"MINID") + 1
        words[at : at + (words[at] in (b"=", b"~"))] = [b"~"]
    if b"LIMIT" in words and b"~" not in words and values.chance(0.85):
        at = words.index(b"LIMIT")
        del words[at : at + 2]


def finish_zadd(words: list[bytes], values: Values) -> None:
    """INCR takes one member. Lexicographical ranges are defined where all scores are equal."""
    if len(words) > 1 and words[1] in KEYS["lex"]:
        words[2:] = [word for each in range(3, len(words), 2) for word in (b"0", words[each])]
    if b"INCR" in words and values.chance(0.85):
        del words[words.index(b"INCR") + 3 :]


def finish_geosearch(words: list[bytes], values: Values) -> None:
    """A polygon needs no middle."""
    if b"BYPOLYGON" in words and values.chance(0.85):
        for option, length in ((b"FROMMEMBER", 2), (b"FROMLONLAT", 3)):
            if option in words:
                at = words.index(option)
                del words[at : at + length]


def finish_restore(words: list[bytes], values: Values) -> None:
    """Either the one or the other."""
    if b"IDLETIME" in words and b"FREQ" in words and values.chance(0.85):
        at = words.index(b"FREQ")
        del words[at : at + 2]


def finish_sort(words: list[bytes], _: Values) -> None:
    """Equal words come in any order with BY and ALPHA, so these are not stored."""
    options = [word.upper() for word in words]
    if b"BY" in options and b"STORE" in options and b"ALPHA" in options:
        del words[options.index(b"ALPHA")]


FINISH: Final[MappingProxyType[str, Callable[[list[bytes], Values], None]]] = MappingProxyType(
    {
        "geosearch": finish_geosearch,
        "geosearchstore": finish_geosearch,
        "restore": finish_restore,
        "sort": finish_sort,
        "xadd": finish_xadd,
        "xtrim": finish_xtrim,
        "zadd": finish_zadd,
        "zrange": finish_zrange,
        "zrangestore": finish_zrange,
    }
)
