"""Configuration files beside the real Valkey: what stops the start, with which words, and what the values are
when nothing does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvik.server.command_line import Options, parse_command_line
from kvik.server.config import Config
from kvik.server.config_file import ConfigFileError, ConfigFileMissingError, load_config
from kvik.server.config_text import decode, quote, split_arguments
from tests.server.config_oracle import OWN_DEFAULTS, Direct, Oracle, run_oracle

LINES = [
    "",
    "# comment",
    "  # comment  ",
    "\t",
    "hz 10",
    "HZ 20",
    "  hz\t10  ",
    "hz 10\r",
    "hz\f10",
    "\fhz 11",
    "hz 1\v",
    "nosuch 1",
    "hz",
    "hz 1 2",
    "hz x",
    "hz 10 # comment",
    ";hz 10",
    'hz "10',
    "hz '10",
    'hz "1"0',
    "hz '1'\"2\"",
    '"hz" x',
    '"" x',
    "port 70000",
    "maxmemory 1zb",
    "maxmemory 1gb",
    "appendfsync sometimes",
    "daemonize maybe",
    "save",
    "save 1",
    "save a b",
    "save 60 0",
    'save ""',
    'save "60 1"',
    'save "60 1" 30',
    "save 900 1 300",
    'save "" 1',
    'save 1 ""',
    "save 60 1 \\",
    "save 60 1 30 x",
    "save ' '",
    "bind",
    'bind ""',
    "bind " + " ".join("a" * 17),
    "client-output-buffer-limit",
    "client-output-buffer-limit normal 0 0",
    "client-output-buffer-limit foo 1 2 3",
    'client-output-buffer-limit "normal 0 0 0"',
    "client-output-buffer-limit normal 0 0 0 pubsub 1 1 x",
    "notify-keyspace-events q",
    "notify-keyspace-events K E",
    'notify-keyspace-events ""',
    "loglevel debug notice",
    "oom-score-adj-values",
    "oom-score-adj-values 1 2",
    "oom-score-adj-values 1 2 3000",
    "oom-score-adj maybe",
    "latency-tracking-info-percentiles",
    "latency-tracking-info-percentiles 101",
    "latency-tracking-info-percentiles a",
    "shutdown-on-sigterm",
    "shutdown-on-sigterm save now",
    "shutdown-on-sigterm save nosave",
    "supervised bad",
    "replicaof 1",
    "replicaof a b",
    "replicaof a 99999",
    "replicaof no one",
    "slaveof No ONE",
    "replicaof a -1",
    "replicaof '' 0",
    "cluster-enabled yes\nreplicaof a 1",
    "logfile /nowhere/x",
    "dir /nowhere",
    "dir ''",
    "unixsocketperm 8",
    "unixsocketperm 700",
    "unixsocketperm 0777",
    "unixsocketperm 1000",
    "unixsocketperm -1",
    "unixsocketperm ''",
    "unixsocketperm 0x7",
    "unixsocketperm 77777777777777777777777",
    "unixsocketperm +7",
    "maxmemory-clients 101%",
    "appendfilename a/b",
    "appendfilename ''",
    "appenddirname a/b",
    "appenddirname ''",
    "dbfilename a/b",
    "databases 0",
    "maxclients 0x10",
    "syslog-facility zzz",
    "enable-debug-command bad",
    "enable-debug-command local x",
    "requirepass a b",
    "include",
    "include a b",
    "user",
    "rename-command GET",
    "rename-command get a b",
    "rename-command flushall ''",
    "loadmodule",
    "sentinel foo",
    "vm-enabled yes",
    "io-threads-do-reads yes",
    "io-threads-do-reads x",
    "io-threads-do-reads a b",
    "dynamic-hz",
    "dynamic-hz no",
    "list-max-ziplist-entries 5",
    "list-max-ziplist-value 5",
    "lua-replicate-commands x",
    "sanitize-dump-payload no",
    "hz 10\n\n# c\nfoo bar",
    "hz 10\nhz x\nhz y",
    'proc-title-template "\\x7bx"',
    "proc-title-template '{\\'",
    "slowlog-max-len -1",
    "slave-read-only maybe",
    "tcp-backlog -1",
    "io-threads 0",
    "cluster-databases 0",
    "hide-user-data-from-log x",
    "rdma-completion-vector 2000",
    "socket-mark-id -1",
]


def oracle_error(directory: Path, *arguments: str, stdin: bytes = b"") -> str | None:
    """What the oracle prints of a bad configuration, without the line of its version; None if it is good."""
    out, err = run_oracle(directory, *arguments, stdin=stdin)
    if err:
        return err.split("***\n", 1)[1]
    assert "Configured to not listen anywhere" in out or "Fatal error" in out, out
    return out[out.index("Fatal error") :] if "Fatal error" in out else None


def kvik_error(options: Options) -> str | None:
    """The same of Kvik; the last line, the remedy, is Kvik's own and left out."""
    try:
        load_config(Config(), options)
    except ConfigFileMissingError as error:
        return error.report("0.1.0")
    except ConfigFileError as error:
        return error.report("0.1.0").split("***\n", 1)[1].removesuffix("\n").rsplit("\n", 1)[0] + "\n"
    return None


