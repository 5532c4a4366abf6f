"""The value of a set for tests: the entry of a key that stands in no database. What memory was short for answers None."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.entry import (
    ENCODING_HASHTABLE,
    ENCODING_INTSET,
    ENCODING_LISTPACK,
    entry_copy,
    entry_encoding,
    entry_free,
    entry_set_word,
)
from cython.cimports.kvik.engine.intrinsics import GOLDEN_RATIO
from cython.cimports.kvik.engine.text import Slice
from cython.cimports.kvik.keyspace.set_random import (
    Choice,
    set_draw,
    set_random,
    set_sample,
    set_take,
    set_take_many,
)
from cython.cimports.kvik.keyspace.set_value import (
    MEMBERS,
    Member,
    SetWalk,
    member_of,
    member_text,
    set_add,
    set_add_new,
    set_bytes,
    set_copy,
    set_count,
    set_effort,
    set_expect,
    set_filter,
    set_form,
    set_free,
    set_has,
    set_new,
    set_remove,
    set_to_intset,
    set_walk,
    set_walk_next,
)
from cython.cimports.libc.stdint import uint64_t, uintptr_t

ENCODINGS = {ENCODING_INTSET: "intset", ENCODING_LISTPACK: "listpack", ENCODING_HASHTABLE: "hashtable"}


def gather(context, m):
    scratch: cython.char[24]
    s: Slice
    with cython.gil:
        s = member_text(m, scratch)
        cast(list, context).append(s.p[: s.n])


class SetProbe:
    def __init__(self, owner: HeapProbe, first: object, expected: cython.size_t, limits: tuple, seed: uint64_t = 1):
        """An empty set made for `first` and `expected` members, with the limits of intsets and listpacks.

        `first` None: no value yet. MemoryError when there is none for it.
        """
        i: cython.int
        m: Member
        self.owner = owner
        self.seed = seed
        for i in range(4):
            self.key.words[i] = GOLDEN_RATIO + 7 * i
        self.limit(limits)
        self.context.heap = address(owner.heap)
        self.context.hash_key = address(self.key)
        self.context.limits = address(self.limits)
        self.context.expected = expected
        self.context.failed = False
        if first is not None:
            s: Slice
            s.p = first
            s.n = len(first)
            member_of(address(m), address(s))
            self.entry = set_new(
                address(self.context), b"key", 3, set_form(address(self.context), address(m), expected))
            if self.entry == NULL:
                raise MemoryError

    def limit(self, limits: tuple) -> None:
        self.limits.set_max_intset_entries, self.limits.set_max_listpack_entries, \
            self.limits.set_max_listpack_value = limits

    @property
    def encoding(self) -> str:
        return ENCODINGS[entry_encoding(self.entry)]

    @property
    def count(self) -> int:
        return set_count(self.entry)

    @property
    def effort(self) -> int:
        return set_effort(self.entry)

    @property
    def bytes(self) -> int:
        return set_bytes(self.entry)

    def outcome(self, done):
        if self.context.failed:
            self.context.failed = False
            return None
        return done

    def add(self, text: bytes, is_new: cython.bint = False):
        m: Member
        s: Slice
        s.p = text
        s.n = len(text)
        member_of(address(m), address(s))
        if is_new:
            return self.outcome(set_add_new(address(self.context), self.entry, address(m)))
        return self.outcome(set_add(address(self.context), self.entry, address(m)))

    def remove(self, text: bytes):
        m: Member
        s: Slice
        s.p = text
        s.n = len(text)
        member_of(address(m), address(s))
        return self.outcome(set_remove(address(self.context), self.entry, address(m)))

    def has(self, text: bytes) -> bool:
        m: Member
        s: Slice
        s.p = text
        s.n = len(text)
        member_of(address(m), address(s))
        return set_has(self.entry, address(m))

    def expect(self, expected: cython.size_t):
        set_expect(address(self.context), self.entry, expected)
        return self.outcome(True)

    def to_intset(self):
        set_to_intset(address(self.context), self.entry)
        return self.outcome(True)

    def members(self) -> list:
        """All, as a walk gives them."""
        walk: SetWalk
        members: Member[32]
        found: list = []
        i: cython.int
        set_walk(address(walk), self.entry)
        while True:
            n: cython.int = set_walk_next(address(walk), members)
            if n == 0:
                return found
            assert n <= MEMBERS
            for i in range(n):
                gather(cast(cython.p_void, found), address(members[i]))

    def filtered(self, other: SetProbe, keep: cython.bint) -> list:
        """The members that `other` has (or has not), asked for in batches."""
        walk: SetWalk
        members: Member[32]
        found: list = []
        i: cython.int
        set_walk(address(walk), self.entry)
        while True:
            n: cython.int = set_walk_next(address(walk), members)
            if n == 0:
                return found
            for i in range(set_filter(other.entry, members, n, keep)):
                gather(cast(cython.p_void, found), address(members[i]))

    def random(self) -> bytes:
        choice: Choice
        found: list = []
        set_random(self.entry, address(self.seed), address(choice))
        gather(cast(cython.p_void, found), address(choice.member))
        return found[0]

    def take(self):
        """Take a random member out."""
        choice: Choice
        found: list = []
        set_random(self.entry, address(self.seed), address(choice))
        gather(cast(cython.p_void, found), address(choice.member))
        set_take(address(self.context), self.entry, address(choice))
        return self.outcome(True) and found[0]

    def draw(self, count: cython.int) -> list:
        members: Member[32]
        found: list = []
        i: cython.int
        for i in range(set_draw(self.entry, address(self.seed), members, count)):
            gather(cast(cython.p_void, found), address(members[i]))
        return found

    def sample(self, count: uint64_t):
        found: list = []
        if set_sample(address(self.owner.heap), self.entry, count, address(self.seed), gather,
                      cast(cython.p_void, found)):
            return found
        assert not found
        return None

    def take_many(self, count: uint64_t):
        found: list = []
        set_take_many(address(self.context), self.entry, count, address(self.seed), gather, cast(cython.p_void, found))
        failed = self.outcome(True) is None
        assert not (failed and found)
        return None if failed else found

    def copy(self):
        """A copy, None without memory."""
        fresh: cython.pointer(Entry) = entry_copy(address(self.owner.heap), self.entry, b"copy", 4, -1)
        value: cython.p_void
        probe: SetProbe
        if fresh == NULL:
            return None
        value = set_copy(address(self.owner.heap), self.entry)
        if value == NULL:
            entry_free(address(self.owner.heap), fresh)
            return None
        probe = SetProbe(self.owner, None, 0, (
            self.limits.set_max_intset_entries, self.limits.set_max_listpack_entries,
            self.limits.set_max_listpack_value))
        probe.original = self
        probe.entry = fresh
        entry_set_word(fresh, cast(uint64_t, cast(uintptr_t, value)))
        return probe

    def free(self, remote: cython.bint = False) -> None:
        set_free(address(self.owner.heap), self.entry, remote)
        entry_free(address(self.owner.heap), self.entry)
