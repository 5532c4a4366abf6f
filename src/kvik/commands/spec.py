"""The declaration of a command, as plain data.

`commands/specs/<group>.py` declares each command once with these classes; dispatch, COMMAND, COMMAND DOCS
and the ACL categories all come from there (`commands/table.py`). What follows from other facts is not
declared but computed: the flag ``movablekeys``, first key, last key and step from the key specifications, and
the ACL categories that a flag implies. Names and words are those that COMMAND and COMMAND DOCS show.

The functions below the classes exist so that a declaration reads like a description of the command:

    CommandSpec("getrange", arity=4, flags=("readonly",), group="string", since="2.4.0",
        summary="Returns a part of a string value.",
        complexity="O(N) where N is the length of the part.",
        acl=("string",), keys=(range_keys(1, "RO", "access"),),
        arguments=(key(), integer("start"), integer("end")),
        handler="string:getrange_command")
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, TypedDict, Unpack

FLAGS: Final = (
    "write", "readonly", "denyoom", "module", "admin", "pubsub", "noscript", "blocking", "loading", "stale",
    "skip_monitor", "skip_commandlog", "asking", "fast", "no_auth", "may_replicate", "no_mandatory_keys",
    "no_async_loading", "no_multi", "allow_busy", "movablekeys",
)  # fmt: skip
"""Every flag of a command, in the order in which COMMAND shows them."""

ACL_CATEGORIES: Final = (
    "keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo",
    "stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction",
    "scripting",
)  # fmt: skip
"""Every ACL category, in the order in which COMMAND shows them."""

KEY_FLAGS: Final = (
    "RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete", "variable_flags",
)  # fmt: skip
"""What a command does with a key: reads, reads and writes, overwrites or removes the value; and how."""


class AtIndex(NamedTuple):
    """The keys begin at a fixed argument. The command's name is argument 0."""

    position: int


class AfterKeyword(NamedTuple):
    """The keys begin behind `keyword`, looked for from argument `start` on, or backwards when negative."""

    keyword: str
    start: int


class KeyRange(NamedTuple):
    """Every `step`-th argument up to `last`, counted from the first key, or from the end when negative.

    With `last` -1, a `limit` of 2 or more takes only that fraction of the remaining arguments.
    """

    last: int = 0
    step: int = 1
    limit: int = 0


class KeyCount(NamedTuple):
    """An argument says how many keys there are; both positions count from where the search began."""

    numkeys: int = 0
    first: int = 1
    step: int = 1


class KeySpec(NamedTuple):
    """Where some of a command's keys are and what it does with them. `begin` and `find` None: unknown."""

    begin: AtIndex | AfterKeyword | None
    find: KeyRange | KeyCount | None
    flags: tuple[str, ...]
    notes: str = ""


class Argument(NamedTuple):
    """One argument in the syntax of a command.

    `key_spec` is the number of the key specification that finds it. `display` is the word for it in a syntax
    line where that is not `name`. Arguments of type ``oneof`` and ``block`` have `arguments` of their own.
    """

    name: str
    type: str
    arguments: tuple[Argument, ...] = ()
    token: str = ""
    key_spec: int | None = None
    display: str = ""
    summary: str = ""
    since: str = ""
    deprecated_since: str = ""
    optional: bool = False
    multiple: bool = False
    multiple_token: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        present = (
            ("optional", self.optional),
            ("multiple", self.multiple),
            ("multiple_token", self.multiple_token),
        )
        return tuple(name for name, is_set in present if is_set)

    @property
    def display_text(self) -> str:
        """How the syntax line shows it; a oneof or a block shows its parts instead."""
        return self.display or ("" if self.arguments else self.name)


class CommandSpec(NamedTuple):
    """A command, or a subcommand when the name is ``container|subcommand``.

    `arity` counts the name; negative: at least that many. `handler` names the code (see CONTRIBUTING.md) and
    is empty for a container that is no command by itself. `acl` has only the categories that no flag implies.
    """

    name: str
    arity: int
    group: str
    since: str
    summary: str
    flags: tuple[str, ...] = ()
    complexity: str = ""
    acl: tuple[str, ...] = ()
    keys: tuple[KeySpec, ...] = ()
    tips: tuple[str, ...] = ()
    arguments: tuple[Argument, ...] = ()
    subcommands: tuple[CommandSpec, ...] = ()
    handler: str = ""
    doc_flags: tuple[str, ...] = ()
    deprecated_since: str = ""
    replaced_by: str = ""
    history: tuple[tuple[str, str], ...] = ()
    module: str = ""
    """That has added it while the server runs (scripting/modules.py); such a command has no handler of its own."""

    @property
    def handler_module(self) -> str:
        """The module that holds the handler; empty without one. A name without points is one below `kvik.commands`."""
        module = self.handler.partition(":")[0]
        return f"kvik.commands.{module}" if module and "." not in module else module

    @property
    def handler_name(self) -> str:
        """The handler's function in its module."""
        return self.handler.partition(":")[2]

    @property
    def is_compiled(self) -> bool:
        """Whether the handler is a C function of a compiled module, not a Python function."""
        return self.handler.endswith("_command")

    @property
    def categories(self) -> tuple[str, ...]:
        """All ACL categories, in the order in which COMMAND shows them."""
        categories = implied_categories(self.flags, self.acl) | set(self.acl)
        return tuple(name for name in ACL_CATEGORIES if name in categories)

    @property
    def all_flags(self) -> tuple[str, ...]:
        """The flags as COMMAND shows them: the declared ones, and ``movablekeys`` where keys are searched."""
        return (*self.flags, "movablekeys") if has_movable_keys(self.keys) else self.flags

    @property
    def key_positions(self) -> tuple[int, int, int]:
        """First key, last key and step, for clients that do not know key specifications."""
        return legacy_key_positions(self.keys)


