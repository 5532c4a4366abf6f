"""The C interface of Lua 5.1, as its reference manual specifies it: `lua.pushnil(L)` is the manual's `lua_pushnil(L)`.

The functions stand in the extension module `lupa.lua51`, which carries the interpreter; see lua.py.

What may raise a Lua error leaves by longjmp. A C function that Lua calls must therefore hold nothing at such a moment
that only its own return would free.
"""

from libc.stddef cimport ptrdiff_t, size_t
from libc.stdint cimport uintptr_t

cdef enum:
    LUA_REGISTRYINDEX = -10000
    LUA_ENVIRONINDEX = -10001
    LUA_GLOBALSINDEX = -10002
    LUA_MULTRET = -1
    LUA_YIELD = 1
    LUA_ERRRUN = 2
    LUA_ERRSYNTAX = 3
    LUA_ERRMEM = 4
    LUA_ERRERR = 5
    LUA_TNONE = -1
    LUA_TNIL = 0
    LUA_TBOOLEAN = 1
    LUA_TLIGHTUSERDATA = 2
    LUA_TNUMBER = 3
    LUA_TSTRING = 4
    LUA_TTABLE = 5
    LUA_TFUNCTION = 6
    LUA_TUSERDATA = 7
    LUA_TTHREAD = 8
    LUA_MINSTACK = 20           # stack places that a C function finds free
    LUA_HOOKLINE = 2
    LUA_MASKCALL = 1
    LUA_MASKLINE = 4
    LUA_MASKCOUNT = 8
    LUA_GCSTOP = 0
    LUA_GCRESTART = 1
    LUA_GCCOLLECT = 2
    LUA_GCCOUNT = 3
    LUA_GCCOUNTB = 4
    LUA_GCSTEP = 5

cdef extern from *:
    """
    struct lua_State;
    typedef struct lua_State KvLuaState;
    """
    ctypedef struct State "KvLuaState":     # the manual's lua_State
        pass

ctypedef State *StatePtr

cdef struct LuaDebug:           # the manual's lua_Debug
    int event
    const char *name
    const char *namewhat
    const char *what
    const char *source
    int currentline
    int nups
    int linedefined
    int lastlinedefined
    char short_src[60]
    int i_ci

ctypedef int (*CFunction)(State *L) noexcept nogil
ctypedef void *(*Allocate)(void *owner, void *p, size_t old, size_t n) noexcept nogil
ctypedef void (*Hook)(State *L, LuaDebug *at) noexcept nogil

