"""Kvik: a Redis-protocol data structure server that installs with pip.

    kvik.Server     a server in this process: docs/embedding.md
    kvik.connect    a redis-py client on an engine in this process, without a socket
    kvik.command    declares a command in Python, and timer, on_event, on_load, on_unload what else a module
                    can add to a server: docs/python-commands.md

What is asked for is imported then, so that `import kvik` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kvik.embed.client import connect as connect
    from kvik.embed.engine import StartError as StartError
    from kvik.embed.server import Server as Server
    from kvik.scripting.bridge import ReplyError as ReplyError
    from kvik.scripting.database import Database as Database
    from kvik.scripting.python_commands import command as command
    from kvik.scripting.python_commands import on_event as on_event
    from kvik.scripting.python_commands import on_load as on_load
    from kvik.scripting.python_commands import on_unload as on_unload
    from kvik.scripting.python_commands import timer as timer
    from kvik.wire.types import CommandError as CommandError
    from kvik.wire.types import Simple as Status

__version__ = "0.1.0"
_PLACES = {
    "Server": "kvik.embed.server:Server",
    "StartError": "kvik.embed.engine:StartError",
    "connect": "kvik.embed.client:connect",
    "Database": "kvik.scripting.database:Database",
    "ReplyError": "kvik.scripting.bridge:ReplyError",
    "command": "kvik.scripting.python_commands:command",
    "timer": "kvik.scripting.python_commands:timer",
    "on_event": "kvik.scripting.python_commands:on_event",
    "on_load": "kvik.scripting.python_commands:on_load",
    "on_unload": "kvik.scripting.python_commands:on_unload",
    "CommandError": "kvik.wire.types:CommandError",
    "Status": "kvik.wire.types:Simple",
}
"""Where each is: its module and its name there."""
__all__ = [
    "CommandError", "Database", "ReplyError", "Server", "StartError", "Status", "__version__", "command", "connect",
    "on_event", "on_load", "on_unload", "timer",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'kvik' has no attribute '{name}'")
    from importlib import import_module

    module, _, there = place.partition(":")
    return getattr(import_module(module), there)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
