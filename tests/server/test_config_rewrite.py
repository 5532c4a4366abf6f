"""CONFIG REWRITE: the file that the real Valkey writes, and always one that says what is set."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvik.server.command_line import Options
from kvik.server.config import Config, ConfigSetError
from kvik.server.config_file import ConfigReader, load_config
from kvik.server.config_rewrite import SIGNATURE, rewrite_file, rewrite_text
from kvik.server.config_text import decode, encode, quote
from kvik.server.directive_types import InvalidValueError
from kvik.server.directives import DIRECTIVES, Directive
from tests.server.config_oracle import OWN_DEFAULTS, Direct, Oracle


def as_arguments(directive: Directive) -> str:
    several = directive.type.multiple and directive.default
    return directive.default if several else quote(directive.default)


EVERYTHING = "".join(
    f"{name} {as_arguments(directive)}\n"
    for directive in DIRECTIVES
    for name in (directive.name, *directive.aliases)
    if directive.name not in ("dir", "port", "bind", "replicaof", "rdma-bind", "syslog-ident", *OWN_DEFAULTS)
)

REWRITES: list[tuple[str, list[str]]] = [
    ("", []),
    ("\n\n\n# a\n", []),
    (
        "# hello\n\nhz 10\n# tail\nmaxmemory 1gb\nhz 20\n\n\n# end",
        ["hz", "33", "maxmemory", "1048576", "maxmemory-policy", "allkeys-lru", "save", "60 1 30 2"],
    ),
    ("save 60 1\nsave 30 2\n# c\nsave 10 3\n", ["save", "5 5"]),
    ("save 60 1\nsave 30 2\n", ["save", ""]),
    ("save 60 1 30 2\n", []),
    ('save ""\n', []),
    (
        "slowlog-max-len 5\nslave-read-only no\nSLAVEOF no one\nlua-time-limit 7\nhash-max-ziplist-entries 5",
        ["slowlog-max-len", "6"],
    ),
    (
        'proc-title-template "{title} x"\nclient-output-buffer-limit normal 1mb 2 3\n'
        "client-output-buffer-limit replica 1 2 3\nnotify-keyspace-events KEA\nmaxmemory-clients 5%\n"
        "loglevel VERBOSE\nshutdown-on-sigterm save now\nlatency-tracking-info-percentiles 50 99\n"
        "oom-score-adj-values 1 2 3\noom-score-adj relative\nmaxclients 100\nunixsocketperm 700\n",
        [],
    ),
    ("  hz   11  \n  # indented  \n\t\n\nhz 12\nhz 13\n\n\n\nhz 14\n# x\n", ["hz", "10"]),
    ("RENAME-COMMAND flushall ''\nio-threads-do-reads yes\ndynamic-hz no\nhz 12 \n", []),
    (f"{SIGNATURE}\nhz 20\n", ["hz", "10", "maxmemory", "5"]),
    (
        "hz 20\n",
        [
            "primaryauth",
            'a "b"\\\x01\n',
            "proc-title-template",
            "x\t'é'",
            "availability-zone",
            "",
            "client-output-buffer-limit",
            "normal 0 0 5 pubsub 1mb 1kb 1",
            "notify-keyspace-events",
            "KEA",
            "latency-tracking-info-percentiles",
            "",
            "oom-score-adj-values",
            "1 2 3",
            "maxmemory",
            "1000",
            "list-max-listpack-size",
            "-5",
            "repl-backlog-size",
            "1gb",
            "auto-aof-rewrite-min-size",
            "3mb",
            "client-query-buffer-limit",
            "1025mb",
            "shutdown-on-sigint",
            "save now",
            "maxmemory-clients",
            "7%",
            "stream-node-max-bytes",
            "1500",
            "key-load-delay",
            "3",
            "slot-migration-max-failover-repl-bytes",
            "-1",
        ],
    ),
    (
        "aclfile ''\ndatabases 5\ntcp-backlog 5\nunixsocketperm 007\nappendfilename a.aof\nlogfile ''\n"
        "enable-debug-command LOCAL\nserver_cpulist 0-1\npidfile p.pid\nhz 1000\nloglevel NOTICE\n"
        "appenddirname 'x y'\ndatabases 6\nrequirepass ''\n",
        ["requirepass", "a b"],
    ),
    (EVERYTHING, []),
]

# Valkey writes these whether they differ from the default or not; Kvik has no ACL file lines of its own.
ALWAYS_IN_VALKEY = (
    "user default ",
    "latency-tracking-info-percentiles 50 99 99.9",
    "save 3600 1 300 100 60 10000",
)


def comparable(text: str, original: str) -> tuple[list[str], set[str]]:
    """The user's part of the file, in order, and what is appended, in any."""
    before, _, after = text.partition(f"{SIGNATURE}\n")
    if original.startswith(SIGNATURE):
        return [], set(after.splitlines())
    appended = {line for line in after.splitlines() if line and not line.startswith(ALWAYS_IN_VALKEY)}
    return before.rstrip("\n").split("\n"), appended


