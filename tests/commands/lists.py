"""What the suites of list commands share: forms of lists, and cases of one command on one list."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.commands.script import run
from tests.support.resp import NULL_ARRAY, Argument, Connection

LIMITS: Final[dict[str, dict[str, Argument]]] = {
    "usual": {"list_max_listpack_size": -2, "list_compress_depth": 0},
    "nodes of two": {"list_max_listpack_size": 2, "list_compress_depth": 0},
    "nodes of one": {"list_max_listpack_size": 1, "list_compress_depth": 0},
    "compressed": {"list_max_listpack_size": 3, "list_compress_depth": 1},
}
"""Under which a list is one listpack, or a chain of short nodes, of which the inner ones are compressed."""

FORMS: Final = pytest.mark.parametrize("form", LIMITS)

Case = tuple[str, str, Any, str, int]
"""Before, command, reply, the list `l` then (its elements between spaces, '' for none), how many changes that was."""


def elements(r: Connection, key: str = "l") -> list[bytes]:
    return r("LRANGE", key, 0, -1)


def check(r: Connection, form: str, case: Case) -> None:
    before, command, reply, after, changes = case
    if reply is NULL_ARRAY and r.resp == 3:
        reply = None
    with r.config(**LIMITS[form]):
        run(r, before)
        dirty = r.dirty()
        answer = run(r, command)
        assert answer == reply
        assert type(answer) is type(reply)
        assert r.dirty() - dirty == changes
        assert elements(r) == after.encode().split()
        assert r("EXISTS", "l") == (1 if after else 0)


def fill(r: Connection, key: str, texts: list[bytes]) -> None:
    """RPUSH, some hundreds at a time."""
    assert r.many([("RPUSH", key, *texts[i : i + 500]) for i in range(0, len(texts), 500)])[-1] == len(texts)
