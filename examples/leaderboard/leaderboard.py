"""A leaderboard: who is first, who is around me, and who has won the week.

One sorted set a day holds each player's points. Rank, page and neighbourhood are looked up in O(log n), with a
million players as with ten. The week is the union of seven days, made when somebody asks and kept for a minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import redis

import kvik

KEEP = timedelta(days=35)

# Rank and neighbours at one moment: between two commands of a client the player may have been overtaken.
AROUND = """
    local rank = redis.call('ZREVRANK', KEYS[1], ARGV[1])
    if not rank then
        return false
    end
    local first = math.max(0, rank - ARGV[2])
    return {first, redis.call('ZRANGE', KEYS[1], first, rank + ARGV[2], 'REV', 'WITHSCORES')}
"""


@dataclass(frozen=True)
class Place:
    rank: int           # from 1
    player: str
    points: int


class Leaderboard:
    def __init__(self, r: redis.Redis, game: str) -> None:
        self.redis, self.game = r, game
        self.neighbours = r.register_script(AROUND)

    def add(self, day: date, player: str, points: int) -> int:
        """Returns the player's points of the day."""
        with self.redis.pipeline(transaction=True) as transaction:
            transaction.zincrby(self.day(day), points, player)
            transaction.expire(self.day(day), KEEP)
            return int(transaction.execute()[0])

    def day(self, day: date) -> str:
        """The key of a day's board."""
        return f"{self.game}:board:{day}"

    def week(self, last: date) -> str:
        """The key of the board of the seven days up to `last`, made again when it is older than a minute."""
        key = f"{self.game}:board:week:{last}"
        if not self.redis.exists(key):
            with self.redis.pipeline(transaction=True) as transaction:
                transaction.zunionstore(key, [self.day(last - timedelta(days=back)) for back in range(7)])
                transaction.expire(key, 60)
                transaction.execute()
        return key

    def page(self, board: str, number: int, size: int = 10) -> list[Place]:
        """Page 0 is the top of the board."""
        first = number * size
        return places(first, self.redis.zrange(board, first, first + size - 1, desc=True, withscores=True))

    def around(self, board: str, player: str, span: int = 2) -> list[Place]:
        """The player between the `span` players before and after; nothing if there is no such player."""
        found = self.neighbours(keys=[board], args=[player, span])
        if found is None:
            return []
        first, flat = found
        return places(first, list(zip(flat[::2], flat[1::2], strict=True)))

    def players(self, board: str) -> int:
        return self.redis.zcard(board)


def places(first: int, pairs: Sequence[Any]) -> list[Place]:
    return [Place(rank, player, round(float(points))) for rank, (player, points) in enumerate(pairs, first + 1)]


def show(title: str, rows: list[Place]) -> None:
    print(title)
    for row in rows:
        print(f"  {row.rank:5}  {row.player:12}{row.points:7,}")


def main() -> None:
    """A week of a game with 2,000 players; points are made up, but the same in every run."""
    with kvik.Server() as server, server.connect(decode_responses=True) as r:
        board = Leaderboard(r, "chess")
        sunday = date(2026, 3, 8)
        for back in range(7):
            for number in range(2_000):
                board.add(sunday - timedelta(days=back), f"player-{number}", number * 7919 * (back + 3) % 1009)
        today = board.day(sunday)
        show("Sunday", board.page(today, 0, size=3))
        show("around player-17", board.around(today, "player-17"))
        print("player-17 wins a game:", board.add(sunday, "player-17", 60), "points")
        show("around player-17", board.around(today, "player-17", span=1))
        week = board.week(sunday)
        show(f"the week, {board.players(week):,} players", board.page(week, 0, size=3))
        show("its page 100", board.page(week, 100, size=3))


if __name__ == "__main__":
    main()
