"""The command table against the facts exported from Valkey, and COMMAND against a running Valkey."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kvik.commands import command
from kvik.commands.spec import Argument, CommandSpec, integer, key, range_keys, word
from kvik.commands.table import CommandTable
from kvik.engine.glob import matches_name
from kvik.wire.types import CommandError, Simple
from tests.conftest import Servers

REFERENCE_FILE = Path(__file__).parents[1] / "reference" / "valkey-9.1.2-commands.json"
REFERENCE: dict[str, Any] = json.loads(REFERENCE_FILE.read_text())
"""Facts exported from Valkey, by command."""

COMPLETE_GROUPS = {
    "string", "bitmap", "connection", "generic", "geo", "hash", "hyperloglog", "list", "pubsub", "set", "sorted-set",
    "stream",
}  # fmt: skip
NEEDS_RDB = "needs the RDB codec"
NEEDS_REPLICATION = "needs replication"
LEFT_OUT = {
    "client|import-source": "needs the import mode that data migration brings",
    "migrate": NEEDS_RDB,
    "wait": NEEDS_REPLICATION,
    "waitaof": NEEDS_REPLICATION,
}


class Oracle:
    """A connection to a real server. Replies are trees in which sets, maps and statuses are told apart."""

    def __init__(self, port: int, protocol: int) -> None:
        self.protocol = protocol
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._file = self._socket.makefile("rb")
        self.ask("HELLO", str(protocol))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def ask(self, *args: str | bytes) -> Any:
        words = [arg.encode() if isinstance(arg, str) else arg for arg in args]
        parts = [b"$%d\r\n%s\r\n" % (len(each), each) for each in words]
        self._socket.sendall(b"*%d\r\n" % len(words) + b"".join(parts))
        return self._read()

    def _read(self) -> Any:
        line = self._file.readline()[:-2]
        kind, rest = line[:1], line[1:]
        if kind in b"+-":
            return (kind.decode(), rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"_" or rest == b"-1":
            return None
        if kind == b"$":
            return self._file.read(int(rest) + 2)[:-2]
        if kind == b"%":
            return ("map", [(self._read(), self._read()) for _ in range(int(rest))])
        items = [self._read() for _ in range(int(rest))]
        return ("set", items) if kind == b"~" else items


def tree(reply: Any, protocol: int) -> Any:
    """What `Oracle.ask` would return, had a server sent this reply of a handler."""
    match reply:
        case None | int():
            return reply
        case str():
            return reply.encode()
        case bytes():
            return reply
        case Simple(text):
            return ("+", text)
        case command.SetOf():
            items = [tree(item, protocol) for item in reply]
            return ("set", items) if protocol == 3 else items
        case list() | tuple():
            return [tree(item, protocol) for item in reply]
        case dict():
            pairs = [(tree(name, protocol), tree(value, protocol)) for name, value in reply.items()]
            return ("map", pairs) if protocol == 3 else [each for pair in pairs for each in pair]
    raise TypeError(reply)


class Kvik:
    """The handlers of COMMAND, called as the server would call them."""

    def __init__(self, table: CommandTable) -> None:
        self.table = table

    def ask(self, protocol: int, *args: str | bytes) -> Any:
        words = [arg.encode() if isinstance(arg, str) else arg for arg in args]
        called = self.table.resolve(words)
        assert called is not None
        assert called.spec.handler_module == "kvik.commands.command"
        if not called.accepts(len(words)):
            return ("-", f"ERR wrong number of arguments for '{called.name}' command")
        try:
            return tree(getattr(command, called.spec.handler_name)(self, None, words), protocol)
        except CommandError as error:
            return ("-", str(error))


@pytest.fixture(scope="module")
def table() -> CommandTable:
    return CommandTable()


@pytest.fixture(scope="module")
def kvik(table: CommandTable) -> Kvik:
    return Kvik(table)


@pytest.fixture(scope="module")
def port(servers: Servers) -> int:
    return servers.get("oracle").port


@pytest.fixture(scope="module", params=[2, 3], ids=["resp2", "resp3"])
def oracle(port: int, request: pytest.FixtureRequest) -> Iterator[Oracle]:
    with Oracle(port, request.param) as connection:
        yield connection


# Against the exported facts.


def test_every_command_is_as_the_reference_says(table: CommandTable) -> None:
    for each in table:
        facts, spec = REFERENCE[each.name], each.spec
        declared = {
            "arity": spec.arity,
            "flags": sorted(each.flags),
            "first_key": each.first_key,
            "last_key": each.last_key,
            "step": each.step,
            "key_specs": [plain(command.key_spec_of(keys)) for keys in spec.keys],
            "acl": sorted("@" + name for name in each.categories),
            "tips": list(spec.tips),
            "group": spec.group,
            "since": spec.since,
            "arguments": [reference_argument(argument) for argument in spec.arguments],
        }
        assert declared == {"arguments": []} | facts, each.name


def test_complete_groups_leave_nothing_out_without_a_reason(table: CommandTable) -> None:
    expected = {name for name, facts in REFERENCE.items() if facts["group"] in COMPLETE_GROUPS}
    declared = {each.name for each in table if each.spec.group in COMPLETE_GROUPS}
    assert expected - declared == set(LEFT_OUT)


def plain(reply: Any) -> Any:
    """A reply as JSON would have it."""
    match reply:
        case Simple(text):
            return text
        case dict():
            return {name: plain(value) for name, value in reply.items()}
        case list() | tuple():
            return [plain(item) for item in reply]
    return reply


def reference_argument(argument: Argument) -> dict[str, Any]:
    facts = plain(command.argument_of(argument))
    kept = {
        name: facts[name] for name in ("name", "type", "token", "flags", "key_spec_index") if name in facts
    }
    if argument.arguments:
        kept["arguments"] = [reference_argument(part) for part in argument.arguments]
    return kept


# The table itself.


def test_lookup(table: CommandTable) -> None:
    getex = table.find("getex")
    assert getex is not None
    assert table.find(b"GetEx") is getex
    assert table[getex.id] is getex
    assert [each.id for each in table] == list(range(len(table)))
    client_list = table.find("CLIENT|LIST")
    assert client_list is not None
    assert client_list.container is table.find("client")
    assert client_list.container is not None
    assert client_list in table.subcommands(client_list.container)
    assert client_list not in table.top_level
    assert getex in table.top_level


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"GET k", "get"),
        (b"client LIST", "client|list"),
        (b"client", "client"),
        (b"command", "command"),
        (b"command docs get", "command|docs"),
        (b"client nope", None),
        (b"client|list", None),
        (b"client list|x", None),
        (b"nope", None),
        (b"", None),
    ],
)
def test_resolve(table: CommandTable, line: bytes, name: str | None) -> None:
    found = table.resolve(line.split())
    assert (found.name if found else None) == name


def test_every_leaf_has_a_handler(table: CommandTable) -> None:
    for each in table:
        assert each.spec.handler or each.spec.subcommands, each.name
        assert each.spec.is_compiled == each.spec.handler_name.endswith("_command")
    handlers = [each.spec.handler for each in table if each.spec.handler]
    assert len(handlers) == len(set(handlers))


def test_python_handlers_of_command_exist(table: CommandTable) -> None:
    names = [each.spec.handler_name for each in table if each.spec.handler_module == "kvik.commands.command"]
    assert len(names) == 8
    assert all(callable(getattr(command, name)) for name in names)


PLAIN = CommandSpec("plain", arity=2, group="string", since="1.0.0", summary="", handler="a:plain",
                    keys=(range_keys(1, "RO"),), arguments=(key(),))  # fmt: skip


def test_a_sensible_declaration_is_accepted() -> None:
    assert [each.name for each in CommandTable([PLAIN])] == ["plain"]


@pytest.mark.parametrize(
    ("specs", "problem"),
    [
        ([PLAIN, PLAIN], "twice"),
        ([PLAIN._replace(name="Plain")], "name"),
        ([PLAIN._replace(name="other|plain")], "name"),
        ([PLAIN._replace(arity=3)], "arity"),
        ([PLAIN._replace(arity=0)], "arity"),
        ([PLAIN._replace(arity=-1)], "arity"),
        ([PLAIN._replace(arguments=(key(), word("NX", optional=True)))], "arity"),
        ([PLAIN._replace(flags=("readonly", "write"))], "flags"),
        ([PLAIN._replace(flags=("movablekeys",))], "flags"),
        ([PLAIN._replace(flags=("no_such_flag",))], "flags"),
        ([PLAIN._replace(flags=("write",), acl=("write",))], "ACL"),
        ([PLAIN._replace(acl=("no_such_category",))], "ACL"),
        ([PLAIN._replace(handler="")], "handler"),
        ([PLAIN._replace(handler="plain")], "handler"),
        ([PLAIN._replace(keys=(range_keys(1, "XX"),))], "key specification"),
        ([PLAIN._replace(keys=())], "key specification"),
        ([PLAIN._replace(subcommands=(PLAIN._replace(name="else|sub"),))], "name"),
        (
            [PLAIN._replace(subcommands=(PLAIN._replace(name="plain|a", arity=3, subcommands=(PLAIN,)),))],
            "subcommand",
        ),
    ],
)
def test_a_declaration_without_sense_is_refused(specs: Sequence[CommandSpec], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        CommandTable(specs)


def test_a_token_counts_as_a_word() -> None:
    spec = PLAIN._replace(arity=4, arguments=(key(), integer("seconds", token="EX")))
    assert len(CommandTable([spec])) == 1


# COMMAND beside the oracle.


def test_info(kvik: Kvik, oracle: Oracle) -> None:
    names = {each.name.encode() for each in kvik.table}
    for each in kvik.table:
        theirs = oracle.ask("COMMAND", "INFO", each.name)
        theirs[0][9] = sorted((sub for sub in theirs[0][9] if sub[0] in names), key=lambda sub: sub[0])
        assert kvik.ask(oracle.protocol, "COMMAND", "INFO", each.name) == theirs


def test_docs(kvik: Kvik, oracle: Oracle) -> None:
    names = {each.name.encode() for each in kvik.table}
    for each in kvik.table:
        theirs = docs(oracle.ask("COMMAND", "DOCS", each.name), oracle.protocol)
        ours = docs(kvik.ask(oracle.protocol, "COMMAND", "DOCS", each.name), oracle.protocol)
        fields = [(name, value) for name, value in theirs[0][1] if name != b"subcommands"]
        assert [(name, value) for name, value in ours[0][1] if name != b"subcommands"] == fields
        assert subcommands(ours) == [name for name in subcommands(theirs) if name in names]


def docs(reply: Any, protocol: int) -> list[tuple[bytes, list[tuple[bytes, Any]]]]:
    """COMMAND DOCS as pairs, but for the summary and the complexity, which are in our own words."""

    def pairs(value: Any) -> list[tuple[Any, Any]]:
        if protocol == 3:
            assert value[0] == "map"
            return list(value[1])
        return list(zip(value[::2], value[1::2], strict=True))

    def fields(value: Any) -> list[tuple[bytes, Any]]:
        kept = [pair for pair in pairs(value) if pair[0] not in (b"summary", b"complexity")]
        return [(name, docs(each, protocol) if name == b"subcommands" else each) for name, each in kept]

    return [(name, fields(value)) for name, value in pairs(reply)]


def subcommands(reply: list[tuple[bytes, list[tuple[bytes, Any]]]]) -> list[bytes]:
    return sorted(name for name, _ in dict(reply[0][1]).get(b"subcommands", []))


def test_summaries_and_complexities_are_there(table: CommandTable) -> None:
    for each in table:
        assert each.spec.summary.endswith("."), each.name
        assert each.spec.complexity, each.name


@pytest.mark.parametrize(
    "line",
    [
        "COMMAND COUNT x",
        "COMMAND INFO nope",
        "COMMAND INFO nope getex CLIENT|LIST get GET",
        "COMMAND INFO client| |list client|list|x get|foo",
        "COMMAND DOCS nope",
        "COMMAND DOCS client|",
        "COMMAND HELP",
        "COMMAND HELP x",
        "COMMAND LIST x",
        "COMMAND LIST FILTERBY",
        "COMMAND LIST FILTERBY MODULE",
        "COMMAND LIST FILTERBY MODULE x",
        "COMMAND LIST FILTERBY MODULE x y",
        "COMMAND LIST FILTERBY FOO x",
        "COMMAND LIST FOO MODULE x",
        "COMMAND LIST filterby pattern GETR*",
        "COMMAND LIST FILTERBY ACLCAT @bitmap",
        "COMMAND LIST FILTERBY ACLCAT nope",
        "COMMAND GETKEYS",
        "COMMAND GETKEYSANDFLAGS",
    ],
)
def test_small_replies_and_errors(kvik: Kvik, oracle: Oracle, line: str) -> None:
    args = line.split()
    assert kvik.ask(oracle.protocol, *args) == oracle.ask(*args)


def test_all_commands(kvik: Kvik, oracle: Oracle) -> None:
    count = kvik.ask(oracle.protocol, "COMMAND", "COUNT")
    assert count == len(kvik.table.top_level)
    for line in (["COMMAND"], ["COMMAND", "INFO"]):
        every = kvik.ask(oracle.protocol, *line)
        assert len(every) == count
        assert every[0] == kvik.ask(oracle.protocol, "COMMAND", "INFO", every[0][0])[0]
        assert len(oracle.ask(*line)) == oracle.ask("COMMAND", "COUNT")
    assert len(docs(kvik.ask(oracle.protocol, "COMMAND", "DOCS"), oracle.protocol)) == count
    declared = {each.name.encode() for each in kvik.table}
    ours = kvik.ask(oracle.protocol, "COMMAND", "LIST")
    assert len(ours) == len(set(ours))
    assert set(ours) == set(oracle.ask("COMMAND", "LIST")) & declared


def test_list_by_category(kvik: Kvik, oracle: Oracle) -> None:
    declared = {each.name.encode() for each in kvik.table}
    for category in [*oracle.ask("ACL", "CAT"), b"BitMap"]:
        line = ("COMMAND", "LIST", "FILTERBY", "ACLCAT", category)
        assert set(kvik.ask(oracle.protocol, *line)) == set(oracle.ask(*line)) & declared


@given(
    pattern=st.text(alphabet="getrs*?[]^-\\aZ|", max_size=9)
    | st.sampled_from(["get", "set", "client|list"]).flatmap(
        lambda name: st.permutations(["*", "?", "[a-z]", "[^x]", name[0], name[1:], name[-1]]).map("".join)
    )
)
@example("")
@example("[")
@example("g[")
@example("g[^")
@example("[z-a]et")
@example("[a-Z]et")
@example("[F-h]et")
@example("[^]get")
@example("[]get")
@example("g[\\e]t")
@example("ge\\")
@example("*|*list")
@example("**get**")
@example("\\*")
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_list_by_pattern(kvik: Kvik, oracle: Oracle, pattern: str) -> None:
    declared = {each.name.encode() for each in kvik.table}
    line = ("COMMAND", "LIST", "FILTERBY", "PATTERN", pattern)
    assert set(kvik.ask(oracle.protocol, *line)) == set(oracle.ask(*line)) & declared


def test_a_pattern_of_many_stars_is_quick() -> None:
    assert not matches_name(b"*a" * 5000 + b"b", b"a" * 4000)
