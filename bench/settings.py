"""What one run of the harness was asked to do; made by `__main__.py`, read by every measurement."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

SUBJECT = "kvik"
PEERS = ("redis", "valkey")
ALL_SERVERS = (SUBJECT, *PEERS)


@dataclass(frozen=True)
class Settings:
    servers: tuple[str, ...] = ALL_SERVERS
    repetitions: int = 3
    seconds: float = 1.5  # how long one run lasts on the quicker peer
    quick: bool = False
    full: bool = False
    only: str | None = None

    def wants(self, name: str) -> bool:
        """Whether `--only`, a regular expression found anywhere in the name, lets it through."""
        return self.only is None or re.search(self.only, name, re.IGNORECASE) is not None

    @property
    def peers(self) -> tuple[str, ...]:
        return tuple(name for name in self.servers if name in PEERS)


class BenchError(Exception):
    """A measurement could not be made; the text says why and goes to the user as it is."""


def progress(text: str) -> None:
    """A sign of life on stderr; the tables alone go to stdout."""
    print(text, file=sys.stderr, flush=True)
