"""What the README shows is what happens. (The package index has a test of its own: test_package_index.py.)"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.clients.conftest import tool_path
from tests.support.pages import blocks, commands, run_cli, run_python
from tests.support.servers import REPOSITORY, ServerProcess, fresh

README = (REPOSITORY / "README.md").read_text()


SHELL = [each for block in blocks("README.md", "console") for each in commands(block, "$")]
CLI = [each for each in SHELL if each[0].startswith("redis-cli ")]
STARTS = [each for each in SHELL if each[0].startswith("kvik-server ")]


def test_redis_cli(kvik: ServerProcess) -> None:
    fresh(kvik, 2).close()
    assert len(CLI) >= 5
    for command, shown in CLI:
        assert run_cli(tool_path("redis-cli"), kvik, command).rstrip("\n") == shown.rstrip("\n"), command


def test_redis_py(kvik: ServerProcess) -> None:
    fresh(kvik, 2).close()
    # What imports kvik is tests/embed/test_docs.py's.
    [block] = [each for each in blocks("README.md", "pycon") if "import kvik" not in each]
    connect = f"redis.Redis(port={kvik.port}, "
    ran = run_python(block + ">>> r.close()\n", lambda line: line.replace("redis.Redis(", connect))
    for statement, shown, output in ran:
        assert output == shown, statement


@pytest.mark.parametrize(("command", "shown"), STARTS)
def test_refusing_to_start(command: str, shown: str) -> None:
    words = [sys.executable, "-m", "kvik", *command.split()[1:]]
    result = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, timeout=30)
    assert result.returncode == 1
    assert (result.stdout + result.stderr).lstrip("\n") == shown


def test_all_of_it_is_looked_at() -> None:
    rest = {command.split()[0] for command, _ in SHELL} - {"redis-cli", "kvik-server"}
    assert rest == {"python"}, "shown, but not tested"
    assert "<!-- transcript" not in (REPOSITORY / "README.md").read_text()
