"""The order of a sorted set: a B+tree over members, with counts. Its nodes are drawn in ordered_set.pxd.

**What it holds.** Addresses of members; the members are the owner's, who also finds them by name (a table). They stand
in leaves of up to 64, ordered by score and then by their bytes, and the leaves are linked both ways. Beside each
address the leaf has 48 bits of the score, so that looking for a place reads no member but those whose scores agree in
as many bits: scores that are integers below 2**36, and most others, are told apart without leaving the leaf.

**Ranks.** An inner node knows how many members are below each child: the rank of a member is a sum along its path, and
the member of a rank is found by the same path downwards. All of that is O(log n), with 31 children to a node.

**Growth.** A full leaf first gives some of its members to a neighbour with room, and splits in halves when there is
none; so leaves are about 85 % full in a set that grows in random order. At both ends of the set a full leaf stays as it
is and a new one begins: ascending and descending inserts fill leaves to the brim. Removal joins a leaf to a neighbour
when both are small, or lets it borrow; the leaves at the ends may run empty, so that popping moves nothing.

**Failure.** Whatever needs memory takes all of it before it changes anything: a refused insert or move leaves the set
as it was. Removal needs none.

A member's score is read from its own block, so a member must not change while it stands in the order, but by
`ordered_set_move`.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.entry import entry_key, entry_key_length
from cython.cimports.kvik.engine.heap import class_bytes, heap_alloc, heap_free, heap_release, size_class
from cython.cimports.kvik.engine.member import member_score, member_set_score
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.string import memcmp, memcpy, memmove, memset

# --- comparing -------------------------------------------------------------------------------------------------------


def compare_bytes(p, n, q, m):
    """Below 0, 0, or above it: as memcmp, and a prefix comes first."""
    order: cython.int = memcmp(p, q, n if n < m else m)
    if order != 0:
        return order
    return cast(cython.int, n > m) - cast(cython.int, n < m)


def compare_member(m, t):
    return compare_bytes(entry_key(m), entry_key_length(m), t.p, t.n)


def slot_below(slot, t):
    """Is the member in the slot before the place t? Its key is that of t, or t has none."""
    m: EntryPtr = slot_member(slot)
    more: uint64_t = slot >> 48
    bits: uint64_t
    if t.mode >= TARGET_LEX:
        return compare_member(m, t) < (1 if t.mode == TARGET_LEX_AFTER else 0)
    if more != (t.bits & MORE_BITS) >> 16:
        return more < (t.bits & MORE_BITS) >> 16
    bits = score_bits(member_score(m))
    if bits != t.bits:
        return bits < t.bits
    if t.mode == TARGET_MEMBER:
        return compare_member(m, t) < 0
    return t.mode == TARGET_AFTER


def leaf_below(leaf, t):
    """How many members of the leaf are before the place t."""
    low: cython.int = 0
    high: cython.int = leaf.count
    middle: cython.int
    if t.mode < TARGET_LEX:
        low = keys_below(leaf.keys, high, cast(uint32_t, t.bits >> 32))
        if low == high or leaf.keys[low] != cast(uint32_t, t.bits >> 32):
            return low
        high = low + keys_below(address(leaf.keys[low]), high - low, cast(uint32_t, t.bits >> 32) + 1)
    while low < high:
        middle = (low + high) >> 1
        if slot_below(leaf.slots[middle], t):
            low = middle + 1
        else:
            high = middle
    return low


def leaf_index_of(leaf, m, bits):
    """Where in its leaf the member stands, whose score has these bits."""
    i: cython.int = keys_below(leaf.keys, leaf.count, cast(uint32_t, bits >> 32))
    while leaf_member(leaf, i) != m:
        i += 1
    return i


def child_of(inner, t):
    """The child where the place t is: the last one whose first member is before it, or is it."""
    low: cython.int = 1
    high: cython.int = inner.count
    middle: cython.int
    limit: cython.int = 0 if t.mode == TARGET_LEX else 1
    if t.mode < TARGET_LEX:
        low = 1 + bits_below(address(inner.bits[1]), high - 1, t.bits)
        if t.mode == TARGET_BEFORE or low == high or inner.bits[low] != t.bits:
            return low - 1
        high = low + bits_below(address(inner.bits[low]), high - low, t.bits + 1)
        if t.mode == TARGET_AFTER:
            return high - 1
    while low < high:
        middle = (low + high) >> 1
        if compare_member(inner.firsts[middle], t) < limit:
            low = middle + 1
        else:
            high = middle
    return low - 1


# --- looking ---------------------------------------------------------------------------------------------------------


def ordered_set_descend(s, t, path):
    """The way to the leaf where the place t is; that leaf is prefetched and not looked at. O(log n)."""
    node: cython.p_void = s.root
    inner: InnerPtr
    level: cython.int
    line: cython.int
    for level in range(s.height):
        inner = cast(InnerPtr, node)
        path.inner[level] = inner
        path.child[level] = child_of(inner, t)
        node = inner.children[path.child[level]]
        for line in range(5):       # the keys of a leaf, and the bits of an inner node
            prefetch(cast(cython.p_char, node) + 64 * line)
    path.leaf = cast(LeafPtr, node)


def descend_to_rank(s, rank, path):
    """The way to the member of a rank below `count`."""
    node: cython.p_void = s.root
    inner: InnerPtr
    level: cython.int
    i: cython.int
    for level in range(s.height):
        inner = cast(InnerPtr, node)
        i = 0
        while rank >= inner.sizes[i]:
            rank -= inner.sizes[i]
            i += 1
        path.inner[level] = inner
        path.child[level] = i
        node = inner.children[i]
    path.leaf = cast(LeafPtr, node)
    path.index = cast(cython.int, rank)


def rank_of_path(s, path):
    rank: uint64_t = path.index
    level: cython.int
    i: cython.int
    for level in range(s.height):
        for i in range(path.child[level]):
            rank += path.inner[level].sizes[i]
    return rank


def ordered_set_rank(s, t):
    """How many members are before the place t. O(log n)."""
    path: Path
    if s.count == 0:
        return 0
    ordered_set_descend(s, t, address(path))
    path.index = leaf_below(path.leaf, t)
    return rank_of_path(s, address(path))


def ordered_set_rank_of(s, m):
    """The rank of a member of the set, from 0. O(log n)."""
    t: Target
    path: Path
    target_member(address(t), member_score(m), entry_key(m), entry_key_length(m))
    ordered_set_descend(s, address(t), address(path))
    path.index = leaf_index_of(path.leaf, m, t.bits)
    return rank_of_path(s, address(path))


def ordered_set_at(s, rank):
    """The member of a rank; beyond the end the place is none (leaf NULL). O(log n)."""
    path: Path
    place: Place
    path.leaf = NULL
    path.index = 0
    if rank < s.count:
        descend_to_rank(s, rank, address(path))
    place.leaf = path.leaf
    place.index = path.index
    return place


# --- nodes -----------------------------------------------------------------------------------------------------------


def leaf_new(s):
    leaf: LeafPtr = cast(LeafPtr, heap_alloc(s.heap, sizeof(Leaf)))
    if leaf != NULL:
        leaf.count = 0
        s.leaves += 1
    return leaf


def leaf_link(s, leaf, previous, following):
    """Put the leaf between two that are neighbours; NULL is the end of the set."""
    leaf.previous = previous
    leaf.next = following
    if previous != NULL:
        previous.next = leaf
    else:
        s.first = leaf
    if following != NULL:
        following.previous = leaf
    else:
        s.last = leaf


def leaf_drop(s, leaf):
    """Take the leaf, which has no members, out of the row and free it."""
    if leaf.previous != NULL:
        leaf.previous.next = leaf.next
    else:
        s.first = leaf.next
    if leaf.next != NULL:
        leaf.next.previous = leaf.previous
    else:
        s.last = leaf.previous
    heap_free(s.heap, leaf, sizeof(Leaf))
    s.leaves -= 1


def leaf_open(leaf, i, n):
    """Make room for n members at i."""
    moved: cython.size_t = leaf.count - i
    memmove(address(leaf.keys[i + n]), address(leaf.keys[i]), moved * sizeof(uint32_t))
    memmove(address(leaf.slots[i + n]), address(leaf.slots[i]), moved * sizeof(uint64_t))
    leaf.count += n


def leaf_close(leaf, i, n):
    """Take n members from i on out."""
    moved: cython.size_t = leaf.count - i - n
    memmove(address(leaf.keys[i]), address(leaf.keys[i + n]), moved * sizeof(uint32_t))
    memmove(address(leaf.slots[i]), address(leaf.slots[i + n]), moved * sizeof(uint64_t))
    leaf.count -= n


def leaf_copy(to, i, source, j, n):
    memcpy(address(to.keys[i]), address(source.keys[j]), n * sizeof(uint32_t))
    memcpy(address(to.slots[i]), address(source.slots[j]), n * sizeof(uint64_t))


def leaf_shift(a, b, n):
    """From leaf b to the one before it, a: the first n members; the other way if n is below 0."""
    if n > 0:
        leaf_copy(a, a.count, b, 0, n)
        a.count += n
        leaf_close(b, 0, n)
    elif n < 0:
        leaf_open(b, 0, -n)
        a.count += n
        leaf_copy(b, 0, a, a.count, -n)


def first_bits(leaf):
    return score_bits(member_score(leaf_member(leaf, 0)))


def inner_open(inner, i, n):
    moved: cython.size_t = (inner.count - i) * 8
    memmove(address(inner.bits[i + n]), address(inner.bits[i]), moved)
    memmove(address(inner.firsts[i + n]), address(inner.firsts[i]), moved)
    memmove(address(inner.sizes[i + n]), address(inner.sizes[i]), moved)
    memmove(address(inner.children[i + n]), address(inner.children[i]), moved)
    inner.count += n


def inner_close(inner, i, n):
    moved: cython.size_t = (inner.count - i - n) * 8
    memmove(address(inner.bits[i]), address(inner.bits[i + n]), moved)
    memmove(address(inner.firsts[i]), address(inner.firsts[i + n]), moved)
    memmove(address(inner.sizes[i]), address(inner.sizes[i + n]), moved)
    memmove(address(inner.children[i]), address(inner.children[i + n]), moved)
    inner.count -= n


def inner_copy(to, i, source, j, n):
    memcpy(address(to.bits[i]), address(source.bits[j]), n * 8)
    memcpy(address(to.firsts[i]), address(source.firsts[j]), n * 8)
    memcpy(address(to.sizes[i]), address(source.sizes[j]), n * 8)
    memcpy(address(to.children[i]), address(source.children[j]), n * 8)


def inner_shift(a, b, n):
    """`leaf_shift` for the children of two inner nodes."""
    if n > 0:
        inner_copy(a, a.count, b, 0, n)
        a.count += n
        inner_close(b, 0, n)
    elif n < 0:
        inner_open(b, 0, -n)
        a.count += n
        inner_copy(b, 0, a, a.count, -n)


def inner_put(inner, i, bits, first, size, child):
    inner.bits[i] = bits
    inner.firsts[i] = first
    inner.sizes[i] = size
    inner.children[i] = child


def inner_size(inner):
    """How many members there are below."""
    size: uint64_t = 0
    i: cython.int
    for i in range(cast(cython.int, inner.count)):
        size += inner.sizes[i]
    return size


def inner_free(s, inner):
    heap_free(s.heap, inner, sizeof(Inner))
    s.inners -= 1


# --- what inner nodes know -------------------------------------------------------------------------------------------


def note_first(s, path):
    """The leaf at the end of the path begins with another member."""
    note_first_above(path, s.height, first_bits(path.leaf), leaf_member(path.leaf, 0))


def note_first_above(path, level, bits, first):
    """What stands on the path at `level` begins with another member."""
    while level > 0:
        level -= 1
        path.inner[level].bits[path.child[level]] = bits
        path.inner[level].firsts[path.child[level]] = first
        if path.child[level] != 0:
            return


def add_to_sizes(s, path, n):
    level: cython.int
    for level in range(s.height):
        path.inner[level].sizes[path.child[level]] += n


# --- inserting -------------------------------------------------------------------------------------------------------


def ordered_set_insert(s, m):
    """Add a member, with its score, that is not in the set. False when memory is short. O(log n)."""
    t: Target
    path: Path
    target_member(address(t), member_score(m), entry_key(m), entry_key_length(m))
    ordered_set_descend(s, address(t), address(path))
    return ordered_set_insert_at(s, address(t), address(path), m)


def ordered_set_insert_at(s, t, path, m):
    """`ordered_set_insert` at a place (mode TARGET_MEMBER) that `ordered_set_descend` has been to."""
    leaf: LeafPtr = path.leaf
    if leaf == NULL:
        leaf = leaf_new(s)
        if leaf == NULL:
            return False
        leaf_link(s, leaf, NULL, NULL)
        s.root = leaf
        path.leaf = leaf
    path.index = leaf_below(leaf, t)
    if leaf.count == LEAF_MAX:
        if not make_room(s, path, t.bits, m):
            return False
        ordered_set_descend(s, t, path)
        leaf = path.leaf
        path.index = leaf_below(leaf, t)
    leaf_open(leaf, path.index, 1)
    leaf_set(leaf, path.index, t.bits, m)
    s.count += 1
    add_to_sizes(s, path, 1)
    if path.index == 0:
        note_first(s, path)
    return True


def make_room(s, path, bits, m):
    """The leaf of the path is full: let there be a place for m at path.index. The path is no good afterwards.

    At the ends of the set the new leaf is empty, for m alone; inner nodes know it by m then, though it is not there
    yet. False when memory is short: nothing has changed.
    """
    leaf: LeafPtr = path.leaf
    fresh: LeafPtr
    spare: Spare
    append: cython.bint = leaf.next == NULL and path.index == LEAF_MAX
    prepend: cython.bint = leaf.previous == NULL and path.index == 0
    if not append and not prepend and share_out(s, path):
        return True
    if not spare_make(s, path, address(spare)):
        return False
    fresh = leaf_new(s)
    if fresh == NULL:
        spare_free(s, address(spare))
        return False
    if prepend:
        leaf_link(s, fresh, NULL, leaf)
        attach(s, path, address(spare), True, bits, m, 0, fresh)
        return True
    leaf_link(s, fresh, leaf, leaf.next)
    if append:
        attach(s, path, address(spare), False, bits, m, 0, fresh)
        return True
    leaf_copy(fresh, 0, leaf, LEAF_MAX // 2, LEAF_MAX // 2)
    fresh.count = LEAF_MAX // 2
    leaf.count = LEAF_MAX // 2
    attach(s, path, address(spare), False, first_bits(fresh), leaf_member(fresh, 0), LEAF_MAX // 2, fresh)
    return True


def share_out(s, path):
    """Even the full leaf of the path out with a neighbour that has room. False: there is none."""
    parent: InnerPtr
    left: cython.int
    a: LeafPtr
    b: LeafPtr
    if s.height == 0:
        return False
    parent = path.inner[s.height - 1]
    left = path.child[s.height - 1] - 1
    if left < 0 or cast(LeafPtr, parent.children[left]).count > LEAF_SHARE:
        left += 1
        if left + 1 >= cast(cython.int, parent.count) or cast(LeafPtr, parent.children[left + 1]).count > LEAF_SHARE:
            return False
    a = cast(LeafPtr, parent.children[left])
    b = cast(LeafPtr, parent.children[left + 1])
    leaves_even(parent, left, a, b)
    return True


def leaves_even(parent, left, a, b):
    """Let two neighbours, children `left` and the next one, have as many members each."""
    leaf_shift(a, b, (cast(cython.int, a.count + b.count) >> 1) - cast(cython.int, a.count))
    parent.sizes[left] = a.count
    inner_put(parent, left + 1, first_bits(b), leaf_member(b, 0), b.count, b)


def spare_make(s, path, spare):
    """As many inner nodes as a new leaf on this path may take. False when memory is short."""
    level: cython.int = s.height
    needed: cython.int = 0
    fresh: InnerPtr
    while level > 0 and path.inner[level - 1].count == INNER_MAX:
        needed += 1
        level -= 1
    if level == 0:
        needed += 1
        if s.height == HEIGHT_MAX:
            return False
    spare.count = 0
    while spare.count < needed:
        fresh = cast(InnerPtr, heap_alloc(s.heap, sizeof(Inner)))
        if fresh == NULL:
            spare_free(s, spare)
            return False
        fresh.count = 0
        s.inners += 1
        spare.inner[spare.count] = fresh
        spare.count += 1
    return True


def spare_free(s, spare):
    while spare.count > 0:
        inner_free(s, spare_take(spare))


def spare_take(spare):
    spare.count -= 1
    return spare.inner[spare.count]


def attach(s, path, spare, before, bits, first, size, child):
    """Hang a new leaf into the tree, next to the one of the path.

    Its `size` members were counted with that leaf until now. Full nodes on the way up split: in halves, but at the
    ends of the set so that the full one stays full.
    """
    level: cython.int = s.height - 1
    at_end: cython.bint = child == s.last
    inner: InnerPtr
    fresh: InnerPtr
    i: cython.int
    keep: cython.int
    while level >= 0:
        inner = path.inner[level]
        inner.sizes[path.child[level]] -= size
        i = path.child[level] if before else path.child[level] + 1
        if inner.count < INNER_MAX:
            inner_open(inner, i, 1)
            inner_put(inner, i, bits, first, size, child)
            if before:
                note_first_above(path, level, bits, first)
            return
        fresh = spare_take(spare)
        keep = INNER_MAX // 2 + 1
        if before:
            keep = 0
        elif at_end and i == INNER_MAX:
            keep = INNER_MAX
        inner_copy(fresh, 0, inner, keep, INNER_MAX - keep)
        fresh.count = INNER_MAX - keep
        inner.count = keep
        if i <= keep and keep < INNER_MAX:
            inner_open(inner, i, 1)
            inner_put(inner, i, bits, first, size, child)
        else:
            inner_open(fresh, i - keep, 1)
            inner_put(fresh, i - keep, bits, first, size, child)
        if before:
            note_first_above(path, level, bits, first)
        before = False
        bits = fresh.bits[0]
        first = fresh.firsts[0]
        size = inner_size(fresh)
        child = fresh
        level -= 1
    raise_root(s, spare_take(spare), before, bits, first, size, child)


def raise_root(s, root, before, bits, first, size, child):
    """A root above the old one and its new neighbour."""
    old: cython.int = 1 if before else 0
    leaf: LeafPtr
    inner: InnerPtr
    root.count = 2
    inner_put(root, 1 - old, bits, first, size, child)
    if s.height == 0:
        leaf = cast(LeafPtr, s.root)
        inner_put(root, old, first_bits(leaf), leaf_member(leaf, 0), leaf.count, leaf)
    else:
        inner = cast(InnerPtr, s.root)
        inner_put(root, old, inner.bits[0], inner.firsts[0], inner_size(inner), inner)
    s.root = root
    s.height += 1


# --- removing --------------------------------------------------------------------------------------------------------


def ordered_set_remove(s, m):
    """Take a member of the set out. It is the caller's to free. O(log n)."""
    t: Target
    path: Path
    target_member(address(t), member_score(m), entry_key(m), entry_key_length(m))
    ordered_set_descend(s, address(t), address(path))
    path.index = leaf_index_of(path.leaf, m, t.bits)
    take_at(s, address(path), 1)


