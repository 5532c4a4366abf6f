"""Counters of a web site: page views, and how many different people came.

Views of a day are a hash, page by page. Visitors are HyperLogLogs: 12 KB at most for any number of people, right to
about 0.8 %, and the union of several is again the number of *different* people, which no sum of daily figures is. Every
key belongs to a day and expires by itself, so there is nothing to clean up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import redis

import kvik


class Visits:
    def __init__(self, r: redis.Redis, site: str, keep: timedelta = timedelta(days=90)) -> None:
        self.redis, self.site, self.keep = r, site, keep

    def record(self, day: date, page: str, visitor: str) -> None:
        """One page view: one round trip, and no figure is ever half there."""
        views, site, people = self._views(day), self._visitors(day), self._visitors(day, page)
        with self.redis.pipeline(transaction=True) as transaction:
            transaction.hincrby(views, page, 1)
            transaction.pfadd(site, visitor)
            transaction.pfadd(people, visitor)
            for key in (views, site, people):
                transaction.expire(key, self.keep, nx=True)         # from its first use on
            transaction.execute()

    def views(self, day: date) -> dict[str, int]:
        """Views of each page, most seen first."""
        counts = {str(page): int(count) for page, count in self.redis.hgetall(self._views(day)).items()}
        return dict(sorted(counts.items(), key=lambda item: -item[1]))

    def visitors(self, days: Sequence[date], page: str | None = None) -> int:
        """How many different people came on these days, to this page or to any."""
        return self.redis.pfcount(*[self._visitors(day, page) for day in days])

    def _views(self, day: date) -> str:
        return f"{self.site}:views:{day}"

    def _visitors(self, day: date, page: str | None = None) -> str:
        return f"{self.site}:visitors:{day}" if page is None else f"{self.site}:visitors:{day}:{page}"


def main() -> None:
    """A week of 2,000 visitors a day, of whom 1,500 are the same every day."""
    with kvik.Server() as server, server.connect(decode_responses=True) as r:
        visits = Visits(r, "shop")
        week = [date(2026, 3, 2) + timedelta(days=number) for number in range(7)]
        for number, day in enumerate(week):
            regulars = [f"user:{each}" for each in range(1500)]
            for visitor in [*regulars, *(f"guest:{number}:{each}" for each in range(500))]:
                visits.record(day, "/", visitor)
                if visitor.endswith("7"):
                    visits.record(day, "/cart", visitor)
        for day in week[:2]:
            print(f"{day}  views {visits.views(day)}, visitors {visits.visitors([day]):,}")
        true, told = 1500 + 7 * 500, visits.visitors(week)
        print(f"the week    {told:,} different visitors; exactly: {true:,} ({told / true - 1:+.1%})")
        print(f"            of them in the cart: {visits.visitors(week, '/cart'):,}; exactly: {true // 10:,}")
        largest = max(r.memory_usage(key) or 0 for key in r.scan_iter(match="shop:visitors:*"))
        print(f"memory      {r.dbsize()} keys, the largest takes {largest:,} bytes")
        server.advance(timedelta(days=90))
        print(f"90 days on  {r.dbsize()} keys")


if __name__ == "__main__":
    main()
