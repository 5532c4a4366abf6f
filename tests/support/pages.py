"""What pages show: the blocks of code in Markdown, and the commands in them with the output behind each."""

from __future__ import annotations

import code
import contextlib
import io
import re
import subprocess
from collections.abc import Callable

from tests.support.servers import REPOSITORY, ServerProcess


def shown(path: str, *languages: str) -> list[tuple[str, str]]:
    """The code blocks of a page in any of these languages, in order: language and text."""
    text = (REPOSITORY / path).read_text()
    return re.findall(rf"^```({'|'.join(languages)})\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def blocks(path: str, language: str) -> list[str]:
    """The code blocks of a page in one language, in order."""
    return [block for _, block in shown(path, language)]


def commands(block: str, prompt: str) -> list[tuple[str, str]]:
    """Each command behind the prompt, and the output that is shown for it.

    Lines that go on with ``> `` (behind ``$``) or ``... `` (behind ``>>>``) belong to the command.
    """
    more = "> " if prompt == "$" else "... "
    parts = re.split(rf"^({re.escape(prompt)} .*\n(?:{re.escape(more)}.*\n|{more.strip()}\n)*)", block, flags=re.MULTILINE)
    assert parts[0] == "", f"what comes before the first command? {parts[0]!r}"
    typed = ["\n".join(re.sub(r"^\S+ ?", "", line) for line in part.splitlines()) for part in parts[1::2]]
    return list(zip(typed, parts[2::2], strict=True))


def run_python(block: str, adjust: Callable[[str], str] = str) -> list[tuple[str, str, str]]:
    """Run a session of Python: of each statement itself, the output that is shown, and what came out."""
    console = code.InteractiveConsole()
    found = []
    for statement, shown in commands(block, ">>>"):
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            more = False
            for line in adjust(statement).split("\n"):
                more = console.push(line)
            if more:
                console.push("")
        found.append((statement, shown, output.getvalue()))
    return found


def run_cli(path: str, server: ServerProcess, command: str) -> str:
    """What `redis-cli ...` shows in a terminal, where --no-raw is the default."""
    words = [path, "-p", str(server.port), "--no-raw", *command.split()[1:]]
    return subprocess.run(words, capture_output=True, text=True, timeout=30).stdout
