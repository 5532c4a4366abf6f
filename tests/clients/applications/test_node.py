"""Libraries of node's: node's own test runner runs each script in node/ once, and each test in there is one here.

The libraries are installed from package-lock.json when that has changed, into node/node_modules.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

FOLDER = Path(__file__).parent / "node"
LIBRARIES = {"node_redis": "redis", "ioredis": "ioredis", "bullmq": "bullmq", "connect_redis": "connect-redis"}
"""Script, package."""
TOOLS = ("node", "npm")
pytestmark = [
    pytest.mark.xdist_group("node"),
    pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="node and npm are missing: apt-get install nodejs npm"),
]


def names_in(script: str) -> list[str]:
    return re.findall(r'^ *test\(["`](.+?)["`],', (FOLDER / f"{script}.mjs").read_text(), re.M)


def cases() -> list[ParameterSet]:
    return [
        pytest.param(script, case, id=f"{script}-{case}", marks=pytest.mark.application(package, source="npm"))
        for script, package in LIBRARIES.items()
        for name in names_in(script)
        for case in ([name.replace("${RESP}", protocol) for protocol in "23"] if "${RESP}" in name else [name])
    ]


@pytest.fixture(scope="module")
def installed() -> None:
    """The packages of package-lock.json. Two runs may want them at the same time."""
    wanted = FOLDER / "package-lock.json"
    present = FOLDER / "node_modules" / ".installed-lock.json"
    with wanted.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not present.exists() or present.read_text() != wanted.read_text():
            subprocess.run(["npm", "ci"], cwd=FOLDER, check=True, capture_output=True, timeout=300)
            shutil.copy(wanted, present)


Outcome = dict[str, str]
"""By name of the test: what went wrong, or nothing."""


@pytest.fixture(scope="module")
def outcome(installed: None, url: str) -> Callable[[str], Outcome]:
    known: dict[str, Outcome] = {}

    def outcome(script: str) -> Outcome:
        if script not in known:
            known[script] = run_script(script, url)
        return known[script]

    return outcome


def run_script(script: str, url: str) -> Outcome:
    command = ["node", "--test", "--test-force-exit", "--test-timeout", "30000", "--test-reporter", "tap", f"{script}.mjs"]
    environment = {**os.environ, "KVIK_URL": url}
    result = subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=100)
    assert result.stdout, result.stderr
    parts = re.split(r"^(ok|not ok) \d+ - (.*)$", result.stdout, flags=re.M)
    return {name: "" if verdict == "ok" else details for verdict, name, details in zip(*[iter(parts[1:])] * 3, strict=True)}


@pytest.mark.parametrize(("script", "case"), cases())
def test_it(outcome: Callable[[str], Outcome], script: str, case: str) -> None:
    ran = outcome(script)
    assert case in ran, f"did not run; what did: {ran}"
    assert not ran[case], ran[case]
