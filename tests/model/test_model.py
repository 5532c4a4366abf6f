"""Random sequences of commands on Kvik and the oracle, in both protocols, with encodings as usual and with small ones,
in one database and in several."""

from __future__ import annotations

import os
from random import Random

import pytest

from tests.model.conftest import Start
from tests.model.draw import Drawer
from tests.model.pair import DEFAULT_ENCODINGS, SMALL_ENCODINGS, Pair, Side
from tests.model.payloads import payloads
from tests.model.shrink import report, shrink

COMMANDS = int(os.environ.get("KVIK_MODEL_COMMANDS", "80000"))
SEED = int(os.environ.get("KVIK_MODEL_SEED", "1"))
LENGTH = 250
"""Commands of a sequence."""

ENCODINGS = {"usual": DEFAULT_ENCODINGS, "small": SMALL_ENCODINGS}
VARIANTS = [
    (resp, encodings, databases)
    for databases in ("one database", "several")
    for encodings in ENCODINGS
    for resp in (2, 3)
]


@pytest.mark.timeout(120 + COMMANDS // 100)
@pytest.mark.parametrize(
    ("resp", "encodings", "databases"), VARIANTS, ids=[f"resp{r}-{e}-{d.split()[0]}" for r, e, d in VARIANTS]
)
def test_kvik_answers_as_the_oracle(start: Start, resp: int, encodings: str, databases: str) -> None:
    pair = Pair(Side(start("kvik"), resp), Side(start("oracle"), resp), ENCODINGS[encodings])
    available = pair.available()
    values = payloads(pair.theirs.connection) if "restore" in available else []
    for seed in range(SEED, SEED + max(1, COMMANDS // LENGTH // len(VARIANTS))):
        random = Random(f"{seed} {resp} {encodings} {databases}")
        drawer = Drawer(random, available, databases=databases == "several", payloads=values)
        mismatch = pair.run(drawer.commands(LENGTH))
        if mismatch:
            pytest.fail(f"KVIK_MODEL_SEED={seed}\n{report(shrink(pair, mismatch), pair)}", pytrace=False)
    pair.close()
