"""Lets an old redis-server write the files that tests/persist/test_old_files.py loads.

    python -m scripts.old_rdb_files PATH_TO_REDIS_SERVER OUT_FOLDER

Real servers of past versions know best what files of theirs look like. This starts one (2.8 or later) on a free port of
127.0.0.1, fills it with every type in every form that it has for it, and puts into the folder:

    redis-VERSION.rdb                what SAVE wrote
    redis-VERSION.aof                before 7.0: the log of the same, command by command
    redis-VERSION-preamble.aof       5.0 to 6.2: the log rewritten as a snapshot, with some commands behind it
    redis-VERSION.json               what the server itself replies, for every key of these three
    redis-VERSION-lru.rdb, -lfu.rdb  since 5.0: saved under a policy by which a key's use is saved too, with a .json each
    redis-VERSION-cluster.rdb        since 7.4: saved in cluster mode, with the sizes of slots, and a .json
    redis-VERSION-module.rdb         since 8.0: with a vector set, a value of a module: such a file is to be refused

The data is always the same; of the files, times and what follows from a server's random hash seed are not.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.old_files import Described, Look, everything, now_ms
from tests.support.resp import Argument, Connection, Error
from tests.support.servers import eventually, free_port

Command = tuple[Argument, ...]
Version = tuple[int, ...]
FAR = 4102444800_000
"""The year 2100, in ms since 1970: when what has an expiry expires, give or take some ms of which each key has its own."""
DELIVERED = 1600000020_000
"""When pending entries were delivered."""
TEXT = b"the same words again and again, " * 600
EXPIRIES = {(0, b"expires"): FAR, (0, b"expires, integer"): FAR + 1, (0, b"ziplist"): FAR + 2, (0, b"int16"): FAR + 3,
            (0, b"many members"): FAR + 4, (0, b"small zset"): FAR + 5, (0, b"many fields"): FAR + 6,
            (0, b"key 3"): FAR + 8, (3, b"here"): FAR + 7, (15, b"last"): FAR + 999}  # fmt: skip
SETTINGS = {
    "save": "", "bind": "127.0.0.1", "list-max-ziplist-entries": "32", "list-max-ziplist-size": "32",
    "hash-max-ziplist-entries": "32", "zset-max-ziplist-entries": "32", "set-max-intset-entries": "32",
    "list-compress-depth": "1", "stream-node-max-entries": "8", "hll-sparse-max-bytes": "200",
    "enable-debug-command": "yes",
}  # fmt: skip
SINCE: dict[str, Version] = {
    "list-max-ziplist-size": (3, 2), "list-compress-depth": (3, 2), "stream-node-max-entries": (5,),
    "enable-debug-command": (7,),
}  # fmt: skip
UNTIL: dict[str, Version] = {"list-max-ziplist-entries": (3, 2)}
"""Limits are low so that files stay small; the version from which a setting is known, or no longer."""

# --- the data --------------------------------------------------------------------------------------------------------


def data(version: Version) -> Iterator[Command]:
    yield ("SELECT", 0)
    yield from strings()
    yield from lists()
    yield from sets()
    yield from sorted_sets()
    yield from hashes()
    yield from through_scripts()
    if version >= (3, 2):
        yield ("GEOADD", "places", 13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania", -179.9, -85, "south")
    if version >= (5,):
        yield from streams(version)
    if version >= (7,):
        yield from functions()
        yield from plain_nodes()
    if version >= (7, 4):
        yield from expiring_fields()
    yield from other_databases()


def strings() -> Iterator[Command]:
    dice = random.Random(1)
    for value in (0, -1, 12, 127, -128, 128, 32767, -32768, 40000, -(2**31), 2**31 - 1, 2**31, 2**63 - 1, -(2**63)):
        yield ("SET", f"integer {value}", value)
    for text in (b"", b"007", b"+1", b"-0", b" 1", b"1.0", b"\0", bytes(range(256)), b"\r\n$5\r\n", b"12345678901"):
        yield ("SET", b"text " + text, text)
    for length in (20, 21, 39, 40, 44, 45, 63, 64, 300):
        yield ("SET", f"even {length}", b"e" * length)
        yield ("SET", f"random {length}", bytes(dice.randrange(256) for _ in range(length)))
    yield ("SET", "long", TEXT[:1500])
    yield ("SET", b"", "the empty key")
    yield ("SET", b"\xff\0\r\n key", "binary")
    yield ("SET", 4711, "a key that is an integer")
    yield ("SET", b"k" * 300, "a long key")
    yield ("SET", "expires", "in the year 2100")
    yield ("SET", "expires, integer", 17)
    yield ("APPEND", "appended", "a")
    yield ("APPEND", "appended", "b" * 30)
    yield ("SETRANGE", "hole", 600, "x")
    yield ("SETBIT", "bits", 77, 1)
    yield ("INCRBYFLOAT", "float", "3.0e-3")
    yield ("PFADD", "hll sparse", *range(20))
    yield ("PFADD", "hll dense", *range(150))
    yield ("PFCOUNT", "hll dense")      # which is remembered in the value
    yield ("PFCOUNT", "hll sparse")
    yield from expiries(b"expires", b"expires, integer")


def lists() -> Iterator[Command]:
    numbers = (0, 1, 12, 13, -1, 127, -128, 128, -129, 32767, -32768, 32768, 2**23 - 1, -(2**23), 2**23, 2**31 - 1, -(2**31),
               2**31, 2**63 - 1, -(2**63))  # fmt: skip
    yield ("RPUSH", "ziplist", "a", "", b"\0\xff", "01", "-0", "b" * 63)
    yield ("RPUSH", "ziplist of integers", *numbers)
    yield ("RPUSH", "one element", "only")
    yield ("RPUSH", "linked by length", *numbers, "c" * 65, *(b"d" * length for length in (252, 253, 254, 255, 300)), "end")
    yield ("RPUSH", "linked by count", *(f"element {i}" for i in range(110)))
    yield ("RPUSH", "huge element", "before", TEXT[:16400], "after", "e" * 70)
    yield ("RPUSH", "pushed and popped", *range(20))
    for _ in range(7):
        yield ("LPOP", "pushed and popped")
        yield ("RPOPLPUSH", "pushed and popped", "moved to")
    yield ("LINSERT", "moved to", "BEFORE", 15, "inserted")
    yield ("LREM", "moved to", 0, 18)
    yield from expiries(b"ziplist")


def sets() -> Iterator[Command]:
    yield ("SADD", "int16", 1, -1, 100, 32767, -32768)
    yield ("SADD", "int32", 1, 32768, -(2**31), 2**31 - 1)
    yield ("SADD", "int64", 1, 70000, 2**31, 2**63 - 1, -(2**63))
    yield ("SADD", "many integers", *range(-3000, 3000, 43))
    yield ("SADD", "small set", "a", "", 5, b"\0", "words", "007")
    yield ("SADD", "many members", *(f"m{i}" for i in range(140)), *range(10))
    yield ("SADD", "long member", TEXT[:500], "x" * 65, 3)
    yield ("SREM", "many integers", -3000, -2957)
    yield from expiries(b"int16", b"many members")


def sorted_sets() -> Iterator[Command]:
    scored = (1, "a", -1.5, "b", "inf", "c", "-inf", "d", "3.141592653589793", "e", "1e300", "", 0, 17, 1, "aa",
              -0.25, b"\0", "5e-324", "least", 2**53, 2**40, "0.1", 12, "-123456.789", -7)  # fmt: skip
    yield ("ZADD", "small zset", *scored)
    yield ("ZADD", "many scores", *(part for i in range(130) for part in (repr(i / 8), f"m{i}")), *scored)
    yield ("ZADD", "same scores", *(part for i in range(20) for part in (0, f"m{i}")))
    yield ("ZADD", "long zset", 5, "y" * 65, -5, TEXT[:500])
    yield ("ZINCRBY", "small zset", "0.5", "a")
    yield from expiries(b"small zset")


def hashes() -> Iterator[Command]:
    yield ("HMSET", "small hash", "f", "v", "", "empty", 12, -12, b"\0", bytes(range(60)), "big", 2**63 - 1, "none", "")
    yield ("HMSET", "many fields", *(part for i in range(140) for part in (f"f{i}", i % 10)))
    yield ("HMSET", "long value", "f", TEXT[:600], "", "z" * 65, 3, 4)
    yield ("HINCRBY", "small hash", 12, 24)
    yield ("HDEL", "many fields", "f0", "f139")
    yield from expiries(b"many fields")


def through_scripts() -> Iterator[Command]:
    """Old logs hold the scripts, newer ones what they did."""
    yield ("EVAL", "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('RPUSH', KEYS[2], ARGV[1], ARGV[2])", 2,
           "set by a script", "pushed by a script", b"\0binary", 2)  # fmt: skip
    yield ("MULTI",)
    yield ("SET", "in a transaction", 1)
    yield ("INCR", "in a transaction")
    yield ("EXEC",)


def streams(version: Version) -> Iterator[Command]:
    for i in range(1, 45):
        yield ("XADD", "stream", f"{1000 + i // 3}-{i}", "f", i, *(("other", "x" * i) if i % 5 == 0 else ()))
    yield ("XDEL", "stream", "1000-1", "1003-9", "1014-44")
    yield ("XGROUP", "CREATE", "stream", "readers", "1002-8")
    yield ("XGROUP", "CREATE", "stream", "idle", 0)
    yield ("XREADGROUP", "GROUP", "readers", "alice", "COUNT", 6, "STREAMS", "stream", ">")
    yield ("XREADGROUP", "GROUP", "readers", b"b\0b", "COUNT", 3, "STREAMS", "stream", ">")
    yield ("XREADGROUP", "GROUP", "readers", "done", "COUNT", 1, "STREAMS", "stream", ">")
    yield ("XACK", "stream", "readers", "1004-12", "1006-19")
    yield from claims()
    if version >= (6, 2):
        yield ("XGROUP", "CREATECONSUMER", "stream", "readers", "nobody")
    yield ("XADD", "emptied", "5-5", "f", "v")
    yield ("XDEL", "emptied", "5-5")
    yield ("XGROUP", "CREATE", "made", "$", "$", "MKSTREAM")
    for i in range(1, 30):
        yield ("XADD", "trimmed", "MAXLEN", 10, f"{i}-1", "f", i, "g", -i)
    yield ("XADD", "long entry", f"{2**64 - 1}-7", "f", TEXT[:500])
    yield ("XADD", "id set", "1-1", "f", "v")
    yield ("XSETID", "id set", "9-9")


def claims() -> Iterator[Command]:
    """So that it is known when entries were delivered, which else is now."""
    owners: dict[Argument, tuple[str, ...]] = {
        "alice": ("1003-10", "1003-11", "1004-13", "1004-14", "1005-15", "1006-18"), b"b\0b": ("1005-16", "1005-17"),
    }  # fmt: skip
    for owner, ids in owners.items():
        for i, id_ in enumerate(ids):
            delivered = DELIVERED + i * 60_000
            yield ("XCLAIM", "stream", "readers", owner, 0, id_, "TIME", delivered, "RETRYCOUNT", i + 1, "JUSTID")


def functions() -> Iterator[Command]:
    yield ("FUNCTION", "LOAD", "#!lua name=mylib\nredis.register_function('put', function(keys, args) "
                               "return redis.call('SET', keys[1], args[1]) end)\n")  # fmt: skip
    yield ("FUNCTION", "LOAD", "#!lua name=other\nredis.register_function{function_name='seen', callback=function(keys) "
                               "return redis.call('GET', keys[1]) end, flags={'no-writes'}}\n")  # fmt: skip


def plain_nodes() -> Iterator[Command]:
    """Nodes that are one element (without the threshold, of 1 GB or more), in a list that has more than one node."""
    yield ("DEBUG", "QUICKLIST-PACKED-THRESHOLD", "100b")
    yield ("RPUSH", "plain nodes", *range(40))
    yield ("RPUSH", "plain nodes", "h" * 150, "between", TEXT[:500], TEXT[:600], "after")
    yield ("RPUSH", "only a plain node", "i" * 150)
    yield ("DEBUG", "QUICKLIST-PACKED-THRESHOLD", "0")


def expiring_fields() -> Iterator[Command]:
    yield ("HSET", "a field expires", "a", 1, "b", 2, "c", "x" * 50)
    yield ("HPEXPIREAT", "a field expires", FAR, "FIELDS", 1, "b")
    yield ("HSET", "expiring fields, table", *(part for i in range(20) for part in (f"f{i}", i)), "long", "y" * 65)
    yield ("HPEXPIREAT", "expiring fields, table", FAR + 5, "FIELDS", 3, "f1", "f2", "long")
    yield ("HPEXPIREAT", "expiring fields, table", FAR - 5, "FIELDS", 1, "f3")
    yield ("HSET", "all fields expire", "a", 1, "b", 2)
    yield ("HPEXPIREAT", "all fields expire", FAR, "FIELDS", 2, "a", "b")
    yield ("HSET", "a field no longer expires", "a", 1, "b", 2)
    yield ("HPEXPIREAT", "a field no longer expires", FAR, "FIELDS", 1, "a")
    yield ("HPERSIST", "a field no longer expires", "FIELDS", 1, "a")


def other_databases() -> Iterator[Command]:
    yield ("SELECT", 3)
    yield ("SET", "here", "another database")
    yield ("RPUSH", "ziplist", "not that of database 0")
    yield from expiries(b"here", database=3)
    yield ("SELECT", 15)
    yield ("HMSET", "last", "f", "v")
    yield from expiries(b"last", database=15)
    yield ("SELECT", 0)


def expiries(*keys: bytes, database: int = 0) -> Iterator[Command]:
    for key in keys:
        yield ("PEXPIREAT", key, EXPIRIES[database, key])


def behind_the_snapshot() -> Iterator[Command]:
    """Commands that leave everything as it is."""
    yield ("SELECT", 3)
    yield ("SET", "here", "another database")
    yield from expiries(b"here", database=3)
    yield ("SELECT", 0)
    yield ("RPUSH", "ziplist of integers", "one too many")
    yield ("RPOP", "ziplist of integers")
    yield ("SADD", "int16", "no integer")
    yield ("SREM", "int16", "no integer")


# --- the server ------------------------------------------------------------------------------------------------------


def version_of(server: Path) -> str:
    said = subprocess.run([str(server), "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"v=(\d+\.\d+\.\d+)", said)
    assert found, said
    return found[1]


def parse(version: str) -> Version:
    return tuple(map(int, version.split(".")))


def options(version: Version) -> dict[str, str]:
    """Those of SETTINGS that this version knows."""
    return {name: value for name, value in SETTINGS.items()
            if SINCE.get(name, ()) <= version < UNTIL.get(name, (sys.maxsize,))}  # fmt: skip


@contextmanager
def running(server: Path, **more: str) -> Iterator[tuple[Connection, Path]]:
    """A connection to the server, and its directory."""
    port = free_port()
    settings = {**options(parse(version_of(server))), **{name.replace("_", "-"): value for name, value in more.items()}}
    with tempfile.TemporaryDirectory() as directory:
        command = [str(server), "--port", str(port), "--dir", directory]
        for name, value in settings.items():
            command += [f"--{name}", value]
        process = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL)
        try:
            eventually(lambda: answers(port) or process.poll() is not None, what="the server is up")
            with Connection(("127.0.0.1", port)) as r:
                yield r, Path(directory)
        finally:
            process.kill()
            process.wait()


def answers(port: int) -> bool:
    try:
        with Connection(("127.0.0.1", port)) as r:
            return str(r("PING")) == "PONG"
    except OSError:
        return False


def run(r: Connection, commands: Iterator[Command]) -> None:
    for command in commands:
        reply = r(*command)
        assert not isinstance(reply, Error), (command[:3], reply)


def look(r: Connection, version: Version) -> Look:
    def expiry(database: int, key: bytes) -> int:
        """The moment that the key was given, which a server before 7.0 tells only by how long it still has."""
        left = int(r("PTTL", key))
        if left == -1:
            return -1
        known = EXPIRIES[database, key]
        assert abs(now_ms(r) + left - known) < 5000, (key, left)
        return known

    return Look(r, expiry, counts=version >= (7,), field_expiry=version >= (7, 4), functions=version >= (7,))


# --- the files -------------------------------------------------------------------------------------------------------


def write_files(server: Path, folder: Path) -> None:
    name = version_of(server)
    version = parse(name)
    stem = f"redis-{name}"
    write_all_types(server, folder, stem, version)
    if version >= (5,):
        write_usage(server, folder, stem, "lru")
        write_usage(server, folder, stem, "lfu")
    if version >= (7, 4):
        write_cluster(server, folder, stem, version)
    if version >= (8,):
        write_module(server, folder, stem)


def write_all_types(server: Path, folder: Path, stem: str, version: Version) -> None:
    has_file = version < (7,)           # later, the log is several files, with a manifest
    with running(server, appendonly="yes" if has_file else "no") as (r, directory):
        run(r, data(version))
        r("PSETEX", "dies", 1500, "dead before anybody can load it")
        run(r, iter([("SAVE",)]))
        shutil.copy(directory / "dump.rdb", folder / f"{stem}.rdb")
        if has_file:
            shutil.copy(directory / "appendonly.aof", folder / f"{stem}.aof")
        eventually(lambda: r("EXISTS", "dies") == 0)
        write_json(folder / f"{stem}.json", with_encodings(r, everything(look(r, version))))
        if has_file and version >= (4,):
            rewrite(r)
            run(r, behind_the_snapshot())
            shutil.copy(directory / "appendonly.aof", folder / f"{stem}-preamble.aof")


def with_encodings(r: Connection, described: Described) -> Described:
    """For whoever wants to know what a file covers: the form in which the server that wrote it held each value."""
    for each in described["keys"]:
        r("SELECT", each["db"])
        each["encoding"] = r("OBJECT", "ENCODING", each["key"].encode("latin-1")).decode()
    return described


def rewrite(r: Connection) -> None:
    run(r, iter([("CONFIG", "SET", "aof-use-rdb-preamble", "yes"), ("BGREWRITEAOF",)]))
    eventually(lambda: r.info("persistence")["aof_rewrite_in_progress"] == "0", what="the log is rewritten")
    assert r.info("persistence")["aof_last_bgrewrite_status"] == "ok"


def write_usage(server: Path, folder: Path, stem: str, policy: str) -> None:
    """A few keys of which it is known when, or how often, they were used."""
    option = "IDLETIME" if policy == "lru" else "FREQ"
    with running(server, maxmemory_policy=f"allkeys-{policy}") as (r, directory):
        run(r, iter([("SET", "source", "value")]))
        payload = r("DUMP", "source")
        for value in (0, 1, 77, 200, 255, *((70_000,) if policy == "lru" else ())):
            run(r, iter([("RESTORE", f"used {value}", 0, payload, option, value)]))
        run(r, iter([("RESTORE", "used and expires", FAR, payload, "ABSTTL", option, 100), ("DEL", "source")]))
        used = {key.decode(): r("OBJECT", option, key) for key in sorted(r("KEYS", "*"))}
        run(r, iter([("SAVE",)]))
        shutil.copy(directory / "dump.rdb", folder / f"{stem}-{policy}.rdb")
        (folder / f"{stem}-{policy}.json").write_text(json.dumps(used) + "\n")


def write_cluster(server: Path, folder: Path, stem: str, version: Version) -> None:
    """A cluster of one."""
    with running(server, cluster_enabled="yes", cluster_port=str(free_port())) as (r, directory):
        run(r, iter([("CLUSTER", "ADDSLOTSRANGE", 0, 16383)]))
        eventually(lambda: b"cluster_state:ok" in r("CLUSTER", "INFO"), what="the cluster is up")
        run(r, (("SET", f"key {i}", i) for i in range(5)))
        run(r, iter([("PEXPIREAT", "key 3", EXPIRIES[0, b"key 3"]), ("SAVE",)]))
        shutil.copy(directory / "dump.rdb", folder / f"{stem}-cluster.rdb")
        asked = look(r, version)
        asked.databases = 1
        write_json(folder / f"{stem}-cluster.json", with_encodings(r, everything(asked)))


def write_module(server: Path, folder: Path, stem: str) -> None:
    with running(server) as (r, directory):
        run(r, iter([("SET", "plain", 1), ("VADD", "vectors", "VALUES", 3, 1, 2, 3, "element"), ("SAVE",)]))
        shutil.copy(directory / "dump.rdb", folder / f"{stem}-module.rdb")


def write_json(path: Path, described: Described) -> None:
    """A key a line."""
    head = {name: value for name, value in described.items() if name != "keys"}
    keys = ",\n".join(json.dumps(each, separators=(",", ":")) for each in described["keys"])
    path.write_text(f'{json.dumps(head)[:-1]}, "keys": [\n{keys}\n]}}\n')


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    write_files(Path(sys.argv[1]).absolute(), folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
