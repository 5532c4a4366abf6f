"""The types of the directives that are like no other: save, bind, client-output-buffer-limit, ...

Values that have parts are named tuples, so that who reads them need not know the text form.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from kvik.server.config_text import quote
from kvik.server.directive_types import (
    INT_MAX,
    LONG_MAX,
    LONG_MIN,
    WRONG_NUMBER,
    DirectiveType,
    InvalidValueError,
    RewriteLine,
    SingleValue,
    format_memory,
    parse_memory,
)


class SavePoint(NamedTuple):
    """Save when `seconds` have passed and at least `changes` keys have changed."""

    seconds: int
    changes: int


class BufferLimit(NamedTuple):
    """The output buffer limits of one class of clients; 0 is no limit."""

    client_class: str
    hard: int
    soft: int
    soft_seconds: int


class Primary(NamedTuple):
    """The server that this one replicates."""

    host: str
    port: int


def parse_c_integer(text: str) -> int | None:
    """As C's strtoll reads a whole argument: signs and leading zeros pass, "" is 0, it saturates."""
    if re.fullmatch(r"[+-]?[0-9]+|", text) is None:
        return None
    return min(max(int(text or 0), LONG_MIN), LONG_MAX)


def quote_if_needed(host: str) -> str:
    """A host as people write it, in quotes only if it holds what would break the line."""
    return host if re.fullmatch(r"[a-zA-Z0-9_.:*%-]+", host) else quote(host)


class SavePoints(DirectiveType["tuple[SavePoint, ...]"]):
    """Pairs of seconds and changes. In a file, lines add up, and ``save ""`` forgets those before it."""

    multiple = True

    def parse(self, arguments: Sequence[str], current: tuple[SavePoint, ...]) -> tuple[SavePoint, ...]:
        numbers = [parse_c_integer(argument) for argument in arguments]
        points: list[SavePoint] = []
        for seconds, changes in zip(numbers[::2], numbers[1::2], strict=False):
            if seconds is None or changes is None or seconds < 1 or not 0 <= changes <= INT_MAX:
                raise InvalidValueError("Invalid save parameters")
            points.append(SavePoint(seconds, changes))
        if len(numbers) % 2:
            raise InvalidValueError("Invalid save parameters")
        return tuple(points)

    def load(
        self, arguments: Sequence[str], current: tuple[SavePoint, ...], first: bool
    ) -> tuple[SavePoint, ...]:
        """The value after a line of a file; the first line replaces the default."""
        if len(arguments) == 1:
            if not arguments[0].strip(" "):
                return ()
            arguments = self.arguments_of(arguments[0])
        return (() if first else current) + self.parse(arguments, current)

    def show(self, value: tuple[SavePoint, ...]) -> str:
        return " ".join(f"{seconds} {changes}" for seconds, changes in value)

    def rewrite(
        self, name: str, value: tuple[SavePoint, ...], default: tuple[SavePoint, ...]
    ) -> list[RewriteLine]:
        return [RewriteLine(f"{name} {self.show(value) or quote('')}", value != default)]

    def describe(self) -> str:
        return 'pairs of seconds and changes (save 3600 1 300 100), or "" for no snapshots'


class Addresses(DirectiveType["tuple[str, ...]"]):
    """The addresses to listen on; ``-`` before one means that it may be missing on this machine."""

    multiple = True

    def parse(self, arguments: Sequence[str], current: tuple[str, ...]) -> tuple[str, ...]:
        if len(arguments) > 16:
            raise InvalidValueError("Too many bind addresses specified.")
        return () if list(arguments) == [""] else tuple(arguments)

    def show(self, value: tuple[str, ...]) -> str:
        return " ".join(value)

    def rewrite(self, name: str, value: tuple[str, ...], default: tuple[str, ...]) -> list[RewriteLine]:
        addresses = " ".join(map(quote_if_needed, value)) or quote("")
        return [RewriteLine(f"{name} {addresses}", value != default)]

    def describe(self) -> str:
        return "up to 16 addresses, such as 127.0.0.1 -::1"


class RdmaAddresses(Addresses):
    """There is no RDMA in Kvik: no address is acceptable."""

    def initial(self, text: str) -> tuple[str, ...]:
        return ()

    def parse(self, arguments: Sequence[str], current: tuple[str, ...]) -> tuple[str, ...]:
        raise InvalidValueError("No RDMA building support.")

    def rewrite(self, name: str, value: tuple[str, ...], default: tuple[str, ...]) -> list[RewriteLine]:
        return []

    def describe(self) -> str:
        return "nothing: Kvik has no RDMA, remove the line"


