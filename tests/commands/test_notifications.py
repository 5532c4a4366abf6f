"""Keyspace and keyevent notifications: which events, in which order, on which channels, by notify-keyspace-events."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Iterator, Sequence

import pytest

from tests.conftest import Start
from tests.persist.test_aof import LOGGED
from tests.support.resp import OK, Argument, Push, encode_command
from tests.support.servers import ServerProcess, eventually

Line = tuple[Argument, ...]
Telling = tuple[ServerProcess, ServerProcess]
Event = tuple[bytes, bytes]

GROUPS = {
    "strings": """
        SET a 1 ; SET a 2 XX ; SET a 2 NX ; SET a 3 GET ; SET n 1 XX ; SET a 3 KEEPTTL ; SET a 1 EX 100 ;
        SET a 1 PXAT 4102444800000 ; SET a 1 EXAT 1 ; GET a ; SETEX a 100 1 ; PSETEX b 100000 1 ; SETNX c 1 ;
        SETNX c 2 ; GETSET c 3 ; GETSET fresh 3 ; MSET a 1 d 2 a 3 ; MSETNX a 1 q 1 ; MSETNX q 1 r 1 q 2 ; APPEND a x ;
        APPEND e x ; APPEND e '' ; APPEND none '' ; SETRANGE e 3 y ; SETRANGE f 0 '' ; SETRANGE f 2 z ; INCR n1 ;
        INCRBY n1 5 ; DECR n1 ; DECRBY n2 2 ; INCRBYFLOAT n1 0.5 ; INCRBYFLOAT n3 1 ; GETDEL n1 ; GETDEL n1 ;
        GETEX c EX 10 ; GETEX c PERSIST ; GETEX c PERSIST ; GETEX c PXAT 1 ; GETEX gone EX 10 ; GETEX a ; LCS a e ;
        LCS no e ; GETRANGE no 0 1 ; STRLEN no ; STRLEN a ; MGET a no b ; SUBSTR no 0 1 ; INCR a ; DELIFEQ e nope ;
        SET e 1 ; DELIFEQ e 1 ; SET a 1 ; SET a 2 IFEQ 1 ; SET a 2 IFEQ 1 ; MSETEX 2 a 1 new1 2 EX 100 ; MSETEX 1 a 1
    """,
    "expiry": """
        SET a 1 ; EXPIRE a 100 ; EXPIRE a 50 NX ; EXPIRE a 200 GT ; PEXPIRE a 100000 ; EXPIREAT a 4102444800 ;
        PEXPIREAT a 4102444800000 ; PERSIST a ; PERSIST a ; EXPIRE no 5 ; TTL no ; PTTL no ; EXPIRETIME no ;
        PEXPIRETIME no ; TTL a ; EXPIRE a -1 ; GET a ; SET b 1 ; PEXPIREAT b 1 ; SET c 1 EX 100 ; SET c 1 ;
        PERSIST no
    """,
    "keys": """
        SET a 1 ; RENAME a b ; SET a 1 ; RENAME a b ; RENAMENX b c ; SET a 1 ; RENAMENX a c ; RENAME c c ;
        RENAMENX c c ; RENAME none c ; COPY c d ; COPY c d ; COPY c d REPLACE ; COPY c e DB 2 ; COPY no e ; MOVE d 2 ;
        MOVE no 2 ; SET e 2 ; MOVE e 2 ; DEL a no c ; SET a 1 ; UNLINK a no ; EXISTS no a ; SET a 1 ; EXISTS no a a ;
        TOUCH no a ; TYPE no ; TYPE a ; OBJECT ENCODING no ; OBJECT IDLETIME no ; OBJECT REFCOUNT no ; DUMP no ;
        RANDOMKEY ; KEYS * ; SCAN 0 ; SELECT 2 ; SET x 1 ; SWAPDB 2 3 ; DEL x ; SELECT 3 ; DEL x ; SELECT 0 ;
        MEMORY USAGE no ; FLUSHDB ; SET a 1 ; FLUSHALL ; DEBUG OBJECT no
    """,
    "bits": """
        SETBIT b 7 1 ; SETBIT b 7 1 ; SETBIT b 7 0 ; GETBIT b 0 ; GETBIT no 0 ; BITCOUNT no ; BITPOS no 1 ;
        BITOP NOT c b ; BITOP AND c no ; BITOP AND c no ; BITOP OR c b no ; BITFIELD b SET u8 0 5 ;
        BITFIELD b GET u8 0 ; BITFIELD b INCRBY u8 0 5 SET u8 8 3 ; BITFIELD no GET u8 0 ; BITFIELD_RO no GET u8 0 ;
        BITFIELD new OVERFLOW FAIL INCRBY u2 0 100
    """,
    "lists": """
        RPUSH l 1 2 3 ; LPUSH l 0 ; LPUSHX l 9 ; LPUSHX no 9 ; RPUSHX l 9 ; LPOP l ; RPOP l ; RPOP no ; LPOP l 2 ;
        LPOP l 0 ; LPOP no 2 ; LLEN no ; LRANGE no 0 1 ; LINDEX no 0 ; LPOS no 1 ; LINSERT l BEFORE 3 2 ;
        LINSERT l BEFORE 77 2 ; LINSERT no BEFORE 77 2 ; LSET l 0 x ; LREM l 0 x ; LREM l 0 x ; RPUSH l 1 2 3 1 ;
        LTRIM l 0 2 ; LTRIM l 0 -1 ; LTRIM l 5 9 ; LTRIM no 5 9 ; RPUSH l 1 2 3 ; RPOPLPUSH l m ;
        LMOVE l l LEFT RIGHT ; LMOVE l m LEFT LEFT ; LMOVE l m LEFT LEFT ; LMOVE no m LEFT LEFT ;
        BLMOVE m l RIGHT LEFT 1 ; BRPOPLPUSH m l 1 ; LMPOP 2 no l LEFT COUNT 5 ; BLMPOP 1 2 no m RIGHT ; RPUSH l 1 2 ;
        BLPOP no l 1 ; BRPOP l 1 ; LREM l 0 1 ; RPUSH l 1 ; LREM l 0 1 ; RPUSH l 3 1 2 ; SORT l STORE s ;
        SORT l STORE s ; SORT no STORE s ; SORT no STORE s ; SORT l BY w_* GET v_* ; SORT no ; SORT_RO no ;
        SORT l STORE l ; LMPOP 1 no LEFT
    """,
    "sets": """
        SADD s 1 2 3 ; SADD s 1 ; SADD t a ; SREM s 9 ; SREM s 1 ; SREM no 1 ; SISMEMBER no 1 ; SMISMEMBER no 1 ;
        SCARD no ; SMEMBERS no ; SRANDMEMBER no ; SRANDMEMBER no 2 ; SSCAN no 0 ; SMOVE s t 2 ; SMOVE s t 2 ;
        SMOVE s s 3 ; SMOVE s t 3 ; SMOVE no t 3 ; SADD s a b ; SMOVE s t a ; SPOP s ; SPOP s ; SPOP no 2 ; SPOP t 2 ;
        SPOP t 9 ; SADD s 1 2 ; SPOP s 0 ; SADD t 2 3 ; SINTERSTORE d s t ; SINTERSTORE d s no ; SINTERSTORE d s no ;
        SINTER s no ; SUNION s no ; SDIFF no s ; SINTERCARD 2 s no ; SUNIONSTORE d s t ; SUNIONSTORE d s t ;
        SDIFFSTORE d s t ; SDIFFSTORE d no t ; SUNIONSTORE none no ; SREM s 1 2 ; SET str 1 ; SUNIONSTORE str t
    """,
    "hashes": """
        HSET h f 1 g 2 ; HSET h f 1 ; HMSET h f 1 ; HSETNX h f 1 ; HSETNX h n 1 ; HINCRBY h n 1 ; HINCRBYFLOAT h n 1 ;
        HDEL h f none ; HDEL h none ; HDEL no f ; HGET no f ; HGET h none ; HMGET no f ; HGETALL no ; HKEYS no ;
        HVALS no ; HLEN no ; HSTRLEN no f ; HEXISTS no f ; HRANDFIELD no ; HSCAN no 0 ; HDEL h g n ;
        HSET h f 1 g 2 i 3 j 4 ; HEXPIRE h 100 FIELDS 1 f ; HEXPIRE h 100 FIELDS 1 none ;
        HEXPIRE no 100 FIELDS 1 none ; HTTL no FIELDS 1 f ; HTTL h FIELDS 1 f ; HPERSIST h FIELDS 1 f ;
        HPERSIST h FIELDS 1 f ; HPERSIST no FIELDS 1 f ; HPEXPIREAT h 4102444800000 FIELDS 2 f g ;
        HPEXPIRETIME h FIELDS 1 f ; HEXPIRE h 0 FIELDS 1 g ; HGETEX h EX 100 FIELDS 1 f ; HGETEX h PERSIST FIELDS 1 f ;
        HGETEX h FIELDS 1 f ; HGETEX no FIELDS 1 f ; HGETEX h PXAT 1 FIELDS 1 f ; HSETEX h EX 100 FIELDS 1 k 1 ;
        HSETEX h FNX FIELDS 1 k 1 ; HSETEX h FIELDS 1 k 1 ; HSETEX new EX 9 FIELDS 1 k 1 ;
        HSETEX h PXAT 1 FIELDS 2 i 1 k 1 ; HGETDEL h FIELDS 1 none ; HGETDEL h FIELDS 1 j ; HGETDEL no FIELDS 1 j ;
        HEXPIRE new 0 FIELDS 1 k ; HSETEX new2 PXAT 1 FIELDS 1 k 1
    """,
    "sorted sets": """
        ZADD z 1 a 2 b 3 c ; ZADD z 1 a ; ZADD z XX 5 none ; ZADD z XX CH 9 a ; ZADD z INCR 1 a ; ZADD z NX INCR 1 a ;
        ZINCRBY z 1 d ; ZINCRBY z 0 d ; ZREM z d none ; ZREM z none ; ZREM no a ; ZSCORE no a ; ZMSCORE no a ;
        ZCARD no ; ZCOUNT no 0 1 ; ZRANK no a ; ZRANGE no 0 1 ; ZRANDMEMBER no ; ZSCAN no 0 ; ZLEXCOUNT no - + ;
        ZREMRANGEBYRANK z 0 0 ; ZREMRANGEBYRANK z 9 10 ; ZREMRANGEBYSCORE z 0 2 ; ZREMRANGEBYSCORE no 0 2 ;
        ZREMRANGEBYLEX z - + ; ZADD z 1 a 2 b 3 c 4 d ; ZPOPMIN z ; ZPOPMAX z 2 ; ZPOPMIN no ; ZPOPMIN z 0 ;
        ZPOPMIN z 9 ; ZADD z 1 a 2 b 3 c 4 d ; BZPOPMIN no z 1 ; BZPOPMAX z 1 ; ZMPOP 2 no z MIN ;
        BZMPOP 1 1 z MAX COUNT 4 ; ZADD z 1 a 2 b ; ZADD y 1 a ; ZUNIONSTORE d 2 z y ; ZUNIONSTORE d 2 z y ;
        ZINTERSTORE d 2 z y ; ZINTERSTORE d 2 z no ; ZINTERSTORE d 2 z no ; ZDIFFSTORE d 2 z y ; ZDIFFSTORE d 2 no y ;
        ZRANGESTORE d z 0 -1 ; ZRANGESTORE d no 0 -1 ; ZRANGESTORE d no 0 -1 ; ZUNION 2 z no ; ZINTER 2 z no ;
        ZDIFF 2 no z ; ZINTERCARD 2 z no ; GEOADD g 13.361389 38.115556 p ; GEOADD g 13.361389 38.115556 p ;
        GEOADD g CH 15 37 p ; GEOPOS no p ; GEODIST no p q ; GEOHASH no p ;
        GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 100 km ; GEOSEARCHSTORE d no FROMLONLAT 15 37 BYRADIUS 100 km ;
        GEOSEARCH no FROMLONLAT 15 37 BYRADIUS 100 km ; GEORADIUS g 15 37 100 km STORE d ;
        GEORADIUS g 1 3 1 km STOREDIST d
    """,
    "streams": """
        XADD x 1-1 f v ; XADD x MAXLEN 1 2-1 f v ; XADD no NOMKSTREAM 2-1 f v ; XTRIM x MAXLEN 5 ; XTRIM x MAXLEN 0 ;
        XADD x 3-1 f v ; XADD x 4-1 f v ; XDEL x 3-1 ; XDEL x 3-1 ; XDEL no 3-1 ; XLEN no ; XRANGE no - + ;
        XGROUP CREATE x g 0 ; XGROUP CREATE x g 0 ; XGROUP CREATE made g 0 MKSTREAM ; XGROUP SETID x g 0 ;
        XGROUP CREATECONSUMER x g c ; XGROUP CREATECONSUMER x g c ; XREADGROUP GROUP g d STREAMS x > ;
        XREADGROUP GROUP g d STREAMS x > ; XREAD STREAMS x 0 ; XREAD STREAMS no 0 ; XACK x g 4-1 ; XPENDING no g ;
        XCLAIM x g e 0 4-1 ; XCLAIM x g e 0 4-1 FORCE ; XAUTOCLAIM x g f 0 0 ; XGROUP DELCONSUMER x g c ;
        XGROUP DELCONSUMER x g none ; XGROUP DESTROY x g ; XGROUP DESTROY x g ; XSETID x 9-9 ; XSETID no 9-9 ;
        XINFO STREAM no ; XGROUP CREATE no g 0
    """,
    "hyperloglog": """
        PFADD p a ; PFADD p a ; PFADD q ; PFADD q ; PFADD q b ; PFCOUNT p ; PFCOUNT p no ; PFCOUNT no ; PFMERGE d p q ;
        PFMERGE d ; PFMERGE fresh no
    """,
    "transactions": """
        MULTI ; SET a 1 ; INCR a ; DEL a ; SADD s 1 ; LPUSH s 1 ; EXEC ; MULTI ; SET b 1 ; DISCARD ; WATCH s ;
        SREM s 1 ; MULTI ; SET b 1 ; EXEC
    """,
    "reads of nothing": """
        GEORADIUS_RO no 1 1 1 km ; GEORADIUSBYMEMBER no m 1 km ; GEORADIUSBYMEMBER_RO no m 1 km ;
        HEXPIRETIME no FIELDS 1 f ; HPTTL no FIELDS 1 f ; HPEXPIRETIME no FIELDS 1 f ; HEXPIREAT no 1 FIELDS 1 f ;
        HPEXPIRE no 1 FIELDS 1 f ; XREVRANGE no + - ; ZRANGEBYLEX no - + ; ZRANGEBYSCORE no 0 1 ; ZREVRANGE no 0 1 ;
        ZREVRANGEBYLEX no + - ; ZREVRANGEBYSCORE no 1 0 ; ZREVRANK no m ; ZREVRANK no m WITHSCORE ; OBJECT FREQ no ;
        XINFO GROUPS no ; XINFO CONSUMERS no g ; DBSIZE ; PFDEBUG GETREG no ; GEOSEARCH no FROMMEMBER m BYRADIUS 1 km ;
        XREAD STREAMS no $ ; XREAD STREAMS no no2 0 0 ; SMISMEMBER no a b ; HRANDFIELD no 2 ; ZRANDMEMBER no 2 ;
        LRANGE no 0 -1 ; BITFIELD_RO no GET u8 0 ; SORT_RO no ; GETEX no EX 10 ; GETDEL no ; LPOP no ; MGET no no2
    """,
    "more of hashes and places": """
        HSET h f 1 g 2 ; HEXPIREAT h 4102444800 FIELDS 1 f ; HPEXPIRE h 100000 FIELDS 1 f ; HPEXPIRE h 0 FIELDS 1 f ;
        HEXPIREAT h 1 FIELDS 1 g ; GEOADD g 13.361389 38.115556 p 15 37 q ; GEORADIUSBYMEMBER g p 500 km STORE d ;
        GEORADIUSBYMEMBER g p 500 km STOREDIST d ; GEORADIUSBYMEMBER g p 1 m STORE d2
    """,
    "mixed": """
        SET a 1 ; SET a 2 EX 100 ; GET no ; RPUSH l 1 2 ; LPOP l ; SADD s 1 ; SREM s 1 ; HSET h f 1 ; HDEL h f ; ZADD z 1 a ;
        ZREM z a ; XADD x 1-1 f v ; XTRIM x MAXLEN 0 ; DEL a l ; EXPIRE x -1
    """,
}
"""Commands by type, of those that change something and of those that find nothing."""


def commands_of(group: str) -> list[Line]:
    return [tuple(shlex.split(line)) for line in GROUPS[group].split(";")]


class Listener:
    """What a server tells one who subscribes to all events."""

    def __init__(self, server: ServerProcess, pattern: str = "__key*__:*") -> None:
        self.r = server.connect()
        self.marking = server.connect()
        self.listening = server.connect()
        assert self.listening("PSUBSCRIBE", pattern) == [b"psubscribe", pattern.encode(), 1]

    def until_now(self) -> list[Event]:
        """Channels and messages of all that has happened."""
        mark = secrets.token_bytes(6).hex()
        assert self.marking("PUBLISH", "__key__:mark", mark) >= 1
        events: list[Event] = []
        while True:
            _, _, channel, message = self.listening.read()
            if message == mark.encode():
                return events
            events.append((channel, message))

    def of(self, commands: Sequence[Line]) -> list[tuple[Line, list[Event]]]:
        found = []
        for command in commands:
            self.r(*command)
            found.append((command, self.until_now()))
        return found


def keys_of(events: list[Event]) -> list[tuple[bytes, bytes]]:
    """(event, key) of the keyevent channels."""
    return [(channel.split(b":", 1)[1], message) for channel, message in events if channel.startswith(b"__keyevent")]


@pytest.fixture(scope="module")
def telling() -> Iterator[Telling]:
    with ServerProcess("kvik") as ours, ServerProcess("oracle") as theirs:
        yield ours, theirs


def compare(telling: Telling, commands: Sequence[Line], classes: str) -> None:
    """Each command causes the same events on both servers, in the same order."""
    found = []
    for server in telling:
        listener = Listener(server)
        listener.r("FLUSHALL")
        assert listener.r("CONFIG", "SET", "notify-keyspace-events", classes) == OK
        found.append(listener.of(commands))
    ours, theirs = found
    assert ours == theirs


@pytest.mark.parametrize("classes", ["KEA", "KEAmn"])
@pytest.mark.parametrize("group", GROUPS)
def test_the_events_of_commands(telling: Telling, group: str, classes: str) -> None:
    compare(telling, commands_of(group), classes)


@pytest.mark.parametrize("commands", LOGGED, ids=lambda commands: commands[-1][0])
def test_the_events_of_logged_commands(telling: Telling, commands: list[Line]) -> None:
    """Those of tests/persist/test_aof.py."""
    compare(telling, commands, "KEAmn")


@pytest.mark.parametrize(
    "classes", ["K", "E", "A", "m", "KA", "EA", *(f"KE{letter}" for letter in "g$lshzxetdnm"), "K$", "Elg"]
)
def test_the_classes(telling: Telling, classes: str) -> None:
    """Only what was asked for, on the channels that were asked for."""
    compare(telling, commands_of("mixed"), classes)


def test_the_events_of_restore(telling: Telling) -> None:
    with telling[0].connect() as r:
        r("SET", "source", "value")
        payload = r("DUMP", "source")
    commands: list[Line] = [
        ("RESTORE", "a", 0, payload), ("RESTORE", "a", 0, payload), ("RESTORE", "a", 100_000, payload, "REPLACE"),
        ("RESTORE", "a", 1, payload, "ABSTTL", "REPLACE"), ("RESTORE", "b", 1, payload, "ABSTTL"), ("RESTORE", "c", 0, "x"),
        ("DUMP", "none"),
    ]  # fmt: skip
    compare(telling, commands, "KEAmn")


def test_one_database_each(name: str, start: Start) -> None:
    listener = Listener(start(name, notify_keyspace_events="KEA"))
    listener.r("SELECT", 9)
    listener.r("SET", "a", 1)
    listener.r("COPY", "a", "b", "DB", 11)
    assert listener.until_now() == [
        (b"__keyspace@9__:a", b"set"), (b"__keyevent@9__:set", b"a"),
        (b"__keyspace@11__:b", b"copy_to"), (b"__keyevent@11__:copy_to", b"b"),
    ]  # fmt: skip


def test_binary_and_long_keys(name: str, start: Start) -> None:
    listener = Listener(start(name, notify_keyspace_events="KEA"))
    for key in (b"\x00\xff \r\n*", b"long" * 500, b""):
        listener.r("SET", key, 1)
        assert listener.until_now() == [(b"__keyspace@0__:" + key, b"set"), (b"__keyevent@0__:set", key)]


def test_what_expires_by_itself(name: str, start: Start) -> None:
    """By active expiry, of keys and of fields, and when a command finds that the time is up."""
    server = start(name, notify_keyspace_events="Ex")
    listener = Listener(server)
    listener.r("SET", "soon", 1, "PX", 1)
    assert listener.listening.read()[2:] == [b"__keyevent@0__:expired", b"soon"]
    listener.r("HSET", "h", "f", 1)
    listener.r("HPEXPIRE", "h", 1, "FIELDS", 1, "f")
    assert listener.listening.read()[2:] == [b"__keyevent@0__:hexpired", b"h"]
    listener.r("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    listener.r("SET", "late", 1, "PX", 1)
    eventually(lambda: listener.r("GET", "late") is None)
    assert listener.until_now() == [(b"__keyevent@0__:expired", b"late")]


def test_what_is_evicted(name: str, start: Start) -> None:
    """Told before the command runs that needed the room."""
    server = start(name, notify_keyspace_events="Ee$", maxmemory_policy="allkeys-lru")
    listener = Listener(server)
    for i in range(100):
        listener.r("SET", f"k{i}", "x" * 1000)
    assert len(listener.until_now()) == 100
    listener.r("CONFIG", "SET", "maxmemory", int(listener.r.info("memory")["used_memory"]) + 50_000)
    for i in range(400):
        listener.r("SET", f"more{i}", "x" * 1000)
    events = listener.until_now()
    evicted = [key for channel, key in events if channel == b"__keyevent@0__:evicted"]
    assert len(evicted) == int(listener.r.info("stats")["evicted_keys"]) > 0
    assert all(not listener.r("EXISTS", key) for key in evicted)


def test_of_clients_that_waited(name: str, start: Start) -> None:
    """The one who pushes is told of first, then the one who gets it."""
    server = start(name, notify_keyspace_events="Elzgt")
    listener = Listener(server)
    waiting = [server.connect() for _ in range(3)]
    waiting[0].send("BLPOP", "l", 0)
    eventually(lambda: listener.r.info("clients")["blocked_clients"] == "1")
    waiting[1].send("BLMOVE", "l", "m", "LEFT", "LEFT", 0)
    waiting[2].send("BZPOPMIN", "z", 0)
    eventually(lambda: listener.r.info("clients")["blocked_clients"] == "3")
    listener.r("RPUSH", "l", 1, 2, 3)
    listener.r("MULTI")
    listener.r("ZADD", "z", 1, "a", 2, "b")
    listener.r("SET", "unheard", 1)
    listener.r("DEL", "l")
    listener.r("EXEC")
    assert keys_of(listener.until_now()) == [
        (b"rpush", b"l"), (b"lpop", b"l"), (b"lpush", b"m"), (b"lpop", b"l"), (b"zadd", b"z"), (b"del", b"l"),
        (b"zpopmin", b"z"),
    ]  # fmt: skip


def test_who_changes_a_key_is_told_after_the_reply(name: str, start: Start) -> None:
    """In RESP3 a client may listen to itself."""
    r = start(name, notify_keyspace_events="KEA").connect(3)
    r("PSUBSCRIBE", "__keyevent@0__:*")
    r.send_raw(encode_command(["SET", "a", 1]) + encode_command(["INCR", "a"]))
    told = [r.read() for _ in range(4)]
    assert told == [
        OK, Push([b"pmessage", b"__keyevent@0__:*", b"__keyevent@0__:set", b"a"]),
        2, Push([b"pmessage", b"__keyevent@0__:*", b"__keyevent@0__:incrby", b"a"]),
    ]  # fmt: skip
    assert r("MULTI") == OK
    r("DEL", "a")
    r("GET", "a")
    assert r("EXEC") == [1, None]
    assert r.read()[2:] == [b"__keyevent@0__:del", b"a"]


def test_off_by_default(name: str, start: Start) -> None:
    listener = Listener(start(name))
    listener.r("SET", "a", 1)
    assert listener.until_now() == []
    listener.r("CONFIG", "SET", "notify-keyspace-events", "E$")
    listener.r("SET", "a", 1)
    listener.r("CONFIG", "SET", "notify-keyspace-events", "")
    listener.r("SET", "a", 1)
    assert listener.until_now() == [(b"__keyevent@0__:set", b"a")]


def test_nothing_is_told_of_loading(name: str, start: Start) -> None:
    """Keys that come from a snapshot are no new ones."""
    listener = Listener(start(name, notify_keyspace_events="KEAn"))
    listener.r("SET", "a", 1)
    listener.until_now()
    assert listener.r("DEBUG", "RELOAD") == OK
    assert listener.until_now() == []
