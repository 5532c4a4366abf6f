"""examples/cache_aside in front of a real PostgreSQL: what is read from where, who waits, what a late reader may store."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

import kvik
from examples.cache_aside.cache_aside import Cache
from examples.cache_aside.shop import Shop, ask_once, in_threads, tables
from tests.support.postgres import MissingError, Postgres
from tests.support.servers import REPOSITORY, eventually

pytestmark = pytest.mark.xdist_group("postgres")


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    try:
        server = Postgres()
    except MissingError as missing:
        pytest.skip(str(missing))
    yield server.url
    server.stop()


@pytest.fixture
def shops(postgres: str, client: redis.Redis) -> Iterator[list[Shop]]:
    """Of four processes: each has a connection of its own to both."""
    with tables(postgres, 100):
        shops = [Shop(postgres, Cache(client, ttl=300, lease=60)) for _ in range(4)]
        yield shops
        for shop in shops:
            shop.database.close()


def queries(shops: list[Shop]) -> int:
    return sum(shop.queries for shop in shops)


def test_the_second_read_comes_from_the_cache_until_its_time_is_over(shops: list[Shop], server: kvik.Server):
    one, other, *_ = shops
    product = one.product(7)
    assert product is not None
    assert (product["name"], product["price"], len(product["also bought"])) == ("product 7", 107, 5)
    assert other.product(7) == product
    assert queries(shops) == 1
    assert other.product(8) != product
    assert queries(shops) == 2
    server.advance(300)
    assert other.product(7) == product
    assert queries(shops) == 3


def test_that_there_is_no_such_row_is_kept_too(shops: list[Shop]):
    assert [shop.product(101) for shop in shops] == [None] * 4
    assert queries(shops) == 1


def test_what_is_written_is_read_at_once(shops: list[Shop]):
    one, other, *_ = shops
    one.product(7)
    other.set_price(7, 555)
    for shop in (one, other):
        product = shop.product(7)
        assert product is not None
        assert product["price"] == 555
    assert queries(shops) == 2


def test_a_late_reader_does_not_store_what_it_has_read(shops: list[Shop], client: redis.Redis):
    """It has read the old row, and another has written, before it comes to store it."""
    one, other, *_ = shops
    assert one.cache is not None

    def read_and_be_overtaken() -> object:
        row = one._read(7)
        other.set_price(7, 555)
        return row

    old = one.cache.get("product:7", read_and_be_overtaken)
    assert old["price"] == 107, "it had asked before the write"
    assert client.dbsize() == 0
    product = one.product(7)
    assert product is not None
    assert product["price"] == 555


def test_a_hundred_want_the_same_and_one_asks_the_database(shops: list[Shop], postgres: str, client: redis.Redis):
    """The one that asks is held until the others have come and wait."""
    cache, asked, others_wait = Cache(client, lease=60), [], threading.Event()

    def load() -> str:
        asked.append(threading.get_ident())
        assert others_wait.wait(30)
        return "a page"

    before = client.info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"]
    with ThreadPoolExecutor(100) as pool:
        answers = [pool.submit(cache.get, "front page", load) for _ in range(100)]
        eventually(lambda: client.info("commandstats")["cmdstat_evalsha"]["calls"] >= before + 150, what="they ask again")
        others_wait.set()
        assert [each.result() for each in answers] == ["a page"] * 100
    assert len(asked) == 1

    with_cache = in_threads(shops, lambda shop: ask_once(shop, 7))
    assert with_cache.queries == 1
    without = [Shop(postgres, None) for _ in range(4)]
    assert in_threads(without, lambda shop: ask_once(shop, 7)).queries == 4
    for shop in without:
        shop.database.close()


def test_a_reader_that_dies_holds_the_others_up_for_a_lease_only(server: kvik.Server, client: redis.Redis):
    cache = Cache(client, lease=60)

    def die() -> object:
        raise SystemExit

    with pytest.raises(SystemExit):
        cache.get("page", die)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(cache.get, "page", lambda: "loaded")
        assert client.pttl("cache:{page}:lease") > 0
        server.advance(60)
        assert other.result(20) == "loaded"
    assert cache.get("page", die) == "loaded"


def test_whoever_has_waited_long_enough_asks_the_database(client: redis.Redis):
    held = Cache(client, lease=60)
    hasty = Cache(client, lease=0.05)
    assert held.get("page", lambda: hasty.get("page", lambda: "hasty")) == "hasty"


def test_without_kvik_everything_comes_from_the_database(shops: list[Shop], server: kvik.Server):
    one, *_ = shops
    assert one.product(7) is not None
    server.stop()
    assert [one.product(7) is not None for _ in range(2)] == [True, True]
    assert one.queries == 3
    with pytest.raises(redis.ConnectionError):
        one.set_price(7, 555)


def test_the_measurement(postgres: str, server: kvik.Server):
    command = [sys.executable, "-m", "examples.cache_aside.shop", "--postgres", postgres, "--redis", server.url,
               "--products", "200", "--requests", "100", "--threads", "4"]  # fmt: skip
    shown = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=True).stdout
    counts = [int(number.replace(",", "")) for number in re.findall(r"([\d,]+) queries", shown)]
    alone, cold, warm, stampede_alone, stampede = counts
    assert 350 < alone <= 400
    assert warm < cold < alone / 1.5
    assert (stampede_alone, stampede) == (16, 1)
