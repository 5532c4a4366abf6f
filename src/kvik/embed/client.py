"""redis-py clients of an embedded server.

An in-process client is a redis.Redis with a connection of its own kind (connection.py). Its single commands take a short
way: redis-py's retries, health checks and metrics of a network are for a network. Pipelines, pub/sub, locks and scripts
are redis-py's, over the same connections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kvik.server.core import Core

if TYPE_CHECKING:
    from kvik.embed.server import Server

try:
    import redis
except ImportError as error:
    raise ImportError(
        "clients need redis-py, which is not installed: pip install kvik[client]  (or: pip install redis)"
    ) from error

from redis.backoff import NoBackoff
from redis.client import EMPTY_RESPONSE, NEVER_DECODE
from redis.exceptions import ResponseError
from redis.retry import Retry

from kvik.embed.connection import InProcessConnection, InProcessPool


def redis_py() -> Any:
    """The package, now that it is known to be there."""
    return redis


class InProcessRedis(redis.Redis):
    """A redis-py client that runs its commands in this process."""

    _owned: Server | None = None

    def execute_command(self, *args: Any, **options: Any) -> Any:
        pool: Any = self.connection_pool
        if self.connection is not None or pool.cache is not None:
            return super().execute_command(*args, **options)
        connection = pool.get_connection()
        try:
            response = connection.call(args, NEVER_DECODE in options)
        except ResponseError:
            if EMPTY_RESPONSE in options:
                return options[EMPTY_RESPONSE]
            raise
        finally:
            pool.release(connection)
        callback = self.response_callbacks.get(args[0])
        if callback is None:
            return response
        for name in (NEVER_DECODE, EMPTY_RESPONSE, "keys"):
            options.pop(name, None)
        return callback(response, **options)

    def close(self) -> None:
        super().close()
        owned, self._owned = self._owned, None
        if owned is not None:
            owned.stop()


def in_process_client(core: Core, *, owned: Server | None = None, **options: Any) -> InProcessRedis:
    """`options` are those of redis.Redis that do not concern sockets. `owned`: stopped when the client is closed."""
    cache = {name: options.pop(name) for name in ("cache", "cache_config") if name in options}
    single = {name: options.pop(name) for name in ("single_connection_client",) if name in options}
    password = core.server.config.get_str("requirepass")
    if password and "username" not in options and "credential_provider" not in options:
        options.setdefault("password", password)
    options.setdefault("retry", Retry(NoBackoff(), 1))
    pool = InProcessPool(connection_class=InProcessConnection, core=core, **cache, **options)
    client = InProcessRedis(connection_pool=pool, **single)
    client.auto_close_connection_pool = True
    client._owned = owned
    return client


def connect(server: Server | None = None, **options: Any) -> InProcessRedis:
    """A redis-py client that talks to the engine in this process without a socket: to that of `server`, or to one of its
    own, which ends with the client (its `persist` and `log` are those of kvik.Server). `options`: those of redis.Redis."""
    from kvik.embed.server import Server

    if server is not None:
        return server.connect(**options)
    own = Server(persist=options.pop("persist", None), host=None, log=options.pop("log", "kvik"))
    own.start()
    try:
        return in_process_client(own._running_engine().core, owned=own, **options)
    except BaseException:
        own.stop()
        raise
