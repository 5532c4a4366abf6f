"""Values as a small picture of text, as LATENCY GRAPH shows them.

       #        Each column is a value. A row has three levels, ``_o#``; what a column is higher than it is filled
     _ |        with ``|``. Below stand the labels, from top to bottom.
    _| |
    3211
    ssss
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

_LEVELS: Final = "_o#"


def sparkline(values: Sequence[int], labels: Sequence[str], columns: int, rows: int) -> str:
    """Lines of at most so many columns; what is wider goes on below."""
    low, high = min(values), max(values)
    parts = [
        "".join(line + "\n" for line in _lines(values[at : at + columns], labels[at : at + columns], low, high, rows))
        for at in range(0, len(values), columns)
    ]
    return "\n".join(parts)


def _lines(values: Sequence[int], labels: Sequence[str], low: int, high: int, rows: int) -> Iterator[str]:
    steps = len(_LEVELS) * rows
    heights = [min(steps - 1, (value - low) * steps // (high - low or 1)) for value in values]
    for row in range(rows):
        bottom = (rows - row - 1) * len(_LEVELS)
        yield "".join(_cell(height - bottom) for height in heights)
    yield " " * len(values)
    for at in range(max(map(len, labels))):
        yield "".join(label[at] if at < len(label) else " " for label in labels)


def _cell(height: int) -> str:
    """What a column shows in a row that begins so far below its top."""
    if height < 0:
        return " "
    return _LEVELS[height] if height < len(_LEVELS) else "|"
