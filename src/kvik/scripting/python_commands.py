"""How a module declares commands, timers and hooks: decorators, and what they make of a function's signature.

    @command(write=True)                                                    name, arity, arguments, key specifications
    def rate_limit(db: Database, key: bytes, limit: int) -> int:    ──▶     a CommandSpec, for COMMAND and dispatch
        \"\"\"Counts a call, and says how many are left.\"\"\"                    a Plan, for calling it (bridge.py)

A decorator only notes on the function what it is to be, and returns it as it is. Who loads a module (modules.py) looks for
such notes in its namespace. So nothing is registered anywhere by importing, and a function can be called as ever.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, overload

from kvik.commands.spec import FLAGS, Argument, CommandSpec, KeySpec, range_keys
from kvik.scripting.bridge import Hook, Plan, Timer
from kvik.wire.types import NullArray, Simple, Verbatim

F = TypeVar("F", bound=Callable[..., Any])

NOTES: Final = "__kvik__"
"""The attribute of a function that holds its declarations."""

KINDS: Final[dict[Any, int]] = {bytes: 0, str: 1, int: 2, float: 3, bool: 4}
"""What an argument can become, with its number in bridge.pxd."""
TYPES: Final = ("string", "string", "integer", "double", "string")
"""The type of such an argument in COMMAND DOCS."""
ANY: Final = 0
RESULTS: Final[dict[Any, int]] = {type(None): 1, int: 2, float: 3, bool: 4, str: 5, bytes: 5}
"""What a result becomes, likewise."""
ALLOWED_FLAGS: Final = frozenset(
    {"admin", "noscript", "loading", "stale", "skip_monitor", "skip_commandlog", "fast", "no_auth", "no_multi", "allow_busy"}
)
"""Flags that a command can be given beside those that follow from what it does."""


class DeclarationError(Exception):
    """A declaration that makes no sense; the text says which and why."""


@dataclass(frozen=True, slots=True)
class CommandNote:
    name: str | None
    keys: str | Sequence[str] | None
    write: bool
    deny_oom: bool | None
    flags: tuple[str, ...]
    summary: str | None
    complexity: str
    since: str


@dataclass(frozen=True, slots=True)
class TimerNote:
    every_ms: int


@dataclass(frozen=True, slots=True)
class HookNote:
    events: frozenset[str] | None
    pattern: bytes | None


@dataclass(frozen=True, slots=True)
class LifeNote:
    """Called when the module is loaded (with its arguments), or when it goes."""

    loads: bool


Note = CommandNote | TimerNote | HookNote | LifeNote


def add_note(function: F, note: Note) -> F:
    if not inspect.isfunction(function):
        raise DeclarationError(f"{function!r} is no function")
    if any(is_one(function) for is_one in (
        inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction,
    )):  # fmt: skip
        raise DeclarationError(f"{function.__name__}: a command, timer or hook runs to its end at once: no async, no yield")
    vars(function).setdefault(NOTES, []).append(note)
    return function


def notes_of(function: object) -> list[Note]:
    return list(getattr(function, NOTES, ())) if inspect.isfunction(function) else []


# --- the decorators --------------------------------------------------------------------------------------------------


@overload
def command(function: F, /) -> F: ...
@overload
def command(
    name: str | None = None,
    /,
    *,
    keys: str | Sequence[str] | None = None,
    write: bool = False,
    deny_oom: bool | None = None,
    flags: Sequence[str] = (),
    summary: str | None = None,
    complexity: str = "",
    since: str = "",
) -> Callable[[F], F]: ...
def command(
    function: Callable[..., Any] | str | None = None,
    /,
    *,
    keys: str | Sequence[str] | None = None,
    write: bool = False,
    deny_oom: bool | None = None,
    flags: Sequence[str] = (),
    summary: str | None = None,
    complexity: str = "",
    since: str = "",
) -> Any:
    """The function is a command, called as the function unless a name is given.

    Its first parameter is the `Database`. The others are the command's arguments, as bytes, or as the type hint says: str,
    int, float, bool. Those with a default can be left out, `*rest` takes all that follow. Those behind a `*` are options: a
    word, which is their name, and a value, or (bool) the word alone.

    `keys`: which arguments are keys: "first", "all", "none", or names of parameters; by default those called `key` and
    `keys`. `write`: it may call commands that write; then it is refused when memory is short, unless `deny_oom=False`.
    `flags`: further ones, as COMMAND INFO shows them. `summary` (by default the first line of the docstring), `complexity`
    and `since` are for COMMAND DOCS.
    """
    name = None if callable(function) else function
    note = CommandNote(name, keys, write, deny_oom, tuple(flags), summary, complexity, since)
    if callable(function):
        return add_note(function, note)
    return lambda decorated: add_note(decorated, note)


def timer(*, seconds: float) -> Callable[[F], F]:
    """The function, which gets a `Database`, is called again and again, with so many seconds in between."""
    if not 0.001 <= seconds <= 10**9:
        raise DeclarationError(f"a timer cannot be due every {seconds} seconds")
    return lambda function: add_note(function, TimerNote(round(seconds * 1000)))


def on_event(*events: str, pattern: str | bytes | None = None) -> Callable[[F], F]:
    """The function is called as `function(db, event, key)` when that has happened to a key ("set", "expired", ...): the
    events of notify-keyspace-events, whether that is on or not. Without names: all but "keymiss" and "new". `pattern`: of
    keys.
    """
    glob = pattern.encode() if isinstance(pattern, str) else pattern
    return lambda function: add_note(function, HookNote(frozenset(events) or None, glob))


def on_load(function: F) -> F:
    """Called as `function(arguments)`, a list of str, when the module is loaded. What it raises keeps the module out."""
    return add_note(function, LifeNote(True))


def on_unload(function: F) -> F:
    """Called as `function()` when the module is unloaded or the server stops."""
    return add_note(function, LifeNote(False))


# --- from a function to a command ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: int
    optional: bool
    rest: bool
    option: bool
    is_key: bool

    @property
    def word(self) -> str:
        """That stands before an option's value."""
        return self.name.upper().replace("_", "")