def implied_categories(flags: Iterable[str], acl: Iterable[str] = ()) -> set[str]:
    """The ACL categories that follow from flags. Scripts never count as reading."""
    flags = set(flags)
    implied = {"fast" if "fast" in flags else "slow"}
    implied |= flags & {"write", "admin", "pubsub", "blocking"}
    if "readonly" in flags and "scripting" not in acl:
        implied.add("read")
    if "admin" in flags:
        implied.add("dangerous")
    return implied


def has_movable_keys(keys: Iterable[KeySpec]) -> bool:
    """Whether first key, last key and step do not tell all about a command's keys."""
    return any(not (isinstance(spec.begin, AtIndex) and isinstance(spec.find, KeyRange)) for spec in keys)


def legacy_key_positions(keys: Iterable[KeySpec]) -> tuple[int, int, int]:
    """First key, last key (from the end when negative), step; adjoining specifications taken together."""
    first, last, step = 0, 0, 0
    for spec in keys:
        begin, find = spec.begin, spec.find
        if not (isinstance(begin, AtIndex) and isinstance(find, KeyRange)):
            continue
        if first and begin.position != last + 1:
            continue
        first = first or begin.position
        last = find.last if find.last < 0 else begin.position + find.last
        step = find.step
    return first, last, step


# Key specifications.


def range_keys(index: int, *flags: str, last: int = 0, step: int = 1, notes: str = "") -> KeySpec:
    """Keys from argument `index` to `last`, which counts from there, or from the end when negative."""
    return KeySpec(AtIndex(index), KeyRange(last, step), flags, notes)


def counted_keys(index: int, *flags: str, step: int = 1, notes: str = "") -> KeySpec:
    """``numkeys key [key ...]`` with `numkeys` at argument `index`."""
    return KeySpec(AtIndex(index), KeyCount(0, 1, step), flags, notes)


def keyword_keys(keyword: str, start: int, *flags: str, last: int = 0, limit: int = 0) -> KeySpec:
    """Keys behind a keyword that stands at argument `start` or later."""
    return KeySpec(AfterKeyword(keyword, start), KeyRange(last, 1, limit), flags)


def unknown_keys(*flags: str, notes: str) -> KeySpec:
    """Keys whose place no specification can express."""
    return KeySpec(None, None, flags, notes)


# Arguments.


class Options(TypedDict, total=False):
    """What an argument may have beside its name; see `Argument`."""

    token: str
    key_spec: int
    display: str
    summary: str
    since: str
    deprecated_since: str
    optional: bool
    multiple: bool
    multiple_token: bool


def key(name: str = "key", **options: Unpack[Options]) -> Argument:
    """A key, found by the first key specification unless told otherwise."""
    options.setdefault("key_spec", 0)
    return Argument(name, "key", **options)


def string(name: str, **options: Unpack[Options]) -> Argument:
    return Argument(name, "string", **options)


def integer(name: str, **options: Unpack[Options]) -> Argument:
    return Argument(name, "integer", **options)


def double(name: str, **options: Unpack[Options]) -> Argument:
    return Argument(name, "double", **options)


def pattern(name: str = "pattern", **options: Unpack[Options]) -> Argument:
    return Argument(name, "pattern", **options)


def unix_time(name: str, **options: Unpack[Options]) -> Argument:
    return Argument(name, "unix-time", **options)


def word(keyword: str, name: str = "", **options: Unpack[Options]) -> Argument:
    """A keyword that stands for itself, such as ``NX``. Its name is itself in lower case unless given."""
    options["token"] = keyword
    return Argument(name or keyword.lower(), "pure-token", **options)


def oneof(name: str, *arguments: Argument, **options: Unpack[Options]) -> Argument:
    """One of several arguments."""
    return Argument(name, "oneof", arguments=arguments, **options)


def block(name: str, *arguments: Argument, **options: Unpack[Options]) -> Argument:
    """Several arguments, one after the other."""
    return Argument(name, "block", arguments=arguments, **options)
