"""The order of a sorted set: members by (score, bytes), with ranks. See ordered_set.py.

    leaf    | count | key 0 .. key 63 | next | previous | slot 0 .. slot 63 |
              4 B     4 B each          8 B    8 B        8 B each

    slot    | address of the member | more of its key |          inner, for each child
              48 bits                 16 bits                    | bits | first | size | child |
                                                                   8 B    8 B     8 B    8 B

A score's *bits* are its 64 bits, changed so that they order as the scores do. A leaf's key is the upper 32 of them, the
16 bits in the slot are those that follow, and the last 16 stand in the member alone. An inner node knows of each child
the first member below it, that one's bits, and how many members there are below.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t, uintptr_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.heap cimport Heap
from kvik.engine.member cimport member_score
from kvik.engine.intrinsics cimport load64, prefetch

cdef extern from *:
    """
    #define KV_SIGN_BIT 0x8000000000000000ULL
    #define KV_ADDRESS_BITS 0xFFFFFFFFFFFFULL
    #define KV_MORE_BITS 0xFFFF0000ULL
    """
    const uint64_t SIGN_BIT "KV_SIGN_BIT"
    const uint64_t ADDRESS_BITS "KV_ADDRESS_BITS"
    const uint64_t MORE_BITS "KV_MORE_BITS"

cdef enum:
    LEAF_MAX = 64               # members of a leaf
    LEAF_MIN = 24               # with fewer it looks at a neighbour,
    LEAF_MERGE = 52             # and joins it if both have no more than this
    LEAF_SHARE = 56             # a neighbour with more takes nothing from a full leaf
    LEAF_LOAD = 60              # members of a leaf that is made of sorted members
    INNER_MAX = 31              # children of an inner node; the block is 1008 bytes
    INNER_MIN = 10
    INNER_MERGE = 25
    HEIGHT_MAX = 16             # of inner nodes above a leaf
    LOAD_LEAD = 16              # members that are fetched ahead

cdef enum:                      # Target.mode: where the place is that is looked for
    TARGET_BEFORE = 0           # before all members of this score
    TARGET_AFTER = 1            # behind them
    TARGET_MEMBER = 2           # where p[:n] with this score is or would be
    TARGET_LEX = 3              # before p[:n], where all scores are the same
    TARGET_LEX_AFTER = 4        # behind it

cdef struct Leaf:
    uint32_t count
    uint32_t keys[64]
    Leaf *next
    Leaf *previous
    uint64_t slots[64]

ctypedef Leaf *LeafPtr

cdef struct Inner:
    uint64_t count
    uint64_t bits[31]
    EntryPtr firsts[31]
    uint64_t sizes[31]
    void *children[31]

ctypedef Inner *InnerPtr

cdef struct OrderedSet:
    Heap *heap
    uint64_t count              # members
    void *root                  # a leaf when `height` is 0, NULL when empty
    Leaf *first
    Leaf *last
    int height                  # inner nodes above each leaf
    uint64_t leaves             # nodes in all
    uint64_t inners

ctypedef OrderedSet *OrderedSetPtr

cdef struct Target:             # a place in the order
    uint64_t bits
    const char *p
    size_t n
    int mode

ctypedef Target *TargetPtr

cdef struct Place:              # a member of the set; leaf NULL: beyond the first or last
    Leaf *leaf
    int index

ctypedef Place *PlacePtr

cdef struct Path:               # from the root down
    InnerPtr inner[16]
    int child[16]               # which child of inner[level]
    Leaf *leaf
    int index

ctypedef Path *PathPtr

cdef struct Spare:              # nodes that a change may need, made before it begins
    InnerPtr inner[17]
    int count

ctypedef Spare *SparePtr
ctypedef void (*TakenFunction)(void *context, EntryPtr *members, int count) noexcept nogil

# The set.
cdef void ordered_set_init(OrderedSet *s, Heap *heap) noexcept nogil
cdef void ordered_set_free(OrderedSet *s, bint remote) noexcept nogil
cdef bint ordered_set_insert(OrderedSet *s, Entry *m) noexcept nogil
cdef bint ordered_set_insert_at(OrderedSet *s, const Target *t, Path *path, Entry *m) noexcept nogil
cdef void ordered_set_remove(OrderedSet *s, Entry *m) noexcept nogil
cdef bint ordered_set_move(OrderedSet *s, Entry *m, double score) noexcept nogil
cdef void ordered_set_take(
    OrderedSet *s, uint64_t rank, uint64_t count, TakenFunction taken, void *context) noexcept nogil
cdef bint ordered_set_load(OrderedSet *s, Entry **members, size_t n) noexcept nogil
cdef void ordered_set_descend(const OrderedSet *s, const Target *t, Path *path) noexcept nogil
cdef uint64_t ordered_set_rank(const OrderedSet *s, const Target *t) noexcept nogil
cdef uint64_t ordered_set_rank_of(const OrderedSet *s, const Entry *m) noexcept nogil
cdef Place ordered_set_at(const OrderedSet *s, uint64_t rank) noexcept nogil
cdef size_t ordered_set_bytes(const OrderedSet *s) noexcept nogil
cdef int compare_bytes(const char *p, size_t n, const char *q, size_t m) noexcept nogil

# Looking.
cdef int compare_member(const Entry *m, const Target *t) noexcept nogil
cdef bint slot_below(uint64_t slot, const Target *t) noexcept nogil
cdef int leaf_below(const Leaf *leaf, const Target *t) noexcept nogil
cdef int leaf_index_of(const Leaf *leaf, const Entry *m, uint64_t bits) noexcept nogil
cdef int child_of(const Inner *inner, const Target *t) noexcept nogil
cdef void descend_to_rank(const OrderedSet *s, uint64_t rank, Path *path) noexcept nogil
cdef uint64_t rank_of_path(const OrderedSet *s, const Path *path) noexcept nogil

# Changing.
cdef Leaf *leaf_new(OrderedSet *s) noexcept nogil
cdef void leaf_link(OrderedSet *s, Leaf *leaf, Leaf *previous, Leaf *following) noexcept nogil
cdef void leaf_drop(OrderedSet *s, Leaf *leaf) noexcept nogil
cdef void leaf_open(Leaf *leaf, int i, int n) noexcept nogil
cdef void leaf_close(Leaf *leaf, int i, int n) noexcept nogil
cdef void leaf_copy(Leaf *to, int i, const Leaf *source, int j, int n) noexcept nogil
cdef void leaf_shift(Leaf *a, Leaf *b, int n) noexcept nogil
cdef void inner_open(Inner *inner, int i, int n) noexcept nogil
cdef void inner_close(Inner *inner, int i, int n) noexcept nogil
cdef void inner_copy(Inner *to, int i, const Inner *source, int j, int n) noexcept nogil
cdef void inner_shift(Inner *a, Inner *b, int n) noexcept nogil
cdef void inner_put(Inner *inner, int i, uint64_t bits, Entry *first, uint64_t size, void *child) noexcept nogil
cdef uint64_t inner_size(const Inner *inner) noexcept nogil
cdef void inner_free(OrderedSet *s, Inner *inner) noexcept nogil
cdef uint64_t first_bits(const Leaf *leaf) noexcept nogil
cdef void note_first(OrderedSet *s, Path *path) noexcept nogil
cdef void note_first_above(Path *path, int level, uint64_t bits, Entry *first) noexcept nogil
cdef void add_to_sizes(OrderedSet *s, Path *path, int64_t n) noexcept nogil
cdef bint make_room(OrderedSet *s, Path *path, uint64_t bits, Entry *m) noexcept nogil
cdef bint share_out(OrderedSet *s, Path *path) noexcept nogil
cdef void leaves_even(Inner *parent, int left, Leaf *a, Leaf *b) noexcept nogil
cdef bint spare_make(OrderedSet *s, const Path *path, Spare *spare) noexcept nogil
cdef void spare_free(OrderedSet *s, Spare *spare) noexcept nogil
cdef Inner *spare_take(Spare *spare) noexcept nogil
cdef void attach(
    OrderedSet *s, Path *path, Spare *spare, bint before, uint64_t bits, Entry *first, uint64_t size, void *child
) noexcept nogil
cdef void raise_root(
    OrderedSet *s, Inner *root, bint before, uint64_t bits, Entry *first, uint64_t size, void *child) noexcept nogil
cdef bint take_at(OrderedSet *s, Path *path, int n) noexcept nogil
cdef bint leaf_rebalance(OrderedSet *s, Path *path) noexcept nogil
cdef void drop_child(OrderedSet *s, Path *path, int level) noexcept nogil
cdef bint inner_rebalance(OrderedSet *s, Path *path, int level) noexcept nogil
cdef void move_within(OrderedSet *s, Path *path, int to, Entry *m, double score) noexcept nogil
cdef void nodes_free(OrderedSet *s, void *node, int height, bint remote) noexcept nogil

# Targets.

cdef inline uint64_t score_bits(double score) noexcept nogil:
    """The bits of a score, in the order of scores. -0 and 0 are the same."""
    cdef uint64_t bits
    score += 0.0
    bits = load64(&score)
    return ~bits if bits & SIGN_BIT else bits | SIGN_BIT

cdef inline void target_score(Target *t, double score, bint after) noexcept nogil:
    t.bits = score_bits(score)
    t.p = NULL
    t.n = 0
    t.mode = TARGET_AFTER if after else TARGET_BEFORE

cdef inline void target_bytes(Target *t, const char *p, size_t n, bint after) noexcept nogil:
    t.bits = 0
    t.p = p
    t.n = n
    t.mode = TARGET_LEX_AFTER if after else TARGET_LEX

cdef inline void target_member(Target *t, double score, const char *p, size_t n) noexcept nogil:
    t.bits = score_bits(score)
    t.p = p
    t.n = n
    t.mode = TARGET_MEMBER

# Leaves and places.

cdef inline Entry *slot_member(uint64_t slot) noexcept nogil:
    return <Entry *><uintptr_t>(slot & ADDRESS_BITS)

cdef inline Entry *leaf_member(const Leaf *leaf, int i) noexcept nogil:
    return slot_member(leaf.slots[i])

cdef inline void leaf_set(Leaf *leaf, int i, uint64_t bits, const Entry *m) noexcept nogil:
    leaf.keys[i] = <uint32_t>(bits >> 32)
    leaf.slots[i] = <uint64_t><uintptr_t>m | ((bits & MORE_BITS) << 32)

cdef inline int keys_below(const uint32_t *keys, int n, uint32_t key) noexcept nogil:
    """How many of the n sorted keys are below `key`. No branches that depend on them."""
    cdef const uint32_t *p = keys
    cdef int half
    while n > 1:
        half = n >> 1
        p += half * <int>(p[half - 1] < key)
        n -= half
    return <int>(p - keys) + <int>(n == 1 and p[0] < key)

cdef inline int bits_below(const uint64_t *bits, int n, uint64_t value) noexcept nogil:
    """How many of the n sorted bits are below `value`."""
    cdef const uint64_t *p = bits
    cdef int half
    while n > 1:
        half = n >> 1
        p += half * <int>(p[half - 1] < value)
        n -= half
    return <int>(p - bits) + <int>(n == 1 and p[0] < value)

cdef inline Entry *place_member(const Place *place) noexcept nogil:
    return leaf_member(place.leaf, place.index)

cdef inline Place ordered_set_first(const OrderedSet *s) noexcept nogil:
    cdef Place place
    place.leaf = s.first
    place.index = 0
    return place

cdef inline Place ordered_set_last(const OrderedSet *s) noexcept nogil:
    cdef Place place
    place.leaf = s.last
    place.index = <int>s.last.count - 1 if s.last != NULL else 0
    return place

cdef inline void place_next(Place *place) noexcept nogil:
    """To the next member. Beyond the last one, `leaf` is NULL."""
    place.index += 1
    if place.index == <int>place.leaf.count:
        place.leaf = place.leaf.next
        place.index = 0

cdef inline void place_previous(Place *place) noexcept nogil:
    place.index -= 1
    if place.index < 0:
        place.leaf = place.leaf.previous
        place.index = <int>place.leaf.count - 1 if place.leaf != NULL else 0
