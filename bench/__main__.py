"""Kvik beside redis-server 7.0.15 and Valkey 9.1.2: `python -m bench`, from the root of the repository.

    python -m bench                     everything, under 20 minutes
    python -m bench --quick             the rows that matter most, under 3 minutes
    python -m bench --only '^set/P100'  the measurements whose name matches (see --list)
    python -m bench --servers redis,valkey --markdown out.md --json out.json

cases.py and type_cases.py (collections) hold the table and its targets, interleave.py how a case is measured
and read, memory.py, footprint.py (collections), growth.py, persistence.py, pubsub.py, atomic.py, tracking.py and
embed.py the measurements that it cannot make alone, report.py the output. A further measurement is a module with a NAME and
`measure(settings) -> list[Section]`, added to MEASUREMENTS.

The exit status tells whether everything could be measured, not whether the targets were met.
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import (
    atomic,
    cases,
    churn,
    embed,
    eviction_burst,
    expiry_storm,
    footprint,
    growth,
    hit_rate,
    interleave,
    machine,
    memory,
    persistence,
    pubsub,
    tracking,
    type_cases,
)
from bench.report import Section, terminal_table, write_json, write_markdown
from bench.servers import undisturbed
from bench.settings import ALL_SERVERS, BenchError, Settings

MEASUREMENTS: tuple[tuple[str, Callable[[Settings], list[Section]]], ...] = (
    (memory.NAME, memory.measure),
    (footprint.NAME, footprint.measure),
    (growth.NAME, growth.measure),
    (persistence.NAME, persistence.measure),
    (hit_rate.NAME, hit_rate.measure),
    (churn.NAME, churn.measure),
    (expiry_storm.NAME, expiry_storm.measure),
    (eviction_burst.NAME, eviction_burst.measure),
    (pubsub.NAME, pubsub.measure),
    (atomic.NAME, atomic.measure),
    (tracking.NAME, tracking.measure),
    (embed.NAME, embed.measure),
)


def main(argv: Sequence[str]) -> int:
    options = _parser().parse_args(argv)
    settings = _settings(options)
    chosen = [case for case in _all_cases(settings) if settings.wants(case.name)]
    others = [(name, measure) for name, measure in MEASUREMENTS if settings.wants(name)]
    if options.list:
        print("\n".join([*(case.name for case in chosen), *(name for name, _ in others)]))
        return 0
    if not chosen and not others:
        print(f"nothing is named like {settings.only}; see --list", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _interrupt)
    sections: list[Section] = []
    status = 0
    conditions: dict[str, str] = {}
    started, stolen = time.monotonic(), machine.stolen_seconds()
    try:
        with undisturbed():
            conditions = machine.conditions(settings, argv)
            for section in interleave.compare(chosen, settings):
                _show(section, sections)
            for _, measure in others:
                for section in measure(settings):
                    _show(section, sections)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        status = 130
    elapsed, lost = time.monotonic() - started, machine.stolen_seconds() - stolen
    conditions["run time"] = f"{elapsed / 60:.1f} minutes"
    conditions["taken by the hypervisor"] = f"{lost:.1f} s of the server's core"
    if status:
        conditions["complete"] = "no: the run was cut short"
    print("\n".join(f"{key}: {value}" for key, value in conditions.items()))
    if options.markdown:
        write_markdown(options.markdown, conditions, sections)
    if options.json:
        write_json(options.json, conditions, sections)
    return status


def _show(section: Section, sections: list[Section]) -> None:
    """At once, so that a long run can be watched and what it had is kept when it is cut short."""
    sections.append(section)
    print(terminal_table(section), flush=True)


def _interrupt(signum: int, frame: object) -> None:
    """SIGTERM ends the servers as Ctrl-C does; without this they would be left behind, stopped."""
    raise KeyboardInterrupt


def _all_cases(settings: Settings) -> tuple[cases.Case, ...]:
    if settings.quick:
        return (*cases.QUICK_CASES, *type_cases.QUICK_CASES)
    return (*cases.DEFAULT_CASES, *type_cases.DEFAULT_CASES)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--servers", default=",".join(ALL_SERVERS), help="default: %(default)s")
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument("--quick", action="store_true", help="few rows, short runs: under 3 minutes")
    extent.add_argument("--full", action="store_true", help="growth to 20 M keys instead of 5 M")
    parser.add_argument("--only", metavar="PATTERN", help="regular expression on the names that --list shows")
    parser.add_argument("--list", action="store_true", help="show the names and end")
    parser.add_argument("--repetitions", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, help="a run on the quicker peer (1.5; quick: 0.5)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables as Markdown")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures of every single run")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    servers = tuple(options.servers.split(","))
    unknown = sorted(set(servers) - set(ALL_SERVERS))
    if unknown or len(set(servers)) < len(servers):
        raise SystemExit(f"--servers takes each of {','.join(ALL_SERVERS)} at most once")
    if options.only is not None:
        try:
            re.compile(options.only)
        except re.error as error:
            raise SystemExit(f"--only {options.only}: {error}") from error
    if options.repetitions < 1:
        raise SystemExit("--repetitions must be at least 1")
    return Settings(
        servers=servers,
        repetitions=options.repetitions,
        seconds=options.seconds or (0.5 if options.quick else 1.5),
        quick=options.quick,
        full=options.full,
        only=options.only,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
