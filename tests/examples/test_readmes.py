"""What the examples' READMEs and docs/uses.md show is what the programs print and say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers import REPOSITORY

EXAMPLES = REPOSITORY / "examples"
READMES = {path.parent.name: path.read_text() for path in sorted(EXAMPLES.glob("*/README.md"))}
RUN = re.compile(r"^```console\n\$ python (examples/\w+/\w+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = [pytest.param(*run, id=run[0]) for text in READMES.values() for run in RUN.findall(text)]
USES = (REPOSITORY / "docs/uses.md").read_text()
SECTIONS = re.findall(r"^## .*?(?=^## |\Z)", USES, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("program", "output"), SHOWN)
def test_programs_that_bring_their_server_along(program: str, output: str, tmp_path: Path):
    command, environment = [sys.executable, str(REPOSITORY / program)], {**os.environ, "PYTHONPATH": str(REPOSITORY / "src")}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert ran.stderr == ""
    assert ran.stdout == output


def test_all_are_looked_at():
    assert len(READMES) == len(SECTIONS) == 9
    assert len(SHOWN) == 5
    for name in READMES:
        assert f"]({name}/)" in (EXAMPLES / "README.md").read_text()
        assert f"](../examples/{name}/)" in USES
        assert (REPOSITORY / f"tests/examples/test_{name}.py").exists()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda text: text.splitlines()[0])
def test_the_lines_shown_are_the_lines_of_the_examples(section: str):
    """In their order within a block; an ellipsis stands for some that are left out."""
    [name] = re.findall(r"\]\(\.\./examples/(\w+)/\)", section)
    source = "\n".join(path.read_text() for path in sorted((EXAMPLES / name).glob("*.py")))
    lines = [line.strip() for line in source.splitlines()]
    blocks = re.findall(r"^```(?:python|lua)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        ahead = iter(lines)
        for line in filter(None, map(str.strip, block.splitlines())):
            assert line == "..." or line in ahead
