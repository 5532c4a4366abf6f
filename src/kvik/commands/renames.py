"""``rename-command``: what commands are called, where the configuration says otherwise."""

from __future__ import annotations

from collections.abc import Iterable


class RenameError(Exception):
    """A line of the configuration that cannot be: the text is Redis's."""


class Renames:
    def __init__(self, names: Iterable[str]) -> None:
        """`names`: of all commands, without subcommands."""
        self._commands = {name: name for name in names}
        """What is called so, in lower case."""

    def rename(self, old: str, new: str) -> None:
        """Call it `new` what is called `old` so far; nobody can call it if that is empty."""
        old, new = old.lower(), new.lower()
        if old not in self._commands:
            raise RenameError("No such command in rename-command")
        if new in self._commands and new != old:
            raise RenameError("Target command name already exists")
        command = self._commands.pop(old)
        if new:
            self._commands[new] = command

    @property
    def calls(self) -> dict[str, str]:
        """What each command is called; those that nobody can call are missing."""
        return {command: called for called, command in self._commands.items()}
