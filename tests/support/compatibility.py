"""A pytest plugin that notes which software was used with Kvik, in which version, in which ways, and whether it worked.

    python -m pytest -p tests.support.compatibility --compatibility FILE tests/clients

Tests say whose users they are by `pytest.mark.application(name, source="pypi")`; the source is pypi, npm (the version is
that of node/package-lock.json) or command (the version is what it says itself). FILE gets a JSON object for each of them.
scripts/compatibility_table.py makes a page of it.
"""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

LOCK = Path(__file__).resolve().parents[1] / "clients" / "applications" / "node" / "package-lock.json"
PROPERTY = "application"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--compatibility", type=Path, help="write here what was used, in JSON")


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("compatibility")
    if path and not hasattr(config, "workerinput"):     # the workers of pytest-xdist report to whom has started them
        config.pluginmanager.register(Notes(path))


def version_of(name: str, source: str) -> str:
    if source == "npm":
        return str(json.loads(LOCK.read_text())["packages"][f"node_modules/{name}"]["version"])
    if source == "command":
        return subprocess.run([name, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    return importlib.metadata.version(name)


def use_of(item: pytest.Item) -> str:
    """What the test does, out of its name."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    name = getattr(item, "originalname", item.name)
    return str(parameters.get("case", name.removeprefix("test_").replace("_", " ")))


def is_of_kvik(item: pytest.Item) -> bool:
    return not hasattr(item, "callspec") or "oracle" not in (item.callspec.params.get(key) for key in ("server", "name"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    mark = item.get_closest_marker("application")
    if mark and is_of_kvik(item):
        source = mark.kwargs.get("source", "pypi")
        version = mark.kwargs.get("version") or version_of(mark.args[0], source)
        item.user_properties.append((PROPERTY, (mark.args[0], version, source, use_of(item))))


class Notes:
    """What the reports of the tests come to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, version, source, use in (value for key, value in report.user_properties if key == PROPERTY):
            if report.when == "call" or report.failed:
                new = {"name": name, "version": version, "source": source, "uses": [], "counts": {}}
                note = self.found.setdefault(f"{source} {name}", new)
                note["uses"] = sorted({*note["uses"], use})
                note["counts"][report.outcome] = note["counts"].get(report.outcome, 0) + 1

    def pytest_sessionfinish(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.found, indent=1, sort_keys=True) + "\n")
