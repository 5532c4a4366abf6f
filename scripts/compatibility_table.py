"""Makes docs/compatibility.md: what was used with Kvik, in which version, in which ways, and whether it worked.

    python -m scripts.compatibility_table NOTES... > docs/compatibility.md

The notes are what tests/support/compatibility.py and scripts/redis_py_suite.py have written. See `make compatibility`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HEAD = """\
# What runs on Kvik

Unmodified software, as its users use it, on a Kvik server: real workers, failures and lost connections among it. Each use is
a test in `tests/clients`, which runs on Valkey as well (`make soak`). This page is made by `make compatibility`.

| what | version | uses, each a test or several | result |
|---|---|---|---|
"""
SOURCES = {"pypi": "Python", "npm": "Node.js", "command": "command"}


def result(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in ("passed", "failed", "skipped") if counts.get(outcome))


def row(note: dict[str, Any]) -> str:
    what = f"{note['name']} ({SOURCES[note['source']]})"
    return f"| {what} | {note['version']} | {'; '.join(note['uses'])} | {result(note['counts'])} |"


def main() -> int:
    notes: dict[str, dict[str, Any]] = {}
    for path in sys.argv[1:]:
        notes |= json.loads(Path(path).read_text())
    if not notes:
        print(__doc__, file=sys.stderr)
        return 2
    ordered = sorted(notes.values(), key=lambda note: (list(SOURCES).index(note["source"]), note["name"].lower()))
    sys.stdout.write(HEAD + "".join(f"{row(note)}\n" for note in ordered))
    return 0


if __name__ == "__main__":
    sys.exit(main())
