"""Two servers: the same commands on both, replies compared, and at the end all that they hold.

Commands go out in pipelines, to both servers at once; a command that needs a dialogue ends the pipeline before it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from tests.model import compare, dialogues
from tests.model.compare import Words
from tests.support.resp import ClosedError, Connection, Error, encode_command
from tests.support.servers import ServerProcess

DATABASES: Final = range(4)  # that sequences reach
PATIENCE: Final = 20.0  # seconds for a reply

DEFAULT_ENCODINGS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "hash-max-listpack-entries": 512,
        "hash-max-listpack-value": 64,
        "hll-sparse-max-bytes": 3000,
        "list-compress-depth": 0,
        "list-max-listpack-size": -2,
        "set-max-intset-entries": 512,
        "set-max-listpack-entries": 128,
        "set-max-listpack-value": 64,
        "stream-node-max-bytes": 4096,
        "stream-node-max-entries": 100,
        "zset-max-listpack-entries": 128,
        "zset-max-listpack-value": 64,
    }
)
SMALL_ENCODINGS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "hash-max-listpack-entries": 4,
        "hash-max-listpack-value": 20,
        "hll-sparse-max-bytes": 60,
        "list-compress-depth": 1,
        "list-max-listpack-size": 3,
        "set-max-intset-entries": 4,
        "set-max-listpack-entries": 6,
        "set-max-listpack-value": 20,
        "stream-node-max-bytes": 200,
        "stream-node-max-entries": 4,
        "zset-max-listpack-entries": 4,
        "zset-max-listpack-value": 20,
    }
)


IN_ORDER: Final = (b"listpack", b"intset")
"""Encodings that keep the order of insertion, or a sorted one."""
ANY_ORDER: Final = (b"SDIFFSTORE", b"SINTERSTORE", b"SUNIONSTORE")
"""What makes small sets in the order of large ones. Of integers and other members in turn, even the form depends on it."""
SET_FORMS: Final = (b"listpack", b"hashtable")

BROKEN: Final = (ClosedError, OSError, AssertionError, LookupError, TypeError, ValueError)
"""What comes of a connection or a reply that makes no sense."""


class NoReply(str):
    """Stands for a reply that did not come."""

    __slots__ = ()


class Side:
    """One of the servers, with a connection that is made anew when it has broken, as the server is."""

    def __init__(self, server: ServerProcess, resp: int) -> None:
        self.server = server
        self.resp = resp
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            if not self.server.alive():
                self.server.start()
            self._connection = self.server.connect(self.resp, PATIENCE)
        return self._connection

    def send(self, data: bytes) -> None:
        self.connection.send_raw(data)

    def read(self, commands: Sequence[Words]) -> list[Any]:
        """The replies to these commands; NoReply for the one that broke the connection, and no more behind it."""
        replies: list[Any] = []
        try:
            for _ in commands:
                replies.append(self.connection.read())
        except BROKEN as error:
            replies.append(self.lost(error))
        return replies

    def lost(self, error: Exception) -> NoReply:
        """The connection cannot be used any more. What has happened, as a reply."""
        self.close()
        if isinstance(error, TimeoutError):
            self.server.kill()
            return NoReply(f"{self.server.name} does not answer")
        try:
            self.server.wait(2)
        except subprocess.TimeoutExpired:
            return NoReply(f"{self.server.name} has closed the connection: {error!r}")
        return NoReply(f"{self.server.name} has died:\n{self.server.log()[-3000:]}")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A command that was answered differently, and those before it."""

    before: Sequence[Words]
    words: Words
    ours: Any
    theirs: Any
    in_order: bool = False  # whether what the replies hold must be in the same order


