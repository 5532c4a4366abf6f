"""A day's work on real input: the package index of the Debian release this machine runs.

    python -m tests.clients.package_index --port 6379

loads what `apt-cache dumpavail` tells (some 60,000 packages, 50 MB) with `redis-cli --pipe`, reads it back with
redis-py and compares it byte for byte, counts sections and maintainers with INCR, and keeps copies that expire beside
it, all while `redis-benchmark` keeps the server busy in another database. It prints what it found, which is the same
for every server that works, and ends with an error at the first thing that is not as it should be. The server must be
empty; the index is left in it, to be looked at.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import redis

from tests.support.resp import encode_command
from tests.support.servers import eventually

CHUNK = 500
"""Commands of one pipeline, keys of one MGET."""
COPIES = 2000
LIFETIME_MS = 1000
BUSY_DATABASE = 1

Item = TypeVar("Item")


@dataclass(frozen=True)
class Package:
    key: bytes
    section: bytes
    maintainer: bytes
    text: bytes


class WrongError(Exception):
    """Something is not as it should be."""


def check(condition: object, what: str) -> None:
    if not condition:
        raise WrongError(what)


def tool(name: str, package: str) -> str:
    path = shutil.which(name)
    check(path, f"{name} is missing: apt-get install {package}")
    return str(path)


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[at : at + CHUNK] for at in range(0, len(items), CHUNK))


# --- the index -------------------------------------------------------------------------------------------------------


def read_index() -> bytes:
    """The index as apt keeps it: stanzas of `Field: value` lines, an empty line behind each."""
    result = subprocess.run([tool("apt-cache", "apt"), "dumpavail"], capture_output=True, timeout=60, check=True)
    check(result.stdout, "apt's lists of packages are missing: apt-get update")
    return result.stdout


def field(text: bytes, name: bytes) -> bytes:
    return (b"\n" + text).partition(b"\n%b: " % name)[2].partition(b"\n")[0]


def packages_of(index: bytes) -> list[Package]:
    """One a stanza. A package can stand there in the same version twice, so keys end in a number."""
    packages = []
    seen: Counter[bytes] = Counter()
    for text in index.split(b"\n\n")[:-1]:
        name = b"package:%b:%b" % (field(text, b"Package"), field(text, b"Version"))
        seen[name] += 1
        key = b"%b:%d" % (name, seen[name])
        packages.append(Package(key, field(text, b"Section"), field(text, b"Maintainer"), text))
    check(index_of([each.text for each in packages]) == index, "the index does not fall into stanzas")
    return packages


def index_of(texts: Sequence[bytes]) -> bytes:
    return b"".join(text + b"\n\n" for text in texts)


# --- the work --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def busy(client: redis.Redis) -> Iterator[None]:
    """While the block runs, redis-benchmark works on the same server."""
    host, port = (str(client.connection_pool.connection_kwargs[name]) for name in ("host", "port"))
    command = [tool("redis-benchmark", "redis-tools"), "-h", host, "-p", port, "--dbnum", str(BUSY_DATABASE)]
    command += ["-l", "-q", "-c", "2", "-P", "4", "-r", "100000", "-t", "set,get,incr,mset"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as benchmark:
        try:
            eventually(lambda: busy_keys(client) > 0 or benchmark.poll() is not None, what="redis-benchmark has begun")
            yield
            check(benchmark.poll() is None, "redis-benchmark has not gone on to the end")
        finally:
            benchmark.terminate()


def busy_keys(client: redis.Redis) -> int:
    return int(client.info("keyspace").get(f"db{BUSY_DATABASE}", {"keys": 0})["keys"])


def load(client: redis.Redis, packages: Sequence[Package]) -> str:
    """Through `redis-cli --pipe`. What it said at its end."""
    host, port = (str(client.connection_pool.connection_kwargs[name]) for name in ("host", "port"))
    commands = b"".join(encode_command([b"SET", each.key, each.text]) for each in packages)
    command = [tool("redis-cli", "redis-tools"), "-h", host, "-p", port, "--pipe"]
    result = subprocess.run(command, input=commands, capture_output=True, timeout=120)
    said = result.stdout.decode().splitlines()[-1]
    check(said == f"errors: 0, replies: {len(packages)}", f"redis-cli --pipe: {result.stdout!r} {result.stderr!r}")
    return said


def mget(client: redis.Redis, keys: Sequence[bytes]) -> list[bytes]:
    return [value if isinstance(value, bytes) else b"" for value in client.mget(list(keys))]


def read_back(client: redis.Redis, packages: Sequence[Package]) -> list[bytes]:
    """The texts, in the order of `packages`."""
    texts: list[bytes] = []
    for some in chunks(packages):
        for package, text in zip(some, mget(client, [each.key for each in some]), strict=True):
            check(text == package.text, f"{package.key.decode()}: {text!r} instead of {package.text!r}")
            texts.append(text)
    return texts


def scan(client: redis.Redis) -> set[bytes]:
    return set(client.scan_iter(match="package:*", count=CHUNK))


def count(client: redis.Redis, kind: bytes, values: Sequence[bytes]) -> Counter[bytes]:
    """Count `values` on the server. What it counted, which must be what Python counts."""
    for some in chunks(values):
        pipeline = client.pipeline(transaction=False)
        for value in some:
            pipeline.incr(kind + b":" + value)
        pipeline.execute()
    found: Counter[bytes] = Counter()
    for keys in chunks(list(client.scan_iter(match=kind + b":*", count=CHUNK))):
        for key, number in zip(keys, mget(client, keys), strict=True):
            found[key.partition(b":")[2]] = int(number)
    check(found == Counter(values), f"the numbers of {kind.decode()}s are wrong")
    return found


def keep_copies(client: redis.Redis, packages: Sequence[Package]) -> None:
    """Copies of `packages` with a time to live, all there and then gone, without being asked for."""
    before, expired = client.dbsize(), client.info("stats")["expired_keys"]
    for some in chunks(packages):
        pipeline = client.pipeline(transaction=False)
        for each in some:
            pipeline.set(b"copy:" + each.key, each.text, px=LIFETIME_MS)
            pipeline.pttl(b"copy:" + each.key)
            pipeline.get(b"copy:" + each.key)
        replies = pipeline.execute()
        for each, stored, left, text in zip(some, replies[::3], replies[1::3], replies[2::3], strict=True):
            check(stored and 0 < left <= LIFETIME_MS, f"{each.key.decode()}: {left} ms left of {LIFETIME_MS}")
            check(text == each.text, f"{each.key.decode()}: the copy is another")
    eventually(lambda: client.dbsize() == before, what="the copies are gone")
    check(client.info("stats")["expired_keys"] - expired == len(packages), "what is gone has not expired")
    for some in chunks(packages):
        check(client.exists(*(b"copy:" + each.key for each in some)) == 0, "a copy is there again")


def day(client: redis.Redis) -> Iterator[str]:
    """All of it, line for line."""
    check(client.dbsize() == 0, "the server holds keys; this wants an empty one")
    errors = client.info("stats")["total_error_replies"]
    index = read_index()
    packages = packages_of(index)
    yield f"the index                 {len(packages):,} packages, {len(index):,} bytes"
    yield f"                          sha256 {hashlib.sha256(index).hexdigest()}"
    with busy(client):
        yield f"redis-cli --pipe          {load(client, packages)}"
        check(scan(client) == {each.key for each in packages}, "SCAN does not find the keys that were set")
        yield f"SCAN                      {client.dbsize():,} keys, those that were set"
        back = index_of(read_back(client, packages))
        check(back == index, "what was read back is not the index")
        yield f"MGET                      {len(back):,} bytes"
        yield f"                          sha256 {hashlib.sha256(back).hexdigest()}"
        for kind in ("section", "maintainer"):
            counted = count(client, kind.encode(), [getattr(each, kind) for each in packages])
            top, number = min(counted.items(), key=lambda item: (-item[1], item[0]))
            name = top.decode().partition(" <")[0]
            yield f"INCR {kind + ':...':<20} {len(counted):,} counters, {counted.total():,} in all; {name}: {number:,}"
        keep_copies(client, packages[:: max(1, len(packages) // COPIES)][:COPIES])
        yield f"SET copy:... PX {LIFETIME_MS:<9} {COPIES:,} copies, each with its time to live, and all gone after it"
    check(client.info("stats")["total_error_replies"] == errors, "the server has answered errors")
    yield f"in the end                {client.dbsize():,} keys, no error, redis-benchmark beside it all the time"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.clients.package_index", description=__doc__.split("\n")[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=6379)
    arguments = parser.parse_args()
    with redis.Redis(host=arguments.host, port=arguments.port, socket_timeout=60) as client:
        try:
            for line in day(client):
                print(line, flush=True)
        except (WrongError, AssertionError, redis.RedisError) as error:
            raise SystemExit(f"package_index: {error}") from error


if __name__ == "__main__":
    main()
