"""Which arguments of a command line are keys, and what the command does with each: COMMAND GETKEYS.

The key specifications of the declaration answer for nearly every command. The few whose options decide where
a key is or how it is used have a function in `SPECIAL`. Commands may be called with any arguments, so every
position is checked; a line that cannot be understood has no answer (None), whatever the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from kvik.commands.spec import AfterKeyword, AtIndex, CommandSpec, KeyCount, KeyRange, KeySpec

HIDDEN_FLAGS: Final = frozenset({"not_key", "incomplete", "variable_flags"})
"""Flags that say something about a key specification, not about the key."""

READ: Final = ("RO", "access")
CHANGE: Final = ("RW", "access", "update")
OVERWRITE: Final = ("OW", "update")


class KeyUse(NamedTuple):
    """A key of a command line: the argument that it is, and what the command does with it."""

    position: int
    flags: tuple[str, ...]


def has_keys(spec: CommandSpec) -> bool:
    """Whether a command has keys at all. Names of channels are found like keys but are none."""
    return any("not_key" not in keys.flags for keys in spec.keys)


def find_keys(spec: CommandSpec, args: Sequence[bytes]) -> list[KeyUse] | None:
    """The keys of a command line in the order of the specifications; None when it cannot be understood.

    `args` holds the whole command, a container and its subcommand as two arguments.
    """
    special = SPECIAL.get(spec.name)
    if special is not None:
        return special(args)
    uses = []
    for keys in spec.keys:
        if "not_key" in keys.flags:
            continue
        positions = find_positions(keys, args)
        if positions is None:
            return None
        flags = tuple(flag for flag in keys.flags if flag not in HIDDEN_FLAGS)
        uses += [KeyUse(position, flags) for position in positions]
    return uses


def find_positions(keys: KeySpec, args: Sequence[bytes]) -> range | None:
    """The arguments that one key specification finds."""
    begin = find_begin(keys, args)
    if begin is None:
        return None
    if isinstance(keys.find, KeyRange):
        first, step, last = begin, keys.find.step, last_of_range(keys.find, begin, len(args))
    elif isinstance(keys.find, KeyCount):
        if begin + keys.find.numkeys >= len(args):
            return None
        count = parse_count(args[begin + keys.find.numkeys])
        first, step = begin + keys.find.first, keys.find.step
        last = first + (count - 1) * step
    else:
        return None
    if not first <= last < len(args):
        return None
    return range(first, last + 1, step)


def find_begin(keys: KeySpec, args: Sequence[bytes]) -> int | None:
    """Where a key specification begins to count."""
    if isinstance(keys.begin, AtIndex):
        return keys.begin.position
    if isinstance(keys.begin, AfterKeyword):
        keyword, start = keys.begin.keyword.lower().encode(), keys.begin.start
        places = range(start, len(args)) if start > 0 else range(len(args) + start, 0, -1)
        return next((place + 1 for place in places if args[place].lower() == keyword), None)
    return None


def last_of_range(find: KeyRange, first: int, argc: int) -> int:
    if find.last >= 0:
        return first + find.last
    if find.limit > 1:
        return first + (argc - first) // find.limit - 1
    return argc + find.last


def parse_count(text: bytes) -> int:
    """A number of keys; 0 for what is none, or more than any command line holds."""
    is_number = text.isdigit() and len(text) < 10 and not text.startswith(b"0")
    return int(text) if is_number else 0


# Commands whose options decide.


def set_keys(args: Sequence[bytes]) -> list[KeyUse]:
    """SET reads the old value when it has GET, wherever that stands behind the value."""
    reads = any(arg.lower() == b"get" for arg in args[3:])
    return [KeyUse(1, CHANGE if reads else OVERWRITE)]


def bitfield_keys(args: Sequence[bytes]) -> list[KeyUse]:
    """BITFIELD only reads when all that it does is GET. What it would refuse counts as a change."""
    place = 2
    while place < len(args):
        operation, rest = args[place].lower(), len(args) - place - 1
        if operation == b"get" and rest >= 2:
            place += 3
        elif operation == b"overflow" and rest >= 1:
            place += 2
        else:
            return [KeyUse(1, CHANGE)]
    return [KeyUse(1, READ)]


def sort_keys(args: Sequence[bytes]) -> list[KeyUse]:
    """SORT stores into the key behind the last STORE. The keys that BY and GET lead to are in the data."""
    options = {b"limit": 2, b"get": 1, b"by": 1}
    uses = [KeyUse(1, READ)]
    place = 2
    while place < len(args):
        option = args[place].lower()
        if option == b"store" and place + 1 < len(args):
            uses[1:] = [KeyUse(place + 1, OVERWRITE)]
            place += 1
        place += 1 + options.get(option, 0)
    return uses


def sort_ro_keys(args: Sequence[bytes]) -> list[KeyUse]:
    return [KeyUse(1, READ)]


def georadius_keys(args: Sequence[bytes]) -> list[KeyUse]:
    """GEORADIUS and GEORADIUSBYMEMBER store into the key behind the last STORE or STOREDIST."""
    uses = [KeyUse(1, READ)]
    place = 5
    while place < len(args) - 1:
        if args[place].lower() in (b"store", b"storedist"):
            place += 1
            uses[1:] = [KeyUse(place, OVERWRITE)]
        place += 1
    return uses


def migrate_keys(args: Sequence[bytes]) -> list[KeyUse] | None:
    """MIGRATE takes one key at its place, or has nothing there and KEYS with all keys at the end."""
    flags = ("RW", "access", "delete")
    passwords = {b"auth": 1, b"auth2": 2}
    place = 6
    while place < len(args) - 1:
        option = args[place].lower()
        if option == b"keys":
            return [KeyUse(key, flags) for key in range(place + 1, len(args))] if args[3] == b"" else None
        place += 1 + passwords.get(option, 0)
    return [KeyUse(3, flags)]


SPECIAL: Final[Mapping[str, Callable[[Sequence[bytes]], list[KeyUse] | None]]] = MappingProxyType(
    {
        "set": set_keys,
        "bitfield": bitfield_keys,
        "sort": sort_keys,
        "sort_ro": sort_ro_keys,
        "georadius": georadius_keys,
        "georadiusbymember": georadius_keys,
        "migrate": migrate_keys,
    }
)
