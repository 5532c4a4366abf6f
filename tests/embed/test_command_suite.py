"""The command suites over in-process connections: a few of them here; `pytest tests/commands --embedded` runs all.

(Of all, those fail that look at sockets: their addresses, their ends.)
"""

from __future__ import annotations

import subprocess
import sys

from tests.support.servers import REPOSITORY

SUITES = (
    "blocking", "dump", "hash_fields", "list_push_pop", "memory", "notifications", "pubsub", "set_members",
    "sorted_set_pops", "stream_groups", "string_set", "transactions", "watch",
)  # fmt: skip


def test_suites():
    files = [f"tests/commands/test_{name}.py" for name in SUITES]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--embedded", *files]
    ran = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