def ordered_set_take(s, rank, count, taken, context):
    """Take `count` members from `rank` on out (there must be as many), and hand them to `taken`, a leaf's at a time.

    `taken` may free them. O(log n + count).
    """
    path: Path
    members: EntryPtr[64]
    n: cython.int
    i: cython.int
    while count > 0:
        descend_to_rank(s, rank, address(path))
        n = cast(cython.int, path.leaf.count) - path.index
        if cast(uint64_t, n) > count:
            n = cast(cython.int, count)
        for i in range(n):
            members[i] = leaf_member(path.leaf, path.index + i)
            prefetch(members[i])
        take_at(s, address(path), n)
        taken(context, members, n)
        count -= n


def take_at(s, path, n):
    """Take n members from path.index on out of the leaf. True: nodes have changed, other paths are no good any more."""
    leaf: LeafPtr = path.leaf
    leaf_close(leaf, path.index, n)
    s.count -= n
    add_to_sizes(s, path, -n)
    if leaf.count == 0:
        leaf_drop(s, leaf)
        drop_child(s, path, s.height - 1)
        return True
    if path.index == 0:
        note_first(s, path)
    if leaf.count < LEAF_MIN and leaf.previous != NULL and leaf.next != NULL:
        return leaf_rebalance(s, path)
    return False


