"""Lists of clients. See client_list.py."""

from kvik.engine.heap cimport Heap
from kvik.wire.client cimport Client, ClientPtr

cdef struct ClientList:
    Client **items
    int count
    int capacity

ctypedef ClientList *ClientListPtr
ctypedef Client **ClientPtrPtr

cdef bint client_list_add(Heap *heap, ClientList *clients, Client *c) noexcept nogil
cdef void client_list_remove(ClientList *clients, const Client *c) noexcept nogil
cdef void client_list_skip(ClientList *clients, int n) noexcept nogil
cdef void client_list_free(Heap *heap, ClientList *clients) noexcept nogil
