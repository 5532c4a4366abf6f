"""Nothing leaks: after a great many commands of every kind and FLUSHALL, a server has as much memory as before.

`used_memory` counts every block of the heap, so it has to come back to where it was; what is resident, within 5 %.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from tests.model.conftest import Start
from tests.model.draw import Drawer
from tests.model.pair import Side, known_names, parts
from tests.model.payloads import payloads
from tests.support.resp import OK
from tests.support.servers import eventually

COMMANDS = int(os.environ.get("KVIK_LEAK_COMMANDS", "60000"))
LENGTH = 500
WARM_UP = 20  # sequences
SLACK = 65536  # bytes: buffers of the loop, which stay as large as they once had to be


def emptied(side: Side) -> tuple[int, int]:
    """Bytes in use and resident when there are no keys."""
    r = side.connection
    assert r("SELECT", 0) == OK
    assert r("FLUSHALL", "SYNC") == OK
    eventually(lambda: r.info("memory")["lazyfree_pending_objects"] == "0")
    assert r("MEMORY", "PURGE") == OK
    return int(r.info("memory")["used_memory"]), side.server.resident_bytes()


@pytest.mark.timeout(300 + COMMANDS // 500)
def test_memory_comes_back(start: Start) -> None:
    side = Side(start("kvik", 9), 2)
    available = [name for name in known_names(side.connection("COMMAND", "LIST")) if name not in ("debug", "shutdown")]
    values = payloads(start("oracle").connect())
    used, resident = 0, 0
    for number in range(WARM_UP + COMMANDS // LENGTH):
        if number == WARM_UP:
            used, resident = emptied(side)
        drawer = Drawer(Random(f"leaks {number}"), sorted(available), databases=True, payloads=values)
        for part in parts(list(drawer.commands(LENGTH))):
            side.connection.many(part)
    used_now, resident_now = emptied(side)
    side.close()
    assert used_now <= used + SLACK
    assert resident_now <= resident * 1.05
