"""Append-only files that are cut short or changed: loaded up to the last whole unit as documented, or refused with a
reason and an offset; never a crash, never half a transaction.

KVIK_CORRUPTIONS is the number of random corruptions (`make soak`: 20,000). They run in a process of their own.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvik.persist.aof_worker import AofChecker
from kvik.persist.check_aof import check
from kvik.persist.errors import AofError
from tests.conftest import Start
from tests.support.damage import damaged
from tests.support.resp import OK, Connection, Error
from tests.support.servers import REPOSITORY, ServerProcess

CORRUPTIONS = int(os.environ.get("KVIK_CORRUPTIONS", "3000"))
UNITS = [
    [("SELECT", "0")], [("SET", "a", "1")], [("RPUSH", "l", "x", "y")],
    [("MULTI",), ("INCR", "a"), ("INCR", "b"), ("EXEC",)],
    [("HSET", "h", "f", "v")], [("SELECT", "3")], [("SET", "c", "x" * 50)], [("MULTI",), ("DEL", "c"), ("EXEC",)],
    [("ZADD", "z", "1.5", "m")], [("XADD", "s", "1-1", "f", "v")], [("PEXPIREAT", "z", "4102444800000")],
]  # fmt: skip


def encode(command: tuple[str, ...]) -> bytes:
    return b"*%d\r\n" % len(command) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in command)


def units() -> Iterator[bytes]:
    for unit in UNITS:
        yield b"".join(map(encode, unit))


WHOLE = b"".join(units())


def ends() -> list[int]:
    """Behind which offsets all is whole."""
    found, at = [0], 0
    for unit in units():
        at += len(unit)
        found.append(at)
    return found


@pytest.fixture(scope="module")
def loading() -> Iterator[Connection]:
    """A connection to a server whose log can be put under it."""
    with ServerProcess("kvik", appendonly="yes") as server:
        r = server.connect()
        r.server = server
        yield r


def log_path(r: Connection) -> Path:
    path: Path = r.server.directory / "appendonlydir" / "appendonly.aof.1.incr.aof"
    return path


def load(r: Connection, log: bytes) -> object:
    log_path(r).write_bytes(log)
    return r("DEBUG", "LOADAOF")


def dump(r: Connection) -> dict[tuple[int, bytes], object]:
    found = {}
    for database in (0, 3):
        r("SELECT", database)
        for key in r("KEYS", "*"):
            found[database, key] = (r("DUMP", key), r("PEXPIRETIME", key))
    return found


def test_every_truncation_loads_up_to_the_last_whole_unit(loading: Connection) -> None:
    expected = {}
    for end in ends():
        assert load(loading, WHOLE[:end]) == OK
        expected[end] = dump(loading)
    for length in range(len(WHOLE)):
        assert load(loading, WHOLE[:length]) == OK
        end = max(end for end in ends() if end <= length)
        assert dump(loading) == expected[end], length
        assert log_path(loading).stat().st_size == end


def test_without_truncating_it_is_refused(loading: Connection) -> None:
    with loading.config(aof_load_truncated="no"):
        for length in range(0, len(WHOLE), 7):
            good = length in ends()
            assert (load(loading, WHOLE[:length]) == OK) == good, length
            assert log_path(loading).stat().st_size == length
    assert "Unexpected end of file reading the append only file appendonly.aof.1.incr.aof" in loading.server.log()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (b"junk", "no command where one should begin (at offset {})"),
        (b"\0" * 50, "no command where one should begin (at offset {})"),
        (b"*x\r\n", "a length that is no number (at offset {})"),
        (b"*0\r\n", "a command with no or too many arguments"),
        (b"*99999999\r\n", "a command with no or too many arguments"),
        (b"*1\r\n$4\r\nPINGx\r\n", "no line end behind an argument"),
        (b"*1\r\n$99999999999\r\n", "an argument that is too long"),
        (b"*1\r\n+PING\r\n", "no argument where one should begin"),
        (b"*1\r\n$5\r\nMULTI\r\n*1\r\n$5\r\nMULTI\r\n", "MULTI within a transaction"),
        (b"#" + b"x" * 200 + b"\r\n", "an annotation that is too long"),
        (encode(("NOSUCH", "a", "b")), "error: unknown command 'NOSUCH', with args beginning with: 'a' 'b' (at offset {})"),
        (encode(("SET", "a")), "error: wrong number of arguments for 'set' command (at offset {})"),
        (encode(("SHUTDOWN", "NOW")), "error: 'SHUTDOWN' changes no data: it does not belong into an append-only file"),
        (encode(("CONFIG", "SET", "dir", "/")), "error: 'CONFIG' changes no data"),
        (encode(("DEBUG", "SEGFAULT")), "error: 'DEBUG' changes no data"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value[:30],
)
def test_what_is_no_command(loading: Connection, damage: bytes, reason: str) -> None:
    assert load(loading, WHOLE + damage) == Error("ERR Error trying to load the AOF files, check server logs.")
    assert reason.format(len(WHOLE)) in loading.server.log()[-1000:]
    assert loading("PING") == "PONG"


def test_what_waits_does_not_wait(loading: Connection) -> None:
    assert load(loading, encode(("BLPOP", "nothing", "0")) + encode(("SET", "after", "1"))) == OK
    assert loading("SELECT", 0) == OK
    assert loading("GET", "after") == b"1"
    assert loading("RPUSH", "nothing", "x") == 1


CORRUPT = """
import random, sys
from kvik.persist.aof_worker import AofChecker
from kvik.persist.errors import AofError
from tests.faults.test_aof_damage import WHOLE
from tests.support.damage import damaged
import os
path, count = sys.argv[1], int(sys.argv[2])
for seed in range(count):
    data = damaged(WHOLE, random.Random(seed))
    open(path, "wb").write(data)
    fd = os.open(path, os.O_RDONLY)
    try:
        loaded = AofChecker().check(fd)
        assert 0 <= loaded.end <= len(data)
        assert loaded.is_short or loaded.end == len(data)
    except AofError as error:
        assert error.reason and 0 <= error.good <= error.offset <= len(data)
    os.close(fd)