@pytest.mark.parametrize("lines", LINES)
def test_lines(tmp_path: Path, lines: str) -> None:
    path = tmp_path / "x.conf"
    # Port 0 on the command line: a server that accepts the file then stops.
    path.write_bytes(lines.encode())
    expected = oracle_error(tmp_path, str(path), "--port", "0")
    assert kvik_error(Options(config_path=str(path))) == expected


def test_values_after_a_file(tmp_path: Path) -> None:
    text = (
        "save 60 1\nsave 30 2\nsave ''\nSAVE 5 5\nsave 6 6 7 7\n"
        "client-output-buffer-limit normal 1mb 1kb 9\nclient-output-buffer-limit replica 2 2 2\n"
        "latency-tracking-info-percentiles 10\nlatency-tracking-info-percentiles 20 30\nHZ 1000\n"
        'proc-title-template \'x \\\\ \\x41\'\nprimaryauth "\\x41\\n\\\\\\"\\a\\b\\q\\x4\\xzz\\xc3\\xa9"\n'
        "slave-read-only no\nslowlog-max-len 7\nmaxmemory 3gb\nmaxmemory-clients 5%\n"
        "notify-keyspace-events KEA\n"
        "loglevel VERBOSE\nshutdown-on-sigterm now save\nunixsocketperm 0700\nrepl-backlog-size 1mb\n"
        "oom-score-adj relative\navailability-zone a'b c'd\nsyslog-ident x\nreplicaof no one\ndynamic-hz no\n"
    )
    with Oracle(tmp_path, "--maxmemory-samples", "7", "--save", "9 9", config=text) as oracle:
        config = Config()
        config.assign("dir", str(tmp_path))
        arguments = [
            str(oracle.config_path),
            "--port",
            str(oracle.port),
            "--bind",
            "127.0.0.1",
            "--logfile",
            "",
        ]
        arguments += ["--maxmemory-samples", "7", "--save", "9 9"]
        load_config(config, parse_command_line(arguments, read_stdin=str))
        kvik = Direct(config)
        got, expected = kvik.command("CONFIG", "GET", "*"), oracle.command("CONFIG", "GET", "*")
        assert isinstance(got, list)
        assert isinstance(expected, list)
        assert dict(zip(got[::2], got[1::2], strict=True)) == dict(
            zip(expected[::2], expected[1::2], strict=True), **OWN_DEFAULTS
        )


@pytest.mark.parametrize(
    "text", ["save", "save ''", "save ' '", "save 5 5\nsave", 'save 5 ""', "save '5 5'\nsave '6 6 7 7'"]
)
def test_save_lines(tmp_path: Path, text: str) -> None:
    config = Config()
    path = tmp_path / "x.conf"
    path.write_text(text)
    load_config(config, Options(config_path=str(path)))
    with Oracle(tmp_path, config=text) as oracle:
        assert Direct(config).command("CONFIG", "GET", "save") == oracle.command("CONFIG", "GET", "save")


