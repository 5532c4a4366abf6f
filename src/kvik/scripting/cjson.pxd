"""The library `cjson` of scripts: its settings and its table. See cjson.py."""

from libc.stddef cimport size_t

from kvik.scripting.lua cimport CFunction, State

cdef enum:                      # the upvalues of every function of a cjson
    CJSON_SETTINGS = 1
    CJSON_ROOM = 2              # of encode and decode: see buffer.py

cdef enum:                      # what to do with NaN and infinities
    NUMBERS_REFUSED = 0
    NUMBERS_TAKEN = 1
    NUMBERS_AS_NULL = 2

cdef enum:
    DEPTH_MAX = 1000
    SPARSE_RATIO = 2
    SPARSE_SAFE = 10
    PRECISION_MAX = 14

cdef struct CjsonSettings:
    int sparse_as_object        # a sparse array becomes an object; else it is an error
    int sparse_ratio            # sparse: its highest index is above this times its elements, 0: none is
    int sparse_safe             #         and above this
    int encode_max_depth
    int decode_max_depth
    int precision               # significant digits
    int encode_numbers          # NUMBERS_
    int decode_numbers
    int keep_buffer             # can be set, and means nothing here

ctypedef CjsonSettings *CjsonSettingsPtr
ctypedef int *IntPtr

cdef int open_cjson(State *L) noexcept nogil
cdef void put_cjson_function(State *L, const char *name, CFunction f) noexcept nogil
cdef CjsonSettings *settings_of(State *L) noexcept nogil
cdef CjsonSettings *check_arguments(State *L, int most) noexcept nogil
cdef int set_number(State *L, int argument, int *setting, int least, int most) noexcept nogil
cdef int set_choice(State *L, int argument, int *setting, int choices) noexcept nogil
cdef int cjson_encode_sparse_array(State *L) noexcept nogil
cdef int cjson_encode_max_depth(State *L) noexcept nogil
cdef int cjson_decode_max_depth(State *L) noexcept nogil
cdef int cjson_encode_number_precision(State *L) noexcept nogil
cdef int cjson_encode_keep_buffer(State *L) noexcept nogil
cdef int cjson_encode_invalid_numbers(State *L) noexcept nogil
cdef int cjson_decode_invalid_numbers(State *L) noexcept nogil
