"""examples/leaderboard: against the same boards as sorted lists."""

from __future__ import annotations

import random
from datetime import date, timedelta

import redis

import kvik
from examples.leaderboard.leaderboard import Leaderboard, Place

SUNDAY = date(2026, 3, 8)
Points = dict[str, int]


def ranking(points: Points) -> list[Place]:
    """Most points first; of those with the same, the name that is last in the alphabet."""
    order = sorted(points.items(), key=lambda item: (item[1], item[0]), reverse=True)
    return [Place(rank, player, score) for rank, (player, score) in enumerate(order, 1)]


def test_as_sorted_lists(client: redis.Redis):
    chance, board = random.Random(6), Leaderboard(client, "chess")
    days: dict[date, Points] = {}
    for back in range(9):
        day = SUNDAY - timedelta(days=back)
        points = days[day] = {}
        for _ in range(150):
            player, won = f"player-{chance.randrange(60):02}", chance.randrange(10)
            points[player] = points.get(player, 0) + won
            assert board.add(day, player, won) == points[player]

    week: Points = {}
    for day, points in days.items():
        if day > SUNDAY - timedelta(days=7):
            for player, score in points.items():
                week[player] = week.get(player, 0) + score
    for key, points in ((board.day(SUNDAY), days[SUNDAY]), (board.week(SUNDAY), week)):
        places = ranking(points)
        assert board.players(key) == len(places)
        pages = [board.page(key, number, size=7) for number in range(len(places) // 7 + 1)]
        assert [place for page in pages for place in page] == places
        assert board.page(key, 100) == []
        for index, place in enumerate(places):
            assert board.around(key, place.player, span=3) == places[max(0, index - 3):index + 4]
    assert board.around(board.day(SUNDAY), "nobody") == []


def test_the_week_is_a_minute_old_at_most(server: kvik.Server, client: redis.Redis):
    board = Leaderboard(client, "chess")
    board.add(SUNDAY, "ada", 10)
    assert board.page(board.week(SUNDAY), 0) == [Place(1, "ada", 10)]
    board.add(SUNDAY, "grace", 20)
    assert board.page(board.week(SUNDAY), 0) == [Place(1, "ada", 10)]
    server.advance(60)
    assert board.page(board.week(SUNDAY), 0) == [Place(1, "grace", 20), Place(2, "ada", 10)]


def test_boards_are_kept_for_five_weeks(server: kvik.Server, client: redis.Redis):
    board = Leaderboard(client, "chess")
    board.add(SUNDAY, "ada", 10)
    server.advance(timedelta(days=34))
    assert board.players(board.day(SUNDAY)) == 1
    server.advance(timedelta(days=1))
    assert client.dbsize() == 0
