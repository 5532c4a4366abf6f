"""DUMP payloads of all types, made by the oracle: what RESTORE is given."""

from __future__ import annotations

from typing import Final

from tests.commands.script import run
from tests.support.resp import OK, Connection

SCRIPTS: Final = (
    "SET k ''",
    "SET k value",
    "SET k 12345",
    "SET k -70000",
    "SET k 5000000000",
    "SETRANGE k 100 x",
    "RPUSH k a b 1 2 300",
    "RPUSH k a b c d e f g h i j",
    "SADD k 1 2 3",
    "SADD k 1 70000 5000000000",
    "SADD k a b 1",
    "SADD k a b c d e f g h",
    "HSET k f v g 1",
    "HSET k f1 v f2 v f3 v f4 v f5 v f6 v",
    "HSET k f v g 1 ; HEXPIREAT k 32503680000 FIELDS 1 f",
    "ZADD k 1 a 2.5 b -inf c",
    "ZADD k 1 a 2 b 3 c 4 d 5 e 6 f",
    "XADD k 1-1 f v ; XADD k 2-2 f v g w ; XDEL k 1-1",
    "XADD k 1-1 f v ; XGROUP CREATE k A 0 ; XGROUP CREATECONSUMER k A one",
    "PFADD k a b c",
)


def payloads(oracle: Connection) -> list[bytes]:
    """Those of these scripts. The oracle is empty afterwards."""
    made = []
    for script in SCRIPTS:
        assert oracle("FLUSHALL") == OK
        run(oracle, script)
        made.append(oracle("DUMP", "k"))
        assert isinstance(made[-1], bytes), (script, made[-1])
    assert oracle("FLUSHALL") == OK
    return made
