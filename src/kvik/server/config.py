"""The configuration of one server: the values of all directives, and how they change.

Read it by name, with the type you expect::

    config.get_int("port")    config.get_bool("appendonly")    config.get_str("loglevel")
    config.get_list("bind")   config.save_points               config.buffer_limit("pubsub")

At start, `config_file` gives each line to `load`. At run time CONFIG SET calls `set`, which changes several
directives or none: every value is checked first; then those who asked with `on_change` are called. When one
refuses (a port in use), everything is put back, and those called so far are called again to go back with it.

Parts of the server that change a directive themselves (REPLICAOF, a port that the system chose) use `assign`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kvik.commands.renames import Renames
from kvik.commands.table import live_specs
from kvik.engine.glob import matches_name
from kvik.server.config_text import Statement, encode
from kvik.server.directive_specials import BufferLimit, Primary, SavePoint, SavePoints
from kvik.server.directive_types import InvalidValueError
from kvik.server.directives import DIRECTIVES, NAMES, Directive

ChangeCallback = Callable[["Config"], str | None]
"""Called when the directive has its new value; returns the text of an error to refuse it."""


class ConfigSetError(Exception):
    """CONFIG SET was refused, and nothing has changed. The text is the error reply without its code."""

    def __init__(self, text: str) -> None:
        super().__init__(re.sub(r"[\r\n]", " ", text))

    @classmethod
    def of(cls, argument: str, reason: str) -> ConfigSetError:
        return cls(f"CONFIG SET failed (possibly related to argument '{argument}') - {reason}")


class RefusedChangeError(ConfigSetError):
    """The value was fine, but a part of the server could not go along with it."""

    def __init__(self, argument: str, reason: str) -> None:
        super().__init__(f"CONFIG SET failed (possibly related to argument '{argument}') - {reason}")
        self.argument = argument


def is_sensitive(name: str) -> bool:
    """Is the value of this directive a secret?"""
    directive = NAMES.get(name.lower())
    return directive is not None and directive.sensitive


class Config:
    def __init__(self) -> None:
        self._values: dict[str, Any] = {
            directive.name: directive.default_value for directive in DIRECTIVES if directive.name != "dir"
        }
        # The current directory is asked for each server, not once for the table.
        self._values["dir"] = NAMES["dir"].type.initial("")
        self._loaded: set[str] = set()
        self._callbacks: list[tuple[frozenset[str], ChangeCallback]] = []
        self.statements: dict[str, list[Statement]] = {"user": [], "loadmodule": []}
        """The lines of these two kinds, in order, for those whom they concern."""
        self.renames = Renames(spec.name for spec in live_specs())

    # Reading

    def __getitem__(self, name: str) -> Any:
        """The value of a directive; the typed forms below are for code that knows what it wants."""
        return self._values[NAMES[name.lower()].name]

    def get_int(self, name: str) -> int:
        """Numbers and sizes. A negative `maxmemory-clients` is a percentage."""
        value = self[name]
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{name} is not a number")
        return value

    def get_bool(self, name: str) -> bool:
        value = self[name]
        if not isinstance(value, bool):
            raise TypeError(f"{name} is not yes or no")
        return value

    def get_str(self, name: str) -> str:
        """Strings and choices. Of `notify-keyspace-events`, every flag by itself."""
        value = self[name]
        if not isinstance(value, str):
            raise TypeError(f"{name} is not a string")
        return value

    def get_list(self, name: str) -> list[str]:
        """What the directive's several arguments are, as text: `bind`, `shutdown-on-sigterm`, ..."""
        value = self[name]
        if not isinstance(value, tuple):
            raise TypeError(f"{name} is not a list")
        return self.show(name).split()

    @property
    def save_points(self) -> tuple[SavePoint, ...]:
        points: tuple[SavePoint, ...] = self["save"]
        return points

    @property
    def primary(self) -> Primary | None:
        """The server that `replicaof` names."""
        primary: Primary | None = self["replicaof"]
        return primary

    def buffer_limit(self, client_class: str) -> BufferLimit:
        """The output buffer limits of ``normal``, ``slave`` or ``pubsub`` clients."""
        limits: tuple[BufferLimit, ...] = self["client-output-buffer-limit"]
        return next(limit for limit in limits if limit.client_class == client_class)

    def show(self, name: str) -> str:
        """The value as CONFIG GET shows it."""
        directive = NAMES[name.lower()]
        return directive.type.show(self._values[directive.name])

    def is_default(self, name: str) -> bool:
        directive = NAMES[name.lower()]
        return bool(self._values[directive.name] == directive.default_value)

    def get(self, patterns: Iterable[str]) -> dict[str, str]:
        """CONFIG GET: the names that the patterns match, and their values. A plain name keeps its case."""
        found: dict[str, str] = {}
        for pattern in patterns:
            if not re.search(r"[*?\[]", pattern):
                if pattern.lower() in NAMES:
                    found.setdefault(pattern.lower(), pattern)
                continue
            for name, directive in NAMES.items():
                if not directive.hidden and matches_name(encode(pattern), encode(name)):
                    found.setdefault(name, name)
        return {found[name]: self.show(name) for name in sorted(found)}

    # Changing

    def on_change(self, names: str | Iterable[str], callback: ChangeCallback) -> None:
        """Have `callback` called after a CONFIG SET that changed one or more of `names`, once."""
        listed = [names] if isinstance(names, str) else names
        self._callbacks.append((frozenset(NAMES[name].name for name in listed), callback))

    def load(self, name: str, arguments: Sequence[str]) -> None:
        """The value from a line of a file or an option; raises `InvalidValueError`. Calls nobody."""
        directive = NAMES[name.lower()]
        current = self._values[directive.name]
        if isinstance(directive.type, SavePoints):
            value = directive.type.load(arguments, current, first=directive.name not in self._loaded)
        else:
            if directive.type.multiple and len(arguments) == 1:
                arguments = directive.type.arguments_of(arguments[0])
            value = directive.type.parse(arguments, current)
        self._values[directive.name] = value
        self._loaded.add(directive.name)

    def assign(self, name: str, text: str) -> None:
        """The value that the server itself gives a directive, immutable or not. Calls nobody."""
        directive = NAMES[name]
        arguments = directive.type.arguments_of(text)
        self._values[directive.name] = directive.type.parse(arguments, self._values[directive.name])

    def values(self) -> dict[str, Any]:
        """All of them, for `restore`."""
        return dict(self._values)

    def restore(self, values: dict[str, Any]) -> None:
        """Everything as it was, as if CONFIG SET had done it."""
        before, self._values = self._values, dict(values)
        self._announce([name for name, value in values.items() if value != before[name]], before)

    def set(self, pairs: Sequence[tuple[str, str]], *, client_is_local: bool = True) -> None:
        """CONFIG SET: all of the pairs, or `ConfigSetError`."""
        chosen = self._check_may_be_set(pairs, client_is_local)
        before = dict(self._values)
        for _, name, text in chosen:
            try:
                self.assign(name, text)
            except InvalidValueError as refused:
                self._values = before
                raise ConfigSetError.of(name, str(refused)) from None
        changed = [directive.name for directive, _, _ in chosen]
        changed = [name for name in changed if self._values[name] != before[name]]
        self._announce(changed, before)

    def _check_may_be_set(
        self, pairs: Sequence[tuple[str, str]], client_is_local: bool
    ) -> list[tuple[Directive, str, str]]:
        chosen: list[tuple[Directive, str, str]] = []
        for argument, text in pairs:
            name = argument.lower()
            directive = NAMES.get(name)
            if directive is None:
                raise ConfigSetError(f"Unknown option or number of arguments for CONFIG SET - '{argument}'")
            if not directive.mutable:
                raise ConfigSetError.of(argument, "can't set immutable config")
            if directive.protected and not self._allows_protected(client_is_local):
                raise ConfigSetError.of(argument, "can't set protected config")
            if any(name == earlier for _, earlier, _ in chosen):
                raise ConfigSetError.of(argument, "duplicate parameter")
            chosen.append((directive, name, text))
        return chosen

    def _allows_protected(self, client_is_local: bool) -> bool:
        allowed = self["enable-protected-configs"]
        return bool(allowed == "yes" or (allowed == "local" and client_is_local))

    def _announce(self, changed: Sequence[str], before: dict[str, Any]) -> None:
        called: list[ChangeCallback] = []
        for name in changed:
            for names, callback in self._callbacks:
                if name not in names or callback in called:
                    continue
                called.append(callback)
                reason = callback(self)
                if reason is not None:
                    self._values = before
                    for earlier in called:
                        earlier(self)
                    raise RefusedChangeError(name, reason)
