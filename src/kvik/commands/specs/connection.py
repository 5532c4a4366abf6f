"""The connection that a command comes from. See `kvik.commands.spec`."""

from __future__ import annotations

from typing import Final

from kvik.commands.spec import CommandSpec, block, integer, string

COMMANDS: Final = (
    CommandSpec(
        "auth",
        arity=-2,
        flags=("noscript", "loading", "stale", "fast", "no_auth", "allow_busy"),
        group="connection",
        since="1.0.0",
        summary="Logs the connection in with a password, or with a user name and password.",
        complexity="O(N) where N is the number of passwords that the user has.",
        acl=("connection",),
        arguments=(string("username", since="6.0.0", optional=True), string("password")),
        history=(("6.0.0", "Added ACL style (username and password)."),),
        handler="auth:auth",
    ),
    CommandSpec(
        "echo",
        arity=2,
        flags=("loading", "stale", "fast"),
        group="connection",
        since="1.0.0",
        summary="Returns its argument.",
        complexity="O(1)",
        acl=("connection",),
        arguments=(string("message"),),
        handler="connection:echo_command",
    ),
    CommandSpec(
        "hello",
        arity=-1,
        flags=("noscript", "loading", "stale", "fast", "no_auth", "allow_busy"),
        group="connection",
        since="6.0.0",
        summary="Chooses the protocol version, may log in and name the connection, and describes the server.",
        complexity="O(1)",
        acl=("connection",),
        arguments=(
            block(
                "arguments",
                integer("protover"),
                block("auth", string("username"), string("password"), token="AUTH", optional=True),
                string("clientname", token="SETNAME", optional=True),
                optional=True,
            ),
        ),
        history=(
            (
                "8.1.0",
                "A new `availability_zone` field is added to the response if the "
                "`availability-zone` config is set.",
            ),
            (
                "6.2.0",
                "`protover` made optional; when called without arguments the command reports the "
                "current connection's context.",
            ),
        ),
        handler="auth:hello",
    ),
    CommandSpec(
        "ping",
        arity=-1,
        flags=("fast",),
        group="connection",
        since="1.0.0",
        summary="Answers PONG, or its argument.",
        complexity="O(1)",
        acl=("connection",),
        tips=("request_policy:all_shards", "response_policy:all_succeeded"),
        arguments=(string("message", optional=True),),
        handler="connection:ping_command",
    ),
    CommandSpec(
        "quit",
        arity=-1,
        flags=("noscript", "loading", "stale", "fast", "no_auth", "allow_busy"),
        group="connection",
        since="1.0.0",
        summary="Closes the connection once its replies are sent.",
        complexity="O(1)",
        acl=("connection",),
        handler="connection:quit_command",
    ),
    CommandSpec(
        "reset",
        arity=1,
        flags=("noscript", "loading", "stale", "fast", "no_auth", "allow_busy"),
        group="connection",
        since="6.2.0",
        summary="Puts the connection back into the state of a new one.",
        complexity="O(1)",
        acl=("connection",),
        handler="connection:reset_command",
    ),
    CommandSpec(
        "select",
        arity=2,
        flags=("loading", "stale", "fast", "allow_busy"),
        group="connection",
        since="1.0.0",
        summary="Chooses the database that this connection works in.",
        complexity="O(1)",
        acl=("connection",),
        arguments=(integer("index"),),
        handler="database:select_command",
    ),
)
