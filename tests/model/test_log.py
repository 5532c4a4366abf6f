"""The append-only file brings the same data about again, whatever the commands were: after random sequences the log is
run anew, and everything is as it was. So every command's effect is logged in a form that does not depend on time,
chance or who waits."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from tests.model.compare import Words
from tests.model.conftest import Start
from tests.model.draw import Drawer
from tests.model.pair import DEFAULT_ENCODINGS, SMALL_ENCODINGS, Side, known_names, parts
from tests.model.payloads import payloads
from tests.persist.dataset import contents
from tests.support.resp import OK
from tests.support.servers import eventually

COMMANDS = int(os.environ.get("KVIK_MODEL_COMMANDS", "80000")) // 4
SEED = int(os.environ.get("KVIK_MODEL_SEED", "1"))
LENGTH = 250
ENCODINGS = {"usual": DEFAULT_ENCODINGS, "small": SMALL_ENCODINGS}


def writing(side: Side) -> list[str]:
    """Names of the commands that change data, and SELECT."""
    names = [*known_names(side.connection("COMMAND", "LIST", "FILTERBY", "ACLCAT", "write")), "select"]
    return [name for name in names if name not in ("debug", "shutdown")]


def is_logged(words: Words) -> bool:
    """Reading what is pending counts as one more delivery, and no server of the family logs that; nor a counter that has
    overflowed."""
    if words[0].upper() == b"XGROUP" and b"9223372036854775807" in words:
        return False
    if words[0].upper() != b"XREADGROUP":
        return True
    upper = [word.upper() for word in words]
    ids = words[upper.index(b"STREAMS") + 1 :] if b"STREAMS" in upper else ()
    return set(ids[len(ids) // 2 :]) <= {b">"}


def data(side: Side) -> dict[Any, Any]:
    """All that can be seen, but for what passes with time: what expires within the minute, when consumers were seen."""
    soon = (time.time() + 60) * 1000
    return {key: seen for key, seen in contents(side.connection, 4).items() if not expires_before(soon, seen)}


def expires_before(moment: float, seen: list[Any]) -> bool:
    """The key, or a field of the hash."""
    moments = [seen[1], *(seen[-1] or [] if seen[0] == "hash" else [])]
    return any(0 <= each < moment for each in moments)


def run(side: Side, commands: Sequence[Words], encodings: str) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """What there is after the commands, and what there is when the log has been run again."""
    r = side.connection
    for line in (["SELECT", 0], ["FLUSHALL"], ["CONFIG", "SET", *(str(e) for p in ENCODINGS[encodings].items() for e in p)]):
        assert r(*line) == OK
    r("CONFIG", "SET", "appendonly", "no")
    assert r("CONFIG", "SET", "appendonly", "yes") == OK
    eventually(lambda: r.info("persistence")["aof_rewrite_in_progress"] == "0", what="there is a base")
    for part in parts([words for words in commands if is_logged(words)]):
        r.many(part)
    r("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    before = data(side)
    assert r("DEBUG", "LOADAOF") == OK, side.server.log()[-1500:]
    after = data(side)
    r("DEBUG", "SET-ACTIVE-EXPIRE", 1)
    return before, after


def difference(before: dict[Any, Any], after: dict[Any, Any]) -> str:
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            return f"{key}:\n  was {before.get(key)}\n  is  {after.get(key)}"
    return ""


def shrunk(side: Side, commands: list[Words], encodings: str) -> list[Words]:
    """As few of the commands as still show a difference."""
    step = max(1, len(commands) // 2)
    while step:
        at = 0
        while at < len(commands):
            fewer = commands[:at] + commands[at + step :]
            if difference(*run(side, fewer, encodings)):
                commands = fewer
            else:
                at += step
        step //= 2
    return commands


@pytest.mark.timeout(120 + COMMANDS // 50)
@pytest.mark.parametrize("encodings", ENCODINGS)
@pytest.mark.parametrize("databases", ["one database", "several"])
def test_the_log_run_again_makes_the_same_data(start: Start, encodings: str, databases: str) -> None:
    side = Side(start("kvik", 7), 2)
    available = sorted(writing(side))
    values = payloads(start("oracle").connect())
    for seed in range(SEED, SEED + max(1, COMMANDS // LENGTH // 4)):
        random = Random(f"log {seed} {encodings} {databases}")
        drawer = Drawer(random, available, databases=databases == "several", payloads=values)
        commands = list(drawer.commands(LENGTH))
        before, after = run(side, commands, encodings)
        if difference(before, after):
            first = difference(before, after)
            fewest = shrunk(side, commands, encodings)
            script = "\n".join(" ".join(repr(word)[1:] for word in words) for words in fewest)
            differs = difference(*run(side, fewest, encodings)) or first
            pytest.fail(f"KVIK_MODEL_SEED={seed}\n{script}\n{differs}", pytrace=False)
    side.close()
