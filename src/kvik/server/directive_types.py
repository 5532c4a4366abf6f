"""The types of configuration values: how the arguments of a directive become a value, and a value text.

Each type answers four questions: `parse` (arguments to value, or `InvalidValueError` with Redis's text),
`show` (what CONFIG GET says), `rewrite` (the lines that CONFIG REWRITE writes) and `describe` (words for the
remedy in an error message). Values are plain Python: bool, int, str, and tuples of them.

A type with `multiple` takes several arguments (``save 60 1 30 2``); one alone is split at spaces, because the
value of a CONFIG SET is always one argument.
"""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final, Generic, NamedTuple, TypeVar, cast

from kvik.server.config_text import encode, quote

INT_MIN: Final = -(2**31)
INT_MAX: Final = 2**31 - 1
LONG_MIN: Final = -(2**63)
LONG_MAX: Final = 2**63 - 1
UINT_MAX: Final = 2**32 - 1
ULONG_MAX: Final = 2**64 - 1

WRONG_NUMBER: Final = "wrong number of arguments"

T = TypeVar("T")


class InvalidValueError(Exception):
    """The value is not acceptable; the text is Redis's reason."""


class RewriteLine(NamedTuple):
    """One line of a rewritten file. Without `needed` it only replaces a line that already stands there."""

    text: str
    needed: bool


class DirectiveType(ABC, Generic[T]):
    multiple: ClassVar[bool] = False

    @abstractmethod
    def parse(self, arguments: Sequence[str], current: T) -> T: ...

    @abstractmethod
    def show(self, value: T) -> str: ...

    @abstractmethod
    def describe(self) -> str: ...

    def rewrite(self, name: str, value: T, default: T) -> list[RewriteLine]:
        return [RewriteLine(f"{name} {self.show(value)}", value != default)]

    def initial(self, text: str) -> T:
        """The value of a default in the directive table."""
        return self.parse(self.arguments_of(text), cast("T", ()))

    def arguments_of(self, text: str) -> list[str]:
        """The arguments that one string (CONFIG SET, a default) stands for."""
        if not self.multiple:
            return [text]
        return text.split(" ") if text else []


class SingleValue(DirectiveType[T]):
    """A type whose value is one argument."""

    def parse(self, arguments: Sequence[str], current: T) -> T:
        if len(arguments) != 1:
            raise InvalidValueError(WRONG_NUMBER)
        return self.parse_one(arguments[0], current)

    @abstractmethod
    def parse_one(self, text: str, current: T) -> T: ...


class Boolean(SingleValue[bool]):
    def parse_one(self, text: str, current: bool) -> bool:
        if text.lower() not in ("yes", "no"):
            raise InvalidValueError("argument must be 'yes' or 'no'")
        return text.lower() == "yes"

    def show(self, value: bool) -> str:
        return "yes" if value else "no"

    def describe(self) -> str:
        return "yes or no"


def parse_integer(text: str) -> int | None:
    """A 64-bit integer in the one form Redis takes: no sign ``+``, no leading zero, no space."""
    if re.fullmatch(r"0|-?[1-9][0-9]{0,18}", text) is None:
        return None
    value = int(text)
    return value if LONG_MIN <= value <= LONG_MAX else None


