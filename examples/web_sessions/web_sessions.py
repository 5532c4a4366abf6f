"""Sessions of a Flask application, kept in a server that all its processes share.

A session is a hash, one field for each entry, and expires when it has not been used for a while. The cookie holds
nothing but its random name. So a restart logs nobody out, any process answers any request, and the application can end a
session, which a signed cookie cannot do.

    python web_sessions.py --redis redis://127.0.0.1:6379 --port 8000
"""

from __future__ import annotations

import argparse
import json
import secrets
from datetime import timedelta
from typing import Any, cast

import redis
from flask import Flask, Request, Response, abort, request, session
from flask.sessions import SessionInterface, SessionMixin

# Only a session that is still there is written: a request that was under way when the user logged out elsewhere must not
# bring it back. Only what has changed is written: requests at the same time do not undo each other's changes.
SAVE = """
    if ARGV[1] == 'old' and redis.call('EXISTS', KEYS[1]) == 0 then
        return 0
    end
    local removed = tonumber(ARGV[3])
    for i = 4, 3 + removed do
        redis.call('HDEL', KEYS[1], ARGV[i])
    end
    for i = 4 + removed, #ARGV, 2 do
        redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
    end
    return redis.call('EXPIRE', KEYS[1], ARGV[2])
"""


class Session(dict[str, Any], SessionMixin):
    def __init__(self, name: str, stored: dict[str, str]) -> None:
        super().__init__((field, json.loads(value)) for field, value in stored.items())
        self.name, self.stored, self.replaced = name, stored, ""

    def renew(self) -> None:
        """A new name for the session, at login: whoever had planted the old one in the user's browser has nothing."""
        self.replaced, self.name, self.stored = self.name, new_name(), {}


class Sessions(SessionInterface):
    def __init__(self, r: redis.Redis, idle: timedelta = timedelta(minutes=30)) -> None:
        self.redis, self.idle = r, idle
        self.save = r.register_script(SAVE)

    def open_session(self, app: Flask, request: Request) -> Session:
        name = request.cookies.get(self.get_cookie_name(app), "")
        stored: Any = self.redis.hgetall(key(name)) if name else {}
        return Session(name, stored) if stored else Session(new_name(), {})      # a name of our own, never theirs

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        assert isinstance(session, Session)
        response.vary.add("Cookie")             # no proxy may give this answer to another user
        if session.replaced:
            self.redis.unlink(key(session.replaced))
        if not session:
            if session.stored:                  # it has been emptied
                self.redis.unlink(key(session.name))
                response.delete_cookie(self.get_cookie_name(app))
            return
        values = {field: json.dumps(value) for field, value in session.items()}
        removed = session.stored.keys() - values.keys()
        changed = [word for pair in values.items() if pair not in session.stored.items() for word in pair]
        state, idle = "old" if session.stored else "new", round(self.idle.total_seconds())
        if self.save(keys=[key(session.name)], args=[state, idle, len(removed), *removed, *changed]):
            response.set_cookie(
                self.get_cookie_name(app), session.name, max_age=self.idle, httponly=True, samesite="Lax",
                secure=self.get_cookie_secure(app),
            )  # fmt: skip


def new_name() -> str:
    return secrets.token_urlsafe(32)


def key(name: str) -> str:
    return f"session:{name}"


def make_app(r: redis.Redis, idle: timedelta = timedelta(minutes=30)) -> Flask:
    app = Flask("shop")
    app.session_interface = Sessions(r, idle)

    def sessions_of(user: str) -> str:
        return f"sessions:{user}"

    @app.post("/login")
    def login() -> dict[str, Any]:
        user = request.form["user"]             # checking the password is another matter
        current = cast(Session, session)
        current.renew()
        session["user"] = user
        with r.pipeline(transaction=True) as transaction:       # for /logout-everywhere
            transaction.sadd(sessions_of(user), current.name)
            transaction.expire(sessions_of(user), timedelta(days=30))
            transaction.execute()
        return dict(session)

    @app.get("/")
    def home() -> dict[str, Any]:
        return dict(session)

    @app.post("/cart/<item>")
    def put_into_cart(item: str) -> dict[str, Any]:
        session[f"cart:{item}"] = session.get(f"cart:{item}", 0) + 1
        return dict(session)

    @app.post("/logout")
    def logout() -> dict[str, Any]:
        session.clear()
        return {}

    @app.post("/logout-everywhere")
    def logout_everywhere() -> dict[str, Any]:
        user = session.get("user") or abort(401)
        with r.pipeline(transaction=True) as transaction:
            transaction.smembers(sessions_of(user))
            transaction.delete(sessions_of(user))
            names, _ = transaction.execute()
        session.clear()
        return {"ended": r.unlink(*map(key, names)) if names else 0}

    return app


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--redis", default="redis://127.0.0.1:6379")
    arguments.add_argument("--port", type=int, default=8000)
    options = arguments.parse_args()
    make_app(redis.Redis.from_url(options.redis, decode_responses=True)).run(port=options.port)


if __name__ == "__main__":
    main()