def test_the_report_names_file_line_and_remedy(tmp_path: Path) -> None:
    path = tmp_path / "x.conf"
    path.write_text("# mine\n\nmaxmemry 1gb\n")
    with pytest.raises(ConfigFileError) as caught:
        load_config(Config(), Options(config_path=str(path)))
    assert caught.value.report("0.1.0") == (
        "\n*** FATAL CONFIG FILE ERROR (Version 0.1.0) ***\n"
        "Reading the configuration file, at line 3\n"
        ">>> 'maxmemry 1gb'\n"
        "Bad directive or wrong number of arguments\n"
        f"{path}, line 3: there is no directive 'maxmemry'; the nearest known one is 'maxmemory'\n"
    )


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("port 70000", "port takes one value: an integer from 0 to 65535"),
        ("appendonly maybe", "appendonly takes one value: yes or no"),
        ("port 1 # mine", "a comment needs a line of its own"),
        ("inclde x.conf", "there is no directive 'inclde'; the nearest known one is 'include'"),
        ("qqqqq 1", "there is no directive 'qqqqq', nor one like it"),
        ("save 1", 'save takes pairs of seconds and changes (save 3600 1 300 100), or "" for no snapshots'),
        ('hz "1', 'close the quote, or write \\" for one that belongs to the value'),
        ("dynamic-hz", "dynamic-hz has no effect any more: remove the line"),
    ],
)
def test_remedies(tmp_path: Path, line: str, remedy: str) -> None:
    path = tmp_path / "x.conf"
    path.write_text(line)
    with pytest.raises(ConfigFileError) as caught:
        load_config(Config(), Options(config_path=str(path)))
    assert caught.value.remedy == remedy


def test_includes(tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "a.conf").write_text("hz 20\nmaxmemory 1gb\n")
    (parts / "b.conf").write_text("hz 30\n")
    main = tmp_path / "main.conf"
    main.write_text(f"hz 5\ninclude {parts}/*.conf\ninclude {parts}/none*.conf\nmaxmemory 2gb\n")
    config = Config()
    load_config(config, Options(config_path=str(main)))
    assert (config["hz"], config["maxmemory"]) == (30, 2 * 2**30)


def test_an_error_in_an_included_file_is_told_of_that_file(tmp_path: Path) -> None:
    inner, main = tmp_path / "inner.conf", tmp_path / "main.conf"
    inner.write_text("hz 20\nhz x\n")
    main.write_text(f"\n\ninclude {inner}\n")
    with pytest.raises(ConfigFileError) as caught:
        load_config(Config(), Options(config_path=str(main)))
    assert f"{inner}, line 2: " in caught.value.report("0.1.0")
    assert kvik_error(Options(config_path=str(main))) == oracle_error(tmp_path, str(main), "--port", "0")


def test_relative_includes_start_at_dir(tmp_path: Path) -> None:
    (tmp_path / "inner.conf").write_text("hz 20\n")
    main = tmp_path / "main.conf"
    main.write_text(f"dir {tmp_path}\ninclude inner.conf\n")
    config = Config()
    load_config(config, Options(config_path=str(main)))
    assert config["hz"] == 20


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    main = tmp_path / "main.conf"
    assert kvik_error(Options(config_path="/nowhere.conf")) == (
        "Fatal error, can't open config file '/nowhere.conf': No such file or directory\n"
    )
    main.write_text("include /nowhere.conf\n")
    assert kvik_error(Options(config_path=str(main))) == (
        "Fatal error, can't open config file '/nowhere.conf': No such file or directory"
        f" (included by {main}, line 1)\n"
    )
    # Redis takes a directory for an empty file; that is never meant.
    assert kvik_error(Options(config_path=str(tmp_path))) == (
        f"Fatal error, can't open config file '{tmp_path}': Is a directory\n"
    )


def test_a_circle_of_includes(tmp_path: Path) -> None:
    first, second = tmp_path / "first.conf", tmp_path / "second.conf"
    first.write_text(f"include {second}\n")
    second.write_text(f"hz 10\ninclude {first}\n")
    with pytest.raises(ConfigFileError, match="includes itself") as caught:
        load_config(Config(), Options(config_path=str(first)))
    assert caught.value.statement is not None
    assert caught.value.statement.source == str(second)


def test_lines_for_others_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.conf"
    path.write_text("USER alice on +@all\nrename-command FLUSHALL ''\nuser bob off\nloadmodule /x.so a b\n")
    config = Config()
    load_config(config, Options(config_path=str(path)))
    assert [statement.arguments for statement in config.statements["user"]] == [
        ("alice", "on", "+@all"),
        ("bob", "off"),
    ]
    assert "flushall" not in config.renames.calls
    assert config.statements["loadmodule"][0].arguments == ("/x.so", "a", "b")


@given(st.lists(st.binary(max_size=20)))
def test_quoted_arguments_come_back(values: list[bytes]) -> None:
    arguments = [decode(value) for value in values]
    line = " ".join(map(quote, arguments))
    assert "\n" not in line
    assert split_arguments(line) == arguments
