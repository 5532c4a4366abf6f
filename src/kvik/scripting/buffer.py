"""A growing text for the libraries of scripts: what cjson, cmsgpack and struct write is written here first.

A Lua error leaves by longjmp, and running out of memory is one: so the bytes are Lua's, a userdata that the C function
has as an upvalue. No return is needed to free it, no place on the stack is taken, and the next call finds it there to
write into.

Lua's hook is not called while a C function works, however long. Loops over what a script hands in therefore call
`take_turn`, which calls it.
"""

# ruff: noqa: F821
import cython
from cython.cimports.kvik.scripting.lua import lua
from cython.cimports.libc.string import memcpy, memset


def push_room(L):
    """Push what a C function with a buffer needs as its upvalue."""
    lua.newuserdata(L, BUFFER_START)


def put_writer(L, name, f):
    """Set a function in the table on top, with a room in its upvalue 1."""
    push_room(L)
    lua.pushcclosure(L, f, 1)
    lua.setfield(L, -2, name)


def buffer_begin(b, L, place):
    """An empty buffer with the room in this upvalue."""
    b.L = L
    b.place = place
    b.n = 0
    b.room = lua.objlen(L, place)
    b.p = cython.cast(cython.p_char, lua.touserdata(L, place))
    if b.room > BUFFER_KEPT:            # an error has left it
        buffer_renew(b, BUFFER_START)


def buffer_renew(b, room):
    """Other room, in which what was written comes first."""
    p: cython.p_char = cython.cast(cython.p_char, lua.newuserdata(b.L, room))
    memcpy(p, b.p, b.n)
    lua.replace(b.L, b.place)
    b.p = p
    b.room = room


def buffer_grow(b, more):
    room: cython.size_t = b.room
    while room - b.n < more:
        room *= 2
    buffer_renew(b, room)


def buffer_zeros(b, n):
    memset(buffer_reserve(b, n), 0, n)
    b.n += n


def buffer_push(b):
    """Push the text, as a string of Lua's."""
    lua.pushlstring(b.L, b.p, b.n)
    if b.room > BUFFER_KEPT:
        b.n = 0
        buffer_renew(b, BUFFER_START)