def check_range(value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise InvalidValueError(f"argument must be between {low} and {high} inclusive")
    return value


class Integer(SingleValue[int]):
    def __init__(self, low: int, high: int, adjust: Callable[[int], int] | None = None) -> None:
        """`adjust` turns what was asked for into what takes effect (and is shown)."""
        self.low = low
        self.high = high
        self._adjust = adjust

    def parse_one(self, text: str, current: int) -> int:
        value = parse_integer(text)
        if value is None:
            raise InvalidValueError("argument couldn't be parsed into an integer")
        check_range(value, self.low, self.high)
        return self._adjust(value) if self._adjust else value

    def show(self, value: int) -> str:
        return str(value)

    def describe(self) -> str:
        return f"an integer from {self.low} to {self.high}"


class Octal(SingleValue[int]):
    """File permissions: written in octal, kept as the number."""

    def parse_one(self, text: str, current: int) -> int:
        if re.fullmatch(r"[+-]?[0-7]{0,21}", text) is None:
            raise InvalidValueError("argument couldn't be parsed as an octal number")
        value = int(text, 8) if text.strip("+-") else 0
        if not 0 <= value <= 0o777:
            raise InvalidValueError("argument must be between 0 and 777 inclusive")
        return value

    def show(self, value: int) -> str:
        return f"{value:o}"

    def describe(self) -> str:
        return "an octal number from 0 to 777"


_UNITS: Final[Mapping[str, int]] = {
    "": 1, "b": 1,
    "k": 1000, "kb": 1024,
    "m": 1000**2, "mb": 1024**2,
    "g": 1000**3, "gb": 1024**3,
}  # fmt: skip


def parse_memory(text: str) -> int | None:
    """A number of bytes with an optional unit, at most 64 bits. No digits at all are 0, as in Redis."""
    match = re.fullmatch(r"([0-9]*)([a-zA-Z]*)", text)
    if match is None or match[2].lower() not in _UNITS:
        return None
    value = int(match[1] or 0) * _UNITS[match[2].lower()]
    # Redis lets 17179869184gb overflow to 0; a size that cannot be meant is refused here.
    return value if value <= ULONG_MAX else None


def format_memory(value: int) -> str:
    """In the largest unit that divides the value, as CONFIG REWRITE writes it."""
    for unit in ("gb", "mb", "kb"):
        if value and value % _UNITS[unit] == 0:
            return f"{value // _UNITS[unit]}{unit}"
    return str(value)


class Memory(SingleValue[int]):
    def __init__(self, low: int = 0, high: int = LONG_MAX, at_least: int = 0) -> None:
        """A smaller value than `at_least` is accepted and raised to it."""
        self.low = low
        self.high = high
        self._at_least = at_least

    def parse_one(self, text: str, current: int) -> int:
        negative = parse_integer(text) if self.low < 0 and text.startswith("-") else None
        value = parse_memory(text) if negative is None else negative
        if value is None:
            raise InvalidValueError("argument must be a memory value")
        value = check_range(value, self.low, self.high)
        return max(value, self._at_least) if self._at_least else value

    def show(self, value: int) -> str:
        return str(value)

    def rewrite(self, name: str, value: int, default: int) -> list[RewriteLine]:
        return [RewriteLine(f"{name} {format_memory(value)}", value != default)]

    def describe(self) -> str:
        return "a number of bytes, with a unit if you like: 1k is 1000, 1kb is 1024, 100mb, 2gb"


class MemoryOrPercent(SingleValue[int]):
    """Bytes, or a share of `maxmemory`: a negative value is a percentage, -5 means 5%."""

    def parse_one(self, text: str, current: int) -> int:
        if match := re.fullmatch(r"([0-9]{1,18})%", text):
            if int(match[1]) > 100:
                raise InvalidValueError("percentage argument must be less or equal to 100")
            return -int(match[1])
        value = parse_memory(text)
        if value is None:
            raise InvalidValueError("argument must be a memory or percent value")
        return check_range(value, 0, LONG_MAX)

    def show(self, value: int) -> str:
        return f"{-value}%" if value < 0 else str(value)

    def rewrite(self, name: str, value: int, default: int) -> list[RewriteLine]:
        text = self.show(value) if value < 0 else format_memory(value)
        return [RewriteLine(f"{name} {text}", value != default)]

    def describe(self) -> str:
        return "a number of bytes (100mb) or a percentage of maxmemory (5%)"


def _refuse_choice(choices: Sequence[str]) -> InvalidValueError:
    return InvalidValueError(f"argument(s) must be one of the following: {', '.join(choices)}")


class Choice(SingleValue[str]):
    def __init__(self, *choices: str, synonyms: Mapping[str, str] | None = None) -> None:
        """A synonym is taken for the choice that it names."""
        self.choices = choices
        self._synonyms = dict(synonyms or {})

    def parse_one(self, text: str, current: str) -> str:
        if text.lower() not in (known.lower() for known in self.choices):
            raise _refuse_choice(self.choices)
        chosen = next(known for known in self.choices if known.lower() == text.lower())
        return self._synonyms.get(chosen, chosen)

    def show(self, value: str) -> str:
        return value

    def describe(self) -> str:
        return f"one of {', '.join(self.choices)}"


class ShutdownChoices(DirectiveType["tuple[str, ...]"]):
    """What a signal does: several of the choices at once; none of them is ``default``."""

    multiple = True
    choices: Final = ("default", "save", "nosave", "now", "force", "safe", "failover")

    def parse(self, arguments: Sequence[str], current: tuple[str, ...]) -> tuple[str, ...]:
        given = [argument.lower() for argument in arguments]
        if not given or not set(given) <= set(self.choices):
            raise _refuse_choice(self.choices)
        if "save" in given and "nosave" in given:
            raise InvalidValueError("shutdown options SAVE and NOSAVE can't be used simultaneously")
        return tuple(choice for choice in self.choices[1:] if choice in given)

    def show(self, value: tuple[str, ...]) -> str:
        return " ".join(value) or "default"

    def describe(self) -> str:
        return f"one or more of {', '.join(self.choices)}"


class Text(SingleValue[str]):
    """Any string. With `null_when_empty`, "" means *not set*, and CONFIG REWRITE drops the line."""

    def __init__(self, check: Callable[[str], None] | None = None, null_when_empty: bool = True) -> None:
        self._check = check
        self._null_when_empty = null_when_empty

    def initial(self, text: str) -> str:
        return text         # our own word: no need to check it

    def parse_one(self, text: str, current: str) -> str:
        if self._check:
            self._check(text)
        return text

    def show(self, value: str) -> str:
        return value

    def rewrite(self, name: str, value: str, default: str) -> list[RewriteLine]:
        if value == "" and self._null_when_empty:
            return []
        return [RewriteLine(f"{name} {quote(value)}", value != default)]

    def describe(self) -> str:
        return "one argument; put it in quotes if it holds spaces"


class Directory(SingleValue[str]):
    """The working directory: always kept absolute, resolved against the current one."""

    def initial(self, text: str) -> str:
        return os.path.realpath(".")

    def parse_one(self, text: str, current: str) -> str:
        if text == "":
            raise InvalidValueError("dir can't be empty")
        path = os.path.join(current, text)
        try:
            os.stat(os.path.join(path, "."))
        except OSError as error:
            raise InvalidValueError(os.strerror(error.errno or 0)) from None
        return os.path.realpath(path)

    def show(self, value: str) -> str:
        return value

    def rewrite(self, name: str, value: str, default: str) -> list[RewriteLine]:
        # Always written: a file that is rewritten must not depend on where the server was started from.
        return [RewriteLine(f"{name} {quote(value)}", True)]

    def describe(self) -> str:
        return "a directory that exists"


# Checks of strings. Each raises InvalidValueError with Redis's text.

_ADDRESS_CHARACTERS: Final = frozenset(
    b"-./0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZ_`abcdefghijklmnopqrstuvwxyz" + bytes(range(128, 256))
)


def file_name_check(name: str, kind: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        if text == "":
            raise InvalidValueError(f"{name} can't be empty")
        if "/" in text:
            raise InvalidValueError(f"{name} can't be a path, just a {kind}")

    return check


def check_announced_hostname(text: str) -> None:
    if len(encode(text)) >= 256:
        raise InvalidValueError("Hostnames must be less than 256 characters")
    if re.fullmatch(r"[a-zA-Z0-9.-]*", text) is None:
        raise InvalidValueError("Hostnames may only contain alphanumeric characters, hyphens or dots")


def check_announced_nodename(text: str) -> None:
    if not _ADDRESS_CHARACTERS.issuperset(encode(text)):
        raise InvalidValueError("Announced human node name contained invalid character")


def check_announced_ip(text: str) -> None:
    if len(encode(text)) >= 46:
        raise InvalidValueError("cluster-announce-ip is too long")
    if not _ADDRESS_CHARACTERS.issuperset(encode(text)):
        raise InvalidValueError("cluster-announce-ip contains invalid character")


def check_ipv4(text: str) -> None:
    import ipaddress  # late: seldom needed, and slow to import

    try:
        ipaddress.IPv4Address(text or "0.0.0.0")
    except ValueError:
        raise InvalidValueError("Invalid IPv4 address") from None


def check_ipv6(text: str) -> None:
    import ipaddress  # late: seldom needed, and slow to import

    try:
        if "%" in text:
            raise ValueError(text)
        ipaddress.IPv6Address(text or "::")
    except ValueError:
        raise InvalidValueError("Invalid IPv6 address") from None


def check_locale(text: str) -> None:
    """Asks the C library without changing the locale of the process, which is not the server's to change."""
    import ctypes  # late: seldom needed, and slow to import

    libc = ctypes.CDLL(None)
    if not hasattr(libc, "newlocale"):
        return
    libc.newlocale.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
    libc.newlocale.restype = ctypes.c_void_p
    libc.freelocale.argtypes = (ctypes.c_void_p,)
    lc_collate_mask = 1 << 3
    found = libc.newlocale(lc_collate_mask, encode(text), None)
    if not found:
        raise InvalidValueError("Invalid locale name")
    libc.freelocale(found)


TITLE_VARIABLES: Final = (
    "title",
    "listen-addr",
    "server-mode",
    "port",
    "tls-port",
    "config-file",
    "unixsocket",
)


def expand_title(template: str, variables: Mapping[str, str]) -> str | None:
    """The process title of a template; None if it is malformed or names an unknown variable."""
    unknown = False

    def replace(match: re.Match[str]) -> str:
        nonlocal unknown
        if match[0] == "{{":
            return "{"
        name = (match[0])[1:-1] if match[0].endswith("}") else None
        if name is None or name not in variables:
            unknown = True
            return ""
        return variables[name]

    expanded = re.sub(r"\{\{|\{[^}]*\}?", replace, template)
    return None if unknown else expanded.strip()


def check_title_template(text: str) -> None:
    # Redis looks at an expansion where these two are empty, and refuses a title of nothing else.
    samples = dict.fromkeys(TITLE_VARIABLES, "x") | {"title": "", "unixsocket": ""}
    if not expand_title(text.split("\0", 1)[0], samples):
        raise InvalidValueError("template format is invalid or contains unknown variables")
