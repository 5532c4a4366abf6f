"""CLIENT: what connections tell of themselves and of each other, how they are found, killed, muted and paused."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.resp import NOT_INTEGER, OK, SYNTAX, Connection, Error, Status, Verbatim, arity, encode_command
from tests.support.servers import eventually

FIELDS = (
    "id addr laddr fd name age idle flags capa db sub psub ssub multi watch qbuf qbuf-free argv-mem multi-mem rbs rbp "
    "obl oll omem tot-mem events cmd user redir resp lib-name lib-ver tot-net-in tot-net-out tot-cmds"
).split()
NUMBERS = (
    "id fd age idle db sub psub ssub multi watch qbuf qbuf-free argv-mem multi-mem rbs rbp obl oll omem tot-mem redir "
    "resp tot-net-in tot-net-out tot-cmds"
).split()
NO_SUCH_CLIENT = Error("ERR No such client")
BAD_ID = Error("ERR client-id should be greater than 0")


def bad_text(what: str) -> Error:
    return Error(f"ERR {what} cannot contain spaces, newlines or special characters.")


def rows(reply: Any) -> list[dict[str, str]]:
    """The lines of CLIENT LIST or CLIENT INFO."""
    assert not isinstance(reply, Error), reply
    text = (reply.data if isinstance(reply, Verbatim) else reply).decode()
    assert text == "" or text.endswith("\n")
    return [dict(field.split("=", 1) for field in line.split(" ")) for line in text.splitlines()]


def ids(r: Connection, *filters: str | int) -> list[int]:
    """The clients that CLIENT LIST shows."""
    return [int(row["id"]) for row in rows(r("CLIENT", "LIST", *filters))]


def me(r: Connection) -> dict[str, str]:
    [row] = rows(r("CLIENT", "INFO"))
    return row


def own_address(r: Connection) -> str:
    host, port = r.socket.getsockname()
    return f"{host}:{port}"


@pytest.fixture
def other(r: Connection) -> Iterator[Connection]:
    """A second client, named other."""
    with r.another() as connection:
        assert connection("CLIENT", "SETNAME", "other") == OK
        yield connection


# What a connection tells of itself


def test_id(r: Connection, other: Connection) -> None:
    first, second = r("CLIENT", "ID"), other("CLIENT", "ID")
    assert 0 < first < second
    assert r("CLIENT", "ID") == first
    assert r("CLIENT", "ID", "x") == arity("client|id")
    with r.another() as third:
        assert third("CLIENT", "ID") > second


def test_name(r: Connection) -> None:
    assert r("CLIENT", "GETNAME") is None
    assert r("CLIENT", "SETNAME", "a!~\x7e") == OK
    assert r("CLIENT", "GETNAME") == b"a!~~"
    assert r("CLIENT", "SETNAME", "b") == OK
    assert r("CLIENT", "GETNAME") == b"b"
    for bad in (b"a b", b"a\n", b"\xc3\xa9", b"\x1f", b"\x7f", b" \0"):
        assert r("CLIENT", "SETNAME", bad) == bad_text("Client names")
    assert r("CLIENT", "GETNAME") == b"b"
    assert r("CLIENT", "SETNAME", "") == OK
    assert r("CLIENT", "GETNAME") is None
    assert r("CLIENT", "GETNAME", "x") == arity("client|getname")
    assert r("CLIENT", "SETNAME") == arity("client|setname")


def test_names_are_shown_up_to_their_first_nul(r2: Connection) -> None:
    """What is behind it is not checked, so it must not get into the lines of CLIENT LIST."""
    assert r2("CLIENT", "SETNAME", b"a\0b\nid=1 c") == OK
    assert r2("CLIENT", "SETINFO", "LIB-NAME", b"l\0 \n") == OK
    assert r2("CLIENT", "SETINFO", "LIB-VER", b"\0\n") == OK
    assert r2("CLIENT", "GETNAME") == b"a\0b\nid=1 c"
    [row] = rows(r2("CLIENT", "INFO"))
    assert (row["name"], row["lib-name"], row["lib-ver"]) == ("a", "l", "")
    for name in (b"a", b"a\0b\nid=1 c", b"a\0"):
        assert [each["id"] for each in rows(r2("CLIENT", "LIST", "NAME", name))] == [row["id"]]

def test_setinfo(r: Connection) -> None:
    assert r("CLIENT", "SETINFO", "LIB-NAME", "library(v1)") == OK
    assert r("CLIENT", "SETINFO", "lib-ver", "1.0") == OK
    assert (me(r)["lib-name"], me(r)["lib-ver"]) == ("library(v1)", "1.0")
    assert r("CLIENT", "SETINFO", "lib-name", "a b") == bad_text("lib-name")
    assert r("CLIENT", "SETINFO", "LIB-Ver", "a\n") == bad_text("LIB-Ver")
    assert (me(r)["lib-name"], me(r)["lib-ver"]) == ("library(v1)", "1.0")
    assert r("CLIENT", "SETINFO", "lib-name", "") == OK
    assert (me(r)["lib-name"], me(r)["lib-ver"]) == ("", "1.0")
    assert r("CLIENT", "SETINFO", "Nope", "x") == Error("ERR Unrecognized option 'Nope'")
    assert r("CLIENT", "SETINFO", "no\r\npe", "x") == Error("ERR Unrecognized option 'no  pe'")
    assert r("CLIENT", "SETINFO", "lib-name") == arity("client|setinfo")


def test_info_is_a_line_of_known_fields(r: Connection) -> None:
    reply = r("CLIENT", "INFO")
    assert isinstance(reply, Verbatim) == (r.resp == 3)
    [row] = rows(reply)
    assert list(row) == FIELDS
    assert all(re.fullmatch(r"-?\d+", row[name]) for name in NUMBERS), row
    assert int(row["tot-mem"]) > 0
    assert row["addr"] == own_address(r)
    assert row["laddr"] == f"127.0.0.1:{r.server.port}"
    told = {name: row[name] for name in "name flags capa db multi cmd user redir resp lib-name lib-ver events".split()}
    assert told == {
        "name": "", "flags": "N", "capa": "", "db": "0", "multi": "-1", "cmd": "client|info", "user": "default",
        "redir": "-1", "resp": str(r.resp), "lib-name": "", "lib-ver": "", "events": "r",
    }  # fmt: skip
    assert r("CLIENT", "INFO", "x") == arity("client|info")


def test_info_counts_traffic_and_commands(r2: Connection) -> None:
    before = me(r2)
    commands = [["PING"], ["ECHO", "x" * 1000], ["NOPE"], ["GET"]]
    r2.many(commands)
    after = me(r2)
    sent = sum(len(encode_command(each)) for each in [*commands, ["CLIENT", "INFO"]])
    assert int(after["tot-net-in"]) - int(before["tot-net-in"]) == sent
    assert int(after["tot-net-out"]) - int(before["tot-net-out"]) > 1000
    # The two that are refused are no commands, and the one that asks is not over.
    assert int(after["tot-cmds"]) - int(before["tot-cmds"]) == 3


def test_flags(r: Connection, other: Connection) -> None:
    assert other("CLIENT", "NO-EVICT", "on") == OK
    assert me(other)["flags"] == "e"
    assert other("CLIENT", "NO-TOUCH", "ON") == OK
    assert set(me(other)["flags"]) == set("eT")
    assert other("CLIENT", "NO-EVICT", "OFF") == OK
    assert me(other)["flags"] == "T"
    assert other("CLIENT", "NO-TOUCH", "off") == OK
    assert me(other)["flags"] == "N"
    for option in ("NO-EVICT", "NO-TOUCH"):
        assert other("CLIENT", option, "nope") == SYNTAX
        assert other("CLIENT", option) == arity(f"client|{option.lower()}")
        assert other("CLIENT", option, "on", "x") == arity(f"client|{option.lower()}")


def test_idle_time_grows_until_the_key_is_used(r: Connection) -> None:
    r("SET", "key", "value")
    eventually(lambda: r("OBJECT", "IDLETIME", "key") >= 1, what="the key has been idle for a second")
    r("GET", "key")
    assert r("OBJECT", "IDLETIME", "key") <= 1


@pytest.mark.parametrize("policy", ["allkeys-lfu", "volatile-lfu"])
def test_new_keys_have_been_used_five_times(r: Connection, policy: str) -> None:
    with r.config(maxmemory_policy=policy):
        r("SET", "key", "value")
        assert r("OBJECT", "FREQ", "key") == 5


def test_no_touch_leaves_the_use_of_keys_alone(r: Connection) -> None:
    with r.config(maxmemory_policy="allkeys-lfu", lfu_log_factor=0):
        r("SET", "key", "value")
        start = r("OBJECT", "FREQ", "key")
        r("CLIENT", "NO-TOUCH", "ON")
        for _ in range(3):
            assert r("GET", "key") == b"value"
        assert r("OBJECT", "FREQ", "key") == start
        r("TOUCH", "key")
        assert r("OBJECT", "FREQ", "key") == start + 1, "TOUCH touches all the same"
        r("CLIENT", "NO-TOUCH", "OFF")
        for _ in range(3):
            r("GET", "key")
        assert r("OBJECT", "FREQ", "key") == start + 4


def test_capa(r: Connection) -> None:
    assert r("CLIENT", "CAPA", "nope", "another") == OK
    assert me(r)["capa"] == ""
    assert r("CLIENT", "CAPA", "nope", "Redirect") == OK
    assert me(r)["capa"] == "r"
    assert r("CLIENT", "CAPA") == arity("client|capa")


# CLIENT LIST


def test_list_shows_every_client(r: Connection, other: Connection) -> None:
    reply = r("CLIENT", "LIST")
    assert isinstance(reply, Verbatim) == (r.resp == 3)
    shown = {int(row["id"]): row for row in rows(reply)}
    assert shown[r("CLIENT", "ID")]["cmd"] == "client|list"
    row = shown[other("CLIENT", "ID")]
    assert list(row) == FIELDS
    assert (row["name"], row["cmd"], row["addr"]) == ("other", "client|setname", own_address(other))
    assert list(shown) == sorted(shown)


def test_list_forgets_who_has_gone(r: Connection) -> None:
    with r.another() as gone:
        number = gone("CLIENT", "ID")
        assert ids(r, "ID", number) == [number]
    eventually(lambda: ids(r, "ID", number) == [])


def test_list_by_what_others_say_of_themselves(r: Connection, other: Connection) -> None:
    own, its = r("CLIENT", "ID"), other("CLIENT", "ID")
    other("CLIENT", "SETINFO", "LIB-NAME", "library")
    other("CLIENT", "SETINFO", "LIB-VER", "1.2.3")
    other("CLIENT", "CAPA", "redirect")
    other("CLIENT", "NO-EVICT", "ON")
    other("CLIENT", "NO-TOUCH", "ON")
    other("SELECT", 9)
    both = ("ID", own, its)
    for name, matching, missing in (
        ("NAME", "other", "others"),
        ("LIB-NAME", "library", "lib"),
        ("LIB-VER", "1.2.3", "1.2"),
        ("DB", "9", "8"),
        ("FLAGS", "e", "u"),
        ("FLAGS", "Te", "Ne"),
        ("CAPA", "r", None),
        ("ADDR", own_address(other), "127.0.0.1:1"),
    ):
        assert ids(r, *both, name, matching) == [its], name
        assert ids(r, *both, name.lower(), matching) == [its], name
        assert ids(r, *both, f"NOT-{name}", matching) == [own], name
        if missing is not None:
            assert ids(r, *both, name, missing) == [], name
            assert ids(r, *both, f"not-{name}", missing) == [own, its], name


def test_list_by_what_both_have_in_common(r: Connection, other: Connection) -> None:
    both = [r("CLIENT", "ID"), other("CLIENT", "ID")]
    for name, value in (
        ("TYPE", "normal"),
        ("TYPE", "NORMAL"),
        ("USER", "default"),
        ("IP", "127.0.0.1"),
        ("LADDR", f"127.0.0.1:{r.server.port}"),
        ("FLAGS", ""),
        ("FLAGS", "N"),
        ("CAPA", ""),
        ("DB", "0"),
    ):
        assert ids(r, "ID", *both, name, value) == both, name
        assert ids(r, "ID", *both, f"NOT-{name}", value) == [], name


@pytest.mark.parametrize("kind", ["replica", "slave", "primary", "MASTER", "PubSub"])
def test_list_by_a_type_that_nobody_has(r: Connection, kind: str) -> None:
    assert ids(r, "TYPE", kind) == []
    assert r("CLIENT", "ID") in ids(r, "NOT-TYPE", kind)


def test_list_by_id(r: Connection, other: Connection) -> None:
    own, its = r("CLIENT", "ID"), other("CLIENT", "ID")
    assert ids(r, "ID", its) == [its]
    assert ids(r, "ID", its, its, own, 10**9) == [own, its]
    assert ids(r, "ID", its, "ID", own) == [own, its], "IDs add up"
    assert ids(r, "ID", own, its, "NOT-ID", own) == [its]
    assert own not in ids(r, "NOT-ID", own, 10**9)
    assert ids(r, "ID", 10**9) == []
    assert ids(r, "ID", own, "TYPE", "normal") == [own]


def test_of_a_filter_that_comes_again_the_last_counts(r: Connection, other: Connection) -> None:
    own, its = r("CLIENT", "ID"), other("CLIENT", "ID")
    assert ids(r, "ID", own, its, "NAME", "nobody", "NAME", "other") == [its]
    assert ids(r, "ID", own, its, "DB", 5, "DB", 0) == [own, its]
    assert ids(r, "ID", own, its, "NAME", "other", "NOT-NAME", "other") == []


def test_list_skipme(r: Connection, other: Connection) -> None:
    own, its = r("CLIENT", "ID"), other("CLIENT", "ID")
    assert ids(r, "SKIPME", "yes", "ID", own, its) == [its]
    assert ids(r, "ID", own, its, "skipme", "NO") == [own, its]


def test_list_by_age(r: Connection) -> None:
    own = r("CLIENT", "ID")
    assert ids(r, "MAXAGE", 10**6) == []
    assert ids(r, "IDLE", 10**6) == []
    assert ids(r, "IDLE", 1, "ID", own) == [], "who asks is not idle"
    with r.another() as idle:
        its = idle("CLIENT", "ID")
        assert ids(r, "MAXAGE", 1, "ID", its) == []
        eventually(lambda: ids(r, "IDLE", 1, "ID", its) == [its])
        assert ids(r, "maxage", 1, "ID", its) == [its]
        assert int(rows(r("CLIENT", "LIST", "ID", its))[0]["idle"]) >= 1
        idle("PING")
        assert ids(r, "IDLE", 1, "ID", its) == []
        assert ids(r, "MAXAGE", 1, "ID", its) == [its]


FILTER_ERRORS = [
    (["nope", "x"], SYNTAX),
    (["TYPE"], SYNTAX),
    (["SKIPME"], SYNTAX),
    (["ID", "5", "x"], SYNTAX),
    (["ID", "x"], SYNTAX),
    (["ID", "99999999999999999999"], SYNTAX),
    (["ID", "0"], BAD_ID),
    (["ID", "1", "-1"], BAD_ID),
    (["NOT-ID", "0"], BAD_ID),
    (["SKIPME", "nope"], SYNTAX),
    (["NOT-SKIPME", "yes"], SYNTAX),
    (["TYPE", "nope"], Error("ERR Unknown client type 'nope'")),
    (["NOT-TYPE", "no\r\n"], Error("ERR Unknown client type 'no  '")),
    (["USER", "nobody"], Error("ERR No such user 'nobody'")),
    (["NOT-USER", "nobody"], Error("ERR No such user 'nobody'")),
    (["MAXAGE", "x"], Error("ERR maxage is not an integer or out of range")),
    (["maxage", "0"], Error("ERR maxage should be greater than 0")),
    (["MAXAGE", "-1"], Error("ERR maxage should be greater than 0")),
    (["NOT-MAXAGE", "1"], SYNTAX),
    (["IDLE", "1.5"], Error("ERR idle is not an integer or out of range")),
    (["IDLE", "0"], Error("ERR idle should be greater than 0")),
    (["NOT-IDLE", "1"], SYNTAX),
    (["DB", "x"], Error("ERR DB is not an integer or out of range")),
    (["DB", "-1"], Error("ERR DB number should be between 0 and 15")),
    (["not-db", "x"], Error("ERR NOT-DB is not an integer or out of range")),
    (["NOT-DB", "16"], Error("ERR NOT-DB number should be between 0 and 15")),
    (["FLAGS", "q"], Error("ERR Unknown flags found in the provided filter: q")),
    (["not-flags", "q"], Error("ERR Unknown flags found in the NOT-FLAGS filter: q")),
    (["FLAGS", "NNq"], Error("ERR Unknown flags found in the provided filter: NNq")),
    (["CAPA", "x"], Error("ERR Unknown capa found in the provided filter: x")),
    (["NOT-CAPA", "x"], Error("ERR Unknown capa found in the NOT-CAPA filter: x")),
    (["ID", "5", "TYPE", "nope"], Error("ERR Unknown client type 'nope'")),
    (["TYPE", "normal", "nope", "x"], SYNTAX),
]


@pytest.mark.parametrize(("filters", "error"), FILTER_ERRORS, ids=lambda value: " ".join(value)[:30])
def test_list_refuses(r2: Connection, filters: list[str], error: Error) -> None:
    assert r2("CLIENT", "LIST", *filters) == error


# CLIENT KILL


@pytest.mark.parametrize(
    ("filters", "error"), [each for each in FILTER_ERRORS if len(each[0]) > 1], ids=lambda value: " ".join(value)[:30]
)
def test_kill_refuses(r2: Connection, filters: list[str], error: Error) -> None:
    assert r2("CLIENT", "KILL", *filters) == error


def test_kill_of_nobody(r2: Connection) -> None:
    assert r2("CLIENT", "KILL") == arity("client|kill")
    for address in ("1.2.3.4:5", "ID", "", own_address(r2) + "0"):
        assert r2("CLIENT", "KILL", address) == NO_SUCH_CLIENT
    for filters in (["ID", 10**9], ["ADDR", "1.2.3.4:5"], ["TYPE", "replica"], ["IDLE", 10**6], ["NAME", "nobody"]):
        assert r2("CLIENT", "KILL", *filters) == 0


def test_kill_by_address(r: Connection, other: Connection) -> None:
    assert r("CLIENT", "KILL", own_address(other)) == OK
    assert other.at_end()
    assert r("CLIENT", "KILL", own_address(other)) == NO_SUCH_CLIENT


def test_kill_oneself_by_address(other: Connection) -> None:
    assert other("CLIENT", "KILL", own_address(other)) == OK
    assert other.at_end()


@pytest.mark.parametrize("name", ["ID", "ADDR", "NAME", "NOT-ID", "DB"])
def test_kill_by_filter(r: Connection, other: Connection, name: str) -> None:
    other("SELECT", 13)
    own, its = r("CLIENT", "ID"), other("CLIENT", "ID")
    value = {"ID": its, "ADDR": own_address(other), "NAME": "other", "NOT-ID": own, "DB": 13}[name]
    assert r("CLIENT", "KILL", name, value) >= 1
    assert other.at_end()
    assert r("PING") == Status("PONG")


def test_kill_several(r: Connection) -> None:
    doomed = [r.another(2) for _ in range(3)]
    numbers = [each("CLIENT", "ID") for each in doomed]
    spared = r.another(2)
    assert r("CLIENT", "KILL", "ID", *numbers, 10**9, "NOT-ID", numbers[2]) == 2
    assert [each.at_end() for each in doomed[:2]] == [True, True]
    assert doomed[2]("PING") == spared("PING") == Status("PONG")
    doomed[2].close()
    spared.close()


def test_kill_leaves_out_oneself(r: Connection, other: Connection) -> None:
    own, its = r("CLIENT", "ID"), other("CLIENT", "ID")
    assert r("CLIENT", "KILL", "ID", own) == 0
    assert r("CLIENT", "KILL", "ID", own, "SKIPME", "yes") == 0
    assert r("CLIENT", "KILL", "ID", own, its, "USER", "default") == 1
    assert other.at_end()


def test_kill_oneself_answers_first_and_runs_nothing_more(r: Connection) -> None:
    with r.another(2) as mine:
        number = mine("CLIENT", "ID")
        lines = [["CLIENT", "KILL", "ID", number, "SKIPME", "no"], ["SET", "key", "value"]]
        mine.send_raw(b"".join(map(encode_command, lines)))
        assert mine.read_raw() == b":1\r\n"
    assert r("EXISTS", "key") == 0


def test_who_is_killed_runs_nothing_more(r: Connection, other: Connection) -> None:
    number = other("CLIENT", "ID")
    r.send_raw(encode_command(["CLIENT", "KILL", "ID", number]) + encode_command(["CLIENT", "LIST", "ID", number]))
    assert r.read() == 1
    assert rows(r.read()) == []
    assert other.at_end()


def test_who_is_killed_is_gone_at_once(r: Connection, other: Connection) -> None:
    address, count = own_address(other), int(r.info("clients")["connected_clients"])
    killing = ["CLIENT", "KILL", address]
    killed, again, info = r.many([killing, killing, ["INFO", "clients"]])
    assert (killed, again) == (OK, NO_SUCH_CLIENT)
    text = info.data if isinstance(info, Verbatim) else info
    assert b"connected_clients:%d\r\n" % (count - 1) in text


# CLIENT REPLY


@pytest.mark.parametrize(
    ("lines", "replies"),
    [
        (["CLIENT REPLY ON", "PING"], "+OK +PONG"),
        (["CLIENT REPLY OFF", "PING", "CLIENT REPLY ON", "PING"], "+OK +PONG"),
        (["CLIENT REPLY OFF", "NOPE", "GET", "CLIENT REPLY nope", "CLIENT REPLY on", "PING"], "+OK +PONG"),
        (["CLIENT REPLY OFF", "CLIENT REPLY SKIP", "PING", "PING", "CLIENT REPLY ON"], "+OK"),
        (["client reply skip", "PING", "PING"], "+PONG"),
        (["CLIENT REPLY SKIP", "CLIENT REPLY SKIP", "PING", "PING"], "+PONG"),
        (["CLIENT REPLY SKIP", "CLIENT REPLY OFF", "PING", "CLIENT REPLY ON"], "+OK"),
        (["CLIENT REPLY SKIP", "CLIENT REPLY ON", "PING"], "+OK +PONG"),
        (["CLIENT REPLY SKIP", "NOPE", "PING"], "+PONG"),
        (["CLIENT REPLY SKIP", "GET", "PING"], "+PONG"),
        (["CLIENT REPLY SKIP", "HELLO 3", "PING"], "+PONG"),
        (["CLIENT REPLY OFF", "RESET", "PING"], "+RESET +PONG"),
        (["CLIENT REPLY SKIP", "RESET", "PING"], "+PONG"),
        (["CLIENT REPLY OFF", "SET key muted", "CLIENT REPLY ON", "GET key"], "+OK $5 muted"),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, list) else "",
)
def test_reply(r2: Connection, lines: list[str], replies: str) -> None:
    """In one write, and a command at a time."""
    with r2.another() as pipelined, r2.another() as single:
        pipelined.send_raw(b"".join(encode_command(line.split()) for line in [*lines, "QUIT"]))
        assert pipelined.read_raw().split() == [*replies.encode().split(), b"+OK"]
        for number, line in enumerate([*lines, "QUIT"]):
            commands = int(me_of(r2, single)["tot-cmds"])
            single.send(*line.split())
            if line.split()[0] in ("PING", "SET", "HELLO") and number:
                eventually(lambda before=commands: int(me_of(r2, single)["tot-cmds"]) > before)
        assert single.read_raw().split() == [*replies.encode().split(), b"+OK"]


def me_of(r: Connection, other: Connection) -> dict[str, str]:
    """What another sees of this connection."""
    [row] = rows(r("CLIENT", "LIST", "ADDR", own_address(other)))
    return row


def test_reply_refuses(r2: Connection) -> None:
    assert r2("CLIENT", "REPLY", "nope") == SYNTAX
    assert r2("CLIENT", "REPLY") == arity("client|reply")
    assert r2("CLIENT", "REPLY", "on", "x") == arity("client|reply")


# CLIENT PAUSE


@pytest.fixture
def paused(r: Connection) -> Iterator[Connection]:
    """For a test that pauses writes, which go on when it is over."""
    yield r
    assert r("CLIENT", "UNPAUSE") == OK


def test_pause_holds_writes_until_unpause(paused: Connection, other: Connection) -> None:
    r = paused
    own = own_address(other)
    assert r("CLIENT", "PAUSE", 100_000, "write") == OK
    other.send_raw(encode_command(["SET", "key", "value"]) + encode_command(["GET", "key"]))
    eventually(lambda: me_of(r, other)["flags"] == "b")
    told = r.info("clients")
    assert told["paused_reason"] == "client_pause"
    assert told["paused_actions"] == "write"
    assert 0 < int(told["paused_timeout_milliseconds"]) <= 100_000
    assert told["blocked_clients"] == "1"
    assert r("GET", "key") is None, "reads go on"
    assert r("SET") == arity("set"), "errors need no waiting"
    assert ids(r, "ADDR", own, "FLAGS", "b") == ids(r, "ADDR", own)
    assert r("CLIENT", "UNPAUSE") == OK
    assert [other.read(), other.read()] == [OK, b"value"]
    told = r.info("clients")
    assert (told["paused_reason"], told["paused_actions"]) == ("none", "none")
    assert told["paused_timeout_milliseconds"] == told["blocked_clients"] == "0"


def test_pause_can_be_lengthened_only(paused: Connection) -> None:
    r = paused

    def left() -> int:
        return int(r.info("clients")["paused_timeout_milliseconds"])

    assert r("CLIENT", "PAUSE", 100_000, "WRITE") == OK
    assert r("CLIENT", "PAUSE", 1, "WRITE") == OK
    assert left() > 50_000
    assert r("CLIENT", "PAUSE", 1_000_000, "WRITE") == OK
    assert left() > 500_000


def test_who_waits_can_be_killed(paused: Connection, other: Connection) -> None:
    r = paused
    assert r("CLIENT", "PAUSE", 100_000, "WRITE") == OK
    other.send("SET", "key", "value")
    eventually(lambda: me_of(r, other)["flags"] == "b")
    assert r("CLIENT", "KILL", "NAME", "other") == 1
    assert other.at_end()
    assert r("CLIENT", "UNPAUSE") == OK
    assert r("EXISTS", "key") == 0


def test_a_pause_of_writes_ends_by_itself(r: Connection) -> None:
    start = time.monotonic()
    assert r("CLIENT", "PAUSE", 30, "WRITE") == OK
    assert r("SET", "key", "value") == OK
    assert time.monotonic() - start >= 0.029
    assert r("GET", "key") == b"value"
    eventually(lambda: r.info("clients")["paused_actions"] == "none")


@pytest.mark.parametrize("mode", [[], ["all"], ["ALL", "x"]])
def test_a_pause_of_all_ends_by_itself(r: Connection, mode: list[str]) -> None:
    """Nobody can end it, for CLIENT UNPAUSE waits too."""
    start = time.monotonic()
    assert r("CLIENT", "PAUSE", 30, *mode) == OK
    assert r("PING") == Status("PONG")
    assert time.monotonic() - start >= 0.029


def test_pause_holds_the_rest_of_a_pipeline(r: Connection) -> None:
    start = time.monotonic()
    assert r.many([["CLIENT", "PAUSE", 30], ["SET", "key", "value"], ["GET", "key"]]) == [OK, OK, b"value"]
    assert time.monotonic() - start >= 0.029


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["x"], Error("ERR timeout is not an integer or out of range")),
        (["1.5"], Error("ERR timeout is not an integer or out of range")),
        (["99999999999999999999"], Error("ERR timeout is not an integer or out of range")),
        (["9223372036854775807"], Error("ERR timeout is out of range")),
        (["-1"], Error("ERR timeout is negative")),
        (["10", "nope"], Error("ERR CLIENT PAUSE mode must be WRITE or ALL")),
        (["x", "nope"], Error("ERR CLIENT PAUSE mode must be WRITE or ALL")),
        ([], arity("client|pause")),
    ],
)
def test_pause_refuses(r2: Connection, arguments: list[str], error: Error) -> None:
    assert r2("CLIENT", "PAUSE", *arguments) == error
    assert r2.info("clients")["paused_actions"] == "none"


def test_unpause_without_a_pause(r2: Connection) -> None:
    assert r2("CLIENT", "UNPAUSE") == OK
    assert r2("CLIENT", "UNPAUSE", "x") == arity("client|unpause")


# CLIENT HELP


def test_help(r: Connection) -> None:
    lines = r("CLIENT", "HELP")
    assert lines[0] == "CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
    assert lines[-2:] == ["HELP", "    Print this help."]
    assert all(type(line) is Status for line in lines)
    words = {line.split()[0] for line in lines[1:] if not line.startswith(" ")}
    assert words >= set("CAPA GETNAME ID INFO KILL LIST PAUSE REPLY SETNAME SETINFO UNPAUSE NO-EVICT NO-TOUCH".split())
    assert r("CLIENT", "HELP", "x") == arity("client|help")


def test_every_filter_of_the_help_is_one(r2: Connection) -> None:
    """The help names no filter that is not understood: a wrong value may be refused, not the name."""
    lines = r2("CLIENT", "HELP")
    options = [found[1] for line in lines if (found := re.match(r" +\* (\[?[A-Z-]+\]?[A-Z-]*) [(<]", line))]
    names = [option.replace("[NOT-]", prefix) for option in options for prefix in ("", "NOT-")]
    assert len(set(names)) > 10
    for name in set(names):
        value = {"SKIPME": "no", "TYPE": "normal", "USER": "default", "FLAGS": "N", "CAPA": "r"}
        assert r2("CLIENT", "LIST", name, value.get(name.removeprefix("NOT-"), "1")) not in (SYNTAX, NOT_INTEGER), name


def test_errors_that_quote_any_bytes(r: Connection) -> None:
    quoted = b"\xff\xfe".decode("utf-8", "surrogateescape")
    assert r("CLIENT", "SETINFO", b"\xff\xfe", "x") == Error(f"ERR Unrecognized option '{quoted}'")
    assert r("CLIENT", "LIST", "TYPE", b"\xff\xfe") == Error(f"ERR Unknown client type '{quoted}'")
