"""Python values to RESP. See encode.py."""

from kvik.wire.client cimport Client as ClientStruct

cdef enum:
    NESTING_MAX = 128           # of lists in lists

cdef object encode(ClientStruct *c, object value)
cdef object encode_error(ClientStruct *c, str text)
cdef object encode_bytes(ClientStruct *c, bytes value)
cdef object check(object value, int depth)
cdef object write(ClientStruct *c, object value)