print("done")
"""


def test_random_corruptions_are_read(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CORRUPT, str(tmp_path / "x.aof"), str(CORRUPTIONS)],
        capture_output=True, text=True, timeout=1100, check=False, cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == "done\n"


def test_random_corruptions_are_run(loading: Connection) -> None:
    """By a server: loaded or refused, and it lives."""
    dice = random.Random(6)
    outcomes = {str(load(loading, damaged(WHOLE, dice)))[:5] for _ in range(CORRUPTIONS // 5)}
    assert loading("PING") == "PONG"
    assert outcomes == {"OK", "ERR E"}


# --- at the start ----------------------------------------------------------------------------------------------------


def test_only_the_last_file_may_be_short(start: Start) -> None:
    server = start("kvik", appendonly="yes")
    server.kill()
    folder = server.directory / "appendonlydir"
    (folder / "appendonly.aof.1.incr.aof").write_bytes(WHOLE[:-3])
    (folder / "appendonly.aof.2.incr.aof").write_bytes(WHOLE)
    with (folder / "appendonly.aof.manifest").open("a") as manifest:
        manifest.write("file appendonly.aof.2.incr.aof seq 2 type i\n")
    with pytest.raises(AssertionError, match="did not start") as refused:
        server.start()
    assert "Unexpected end of file reading the append only file appendonly.aof.1.incr.aof" in str(refused.value)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("appendonly.aof.manifest", b"file x seq 1 type q\n", "line 1: an unknown type of file: 'file x seq 1 type q'"),
        ("appendonly.aof.manifest", b"", "the manifest is empty"),
        ("appendonly.aof.1.incr.aof", None, "The AOF file appendonly.aof.1.incr.aof, which appendonly.aof.manifest names"),
        ("appendonly.aof.1.base.rdb", b"REDIS0010\xfejunk", "Error reading the RDB base of the append only file"),
        ("appendonly.aof.1.incr.aof", b"junk", "Bad file format reading the append only file appendonly.aof.1.incr.aof"),
    ],
)
def test_a_server_does_not_start(start: Start, file: str, text: bytes | None, message: str) -> None:
    server = start("kvik", appendonly="yes")
    server.kill()
    path = server.directory / "appendonlydir" / file
    if text is None:
        path.unlink()
    else:
        path.write_bytes(text)
    with pytest.raises(AssertionError, match="did not start") as refused:
        server.start()
    assert message in str(refused.value)


# --- kvik-check-aof --------------------------------------------------------------------------------------------------


def test_the_checker(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.aof"
    path.write_bytes(WHOLE)
    assert check(str(path), fix=False) == 0
    assert f"AOF analyzed: filename=x.aof, size={len(WHOLE)}, ok_up_to={len(WHOLE)}, diff=0" in capsys.readouterr().out
    for tail in (b"*1\r\n$4\r\nPI", b"junk"):
        path.write_bytes(WHOLE + tail)
        assert check(str(path), fix=False) == 1
        assert f"ok_up_to={len(WHOLE)}, diff={len(tail)}" in capsys.readouterr().out
        monkeypatch.setattr("sys.stdin.readline", lambda: "n\n", raising=False)
        assert check(str(path), fix=True) == 1
        assert path.stat().st_size == len(WHOLE) + len(tail)
        monkeypatch.setattr("sys.stdin.readline", lambda: "y\n", raising=False)
        assert check(str(path), fix=True) == 0
        assert path.read_bytes() == WHOLE
    assert check(str(tmp_path / "nowhere"), fix=False) == 1


def test_the_checker_reads_all_of_a_manifest(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    server = start("kvik", appendonly="yes")
    r = server.connect()
    r("SET", "a", 1)
    assert r("CONFIG", "SET", "appendonly", "no") == OK
    folder = server.directory / "appendonlydir"
    assert check(str(folder / "appendonly.aof.manifest"), fix=False) == 0
    said = capsys.readouterr().out
    assert "RDB preamble of appendonly.aof.1.base.rdb is OK" in said
    assert said.endswith("All AOF files and manifest are valid\n")
    with (folder / "appendonly.aof.1.incr.aof").open("ab") as log:
        log.write(b"*2\r\n")
    assert check(str(folder / "appendonly.aof.manifest"), fix=False) == 1
    assert "Use the --fix option to try fixing it" in capsys.readouterr().out


def test_the_checker_gives_up_on_hostile_lengths(tmp_path: Path) -> None:
    path = tmp_path / "x.aof"
    path.write_bytes(b"*1\r\n$536870912\r\nshort")
    fd = os.open(path, os.O_RDONLY)
    loaded = AofChecker().check(fd)
    assert (loaded.end, loaded.is_short) == (0, True)
    path.write_bytes(b"*1048577\r\n")
    with pytest.raises(AofError, match="too many arguments"):
        AofChecker().check(fd)
    os.close(fd)
