"""The page of configuration directives, from the server's own table; `hook` hands it to MkDocs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from kvik.server.directive_types import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, UINT_MAX, ULONG_MAX, DirectiveType
from kvik.server.directives import DEPRECATED, Directive
from scripts.docs.command_pages import escape
from scripts.docs.directive_notes import NOTES

INTRODUCTION: Final = """\
# Configuration

`kvik-server` takes redis-server's configuration file, its options (`--name value`) and `CONFIG GET`, `SET`, `REWRITE` and
`RESETSTAT`. Names, types, ranges, defaults and what may change at run time are Valkey 9.1.2's.

```text
# /etc/kvik/kvik.conf
bind 127.0.0.1
maxmemory 2gb
maxmemory-policy allkeys-lru
appendonly yes
```

    kvik-server /etc/kvik/kvik.conf --port 6380

A line is a name and its values; a value with spaces stands in quotes; `#` begins a comment. Sizes are in bytes, or in `k`,
`m`, `g` (thousands) and `kb`, `mb`, `gb` (of 1,024). `include other.conf` reads another file, `rename-command NAME OTHER`
gives a command another name ([Looking inside](insight.md#other-names-for-commands)). What comes later overrides what came
before, options override the file. A directive that nobody knows stops the start and names the nearest one; so does a value
that is not acceptable.

*fixed*: only in the file or as an option; all others can be set while the server runs. *protected*: set at run time only if
`enable-protected-configs` allows it. *secret*: logs show `(redacted)`. In brackets: other names for the same.
"""

WITHOUT_EFFECT: Final = """\
## Accepted, without effect

So that the configuration file of another server can stay as it is, these are known, checked, shown by `CONFIG GET` and kept
by `CONFIG REWRITE`. They steer what is not there (replication, cluster, TLS, ACL files: see
[What Kvik is not for](not-for.md)) or what works otherwise here (threads, the allocator). Nothing they ask for happens: a
server that is told `tls-port 6380` listens on no such port. The same holds for lines `user`.
"""

DEPRECATED_NOTE: Final = "Of the past, and accepted in a file: "


def page(directives: Sequence[Directive]) -> str:
    by_name = {directive.name: directive for directive in directives}
    lines = [INTRODUCTION]
    for topic, notes in NOTES.items():
        lines += [f"## {topic}", "", "| directive | default | takes | |", "|---|---|---|---|"]
        lines += [row(by_name.pop(name), note) for name, note in notes.items()]
        lines.append("")
    lines += [WITHOUT_EFFECT, "| directive | default | takes |", "|---|---|---|"]
    lines += [row(directive) for directive in sorted(by_name.values(), key=lambda directive: directive.name)]
    lines += ["", DEPRECATED_NOTE + ", ".join(f"`{name}`" for name in sorted(DEPRECATED)) + "."]
    return "\n".join(lines) + "\n"


def row(directive: Directive, note: str | None = None) -> str:
    name = f"`{directive.name}`{{: #{directive.name} }}"
    if directive.aliases:
        name += f" ({', '.join(f'`{alias}`' for alias in directive.aliases)})"
    cells = [name, f"`{directive.default}`" if directive.default else "", escape(takes(directive.type))]
    marks = ", ".join(f"*{mark}*" for mark in traits(directive))
    if note is not None:
        cells.append(f"{note} {marks}".strip())
    elif marks:
        cells[-1] += f"; {marks}"
    return f"| {' | '.join(cells)} |"


def traits(directive: Directive) -> Iterator[str]:
    if not directive.mutable:
        yield "fixed"
    if directive.protected:
        yield "protected"
    if directive.sensitive:
        yield "secret"


def takes(kind: DirectiveType[Any]) -> str:
    """The type in its own words, the ends of integer types left out."""
    text = kind.describe()
    low, high = getattr(kind, "low", None), getattr(kind, "high", None)
    if low is None or high is None:
        return text.replace("one argument; put it in quotes if it holds spaces", "text")
    what = text.partition(" from ")[0].partition(", with a unit")[0]
    if high not in (INT_MAX, LONG_MAX, UINT_MAX, ULONG_MAX):
        return f"{what} from {low} to {high}"
    return what if low in (INT_MIN, LONG_MIN) else f"{what}, at least {low}"
