"""What plain modules may use of replies.py, which is compiled."""

from collections.abc import Callable
from typing import Any

class Push(list[Any]): ...

class Decoder:
    decodes: bool

    def __init__(
        self, decodes: bool, encoding: str, errors: str, parse_error: Callable[[str], Exception]
    ) -> None: ...
