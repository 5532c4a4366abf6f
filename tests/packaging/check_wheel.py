"""The wheel in dist/ (`make wheel`): what is in it, and that it serves where there is no compiler.

Not collected by itself, since the wheel has to be built first: `make soak` names this file. pip fetches lupa.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.support.resp import Connection
from tests.support.servers import REPOSITORY, eventually, free_port

LARGEST = 6_000_000
SLOWEST = 10.0
"""Seconds from the beginning of the installation to the first answer."""


@pytest.fixture
def wheel() -> Path:
    [found] = (REPOSITORY / "dist").glob("kvik-*.whl")
    return found


def test_what_is_in_it(wheel: Path):
    assert "manylinux" in wheel.name
    assert wheel.stat().st_size < LARGEST
    with zipfile.ZipFile(wheel) as archive:
        content = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    top = {name.partition("/")[0] for name in content}
    assert {name for name in top if not name.endswith(".dist-info")} == {"kvik"}
    assert {Path(name).suffix for name in content if name.startswith("kvik/")} == {".py", ".pxd", ".pyi", ".so", ".typed"}
    here = [os.fsencode(path) for path in (REPOSITORY, Path.home(), sys.base_prefix) if len(str(path)) > 5]
    assert [name for name, data in content.items() if any(path in data for path in here)] == []
    pairs = {path.with_suffix("").relative_to(REPOSITORY / "src") for path in (REPOSITORY / "src").rglob("*.pxd")
             if path.with_suffix(".py").exists()}    # fmt: skip
    compiled = {name.partition(".")[0] for name in content if name.endswith(".so")}
    assert compiled == {str(pair) for pair in pairs}


def test_serves_without_a_compiler(wheel: Path, tmp_path: Path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    programs = tmp_path / "venv/bin"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    environment["PATH"] = str(programs)
    assert not any(shutil.which(name, path=str(programs)) for name in ("cc", "gcc", "clang"))
    port = free_port()

    begin = time.monotonic()
    install = [programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel]
    subprocess.run(install, env=environment, cwd=tmp_path, check=True)
    command = [programs / "kvik-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", tmp_path]
    server = subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        found: list[Connection] = []

        def answers() -> bool:
            assert server.poll() is None
            try:
                found.append(Connection(("127.0.0.1", port)))
            except OSError:
                return False
            return True

        eventually(answers)
        assert found[0]("PING") == "PONG"
        took = time.monotonic() - begin
        assert found[0]("EVAL", "return redis.call('INCR', KEYS[1])", 1, "visits") == 1
    finally:
        server.terminate()
        server.wait()
    print(f"installed and serving in {took:.1f} s")
    assert took < SLOWEST
