"""The value of a sorted set for tests: the entry of a key that stands in no database."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.entry import (
    ENCODING_LISTPACK,
    TYPE_SORTED_SET,
    entry_copy,
    entry_encoding,
    entry_free,
    entry_new,
    entry_pointer,
    entry_set_kind,
    entry_set_word,
)
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.intrinsics import GOLDEN_RATIO
from cython.cimports.kvik.keyspace.sorted_set_builder import (
    SortedSetBuilder,
    builder_add,
    builder_finish,
    builder_free,
    builder_index,
    builder_init,
)
from cython.cimports.kvik.keyspace.sorted_set_listpack import LexRange, RankRange, ScoreRange
from cython.cimports.kvik.keyspace.sorted_set_value import (
    SortedSetCursor,
    cursor_next,
    cursor_prefetch,
    cursor_previous,
    cursor_score,
    cursor_text,
    sorted_set_add,
    sorted_set_bytes,
    sorted_set_copy,
    sorted_set_count,
    sorted_set_effort,
    sorted_set_enlarge,
    sorted_set_fetch_end,
    sorted_set_free,
    sorted_set_lex_range,
    sorted_set_new,
    sorted_set_rank,
    sorted_set_remove,
    sorted_set_remove_range,
    sorted_set_score,
    sorted_set_score_range,
    sorted_set_seek,
    sorted_set_seek_end,
)
from cython.cimports.libc.stdint import uint64_t, uintptr_t


def slice_of(text):
    s: Slice
    s.p = text
    s.n = len(text)
    return s


def rows_of(e, back):
    """(member, score) from one end to the other."""
    rows: list = []
    cursor: SortedSetCursor
    scratch: cython.char[24]
    text: Slice
    if sorted_set_count(e) == 0:
        return rows
    sorted_set_seek_end(e, back, address(cursor))
    while not cursor.ended:
        cursor_prefetch(address(cursor), back)
        text = cursor_text(address(cursor), scratch)
        rows.append((text.p[: text.n], cursor_score(address(cursor))))
        if back:
            cursor_previous(address(cursor))
        else:
            cursor_next(address(cursor))
    return rows


class SortedSetProbe:
    def __init__(self, owner: HeapProbe, max_entries: cython.longlong = 4, max_value: cython.longlong = 16):
        """MemoryError when there is none for an empty sorted set."""
        i: cython.int
        encoding: cython.int = 0
        value: cython.p_void
        self.owner = owner
        for i in range(4):
            self.key.words[i] = GOLDEN_RATIO * cast(uint64_t, i + 1)
        self.rules.heap = address(owner.heap)
        self.rules.key = address(self.key)
        self.rules.max_entries = max_entries
        self.rules.max_value = max_value
        value = sorted_set_new(address(self.rules), 1, 0, address(encoding))
        if value == NULL:
            raise MemoryError
        self.entry = entry_new(address(owner.heap), "key", 3, -1, True, 0)
        if self.entry == NULL:
            sorted_set_free(address(owner.heap), value, encoding, False)
            raise MemoryError
        self.put(value, encoding)

    def put(self, value, encoding):
        entry_set_word(self.entry, cast(uint64_t, cast(uintptr_t, value)))
        entry_set_kind(self.entry, TYPE_SORTED_SET, encoding)

    def free(self, remotely: cython.bint = False) -> None:
        sorted_set_free(
            address(self.owner.heap), entry_pointer(self.entry), entry_encoding(self.entry), remotely)
        entry_free(address(self.owner.heap), self.entry)
        self.entry = NULL

    def add(self, text: bytes, score: cython.double, flags: cython.int = 0) -> tuple:
        """(what came of it, the score that the member has then)"""
        s: Slice = slice_of(text)
        result: cython.double = 0
        outcome: cython.int = sorted_set_add(
            address(self.rules), self.entry, address(s), score, flags, address(result))
        return outcome, result

    def remove(self, text: bytes) -> bool:
        s: Slice = slice_of(text)
        return sorted_set_remove(address(self.owner.heap), self.entry, address(s))

    def remove_range(self, first: uint64_t, count: uint64_t) -> None:
        gone: RankRange
        gone.first = first
        gone.count = count
        sorted_set_remove_range(address(self.owner.heap), self.entry, gone)

    def enlarge(self) -> bool:
        return sorted_set_enlarge(address(self.rules), self.entry)

    def score(self, text: bytes):
        s: Slice = slice_of(text)
        score: cython.double = 0
        return score if sorted_set_score(self.entry, address(s), address(score)) else None

    def rank(self, text: bytes):
        """(rank, score), or None."""
        s: Slice = slice_of(text)
        score: cython.double = 0
        rank: uint64_t = 0
        if not sorted_set_rank(self.entry, address(s), address(rank), address(score)):
            return None
        return rank, score

    def by_score(
        self, low: cython.double, high: cython.double, not_low: cython.bint = False, not_high: cython.bint = False
    ) -> tuple:
        """(first rank, count)"""
        within: ScoreRange
        within.min = low
        within.max = high
        within.min_excluded = not_low
        within.max_excluded = not_high
        found: RankRange = sorted_set_score_range(self.entry, address(within))
        return found.first, found.count

    def by_text(self, low: bytes, low_kind: cython.int, high: bytes, high_kind: cython.int) -> tuple:
        within: LexRange
        within.min.text = slice_of(low)
        within.min.kind = low_kind
        within.max.text = slice_of(high)
        within.max.kind = high_kind
        found: RankRange = sorted_set_lex_range(self.entry, address(within))
        return found.first, found.count

    def rows(self, back: cython.bint = False) -> list:
        return rows_of(self.entry, back)

    def from_rank(self, rank: uint64_t):
        """(member, score) at a rank, or None."""
        cursor: SortedSetCursor
        scratch: cython.char[24]
        text: Slice
        sorted_set_seek(self.entry, rank, address(cursor))
        if cursor.ended:
            return None
        text = cursor_text(address(cursor), scratch)
        return text.p[: text.n], cursor_score(address(cursor))

    def fetch_ends(self) -> None:
        sorted_set_fetch_end(self.entry, False)
        sorted_set_fetch_end(self.entry, True)

    def copy(self):
        """Rows of a copy, which is freed again; None without memory."""
        fresh: cython.pointer(Entry)
        value: cython.p_void = sorted_set_copy(address(self.owner.heap), self.entry)
        rows: list
        if value == NULL:
            return None
        fresh = entry_copy(address(self.owner.heap), self.entry, "copy", 4, -1)
        if fresh == NULL:
            sorted_set_free(address(self.owner.heap), value, entry_encoding(self.entry), False)
            return None
        entry_set_word(fresh, cast(uint64_t, cast(uintptr_t, value)))
        rows = rows_of(fresh, False)
        sorted_set_free(address(self.owner.heap), value, entry_encoding(fresh), False)
        entry_free(address(self.owner.heap), fresh)
        return rows

    def build(self, pairs: list, indexed: cython.bint) -> bool:
        """Let the set be what a builder makes of (member, score). False without memory: it stays as it was."""
        b: SortedSetBuilder
        s: Slice
        score: cython.double
        encoding: cython.int = 0
        value: cython.p_void = NULL
        builder_init(address(b), address(self.owner.heap), address(self.key))
        if not indexed or builder_index(address(b), len(pairs)):
            for text, number in pairs:
                s = slice_of(text)
                score = number
                builder_add(address(b), address(s), hash_bytes(address(self.key), s.p, s.n), score)
            value = builder_finish(address(b), address(self.rules), address(encoding))
        builder_free(address(b))
        if value == NULL:
            return False
        sorted_set_free(
            address(self.owner.heap), entry_pointer(self.entry), entry_encoding(self.entry), False)
        self.put(value, encoding)
        return True

    @property
    def count(self) -> int:
        return sorted_set_count(self.entry)

    @property
    def small(self) -> bool:
        return entry_encoding(self.entry) == ENCODING_LISTPACK

    @property
    def effort(self) -> int:
        return sorted_set_effort(self.entry)

    @property
    def bytes(self) -> int:
        return sorted_set_bytes(self.entry)
