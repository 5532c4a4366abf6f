"""What is left in the log of a server that crashes."""

from __future__ import annotations

import signal

import pytest

from tests.support.resp import ClosedError
from tests.support.servers import ServerProcess

SIGNALS = [signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_report_and_the_end_by_that_signal(number: signal.Signals) -> None:
    with ServerProcess("kvik") as server:
        server.connect()("PING")
        assert server.kill(number) == -number
        report = server.log().split("=== KVIK BUG REPORT START ===")[1]
        assert f"crashed by signal {number.value} ({number.name})" in report
        assert "# Kvik " in report
        assert report.rstrip().endswith("=== KVIK BUG REPORT END ===")


def test_the_last_command() -> None:
    with ServerProcess("kvik") as server:
        with pytest.raises(ClosedError):
            server.connect()("DEBUG", "SEGFAULT")
        assert server.wait(30) == -signal.SIGSEGV
        assert "address 0x8\n" in server.log()
        assert "last command: debug\n" in server.log()


def test_without_a_report() -> None:
    with ServerProcess("kvik", crash_log_enabled="no") as server:
        assert server.kill(signal.SIGSEGV) == -signal.SIGSEGV
        assert "BUG REPORT" not in server.log()


def test_the_report_can_be_turned_on_and_off() -> None:
    for setting, reports in (("no", 0), ("yes", 1)):
        with ServerProcess("kvik", crash_log_enabled="yes" if setting == "no" else "no") as server:
            server.connect()("CONFIG", "SET", "crash-log-enabled", setting)
            assert server.kill(signal.SIGSEGV) == -signal.SIGSEGV
            assert server.log().count("BUG REPORT START") == reports
