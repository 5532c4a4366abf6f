"""Tables: what every measurement returns, and how they are printed, written as Markdown and as JSON.

A measurement returns `Section`s and knows nothing of the output; the output knows nothing of what was
measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Section:
    """One table with a heading, the notes below it, and the raw figures it was made from."""

    title: str
    columns: Sequence[str]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)
    raw: Any = None  # anything that JSON can hold


def number(value: float) -> str:
    """Three significant digits without an exponent: 0.137, 8.52, 71.6, 1240."""
    magnitude = abs(value)
    if magnitude == 0:
        return "0"
    for limit, digits in ((1, 3), (10, 2), (100, 1)):
        if magnitude < limit:
            return f"{value:.{digits}f}"
    return f"{value:,.0f}"


def joined(values: Iterable[float]) -> str:
    """One figure a server, in the order of the column's heading."""
    return " / ".join(number(value) for value in values)


def terminal_table(section: Section) -> str:
    widths = [
        max(len(row[column]) for row in (section.columns, *section.rows))
        for column in range(len(section.columns))
    ]
    lines = [section.title, ""]
    for row in (section.columns, ["-" * width for width in widths], *section.rows):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if section.notes:
        lines += ["", *(f"* {note}" for note in section.notes)]
    return "\n".join([*lines, ""])


def markdown_table(section: Section) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    lines = [f"### {section.title}", "", line(section.columns), line(["---"] * len(section.columns))]
    lines += [line(row) for row in section.rows]
    if section.notes:
        lines += ["", *(f"- {note}" for note in section.notes)]
    return "\n".join([*lines, ""])


def markdown(conditions: Mapping[str, str], sections: Sequence[Section]) -> str:
    """Ready to be included in docs/benchmarks.md, below a heading of that page's own."""
    head = Section("Conditions", ("what", "value"), [[key, value] for key, value in conditions.items()])
    return "\n".join(markdown_table(section) for section in (head, *sections))


def write_markdown(path: Path, conditions: Mapping[str, str], sections: Sequence[Section]) -> None:
    path.write_text(markdown(conditions, sections))


def write_json(path: Path, conditions: Mapping[str, str], sections: Sequence[Section]) -> None:
    measured = [{"title": section.title, "raw": section.raw} for section in sections]
    path.write_text(json.dumps({"conditions": conditions, "sections": measured}, indent=1) + "\n")
