"""Analytics while it happens: who was active, who came back, and what is going on this minute.

    bitmaps    one a day, one bit a user: a million users are 122 KB. BITCOUNT is the active users of a day, BITOP OR
               those of a week, BITOP AND those who were there on both days: retention
    stream     every event; consumers of a group share the work of adding them up, by minute, while they come in

An event counts once, whatever dies: acknowledging it and adding it up is one script, and only the consumer whose
acknowledgement was the first one adds. What a consumer that died has left is claimed by another.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import redis

import kvik

DAY, KEEP = timedelta(days=1), timedelta(days=60)

ADD_UP = """
    if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then
        return 0                        -- another consumer was first
    end
    redis.call('HINCRBY', KEYS[2], ARGV[3], 1)
    redis.call('EXPIRE', KEYS[2], ARGV[5])
    redis.call('ZINCRBY', KEYS[3], 1, ARGV[4])
    redis.call('EXPIRE', KEYS[3], ARGV[5])
    return 1
"""


class Activity:
    """Which users were active on which day. Users are numbers from 0 on: the place of their bit."""

    def __init__(self, r: redis.Redis, app: str) -> None:
        self.redis, self.app = r, app

    def seen(self, user: int, day: date) -> None:
        with self.redis.pipeline(transaction=True) as transaction:
            transaction.setbit(self._key(day), user, 1)
            transaction.expire(self._key(day), KEEP, nx=True)
            transaction.execute()

    def active(self, days: Sequence[date]) -> int:
        """How many users were active on any of these days."""
        return self._combined("OR", days)

    def retention(self, first: date, days: int) -> list[float]:
        """The share of the users of the first day who were active on each of the days after it."""
        cohort = self.active([first])
        back = [self._combined("AND", [first, first + DAY * number]) for number in range(1, days + 1)]
        return [each / cohort if cohort else 0.0 for each in back]

    def _combined(self, operation: str, days: Sequence[date]) -> int:
        result = f"{self.app}:active:result"
        with self.redis.pipeline(transaction=True) as transaction:
            transaction.bitop(operation, result, *map(self._key, days))
            transaction.bitcount(result)
            transaction.delete(result)
            return int(transaction.execute()[1])

    def _key(self, day: date) -> str:
        return f"{self.app}:active:{day}"


class Events:
    """The stream of events, and the figures that its consumers make of it."""

    GROUP = "totals"

    def __init__(self, r: redis.Redis, app: str, length: int = 1_000_000) -> None:
        """`length`: about so many events are kept for others to read, counted or not."""
        self.redis, self.app, self.length, self.stream = r, app, length, f"{app}:events"
        self.add_up = r.register_script(ADD_UP)
        try:
            r.xgroup_create(self.stream, self.GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    def add(self, kind: str, page: str) -> None:
        self.redis.xadd(self.stream, {"kind": kind, "page": page}, maxlen=self.length, approximate=True)

    def consume(self, consumer: str, count: int = 500, block: int | None = None, abandoned: float = 60.0) -> int:
        """Add up what nobody has taken, or what others took `abandoned` seconds ago and did not finish.

        Returns how many events this consumer has counted. `block`: milliseconds to wait for one."""
        stale = self.redis.xautoclaim(self.stream, self.GROUP, consumer, round(abandoned * 1000), count=count)[1]
        return self._count(stale or self._fresh(consumer, count, block))

    def _fresh(self, consumer: str, count: int, block: int | None) -> Any:
        reply: Any = self.redis.xreadgroup(self.GROUP, consumer, {self.stream: ">"}, count=count, block=block)
        return reply[0][1] if reply else []

    def _count(self, events: Any) -> int:
        with self.redis.pipeline(transaction=False) as pipeline:
            for identity, fields in events:
                minute = minute_of(int(identity.split("-")[0]))
                keys = [self.stream, f"{self.app}:minute:{minute}", f"{self.app}:pages:{minute}"]
                args = [self.GROUP, identity, fields["kind"], fields["page"], round(KEEP.total_seconds())]
                self.add_up(keys=keys, args=args, client=pipeline)
            return sum(pipeline.execute())

    def minute(self, minute: str) -> dict[str, int]:
        """How many events of each kind there were in a minute like 2026-03-02T10:15, in UTC."""
        return {str(kind): int(count) for kind, count in self.redis.hgetall(f"{self.app}:minute:{minute}").items()}

    def top_pages(self, minutes: Sequence[str], number: int = 3) -> list[tuple[str, int]]:
        totals: Any = self.redis.zunion([f"{self.app}:pages:{minute}" for minute in minutes], withscores=True)
        return [(page, round(score)) for page, score in totals[::-1][:number]]


def minute_of(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M")


def main() -> None:
    with kvik.Server() as server, server.connect(decode_responses=True) as r:
        activity, monday = Activity(r, "demo"), date(2026, 3, 2)
        for number in range(7):
            for user in range(0, 20_000, 10 + 3 * number):      # fewer each day
                activity.seen(user, monday + DAY * number)
        week = [monday + DAY * number for number in range(7)]
        print("active each day     ", *(f"{activity.active([day]):5,}" for day in week))
        print("active in the week  ", f"{activity.active(week):5,}")
        print("of Monday's, back on", "   --", *(f"{share:5.1%}" for share in activity.retention(monday, 6)))
        print("a day's bitmap takes", f"{r.memory_usage('demo:active:2026-03-02'):,} bytes")

        events = Events(r, "demo")
        for number in range(3000):
            events.add("click" if number % 3 else "view", f"/page/{number % 7 % 4}")
        r.xreadgroup(Events.GROUP, "dies", {events.stream: ">"}, count=700)     # takes 700, and is never seen again
        while events.consume("lives"):
            pass
        seen = [minute_of(int(r.time()[0]) * 1000 - 60_000 * back) for back in (0, 1)]
        print("counted             ", sum(sum(events.minute(each).values()) for each in seen))
        server.advance(61)
        while events.consume("lives"):
            pass
        print("a minute later      ", sum(sum(events.minute(each).values()) for each in seen))
        print("most seen           ", *(f"{page} {count:,}" for page, count in events.top_pages(seen)))


if __name__ == "__main__":
    main()
