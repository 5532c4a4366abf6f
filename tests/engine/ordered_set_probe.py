"""The order of a sorted set for tests: members are bytes, found by a dict; `check` looks at every node."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.entry import entry_key, entry_key_length
from cython.cimports.kvik.engine.member import member_bytes, member_free, member_new, member_score, member_set_score
from cython.cimports.kvik.engine.ordered_set import (
    INNER_MAX,
    LEAF_MAX,
    InnerPtr,
    LeafPtr,
    Place,
    compare_bytes,
    leaf_member,
    ordered_set_at,
    ordered_set_bytes,
    ordered_set_first,
    ordered_set_free,
    ordered_set_init,
    ordered_set_insert,
    ordered_set_last,
    ordered_set_load,
    ordered_set_move,
    ordered_set_rank,
    ordered_set_rank_of,
    ordered_set_remove,
    ordered_set_take,
    place_member,
    place_next,
    place_previous,
    score_bits,
    target_bytes,
    target_member,
    target_score,
)
from cython.cimports.libc.stdint import uint64_t, uintptr_t
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.tests.engine.heap_probe import HeapProbe


def taken(context, members, count):
    i: cython.int
    with cython.gil:
        for i in range(count):
            cast(list, context).append(entry_key(members[i])[:entry_key_length(members[i])])


def bits_of(score: cython.double) -> int:
    return score_bits(score)


def compared(a: bytes, b: bytes) -> int:
    return compare_bytes(cast(cython.p_char, a), len(a), cast(cython.p_char, b), len(b))


class OrderedSetProbe:
    def __cinit__(self, owner: HeapProbe):
        self.owner = owner
        self.members = {}
        ordered_set_init(address(self.order), address(owner.heap))

    def make(self, text, score):
        m: EntryPtr = member_new(address(self.owner.heap), cast(cython.p_char, text), len(text), True)
        if m != NULL:
            member_set_score(m, score)
        return m

    def member(self, text):
        return cast(EntryPtr, cast(uintptr_t, self.members[text]))

    def drop(self, text: bytes) -> None:
        member_free(address(self.owner.heap), self.member(text), False)
        del self.members[text]

    def insert(self, text: bytes, score: cython.double) -> bool:
        """Add a member that is not there. False when memory is short."""
        m: EntryPtr = self.make(text, score)
        if m == NULL:
            return False
        if not ordered_set_insert(address(self.order), m):
            member_free(address(self.owner.heap), m, False)
            return False
        self.members[text] = cast(uintptr_t, m)
        return True

    def remove(self, text: bytes) -> None:
        ordered_set_remove(address(self.order), self.member(text))
        self.drop(text)

    def move(self, text: bytes, score: cython.double) -> bool:
        return ordered_set_move(address(self.order), self.member(text), score)

    def take(self, rank: uint64_t, count: uint64_t) -> list:
        """The members taken out."""
        out: list = []
        ordered_set_take(address(self.order), rank, count, taken, cast(cython.p_void, out))
        for text in out:
            self.drop(text)
        return out

    def load(self, pairs: list) -> bool:
        """Fill an empty set from sorted (member, score). False when memory is short, for the members or for the tree."""
        i: cython.size_t
        n: cython.size_t = len(pairs)
        done: cython.bint
        block: cython.pointer(EntryPtr) = cast(cython.pointer(EntryPtr), malloc((n + 1) * cython.sizeof(EntryPtr)))
        for i in range(n):
            block[i] = self.make(pairs[i][0], pairs[i][1])
            if block[i] == NULL:
                break
            self.members[pairs[i][0]] = cast(uintptr_t, block[i])
        done = len(self.members) == n and ordered_set_load(address(self.order), block, n)
        free(block)
        if not done:
            for text in list(self.members):
                self.drop(text)
        return done

    def free(self, remotely: cython.bint = False) -> None:
        ordered_set_free(address(self.order), remotely)
        for text in list(self.members):
            self.drop(text)

    def target(self, t, score, text, after):
        if text is None:
            target_score(t, score, after)
        elif score is None:
            target_bytes(t, cast(cython.p_char, cast(bytes, text)), len(text), after)
        else:
            target_member(t, score, cast(cython.p_char, cast(bytes, text)), len(text))

    def rank(self, score, text, after: cython.bint = False) -> int:
        """How many members are before (score, text), a score (text None), or a text (score None)."""
        t: Target
        self.target(address(t), score, text, after)
        return ordered_set_rank(address(self.order), address(t))

    def rank_of(self, text: bytes) -> int:
        return ordered_set_rank_of(address(self.order), self.member(text))

    def at(self, rank: uint64_t):
        """The member of a rank."""
        place: Place = ordered_set_at(address(self.order), rank)
        m: EntryPtr
        if place.leaf == NULL:
            return None
        m = place_member(address(place))
        return entry_key(m)[:entry_key_length(m)]

    def items(self, rank: object = 0, back: cython.bint = False) -> list:
        """(member, score) from a rank on (None: from the end that one starts at), to either end."""
        out: list = []
        m: EntryPtr
        place: Place
        if rank is not None:
            place = ordered_set_at(address(self.order), rank)
        elif back:
            place = ordered_set_last(address(self.order))
        else:
            place = ordered_set_first(address(self.order))
        while place.leaf != NULL:
            m = place_member(address(place))
            out.append((entry_key(m)[:entry_key_length(m)], member_score(m)))
            if back:
                place_previous(address(place))
            else:
                place_next(address(place))
        return out

    def check(self) -> list:
        """Look at every node. Returns how many members each leaf has."""
        leaves: list = []
        leaf: LeafPtr = self.order.first
        previous: LeafPtr = NULL
        counts: list = []
        if self.order.root == NULL:
            assert self.order.count == 0
            assert self.order.height == 0
            assert self.order.first == NULL
            assert self.order.last == NULL
            assert self.order.leaves == 0
            assert self.order.inners == 0
            return counts
        assert self.check_node(self.order.root, self.order.height, leaves, True) == self.order.count
        for each in leaves:
            assert cast(uintptr_t, leaf) == each
            assert leaf.previous == previous
            counts.append(leaf.count)
            previous = leaf
            leaf = leaf.next
        assert leaf == NULL
        assert self.order.last == previous
        assert self.order.leaves == len(leaves)
        assert self.order.count == len(self.members)
        return counts

    def check_node(self, node, height, leaves, edge):
        leaf: LeafPtr
        inner: InnerPtr
        below: uint64_t = 0
        size: uint64_t
        i: cython.int
        at: int
        if height == 0:
            leaf = cast(LeafPtr, node)
            assert 0 < leaf.count <= LEAF_MAX
            for i in range(leaf.count):
                size = score_bits(member_score(leaf_member(leaf, i)))
                assert leaf.keys[i] == size >> 32
                assert leaf.slots[i] >> 48 == (size >> 16) & 0xFFFF
            leaves.append(cast(uintptr_t, leaf))
            return leaf.count
        inner = cast(InnerPtr, node)
        assert (2 if edge and height == self.order.height else 1) <= inner.count <= INNER_MAX
        for i in range(inner.count):
            at = len(leaves)
            size = self.check_node(inner.children[i], height - 1, leaves, edge)
            assert size == inner.sizes[i]
            leaf = cast(LeafPtr, cast(cython.p_void, cast(uintptr_t, leaves[at])))
            assert inner.firsts[i] == leaf_member(leaf, 0)
            assert inner.bits[i] == score_bits(member_score(leaf_member(leaf, 0)))
            below += size
        return below

    @property
    def count(self) -> int:
        return self.order.count

    @property
    def height(self) -> int:
        return self.order.height

    @property
    def bytes(self) -> int:
        return ordered_set_bytes(address(self.order))

    @property
    def member_bytes(self) -> int:
        """What the members take that stand in the dict."""
        total: cython.size_t = 0
        for text in self.members:
            total += (member_bytes(self.member(text)) + 7) & ~cast(cython.size_t, 7)
        return total
