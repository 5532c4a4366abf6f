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

from tests.model.values import Values

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
NOT_MIXED: Final = BLOCKING | {"bitfield"}
"""Whose words do not change places: another number as time-out would take long, as offset much memory."""

WEIGHTS: Final = MappingProxyType(
    {  # how often a command is drawn, where not once: more of what makes data, less of what ends it or waits
        "append": 2.0, "bitop": 1.5, "geoadd": 4.0, "hset": 4.0, "hsetex": 2.0, "lpush": 3.0, "mset": 1.5, "pfadd": 4.0,
        "rpush": 4.0, "sadd": 5.0, "set": 4.0, "setbit": 2.0, "setrange": 1.5, "xadd": 10.0, "xgroup|create": 4.0,
        "xreadgroup": 3.0, "zadd": 6.0,
        "del": 0.4, "unlink": 0.4, "flushall": 0.03, "flushdb": 0.1, "swapdb": 0.5, "keys": 0.5, "select": 3.0,
        "xgroup|destroy": 0.4, "xsetid": 0.3, "move": 0.7, "pfcount": 0.7,
        "blmove": 0.3, "blmpop": 0.3, "blpop": 0.3, "brpop": 0.3, "brpoplpush": 0.3, "bzmpop": 0.3, "bzpopmax": 0.3,
        "bzpopmin": 0.3,
        "object|help": 0.1, "xgroup|help": 0.1, "xinfo|help": 0.1,
    }
)  # fmt: skip

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
        every = [each for each in specifications(databases) if each.name in available]
        self.choices = self._focused(every)
        self.weights = [WEIGHTS.get(each.name, 1.0) for each in self.choices]
        self.number = 1  # of the keys, fields or vertices that the running command has
        self.is_counted = False  # `number` stands in the command, and what it counts comes next
        self.option_share = 0.5

    def _focused(self, every: list[Specification]) -> list[Specification]:
        """Half of the sequences are about one or two types, so that their commands meet each other more often."""
        if self.random.random() < 0.5:
            return every
        groups = {*self.random.sample(DATA_GROUPS, 2), "generic", "server", "connection"}
        return [each for each in every if each.group in groups]

    def commands(self, count: int) -> list[Words]:
        specifications = self.random.choices(self.choices, self.weights, k=count)
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
                if self.random.random() < self.option_share:
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
        if name in COUNTS:
            return self._count()
        token = [declared["token"].encode()] if declared.get("token") else []
        if token and self.random.random() < 0.03:
            token[0] = token[0].lower()
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
        follows_keys = name == "weight" or (name == "id" and self.specification.name in ("xread", "xreadgroup"))
        if self.is_counted or follows_keys:
            self.is_counted = False
            return max(0, self.number + (self.random.choice((-1, 1)) if self.random.random() < 0.02 else 0))
        times = self._how_many()
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
    bound = values.lex_bound if b"BYLEX" in options else values.score_bound
    if not options & {b"BYLEX", b"BYSCORE"}:

        def bound() -> bytes:
            return values.small(-12, 12)

    for at in (first, first + 1):
        words[at] = bound()


def finish_xadd(words: list[bytes], values: Values) -> None:
    """IDs of the server's choice are rare: nothing comes before them afterwards."""
    if b"*" in words and values.chance(0.9):
        words[words.index(b"*")] = values.new_stream_id()


def finish_sort(words: list[bytes], _: Values) -> None:
    """Equal words come in any order with BY and ALPHA, so these are not stored."""
    options = [word.upper() for word in words]
    if b"BY" in options and b"STORE" in options and b"ALPHA" in options:
        del words[options.index(b"ALPHA")]


FINISH: Final[MappingProxyType[str, Callable[[list[bytes], Values], None]]] = MappingProxyType(
    {"sort": finish_sort, "xadd": finish_xadd, "zrange": finish_zrange, "zrangestore": finish_zrange}
)