@pytest.mark.parametrize(("text", "settings"), REWRITES)
def test_as_valkey_rewrites(tmp_path: Path, text: str, settings: list[str]) -> None:
    with Oracle(tmp_path, config=text) as oracle:
        path = tmp_path / "kvik.conf"
        path.write_text(text)
        config = Config()
        config.assign("dir", str(tmp_path))
        load_config(config, Options(config_path=str(path)))
        config.assign("port", str(oracle.port))
        config.assign("bind", "127.0.0.1")
        kvik = Direct(config, str(path))
        if settings:
            assert (
                kvik.command("CONFIG", "SET", *settings) == oracle.command("CONFIG", "SET", *settings) == "OK"
            )
        assert kvik.command("CONFIG", "REWRITE") == oracle.command("CONFIG", "REWRITE") == "OK"
        expected = comparable(decode(oracle.config_path.read_bytes()), text)
        if text.startswith(SIGNATURE):
            wanted = {line for line in expected[1] if line and not line.startswith(ALWAYS_IN_VALKEY)}
            assert comparable(decode(path.read_bytes()), text)[1] - {""} == wanted
        else:
            assert comparable(decode(path.read_bytes()), text) == expected
        assert kvik.log.lines == ["* CONFIG REWRITE executed with success."]


def test_no_file() -> None:
    assert Direct().command("CONFIG", "REWRITE") == "-ERR The server is running without a config file"


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    server = Direct(Config(), str(tmp_path))
    assert server.command("CONFIG", "REWRITE") == "-ERR Rewriting config file: Is a directory"
    assert server.log.lines == ["# CONFIG REWRITE failed: Is a directory"]
    server.config_path = str(tmp_path / "gone" / "x.conf")
    assert server.command("CONFIG", "REWRITE") == "-ERR Rewriting config file: No such file or directory"


def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.conf"
    path.write_text("hz 20\n")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    server = Direct(Config(), str(path))
    assert server.command("CONFIG", "REWRITE") == "-ERR Rewriting config file: No space left on device"
    assert path.read_text() == "hz 20\n"
    assert os.listdir(tmp_path) == ["x.conf"]


def test_the_mode_of_the_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.conf"
    path.write_text("requirepass secret\n")
    path.chmod(0o600)
    rewrite_file(Config(), str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    path, link = tmp_path / "real" / "x.conf", tmp_path / "x.conf"
    path.write_text("hz 20\n")
    link.symlink_to(path)
    config = Config()
    config.set([("hz", "30")])
    rewrite_file(config, str(link))
    assert link.is_symlink()
    assert path.read_text().startswith("hz 30\n")


def test_a_missing_file_is_made(tmp_path: Path) -> None:
    config = Config()
    config.set([("hz", "30")])
    rewrite_file(config, str(tmp_path / "x.conf"))
    assert "hz 30\n" in (tmp_path / "x.conf").read_text()


def test_included_files_are_not_touched(tmp_path: Path) -> None:
    inner, main = tmp_path / "inner.conf", tmp_path / "main.conf"
    inner.write_text("hz 20\n")
    main.write_text(f"include {inner}\n")
    config = Config()
    load_config(config, Options(config_path=str(main)))
    config.set([("hz", "30")])
    rewrite_file(config, str(main))
    assert inner.read_text() == "hz 20\n"
    again = Config()
    load_config(again, Options(config_path=str(main)))
    assert again["hz"] == 30


VALUES = [
    "yes",
    "no",
    "0",
    "1",
    "7",
    "100",
    "-1",
    "1kb",
    "3mb",
    "1gb",
    "5%",
    "",
    "x",
    'a "b" \\',
    "60 1 30 2",
    "KEA",
]
VALUES += [
    "normal 1 2 3",
    "1 2 3",
    "50 99.5",
    "save now",
    "allkeys-lru",
    "always",
    "{title} x",
    "é\n",
    "AnK",
    "127.0.0.1",
]

settings = st.lists(st.tuples(st.sampled_from(DIRECTIVES), st.sampled_from(VALUES)), max_size=30)
lines = st.one_of(
    st.sampled_from(
        ["", "# comment", "  # more", "nonsense 1", "hz 20", "save 60 1", "save ''", "port 7000", "a 'b"]
    ),
    st.builds(
        lambda directive, value: f"{directive.name} {quote(value)}",
        st.sampled_from(DIRECTIVES),
        st.sampled_from(VALUES),
    ),
    st.text(st.characters(exclude_characters="\n\0"), max_size=12).map(lambda text: f"# {text}"),
)


@given(settings=settings, text=st.lists(lines, max_size=20).map("\n".join))
def test_what_is_written_is_what_is_set(settings: list[tuple[Directive, str]], text: str) -> None:
    config = Config()
    for directive, value in settings:
        # Any values that a server may have, also of what only a file can set.
        with contextlib.suppress(InvalidValueError):
            config.assign(directive.name, value)
    written = rewrite_text(config, text)
    again = Config()
    ConfigReader(again).read_text(written, "x.conf")
    for directive in DIRECTIVES:
        assert again[directive.name] == config[directive.name], directive.name
    assert rewrite_text(again, written) == written
    comments = [line.strip(" \t\r") for line in text.split("\n") if line.strip(" \t\r").startswith("#")]
    kept = iter(written.split("\n"))
    assert all(comment in kept for comment in comments)


@given(st.binary(max_size=30))
def test_any_password_comes_back(password: bytes) -> None:
    config = Config()
    try:
        config.set([("requirepass", decode(password))])
    except ConfigSetError:
        raise AssertionError("every password is acceptable") from None
    again = Config()
    ConfigReader(again).read_text(decode(encode(rewrite_text(config, ""))), "x.conf")
    assert encode(again.get_str("requirepass")) == password
