"""Flask-Session: sessions of a Flask application on the server's side."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
import redis
from flask import Flask, session
from flask_session import Session

pytestmark = pytest.mark.application("flask-session")


@pytest.fixture
def app(url: str) -> Iterator[Flask]:
    with redis.Redis.from_url(url) as connection:
        app = Flask(__name__)
        app.config.update(
            SESSION_TYPE="redis", SESSION_REDIS=connection, SESSION_KEY_PREFIX="flask:",
            PERMANENT_SESSION_LIFETIME=timedelta(minutes=5),
        )  # fmt: skip
        Session(app)

        @app.get("/count")
        def count() -> str:
            session["visits"] = session.get("visits", 0) + 1
            return str(session["visits"])

        @app.get("/leave")
        def leave() -> str:
            session.clear()
            return ""

        yield app


@pytest.fixture
def raw(url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(url) as connection:
        connection.flushall()
        yield connection


def test_sessions(app: Flask, raw: redis.Redis) -> None:
    visitor, other = app.test_client(), app.test_client()
    assert [visitor.get("/count").text for _ in range(3)] == ["1", "2", "3"]
    assert other.get("/count").text == "1"
    cookie = visitor.get_cookie("session")
    assert cookie is not None
    stored = raw.get(f"flask:{cookie.value}")
    assert isinstance(stored, bytes)
    assert msgspec.msgpack.decode(stored)["visits"] == 3
    assert 295 < raw.ttl(f"flask:{cookie.value}") <= 300


def test_a_session_that_has_expired(app: Flask, raw: redis.Redis) -> None:
    visitor = app.test_client()
    visitor.get("/count")
    for key in raw.keys("flask:*"):
        raw.pexpireat(key, 1)
    assert visitor.get("/count").text == "1"


def test_leaving(app: Flask, raw: redis.Redis) -> None:
    visitor = app.test_client()
    visitor.get("/count")
    visitor.get("/leave")
    assert raw.keys("flask:*") == []
    assert visitor.get("/count").text == "1"