class BufferLimits(DirectiveType["tuple[BufferLimit, ...]"]):
    """Four arguments a class; a class that is not named keeps its limits."""

    multiple = True
    classes: Final = {"normal": "normal", "slave": "slave", "replica": "slave", "pubsub": "pubsub"}

    def parse(self, arguments: Sequence[str], current: tuple[BufferLimit, ...]) -> tuple[BufferLimit, ...]:
        if len(arguments) % 4:
            raise InvalidValueError("Wrong number of arguments in buffer limit configuration.")
        limits = {limit.client_class: limit for limit in current}
        for start in range(0, len(arguments), 4):
            client_class = self.classes.get(arguments[start].lower())
            if client_class is None:
                raise InvalidValueError("Invalid client class specified in buffer limit configuration.")
            hard, soft = parse_memory(arguments[start + 1]), parse_memory(arguments[start + 2])
            seconds = parse_c_integer(arguments[start + 3])
            if hard is None or soft is None or seconds is None or not 0 <= seconds <= INT_MAX:
                raise InvalidValueError(
                    "Error in hard, soft or soft_seconds setting in buffer limit configuration."
                )
            limits[client_class] = BufferLimit(client_class, hard, soft, seconds)
        return tuple(limits.values())

    def show(self, value: tuple[BufferLimit, ...]) -> str:
        return " ".join(
            f"{limit.client_class} {limit.hard} {limit.soft} {limit.soft_seconds}" for limit in value
        )

    def rewrite(
        self, name: str, value: tuple[BufferLimit, ...], default: tuple[BufferLimit, ...]
    ) -> list[RewriteLine]:
        lines = []
        for limit, usual in zip(value, default, strict=True):
            client_class = "replica" if limit.client_class == "slave" else limit.client_class
            sizes = f"{format_memory(limit.hard)} {format_memory(limit.soft)} {limit.soft_seconds}"
            lines.append(RewriteLine(f"{name} {client_class} {sizes}", limit != usual))
        return lines

    def describe(self) -> str:
        return "a class (normal, replica, pubsub), hard limit, soft limit, seconds: normal 0 0 0"


class KeyspaceEvents(SingleValue[str]):
    """The value holds every flag by itself (``A`` spelled out); CONFIG GET abbreviates."""

    all_classes: Final = "g$lshzxetd"
    order: Final = "g$lshzxetdnKEm"

    def parse_one(self, text: str, current: str) -> str:
        flags = text.split("\0", 1)[0].replace("A", self.all_classes)
        if not set(flags) <= set(self.order):
            raise InvalidValueError("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
        return "".join(flag for flag in self.order if flag in flags)

    def show(self, value: str) -> str:
        # With all classes Redis does not show n, though it is in force.
        shown = value.replace(self.all_classes, "A")
        return shown.replace("n", "") if "A" in shown else shown

    def rewrite(self, name: str, value: str, default: str) -> list[RewriteLine]:
        return [RewriteLine(f"{name} {quote(value.replace(self.all_classes, 'A'))}", value != default)]

    def describe(self) -> str:
        return 'letters of Ag$lshzxeKEtmdn, such as KEA, or "" for no events'


class OomScoreAdjValues(DirectiveType["tuple[int, ...]"]):
    multiple = True

    def parse(self, arguments: Sequence[str], current: tuple[int, ...]) -> tuple[int, ...]:
        if len(arguments) != 3:
            raise InvalidValueError(WRONG_NUMBER)
        values = []
        for argument in arguments:
            value = parse_c_integer(argument)
            if value is None or not -2000 <= value <= 2000:
                raise InvalidValueError(
                    "Invalid oom-score-adj-values, elements must be between -2000 and 2000."
                )
            values.append(value)
        return tuple(values)

    def show(self, value: tuple[int, ...]) -> str:
        return " ".join(map(str, value))

    def describe(self) -> str:
        return "three integers from -2000 to 2000: for the primary, for replicas, for children"


class Percentiles(DirectiveType["tuple[float, ...]"]):
    multiple = True

    def parse(self, arguments: Sequence[str], current: tuple[float, ...]) -> tuple[float, ...]:
        values = []
        for argument in [] if list(arguments) == [""] else arguments:
            number = r"[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|inf|infinity)"
            value = float(argument) if re.fullmatch(number, argument, re.IGNORECASE) else math.nan
            overflows = math.isinf(value) and "inf" not in argument.lower()
            if math.isnan(value) or overflows:
                raise InvalidValueError("Invalid latency-tracking-info-percentiles parameters")
            if not 0.0 <= value <= 100.0:
                raise InvalidValueError(
                    "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"
                )
            values.append(value)
        return tuple(values)

    def show(self, value: tuple[float, ...]) -> str:
        return " ".join(f"{percentile:f}".rstrip("0").rstrip(".") for percentile in value)

    def rewrite(self, name: str, value: tuple[float, ...], default: tuple[float, ...]) -> list[RewriteLine]:
        return [RewriteLine(f"{name} {self.show(value) or quote('')}", value != default)]

    def describe(self) -> str:
        return 'percentiles from 0 to 100, such as 50 99 99.9, or "" for none'


class ReplicaOf(DirectiveType["Primary | None"]):
    multiple = True

    def parse(self, arguments: Sequence[str], current: Primary | None) -> Primary | None:
        if not arguments:  # the default
            return None
        if len(arguments) != 2:
            raise InvalidValueError(WRONG_NUMBER)
        host, port_text = arguments
        if (host.lower(), port_text.lower()) == ("no", "one"):
            return None
        port = parse_c_integer(port_text)
        if port is None or not 0 <= port <= 65535:
            raise InvalidValueError("Invalid primary port")
        return Primary(host, port)

    def show(self, value: Primary | None) -> str:
        return f"{value.host} {value.port}" if value else ""

    def rewrite(self, name: str, value: Primary | None, default: Primary | None) -> list[RewriteLine]:
        if value is None:
            return []
        return [RewriteLine(f"{name} {quote_if_needed(value.host)} {value.port}", True)]

    def describe(self) -> str:
        return "the host and the port of the primary: replicaof 10.0.0.1 6379"
