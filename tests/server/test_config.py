"""Reading a Config by type, and changes that other parts of the server take part in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kvik.server.config import Config, ConfigSetError
from kvik.server.directive_specials import BufferLimit, Primary, SavePoint
from kvik.server.directive_types import expand_title, format_memory, parse_memory
from kvik.server.directives import DEPRECATED, DIRECTIVES, NAMES, STATEMENTS
from tests.server.config_oracle import Direct


def test_reading_by_type() -> None:
    config = Config()
    assert config.get_int("port") == 6379
    assert config.get_int("maxmemory") == 0
    assert config.get_bool("appendonly") is False
    assert config.get_str("loglevel") == "notice"
    assert config.get_list("bind") == ["*", "-::*"]
    assert config.get_list("shutdown-on-sigterm") == ["default"]
    assert config["databases"] == 16
    assert config.save_points == (SavePoint(3600, 1), SavePoint(300, 100), SavePoint(60, 10000))
    assert config.buffer_limit("pubsub") == BufferLimit("pubsub", 32 * 2**20, 8 * 2**20, 60)
    assert config.primary is None
    config.assign("replicaof", "10.0.0.1 6380")
    assert config.primary == Primary("10.0.0.1", 6380)
    assert config["SLAVEOF"] == config.primary
    config.set([("maxmemory-clients", "5%"), ("notify-keyspace-events", "KA")])
    assert config.get_int("maxmemory-clients") == -5
    assert set(config.get_str("notify-keyspace-events")) == set("g$lshzxetdK")


@pytest.mark.parametrize(
    ("method", "name"),
    [("get_int", "appendonly"), ("get_bool", "port"), ("get_str", "port"), ("get_list", "port")],
)
def test_reading_with_the_wrong_type_is_a_mistake(method: str, name: str) -> None:
    with pytest.raises(TypeError, match=name):
        getattr(Config(), method)(name)


def test_two_configurations_share_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Config()
    monkeypatch.chdir(tmp_path)
    second = Config()
    first.set([("hz", "50"), ("save", "")])
    assert second["hz"] == 10
    assert second.save_points
    assert first["dir"] != second["dir"] == os.path.realpath(tmp_path)


def test_is_default() -> None:
    config = Config()
    assert all(config.is_default(directive.name) for directive in DIRECTIVES if directive.name != "dir")
    config.set([("hz", "11")])
    assert not config.is_default("hz")


def test_callbacks_hear_of_changes_only() -> None:
    config = Config()
    heard: list[int] = []
    config.on_change("hz", lambda changed: heard.append(changed.get_int("hz")))
    config.set([("hz", "20")])
    config.set([("hz", "20"), ("timeout", "5")])
    config.set([("hz", "30")])
    assert heard == [20, 30]


def test_a_callback_for_several_directives_is_called_once() -> None:
    config = Config()
    heard: list[tuple[int, list[str]]] = []
    config.on_change(("port", "bind"), lambda now: heard.append((now.get_int("port"), now.get_list("bind"))))
    config.set([("port", "7000"), ("bind", "127.0.0.1 ::1")])
    assert heard == [(7000, ["127.0.0.1", "::1"])]


def test_a_callback_by_a_former_name() -> None:
    config = Config()
    heard: list[int] = []
    config.on_change("slowlog-max-len", lambda now: heard.append(now.get_int("slowlog-max-len")))
    config.set([("commandlog-slow-execution-max-len", "5")])
    assert heard == [5]


def test_a_refusal_puts_everything_back() -> None:
    config = Config()
    states: list[int] = []
    listening: list[int] = []

    def resize(now: Config) -> str | None:
        states.append(now.get_int("maxmemory"))
        return None

    def listen(now: Config) -> str | None:
        if now.get_int("port") == 7000:
            return "Unable to listen on this port. Check server logs."
        listening.append(now.get_int("port"))
        return None

    config.on_change("maxmemory", resize)
    config.on_change("port", listen)
    server = Direct(config)
    reply = server.command("CONFIG", "SET", "maxmemory", "1kb", "port", "7000", "hz", "44")
    assert reply == (
        "-ERR CONFIG SET failed (possibly related to argument 'port')"
        " - Unable to listen on this port. Check server logs."
    )
    assert server.log.lines == [
        "# Failed applying new configuration."
        " Possibly related to new port setting. Restoring previous settings."
    ]
    assert (config["maxmemory"], config["port"], config["hz"]) == (0, 6379, 10)
    # Those who had gone along went back, and so did the one who refused.
    assert states == [1024, 0]
    assert listening == [6379]
    assert server.command("CONFIG", "SET", "port", "7001") == "OK"
    assert listening == [6379, 7001]


def test_a_bad_value_reaches_no_callback() -> None:
    config = Config()
    config.on_change("hz", lambda now: pytest.fail("called"))
    with pytest.raises(ConfigSetError):
        config.set([("hz", "20"), ("timeout", "x")])
    assert config["hz"] == 10


def test_assign_does_not_care_what_is_immutable() -> None:
    config = Config()
    config.assign("databases", "4")
    assert config["databases"] == 4


def test_a_relative_directory_starts_at_the_current_one(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    config = Config()
    config.assign("dir", str(tmp_path))
    config.assign("dir", "a")
    config.assign("dir", "b/..")
    assert config["dir"] == os.path.realpath(tmp_path / "a")


def test_the_table_is_consistent() -> None:
    names = [name for directive in DIRECTIVES for name in (directive.name, *directive.aliases)]
    assert len(names) == len(set(names))
    assert not DEPRECATED & set(names)
    assert not set(STATEMENTS) & set(names)
    for directive in DIRECTIVES:
        if directive.name != "dir":
            assert directive.type.show(directive.default_value) == directive.default, directive.name
        assert directive.type.describe()
        assert NAMES[directive.name] is directive


@pytest.mark.parametrize(
    ("template", "expanded"),
    [
        ("{title} {listen-addr} {server-mode}", "/bin/kvik-server *:6379"),
        ("{port}/{tls-port}", "6379/0"),
        ("{{{port}}}", "{6379}}"),
        ("{nope}", None),
        ("{port", None),
    ],
)
def test_expand_title(template: str, expanded: str | None) -> None:
    variables = {
        "title": "/bin/kvik-server",
        "listen-addr": "*:6379",
        "server-mode": "",
        "port": "6379",
        "tls-port": "0",
    }
    assert expand_title(template, variables) == expanded


@pytest.mark.parametrize("size", [0, 1, 1000, 1024, 1500, 3 * 2**20, 2**30, 2**30 + 1, 2**64 - 1])
def test_memory_sizes_come_back(size: int) -> None:
    assert parse_memory(format_memory(size)) == size


def test_a_size_that_overflows_is_refused() -> None:
    assert parse_memory("17179869184gb") is None
