"""What docs/python-commands.md shows is what happens. (Its `pycon` block is tests/embed/test_docs.py's.)"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.clients.conftest import tool_path
from tests.support.pages import blocks, commands, run_cli
from tests.support.servers import ServerProcess

PAGE = "docs/python-commands.md"


def test_the_page(start: Callable[..., ServerProcess], tmp_path: Path) -> None:
    for block in blocks(PAGE, "python"):
        (tmp_path / block.splitlines()[0].removeprefix("# ")).write_text(block)
    shell = [each for block in blocks(PAGE, "console") for each in commands(block, "$")]
    (begin, shown), *rest = shell
    assert (begin, shown) == ("kvik-server --module limits.py", "")
    server = start("kvik", module=str(tmp_path / "limits.py"), enable_module_command="yes")
    with server.connect() as subscriber:
        subscriber("SUBSCRIBE", "leads:board:chess")
        for command, shown in rest:
            said = run_cli(tool_path("redis-cli"), server, command.replace("/path/to", str(tmp_path)))
            assert said.rstrip("\n") == shown.rstrip("\n"), command
        assert [subscriber.read()[2], subscriber.read()[2]] == [b"ann", b"bob"]
    assert len(rest) >= 14
