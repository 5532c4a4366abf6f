"""What holds for all libraries that scripts find besides Lua's: where they are, and that their work has an end."""

from __future__ import annotations

import pytest

from tests.support.both import Both, same
from tests.support.resp import OK, Connection, Error
from tests.support.servers import ServerProcess, eventually

WRITERS = ["cjson.encode", "cmsgpack.pack"]


def test_in_functions(both: Both) -> None:
    """They are there, with settings of their own; but not while the code of a library is run for the first time."""
    library = """#!lua name=data
        redis.register_function('data', function()
            return {cjson.encode_max_depth(), cjson.encode({bit.tobit(1), struct.pack('b', 65), cmsgpack.pack(1)})}
        end)"""
    load = ("FUNCTION", "LOAD", "REPLACE")
    same(both, [("EVAL", "cjson.encode_max_depth(7)", 0), (*load, "#!lua name=data\nlocal x = cjson.encode({})"),
                (*load, library), ("FCALL", "data", 0), ("FUNCTION", "FLUSH"), ("SCRIPT", "FLUSH")])  # fmt: skip


@pytest.mark.parametrize("library", ["bit", "cjson", "cmsgpack", "struct"])
def test_nobody_changes_them(both: Both, library: str) -> None:
    scripts = f"""
        {library}.x = 1
        rawset({library}, 'x', 1)
        setmetatable({library}, {{}})
        table.insert({library}, 'x')
        return {{{library}.nosuch, #{library}, type(next({library})), tostring(getmetatable({library}))}}
    """
    same(both, [("EVAL", script, 0) for script in scripts.strip().split("\n")])


def test_what_is_in_them(both: Both) -> None:
    """The same, but for the oracle's note on whose code its cmsgpack is."""
    script = """
        local names = {}
        for title, library in pairs({bit = bit, cjson = cjson, cmsgpack = cmsgpack, struct = struct}) do
            for name, value in pairs(library) do names[#names + 1] = title .. '.' .. name .. ' ' .. type(value) end
        end
        table.sort(names)
        return names
    """
    ours, theirs = (each("EVAL", script, 0) for each in both)
    assert ours == [name for name in theirs if name != b"cmsgpack._COPYRIGHT string"]


@pytest.mark.parametrize("writer", WRITERS)
def test_more_than_there_is_memory(kvik_alone: Connection, writer: str) -> None:
    """Each level doubles what is written. It ends with an error, and what was taken is given back."""
    script = f"local t = ('x'):rep(100000) for i = 1, 14 do t = {{t, t}} end return {{pcall({writer}, t)}}"
    assert kvik_alone("EVAL", script, 0) == [None, b"not enough memory"]
    assert kvik_alone("EVAL", f"return #{writer}({{1}})", 0) > 0
    assert kvik_alone("EVAL", "collectgarbage() return collectgarbage('count') < 20000", 0) == 1


@pytest.mark.parametrize("writer", WRITERS)
def test_it_is_killed_while_it_works(kvik: ServerProcess, kvik_alone: Connection, writer: str) -> None:
    """Lua's hook sees nothing of the work in one call. The tables are empty, but it takes minutes to see that."""
    script = f"""
        local t = {{}} for i = 1, 2^17 do t['k' .. i] = i end for k in pairs(t) do t[k] = nil end
        local all = {{}} for i = 1, 2^20 do all[i] = t end
        redis.log(redis.LOG_WARNING, 'what follows is {writer}')
        return #{writer}(all)
    """
    with kvik_alone.config(**{"busy-reply-threshold": 1}), kvik_alone.another() as caller:
        caller.send("EVAL", script, 0)
        eventually(lambda: f"what follows is {writer}" in kvik.log())
        eventually(lambda: kvik_alone("SCRIPT", "KILL") == OK)
        assert caller.read() == Error("ERR Script killed by user with SCRIPT KILL. script: on @user_script:5.")