def leaf_rebalance(s, path):
    """The leaf of the path has few members: join it to a neighbour, or let it borrow."""
    parent: InnerPtr = path.inner[s.height - 1]
    left: cython.int = path.child[s.height - 1]
    a: LeafPtr
    b: LeafPtr
    if parent.count == 1:
        return False
    if left > 0:
        left -= 1
    a = cast(LeafPtr, parent.children[left])
    b = cast(LeafPtr, parent.children[left + 1])
    if a.count + b.count > LEAF_MERGE:
        leaves_even(parent, left, a, b)
        return True
    leaf_shift(a, b, b.count)
    parent.sizes[left] = a.count
    leaf_drop(s, b)
    path.child[s.height - 1] = left + 1
    drop_child(s, path, s.height - 1)
    return True


def drop_child(s, path, level):
    """Take the child on the path at `level`, which is gone, out of its inner node; what that entails above."""
    inner: InnerPtr
    while level >= 0:
        inner = path.inner[level]
        inner_close(inner, path.child[level], 1)
        if inner.count == 0:
            inner_free(s, inner)
            level -= 1
            continue
        if path.child[level] == 0:
            note_first_above(path, level, inner.bits[0], inner.firsts[0])
        if level == 0 or inner.count >= INNER_MIN or not inner_rebalance(s, path, level):
            break
        level -= 1
    if level < 0:
        s.root = NULL
        s.height = 0
        return
    inner = cast(InnerPtr, s.root)
    while s.height > 0 and inner.count == 1:
        s.root = inner.children[0]
        s.height -= 1
        inner_free(s, inner)
        inner = cast(InnerPtr, s.root)


