"""A client as Python handlers see it. See client_view.py."""

from libc.stdint cimport uint64_t

from kvik.engine.text cimport Slice
from kvik.server.core cimport Core
from kvik.wire.client cimport Client as ClientStruct, SliceField

cdef class Client:
    cdef Core core
    cdef ClientStruct *c
    cdef readonly uint64_t id

    cdef set_flag(self, unsigned int flag, bint on)
    cdef set_text(self, SliceField field, bytes text)

cdef Client view_client(Core core, ClientStruct *c)
cdef bytes text_of(const Slice *text)
cdef str shown(const Slice *text)
cdef str address_text(const unsigned char *sockaddr)