def make_command(function: Callable[..., Any], note: CommandNote, module: str) -> tuple[CommandSpec, Plan]:
    """What the declaration comes to. DeclarationError: it makes no sense."""
    name = (note.name or function.__name__).lower()
    hints = type_hints(function, name)
    parameters = read_parameters(function, note, name, hints)
    options = [each for each in parameters if each.option]
    fixed = [each for each in parameters if not each.rest and not each.option]
    rest = [each for each in parameters if each.rest]
    required = sum(not each.optional for each in fixed)
    if options and (rest or required < len(fixed)):
        raise DeclarationError(f"{name}: where there are options, no argument before them can be left out, nor be many")
    spec = CommandSpec(
        name,
        arity=1 + required if required == len(parameters) else -(1 + required),
        flags=command_flags(note, name, parameters),
        group="module",
        module=module,
        since=note.since,
        summary=note.summary if note.summary is not None else first_line(function),
        complexity=note.complexity,
        keys=tuple(key_specs(parameters, note.write)),
        arguments=tuple(arguments_of(parameters)),
    )
    result, may_be_none, convert = result_of(hints)
    plan = Plan(
        function, f"command '{name}' of module {module}", bytes(each.kind for each in fixed),
        rest[0].kind if rest else -1, tuple(each.name for each in parameters),
        {each.word.lower().encode(): (each.name, each.kind) for each in options} or None,
        result, may_be_none, convert, note.write,
    )  # fmt: skip
    return spec, plan


def type_hints(function: Callable[..., Any], name: str) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except Exception as error:
        raise DeclarationError(f"{name}: its type hints cannot be read: {error}") from None


def first_line(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]


def read_parameters(
    function: Callable[..., Any], note: CommandNote, name: str, hints: dict[str, Any]
) -> list[Parameter]:
    declared = list(inspect.signature(function).parameters.values())
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if not declared or declared[0].kind not in plain:
        raise DeclarationError(f"{name}: its first parameter has to take the Database")
    found: list[Parameter] = []
    keys = key_names(note.keys, [each.name for each in declared[1:]], name)
    for each in declared[1:]:
        is_rest = each.kind == inspect.Parameter.VAR_POSITIONAL
        is_option = each.kind == inspect.Parameter.KEYWORD_ONLY
        if each.kind == inspect.Parameter.VAR_KEYWORD:
            raise DeclarationError(f"{name}: no argument can be given to '{each.name}'")
        kind = KINDS.get(without_none(hints.get(each.name, bytes))[0])
        if kind is None:
            raise DeclarationError(f"{name}: an argument can be bytes, str, int, float or bool: '{each.name}' is none")
        is_optional = is_rest or each.default is not inspect.Parameter.empty
        if is_option and (not is_optional or each.name in keys or (kind == KINDS[bool] and each.default is not False)):
            raise DeclarationError(f"{name}: an option has a default (False if it is a bool) and is no key: '{each.name}'")
        found.append(Parameter(each.name, kind, is_optional, is_rest, is_option, each.name in keys))
    return found


