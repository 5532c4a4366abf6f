"""The libraries of functions of a server: which there are, and what they registered.

A library is text: a first line with its name (`#!lua name=mylib`), then Lua that registers functions. It is only there
when all of it is good: its functions have names that no other library uses, and what it replaces goes at the same time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from kvik.wire.types import CommandError

if TYPE_CHECKING:
    from kvik.scripting.scripting import Scripting

_NAME: Final = re.compile(rb"[A-Za-z0-9_]+")
_NAME_MAX: Final = 256
FLAGS: Final = {"no-writes": 1, "allow-oom": 2, "allow-stale": 4, "no-cluster": 8, "allow-cross-slot-keys": 16}
"""The flags of scripts and functions, with their bits in scripting/interpreter.pxd."""


class Function(NamedTuple):
    name: bytes
    description: bytes | None
    bits: int

    @property
    def key(self) -> bytes:
        """By which it is called: its name in upper or lower case is the same."""
        return self.name.lower()

    @property
    def flags(self) -> list[str]:
        return [name for name, bit in FLAGS.items() if self.bits & bit]


class Library(NamedTuple):
    name: bytes
    code: bytes
    functions: tuple[Function, ...]


class Functions:
    """All libraries. What changes them raises CommandError, and has changed nothing then."""

    def __init__(self, scripting: Scripting) -> None:
        self.libraries: dict[bytes, Library] = {}
        self._scripting = scripting
        scripting.set_registry(self)

    def load(self, code: bytes, *, replace: bool) -> bytes:
        """Load a library; its name. O(its code, and what that does)."""
        library = self._check(code, self.libraries, replace=replace, quote="'")
        self._keep(library)
        self._remember()
        return library.name

    def delete(self, name: bytes) -> None:
        if name not in self.libraries:
            raise CommandError("ERR Library not found")
        self._drop(name)
        self._remember()

    def flush(self) -> None:
        """All of them, and the interpreter they live in."""
        self.libraries.clear()
        self._scripting.flush_functions()
        self._remember()

    def dump(self) -> bytes:
        return self._scripting.dump([library.code for library in self.libraries.values()])

    def restore(self, payload: bytes, policy: str) -> None:
        """The libraries of a payload, beside what there is (``APPEND``), in its place where names are the same
        (``REPLACE``), or instead of all (``FLUSH``)."""
        codes = self._scripting.parse_dump(payload)
        there = {} if policy == "FLUSH" else dict(self.libraries)
        for code in codes:
            library = self._check(code, there, replace=policy == "REPLACE")
            there[library.name] = library
        if policy == "FLUSH":
            self.flush()
        for code in codes:
            self._keep(self._check(code, self.libraries, replace=True))
        self._remember()

    def arrived(self, code: bytes) -> bool:
        """A snapshot brings this one. False: it cannot be loaded."""
        try:
            self.load(code, replace=True)
        except CommandError:
            return False
        return True

    # Steps

    def _check(self, code: bytes, beside: dict[bytes, Library], *, replace: bool, quote: str = "") -> Library:
        """Run the library's code; its functions are pending in the interpreter afterwards."""
        name, body = parse(code)
        if name in beside and not replace:
            raise CommandError(f"ERR Library {quote}{name.decode()}{quote} already exists")
        registered = [Function(*each) for each in self._scripting.try_library(body)]
        if not registered:
            raise CommandError("ERR No functions registered")
        taken = {each.key for library in beside.values() if library.name != name for each in library.functions}
        own: set[bytes] = set()
        for each in registered:
            check_name(each.name, "Function")
            if each.key in own:
                raise CommandError("ERR Function already exists in the library")
            own.add(each.key)
            if each.key in taken:
                raise CommandError(f"ERR Function {each.name.decode()} already exists")
        return Library(name, code, tuple(registered))

    def _keep(self, library: Library) -> None:
        """What is pending belongs to this library: from here on it can be called."""
        if library.name in self.libraries:
            self._drop(library.name)
        self._scripting.name_pending()
        self.libraries[library.name] = library

    def _drop(self, name: bytes) -> None:
        for each in self.libraries.pop(name).functions:
            self._scripting.forget(each.name)

    def _remember(self) -> None:
        self._scripting.keep_codes([library.code for library in self.libraries.values()])


def parse(code: bytes) -> tuple[bytes, bytes]:
    """The name of a library, and its Lua: from the end of the first line on, so that lines are counted from there."""
    if not code.startswith(b"#!"):
        raise CommandError("ERR Missing library metadata")
    line, newline, _ = code.partition(b"\n")
    if not newline:
        raise CommandError("ERR Invalid library metadata")
    engine, *words = line[2:].split(b" ")
    name = _name_of(word for word in words if word)
    if engine.lower() != b"lua":
        raise CommandError(f"ERR Engine '{engine.decode(errors='replace')}' not found")
    if name is None:
        raise CommandError("ERR Library name was not given")
    check_name(name, "Library")
    return name, code[len(line) :]


def _name_of(words: Iterable[bytes]) -> bytes | None:
    name = None
    for word in words:
        if not word.lower().startswith(b"name="):
            raise CommandError(f"ERR Invalid metadata value given: {word.decode(errors='replace')}")
        if name is not None:
            raise CommandError("ERR Invalid metadata value, name argument was given multiple times")
        name = word[5:]
    return name


def check_name(name: bytes, what: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > _NAME_MAX:
        raise CommandError(
            f"ERR {what} names can only contain letters, numbers, or underscores(_) and must be at least one character long"
        )
