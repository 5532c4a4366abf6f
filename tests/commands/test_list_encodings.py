"""When a list is a listpack and when a quicklist: the same steps on both servers, with the same encoding after each."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from tests.commands.lists import elements
from tests.commands.script import run
from tests.support.both import Both, same
from tests.support.resp import OK, Argument, Connection, Error

SIZES = ["-1", "-2", "-3", "-4", "-5", "-6", "0", "1", "2", "3", "5", "128", "32767", "40000"]


def letters(r: Connection, script: str) -> str:
    """The first letter of the encoding after each command, where it changes; - for no key."""
    found = ""
    for line in script.split(" ; "):
        reply = run(r, line)
        assert not isinstance(reply, Error), (line, reply)
        encoding = r("OBJECT", "ENCODING", "l")
        letter = "-" if encoding is None else encoding.decode()[0]
        found += letter if not found.endswith(letter) else ""
    return found


def pushes(count: int, text: str = "a") -> str:
    return " ; ".join([f"RPUSH l {text}"] * count)


@pytest.mark.parametrize(
    ("size", "script", "found"),
    [
        (5, pushes(5), "l"),
        (5, pushes(6), "lq"),
        (5, "RPUSH l 1 2 3 4 5", "l"),
        (5, "RPUSH l 1 2 3 4 5 6", "q"),
        (5, "LPUSH l 1 2 3 ; LPUSH l 4 5 ; LPUSH l 6", "lq"),
        (0, "RPUSH l 1 ; RPUSH l 2", "lq"),
        (1, "RPUSH l 1 ; RPUSH l 2", "lq"),
        (5, pushes(6) + " ; RPOP l ; RPOP l ; RPOP l", "lq"),
        (6, pushes(7) + " ; RPOP l ; RPOP l ; RPOP l ; RPOP l", "lql"),
        (6, pushes(7) + " ; LPOP l ; LPOP l ; LPOP l ; LPOP l", "lq"),      # two nodes, then one that is full
        (6, pushes(7) + " ; LPOP l 5", "lq"),
        (6, pushes(7) + " ; LPOP l 6", "lql"),
        (6, pushes(7) + " ; LTRIM l 0 2", "lql"),
        (6, pushes(7) + " ; LTRIM l 0 3", "lq"),
        (6, "RPUSH l a b c d e f g ; LREM l 1 g ; LREM l 1 a ; LREM l 1 b ; LREM l 1 c", "ql"),
        (6, pushes(7) + " ; LREM l 0 a", "lq-"),
        (6, pushes(7) + " ; LPOP l 7 ; RPUSH l a", "lq-l"),
        (-1, "RPUSH l " + "x" * 4000 + " ; RPUSH l " + "y" * 50 + " ; RPUSH l " + "y" * 60, "lq"),
        (-1, "RPUSH l " + "x" * 4200, "q"),
        (-2, "RPUSH l " + "x" * 8000 + " ; RPUSH l " + "x" * 300, "lq"),
        (-2, "RPUSH l a ; RPUSH l " + "x" * 9000 + " ; RPOP l", "lql"),
        (-2, "RPUSH l a ; LSET l 0 " + "x" * 9000 + " ; LSET l 0 a", "lql"),
        (5, "RPUSH l a ; RPUSH l " + "x" * 8300, "lq"),
        (5, "RPUSH l a b c d e ; LINSERT l BEFORE none x", "lq"),
        (5, "RPUSH l a b c d e ; LINSERT l BEFORE a x", "lq"),
        (5, "RPUSH l a b c d ; LINSERT l BEFORE a x", "l"),
        (5, "RPUSH l a b c d e ; RPOPLPUSH l l", "l"),
        (5, "RPUSH m x ; RPUSH l a b c d e ; LMOVE m l LEFT LEFT", "-lq"),
    ],
)
def test_where_the_encoding_changes(r2: Connection, size: int, script: str, found: str) -> None:
    with r2.config(list_max_listpack_size=size):
        assert letters(r2, script) == found


def test_a_changed_limit_shows_with_the_next_change(r2: Connection) -> None:
    run(r2, "RPUSH l a b c d e")
    with r2.config(list_max_listpack_size=2):
        assert letters(r2, "LLEN l ; LPOS l c ; RPOP l") == "l"
        assert letters(r2, "RPUSH l x") == "q"
    assert letters(r2, "RPUSH l y") == "q"
    assert letters(r2, "RPOP l") == "q"
    assert elements(r2) == [b"a", b"b", b"c", b"d", b"x"]


# --- many steps, drawn --------------------------------------------------------------------------------------------------


def text(rng: random.Random) -> bytes:
    return rng.choice([
        b"%d" % rng.randrange(100), b"%d" % rng.randrange(1 << 50), b"a%d" % rng.randrange(8), b"x" * rng.randrange(200),
        b"long" * rng.randrange(400), rng.choice([b"y" * 4060, b"z" * 8170, b"w" * 16_000]) + b"v" * rng.randrange(40),
    ] if rng.randrange(8) == 0 else [b"%d" % rng.randrange(100), b"a%d" % rng.randrange(8)])  # fmt: skip


def step(rng: random.Random) -> list[Argument]:
    match rng.randrange(14):
        case 0 | 1 | 2 | 3:
            return [rng.choice(["RPUSH", "LPUSH"]), "l", *(text(rng) for _ in range(rng.choice([1, 1, 1, 2, 5, 60])))]
        case 4 | 5 | 6:
            return [rng.choice(["LPOP", "RPOP"]), "l"]
        case 7:
            return [rng.choice(["LPOP", "RPOP"]), "l", rng.choice([1, 2, 3, 20])]
        case 8:
            return ["LSET", "l", rng.randrange(-6, 6), text(rng)]
        case 9:
            return ["LINSERT", "l", rng.choice(["BEFORE", "AFTER"]), text(rng), text(rng)]
        case 10:
            return ["LREM", "l", rng.randrange(-3, 4), text(rng)]
        case 11:
            return ["LTRIM", "l", rng.randrange(0, 3), rng.choice([-1, -2, -3, 4, 40])]
        case 12:
            return ["RPOPLPUSH", "l", "l"]
        case _:
            return ["LMOVE", "l", "l", rng.choice(["LEFT", "RIGHT"]), rng.choice(["LEFT", "RIGHT"])]


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("size", SIZES)
def test_drawn_steps(both: Both, size: str, depth: int) -> None:
    """Replies, encodings and at last the elements are the same; some steps change the limit under way."""
    rng = random.Random(f"{size} {depth}")
    commands: list[Sequence[Argument]] = []
    for i in range(1500):
        if i % 100 == 99:
            commands += [("CONFIG", "SET", "list-max-listpack-size", rng.choice(["-1", "3", "7", size]))]
        commands += [step(rng), ("OBJECT", "ENCODING", "l")]
        if i % 200 == 0:
            commands += [("CONFIG", "SET", "list-max-listpack-size", size)]
    commands += [("LRANGE", "l", 0, -1)]
    limits: dict[str, Argument] = {"list_max_listpack_size": size, "list_compress_depth": depth}
    with both[0].config(**limits), both[1].config(**limits):
        same(both, commands)


@pytest.mark.parametrize("depth", [1, 2, 50])
def test_compression_makes_a_list_smaller_and_not_another(r2: Connection, depth: int) -> None:
    texts = [b"%d likes to be repeated, likes to be repeated" % i for i in range(3000)]
    r2("RPUSH", "plain", *texts)
    with r2.config(list_compress_depth=depth):
        r2("RPUSH", "l", *texts)
        assert elements(r2) == texts
        assert r2("LINDEX", "l", 1500) == texts[1500]
        assert r2("LSET", "l", 1500, "x" * 40) == OK
        assert r2("LRANGE", "l", 1499, 1501) == [texts[1499], b"x" * 40, texts[1501]]
        assert r2("LREM", "l", 0, "x" * 40) == 1
        assert r2("LPOS", "l", texts[2000]) == 1999
        plain, packed = (r2("MEMORY", "USAGE", key, "SAMPLES", 0) for key in ("plain", "l"))
        if depth < 10:
            assert packed < plain * 0.7
        assert r2("COPY", "l", "copied") == 1
        assert r2("RESTORE", "restored", 0, r2("DUMP", "l")) == OK
        del texts[1500]
        assert elements(r2, "copied") == elements(r2, "restored") == texts
        assert r2("RPOP", "l", 2999) == texts[::-1]
