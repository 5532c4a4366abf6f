"""COMMAND and its subcommands: the command table as clients see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from kvik.commands.help_text import help_reply
from kvik.commands.keyspecs import KeyUse, find_keys, has_keys
from kvik.commands.spec import AfterKeyword, Argument, AtIndex, CommandSpec, KeyCount, KeyRange, KeySpec
from kvik.commands.table import Command, CommandTable
from kvik.engine.glob import matches_name
from kvik.server.config_text import decode
from kvik.wire.types import CommandError, Reply, SetOf, Simple

HELP: Final = """\
COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
(no subcommand)
    Return details about all commands.
COUNT
    Return the total number of commands in this server.
LIST
    Return a list of all commands in this server.
INFO [<command-name> ...]
    Return details about multiple commands.
    If no command names are given, documentation details for all
    commands are returned.
DOCS [<command-name> ...]
    Return documentation details about multiple commands.
    If no command names are given, documentation details for all
    commands are returned.
GETKEYS <full-command>
    Return the keys from a full command.
GETKEYSANDFLAGS <full-command>
    Return the keys and the access flags from a full command.
HELP
    Print this help."""


class HasTable(Protocol):
    """What these handlers need of a server."""

    @property
    def table(self) -> CommandTable: ...


def command(server: HasTable, client: object, args: Sequence[bytes]) -> Reply:
    """COMMAND alone: a container with a handler of its own, so nobody has refused what is no subcommand."""
    if len(args) > 1:
        raise CommandError(f"ERR unknown subcommand '{decode(args[1][:128])}'. Try COMMAND HELP.")
    return every_info(server.table)


def command_count(server: HasTable, client: object, args: Sequence[bytes]) -> Reply:
    return len(server.table.top_level)


def command_info(server: HasTable, client: object, args: Sequence[bytes]) -> Reply:
    if len(args) == 2:
        return every_info(server.table)
    return [
        None if found is None else info_of(server.table, found) for found in map(server.table.find, args[2:])
    ]


def command_docs(server: HasTable, client: object, args: Sequence[bytes]) -> Reply:
    """Names that there are not are left out."""
    asked = map(server.table.find, args[2:]) if len(args) > 2 else server.table.top_level
    return {found.name: docs_of(found.spec) for found in asked if found is not None}


def command_list(server: HasTable, client: object, args: Sequence[bytes]) -> Reply:
    if len(args) == 2:
        return [each.name for each in server.table.known]
    if len(args) != 5 or args[2].lower() != b"filterby":
        raise CommandError("ERR syntax error")
    kind, word = args[3].lower(), args[4].lower()
    if kind == b"module":
        return [each.name for each in server.table.known if each.spec.module.lower().encode() == word and word]
    if kind == b"aclcat":
        return [each.name for each in server.table.known if word in (name.encode() for name in each.categories)]
    if kind == b"pattern":
        return [each.name for each in server.table.known if matches_name(args[4], each.name.encode())]
    raise CommandError("ERR syntax error")


def command_getkeys(server: HasTable, client: object, args: Sequence[bytes]) -> Reply:
    line = args[2:]
    return [line[use.position] for use in keys_of(server.table, line)]


def command_getkeysandflags(server: HasTable, client: object, args: Sequence[bytes]) -> Reply:
    line = args[2:]
    return [[line[use.position], statuses(use.flags)] for use in keys_of(server.table, line)]


def command_help(server: HasTable, client: object, args: Sequence[bytes]) -> Reply:
    return help_reply(HELP, args)


def keys_of(table: CommandTable, line: Sequence[bytes]) -> list[KeyUse]:
    """The keys of a command line; CommandError when there are none or it cannot be understood."""
    called = table.resolve(line)
    if called is None:
        raise CommandError("ERR Invalid command specified")
    if not has_keys(called.spec):
        raise CommandError("ERR The command has no key arguments")
    if not called.accepts(len(line)):
        raise CommandError("ERR Invalid number of arguments specified for command")
    uses = find_keys(called.spec, line)
    if uses is not None:
        return uses
    if "no_mandatory_keys" in called.flags:
        return []
    raise CommandError("ERR Invalid arguments specified for command")


# COMMAND INFO.


def every_info(table: CommandTable) -> Reply:
    return [info_of(table, each) for each in table.top_level]


def info_of(table: CommandTable, described: Command) -> Reply:
    """A command as COMMAND and COMMAND INFO show it."""
    return [
        described.name,
        described.spec.arity,
        statuses(described.flags),
        described.first_key,
        described.last_key,
        described.step,
        statuses("@" + name for name in described.categories),
        SetOf(described.spec.tips),
        SetOf(map(key_spec_of, described.spec.keys)),
        [info_of(table, subcommand) for subcommand in table.subcommands(described)],
    ]


def key_spec_of(keys: KeySpec) -> Reply:
    notes: dict[str, Reply] = {"notes": keys.notes} if keys.notes else {}
    return notes | {
        "flags": statuses(keys.flags),
        "begin_search": begin_search_of(keys.begin),
        "find_keys": find_keys_of(keys.find),
    }


def begin_search_of(begin: AtIndex | AfterKeyword | None) -> Reply:
    if isinstance(begin, AtIndex):
        return {"type": "index", "spec": {"index": begin.position}}
    if isinstance(begin, AfterKeyword):
        return {"type": "keyword", "spec": {"keyword": begin.keyword, "startfrom": begin.start}}
    return {"type": "unknown", "spec": {}}


def find_keys_of(find: KeyRange | KeyCount | None) -> Reply:
    if isinstance(find, KeyRange):
        return {"type": "range", "spec": {"lastkey": find.last, "keystep": find.step, "limit": find.limit}}
    if isinstance(find, KeyCount):
        numbers = {"keynumidx": find.numkeys, "firstkey": find.first, "keystep": find.step}
        return {"type": "keynum", "spec": numbers}
    return {"type": "unknown", "spec": {}}


def statuses(words: Iterable[str]) -> SetOf:
    return SetOf(map(Simple, words))


# COMMAND DOCS.


def docs_of(spec: CommandSpec) -> Reply:
    """A command's documentation as COMMAND DOCS shows it; what there is nothing to say about is left out."""
    docs: dict[str, Reply] = {
        "summary": spec.summary,
        "since": spec.since,
        "group": spec.group,
        "complexity": spec.complexity,
        "module": spec.module,
        "doc_flags": statuses(spec.doc_flags),
        "deprecated_since": spec.deprecated_since,
        "replaced_by": spec.replaced_by,
        "history": SetOf(map(list, spec.history)),
        "arguments": [argument_of(argument) for argument in spec.arguments],
        "subcommands": {subcommand.name: docs_of(subcommand) for subcommand in spec.subcommands},
    }
    return {field: value for field, value in docs.items() if value}


def argument_of(argument: Argument) -> Reply:
    fields: dict[str, Reply] = {
        "name": argument.name,
        "type": argument.type,
        "display_text": argument.display_text,
        "key_spec_index": argument.key_spec,
        "token": argument.token,
        "summary": argument.summary,
        "since": argument.since,
        "deprecated_since": argument.deprecated_since,
        "flags": statuses(argument.flags),
        "arguments": [argument_of(part) for part in argument.arguments],
    }
    return {field: value for field, value in fields.items() if value or value == 0}
