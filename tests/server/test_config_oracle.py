"""Every directive beside the real Valkey: what CONFIG SET accepts, its errors, what CONFIG GET says then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kvik.server.directive_types import Choice, DirectiveType, Integer, Memory
from kvik.server.directives import DIRECTIVES, NAMES
from tests.server.config_oracle import OWN_DEFAULTS, Direct, Oracle

COMMON = [
    "yes",
    "no",
    "YES",
    "No",
    "abc",
    "",
    " ",
    "a b",
    "0",
    "1",
    "-1",
    "-2",
    "7",
    "01",
    "+1",
    "1.5",
    "0x10",
    " 1",
    "1 ",
    "1kb",
    "3MB",
    "2k",
    "5b",
    "1gb",
    "1zb",
    "1%",
    "50%",
    "100%",
    "101%",
    "%",
    "-1kb",
    "kb",
    "@@@",
    "a\n",
    "é",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999",
]

# Where the common values do not fit, or would do something to the oracle.
OF_THEIR_OWN = {
    # A value that cannot be listened on is refused by who listens, not by Config.
    "bind": ["", "127.0.0.1", "* -::*", " ".join(["-127.0.0.1"] * 17)],
    "port": ["abc", "", "70000", "-1", "65536", "1kb"],
    # The test binary has no TLS and crashes when it is to configure it.
    "tls-port": ["abc", "", "70000", "-1", "0"],
    "tls-cluster": ["no", "abc", ""],
    "tls-replication": ["no", "abc", ""],
    # The limit of open files is another part's to ask for.
    "maxclients": ["abc", "", "0", "-1", "1", "100", "4294967296", "1kb"],
    "io-threads": ["abc", "", "0", "1", "2", "257", "-1"],
    # The test binary has no defragmentation; Kvik takes the line, so that a redis.conf that has it starts.
    "activedefrag": ["no", "abc", ""],
    # 2**63 and more wrap around into percentages in Valkey.
    "maxmemory-clients": [
        "0",
        "1",
        "1kb",
        "3MB",
        "0%",
        "1%",
        "100%",
        "101%",
        "%",
        "1kb%",
        "1%%",
        " 1%",
        "1.5%",
        "-1",
        "a",
        "",
    ],
    # 2**64 - 1 is -1 in Valkey.
    "slot-migration-max-failover-repl-bytes": [
        "-2",
        "-1",
        "0",
        "1",
        "-1kb",
        "-",
        "-0",
        "--1",
        "3mb",
        "",
        "x",
    ],
    "locale-collate": ["", "C", "POSIX", "C.UTF-8", "xx_XX.nope"],
    "dir": ["", "/", "/tmp", "/tmp/", "/tmp/../etc", ".", "/nowhere", "/etc/passwd"],
    "save": [
        "",
        "60 1",
        "60 1 30 2",
        "60",
        "60 0",
        "0 1",
        "-1 1",
        "60 -1",
        "60 1 60 2",
        " 60 1",
        "a b",
        "60 1 x",
        '"60 1"',
        "60.5 1",
        "99999999999 1",
        "060 01",
        "+60 1",
        "60\t1",
        "60 ",
        " ",
        "\n",
    ],
    "client-output-buffer-limit": [
        "normal 1 2 3",
        "slave 1mb 2mb 60",
        "replica 5 6 7",
        "pubsub 1 1 1 normal 2 2 2",
        "foo 1 2 3",
        "normal 1 2",
        "normal a b c",
        "normal -1 0 0",
        "normal 0 0 -1",
        "",
        "master 1 2 3",
        "normal 1 2 3 pubsub x 1 1",
        "NORMAL 1 2 3",
        "normal 1kb 2KB 03",
        "normal 0 0 99999999999999999999",
        "normal 9999999999999999999 0 0",
        "normal 1  2 3",
        " normal 0 0 0 ",
        "normal 0 0 2147483648",
        "normal 0 0 +5",
        "x",
    ],
    "notify-keyspace-events": [
        "KEA",
        "Kg",
        "AKE",
        "Ex",
        "g$lshzxetdmn",
        "",
        "gg",
        "E",
        "K",
        "A",
        "nE",
        "AnmE",
        "KEg$lshzxe",
        "KEg$lshzxetd",
        "q",
        "Ag$lshzxeKEtmdn",
        "KE\0",
        "mK",
        " K",
        "tdn",
        "mdtezxhsl$gEKn",
        "n",
        "m",
        "a",
        "ag",
    ],
    "oom-score-adj-values": [
        "0 200 800",
        "1 2",
        "1 2 3 4",
        "a b c",
        "-2000 0 0",
        "-2001 0 0",
        "0 0 2001",
        "800 200 0",
        "",
        "+1 2 3",
        "1.5 2 3",
        "01 2 3",
        "0  1 2",
        "2000 2000 2000",
    ],
    "latency-tracking-info-percentiles": [
        "",
        "50",
        "50 99 99.9",
        "0 100",
        "100.1",
        "-1",
        "a",
        "50 a",
        "99.99999 1.10",
        "50 50",
        "1e1",
        "nan",
        "inf",
        "99.123456789",
        " 50",
        "50  60",
        "0x10",
        "-0",
        "050",
        "+5",
        "5.",
        ".5",
        "1e",
        "-inf",
        "1e400",
        "infinity",
    ],
    "shutdown-on-sigterm": [
        "save",
        "save now",
        "now save force",
        "default",
        "default save",
        "save nosave",
        "nosave force",
        "safe",
        "failover",
        "save save",
        "",
        "SAVE",
        "force now save failover safe",
        "save foo",
        "save  now",
    ],
    "proc-title-template": [
        "",
        " ",
        "{title}",
        "{foo}",
        "{title} {config-file} x",
        "{",
        "{title",
        "}x",
        "{}",
        "{{title}}",
        "a{title",
        "{port}{tls-port}{unixsocket}",
        "{unixsocket}",
        "{server-mode}{listen-addr}",
        "{TITLE}",
        "{ title}",
        "x",
    ],
    "cluster-announce-hostname": ["", "a.b-c", "a b", "a_b", "é", "a" * 255, "a" * 256, "%"],
    "cluster-announce-human-nodename": ["", "x_y", "a b", "é", "a%", "a:b/c", "a" * 300, "a\x01"],
    "cluster-announce-ip": ["", "1.2.3.4", "::1", "a b", "a" * 45, "a" * 46, "x%y", "x_y"],
    "cluster-announce-client-ipv4": ["", "1.2.3.4", "::1", "a", "1.2.3", "01.2.3.4", "1.2.3.4 ", "256.1.1.1"],
    "cluster-announce-client-ipv6": [
        "",
        "::1",
        "1.2.3.4",
        "a",
        "::ffff:1.2.3.4",
        "[::1]",
        "fe80::1%lo",
        "1:2:3:4:5:6:7:8",
    ],
    "dbfilename": ["", "x.rdb", "a/b", ".", "..", "/", "a\nb"],
}
OF_THEIR_OWN["shutdown-on-sigint"] = OF_THEIR_OWN["shutdown-on-sigterm"]


def candidates(name: str) -> list[str]:
    directive = NAMES[name]
    if directive.name in OF_THEIR_OWN:
        return OF_THEIR_OWN[directive.name]
    return [*COMMON, *at_the_edges(directive.type)]


def at_the_edges(kind: DirectiveType[object]) -> list[str]:
    if isinstance(kind, (Integer, Memory)):
        return [str(kind.low - 1), str(kind.low), str(kind.high), str(kind.high + 1)]
    if isinstance(kind, Choice):
        return [variant for choice in kind.choices for variant in (choice, choice.upper(), f"{choice} ")]
    return []


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    with Oracle(tmp_path_factory.mktemp("oracle"), "--enable-protected-configs", "yes") as server:
        yield server


@pytest.fixture(scope="module")
def plain_oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    with Oracle(tmp_path_factory.mktemp("oracle")) as server:
        yield server


MUTABLE = [name for name in sorted(NAMES) if NAMES[name].mutable]


@pytest.mark.parametrize("name", MUTABLE)
def test_set_and_get(oracle: Oracle, name: str) -> None:
    kvik = Direct()
    kvik.config.assign("enable-protected-configs", "yes")
    answer = oracle.command("CONFIG", "GET", name)
    assert isinstance(answer, list)
    before = answer[1]
    if name in ("dir", "port", "bind"):
        kvik.config.assign(name, before)
    try:
        for value in candidates(name):
            expected = oracle.command("CONFIG", "SET", name, value), oracle.command("CONFIG", "GET", name)
            got = kvik.command("CONFIG", "SET", name, value), kvik.command("CONFIG", "GET", name)
            assert got == expected, value
    finally:
        oracle.command("CONFIG", "SET", name, before)


def test_every_default(plain_oracle: Oracle) -> None:
    kvik = Direct()
    ours = {directive.name: directive for directive in DIRECTIVES}
    of_the_host = {"port", "bind", "dir", "syslog-ident"}
    for name in NAMES:
        if NAMES[name].name in OWN_DEFAULTS:
            assert kvik.command("CONFIG", "GET", name) == [name, OWN_DEFAULTS[name]]
        elif NAMES[name].name not in of_the_host:
            assert kvik.command("CONFIG", "GET", name) == plain_oracle.command("CONFIG", "GET", name)
    listed = plain_oracle.command("CONFIG", "GET", "*")
    assert isinstance(listed, list)
    assert set(listed[::2]) == {name for name in NAMES if not NAMES[name].hidden}
    assert ours["syslog-ident"].default == "kvik"


FIXED = [name for name in sorted(NAMES) if not NAMES[name].mutable or NAMES[name].protected]


@pytest.mark.parametrize("name", FIXED)
def test_what_may_not_be_set(plain_oracle: Oracle, name: str) -> None:
    kvik = Direct()
    for argument in (name, name.upper()):
        command = ("CONFIG", "SET", argument, "@@@")
        assert kvik.command(*command) == plain_oracle.command(*command)


COMMANDS: list[tuple[str, ...]] = [
    ("GET", "maxmemory"),
    ("GET", "MAXMEMORY"),
    ("GET", "MaxMem*"),
    ("GET", "maxmemory", "maxmemory"),
    ("GET", "maxmemory*", "max*", "hz"),
    ("GET", "hz", "appendonly", "HZ"),
    ("GET", "HZ", "hz"),
    ("GET", "HZ", "h*"),
    ("GET", "hz", "nope"),
    ("GET", "nope*"),
    ("GET", "*slaveof*"),
    ("GET", "replicaof"),
    ("GET", "slaveof"),
    ("GET", "*list-max*"),
    ("GET", "watchdog*"),
    ("GET", "watchdog-period"),
    ("GET", "WATCHDOG-PERIOD"),
    ("GET", "watchdog-perio?"),
    ("GET", "watchdog-period", "*hz*"),
    ("GET", "[h]z"),
    ("GET", "[^h]z"),
    ("GET", "h[a-z]"),
    ("GET", "h[z-a]"),
    ("GET", "h[Z]"),
    ("GET", "h[z"),
    ("GET", "h[]z"),
    ("GET", "h\\z"),
    ("GET", "h\\z*"),
    ("GET", "hz\\*"),
    ("GET", "?z"),
    ("GET", ""),
    ("GET", "*"),
    ("GET", "enable-d*", "debug-co*", "key-load*"),
    ("GET", "vm-enabled", "dynamic-hz", "user", "include", "loadmodule"),
    ("SET", "maxmemory", "1", "hz"),
    ("SET", "nope", "1"),
    ("SET", "nOpE", "1"),
    ("SET", "no'pe\r\nx", "1"),
    ("SET", "dynamic-hz", "yes"),
    ("SET", "user", "x"),
    ("SET", "hz", "10", "nope", "1"),
    ("SET", "hz", "abc", "nope", "1"),
    ("SET", "hz", "10", "hz", "11"),
    ("SET", "hz", "10", "HZ", "11"),
    ("SET", "HZ", "abc"),
    ("SET", "REPL-PING-SLAVE-PERIOD", "abc"),
    ("SET", "hz", "10", "daemonize", "yes", "hz", "12"),
    ("SET", "daemonize", "yes", "hz", "abc"),
    ("SET", "daemonize", "yes", "nope", "1"),
    ("SET", "nope", "1", "daemonize", "yes"),
    ("SET", "hz", "10", "hz", "1", "nope", "1"),
    ("SET", "maxmemory", "abc", "hz", "abc"),
    ("SET", "maxmemory", "abc", "daemonize", "yes"),
    ("SET", "dir", "/tmp", "maxmemory", "5"),
    ("SET", "hz", "20", "maxmemory", "1kb", "maxmemory-samples", "1000"),
    ("GET", "hz", "maxmemory", "maxmemory-samples"),
    ("SET", "hz", "20", "maxmemory", "1gb", "maxmemory-samples", "9"),
    ("GET", "hz", "maxmemory", "maxmemory-samples"),
    ("SET", "list-max-ziplist-size", "10", "list-max-listpack-size", "11"),
    ("GET", "list-max*"),
    ("SET", "list-max-listpack-size", "10", "list-max-ziplist-size", "12"),
    ("GET", "list-max*"),
    ("SET", "requirepass", "a\udcffb"),
    ("GET", "requirepass"),
    ("SET", "requirepass", ""),
    ("REWRITE",),
    ("RESETSTAT",),
    ("HELP",),
]


def by_name(reply: object) -> object:
    """CONFIG GET promises no order."""
    return (
        dict(zip(reply[::2], reply[1::2], strict=True))
        if isinstance(reply, list) and len(reply) % 2 == 0
        else reply
    )


def test_commands(plain_oracle: Oracle) -> None:
    kvik = Direct()
    for directive in ("port", "bind", "dir", "syslog-ident"):
        answer = plain_oracle.command("CONFIG", "GET", directive)
        assert isinstance(answer, list)
        kvik.config.assign(directive, answer[1])
    for directive in OWN_DEFAULTS:
        kvik.config.assign(directive, "no")
    for words in COMMANDS:
        expected = plain_oracle.command("CONFIG", *words)
        assert by_name(kvik.command("CONFIG", *words)) == by_name(expected), words
    assert kvik.resets == 1


def test_protected_configs_local(tmp_path: Path) -> None:
    kvik = Direct()
    kvik.config.assign("enable-protected-configs", "local")
    with Oracle(tmp_path, "--enable-protected-configs", "local") as oracle:
        command = ("CONFIG", "SET", "dbfilename", "y.rdb")
        assert kvik.command(*command) == oracle.command(*command) == "OK"
    kvik.is_local = False
    assert kvik.command(*command) == (
        "-ERR CONFIG SET failed (possibly related to argument 'dbfilename') - can't set protected config"
    )


def test_secrets_are_marked() -> None:
    secrets = {directive.name for directive in DIRECTIVES if directive.sensitive}
    assert secrets == {
        "primaryauth",
        "primaryuser",
        "requirepass",
        "tls-client-key-file-pass",
        "tls-key-file-pass",
    }
