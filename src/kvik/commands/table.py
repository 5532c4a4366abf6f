"""The command table: every command that this server knows, built once from the declarations in `specs/`.

Each command and subcommand is a `Command` with a number, so that compiled code can keep its own array beside
the table (handlers, counters). What is asked for often is worked out here, once, and what makes no sense is
refused. The handler's code is not looked up here: `spec.handler_module`, `spec.handler_name` and
`spec.is_compiled` say where it is.

A group is part of the server when its module stands in `LIVE`. What is not declared does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from kvik.commands.spec import (
    ACL_CATEGORIES,
    FLAGS,
    KEY_FLAGS,
    Argument,
    CommandSpec,
    implied_categories,
)
from kvik.commands.specs import (
    bitmap,
    client,
    connection,
    generic,
    geo,
    hash,
    hyperloglog,
    insight,
    modules,
    persistence,
    pubsub,
    scripting,
    server,
    sorted_set,
    stream,
    string,
    transactions,
)
from kvik.commands.specs import list as lists
from kvik.commands.specs import set as sets

LIVE: Final = (
    bitmap, client, connection, generic, geo, hash, hyperloglog, insight, lists, modules, persistence, pubsub, scripting,
    server, sets, sorted_set, stream, string, transactions,
)  # fmt: skip


class Command(NamedTuple):
    """A command or subcommand of the table. `id` is its place there."""

    id: int
    spec: CommandSpec
    container: Command | None
    flags: tuple[str, ...]
    categories: tuple[str, ...]
    first_key: int
    last_key: int
    step: int
    called: str
    """What clients call it: its name unless rename-command says otherwise, empty when they cannot."""

    @property
    def name(self) -> str:
        """In lower case, ``container|subcommand`` for a subcommand."""
        return self.spec.name

    def accepts(self, argc: int) -> bool:
        """Whether a command line of `argc` arguments, the name among them, has a right length."""
        arity = self.spec.arity
        return argc == arity if arity > 0 else argc >= -arity


class CommandTable:
    """All commands, by number and by name. Iterates in the order of the numbers, containers first."""

    def __init__(self, specs: Iterable[CommandSpec] | None = None, calls: Mapping[str, str] | None = None) -> None:
        """Of the given commands, or of those in the `LIVE` groups. ValueError where one makes no sense.

        `calls`: what clients call each; those that are missing they cannot call.
        """
        specs = live_specs() if specs is None else specs
        self._commands: list[Command] = []
        names: set[str] = set()
        for spec in specs:
            called = spec.name if calls is None else calls.get(spec.name, "")
            container = self._add(spec, None, called, names)
            for subcommand in spec.subcommands:
                own = subcommand.name.rpartition("|")[2]
                self._add(subcommand, container, called and f"{called}|{own}", names)
        self._by_call = {command.called.encode(): command for command in self._commands if command.called}
        self._list()

    def _list(self) -> None:
        self.known = tuple(self._by_call.values())
        """Those that clients can call."""
        self.top_level = tuple(command for command in self.known if command.container is None)

    def _add(self, spec: CommandSpec, container: Command | None, called: str, names: set[str]) -> Command:
        check(spec, container.spec if container else None)
        if spec.name in names:
            raise ValueError(f"{spec.name}: declared twice")
        names.add(spec.name)
        command = Command(
            len(self._commands), spec, container, spec.all_flags, spec.categories, *spec.key_positions, called
        )
        self._commands.append(command)
        return command

    # Of modules

    def add(self, spec: CommandSpec, id: int) -> Command:
        """A command of a module. `id`: its place in the array of the compiled side. ValueError where it makes no sense."""
        check(spec, None)
        if self.find(spec.name) is not None:
            raise ValueError(f"there is a command '{spec.name}' already")
        command = Command(id, spec, None, spec.all_flags, spec.categories, *spec.key_positions, spec.name)
        self._by_call[spec.name.encode()] = command
        self._list()
        return command

    def remove(self, command: Command) -> None:
        del self._by_call[command.called.encode()]
        self._list()

    # What there was from the start

    def __len__(self) -> int:
        """How many commands and subcommands there are."""
        return len(self._commands)

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands)

    def __getitem__(self, number: int) -> Command:
        return self._commands[number]

    def find(self, name: bytes | str) -> Command | None:
        """The command that is called so, ``container|subcommand`` for a subcommand, in upper or lower case."""
        return self._by_call.get((name.encode() if isinstance(name, str) else name).lower())

    def resolve(self, args: Sequence[bytes]) -> Command | None:
        """The command that a command line calls. None when there is no such command or subcommand."""
        command = self.find(args[0]) if args else None
        if (
            command is None or command.container is not None
        ):  # "object|encoding" is a name, not a word to type
            return None
        if command.spec.subcommands and len(args) > 1:
            return self.find(args[0] + b"|" + args[1])
        return command

    def subcommands(self, command: Command) -> tuple[Command, ...]:
        return tuple(self._commands[command.id + 1 : command.id + 1 + len(command.spec.subcommands)])


def live_specs() -> Iterator[CommandSpec]:
    """The commands of the server, without subcommands."""
    return (spec for module in LIVE for spec in module.COMMANDS)


def check(spec: CommandSpec, container: CommandSpec | None) -> None:
    """Refuses a declaration that contradicts itself. ValueError says what is wrong with which command."""
    for problem in problems(spec, container):
        raise ValueError(f"{spec.name}: {problem}")


def problems(spec: CommandSpec, container: CommandSpec | None) -> Iterator[str]:
    parent, bar, own_name = spec.name.rpartition("|")
    name = r"[a-z][a-z0-9_.:-]{0,63}" if spec.module else r"[a-z][a-z0-9_-]*"
    if not re.fullmatch(name, own_name) or parent != (container.name if container else ""):
        yield f"a strange name for a command of {container.name if container else 'the server'}"
    if spec.flags != tuple(flag for flag in FLAGS if flag in spec.flags and flag != "movablekeys"):
        yield "its flags are unknown, computed, or not in COMMAND's order"
    if not set(spec.acl) <= set(ACL_CATEGORIES) - implied_categories(spec.flags, spec.acl):
        yield "its ACL categories are unknown, or follow from its flags"
    if spec.subcommands and container:
        yield "a subcommand has no subcommands"
    handler = r"[a-z_.]+:[a-z_]+" if not spec.subcommands else r"([a-z_.]+:[a-z_]+)?"
    if not spec.module and not re.fullmatch(handler, spec.handler):
        yield f"its handler is not of the form module:function: {spec.handler!r}"
    if any(not set(keys.flags) <= set(KEY_FLAGS) for keys in spec.keys):
        yield "a key specification has unknown flags"
    if any(number >= len(spec.keys) for number in key_spec_numbers(spec.arguments)):
        yield "an argument refers to a key specification that there is not"
    shortest = (2 if bar else 1) + sum(least_words(argument) for argument in spec.arguments)
    if spec.arity > 0 and (spec.arity != shortest or any(a.optional or a.multiple for a in spec.arguments)):
        yield f"its arguments take {shortest} words or more, its arity says {spec.arity} exactly"
    if -spec.arity < shortest and spec.arity <= 0:
        yield f"its arguments take at least {shortest} words, its arity allows {-spec.arity}"


def least_words(argument: Argument) -> int:
    """How many words of a command line an argument takes at least."""
    if argument.optional:
        return 0
    parts = [least_words(part) for part in argument.arguments]
    own = min(parts) if argument.type == "oneof" else sum(parts) if argument.type == "block" else 1
    has_token = argument.token != "" and argument.type != "pure-token"
    return own + has_token


def key_spec_numbers(arguments: Iterable[Argument]) -> Iterator[int]:
    for argument in arguments:
        if argument.key_spec is not None:
            yield argument.key_spec
        yield from key_spec_numbers(argument.arguments)