def inner_rebalance(s, path, level):
    """An inner node with few children borrows from a neighbour, or joins it: then path.child[level - 1] is gone."""
    parent: InnerPtr = path.inner[level - 1]
    left: cython.int = path.child[level - 1]
    a: InnerPtr
    b: InnerPtr
    if parent.count == 1:
        return False
    if left > 0:
        left -= 1
    a = cast(InnerPtr, parent.children[left])
    b = cast(InnerPtr, parent.children[left + 1])
    if a.count + b.count <= INNER_MERGE:
        inner_shift(a, b, b.count)
        parent.sizes[left] += parent.sizes[left + 1]
        inner_free(s, b)
        path.child[level - 1] = left + 1
        return True
    inner_shift(a, b, (cast(cython.int, a.count + b.count) >> 1) - cast(cython.int, a.count))
    parent.sizes[left] = inner_size(a)
    inner_put(parent, left + 1, b.bits[0], b.firsts[0], inner_size(b), b)
    return False


# --- another score ---------------------------------------------------------------------------------------------------


def ordered_set_move(s, m, score):
    """Give a member of the set another score. False when memory is short: then nothing has changed. O(log n)."""
    old: Target
    fresh: Target
    source: Path
    to: Path
    target_member(address(old), member_score(m), entry_key(m), entry_key_length(m))
    target_member(address(fresh), score, entry_key(m), entry_key_length(m))
    while True:
        ordered_set_descend(s, address(old), address(source))
        ordered_set_descend(s, address(fresh), address(to))
        to.index = leaf_below(to.leaf, address(fresh))
        if to.leaf == source.leaf:
            source.index = leaf_index_of(source.leaf, m, old.bits)
            move_within(s, address(source), to.index, m, score)
            return True
        if to.leaf.count < LEAF_MAX:
            break
        if not make_room(s, address(to), fresh.bits, m):
            return False
    source.index = leaf_index_of(source.leaf, m, old.bits)
    if take_at(s, address(source), 1):
        ordered_set_descend(s, address(fresh), address(to))
    member_set_score(m, score)
    return ordered_set_insert_at(s, address(fresh), address(to), m)


