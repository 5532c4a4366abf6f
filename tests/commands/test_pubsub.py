"""SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE and their opposites, PUBLISH, SPUBLISH, PUBSUB, and what a subscriber may do."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.conftest import Start
from tests.support.resp import OK, Connection, Error, Push, Status, arity, encode_command
from tests.support.servers import eventually


def pushed(r: Connection, *items: Any) -> list[Any]:
    """How r is told: by a push in RESP3, an array in RESP2."""
    return Push(items) if r.resp == 3 else list(items)


def told(r: Connection, *items: Any) -> None:
    """r is told this next."""
    reply = r.read()
    assert reply == pushed(r, *items)
    assert isinstance(reply, Push) == (r.resp == 3)


def forbidden(command: str) -> Error:
    return Error(
        f"ERR Can't execute '{command}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed "
        "in this context"
    )


def figures(r: Connection) -> tuple[int, int, int, int]:
    """Channels, patterns, shard channels and subscribers by INFO."""
    stats = r.info()
    names = ("pubsub_channels", "pubsub_patterns", "pubsubshard_channels", "pubsub_clients")
    return tuple(int(stats[name]) for name in names)  # type: ignore[return-value]


# --- subscribing -----------------------------------------------------------------------------------------------------


def test_channels(r: Connection) -> None:
    sub = r.another()
    sub.send("SUBSCRIBE", "a", "b", "a")
    for name, count in ((b"a", 1), (b"b", 2), (b"a", 2)):
        told(sub, b"subscribe", name, count)
    assert r("PUBLISH", "a", "first") == 1
    assert r("PUBLISH", "none", "unheard") == 0
    assert r("PUBLISH", "b", "second") == 1
    told(sub, b"message", b"a", b"first")
    told(sub, b"message", b"b", b"second")
    sub.send("UNSUBSCRIBE", "a", "none", "b")
    for name, count in ((b"a", 1), (b"none", 1), (b"b", 0)):
        told(sub, b"unsubscribe", name, count)
    assert r("PUBLISH", "a", "unheard") == 0
    assert sub("GET", "key") is None


def test_patterns(r: Connection) -> None:
    sub = r.another()
    sub.send("PSUBSCRIBE", "news.*", "h?llo[0-9]", r"\*")
    for name, count in ((b"news.*", 1), (b"h?llo[0-9]", 2), (rb"\*", 3)):
        told(sub, b"psubscribe", name, count)
    assert r("PUBLISH", "news.art", 1) == 1
    assert r("PUBLISH", "hallo7", 2) == 1
    assert r("PUBLISH", "*", 3) == 1
    assert r("PUBLISH", "news", 4) == 0
    assert r("PUBLISH", "HALLO7", 5) == 0
    told(sub, b"pmessage", b"news.*", b"news.art", b"1")
    told(sub, b"pmessage", b"h?llo[0-9]", b"hallo7", b"2")
    told(sub, b"pmessage", rb"\*", b"*", b"3")
    sub.send("PUNSUBSCRIBE", "news.*", "none")
    told(sub, b"punsubscribe", b"news.*", 2)
    told(sub, b"punsubscribe", b"none", 2)
    assert r("PUBLISH", "news.art", 1) == 0


def test_a_channel_and_patterns_that_match_it(r: Connection) -> None:
    """The channel first; who subscribes to several gets several messages."""
    sub, other = r.another(), r.another(2)
    sub.send("SUBSCRIBE", "ab")
    sub.send("PSUBSCRIBE", "a*", "*b")
    other.send("PSUBSCRIBE", "a*")
    for _ in range(3):
        sub.read()
    other.read()
    assert r("PUBLISH", "ab", "x") == 4
    told(sub, b"message", b"ab", b"x")
    patterns = sorted((sub.read()[1:], sub.read()[1:]))
    assert patterns == [[b"*b", b"ab", b"x"], [b"a*", b"ab", b"x"]]
    told(other, b"pmessage", b"a*", b"ab", b"x")


def test_shard_channels(r: Connection) -> None:
    """A world of their own, and counted by themselves."""
    sub = r.another()
    sub.send("SSUBSCRIBE", "a", "b")
    told(sub, b"ssubscribe", b"a", 1)
    told(sub, b"ssubscribe", b"b", 2)
    sub.send("SUBSCRIBE", "a")
    told(sub, b"subscribe", b"a", 1)
    assert r("SPUBLISH", "a", "shard") == 1
    assert r("PUBLISH", "a", "all") == 1
    assert r("PUBLISH", "b", "unheard") == 0
    told(sub, b"smessage", b"a", b"shard")
    told(sub, b"message", b"a", b"all")
    sub.send("SUNSUBSCRIBE", "a", "none")
    told(sub, b"sunsubscribe", b"a", 1)
    told(sub, b"sunsubscribe", b"none", 1)
    assert r("SPUBLISH", "a", "unheard") == 0


@pytest.mark.parametrize("kind", ["", "P", "S"])
def test_unsubscribing_from_all(r: Connection, kind: str) -> None:
    sub = r.another()
    word = f"{kind}unsubscribe".lower().encode()
    sub.send(f"{kind}UNSUBSCRIBE")
    told(sub, word, None, 0)
    sub.send(f"{kind}SUBSCRIBE", "a", "b", "c")
    for _ in range(3):
        sub.read()
    sub.send(f"{kind}UNSUBSCRIBE")
    replies = [sub.read() for _ in range(3)]
    assert [reply[0] for reply in replies] == [word] * 3
    assert sorted(reply[1] for reply in replies) == [b"a", b"b", b"c"]
    assert [reply[2] for reply in replies] == [2, 1, 0]
    assert sub("PING") == "PONG"


def test_counts_are_of_channels_and_patterns(r: Connection) -> None:
    sub = r.another()
    sub.send("SUBSCRIBE", "a")
    sub.send("PSUBSCRIBE", "a")
    sub.send("UNSUBSCRIBE")
    sub.send("UNSUBSCRIBE")
    sub.send("PUNSUBSCRIBE")
    assert [sub.read()[2] for _ in range(5)] == [1, 2, 1, 1, 0]


def test_binary_and_long_names_and_messages(r: Connection) -> None:
    sub = r.another()
    for name in (b"", b"\x00\r\n\xff", b"x" * 100_000):
        sub.send("SUBSCRIBE", name)
        assert sub.read()[1] == name
        for message in (b"", b"\r\n\x00$5", b"y" * 15_900, b"y" * 16_400, b"z" * 3_000_000):
            assert r("PUBLISH", name, message) == 1
            told(sub, b"message", name, message)


@pytest.mark.parametrize("size", [1, 300, 20_000])
def test_many_messages_keep_their_order(r: Connection, size: int) -> None:
    """To subscribers of both protocols, of this channel, another one and both, in pipelines."""
    subs = {"a": [r.another(2), r.another(3)], "b": [r.another(3)], "ab": [r.another(2), r.another(3)]}
    for channels, connections in subs.items():
        for each in connections:
            each.send("SUBSCRIBE", *channels)
            for _ in channels:
                each.read()
    messages = [("ab"[i % 3 == 0], b"%d " % i + b"m" * size) for i in range(200)]
    counts = r.many([("PUBLISH", channel, message) for channel, message in messages])
    assert counts == [4 if channel == "a" else 3 for channel, _ in messages]
    for channels, connections in subs.items():
        for each in connections:
            for channel, message in messages:
                if channel in channels:
                    told(each, b"message", channel.encode(), message)
            assert each("PING") == (Status("PONG") if each.resp == 3 else [b"pong", b""])


def test_messages_between_replies(r: Connection) -> None:
    """To a client that sends commands and gets messages in one go, in RESP3."""
    sub, pub = r.another(3), r.another()
    sub("SUBSCRIBE", "a")
    for i in range(50):
        sub.send_raw(encode_command(["ECHO", f"e{i}"]) * 3)
        pub.send("PUBLISH", "a", f"m{i}")
        replies = [sub.read() for _ in range(4)]
        assert [reply for reply in replies if not isinstance(reply, Push)] == [f"e{i}".encode()] * 3
        assert [reply for reply in replies if isinstance(reply, Push)] == [[b"message", b"a", f"m{i}".encode()]]
        assert pub.read() == 1


def test_more_messages_than_are_gathered(r: Connection) -> None:
    """A megabyte of short messages within one EXEC; the publisher subscribes too."""
    subs = [r.another(2), r.another(3)]
    me = r.another(3)
    for each in (*subs, me):
        each("SUBSCRIBE", "a")
    messages = [b"%d " % i + b"m" * 300 for i in range(3000)]
    replies = me.many([("MULTI",), *(("PUBLISH", "a", message) for message in messages), ("EXEC",)])
    assert replies[-1] == [3] * 3000
    for each in (*subs, me):
        for message in messages:
            told(each, b"message", b"a", message)
    assert me("PING") == Status("PONG")


class Life:
    """Random clients that subscribe, leave and are told, and what each must have been told."""

    def __init__(self, r: Connection, seed: int) -> None:
        self.r = r
        self.random = random.Random(seed)
        self.clients: list[tuple[Connection, dict[str, set[str]]]] = []

    def run(self, steps: int) -> None:
        for _ in range(8):
            self.join()
        for _ in range(steps):
            self.random.choices([self.subscribe, self.unsubscribe, self.publish, self.leave], [6, 4, 8, 0.2])[0]()
        for each, _ in self.clients:
            each.close()

    def join(self) -> None:
        self.clients.append((self.r.another(self.random.choice([2, 3])), {"": set(), "p": set(), "s": set()}))

    def leave(self) -> None:
        each, _ = self.clients.pop(self.random.randrange(len(self.clients)))
        number = len(self.clients)
        each.send("RESET")
        each.read()
        each.close()
        self.join()
        assert len(self.clients) == number + 1

    def pick(self) -> tuple[Connection, dict[str, set[str]], str, list[str]]:
        each, topics = self.random.choice(self.clients)
        kind = self.random.choice(["", "", "p", "s"])
        names = self.random.sample([f"{letter}*" if kind == "p" else f"{letter}x" for letter in "abcdef"], 2)
        return each, topics, kind, names

    def subscribe(self) -> None:
        each, topics, kind, names = self.pick()
        each.send(f"{kind}subscribe", *names)
        for name in names:
            topics[kind].add(name)
            told(each, f"{kind}subscribe".encode(), name.encode(), self.count(topics, kind))

    def unsubscribe(self) -> None:
        each, topics, kind, names = self.pick()
        each.send(f"{kind}unsubscribe", *names)
        for name in names:
            topics[kind].discard(name)
            told(each, f"{kind}unsubscribe".encode(), name.encode(), self.count(topics, kind))

    def count(self, topics: dict[str, set[str]], kind: str) -> int:
        return len(topics["s"]) if kind == "s" else len(topics[""]) + len(topics["p"])

    def publish(self) -> None:
        """Several messages in one go."""
        sharded = self.random.random() < 0.3
        sent = [(f"{self.random.choice('abcdef')}x", b"%d" % self.random.getrandbits(60)) for _ in range(4)]
        counts = self.r.many([("SPUBLISH" if sharded else "PUBLISH", *each) for each in sent])
        expected = [0] * len(sent)
        for each, topics in self.clients:
            for i, (channel, text) in enumerate(sent):
                name = channel.encode()
                if channel in topics["s" if sharded else ""]:
                    told(each, b"smessage" if sharded else b"message", name, text)
                    expected[i] += 1
                if f"{channel[0]}*" in topics["p"] and not sharded:
                    told(each, b"pmessage", f"{channel[0]}*".encode(), name, text)
                    expected[i] += 1
        assert counts == expected


@pytest.mark.parametrize("seed", range(5))
def test_a_random_life(r: Connection, seed: int) -> None:
    before = figures(r)
    Life(r, seed).run(400)
    eventually(lambda: figures(r) == before)


# --- what a subscriber may do ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("GET k", "get"), ("MULTI", "multi"), ("CLIENT ID", "client|id"), ("HELLO 3", "hello"), ("AUTH x", "auth"),
        ("PUBSUB NUMPAT", "pubsub|numpat"), ("PUBLISH a b", "publish"), ("SPUBLISH a b", "spublish"),
    ],
)  # fmt: skip
def test_what_a_resp2_subscriber_may_not(r: Connection, line: str, command: str) -> None:
    sub = r.another(2)
    for kind in ("", "P", "S"):
        sub(f"{kind}SUBSCRIBE", "a")
        assert sub(*line.split()) == forbidden(command)
        sub(f"{kind}UNSUBSCRIBE", "a")
    assert sub("GET", "k") is None


def test_errors_that_come_first(r: Connection) -> None:
    sub = r.another(2)
    sub("SUBSCRIBE", "a")
    assert sub("GET") == arity("get")
    assert sub("NOPE").startswith("ERR unknown command 'NOPE'")
    assert sub("EXEC") == Error("EXECABORT Transaction discarded because of: " + forbidden("exec")[4:])


def test_what_a_subscriber_may(r: Connection) -> None:
    before = figures(r)
    sub = r.another()
    assert sub("SUBSCRIBE", "a") == pushed(sub, b"subscribe", b"a", 1)
    assert sub("PING") == (Status("PONG") if sub.resp == 3 else [b"pong", b""])
    assert sub("PING", "x") == (b"x" if sub.resp == 3 else [b"pong", b"x"])
    assert sub("PSUBSCRIBE", "a") == pushed(sub, b"psubscribe", b"a", 2)
    assert sub("SSUBSCRIBE", "a") == pushed(sub, b"ssubscribe", b"a", 1)
    if sub.resp == 3:
        assert sub("SET", "k", 1) == OK
        assert sub("HELLO", 2)
        assert sub("GET", "k") == forbidden("get")
    assert sub("RESET") == Status("RESET")
    assert figures(r) == before
    assert sub("GET", "none") is None
    sub("SUBSCRIBE", "a")
    assert sub("QUIT") == OK
    assert sub.at_end()


def test_publishing_to_oneself(r: Connection) -> None:
    """In RESP3; the messages follow the reply."""
    me = r.another(3)
    me("SUBSCRIBE", "a")
    me("PSUBSCRIBE", "*")
    me.send_raw(encode_command(["PUBLISH", "a", "x"]) + encode_command(["PUBLISH", "b", "y" * 20_000]))
    assert [me.read() for _ in range(5)] == [
        2, [b"message", b"a", b"x"], [b"pmessage", b"*", b"a", b"x"], 1, [b"pmessage", b"*", b"b", b"y" * 20_000]
    ]  # fmt: skip


def test_publishing_much_to_oneself(r: Connection) -> None:
    """More than is gathered, one by one and with nobody else to deliver to."""
    me = r.another(3)
    me("SUBSCRIBE", "a")
    for i in range(600):
        assert me("PUBLISH", "a", b"%d " % i + b"x" * 1000) == 1
        assert me.read()[2].startswith(b"%d " % i)
    assert me("PING") == Status("PONG")


def test_within_a_transaction(r: Connection) -> None:
    """Subscribing takes effect there, also in RESP2; messages to oneself follow the reply of EXEC."""
    me = r.another()
    assert me("MULTI") == OK
    commands = ["SUBSCRIBE a", "PUBLISH a hi", "SET k v", "PING", "PSUBSCRIBE a*", "UNSUBSCRIBE", "PUBLISH a two"]
    assert me.many([command.split() for command in commands]) == [Status("QUEUED")] * 7
    pong = Status("PONG") if me.resp == 3 else [b"pong", b""]
    assert me("EXEC") == [
        pushed(me, b"subscribe", b"a", 1), 1, OK, pong, pushed(me, b"psubscribe", b"a*", 2),
        pushed(me, b"unsubscribe", b"a", 1), 1,
    ]  # fmt: skip
    told(me, b"message", b"a", b"hi")
    told(me, b"pmessage", b"a*", b"a", b"two")
    assert me("PING") == pong


def test_client_reply_silences_no_push(r: Connection) -> None:
    me = r.another(3)
    me.send("CLIENT", "REPLY", "OFF")
    me.send("SUBSCRIBE", "a")
    told(me, b"subscribe", b"a", 1)
    me.send("PUBLISH", "a", "x")
    told(me, b"message", b"a", b"x")
    assert r("PUBLISH", "a", "y") == 1
    told(me, b"message", b"a", b"y")
    me.send("PING")
    me.send("UNSUBSCRIBE", "a")
    told(me, b"unsubscribe", b"a", 0)
    assert me("CLIENT", "REPLY", "ON") == OK
    me.send("CLIENT", "REPLY", "SKIP")
    me.send("SUBSCRIBE", "b")
    told(me, b"subscribe", b"b", 1)
    assert me("PING") == Status("PONG")


def test_a_blocked_client_gets_messages(r: Connection) -> None:
    sub = r.another(3)
    sub("SUBSCRIBE", "a")
    sub.send("BLPOP", "l", 0)
    eventually(lambda: r.info("clients")["blocked_clients"] == "1")
    assert r("PUBLISH", "a", "x") == 1
    told(sub, b"message", b"a", b"x")
    assert r("RPUSH", "l", 1) == 1
    assert sub.read() == [b"l", b"1"]


# --- PUBSUB, INFO, CLIENT --------------------------------------------------------------------------------------------


def test_pubsub(r: Connection) -> None:
    subs = [r.another() for _ in range(3)]
    for each in subs:
        each("SUBSCRIBE", "chan")
        each("PSUBSCRIBE", "p*")
    subs[0]("SUBSCRIBE", "other")
    subs[0]("SSUBSCRIBE", "shard")
    assert sorted(r("PUBSUB", "CHANNELS")) == [b"chan", b"other"]
    assert r("PUBSUB", "CHANNELS", "c*") == [b"chan"]
    assert r("PUBSUB", "CHANNELS", "none") == []
    assert r("PUBSUB", "NUMSUB", "chan", "none", "other") == [b"chan", 3, b"none", 0, b"other", 1]
    assert r("PUBSUB", "NUMSUB") == []
    assert r("PUBSUB", "NUMPAT") == 1
    assert r("PUBSUB", "SHARDCHANNELS") == [b"shard"]
    assert r("PUBSUB", "SHARDCHANNELS", "x*") == []
    assert r("PUBSUB", "SHARDNUMSUB", "shard", "chan") == [b"shard", 1, b"chan", 0]
    assert figures(r) == (2, 1, 1, 3)
    for each in subs:
        each.close()
    eventually(lambda: figures(r) == (0, 0, 0, 0), what="closed clients have no subscriptions")
    assert r("PUBLISH", "chan", "x") == 0


def test_errors(r: Connection) -> None:
    for word in ("SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "PUBSUB"):
        assert r(word) == arity(word.lower())
    assert r("PUBLISH", "a") == r("PUBLISH", "a", "b", "c") == arity("publish")
    assert r("SPUBLISH", "a") == arity("spublish")
    assert r("PUBSUB", "nope") == Error("ERR unknown subcommand 'nope'. Try PUBSUB HELP.")
    for word in ("CHANNELS", "shardchannels"):
        error = f"ERR unknown subcommand or wrong number of arguments for '{word}'. Try PUBSUB HELP."
        assert r("PUBSUB", word, "a", "b") == Error(error)
    assert r("PUBSUB", "NUMPAT", "x") == arity("pubsub|numpat")
    assert r("PUBSUB", "HELP")[0].startswith("PUBSUB <subcommand>")


def test_help_is_the_same(both: tuple[Connection, Connection]) -> None:
    ours, theirs = (each("PUBSUB", "HELP") for each in both)
    assert ours == theirs


def test_client_list(r: Connection) -> None:
    sub = r.another()
    number = sub("CLIENT", "ID")
    sub.send("SUBSCRIBE", "a", "b")
    sub.send("PSUBSCRIBE", "c")
    sub.send("SSUBSCRIBE", "d", "e", "f")
    for _ in range(6):
        sub.read()

    def listed(*filters: str) -> dict[str, dict[str, str]]:
        reply = r("CLIENT", "LIST", *filters)
        lines = (reply.data if r.resp == 3 else reply).decode().splitlines()
        rows = (dict(field.split("=", 1) for field in line.split(" ")) for line in lines)
        return {row["id"]: row for row in rows}

    row = listed("TYPE", "pubsub")[str(number)]
    assert (row["flags"], row["sub"], row["psub"], row["ssub"]) == ("P", "2", "1", "3")
    assert str(number) not in listed("TYPE", "normal")
    assert r("CLIENT", "KILL", "TYPE", "pubsub") == 1
    assert sub.at_end()
    assert figures(r) == (0, 0, 0, 0)


def test_no_timeout_for_subscribers(name: str, start: Start) -> None:
    server = start(name, timeout="1")
    with server.connect() as sub, server.connect() as idle, server.connect() as r:
        sub("SUBSCRIBE", "a")
        eventually(lambda: r("CLIENT", "LIST").count(b"\n") == 2, what="the idle one has been closed")
        assert idle.at_end()
        assert r("PUBLISH", "a", "x") == 1
        assert sub.read() == [b"message", b"a", b"x"]


def test_subscriptions_count_as_memory(name: str, start: Start) -> None:
    server = start(name)
    with server.connect(3) as sub:

        def memory() -> int:
            return int(dict(field.split("=", 1) for field in sub("CLIENT", "INFO").data.decode().split())["tot-mem"])

        before = memory()
        sub.send("SUBSCRIBE", *(f"a channel {i}" for i in range(1000)))
        for _ in range(1000):
            sub.read()
        full = memory()
        assert full > before + 1000 * 40
        sub.send("UNSUBSCRIBE")
        for _ in range(1000):
            sub.read()
        eventually(lambda: memory() < full - 1000)      # the real server's buffers shrink when its timers run
