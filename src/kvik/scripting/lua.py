"""Where the C interface of Lua comes from: the interpreter that `lupa.lua51` carries.

lupa's own way from Python to Lua makes a Python object of every value that passes. Scripts of a server do without one:
they see no Python that they could break out to, and cost what Lua costs. So only the interpreter is used, by the names
of its C interface in that extension module, looked up once a process: what a linker does for a library that is linked.
The module is not initialised, its Python side stays asleep.
"""

# ruff: noqa: F821

import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.libc.stdint import uintptr_t
from cython.cimports.posix.dlfcn import RTLD_LOCAL, RTLD_NOW, dlerror, dlopen, dlsym

NAMES = """
lua_newstate lua_close lua_newthread lua_atpanic lua_getallocf
lua_gettop lua_settop lua_pushvalue lua_remove lua_insert lua_replace lua_checkstack lua_xmove
lua_type lua_typename lua_isnumber lua_isstring lua_iscfunction lua_tocfunction lua_rawequal lua_lessthan
lua_tonumber lua_tointeger lua_toboolean lua_tolstring lua_objlen lua_touserdata lua_tothread lua_topointer
lua_pushnil lua_pushnumber lua_pushinteger lua_pushlstring lua_pushstring lua_pushfstring lua_pushcclosure lua_pushboolean
lua_pushlightuserdata lua_pushthread
lua_gettable lua_getfield lua_rawget lua_rawgeti lua_createtable lua_newuserdata lua_getmetatable lua_getfenv
lua_getupvalue lua_settable lua_setfield lua_rawset lua_rawseti lua_setmetatable lua_setfenv
lua_call lua_pcall lua_cpcall lua_resume lua_status lua_gc lua_error lua_next lua_concat
lua_getstack lua_getinfo lua_sethook
luaL_loadbuffer luaL_checktype luaL_checklstring luaL_checknumber luaL_checkinteger luaL_optinteger luaL_checkany
luaL_checkstack luaL_argerror luaL_where luaL_error luaL_ref luaL_unref
luaopen_base luaopen_table luaopen_string luaopen_math luaopen_os
""".split()
"""Every member of `Lua`, in the header's order."""


class LuaError(Exception):
    """There is no interpreter; the text says what to do."""


def load_lua():
    """Look the functions up, unless that is done. LuaError: there is no interpreter."""
    if lua.newstate != NULL:
        return
    module = dlopen(lua_path().encode(), RTLD_NOW | RTLD_LOCAL)
    if module == NULL:
        raise LuaError(f"Lua cannot be loaded: {dlerror().decode()}")
    found: list = []
    for name in NAMES:
        found.append(cast(uintptr_t, dlsym(module, name.encode())))
    missing = [name for name, at in zip(NAMES, found, strict=True) if not at]
    if missing or len(NAMES) * sizeof(cython.p_void) != sizeof(Lua):
        raise LuaError(f"lupa's Lua 5.1 does not show its C interface ({' '.join(missing)}): pip install --upgrade lupa")
    i: cython.int
    place: uintptr_t
    for i in range(len(NAMES) - 1, -1, -1):      # the first one last: then all are there
        place = found[i]
        cast(PlacePtr, address(lua))[i] = cast(cython.p_void, place)


def lua_path():
    """The file of the module with the interpreter. It is not imported, nor is its package."""
    import importlib.machinery  # late: only who has scripts needs it
    import importlib.util

    package = importlib.util.find_spec("lupa")
    if package is None:
        raise LuaError("scripts need the package lupa: pip install lupa")
    module = importlib.machinery.PathFinder.find_spec("lua51", package.submodule_search_locations)
    if module is None or not module.origin:
        raise LuaError("this build of lupa has no Lua 5.1: pip install --force-reinstall lupa")
    return module.origin


def raise_text(L, text):
    """Raise a Lua error with this text, behind the place of the Lua code that called. Does not return."""
    lua.where(L, 1)
    lua.pushstring(L, text)
    lua.concat(L, 2)
    return lua.error(L)
