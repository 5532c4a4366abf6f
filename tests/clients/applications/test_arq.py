"""ARQ: jobs with asyncio. It wants a redis-py below 6, so it is installed apart from everything else, below build/."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys

import pytest

from tests.support.servers import REPOSITORY

VERSION = "0.28.0"
USES = ["results", "failures", "retries", "jobs_for_later", "the_same_job_once", "aborting", "cron_jobs"]
FOLDER = REPOSITORY / "build" / f"arq-{VERSION}"

pytestmark = [pytest.mark.application("arq", source="pypi", version=VERSION), pytest.mark.xdist_group("arq")]


@pytest.fixture(scope="module")
def installed() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (FOLDER / "installed").exists():
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(FOLDER), f"arq=={VERSION}"]
            subprocess.run(command, check=True, capture_output=True, timeout=100)
            (FOLDER / "installed").touch()


@pytest.mark.parametrize("case", [use.replace("_", " ") for use in USES])
def test_it(installed: None, url: str, case: str) -> None:
    command = [sys.executable, "-m", "tests.clients.applications.arq_uses", url, case.replace(" ", "_")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(FOLDER), str(REPOSITORY)])}
    result = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=90)
    assert result.returncode == 0, result.stdout + result.stderr
