"""What plain modules may use of bridge.py, which is compiled."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from kvik.commands.table import Command
from kvik.wire.types import CommandError

class ReplyError(CommandError):
    counted: bool

class Plan:
    function: Callable[..., Any]
    label: str

    def __init__(
        self,
        function: Callable[..., Any],
        label: str,
        kinds: bytes,
        rest: int,
        names: tuple[str, ...],
        options: dict[bytes, tuple[str, int]] | None,
        result: int,
        may_be_none: bool,
        convert: Callable[[Any], Any] | None,
        writes: bool,
    ) -> None: ...

class Timer:
    label: str

    def __init__(self, function: Callable[..., Any], label: str, every_ms: int) -> None: ...

class Hook:
    label: str
    events: frozenset[str] | None

    def __init__(
        self, function: Callable[..., Any], label: str, events: frozenset[str] | None, pattern: bytes | None
    ) -> None: ...

class Caller:
    client_id: int
    number: int

    def __init__(self, bridge: Bridge) -> None: ...
    def call(self, *args: bytes | bytearray | memoryview | str | int | float) -> Any: ...
    def close(self) -> None: ...
    def time(self) -> float: ...

class Owner(Protocol):
    def failed(self, label: str, error: BaseException, on_users_thread: bool) -> None: ...
    def lost_events(self, count: int) -> None: ...

class Bridge:
    def serve(self, owner: Owner, make_caller: Callable[[Bridge], Caller]) -> None: ...
    def free_place(self) -> int: ...
    def add_command(self, declared: Command, plan: Plan) -> None: ...
    def remove_command(self, id: int) -> None: ...
    def set_timers(self, timers: Sequence[Timer]) -> None: ...
    def set_hooks(self, hooks: Sequence[Hook]) -> None: ...
