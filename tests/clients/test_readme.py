"""What the README shows is what happens. (The package index has a test of its own: test_package_index.py.)"""

from __future__ import annotations

import code
import contextlib
import io
import re
import subprocess
import sys

import pytest

from tests.clients.conftest import tool_path
from tests.support.servers import REPOSITORY, ServerProcess, fresh

README = (REPOSITORY / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands(block: str, prompt: str) -> list[tuple[str, str]]:
    """Each command behind the prompt, and the output that is shown for it."""
    parts = re.split(rf"^{re.escape(prompt)} (.*)\n", block, flags=re.MULTILINE)
    assert parts[0] == ""
    return list(zip(parts[1::2], parts[2::2], strict=True))


SHELL = [each for block in blocks("console") for each in commands(block, "$")]
CLI = [each for each in SHELL if each[0].startswith("redis-cli ")]
STARTS = [each for each in SHELL if each[0].startswith("kvik-server ")]


def test_redis_cli(kvik: ServerProcess) -> None:
    """As in a terminal, where --no-raw is the default."""
    fresh(kvik, 2).close()
    assert len(CLI) >= 5
    for command, shown in CLI:
        words = [tool_path("redis-cli"), "-p", str(kvik.port), "--no-raw", *command.split()[1:]]
        result = subprocess.run(words, capture_output=True, text=True, timeout=30)
        assert result.stdout.rstrip("\n") == shown.rstrip("\n"), command


def test_redis_py(kvik: ServerProcess) -> None:
    fresh(kvik, 2).close()
    [block] = blocks("pycon")
    console = code.InteractiveConsole()
    for statement, shown in commands(block, ">>>"):
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            assert not console.push(statement.replace("redis.Redis(", f"redis.Redis(port={kvik.port}, "))
        assert output.getvalue() == shown, statement
    console.push("r.close()")


@pytest.mark.parametrize(("command", "shown"), STARTS)
def test_refusing_to_start(command: str, shown: str) -> None:
    words = [sys.executable, "-m", "kvik", *command.split()[1:]]
    result = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, timeout=30)
    assert result.returncode == 1
    assert (result.stdout + result.stderr).lstrip("\n") == shown


def test_all_of_it_is_looked_at() -> None:
    rest = {command.split()[0] for command, _ in SHELL} - {"redis-cli", "kvik-server"}
    assert rest == {"python"}, "shown, but not tested"
    assert "<!-- transcript" not in README
