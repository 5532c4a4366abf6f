"""A Lua interpreter for tests, with the libraries that scripts have."""

import cython
from cython import NULL, address
from cython.cimports.kvik.scripting.lua import load_lua, lua
from cython.cimports.libc.stdlib import free, realloc


def allocate(owner, p, old, n):
    if n == 0:
        free(p)
        return NULL
    return realloc(p, n)


class LuaProbe:
    def __cinit__(self):
        load_lua()
        self.L = lua.newstate(allocate, NULL)
        for opener in (0, 1, 2, 3):
            if opener == 0:
                lua.pushcclosure(self.L, lua.open_base, 0)
            elif opener == 1:
                lua.pushcclosure(self.L, lua.open_table, 0)
            elif opener == 2:
                lua.pushcclosure(self.L, lua.open_string, 0)
            else:
                lua.pushcclosure(self.L, lua.open_math, 0)
            lua.call(self.L, 0, 0)

    def __dealloc__(self):
        if self.L != NULL:
            lua.close(self.L)

    def run(self, code: bytes) -> bytes:
        """What the code returns, as a string (b"nil" for none), or, behind b"error: ", its error."""
        n: cython.size_t = 0
        failed: cython.int = lua.loadbuffer(self.L, code, len(code), b"@probe")
        if not failed:
            failed = lua.pcall(self.L, 0, 1, 0)
        text = lua.tolstring(self.L, -1, address(n))
        found = text[:n] if text != NULL else b"nil"
        lua.settop(self.L, 0)
        return b"error: " + found if failed else found
