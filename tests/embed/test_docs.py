"""What the documents show of servers in a process is what happens."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from tests.support.pages import blocks

pytest_plugins = ["pytester"]

SHOWN = [
    pytest.param(block, id=f"{path}-{number}")
    for path in ("docs/embedding.md", "docs/python-commands.md", "docs/testing.md", "README.md")
    for number, block in enumerate(blocks(path, "pycon"))
    if "import kvik" in block
]


@pytest.mark.parametrize("block", SHOWN)
def test_sessions(block: str, tmp_path: Path):
    block = block.replace("/tmp/kvik-example", str(tmp_path))
    shown = doctest.DocTestParser().get_doctest(block, {}, "shown", None, 0)
    said: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    outcome = runner.run(shown, out=said.append)
    assert outcome.attempted > 0
    assert outcome.failed == 0, "".join(said)


def test_all_sessions_are_looked_at():
    assert len(SHOWN) >= 7


def test_the_fixtures(pytester: pytest.Pytester):
    test, conftest = blocks("docs/testing.md", "python")
    pytester.makeconftest("import pytest\n" + conftest)
    pytester.makepyfile(test)
    result = pytester.runpytest_subprocess("-p", "kvik", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)


def test_asyncio(pytester: pytest.Pytester):
    [block] = blocks("docs/embedding.md", "python")
    lines = "".join(f"    {line}\n" for line in block.splitlines())
    code = f"import asyncio, kvik\nasync def main():\n{lines}        print(await r.get('greeting'))\nasyncio.run(main())\n"
    result = pytester.runpython_c(code)
    assert result.outlines == ["hello"]
