"""examples/web_sessions: two processes' worth of applications on one server, asked over HTTP."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
import redis
from werkzeug.serving import make_server

import kvik
from examples.web_sessions.web_sessions import Sessions, make_app
from tests.examples.conftest import Launch
from tests.support.servers import free_port

IDLE = timedelta(minutes=30)


@contextlib.contextmanager
def application(server: kvik.Server) -> Iterator[str]:
    """Its URL. The client of Redis is its own, as in a process of its own."""
    with server.client(decode_responses=True) as r:
        http = make_server("127.0.0.1", 0, make_app(r, IDLE), threaded=True)
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()
        http.server_close()


@pytest.fixture
def urls(server: kvik.Server) -> Iterator[tuple[str, str]]:
    with application(server) as one, application(server) as other:
        yield one, other


@contextlib.contextmanager
def login(url: str, user: str = "ada") -> Iterator[httpx.Client]:
    with httpx.Client() as browser:
        assert browser.post(f"{url}/login", data={"user": user}).json() == {"user": user}
        yield browser


def test_any_process_answers(urls: tuple[str, str], client: redis.Redis):
    one, other = urls
    with login(one) as browser:
        assert browser.get(other).json() == {"user": "ada"}
        assert browser.post(f"{other}/cart/tea").json() == {"user": "ada", "cart:tea": 1}
        assert browser.post(f"{one}/cart/tea").json() == {"user": "ada", "cart:tea": 2}
        cookie = browser.cookies["session"]
        assert client.hgetall(f"session:{cookie}") == {"user": '"ada"', "cart:tea": "2"}


def test_the_cookie(urls: tuple[str, str]):
    reply = httpx.post(f"{urls[0]}/login", data={"user": "ada"})
    flags = {part.strip() for part in reply.headers["Set-Cookie"].split(";")[1:]}
    assert {"HttpOnly", "SameSite=Lax", "Max-Age=1800"} <= flags
    assert len(reply.cookies["session"]) >= 43, "256 bits"
    assert reply.headers["Vary"] == "Cookie"


def test_who_only_looks_has_no_session(urls: tuple[str, str], client: redis.Redis):
    reply = httpx.get(urls[0])
    assert reply.json() == {}
    assert "Set-Cookie" not in reply.headers
    assert client.dbsize() == 0


def test_it_ends_when_it_is_not_used(urls: tuple[str, str], server: kvik.Server):
    with login(urls[0]) as browser:
        for _ in range(3):
            server.advance(IDLE - timedelta(minutes=1))
            assert browser.get(urls[1]).json() == {"user": "ada"}
        server.advance(IDLE)
        assert browser.get(urls[1]).json() == {}


def test_logout(urls: tuple[str, str], client: redis.Redis):
    with login(urls[0]) as browser, login(urls[0]) as elsewhere:
        cookie = browser.cookies["session"]
        assert browser.post(f"{urls[1]}/logout").json() == {}
        assert "session" not in browser.cookies
        assert client.exists(f"session:{cookie}") == 0
        assert httpx.get(urls[0], cookies={"session": cookie}).json() == {}, "a copy of the cookie is worth nothing"
        assert elsewhere.get(urls[0]).json() == {"user": "ada"}


def test_logout_everywhere(urls: tuple[str, str], client: redis.Redis):
    with login(urls[0]) as one, login(urls[1]) as other, login(urls[0], "grace") as grace:
        assert one.post(f"{urls[1]}/logout-everywhere").json() == {"ended": 2}
        assert one.get(urls[0]).json() == other.get(urls[0]).json() == {}
        assert grace.get(urls[0]).json() == {"user": "grace"}
        assert one.post(f"{urls[1]}/logout-everywhere").status_code == 401


def test_login_gives_the_session_a_new_name(urls: tuple[str, str], client: redis.Redis):
    planted = "chosen-by-somebody-else"
    client.hset(f"session:{planted}", mapping={"cart:tea": "1"})
    with httpx.Client(cookies={"session": planted}) as browser:
        reply = browser.post(f"{urls[0]}/login", data={"user": "ada"})
        assert reply.json() == {"user": "ada", "cart:tea": 1}, "what it held is kept"
        assert reply.cookies["session"] != planted
        assert client.exists(f"session:{planted}") == 0


def test_a_name_that_does_not_exist_is_not_taken_over(urls: tuple[str, str]):
    reply = httpx.post(f"{urls[0]}/cart/tea", cookies={"session": "mine"})
    assert reply.cookies["session"] != "mine"


def test_requests_at_the_same_time(urls: tuple[str, str], client: redis.Redis):
    """Both have read the session before either writes; and one of them is ended meanwhile."""
    with login(urls[0]) as browser:
        name = browser.cookies["session"]
        app = make_app(client, IDLE)
        sessions = app.session_interface
        assert isinstance(sessions, Sessions)
        with app.test_request_context(headers={"Cookie": f"session={name}"}) as context:
            one, other, late = (sessions.open_session(app, context.request) for _ in range(3))
        one["cart:tea"], other["cart:cup"] = 1, 2
        del other["user"]
        for each in (one, other):
            sessions.save_session(app, each, app.response_class())
        assert browser.get(urls[0]).json() == {"cart:tea": 1, "cart:cup": 2}
        assert browser.post(f"{urls[0]}/logout").json() == {}
        late["cart:tea"] = 5
        sessions.save_session(app, late, app.response_class())
        assert client.exists(f"session:{name}") == 0, "it does not come back"


def test_as_a_program(server: kvik.Server, launch: Launch):
    port = str(free_port())
    program = launch("web_sessions", "--redis", server.url, "--port", port)
    program.said("Running on")
    with login(f"http://127.0.0.1:{port}") as browser:
        assert browser.get(f"http://127.0.0.1:{port}/").json() == {"user": "ada"}
