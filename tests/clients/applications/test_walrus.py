"""walrus: containers, models with indexes, and what it makes of scripts, all without modules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import walrus

from tests.support.servers import eventually

pytestmark = pytest.mark.application("walrus")


@pytest.fixture
def db(url: str) -> Iterator[walrus.Database]:
    with walrus.Database.from_url(url) as db:
        db.flushdb()
        yield db


def test_containers(db: Any) -> None:
    names = db.List("names")
    names.extend(["Ada", "Grace", "Edsger"])
    assert names[-1] == b"Edsger"
    assert names[0:2] == [b"Ada", b"Grace"]
    person = db.Hash("person")
    person.update(name="Ada", born=1815)
    assert person.as_dict(decode=True) == {"name": "Ada", "born": "1815"}
    board = db.ZSet("board")
    board.add({"Ada": 3, "Grace": 5, "Edsger": 1})
    assert list(board[:2]) == [b"Edsger", b"Ada"]
    assert board.rank("Grace") == 2
    odd, small = db.Set("odd"), db.Set("small")
    odd.add(1, 3, 5)
    small.add(1, 2, 3)
    assert (odd & small) == {b"1", b"3"}
    assert sorted(odd | small) == [b"1", b"2", b"3", b"5"]
    counted = db.HyperLogLog("counted")
    counted.add(*map(str, range(100)))
    assert 95 < len(counted) < 105


def test_models(db: Any) -> None:
    class Person(walrus.Model):
        __database__ = db
        name = walrus.TextField(primary_key=True)
        born = walrus.IntegerField(index=True)
        about = walrus.TextField(fts=True)
        tongues = walrus.SetField()

    people = [("Ada", 1815, "wrote programs"), ("Grace", 1906, "wrote compilers"), ("Edsger", 1930, "proved programs")]
    for name, born, about in people:
        Person.create(name=name, born=born, about=about)
    assert Person.load("Grace").born == 1906
    assert sorted(person.name for person in Person.query(Person.born > 1900)) == ["Edsger", "Grace"]
    both = Person.query((Person.born < 1920) & Person.about.match("programs"))
    assert [person.name for person in both] == ["Ada"]
    ada = Person.load("Ada")
    ada.tongues.add("English", "French")
    assert Person.load("Ada").tongues.members() == {b"English", b"French"}
    ada.delete()
    assert Person.count() == 2


def test_a_cache(db: Any) -> None:
    cache = db.cache(name="cache", default_timeout=100)
    calls = []

    @cache.cached()
    def square(number: int) -> int:
        calls.append(number)
        return number * number

    assert [square(2), square(2)] == [4, 4]
    assert calls == [2]
    cache.set("key", "value", 1)
    assert cache.get("key") == "value"
    eventually(lambda: cache.get("key") is None)


def test_locks_and_rate_limits(db: Any) -> None:
    lock = db.lock("lock", ttl=10_000)
    assert lock.acquire()
    assert not db.lock("lock", ttl=10_000).acquire(block=False)
    assert lock.release()
    limit = db.rate_limit("limit", limit=3, per=60)
    assert [limit.limit("Ada") for _ in range(5)] == [False, False, False, True, True]
    expiring = db.lock("expiring", ttl=50)
    assert expiring.acquire()
    eventually(lambda: db.lock("expiring", ttl=50).acquire(block=False))


def test_streams(db: Any) -> None:
    group = db.consumer_group("group", ["stream"])
    group.create()
    group.set_id("$")
    ids = [group.stream.add({"n": number}) for number in range(3)]
    assert [(name, [item for item, _ in items]) for name, items in group.read()] == [(b"stream", ids)]
    assert group.stream.ack(*ids) == 3


def test_autocomplete_and_graphs(db: Any) -> None:
    titles = db.autocomplete()
    titles.store(1, "The Art of Programming")
    titles.store(2, "A Discipline of Programming")
    assert {found.decode() if isinstance(found, bytes) else found for found in titles.search("prog")} == {
        "The Art of Programming", "A Discipline of Programming",
    }  # fmt: skip
    graph = db.graph("graph")
    graph.store_many([("Ada", "knows", "Charles"), ("Charles", "knows", "Mary"), ("Ada", "is", "clever")])
    middle = graph.v.middle
    assert graph.search(("Ada", "knows", middle), (middle, "knows", "Mary")) == {"middle": {"Charles"}}
