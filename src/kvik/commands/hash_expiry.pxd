"""Hash commands on fields that expire. See hash_expiry.py."""

from libc.stdint cimport int64_t, uint64_t

from kvik.commands.arguments cimport SetOptions
from kvik.commands.hash cimport Sets
from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call
from kvik.keyspace.effects cimport Effects, EffectsPtr
from kvik.keyspace.hash_value cimport HashSettings, Place

cdef enum:
    NO_SUCH_FIELD = -2          # what is replied for a field
    NO_EXPIRY = -1
    CONDITION_NOT_MET = 0
    EXPIRY_SET = 1
    FIELD_DELETED = 2
    OUT_OF_MEMORY = -3          # never replied

cdef struct FieldList:          # FIELDS numfields field ...
    int at                      # where FIELDS stands
    int first
    int end
    int step                    # 2: each field with a value

ctypedef FieldList *FieldListPtr

cdef void hexpire_command(Call *call) noexcept nogil
cdef void hpexpire_command(Call *call) noexcept nogil
cdef void hexpireat_command(Call *call) noexcept nogil
cdef void hpexpireat_command(Call *call) noexcept nogil
cdef void httl_command(Call *call) noexcept nogil
cdef void hpttl_command(Call *call) noexcept nogil
cdef void hexpiretime_command(Call *call) noexcept nogil
cdef void hpexpiretime_command(Call *call) noexcept nogil
cdef void hpersist_command(Call *call) noexcept nogil
cdef void hgetex_command(Call *call) noexcept nogil
cdef void hgetdel_command(Call *call) noexcept nogil
cdef void hsetex_command(Call *call) noexcept nogil

cdef bint find_fields(Call *call, int i, int step, FieldList *fields) noexcept nogil
cdef bint fields_stand_at(Call *call, int i, FieldList *fields) noexcept nogil
cdef int count_fields(Call *call, FieldList *fields) noexcept nogil
cdef bint read_field_count(Call *call, FieldList *fields) noexcept nogil
cdef void reply_numfields_error(Call *call) noexcept nogil
cdef void reply_for_each(Call *call, const FieldList *fields, int64_t value) noexcept nogil
cdef void hexpire_generic(Call *call, bint seconds, bint absolute) noexcept nogil
cdef int expire_field(
    Call *call, Entry *e, const HashSettings *settings, const Slice *field, int conditions, int64_t when) noexcept nogil
cdef void finish_expiries(Call *call, Entry *e, int64_t changes, const char *event) noexcept nogil
cdef void field_expiry_generic(Call *call, bint seconds, bint absolute) noexcept nogil
cdef bint get_and_change(
    Call *call, Entry *e, const HashSettings *settings, const Slice *field, const SetOptions *options,
    int64_t *changes) noexcept nogil
cdef bint read_field_moment(Call *call, SetOptions *options) noexcept nogil
cdef bint field_conditions_met(Call *call, const Entry *e, const FieldList *fields, int flags) noexcept nogil
cdef void set_past(Call *call, Entry *e, const FieldList *fields) noexcept nogil
cdef void finish_field_expiry(Call *call, Entry *e, int64_t removed) noexcept nogil
cdef void begin_log(Call *call) noexcept nogil
cdef void effect_moment(Call *call, const FieldList *fields, int64_t when, bint condition) noexcept nogil
cdef void effect_fields(Call *call, Effects *f, const FieldList *fields) noexcept nogil
cdef void effect_getex(
    Call *call, const FieldList *fields, const SetOptions *options, const HashSettings *settings) noexcept nogil
cdef void effect_revived(Call *call, int i) noexcept nogil
cdef void effect_setex(Call *call, const FieldList *fields, int64_t when) noexcept nogil
