"""What the pages of the site show is what happens; and they name every command, directive and figure that there is.

(docs/embedding.md and docs/testing.md: tests/embed/test_docs.py; docs/python-commands.md: tests/scripting/test_docs.py; the
README: tests/clients/test_readme.py.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvik.commands.table import CommandTable
from kvik.server.directives import DIRECTIVES
from scripts.docs import command_pages, directive_pages
from scripts.docs.directive_notes import NOTES, ONLY_REPEATED
from tests.docs.terminal import Terminal
from tests.support.pages import commands, run_python, shown
from tests.support.servers import REPOSITORY, ServerProcess

RUN = ("getting-started", "scripting", "operations", "migration", "not-for", "persistence", "client-side-caching")
SERVER = "kvik-server --port 6379 --dir /var/lib/kvik --daemonize yes"
CHANGING = re.compile(
    r"^\d+:(?P<role>[MC]) \d\d \w{3} \d{4} [\d:.]{12}|^\d+:signal-handler \(\d+\)|(?<=pid=)\d+|(?<=by pid )\d+"
    r"|(?<=version=)[\w.]+|(?<=Kvik )[\d.]+$|(?<=kvik_version:)[\w.]+|(?<=usage when created )[\d.]+|(?<=RDB age )\d+"
    r"|[\d.]+(?= seconds$)|(?<=address )0x[0-9a-f]+",
    re.MULTILINE,
)
"""What is another in each run: times, process ids, versions, sizes."""


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize("page", RUN)
def test_transcripts(page: str, terminal: Terminal):
    path = f"docs/{page}.md"
    text = (REPOSITORY / path).read_text()
    if "$ kvik-server --port 6379" not in text and "$ kvik-server /etc" not in text:
        assert terminal.run(SERVER) == ""
    for language, block in shown(path, "console", "pycon"):
        if language == "console":
            ran = [(command, output, terminal.run(command)) for command, output in commands(block, "$")]
        else:
            ran = run_python(block, terminal.adjust)
        for command, output, came in ran:
            assert settled(came) == settled(output), command


def settled(output: str) -> str:
    return "\n".join(line.rstrip() for line in CHANGING.sub("...", output).splitlines())


def test_all_transcripts_are_run():
    elsewhere = {"embedding", "python-commands", "testing"}
    with_some = {path.stem for path in (REPOSITORY / "docs").glob("*.md") if shown(f"docs/{path.name}", "console", "pycon")}
    assert with_some - elsewhere == set(RUN)


def test_every_command_has_its_place():
    table = CommandTable()
    pages = command_pages.pages(table)
    index = pages["commands/index.md"]
    for command in table:
        words = command.name.upper().replace("|", " ")
        page = pages[command_pages.path((command.container or command).spec.group)]
        [found] = re.findall(rf"^##{'#' if command.container else ''} {re.escape(words)}\n\n(.*)$", page, re.MULTILINE)
        assert found == command_pages.escape(command.spec.summary)
        assert not command.spec.handler or f"\n{words}" in page.replace(f"# {words}", "")
        assert command.container or f"[{words}]({command.spec.group}.md#{command_pages.anchor(words)})" in index


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("getrange", "key start end"),
        ("set", "key value [NX | XX | IFEQ comparison-value] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds"
                " | PXAT unix-time-milliseconds | KEEPTTL]"),
        ("sort", "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]"
                 " [STORE destination]"),
        ("xadd", "key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value"
                 " [field value ...]"),
        ("zunionstore", "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]"),
    ],
)  # fmt: skip
def test_syntax(name: str, line: str):
    command = CommandTable().find(name)
    assert command is not None
    assert " ".join(command_pages.syntax(command.spec.arguments)) == line


def test_places_of_keys():
    table = CommandTable()
    for name, places in {
        "get": ["argument 1"],
        "mset": ["arguments 1 to the last, every second one"],
        "blpop": ["arguments 1 to the last but one"],
        "smove": ["argument 1", "argument 2"],
        "xread": ["behind `STREAMS`, the first half of what follows"],
        "zunionstore": ["argument 1", "as many as argument 2 says, behind it"],
        "ping": [],
    }.items():
        command = table.find(name)
        assert command is not None
        assert [command_pages.place(each) for each in command.spec.keys] == places, name


def test_every_directive_has_its_place():
    page = directive_pages.page(DIRECTIVES)
    for directive in DIRECTIVES:
        [row] = re.findall(rf"^\| `{directive.name}`.*$", page, re.MULTILINE)
        assert all(f"`{alias}`" in row for alias in directive.aliases)
        assert ("*fixed*" in row) == (not directive.mutable)


def test_what_has_no_effect_is_said():
    """A directive has a note if the source reads it; it stands under "without effect" if nobody does."""
    tables = {"directives.py", "directive_specials.py", "directive_types.py"}
    source = "".join(path.read_text() for path in (REPOSITORY / "src").rglob("*.py") if path.name not in tables)
    source = source.replace('f"shutdown-on-{name.lower()}"', '"shutdown-on-sigterm" "shutdown-on-sigint"')
    read = {directive.name for directive in DIRECTIVES if f'"{directive.name}"' in source}
    told = {name for notes in NOTES.values() for name in notes}
    assert told == read - ONLY_REPEATED - {"aclfile"}      # which the start warns of


def test_what_to_watch_is_there():
    text = (REPOSITORY / "docs/operations.md").read_text()
    table = text[text.index("## What to watch") : text.index("## When it crashes")]
    named = set(re.findall(r"`([a-z_]+)`", "".join(line.split("|")[1] for line in table.splitlines() if "|" in line)))
    with ServerProcess("kvik", appendonly="yes") as server:
        info = server.connect()("INFO", "everything").decode()
    assert len(named) >= 25
    assert named <= {line.partition(":")[0] for line in info.splitlines()}


def test_what_scripts_have_is_said(kvik: ServerProcess):
    libraries = kvik.connect()(
        "EVAL",
        "local found = {} for name, value in pairs(_G) do if type(value) == 'table' then found[#found + 1] = name end end "
        "return found",
        0,
    )
    text = (REPOSITORY / "docs/scripting.md").read_text()
    assert {name.decode() for name in libraries} <= set(re.findall(r"\b\w+\b", text))


def test_what_is_missing_is_said(kvik: ServerProcess, oracle: ServerProcess):
    names = [{each[0] for each in server.connect()("COMMAND")} for server in (kvik, oracle)]
    text = (REPOSITORY / "docs/not-for.md").read_text()
    [paragraph] = re.findall(r"^Of Valkey 9\.1\.2's commands.*?\n\n", text, re.MULTILINE | re.DOTALL)
    listed = {name.lower() for name in re.findall(r"`([A-Z-]+)`", paragraph)}
    assert listed == {name.decode() for name in names[1] - names[0]}