cdef struct Lua:
    State *(*newstate)(Allocate f, void *owner) noexcept nogil
    void (*close)(State *L) noexcept nogil
    State *(*newthread)(State *L) noexcept nogil
    CFunction (*atpanic)(State *L, CFunction panic) noexcept nogil
    Allocate (*getallocf)(State *L, void **owner) noexcept nogil

    int (*gettop)(State *L) noexcept nogil
    void (*settop)(State *L, int index) noexcept nogil
    void (*pushvalue)(State *L, int index) noexcept nogil
    void (*remove)(State *L, int index) noexcept nogil
    void (*insert)(State *L, int index) noexcept nogil
    void (*replace)(State *L, int index) noexcept nogil
    int (*checkstack)(State *L, int places) noexcept nogil
    void (*xmove)(State *L, State *to, int n) noexcept nogil

    int (*type)(State *L, int index) noexcept nogil
    const char *(*typename)(State *L, int type) noexcept nogil
    int (*isnumber)(State *L, int index) noexcept nogil
    int (*isstring)(State *L, int index) noexcept nogil
    int (*iscfunction)(State *L, int index) noexcept nogil
    CFunction (*tocfunction)(State *L, int index) noexcept nogil
    int (*rawequal)(State *L, int a, int b) noexcept nogil
    int (*lessthan)(State *L, int a, int b) noexcept nogil
    double (*tonumber)(State *L, int index) noexcept nogil
    ptrdiff_t (*tointeger)(State *L, int index) noexcept nogil
    int (*toboolean)(State *L, int index) noexcept nogil
    const char *(*tolstring)(State *L, int index, size_t *n) noexcept nogil
    size_t (*objlen)(State *L, int index) noexcept nogil
    void *(*touserdata)(State *L, int index) noexcept nogil
    State *(*tothread)(State *L, int index) noexcept nogil
    const void *(*topointer)(State *L, int index) noexcept nogil

    void (*pushnil)(State *L) noexcept nogil
    void (*pushnumber)(State *L, double n) noexcept nogil
    void (*pushinteger)(State *L, ptrdiff_t n) noexcept nogil
    void (*pushlstring)(State *L, const char *p, size_t n) noexcept nogil
    void (*pushstring)(State *L, const char *text) noexcept nogil
    const char *(*pushfstring)(State *L, const char *format, ...) noexcept nogil
    void (*pushcclosure)(State *L, CFunction f, int upvalues) noexcept nogil
    void (*pushboolean)(State *L, int value) noexcept nogil
    void (*pushlightuserdata)(State *L, void *p) noexcept nogil
    int (*pushthread)(State *L) noexcept nogil

    void (*gettable)(State *L, int index) noexcept nogil
    void (*getfield)(State *L, int index, const char *name) noexcept nogil
    void (*rawget)(State *L, int index) noexcept nogil
    void (*rawgeti)(State *L, int index, int n) noexcept nogil
    void (*createtable)(State *L, int array, int hash) noexcept nogil
    void *(*newuserdata)(State *L, size_t n) noexcept nogil
    int (*getmetatable)(State *L, int index) noexcept nogil
    void (*getfenv)(State *L, int index) noexcept nogil
    const char *(*getupvalue)(State *L, int function, int n) noexcept nogil

    void (*settable)(State *L, int index) noexcept nogil
    void (*setfield)(State *L, int index, const char *name) noexcept nogil
    void (*rawset)(State *L, int index) noexcept nogil
    void (*rawseti)(State *L, int index, int n) noexcept nogil
    int (*setmetatable)(State *L, int index) noexcept nogil
    int (*setfenv)(State *L, int index) noexcept nogil

    void (*call)(State *L, int arguments, int results) noexcept nogil
    int (*pcall)(State *L, int arguments, int results, int handler) noexcept nogil
    int (*cpcall)(State *L, CFunction f, void *argument) noexcept nogil
    int (*resume)(State *L, int arguments) noexcept nogil
    int (*status)(State *L) noexcept nogil
    int (*gc)(State *L, int what, int data) noexcept nogil
    int (*error)(State *L) noexcept nogil
    int (*next)(State *L, int index) noexcept nogil
    void (*concat)(State *L, int n) noexcept nogil

    int (*getstack)(State *L, int level, LuaDebug *at) noexcept nogil
    int (*getinfo)(State *L, const char *what, LuaDebug *at) noexcept nogil
    int (*sethook)(State *L, Hook f, int mask, int count) noexcept nogil

    int (*loadbuffer)(State *L, const char *p, size_t n, const char *name) noexcept nogil     # luaL_ from here on
    int (*checktype)(State *L, int index, int type) noexcept nogil
    const char *(*checklstring)(State *L, int index, size_t *n) noexcept nogil
    double (*checknumber)(State *L, int index) noexcept nogil
    ptrdiff_t (*checkinteger)(State *L, int index) noexcept nogil
    ptrdiff_t (*optinteger)(State *L, int index, ptrdiff_t otherwise) noexcept nogil
    void (*checkany)(State *L, int index) noexcept nogil
    void (*checkstack_or)(State *L, int places, const char *error) noexcept nogil   # luaL_checkstack
    int (*argerror)(State *L, int argument, const char *error) noexcept nogil
    void (*where)(State *L, int level) noexcept nogil
    int (*error_with)(State *L, const char *format, ...) noexcept nogil             # luaL_error
    int (*ref)(State *L, int index) noexcept nogil
    void (*unref)(State *L, int index, int ref) noexcept nogil

    int (*open_base)(State *L) noexcept nogil       # luaopen_
    int (*open_table)(State *L) noexcept nogil
    int (*open_string)(State *L) noexcept nogil
    int (*open_math)(State *L) noexcept nogil
    int (*open_os)(State *L) noexcept nogil

ctypedef void **PlacePtr

cdef Lua lua                    # written once a process, by load_lua

cdef inline int upvalue_index(int n) noexcept nogil:
    """Where a C function finds its n-th upvalue, counted from 1."""
    return LUA_GLOBALSINDEX - n

cdef inline void lua_pop(State *L, int n) noexcept nogil:
    lua.settop(L, -n - 1)

cdef int raise_text(State *L, const char *text) noexcept nogil
cpdef object load_lua()
cdef object lua_path()
