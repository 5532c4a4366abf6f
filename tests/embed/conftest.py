"""An embedded server for each test, and a look at what it leaves behind."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator

import pytest

import kvik
from tests.support.servers import eventually


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def engine_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "kvik"]


def native_threads() -> int:
    return len(os.listdir("/proc/self/task"))


@pytest.fixture
def server() -> Iterator[kvik.Server]:
    with kvik.Server() as server:
        yield server


@pytest.fixture
def clean() -> Iterator[None]:
    """The test leaves no thread, no descriptor and no file behind."""
    gc.collect()
    before = (descriptors(), native_threads())
    yield
    gc.collect()
    eventually(lambda: (descriptors(), native_threads()) == before, what=f"{before} descriptors and threads")
    assert not engine_threads()
