"""RDB files that are cut short or changed: refused with a reason and an offset, or loaded; never a crash.

KVIK_CORRUPTIONS is the number of random corruptions (`make soak`: 20,000). They run in a process of their own, so that a
crash is a failure of the test and not the end of all tests.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from kvik.persist.check_rdb import check
from kvik.persist.errors import RdbError
from kvik.persist.rdb_worker import RdbChecker
from tests.persist.dataset import fill
from tests.support.damage import damaged
from tests.support.payload import crc64
from tests.support.resp import OK, Connection
from tests.support.servers import REPOSITORY, ServerProcess

CORRUPTIONS = int(os.environ.get("KVIK_CORRUPTIONS", "3000"))


def small(r: Connection) -> None:
    """A little of everything."""
    for command in (
        ("SET", "string", "value"), ("SET", "number", 12), ("SET", "packed", "ab" * 40), ("RPUSH", "list", "a", 1),
        ("SADD", "integers", 1, 2), ("SADD", "set", "a", "b"), ("ZADD", "zset", 1, "a", 2.5, "b"),
        ("HSET", "hash", "f", "v", "g", 1), ("HSET", "expiring", "f", "v"), ("HEXPIRE", "expiring", 9999, "FIELDS", 1, "f"),
        ("XADD", "stream", "1-1", "f", "v"), ("XGROUP", "CREATE", "stream", "group", 0),
        ("XREADGROUP", "GROUP", "group", "me", "STREAMS", "stream", ">"), ("PEXPIRE", "list", 9999999),
        ("SADD", "large", "x" * 65, *range(9)), ("ZADD", "scores", 1, "y" * 65, 2, "b"), ("HSET", "long", "f", "z" * 65),
        ("RPUSH", "nodes", "n" * 9000, "m"),
    ):  # fmt: skip
        r(*command)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    found = {}
    for name in ("kvik", "oracle"):
        with ServerProcess(name) as server:
            r = server.connect()
            small(r)
            assert r("SAVE") == OK
            found[name] = (server.directory / "dump.rdb").read_bytes()
    return found


@pytest.mark.parametrize("writer", ["kvik", "oracle"])
def test_every_truncation_is_refused(files: dict[str, bytes], writer: str, tmp_path: Path) -> None:
    whole = files[writer]
    path = tmp_path / "cut.rdb"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(RdbError) as refused:
            RdbChecker().check(str(path))
        assert refused.value.reason == "unexpected end of data"
        assert refused.value.offset <= length


@pytest.mark.parametrize("writer", ["kvik", "oracle"])
def test_every_changed_byte_is_noticed(files: dict[str, bytes], writer: str, tmp_path: Path) -> None:
    whole = files[writer]
    path = tmp_path / "changed.rdb"
    dice = random.Random(4)
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= dice.randrange(1, 256)
        path.write_bytes(changed)
        with pytest.raises(RdbError):
            RdbChecker().check(str(path))


CORRUPT = """
import random, sys
from kvik.persist.errors import RdbError
from kvik.persist.rdb_worker import RdbChecker
from tests.faults.test_rdb_damage import corrupted
whole, path, count = open(sys.argv[1], "rb").read(), sys.argv[2], int(sys.argv[3])
loaded = 0
for seed in range(count):
    open(path, "wb").write(corrupted(whole, random.Random(seed)))
    try:
        RdbChecker().check(path)
        loaded += 1
    except RdbError as error:
        assert error.reason and error.offset >= 0
print("done", loaded)
"""


def corrupted(whole: bytes, dice: random.Random) -> bytes:
    """Damaged, under a checksum that is right: so that all of it is read."""
    data = damaged(whole[:-8], dice, 9)
    return data + crc64(data).to_bytes(8, "little")


@pytest.mark.parametrize("writer", ["kvik", "oracle"])
def test_random_corruptions(files: dict[str, bytes], writer: str, tmp_path: Path) -> None:
    (tmp_path / "whole.rdb").write_bytes(files[writer])
    done = subprocess.run(
        [sys.executable, "-c", CORRUPT, str(tmp_path / "whole.rdb"), str(tmp_path / "x.rdb"), str(CORRUPTIONS // 2)],
        capture_output=True, text=True, timeout=1100, check=False, cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("done")


def test_a_server_does_not_start_on_a_damaged_file(files: dict[str, bytes], tmp_path: Path) -> None:
    whole = files["kvik"]
    at = whole.index(b"stream")
    (tmp_path / "dump.rdb").write_bytes(whole[: at + 40])
    with pytest.raises(AssertionError, match="did not start") as refused:
        ServerProcess("kvik", dir=str(tmp_path))
    for words in ("Fatal error loading the DB", "dump.rdb", "unexpected end of data", "at offset", "key 'stream'"):
        assert words in str(refused.value)


def test_the_checker(files: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.rdb"
    path.write_bytes(files["kvik"])
    assert check(str(path)) == 0
    said = capsys.readouterr().out
    assert "RDB looks OK!" in said
    assert "[info] 14 keys read\n[info] 1 expires\n[info] 0 already expired\n" in said
    path.write_bytes(files["kvik"][:-20])
    assert check(str(path)) == 1
    assert "--- RDB ERROR DETECTED ---\n[offset " in capsys.readouterr().out
    assert check(str(tmp_path / "nowhere.rdb")) == 1
    assert "No such file or directory" in capsys.readouterr().out


def test_a_large_data_set_too(tmp_path: Path) -> None:
    """Cut at random places: nodes, tables and long strings."""
    with ServerProcess("kvik") as server:
        r = server.connect()
        fill(r, True)
        assert r("SAVE") == OK
        whole = (server.directory / "dump.rdb").read_bytes()
    dice = random.Random(5)
    path = tmp_path / "cut.rdb"
    for _ in range(60):
        path.write_bytes(whole[: dice.randrange(len(whole))])
        with pytest.raises(RdbError):
            RdbChecker().check(str(path))
