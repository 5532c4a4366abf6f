"""The pytest plugin, in runs of its own."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]
PLUGIN = ("-p", "kvik", "-p", "no:cacheprovider", "-p", "no:xdist")


@pytest.fixture
def run(pytester: pytest.Pytester):
    def run(code: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(code)
        return pytester.runpytest_subprocess(*PLUGIN, *arguments)

    return run


def test_each_test_has_a_clean_server(run):
    run(
        """
        import pytest

        @pytest.mark.parametrize("n", range(3))
        def test_clean(kvik, kvik_server, n):
            assert kvik.dbsize() == 0
            assert kvik.config_get("maxmemory")["maxmemory"] == "0"
            assert kvik.info("stats")["expired_keys"] == 0
            assert abs(kvik_server.time() - __import__("time").time()) < 60
            assert kvik.script_exists("e0e1f9fabfc9d4800c877a703b823ac0578ff8db") == [False]
            assert kvik.function_list() == []
            kvik.set("a", "b", ex=5)
            kvik.config_set("maxmemory", "10mb")
            kvik.script_load("return 1")
            kvik.function_load("#!lua name=x\\nredis.register_function('x', function() end)")
            kvik.client_pause(100_000) if n == 0 else None
            kvik_server.advance(3600)

        def test_strings(kvik):
            kvik.set("a", "ä")
            assert kvik.get("a") == "ä"
        """
    ).assert_outcomes(passed=4)


def test_a_session_expires(run):
    run(
        """
        def test_session(kvik, kvik_server):
            kvik.set("session", "ada", ex=1800)
            kvik_server.advance(1799)
            assert kvik.get("session") == "ada"
            kvik_server.advance(1)
            assert kvik.get("session") is None
        """
    ).assert_outcomes(passed=1)


def test_settings(pytester: pytest.Pytester, run):
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def kvik_settings():
            return {"databases": 3, "unixsocket": True, "notify_keyspace_events": "KEA"}
        """
    )
    run(
        """
        def test_it(kvik, kvik_server):
            assert kvik.config_get("databases") == {"databases": "3"}
            assert kvik_server.client().ping()
            assert kvik_server.url.startswith("unix://")
        """
    ).assert_outcomes(passed=1)


def test_a_test_may_end_the_server(run):
    run(
        """
        import redis, pytest

        def test_down(kvik, kvik_server):
            kvik_server.stop()
            with pytest.raises(redis.ConnectionError):
                kvik.ping()

        def test_up(kvik):
            assert kvik.ping()
        """
    ).assert_outcomes(passed=2)


@pytest.mark.parametrize("plugin", ["pytest_asyncio", "anyio"])
def test_asyncio(run, plugin: str):
    pytest.importorskip(plugin)
    mark, other = ("asyncio", "anyio") if plugin == "pytest_asyncio" else ("anyio", "asyncio")
    result = run(
        f"""
        import asyncio, pytest

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.{mark}
        async def test_it(kvik_async, kvik, kvik_server):
            await kvik_async.set("a", "b", ex=10)
            assert kvik.get("a") == "b"
            waiting = asyncio.create_task(kvik_async.blpop(["l"], timeout=0))
            await asyncio.sleep(0)
            kvik.rpush("l", "x")
            assert list(await waiting) == ["l", "x"]
            kvik_server.advance(10)
            assert await kvik_async.get("a") is None

        @pytest.mark.{mark}
        async def test_again(kvik_async):
            assert await kvik_async.dbsize() == 0
        """,
        "-p", f"no:{other}", *(() if plugin == "pytest_asyncio" else ("-p", "no:pytest_asyncio")),
    )  # fmt: skip
    result.assert_outcomes(passed=2)


def test_it_leaves_no_warnings(run):
    run("def test_it(kvik): kvik.set('a', 1)", "-W", "error", "-p", "no:asyncio").assert_outcomes(passed=1)
