"""Products of a shop in PostgreSQL, read through the cache of cache_aside.py, and what that is worth, measured:

    python -m examples.cache_aside.shop --postgres postgresql://postgres@127.0.0.1/postgres

makes a schema `cache_aside_example`, fills it, reads it with and without the cache, and drops it again.
"""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import psycopg
import redis

from examples.cache_aside.cache_aside import Cache

SCHEMA = "cache_aside_example"
CREATE = f"""
    SELECT setseed(0.5);
    CREATE SCHEMA {SCHEMA};
    CREATE TABLE {SCHEMA}.product (id int PRIMARY KEY, name text NOT NULL, price int NOT NULL);
    CREATE TABLE {SCHEMA}.bought (customer int NOT NULL, product int NOT NULL);
    INSERT INTO {SCHEMA}.product SELECT n, 'product ' || n, 100 + n % 900 FROM generate_series(1, PRODUCTS) n;
    INSERT INTO {SCHEMA}.bought SELECT n / 10, 1 + floor(PRODUCTS * random() ^ 2) FROM generate_series(1, PRODUCTS * 10) n;
    CREATE INDEX ON {SCHEMA}.bought (product, customer);
    CREATE INDEX ON {SCHEMA}.bought (customer, product);
"""
PAGE = f"""
    SELECT name, price, ARRAY(          -- who bought this also bought
        SELECT other.product FROM {SCHEMA}.bought JOIN {SCHEMA}.bought AS other USING (customer)
        WHERE bought.product = id AND other.product <> id
        GROUP BY other.product ORDER BY count(*) DESC, other.product LIMIT 5
    ) FROM {SCHEMA}.product WHERE id = %s
"""


class Shop:
    """One for each thread, as a connection to PostgreSQL is for one at a time."""

    def __init__(self, postgres: str, cache: Cache | None) -> None:
        self.database, self.cache, self.queries = psycopg.connect(postgres, autocommit=True), cache, 0

    def product(self, number: int) -> dict[str, Any] | None:
        if self.cache is None:
            return self._read(number)
        found: dict[str, Any] | None = self.cache.get(f"product:{number}", lambda: self._read(number))
        return found

    def set_price(self, number: int, price: int) -> None:
        with self.database.transaction():
            self.database.execute(f"UPDATE {SCHEMA}.product SET price = %s WHERE id = %s", (price, number))
        if self.cache is not None:              # not before the commit: others would read the old row and store it again
            self.cache.forget(f"product:{number}")

    def _read(self, number: int) -> dict[str, Any] | None:
        self.queries += 1
        row = self.database.execute(PAGE, (number,)).fetchone()
        return dict(zip(("name", "price", "also bought"), row, strict=True)) if row else None


@contextmanager
def tables(postgres: str, products: int) -> Any:
    with psycopg.connect(postgres, autocommit=True) as database:
        database.execute(CREATE.replace("PRODUCTS", str(products)))
        try:
            database.execute(f"VACUUM ANALYZE {SCHEMA}.product, {SCHEMA}.bought")
            yield
        finally:
            database.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


@dataclass
class Outcome:
    seconds: float
    queries: int
    latencies: list[float]

    def __str__(self) -> str:
        order, number = sorted(self.latencies), len(self.latencies)
        return (f"{number / self.seconds:7,.0f} requests/s, median {order[number // 2] * 1000:6.2f} ms, "
                f"99 % under {order[number * 99 // 100] * 1000:6.2f} ms, {self.queries:6,} queries")  # fmt: skip


def in_threads(shops: list[Shop], work: Callable[[Shop], list[float]]) -> Outcome:
    """All shops begin at once, each in a thread."""
    start = threading.Barrier(len(shops) + 1)

    def one(shop: Shop) -> list[float]:
        start.wait()
        return work(shop)

    with ThreadPoolExecutor(len(shops)) as pool:
        running = [pool.submit(one, shop) for shop in shops]
        start.wait()
        begin = time.perf_counter()
        latencies = [latency for each in running for latency in each.result()]
    return Outcome(time.perf_counter() - begin, sum(shop.queries for shop in shops), latencies)


def visit(shop: Shop, requests: int, products: int, write_share: float, seed: int) -> list[float]:
    """Some products are asked for much more often than others: the n-th a n-th as often as the first."""
    chance, latencies = random.Random(seed), []
    weights = list(accumulate(1 / rank for rank in range(1, products + 1)))
    for number in chance.choices(range(1, products + 1), cum_weights=weights, k=requests):
        begin = time.perf_counter()
        if chance.random() < write_share:
            shop.set_price(number, chance.randrange(100, 1000))
        else:
            shop.product(number)
        latencies.append(time.perf_counter() - begin)
    return latencies


def ask_once(shop: Shop, number: int) -> list[float]:
    begin = time.perf_counter()
    shop.product(number)
    return [time.perf_counter() - begin]


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--postgres", required=True)
    arguments.add_argument("--redis", default="redis://127.0.0.1:6379")
    arguments.add_argument("--products", type=int, default=20_000)
    arguments.add_argument("--requests", type=int, default=1_000, help="of each thread")
    arguments.add_argument("--threads", type=int, default=8)
    options = arguments.parse_args()

    with tables(options.postgres, options.products), redis.Redis.from_url(options.redis, decode_responses=True) as r:
        for title, cache in ("PostgreSQL alone", None), ("with Kvik, cold", Cache(r)), ("with Kvik, warm", Cache(r)):
            shops = [Shop(options.postgres, cache) for _ in range(options.threads)]
            seeds = iter(range(options.threads))
            print(f"{title:18}", in_threads(
                shops, lambda shop: visit(shop, options.requests, options.products, 0.01, next(seeds)),   # noqa: B023
            ))  # fmt: skip
        print(f"{options.threads * 4} threads want the same product, which is not in the cache:")
        for title, cache in ("PostgreSQL alone", None), ("with Kvik", Cache(r)):
            r.flushdb()
            shops = [Shop(options.postgres, cache) for _ in range(options.threads * 4)]
            print(f"{title:18}", in_threads(shops, lambda shop: ask_once(shop, 1)))


if __name__ == "__main__":
    main()
