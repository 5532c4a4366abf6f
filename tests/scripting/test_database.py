"""The typed API over the data (`Database`): what each method returns, from a command that evaluates Python."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kvik.scripting import database
from tests.support.resp import Connection
from tests.support.servers import ServerProcess, fresh

DATA = (
    ("SET", "text", "hello"), ("SET", "number", "10"), ("SET", "going", "x", "PX", "100000"),
    ("HSET", "hash", "a", "1", "b", "2"),
    ("RPUSH", "list", "a", "b", "c"), ("SADD", "set", "a", "b"), ("SADD", "other", "b", "c"),
    ("ZADD", "board", "1", "ann", "2.5", "bob", "3", "cid"), ("XADD", "stream", "1-1", "f", "v", "g", "w"),
)  # fmt: skip

CASES: dict[str, Any] = {
    # keys
    "db.delete('text', 'nope')": 1, "db.unlink('text', b'number')": 2, "db.exists('text', 'text', 'nope')": 2,
    "db.type('hash')": b"hash", "db.type('nope')": b"none", "db.rename('text', 'new'), db.get('new')": (None, b"hello"),
    "db.copy('text', 'new')": True, "db.copy('text', 'number')": False, "db.copy('text', 'number', replace=True)": True,
    "db.expire('text', 1.5), 1 < db.ttl('text') <= 1.5": (True, True), "db.expire('nope', 1)": False,
    "db.expire_at('text', db.time() + 100), 90 < db.ttl('text') < 101": (True, True),
    "db.persist('going'), db.persist('text'), db.ttl('text'), db.ttl('nope')": (True, False, None, None),
    "sorted(db.scan('*t*'))": [b"list", b"other", b"set", b"stream", b"text"],
    "list(db.scan(type='zset'))": [b"board"],
    "db.publish('nobody', 'm')": 0,
    # strings
    "db.get('text'), db.get('nope')": (b"hello", None), "db.set('text', 1), db.get('text')": (True, b"1"),
    "db.set('text', 1, nx=True), db.set('new', 1, xx=True), db.exists('new')": (False, False, 0),
    "db.set('text', 'x', expire=0.5), 0 < db.ttl('text') <= 0.5": (True, True),
    "db.set('going', 'y', keep_ttl=True), db.ttl('going') is None": (True, False),
    "db.set('text', memoryview(b'view')), db.get('text')": (True, b"view"),
    "db.getset('text', 'new'), db.getset('fresh', 1)": (b"hello", None),
    "db.getdel('text'), db.getdel('text')": (b"hello", None), "db.mget('text', 'nope')": [b"hello", None],
    "db.mset({'a': 1, b'b': 2.5}), db.mget('a', 'b')": (None, [b"1", b"2.5"]),
    "db.incr('number'), db.incr('number', 5), db.decr('number', 2), db.decr('number')": (11, 16, 14, 13),
    "db.incr_float('number', 0.5)": 10.5, "db.append('text', '!'), db.strlen('text')": (6, 6),
    "db.getrange('text', 1, 2)": b"el", "db.setrange('text', 1, 'u'), db.get('text')": (5, b"hullo"),
    # hashes
    "db.hget('hash', 'a'), db.hget('hash', 'x')": (b"1", None),
    "db.hset('hash', 'c', 3), db.hset('hash', {'a': 4, 'd': 5}), db.hget('hash', 'a')": (1, 1, b"4"),
    "db.hsetnx('hash', 'a', 9), db.hsetnx('hash', 'x', 9)": (False, True),
    "db.hmget('hash', 'a', 'x')": [b"1", None], "db.hgetall('hash'), db.hgetall('nope')": ({b"a": b"1", b"b": b"2"}, {}),
    "db.hdel('hash', 'a', 'x'), db.hexists('hash', 'a'), db.hlen('hash')": (1, False, 1),
    "db.hkeys('hash'), db.hvals('hash')": ([b"a", b"b"], [b"1", b"2"]),
    "db.hincr('hash', 'a'), db.hincr('hash', 'a', 5), db.hincr_float('hash', 'a', 0.5)": (2, 7, 7.5),
    # lists
    "db.lpush('list', 'x', 'y'), db.rpush('list', 'z'), db.lrange('list')": (5, 6, [b"y", b"x", b"a", b"b", b"c", b"z"]),
    "db.lpop('list'), db.rpop('list'), db.lpop('nope'), db.llen('list')": (b"a", b"c", None, 1),
    "db.lindex('list', 0), db.lindex('list', 9)": (b"a", None),
    "db.lset('list', 0, 'x'), db.lrem('list', 0, 'b'), db.lrange('list', 0, 0)": (None, 1, [b"x"]),
    "db.ltrim('list', 1, 1), db.lrange('list')": (None, [b"b"]),
    "db.lmove('list', 'to'), db.lmove('no', 'to')": (b"a", None),
    # sets
    "db.sadd('set', 'b', 'c'), db.srem('set', 'a', 'x'), db.smembers('set')": (1, 1, {b"b", b"c"}),
    "db.sismember('set', 'a'), db.sismember('set', 'x'), db.scard('set')": (True, False, 2),
    "db.spop('nope'), db.srandmember('set') in db.smembers('set'), db.spop('set') in (b'a', b'b')": (None, True, True),
    "db.sinter('set', 'other'), db.sdiff('set', 'other')": ({b"b"}, {b"a"}), "len(db.sunion('set', 'other'))": 3,
    # sorted sets
    "db.zadd('board', {'ann': 5, 'dan': 1}), db.zscore('board', 'ann'), db.zscore('board', 'x')": (1, 5.0, None),
    "db.zadd('board', {'ann': 5, 'dan': 1}, changed=True), db.zadd('board', {'ann': 9}, nx=True)": (2, 0),
    "db.zadd('board', {'bob': 1}, gt=True, changed=True), db.zadd('board', {'bob': 1}, lt=True, xx=True)": (0, 0),
    "db.zincr('board', 'ann'), db.zincr('board', 'ann', 0.5)": (2.0, 2.5),
    "db.zrank('board', 'ann'), db.zrank('board', 'ann', reverse=True), db.zrank('board', 'x')": (0, 2, None),
    "db.zcard('board'), db.zcount('board'), db.zcount('board', 2, '(3')": (3, 3, 1),
    "db.zrange('board', 0, 1)": [(b"ann", 1.0), (b"bob", 2.5)], "db.zrange('board', 0, 0, reverse=True)": [(b"cid", 3.0)],
    "db.zrange_by_score('board', 2), db.zrange_by_score('board', limit=1)": (
        [(b"bob", 2.5), (b"cid", 3.0)], [(b"ann", 1.0)],
    ),
    "db.zrem('board', 'ann', 'x'), db.zrem_by_rank('board', 0, 0), db.zrem_by_score('board', 0, 9)": (1, 1, 1),
    "db.zpopmin('board'), db.zpopmax('board'), db.zpopmin('nope')": ((b"ann", 1.0), (b"cid", 3.0), None),
    # streams
    "db.xadd('stream', {'f': 1}, id='2-1'), db.xlen('stream')": (b"2-1", 2),
    "db.xrange('stream'), db.xrange('stream', '2')": ([(b"1-1", {b"f": b"v", b"g": b"w"})], []),
    "len(db.xadd('new', {'f': 1}, max_length=5)) > 10, db.xrange('stream', count=1)[0][0]": (True, b"1-1"),
    "db.xdel('stream', '1-1', '9-9'), db.xtrim('stream', 0)": (1, 0),
    # the rest
    "db.number, db.client_id > 0, abs(db.time() - __import__('time').time()) < 5": (0, True, True),
    "db.call('OBJECT', 'ENCODING', 'number'), db.call('LPOS', 'list', 'x')": (b"int", None),
}  # fmt: skip
RAISES = {
    "db.incr('text')": b"ERR value is not an integer or out of range",
    "db.hgetall('text')": b"WRONGTYPE Operation against a key holding the wrong kind of value",
    "db.lset('list', 9, 'x')": b"ERR index out of range",
    "db.call('GET', None)": b"ERR TypeError: expected bytes, str, int or float, not NoneType",
    "db.set('text', True)": b"ERR TypeError: expected bytes, str, int or float, not bool",
    "db.call()": b"ERR TypeError: which command?",
}


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess("kvik", module=str(Path(__file__).with_name("samples.py"))) as server:
        yield server


@pytest.fixture
def connection(server: ServerProcess) -> Iterator[Connection]:
    with fresh(server, 2) as connection:
        connection.many(DATA)
        yield connection
    assert server.alive()


@pytest.mark.parametrize("code", CASES)
def test_method(connection: Connection, code: str) -> None:
    reply = connection("RUN", code)
    assert isinstance(reply, bytes), reply
    assert eval(reply) == CASES[code]


@pytest.mark.parametrize("code", RAISES)
def test_errors(connection: Connection, code: str) -> None:
    assert connection("RUN", code).encode() == RAISES[code]


def test_every_method_is_tested() -> None:
    methods = {
        name for kind in database.Database.__mro__ for name in vars(kind)
        if kind.__module__ == database.__name__ and not name.startswith("_")
    }  # fmt: skip
    tested = {name for name in methods if any(f"db.{name}(" in code for code in CASES)}
    assert methods - tested == set()