class Pair:
    """Kvik and the oracle."""

    def __init__(self, ours: Side, theirs: Side, encodings: Mapping[str, int] = DEFAULT_ENCODINGS) -> None:
        self.ours = ours
        self.theirs = theirs
        self.encodings = encodings

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()

    def available(self) -> list[str]:
        """Names of the commands that both servers have."""
        names = (set(known_names(each.connection("COMMAND", "LIST"))) for each in (self.ours, self.theirs))
        return sorted(set.intersection(*names))

    # Running

    def run(self, commands: Sequence[Words]) -> Mismatch | None:
        """All of these on two empty servers, and at the end all data: the first thing they do not agree on."""
        self._start()
        return self._run(commands) or self._compare_data(commands)

    def ask(self, before: Sequence[Words], words: Words, *, in_order: bool) -> Mismatch | None:
        """All of these on two empty servers, and at the end that one command."""
        self._start()
        if not in_order:
            return self._run([*before, words])
        mismatch = self._run(before)
        if mismatch or self.theirs.connection("OBJECT", "ENCODING", words[1]) not in IN_ORDER:
            return mismatch
        return self._pipeline(before, [words], in_order=True)

    def _start(self) -> None:
        settings = [str(each) for pair in self.encodings.items() for each in pair]
        for each in (self.ours, self.theirs):
            for line in (["SELECT", 0], ["FLUSHALL"], ["CONFIG", "SET", *settings]):
                reply = each.connection(*line)
                assert not isinstance(reply, Error), (each.server.name, line, reply)

    def _run(self, commands: Sequence[Words]) -> Mismatch | None:
        at = 0
        for part in parts(commands):
            dialogue = dialogues.find(part[0]) if len(part) == 1 else None
            if dialogue is None:
                mismatch = self._pipeline(commands[:at], part)
            else:
                mismatch = self._dialogue(commands[:at], part[0], dialogue)
            if mismatch:
                return mismatch
            at += len(part)
        return None

    def _pipeline(
        self, before: Sequence[Words], commands: Sequence[Words], *, in_order: bool = False
    ) -> Mismatch | None:
        ours, theirs = self._replies(commands)
        same = compare.same_in_order if in_order else compare.same
        for at, (words, our, their) in enumerate(zip(commands, ours, theirs, strict=False)):
            if isinstance(our, NoReply) or not same(words, our, their):
                if not form_by_chance([*before, *commands[:at]], our, their):
                    return Mismatch([*before, *commands[:at]], words, our, their, in_order)
        return None

    def _replies(self, commands: Sequence[Words]) -> tuple[list[Any], list[Any]]:
        data = b"".join(map(encode_command, commands))
        for each in (self.ours, self.theirs):
            each.send(data)
        return self.ours.read(commands), self.theirs.read(commands)

    def _dialogue(self, before: Sequence[Words], words: Words, dialogue: dialogues.Dialogue) -> Mismatch | None:
        try:
            ours, theirs = dialogue(self.ours.connection, self.theirs.connection, words)
        except BROKEN as error:
            ours, theirs = self.ours.lost(error), self.theirs.lost(error)
            return Mismatch(before, words, ours, theirs)
        return None if compare.equal(ours, theirs) else Mismatch(before, words, ours, theirs)

    # All data

    def _compare_data(self, commands: Sequence[Words]) -> Mismatch | None:
        for database in DATABASES:
            before = [*commands, (b"SELECT", b"%d" % database)]
            mismatch = self._pipeline(before[:-1], [before[-1]]) or self._compare_database(before)
            if mismatch:
                return mismatch
        return None

    def _compare_database(self, before: Sequence[Words]) -> Mismatch | None:
        every = (b"KEYS", b"*")
        mismatch = self._pipeline(before, [every])
        if mismatch:
            return mismatch
        keys = sorted(self.ours.connection(*every))
        facts = [words for key in keys for words in ((b"TYPE", key), (b"OBJECT", b"ENCODING", key), (b"PTTL", key))]
        ours, theirs = self._replies(facts)
        for words, our, their in zip(facts, ours, theirs, strict=True):
            if not compare.same(words, our, their) and not form_by_chance(before, our, their):
                return Mismatch(before, words, our, their)
        reads = []
        for key, kind, encoding in zip(keys, ours[::3], ours[1::3], strict=True):
            in_order = encoding in IN_ORDER and not (kind == "set" and makes_any_order(before))
            reads += [(words, in_order) for words in reading(key, kind)]
        return self._compare_reads(before, reads) or self._compare_reads(before, self._times_of_fields(keys, ours[::3]))

    def _compare_reads(self, before: Sequence[Words], reads: Sequence[tuple[Words, bool]]) -> Mismatch | None:
        ours, theirs = self._replies([words for words, _ in reads])
        for (words, in_order), our, their in zip(reads, ours, theirs, strict=True):
            same = compare.same_in_order if in_order else compare.same
            if not same(words, our, their):
                return Mismatch(before, words, our, their, in_order)
        return None

    def _times_of_fields(self, keys: Sequence[bytes], kinds: Sequence[Any]) -> list[tuple[Words, bool]]:
        """What asks for the times to live of all fields of all hashes."""
        hashes = [key for key, kind in zip(keys, kinds, strict=True) if kind == "hash"]
        fields = [self.ours.connection("HKEYS", key) for key in hashes]
        return [
            ((b"HPTTL", key, b"FIELDS", b"%d" % len(names), *names), False)
            for key, names in zip(hashes, fields, strict=True)
        ]


def makes_any_order(commands: Sequence[Words]) -> bool:
    return any(words[0].upper() in ANY_ORDER for words in commands)


def form_by_chance(before: Sequence[Words], our: Any, their: Any) -> bool:
    """Are these forms of a set that depend on the order in which members were added?"""
    return our in SET_FORMS and their in SET_FORMS and makes_any_order(before)


def reading(key: bytes, kind: str) -> Iterable[Words]:
    """What shows all that a key of this type holds."""
    match str(kind):
        case "string":
            return [(b"GET", key)]
        case "hash":
            return [(b"HGETALL", key)]
        case "list":
            return [(b"LRANGE", key, b"0", b"-1")]
        case "set":
            return [(b"SMEMBERS", key)]
        case "zset":
            return [(b"ZRANGE", key, b"0", b"-1", b"WITHSCORES")]
        case "stream":
            return [(b"XRANGE", key, b"-", b"+"), (b"XINFO", b"STREAM", key, b"FULL", b"COUNT", b"0")]
        case _:
            return []


def parts(commands: Sequence[Words]) -> Iterator[Sequence[Words]]:
    """Pipelines, and commands that need a dialogue alone."""
    start = 0
    for at, words in enumerate(commands):
        if dialogues.find(words):
            if start < at:
                yield commands[start:at]
            yield commands[at : at + 1]
            start = at + 1
    if start < len(commands):
        yield commands[start:]


def known_names(listed: Any) -> Iterator[str]:
    for name in listed:
        yield name.decode().lower()