def move_within(s, path, to, m, score):
    """`ordered_set_move` inside a leaf, from path.index to before the member that stands at `to` now."""
    leaf: LeafPtr = path.leaf
    i: cython.int = path.index
    if to > i:
        to -= 1
        memmove(address(leaf.keys[i]), address(leaf.keys[i + 1]), (to - i) * sizeof(uint32_t))
        memmove(address(leaf.slots[i]), address(leaf.slots[i + 1]), (to - i) * sizeof(uint64_t))
    elif to < i:
        memmove(address(leaf.keys[to + 1]), address(leaf.keys[to]), (i - to) * sizeof(uint32_t))
        memmove(address(leaf.slots[to + 1]), address(leaf.slots[to]), (i - to) * sizeof(uint64_t))
    member_set_score(m, score)
    leaf_set(leaf, to, score_bits(score), m)
    if i == 0 or to == 0:
        note_first(s, path)


# --- the whole set ---------------------------------------------------------------------------------------------------


def ordered_set_init(s, heap):
    memset(s, 0, sizeof(OrderedSet))
    s.heap = heap


def ordered_set_load(s, members, n):
    """Fill an empty set with members that are in order already. False when memory is short: it is empty then. O(n)."""
    path: Path
    spare: Spare
    leaf: LeafPtr
    leaves: cython.size_t = (n + LEAF_LOAD - 1) // LEAF_LOAD
    i: cython.size_t
    k: cython.size_t
    at: cython.size_t = 0
    size: cython.size_t
    for i in range(leaves):
        size = n * (i + 1) // leaves - at
        spare.count = 0
        if s.count > 0:
            descend_to_rank(s, s.count - 1, address(path))
            if not spare_make(s, address(path), address(spare)):
                break
        leaf = leaf_new(s)
        if leaf == NULL:
            spare_free(s, address(spare))
            break
        for k in range(size):
            if at + k + LOAD_LEAD < n:
                prefetch(members[at + k + LOAD_LEAD])
            leaf_set(leaf, cast(cython.int, k), score_bits(member_score(members[at + k])), members[at + k])
        leaf.count = cast(uint32_t, size)
        leaf_link(s, leaf, s.last, NULL)
        if s.count == 0:
            s.root = leaf
        else:
            add_to_sizes(s, address(path), size)
            attach(s, address(path), address(spare), False, first_bits(leaf), members[at], size, leaf)
        at += size
        s.count = at
    if at == n:
        return True
    ordered_set_free(s, False)
    return False


def ordered_set_free(s, remote):
    """Free the nodes, not the members; the set is empty then. `remote`: on a thread that does not own the heap."""
    if s.root != NULL:
        nodes_free(s, s.root, s.height, remote)
    ordered_set_init(s, s.heap)


def nodes_free(s, node, height, remote):
    inner: InnerPtr
    i: cython.int
    if height == 0:
        heap_release(s.heap, node, sizeof(Leaf), remote)
        return
    inner = cast(InnerPtr, node)
    for i in range(cast(cython.int, inner.count)):
        nodes_free(s, inner.children[i], height - 1, remote)
    heap_release(s.heap, inner, sizeof(Inner), remote)


def ordered_set_bytes(s):
    """What the nodes take."""
    return s.leaves * class_bytes(size_class(sizeof(Leaf))) + s.inners * class_bytes(size_class(sizeof(Inner)))
