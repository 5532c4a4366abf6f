"""The manifest of an append-only file: which files it consists of, in which order.

    appendonlydir/
        appendonly.aof.manifest         file appendonly.aof.2.base.rdb seq 2 type b
                                        file appendonly.aof.1.incr.aof seq 1 type h
                                        file appendonly.aof.2.incr.aof seq 2 type i
        appendonly.aof.2.base.rdb       the data set as it was when it was last rewritten
        appendonly.aof.2.incr.aof       what has changed since; there may be several, the last is being appended to
        appendonly.aof.1.incr.aof       history: to be deleted

A manifest is never changed in place: a new one is written beside it, made to last, and renamed. So the log is at any
moment what the old one says or what the new one says.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final, NamedTuple

from kvik.persist.replace_file import replace_file
from kvik.server.config_text import QuoteError, quote, split_arguments

BASE: Final = "b"
HISTORY: Final = "h"
INCREMENT: Final = "i"
LINE_MAX: Final = 1024
TEMPORARY: Final = "temp-"


class ManifestError(Exception):
    """A manifest cannot be understood: at which line, and why."""

    def __init__(self, path: str, line: int, text: str, reason: str) -> None:
        self.line = line
        self.text = text
        super().__init__(f"{path}, line {line}: {reason}: '{text}'")


class LogFile(NamedTuple):
    name: str
    sequence: int
    kind: str

    def line(self) -> str:
        plain = self.name.isascii() and self.name.isprintable() and not set(self.name) & set(" \"'\\")
        return f"file {self.name if plain else quote(self.name)} seq {self.sequence} type {self.kind}\n"


class Manifest:
    def __init__(
        self, base: LogFile | None = None, increments: Iterable[LogFile] = (), history: Iterable[LogFile] = ()
    ) -> None:
        self.base = base
        self.increments = list(increments)
        self.history = list(history)
        self.base_sequence = 0
        """The highest that was given to any base so far,"""
        self.increment_sequence = 0
        """and to any other."""

    @property
    def is_empty(self) -> bool:
        return self.base is None and not self.increments

    @property
    def files(self) -> list[LogFile]:
        """What is to be loaded, in this order."""
        return [*([self.base] if self.base else []), *self.increments]

    def copy(self) -> Manifest:
        copied = Manifest(self.base, self.increments, self.history)
        copied.base_sequence, copied.increment_sequence = self.base_sequence, self.increment_sequence
        return copied

    def text(self) -> str:
        lines = [self.base.line()] if self.base else []
        lines += [each.line() for each in self.history]
        lines += [each.line() for each in self.increments]
        return "".join(lines)

    def new_base(self, prefix: str, suffix: str) -> LogFile:
        """Replace the base; the old one becomes history."""
        if self.base is not None:
            self.history.insert(0, self.base._replace(kind=HISTORY))
        self.base_sequence += 1
        self.base = LogFile(f"{prefix}.{self.base_sequence}.base{suffix}", self.base_sequence, BASE)
        return self.base

    def new_increment(self, prefix: str) -> LogFile:
        self.increment_sequence += 1
        fresh = LogFile(f"{prefix}.{self.increment_sequence}.incr.aof", self.increment_sequence, INCREMENT)
        self.increments.append(fresh)
        return fresh

    def retire_increments(self, *, keep_last: bool) -> None:
        """They are in the base now: all, or all but the one that is being appended to."""
        gone = self.increments[:-1] if keep_last else self.increments
        for each in gone:
            self.history.insert(0, each._replace(kind=HISTORY))
        self.increments = self.increments[len(gone):]


def parse(text: str, path: str) -> Manifest:
    """A manifest from its text; ManifestError if it is none."""
    manifest = Manifest()
    if not text:
        raise ManifestError(path, 0, "", "the manifest is empty")
    for number, line in enumerate(text.split("\n"), 1):
        if number > text.count("\n"):
            if line:
                raise ManifestError(path, number, line[:80], "the last line does not end")
            break
        if line.startswith("#"):
            continue
        if not line or len(line) > LINE_MAX:
            raise ManifestError(path, number, line[:80], "an empty line" if not line else "the line is too long")
        try:
            words = split_arguments(line)
        except QuoteError:
            words = []
        if len(words) < 6 or len(words) % 2:
            raise ManifestError(path, number, line, "a line has the form: file <name> seq <number> type <b|h|i>")
        _add(manifest, dict(zip((word.lower() for word in words[::2]), words[1::2], strict=True)), path, number, line)
    return manifest


def _add(manifest: Manifest, found: dict[str, str], path: str, number: int, line: str) -> None:
    name, sequence, kind = found.get("file", ""), found.get("seq", ""), found.get("type", "")
    if not name or os.path.basename(name) != name or name in (".", ".."):
        raise ManifestError(path, number, line, "no file name, or one that is a path")
    if not (sequence.isascii() and sequence.isdigit() and 0 < int(sequence) < 2**63):
        raise ManifestError(path, number, line, "no sequence number")
    each = LogFile(name, int(sequence), kind)
    if kind == BASE:
        if manifest.base is not None:
            raise ManifestError(path, number, line, "a second base file")
        manifest.base = each
        manifest.base_sequence = each.sequence
    elif kind == HISTORY:
        manifest.history.append(each)
    elif kind == INCREMENT:
        if each.sequence <= manifest.increment_sequence:
            raise ManifestError(path, number, line, "a sequence number that is not greater than the one before")
        manifest.increments.append(each)
        manifest.increment_sequence = each.sequence
    else:
        raise ManifestError(path, number, line, "an unknown type of file")


def read(path: str) -> Manifest | None:
    """The manifest at this path, None if there is none. ManifestError, OSError."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            text = file.read()
    except FileNotFoundError:
        return None
    return parse(text, path)


def write(manifest: Manifest, directory: str, name: str) -> None:
    """Put it in the place of the old one, whatever happens meanwhile. OSError; then the old one holds."""
    data = manifest.text().encode("utf-8", "surrogateescape")
    replace_file(os.path.join(directory, name), data, os.path.join(directory, TEMPORARY + name))
