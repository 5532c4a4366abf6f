"""redis-py's connection, parser and pool over a link to the engine in this process (link.py).

A command costs redis-py's own connections more than the engine: so the ways of packing, sending and reading are the link's,
compiled, and the pool hands out connections without looking whether something has come over the network meanwhile.
"""

from __future__ import annotations

import os
from typing import Any

from redis._parsers.base import BaseParser, PushNotificationsParser
from redis.connection import ConnectionPool, UnixDomainSocketConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from kvik.embed.link import Link
from kvik.server.core import Core
from kvik.wire.replies import Decoder, Push

_UNSET: Any = object()


class EngineParser(BaseParser, PushNotificationsParser):
    """Replies of the engine, and what redis-py does with pushes."""

    def __init__(self, socket_read_size: int = 0) -> None:
        self.pubsub_push_handler_func = self.handle_pubsub_push_response
        self.invalidation_push_handler_func = None
        self.node_moving_push_handler_func = None
        self.maintenance_push_handler_func = None
        self.oss_cluster_maint_push_handler_func = None
        self._link: Link | None = None
        self._timeout: float | None = None

    def handle_pubsub_push_response(self, response: Any) -> Any:
        return response

    def on_connect(self, connection: InProcessConnection) -> None:
        self._timeout = connection.socket_timeout
        self._link = connection._sock

    def on_disconnect(self) -> None:
        self._link = None

    def can_read(self, timeout: float | None = 0) -> bool:
        if self._link is None:
            raise RedisConnectionError("Connection closed by server.")
        try:
            return self._link.has_data(timeout)
        except EOFError as error:
            raise RedisConnectionError(str(error)) from None

    def read_response(self, disable_decoding: bool = False, push_request: bool = False, timeout: Any = _UNSET) -> Any:
        link = self._link
        if link is None:
            raise RedisConnectionError("Connection closed by server.")
        seconds = timeout if isinstance(timeout, (int, float)) or timeout is None else self._timeout
        while True:
            try:
                reply = link.reply(disable_decoding, -1 if seconds is None else seconds)
            except EOFError as error:
                raise RedisConnectionError(str(error)) from None
            except TimeoutError as error:
                raise RedisTimeoutError(str(error)) from None
            if type(reply) is not Push:
                break
            response = self.handle_push_response(reply)
            if push_request:
                return response
        if isinstance(reply, RedisConnectionError):
            raise reply
        return reply


class InProcessConnection(UnixDomainSocketConnection):
    """Of this machine, without a socket."""

    _sock: Any

    def __init__(self, core: Core, socket_timeout: float | None = None, **options: Any) -> None:
        options["parser_class"] = EngineParser
        self._core = core
        super().__init__(path="in-process", socket_timeout=socket_timeout, **options)

    def repr_pieces(self) -> list[tuple[str, Any]]:
        return [("db", self.db), *([("client_name", self.client_name)] if self.client_name else [])]

    def _connect(self) -> Link:
        encoder = self.encoder
        utf8 = encoder.encoding.lower() in ("utf-8", "utf8") and encoder.encoding_errors == "strict"
        parse_error = self._parser.parse_error
        link = Link(self._core)
        link.speak(
            Decoder(encoder.decode_responses, encoder.encoding, encoder.encoding_errors, parse_error), encoder.encode, utf8
        )
        link.settimeout(self.socket_timeout)
        return link

    def _host_error(self) -> str:
        return "the engine in this process"

    def call(self, args: tuple[Any, ...], disable_decoding: bool) -> Any:
        """Send a command and read its reply, in one."""
        try:
            if self._sock is None:
                self.connect()
            try:
                reply = self._sock.call(args, disable_decoding)
            except BrokenPipeError:         # closed since the last command, by CLIENT KILL for instance
                self.disconnect()
                self.connect()
                reply = self._sock.call(args, disable_decoding)
            if type(reply) is Push:
                self._parser.handle_push_response(reply)
                return self.read_response(disable_decoding=disable_decoding)
        except BaseException as error:
            self.disconnect()
            raise _in_words_of_redis(error) from None
        if isinstance(reply, Exception):
            raise reply
        return reply


def _in_words_of_redis(error: BaseException) -> BaseException:
    if isinstance(error, TimeoutError):
        return RedisTimeoutError(str(error))
    if isinstance(error, (OSError, EOFError)):
        return RedisConnectionError(str(error))
    return error


class InProcessPool(ConnectionPool):
    """Connections that are ready when they are there."""

    def get_connection(self, command_name: Any = None, *keys: Any, **options: Any) -> Any:
        if self.cache is not None:
            return super().get_connection()
        if self.pid != os.getpid():
            self._checkpid()
        with self._lock:
            if self._available_connections:
                connection = self._available_connections.pop()
            else:
                connection = self.make_connection()
            self._in_use_connections.add(connection)
        try:
            if connection._sock is None:
                connection.connect()
            elif connection._sock.is_stale():
                connection.disconnect()
                connection.connect()
        except BaseException:
            connection.disconnect()
            self.release(connection)
            raise
        return connection

    def release(self, connection: Any) -> None:
        if self.cache is not None:
            super().release(connection)
            return
        with self._lock:
            if connection in self._in_use_connections:
                self._in_use_connections.remove(connection)
                self._available_connections.append(connection)
