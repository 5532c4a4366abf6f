"""The pages of commands, one a group, from the command table; `hook` hands them to MkDocs.

What a page says of a command is what COMMAND and COMMAND DOCS say: nothing is written down here but the words around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Final

from kvik.commands.spec import AfterKeyword, Argument, AtIndex, CommandSpec, KeyCount, KeyRange, KeySpec
from kvik.commands.table import Command, CommandTable

GROUPS: Final = MappingProxyType(
    {
        "string": ("Strings", "Text, numbers and bytes: one value for each key."),
        "bitmap": ("Bitmaps", "Strings, read and written as bits and as integers of any width."),
        "hash": ("Hashes", "Fields and values under one key. A field can expire by itself."),
        "list": ("Lists", "Sequences with two ends; clients can wait for elements."),
        "set": ("Sets", "Members without order, and unions, intersections and differences of them."),
        "sorted-set": ("Sorted sets", "Members with a score, in its order."),
        "stream": ("Streams", "Logs of entries, with groups of consumers that share the work."),
        "hyperloglog": ("HyperLogLogs", "How many different elements there were, within 1 %, in 12 KB."),
        "geo": ("Geo", "Places on earth, as the scores of a sorted set; those near a point or in a shape."),
        "generic": ("Keys", "What can be done with a key of any type: expiry, copies, iteration, sorting."),
        "pubsub": ("Pub/sub", "Messages to whoever subscribes to a channel, a pattern or a shard channel."),
        "transactions": ("Transactions", "Several commands with nothing in between."),
        "scripting": ("Scripting", "Scripts and functions in Lua: see [Scripting](../scripting.md)."),
        "connection": ("Connections", "What a client says of itself, and what an operator sees of clients."),
        "server": ("Server", "Databases, configuration, persistence, insight."),
    }
)
"""Title and a line on each group, in the order of the pages."""
LONGEST_TWICE: Final = 60
"""An argument that may be repeated is written a second time, unless it is longer than this."""


def pages(table: CommandTable) -> dict[str, str]:
    """The path of each page below docs/, and its text. KeyError if there is a group without a title."""
    by_group = sorted(table.top_level, key=lambda command: (command.spec.group, command.name))
    found = {
        path(group): group_page(group, table, tuple(commands))
        for group, commands in groupby(by_group, key=lambda command: command.spec.group)
    }
    return {"commands/index.md": index_page(table), **found}


def path(group: str) -> str:
    return f"commands/{group}.md"


def index_page(table: CommandTable) -> str:
    lines = [
        "# Commands",
        "",
        f"{len(table.top_level)} commands, {sum(command.container is not None for command in table)} subcommands. Replies "
        "and error texts are those of Valkey 9.1.2, but for what stands in [Differences](../differences.md). "
        "`COMMAND DOCS` and `COMMAND INFO` give the same to programs.",
        "",
        "In a syntax line, words in capitals stand for themselves; `[x]` may be left out, `<a | b>` is a choice, `x ...` "
        "may be repeated. *Since* is the version of Redis, from 7.9 on of Valkey, that had it first. *Flags* and *keys* are "
        "those of `COMMAND INFO`: `RO` reads, `RW` changes, `OW` overwrites, `RM` removes.",
        "",
        "| group | |",
        "|---|---|",
        *(f"| [{title}]({group}.md) | {line} |" for group, (title, line) in GROUPS.items()),
        "",
        "| command | |",
        "|---|---|",
    ]
    for command in sorted(table.top_level, key=lambda command: command.name):
        name = command.name.upper()
        lines.append(f"| [{name}]({command.spec.group}.md#{anchor(name)}) | {escape(command.spec.summary)} |")
    return "\n".join(lines) + "\n"


def group_page(group: str, table: CommandTable, commands: Sequence[Command]) -> str:
    title, line = GROUPS[group]
    lines = [f"# {title}", "", line, ""]
    for command in commands:
        lines += section(command.spec, "##")
        for subcommand in table.subcommands(command):
            lines += section(subcommand.spec, "###")
    return "\n".join(lines)


def anchor(name: str) -> str:
    return name.lower().replace(" ", "-")


def section(spec: CommandSpec, heading: str) -> Iterator[str]:
    words = spec.name.upper().replace("|", " ")
    yield from (f"{heading} {words}", "", escape(spec.summary), "")
    if spec.handler:
        yield from ("```text", " ".join((words, *syntax(spec.arguments))), "```", "")
    if spec.deprecated_since:
        yield from (f"Deprecated since {spec.deprecated_since}: use {escape(spec.replaced_by)}.", "")
    yield from ("| | |", "|---|---|")
    yield from (f"| {what} | {text} |" for what, text in facts(spec))
    yield ""


def facts(spec: CommandSpec) -> Iterator[tuple[str, str]]:
    if spec.complexity:
        yield "Complexity", escape(spec.complexity)
    yield "Since", escape("; ".join((spec.since, *(f"{version}: {text}" for version, text in spec.history))))
    if spec.handler:
        yield "Flags", codes(spec.all_flags) or "none"
        yield "ACL categories", codes(f"@{name}" for name in spec.categories)
        yield "Keys", "<br>".join(key_place(each) for each in spec.keys) or "none"
        if spec.key_positions[0]:
            yield "First key, last key, step", ", ".join(map(str, spec.key_positions))


def codes(words: Iterable[str]) -> str:
    return " ".join(f"`{word}`" for word in words)


def escape(text: str) -> str:
    """Text that Markdown leaves as it is, in a table too. What stands between backticks is left alone."""
    parts = text.split("`")
    parts[::2] = [part.translate(str.maketrans({sign: f"\\{sign}" for sign in "<>*_|[]"})) for part in parts[::2]]
    return "`".join(parts).replace("\n", " ")


# --- syntax ----------------------------------------------------------------------------------------------------------


def syntax(arguments: Iterable[Argument]) -> Iterator[str]:
    """Each argument as a syntax line shows it: ``[x]`` may be left out, ``a | b`` is a choice, ``...`` may be repeated."""
    for argument in arguments:
        once = one(argument)
        if argument.multiple:
            again = once if argument.multiple_token or not argument.token else bare(argument)
            once = f"{once} [{again} ...]" if len(again) <= LONGEST_TWICE else f"{once} ..."
        yield f"[{once}]" if argument.optional else once


def one(argument: Argument) -> str:
    if argument.type == "pure-token":
        return argument.token
    return f"{argument.token} {bare(argument)}".strip() if argument.token else bare(argument)


def bare(argument: Argument) -> str:
    """The argument without its token. A choice that nothing encloses is bracketed."""
    if argument.type == "block":
        return " ".join(syntax(argument.arguments))
    if argument.type == "oneof":
        parts = " | ".join(syntax(argument.arguments))
        return parts if argument.optional and not argument.token and not argument.multiple else f"<{parts}>"
    return argument.display_text


# --- keys ------------------------------------------------------------------------------------------------------------


def key_place(spec: KeySpec) -> str:
    """Where keys stand, in words, and what happens to them."""
    return f"{place(spec)}: {codes(spec.flags)}"


def place(spec: KeySpec) -> str:
    begin, find = spec.begin, spec.find
    if begin is None or find is None:
        return "where no rule tells"
    if isinstance(begin, AfterKeyword):
        first = f"behind `{begin.keyword}`"
        if isinstance(find, KeyRange) and find.last < 0:
            return f"{first}, the first half of what follows" if find.limit == 2 else f"{first}, all that follow"
        return first
    assert isinstance(begin, AtIndex)
    if isinstance(find, KeyCount):
        every = ", every second one" if find.step == 2 else ""
        return f"as many as argument {begin.position} says, behind it{every}"
    if find.last == 0:
        return f"argument {begin.position}"
    if find.last > 0:
        return f"arguments {begin.position} to {begin.position + find.last}"
    last = "the last" if find.last == -1 else "the last but one"
    every = ", every second one" if find.step == 2 else ""
    return f"arguments {begin.position} to {last}{every}"