def key_names(keys: str | Sequence[str] | None, names: list[str], command_name: str) -> set[str]:
    """The parameters that take keys."""
    if keys is None:
        return {"key", "keys"} & set(names)
    if keys == "none":
        return set()
    if keys == "all":
        return set(names)
    if keys == "first":
        if not names:
            raise DeclarationError(f"{command_name}: its first argument is a key, but it has none")
        return {names[0]}
    wanted = {keys} if isinstance(keys, str) else set(keys)
    if not wanted <= set(names):
        raise DeclarationError(f"{command_name}: no such parameter: {', '.join(sorted(wanted - set(names)))}")
    return wanted


def command_flags(note: CommandNote, name: str, parameters: Sequence[Parameter]) -> tuple[str, ...]:
    """In COMMAND's order."""
    unknown = set(note.flags) - ALLOWED_FLAGS
    if unknown:
        raise DeclarationError(f"{name}: it cannot have the flags {', '.join(sorted(unknown))}")
    flags = {"module", *note.flags}
    keys = [each for each in parameters if each.is_key]
    if note.write:
        flags.add("write")
    elif keys:
        flags.add("readonly")
    if note.deny_oom if note.deny_oom is not None else note.write:
        flags.add("denyoom")
    if keys and all(each.optional for each in keys):
        flags.add("no_mandatory_keys")
    return tuple(flag for flag in FLAGS if flag in flags)


def key_specs(parameters: Sequence[Parameter], writes: bool) -> Iterator[KeySpec]:
    flags = ("RW", "access", "update") if writes else ("RO", "access")
    for index, each in enumerate(parameters, start=1):
        if each.is_key:
            yield range_keys(index, *flags, last=-1 if each.rest else 0)


def arguments_of(parameters: Sequence[Parameter]) -> Iterator[Argument]:
    key_number = 0
    for each in parameters:
        kind = "key" if each.is_key else TYPES[each.kind]
        if each.option:
            is_word = each.kind == KINDS[bool]
            yield Argument(each.name, "pure-token" if is_word else kind, token=each.word, optional=True)
            continue
        yield Argument(
            each.name, kind, key_spec=key_number if each.is_key else None, optional=each.optional, multiple=each.rest
        )
        key_number += each.is_key


def without_none(hint: Any) -> tuple[Any, bool]:
    """`X | None` as X and True."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        others = [each for each in typing.get_args(hint) if each is not type(None)]
        if len(others) == 1:
            return others[0], True
    return hint, False


def result_of(hints: dict[str, Any]) -> tuple[int, bool, Callable[[Any], Any] | None]:
    """What the result becomes, whether None stands for no value, and what makes of it what RESP has words for."""
    if "return" not in hints:
        return ANY, True, plain_value
    hint, may_be_none = without_none(hints["return"])
    result = RESULTS.get(hint, ANY)
    return result, may_be_none or result == ANY, plain_value if result == ANY and may_hold_records(hint) else None


def may_hold_records(hint: Any) -> bool:
    """Can there be dataclasses in such a value?"""
    if hint is Any or hint is object or dataclasses.is_dataclass(hint):
        return True
    return any(may_hold_records(each) for each in typing.get_args(hint))


def plain_value(value: Any) -> Any:
    """Dataclasses become maps of their fields, wherever they are."""
    if isinstance(value, (Simple, Verbatim, NullArray)):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain_value(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [plain_value(each) for each in value]
    if isinstance(value, dict):
        return {key: plain_value(each) for key, each in value.items()}
    return value


def make_timer(function: Callable[..., Any], note: TimerNote, module: str) -> Timer:
    return Timer(function, f"timer {function.__name__} of module {module}", note.every_ms)


def make_hook(function: Callable[..., Any], note: HookNote, module: str) -> Hook:
    return Hook(function, f"hook {function.__name__} of module {module}", note.events, note.pattern)
