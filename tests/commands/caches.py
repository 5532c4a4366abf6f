"""Clients that cache keys, for the tests of CLIENT TRACKING."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.resp import OK, Connection, Push, Set
from tests.support.servers import eventually

CHANNEL = b"__redis__:invalidate"
Sent = tuple[Any, ...]


class Cache:
    """A client that tracks, and hears what it is told: by pushes in RESP3, in RESP2 by a second connection."""

    def __init__(self, r: Connection, *options: str) -> None:
        self.client = r.another()
        self.ear = self.client
        redirect: Sent = ()
        if r.resp == 2:
            self.ear = r.another()
            redirect = ("REDIRECT", self.ear("CLIENT", "ID"))
            assert self.ear("SUBSCRIBE", CHANNEL) == [b"subscribe", CHANNEL, 1]
        self.track = ("CLIENT", "TRACKING", "ON", *redirect, *options)
        assert self.client(*self.track) == OK

    def __call__(self, *command: Any) -> Any:
        return self.client(*command)

    def told(self, replies: int = 0) -> list[Any]:
        """What it was told since the last time, lists of keys (None: all); and so many replies come before PING's."""
        messages = []
        self.replies: list[Any] = []
        if self.ear is self.client:
            self.client.send("PING", "until here")
            while (message := self.client.read()) != b"until here":
                if isinstance(message, Push):
                    assert message[0] == b"invalidate"
                    messages.append(message[1])
                else:
                    self.replies.append(message)
            assert len(self.replies) == replies
        else:
            for _ in range(replies):
                self.replies.append(self.client.read())
            assert self.client("PING") == "PONG"
            self.ear.send("PING", "until here")
            while (message := self.ear.read()) != [b"pong", b"until here"]:
                assert message[:2] == [b"message", CHANNEL]
                messages.append(message[2])
        return messages

    def forget(self, *command: Any) -> list[Any]:
        """What its own command has it told."""
        assert not isinstance(self.client(*command), Push)
        return self.told()


@contextlib.contextmanager
def all_gone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No client that a test opens tracks when the next one begins."""
    opened: list[Connection] = []
    another = Connection.another

    def kept(self: Connection, resp: int | None = None) -> Connection:
        opened.append(another(self, resp))
        return opened[-1]

    monkeypatch.setattr(Connection, "another", kept)
    yield
    for each in opened:
        each.close()
    for address in {each.address for each in opened}:
        with Connection(address) as look:
            eventually(lambda look=look: figures(look)[0] == 0, what="all have gone")  # type: ignore[misc]


def figures(r: Connection) -> tuple[int, int, int, int]:
    """Clients, keys, items and prefixes by INFO."""
    info = r.info()
    names = ("tracking_clients", "tracking_total_keys", "tracking_total_items", "tracking_total_prefixes")
    return tuple(int(info[name]) for name in names)  # type: ignore[return-value]


def info_of(client: Connection) -> tuple[set[bytes], int, list[bytes]]:
    """TRACKINGINFO: flags, redirect, prefixes."""
    reply = client("CLIENT", "TRACKINGINFO")
    pairs = reply if isinstance(reply, dict) else dict(zip(reply[::2], reply[1::2], strict=True))
    assert list(pairs) == [b"flags", b"redirect", b"prefixes"]
    assert isinstance(pairs[b"flags"], Set) == (client.resp == 3)
    return set(pairs[b"flags"]), pairs[b"redirect"], pairs[b"prefixes"]


def fields_of(r: Connection, number: int) -> dict[str, str]:
    """Its line of CLIENT LIST."""
    reply = r("CLIENT", "LIST", "ID", number)
    text = reply if isinstance(reply, bytes) else reply.data
    return dict(field.split("=", 1) for field in text.decode().split())
