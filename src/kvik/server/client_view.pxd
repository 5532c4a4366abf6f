"""A client as Python handlers see it. See client_view.py."""

from libc.stdint cimport uint64_t

from kvik.server.core cimport Core
from kvik.wire.client cimport Client as ClientStruct

cdef class Client:
    cdef Core core
    cdef ClientStruct *c
    cdef readonly uint64_t id

cdef Client view_client(Core core, ClientStruct *c)
