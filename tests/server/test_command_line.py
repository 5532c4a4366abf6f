"""The command line: what it asks for, and beside the real Valkey what it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvik.server.command_line import USAGE, Options, parse_command_line
from kvik.server.config import Config
from kvik.server.config_file import load_config
from tests.server.test_config_file import kvik_error, oracle_error


def no_stdin() -> str:
    raise AssertionError("standard input was read")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "1", "2"],
        ["--port"],
        ["--nosuch", "1"],
        ["--port=0"],
        ["--port", "0", "--maxmemory", "-5"],
        ["--port", "0", "--hz", "1\n2"],
        ["--port", "0", "--proc-title-template", 'a\\x41"\t{f'],
        ["--port", "0", "--proc-title-template", "--x"],
        ["--port", "0", "--requirepass", "--foo"],
        ["--port", "0", "--requirepass", "--foo", "--bar"],
        ["--port", "--loglevel", "debug"],
        ["--loglevel", "--port", "0"],
        ["--nosuch", "--port", "0"],
        ["--save", "60", "1", "--port", "0"],
        ["--save", "--port", "0"],
        ["--save", "--nosuch", "0"],
        ["--SAVE", "--nosuch", "0"],
        ["--save", "", "--port", "0"],
        ["--port", "0", "--save", " "],
        ["--port", "0", "--save"],
        ["--port", "0", "--save", "60 1"],
        ["--port", "0", "--save", "60 1", "30"],
        ["--port", "0", "--save", "60", "1", "30"],
        ["--port", "0", "--save", "60 1", "--save", "30 x"],
        ["--port", "0", "--bind", "127.0.0.1", "::1"],
        ["--port", "0", "--bind", "127.0.0.1 ::1"],
        ["--port", "0", "--bind", ""],
        ["--port", "0", "--bind", "::1", "--nosuch"],
        ["--port", "0", "--oom-score-adj-values", "1 2 3000"],
        ["--port", "0", "--oom-score-adj-values", "--foo"],
        ["--port", "0", "--shutdown-on-sigterm", "save", "now"],
        ["--port", "0", "--shutdown-on-sigterm", "save now"],
        ["--port", "0", "--notify-keyspace-events", "K", "E"],
        ["--port", "0", "--client-output-buffer-limit", "normal 0 0"],
        ["--port", "0", "--client-output-buffer-limit", "normal", "0", "0", "0"],
        ["--port", "0", "--slowlog-log-slower-than", "-1"],
        ["--port", "0", "--replicaof", "no", "one"],
        ["--port", "0", "--replicaof", "127.0.0.1 1 2"],
        ["--port", "0", "-x", "1"],
        ["--port", "0", "", "x"],
        ["--port", "0", "--dir", "/nope"],
        ["--port", "0", "--port", "abc"],
        ["--PORT", "0"],
        ["--port 0"],
        ["--port 0", "--loglevel", "bad"],
        ["--port 0\nhz x"],
        ["--port 0 --hz x"],
        ["--port", "0", "---"],
        ["--port", "0", "--"],
        ["--port", "0", "--", "--"],
        ["--", "port"],
        ["-x", "--port", "0"],
        ["--port", "0", "--version"],
        ["/nope.conf"],
        ["/nope.conf", "--port", "0"],
        ["--port", "0", "-"],
        ["-", "--port", "0"],
        ["-", "hz", "x"],
        ["-", "-", "--port", "0"],
        ["--port", "0", "-", " "],
    ],
)
def test_arguments(tmp_path: Path, arguments: list[str]) -> None:
    expected = oracle_error(tmp_path, *arguments)
    assert kvik_error(parse_command_line(arguments, read_stdin=str)) == expected


def test_options_override_the_file_and_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "x.conf"
    path.write_text("hz 20\nmaxmemory 1gb\ntimeout 5")
    options = parse_command_line([str(path), "--hz", "40", "-"], read_stdin=lambda: "hz 30\nmaxmemory 2gb")
    config = Config()
    load_config(config, options)
    assert (config["hz"], config["maxmemory"], config["timeout"]) == (40, 2**31, 5)


def test_plain_arguments_after_the_file_are_a_line(tmp_path: Path) -> None:
    path = tmp_path / "x.conf"
    path.write_text("")
    config = Config()
    load_config(config, parse_command_line([str(path), "hz", "20", "--timeout", "5"], no_stdin))
    assert (config["hz"], config["timeout"]) == (20, 5)


def test_nothing() -> None:
    assert parse_command_line([], no_stdin) == Options()


def test_the_path_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_command_line(["x.conf"], no_stdin).config_path == str(tmp_path / "x.conf")


def test_the_remedy_names_the_command_line() -> None:
    with pytest.raises(Exception, match="nearest known one is 'maxmemory'") as caught:
        load_config(Config(), parse_command_line(["--maxmemry", "1gb"], no_stdin))
    assert "command line, line 2: there is no directive 'maxmemry'" in caught.value.report("0.1.0")  # type: ignore[attr-defined]


@pytest.mark.parametrize("flag", ["-v", "--version"])
def test_version(flag: str) -> None:
    options = parse_command_line([flag, "--port", "0"], no_stdin)
    assert options.exit_code == 0
    assert options.message is not None
    words = options.message.split()
    assert words[:2] == ["Kvik", "server"]
    assert dict(word.split("=") for word in words[2:]).keys() >= {"v", "bits"}


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(flag: str) -> None:
    options = parse_command_line([flag], no_stdin)
    assert (options.message, options.exit_code) == (USAGE, 0)


@pytest.mark.parametrize("arguments", [["--test-memory", "100"], ["--sentinel"], ["x.conf", "--sentinel"]])
def test_what_kvik_does_not_have_is_refused(arguments: list[str]) -> None:
    options = parse_command_line(arguments, no_stdin)
    assert options.exit_code == 1
    assert options.message is not None
    assert options.message.startswith("Kvik has no ")


def test_help_shows_only_what_works() -> None:
    examples = [line.strip() for line in USAGE.splitlines() if line.strip().startswith("kvik-server ")]
    for example in examples:
        words = example.removeprefix("kvik-server ").replace('""', "").split()
        options = [word for word in words if not word.startswith(("/", "(")) and word not in ("-", "or")]
        if (
            any(word.startswith("--") for word in options)
            and "--version" not in words
            and "--help" not in words
        ):
            load_config(Config(), parse_command_line(options, no_stdin))
