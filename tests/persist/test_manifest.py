"""Manifests: what is written is read again, and what makes no sense is refused with line and reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvik.persist.manifest import HISTORY, INCREMENT, LogFile, Manifest, ManifestError, parse, read, write

WHOLE = (
    "file appendonly.aof.2.base.rdb seq 2 type b\n"
    "file appendonly.aof.1.incr.aof seq 1 type h\n"
    "file appendonly.aof.2.incr.aof seq 2 type i\n"
    "file appendonly.aof.3.incr.aof seq 3 type i\n"
)


def test_what_it_says() -> None:
    manifest = parse(WHOLE, "m")
    assert [each.name for each in manifest.files] == [
        "appendonly.aof.2.base.rdb", "appendonly.aof.2.incr.aof", "appendonly.aof.3.incr.aof"
    ]  # fmt: skip
    assert [each.name for each in manifest.history] == ["appendonly.aof.1.incr.aof"]
    assert (manifest.base_sequence, manifest.increment_sequence) == (2, 3)
    assert manifest.text() == WHOLE


def test_comments_other_words_and_case() -> None:
    manifest = parse("# by hand\nFILE x.aof SEQ 7 TYPE i startoffset 5 endoffset 9\n", "m")
    assert manifest.increments == [LogFile("x.aof", 7, INCREMENT)]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 0, "the manifest is empty"),
        ("\n", 1, "an empty line"),
        ("file x seq 1 type b", 1, "the last line does not end"),
        ("file x seq 1\n", 1, "a line has the form"),
        ("file x seq 1 type\n", 1, "a line has the form"),
        ('file "x seq 1 type b\n', 1, "a line has the form"),
        ("file x seq 1 type q\n", 1, "an unknown type of file"),
        ("file x seq 0 type b\n", 1, "no sequence number"),
        ("file x seq -1 type b\n", 1, "no sequence number"),
        ("file x seq 99999999999999999999 type b\n", 1, "no sequence number"),
        ("file ../x seq 1 type b\n", 1, "no file name, or one that is a path"),
        ("file .. seq 1 type b\n", 1, "no file name, or one that is a path"),
        ('file "" seq 1 type b\n', 1, "no file name, or one that is a path"),
        ("name x seq 1 type b\n", 1, "no file name, or one that is a path"),
        ("file x seq 1 type b\nfile y seq 2 type b\n", 2, "a second base file"),
        ("file x seq 2 type i\nfile y seq 2 type i\n", 2, "a sequence number that is not greater"),
        ("file " + "x" * 1100 + " seq 1 type b\n", 1, "the line is too long"),
    ],
)
def test_what_is_refused(text: str, line: int, reason: str) -> None:
    with pytest.raises(ManifestError, match=reason) as refused:
        parse(text, "m")
    assert refused.value.line == line


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0\n"), min_size=1, max_size=40
).filter(lambda name: name not in (".", ".."))  # fmt: skip


@given(st.lists(NAMES, max_size=5), st.lists(NAMES, max_size=3), st.one_of(st.none(), NAMES))
def test_what_is_written_is_read(increments: list[str], history: list[str], base: str | None) -> None:
    manifest = Manifest(
        LogFile(base, 4, "b") if base else None,
        [LogFile(name, number, INCREMENT) for number, name in enumerate(increments, 1)],
        [LogFile(name, 9, HISTORY) for name in history],
    )
    if manifest.text():
        again = parse(manifest.text(), "m")
        assert (again.base, again.increments, again.history) == (manifest.base, manifest.increments, manifest.history)


def test_its_place_is_taken_whole(tmp_path: Path) -> None:
    assert read(str(tmp_path / "m")) is None
    for text in (WHOLE, WHOLE.replace("3", "4")):
        write(parse(text, "m"), str(tmp_path), "m")
        assert (tmp_path / "m").read_text() == text
        assert [each.name for each in tmp_path.iterdir()] == ["m"]


def test_a_life() -> None:
    """As files come and go: each rewrite leaves a base and what is appended to."""
    manifest = Manifest()
    manifest.new_base("a", ".rdb")
    manifest.new_increment("a")
    for number in range(2, 5):
        manifest.new_increment("a")
        manifest.new_base("a", ".rdb")
        manifest.retire_increments(keep_last=True)
        assert [each.name for each in manifest.files] == [f"a.{number}.base.rdb", f"a.{number}.incr.aof"]
        assert {each.name for each in manifest.history} >= {f"a.{number - 1}.base.rdb", f"a.{number - 1}.incr.aof"}
    manifest.retire_increments(keep_last=False)
    assert [each.name for each in manifest.files] == ["a.4.base.rdb"]
