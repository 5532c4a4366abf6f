"""Keys of command lines: COMMAND GETKEYS and GETKEYSANDFLAGS beside a running Valkey."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kvik.commands.keyspecs import find_keys, has_keys
from kvik.commands.spec import AfterKeyword, AtIndex, CommandSpec, KeyCount, KeyRange, KeySpec
from kvik.commands.table import CommandTable
from tests.commands.test_table import REFERENCE, Kvik, Oracle
from tests.conftest import Servers

DECLARED_LINES = """
get
get a
GET a
ping
ping a
nope a
object
object encoding
object encoding k
OBJECT FREQ k
object nope k
object|encoding k
object|encoding k k
client
client list
client kill x
command
command getkeys get a
command info
config
config get x
config set a b
mset a b c d
mset a b c
mset a
msetnx a 1 b
mget a b a
mget
del
del a b c
unlink a a
exists a b
touch a b
copy a b
rename a b
renamenx a b
move a 1
swapdb 1 2
lcs a b
lcs a
bitop and a b c
bitop not d s
bitop and d
delifeq x y
setrange
memory usage x
memory usage
memory help
debug object k
hello 3
set a b
set a
set a get
set a b get
set a b GET EX 10
set a b EX get
set a b IFEQ get
set a b nx
set k GET get
bitfield k
bitfield k GET u8 0
bitfield k get u8 0 GET u8 8
bitfield k SET u8 0 1
bitfield k GET
bitfield k GET u8
bitfield k GET u8 0 INCRBY u8 0 1
bitfield k OVERFLOW sat
bitfield k OVERFLOW
bitfield k OVERFLOW sat GET u8 0
bitfield k get u8 0 nope
bitfield k nope u8 0
bitfield k get u8 0 get
bitfield k get u8 0 overflow
bitfield k get u8 0 set u8
bitfield_ro k get u8 0
msetex 2 a b c d
msetex 2 a b c
msetex 2 a a b
msetex 1 a
msetex 1 a b
msetex 1 a b EX 10
msetex 3 a b EX 10
msetex 3 a b c d EX 10
msetex 0 a b
msetex 00 a b
msetex -1 a b
msetex +1 a b
msetex 01 a b
msetex x a b
msetex 1.0 a b
msetex 2147483647 a b
msetex 2147483648 a b
msetex 4294967297 a b
msetex 9999999999999999999 a b
""".strip().splitlines()

LATER_LINES = """
sort k
sort k STORE d
sort k by w_* get # STORE d
sort k store
sort k store a store b
sort k limit 0 1 store d
sort k limit 0 store
sort k limit store d
sort k limit store d e
sort k by store store d
sort k BY a
sort k BY store d
sort k get store
sort k STORE d limit 0
sort k desc store d alpha
sort_ro k by x
georadius k 1 1 1 m
georadius k 1 1 1 m store d
georadius k 1 1 1 m storedist d
georadius k 1 1 1 m store d storedist e
georadius k 1 1 1 m storedist e store d
georadius k 1 1 1 m store
georadius k 1 1 1 m store store d
georadius k 1 1 1 store d
georadius k 1 1 store d m
georadius k 1 1 1 m withdist store d
georadiusbymember k m 1 m store d
georadiusbymember k m 1 store d
georadiusbymember k m 1 m storedist d withdist
georadiusbymember k m 1 m store
migrate h 1 k 0 1000
migrate h 1 "" 0 1000
migrate h 1 "" 0 1000 KEYS
migrate h 1 "" 0 1000 KEYS a
migrate h 1 "" 0 1000 KEYS a b c
migrate h 1 k 0 1000 KEYS a b c
migrate h 1 k 0 1000 KEYS
migrate h 1 "" 0 1000 copy replace KEYS a b
migrate h 1 "" 0 1000 KEYS KEYS
migrate h 1 "" 0 1000 auth KEYS
migrate h 1 "" 0 1000 auth KEYS KEYS a b
migrate h 1 "" 0 1000 auth2 u KEYS KEYS a b
migrate h 1 "" 0 1000 auth2 KEYS KEYS
migrate h 1 "" 0 1000 foo KEYS a KEYS b
migrate h 1 k 0 1000 auth2 u KEYS
xread streams a b 0 0
xread streams a b 0
xread streams a b c d e
xread count 1 streams a 0
xread count streams streams a 0
xread streams streams a b
xread block 1 count 2 streams a b c 0 0 0
xread count 1 a 0
xread count 5 streams
xread count 5 streams x
xreadgroup group g c streams a b > >
xreadgroup group streams c streams a >
xreadgroup streams g c streams a >
xreadgroup group g c count 1 noack streams a >
xreadgroup group g c count 1 noack foo a >
zunionstore d 2 a b
zunionstore d 2 a b weights 1 2
zunionstore d 0 a b
zunionstore d 3 a b
zunionstore d x a b
zdiffstore d 1 a b
zunion 2 a b withscores
zunion 3 a b withscores
zunion 5 a b withscores
zdiff 0 a
zinter -1 a
zintercard 2 a b limit 1
sintercard 1 a
sintercard 2 a
lmpop 2 a b left
lmpop 3 a b left
blmpop 0 2 a b left
bzmpop 0 1 a min
zmpop 1 a min
eval x 0
eval x 0 a
eval x 1 a b
eval x 1
eval x 2 a
eval x 2 a b
eval x -1 a b
eval x a b
eval x 2147483648 a
evalsha x 1 k
evalsha_ro x 1 k
fcall f 1 k
fcall f 0
fcall_ro f 2 a b
sunionstore d a b c
sinterstore d a
pfmerge d
pfmerge d a b
pfcount a b
zrangestore d s 0 1
geosearchstore d s frommember x bybox 1 1 m
blpop a b 0
bzpopmin a b 1
smove a b c
watch a b
restore k 0 v
pfdebug encoding k
linsert k before a b
ssubscribe a b
spublish a b
subscribe a b
publish a b
wait 1 1
""".strip().splitlines()


def split(line: str) -> list[bytes]:
    return [b"" if word == '""' else word.encode() for word in line.split()]


@pytest.fixture(scope="module")
def kvik() -> Kvik:
    return Kvik(CommandTable())


@pytest.fixture(scope="module")
def port(servers: Servers) -> int:
    return servers.get("oracle").port


@pytest.fixture(scope="module", params=[2, 3], ids=["resp2", "resp3"])
def oracle(port: int, request: pytest.FixtureRequest) -> Iterator[Oracle]:
    with Oracle(port, request.param) as connection:
        yield connection


def assert_same_keys(kvik: Kvik, oracle: Oracle, args: list[bytes]) -> None:
    for subcommand in ("GETKEYS", "GETKEYSANDFLAGS"):
        line = ("COMMAND", subcommand, *args)
        assert kvik.ask(oracle.protocol, *line) == oracle.ask(*line), args


@pytest.mark.parametrize("line", DECLARED_LINES)
def test_keys_of_a_line(kvik: Kvik, oracle: Oracle, line: str) -> None:
    assert_same_keys(kvik, oracle, split(line))


def test_keys_may_hold_any_bytes(kvik: Kvik, oracle: Oracle) -> None:
    assert_same_keys(kvik, oracle, [b"mset", b"", b"1", b"a\0b\xff\r\n", b"2"])
    assert_same_keys(kvik, oracle, [b"g\0et", b"k"])
    assert_same_keys(kvik, oracle, [b"\xff", b"k"])
    assert_same_keys(kvik, oracle, [b"", b"k"])


def test_every_command_with_any_number_of_words(kvik: Kvik, oracle: Oracle) -> None:
    for each in kvik.table:
        for count in range(8):
            words = [b"1", b"a", b"b", b"c", b"d", b"e", b"f"][:count]
            assert_same_keys(kvik, oracle, [*each.name.encode().split(b"|"), *words])


WORDS = [
    b"a",
    b"b",
    b"0",
    b"1",
    b"2",
    b"3",
    b"-1",
    b"GET",
    b"set",
    b"incrby",
    b"overflow",
    b"u8",
    b"EX",
    b"IFEQ",
    b"",
]
NAMES = [b"set", b"bitfield", b"msetex", b"mset", b"bitop", b"get", b"copy", b"del", b"lcs"]


@given(args=st.tuples(st.sampled_from(NAMES), st.lists(st.sampled_from(WORDS), max_size=9)))
@example(args=(b"msetex", [b"2", b"a", b"b", b"c"]))
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_keys_of_random_lines(kvik: Kvik, oracle: Oracle, args: tuple[bytes, list[bytes]]) -> None:
    assert_same_keys(kvik, oracle, [args[0], *args[1]])


# Commands that are not declared yet: the same code, with the specifications of the reference.


def spec_of_reference(name: str) -> CommandSpec:
    facts = REFERENCE[name]
    return CommandSpec(
        name,
        arity=facts["arity"],
        flags=tuple(facts["flags"]),
        group=facts["group"],
        since=facts["since"],
        summary="",
        keys=tuple(key_spec_of_reference(each) for each in facts["key_specs"]),
    )


def key_spec_of_reference(facts: dict[str, Any]) -> KeySpec:
    begin, find = facts["begin_search"]["spec"], facts["find_keys"]["spec"]
    match facts["begin_search"]["type"], facts["find_keys"]["type"]:
        case "index", "range":
            return KeySpec(AtIndex(begin["index"]), key_range(find), tuple(facts["flags"]))
        case "keyword", "range":
            return KeySpec(
                AfterKeyword(begin["keyword"], begin["startfrom"]), key_range(find), tuple(facts["flags"])
            )
        case "index", "keynum":
            count = KeyCount(find["keynumidx"], find["firstkey"], find["keystep"])
            return KeySpec(AtIndex(begin["index"]), count, tuple(facts["flags"]))
        case _:
            return KeySpec(None, None, tuple(facts["flags"]))


def key_range(find: dict[str, int]) -> KeyRange:
    return KeyRange(find["lastkey"], find["keystep"], find["limit"])


@pytest.mark.parametrize("line", LATER_LINES)
def test_keys_by_the_specifications_of_the_reference(oracle: Oracle, line: str) -> None:
    args = split(line)
    name = args[0].decode()
    spec = spec_of_reference(name)
    theirs = oracle.ask("COMMAND", "GETKEYS", *args)
    assert has_keys(spec) == (theirs != ("-", "ERR The command has no key arguments"))
    if not has_keys(spec):
        return
    uses = find_keys(spec, args)
    if theirs == ("-", "ERR Invalid arguments specified for command"):
        assert uses is None
    elif uses is None:
        assert theirs == []
        assert "no_mandatory_keys" in spec.flags
    else:
        assert [args[use.position] for use in uses] == theirs
        with_flags = oracle.ask("COMMAND", "GETKEYSANDFLAGS", *args)
        flags = [each[1][1] if oracle.protocol == 3 else each[1] for each in with_flags]
        assert [sorted(use.flags) for use in uses] == [sorted(text for _, text in each) for each in flags]


@given(data=st.data())
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_line_breaks_the_search(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(name for name, facts in REFERENCE.items() if facts["key_specs"])))
    words = [*WORDS, b"store", b"storedist", b"keys", b"auth", b"auth2", b"streams", b"limit", b"by", b"get"]
    spec = spec_of_reference(name)
    args = [*name.encode().split(b"|"), *data.draw(st.lists(st.sampled_from(words), max_size=12))]
    if len(args) >= abs(spec.arity):
        for use in find_keys(spec, args) or []:
            assert 0 < use.position < len(args)
            assert use.flags
