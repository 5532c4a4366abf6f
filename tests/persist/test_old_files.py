"""Files that real servers of past versions wrote (scripts/old_rdb_files.py) are loaded whole.

Beside each file stands what the server that wrote it said of every key: types, contents, expiries, groups of streams, and
libraries of functions. All of that has to be there, and nothing else. (The log of 3.0 is that of 2.8, and so not kept.)
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from kvik.persist.check_rdb import check
from tests.conftest import Start
from tests.support.old_files import FOLDER, Look, everything
from tests.support.resp import OK, Connection
from tests.support.servers import ServerProcess, eventually

USED = ("-lru", "-lfu")
SNAPSHOTS = sorted(path.name for path in FOLDER.glob("*.rdb") if not path.stem.endswith(("-module", *USED)))
USED_SNAPSHOTS = sorted(path.name for path in FOLDER.glob("*.rdb") if path.stem.endswith(USED))
LOGS = sorted(path.name for path in FOLDER.glob("*.aof"))
WITH_MODULES = sorted(path.name for path in FOLDER.glob("*-module.rdb"))
ESTIMATED_OTHERWISE = ("redis-2.8.17.aof", "redis-3.2.6.aof")
"""From the same registers of a HyperLogLog, these servers estimated other counts. A snapshot has the count with it."""
FORMS = {
    ("string", "int"), ("string", "embstr"), ("string", "raw"), ("stream", "stream"),
    ("list", "ziplist"), ("list", "linkedlist"), ("list", "quicklist"), ("list", "listpack"),
    ("set", "intset"), ("set", "hashtable"), ("set", "listpack"), ("zset", "ziplist"), ("zset", "skiplist"),
    ("zset", "listpack"), ("hash", "ziplist"), ("hash", "hashtable"), ("hash", "listpack"), ("hash", "listpackex"),
}  # fmt: skip


def written(name: str) -> Any:
    """What the server that wrote this file said of it."""
    described = json.loads((FOLDER / name.replace("-preamble", "")).with_suffix(".json").read_text())
    if name in ESTIMATED_OTHERWISE:
        for each in described["keys"]:
            each.pop("count", None)
    return described


def loaded_from(start: Start, name: str, directory: Path, **directives: str) -> ServerProcess:
    """Kvik, on a copy of this file."""
    is_log = name.endswith(".aof")
    shutil.copy(FOLDER / name, directory / ("appendonly.aof" if is_log else "dump.rdb"))
    directives |= {"appendonly": "yes" if is_log else "no", "hll-sparse-max-bytes": "200"}    # as the writers had it
    return start("kvik", dir=str(directory), **directives)


def same(r: Connection, expected: Any) -> None:
    """Key by key, so that a difference is shown rather than two data sets."""
    def expiry(database: int, key: bytes) -> int:
        return int(r("PEXPIRETIME", key))

    found = everything(Look(r, expiry, expected["counts"], expected["field_expiry"], expected["functions"]))
    assert found["libraries"] == expected["libraries"]
    keys = {(each["db"], each["key"]): each for each in found["keys"]}
    assert list(keys) == [(each["db"], each["key"]) for each in expected["keys"]]
    for each in expected["keys"]:
        key = each["db"], each["key"]
        assert {name: keys[key].get(name) for name in each} == {**each, "encoding": None}, key      # the form is Kvik's own


def test_every_form_is_there() -> None:
    """In what the servers said that wrote the files, that is."""
    assert len(SNAPSHOTS) >= 8
    assert {(each["type"], each["encoding"]) for name in SNAPSHOTS for each in written(name)["keys"]} >= FORMS


@pytest.mark.parametrize("name", [*SNAPSHOTS, *LOGS])
def test_all_of_it_is_loaded(start: Start, name: str, tmp_path: Path) -> None:
    """And comes back from a file that Kvik itself writes."""
    expected = written(name)
    with loaded_from(start, name, tmp_path).connect() as r:
        same(r, expected)
        assert r("DEBUG", "RELOAD") == OK
        same(r, expected)


@pytest.mark.parametrize("name", LOGS)
def test_a_log_is_rewritten(start: Start, name: str, tmp_path: Path) -> None:
    server = loaded_from(start, name, tmp_path)
    with server.connect() as r:
        assert r("BGREWRITEAOF") == "Background append only file rewriting started"
        eventually(lambda: not (tmp_path / "appendonlydir" / "appendonly.aof").exists(), what="the old file has gone")
    server.kill()
    server.start()
    with server.connect() as r:
        same(r, written(name))


@pytest.mark.parametrize("name", USED_SNAPSHOTS)
def test_how_a_key_was_used_is_known(start: Start, name: str, tmp_path: Path) -> None:
    policy = Path(name).stem[-3:]
    server = loaded_from(start, name, tmp_path, maxmemory_policy=f"allkeys-{policy}", lfu_decay_time="0")
    with server.connect() as r:
        used = {key.decode(): r("OBJECT", "FREQ" if policy == "lfu" else "IDLETIME", key) for key in r("KEYS", "*")}
    expected = written(name)
    assert sorted(used) == sorted(expected)
    for key, value in expected.items():
        assert value <= used[key] <= value + (30 if policy == "lru" else 0), key


@pytest.mark.parametrize("name", [*SNAPSHOTS, *USED_SNAPSHOTS])
def test_kvik_check_rdb_accepts_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(str(FOLDER / name)) == 0
    report = capsys.readouterr().out
    assert "RDB looks OK!" in report
    version = name.removesuffix(".rdb").split("-")[1]
    assert version < "3.2" or f"written by Redis {version} " in report       # before, files did not say it
    read, _, expired = map(int, re.findall(r"^\[info\] (\d+) ", report, re.MULTILINE))
    assert read - expired == len(written(name)["keys"] if name in SNAPSHOTS else written(name))


@pytest.mark.parametrize("name", WITH_MODULES)
def test_values_of_modules_are_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Here a vector set of Redis 8."""
    assert check(str(FOLDER / name)) == 1
    report = capsys.readouterr().out
    assert "a value of a module, which this server does not have" in report
    assert "In key 'vectors' of database 0" in report


def test_versions_to_come_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = (FOLDER / SNAPSHOTS[-1]).read_bytes()
    assert whole[:9] == b"REDIS0012"
    path = tmp_path / "dump.rdb"
    path.write_bytes(b"REDIS0013" + whole[9:])
    assert check(str(path)) == 1
    assert "an RDB version that this server does not know: 13" in capsys.readouterr().out
