"""CLIENT TRACKING and what belongs to it: the connection as that of a client that caches keys (keyspace/tracking.py)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from kvik.commands.numbers import read_integer
from kvik.server.config_text import decode
from kvik.wire.types import OK, CommandError, Reply, SetOf

if TYPE_CHECKING:
    from kvik.server.client_view import Client
    from kvik.server.server import Server

WORDS: Final = (b"bcast", b"optin", b"optout", b"noloop")
OTHER_MODE: Final = (
    "ERR You can't switch {} mode{} before disabling tracking for this client, and then re-enabling it with a "
    "different mode."
)


def client_tracking(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    options, prefixes, redirect = _read_options(server, args)
    mode = args[2].lower()
    if mode == b"off":
        client.stop_tracking()
        return OK
    if mode != b"on":
        raise CommandError("ERR syntax error")
    _check_options(client, options, prefixes)
    _check_overlaps(client.prefixes, prefixes)
    if "bcast" in options and not prefixes and b"" not in client.prefixes:
        prefixes = [b""]
    client.track(options, redirect, sorted(prefixes))
    return OK


def _read_options(server: Server, args: Sequence[bytes]) -> tuple[set[str], list[bytes], int]:
    """The plain words, the prefixes, and the ID of the client to redirect to (0: none)."""
    options: set[str] = set()
    prefixes: list[bytes] = []
    redirect = 0
    at = 3
    while at < len(args):
        option, has_value = args[at].lower(), at + 1 < len(args)
        if option in WORDS:
            options.add(decode(option))
            at += 1
        elif option == b"prefix" and has_value:
            prefixes.append(args[at + 1])
            at += 2
        elif option == b"redirect" and has_value:
            if redirect:
                raise CommandError("ERR A client can only redirect to a single other client")
            redirect = read_integer(args[at + 1])
            if not server.core.has_client(redirect):
                raise CommandError("ERR The client ID you want redirect to does not exist")
            at += 2
        else:
            raise CommandError("ERR syntax error")
    return options, prefixes, redirect


def _check_options(client: Client, options: set[str], prefixes: Sequence[bytes]) -> None:
    """Whether they fit together, and to those that the client tracks with already."""
    before = client.tracking
    if prefixes and "bcast" not in options:
        raise CommandError("ERR PREFIX option requires BCAST mode to be enabled")
    if before is not None and ("bcast" in before) != ("bcast" in options):
        raise CommandError(OTHER_MODE.format("BCAST", " on/off"))
    if "bcast" in options and options & {"optin", "optout"}:
        raise CommandError("ERR OPTIN and OPTOUT are not compatible with BCAST")
    if {"optin", "optout"} <= options:
        raise CommandError("ERR You can't specify both OPTIN mode and OPTOUT mode")
    for one, other in (("optin", "optout"), ("optout", "optin")):
        if before is not None and one in before and other in options:
            raise CommandError(OTHER_MODE.format("OPTIN/OPTOUT", ""))


def _check_overlaps(existing: Sequence[bytes], prefixes: Sequence[bytes]) -> None:
    """No prefix of a client may begin with another one of its own: it would be told twice. O(n log n), as clients may
    name any number of them."""
    doubtful = _overlapping_ones(prefixes)
    for place, prefix in enumerate(prefixes):
        other = _overlapping_with(existing, prefix)
        if other is not None:
            raise _overlap(prefix, other, "an existing")
        if prefix in doubtful:
            other = next(each for each in prefixes[place + 1 :] if each.startswith(prefix) or prefix.startswith(each))
            raise _overlap(prefix, other, "another provided")


def _overlapping_ones(prefixes: Sequence[bytes]) -> set[bytes]:
    """Those that begin with another one, or are what another one begins with."""
    found: set[bytes] = set()
    outer: list[bytes] = []
    for prefix in sorted(prefixes):
        while outer and not prefix.startswith(outer[-1]):
            outer.pop()
        if outer:
            found |= {outer[-1], prefix}
        outer.append(prefix)
    return found


def _overlapping_with(existing: Sequence[bytes], prefix: bytes) -> bytes | None:
    """The first of those that are there, in order, that overlaps with this one. Only b"" can overlap with the others."""
    place = bisect_left(existing, prefix)
    near = (*existing[:1], *existing[max(place - 1, 0) : place + 1])
    return next((each for each in near if each.startswith(prefix) or prefix.startswith(each)), None)


def _overlap(prefix: bytes, other: bytes, which: str) -> CommandError:
    return CommandError(
        f"ERR Prefix '{decode(prefix)}' overlaps with {which} prefix '{decode(other)}'. "
        "Prefixes for a single client must not overlap."
    )


def client_caching(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """For the next command, or the next transaction."""
    tracking, word = client.tracking, args[2].lower()
    if tracking is None:
        raise CommandError(
            "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"
        )
    for answer, mode in ((b"yes", "optin"), (b"no", "optout")):
        if word == answer:
            if mode not in tracking:
                raise CommandError(
                    f"ERR CLIENT CACHING {decode(answer).upper()} is only valid when tracking is enabled in "
                    f"{mode.upper()} mode."
                )
            client.caching = True
            return OK
    raise CommandError("ERR syntax error")


def client_getredir(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return client.redirect


def client_trackinginfo(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return {
        "flags": SetOf(_flags(client)),
        "redirect": client.redirect,
        "prefixes": list(client.prefixes),
    }


def _flags(client: Client) -> Iterable[str]:
    """CLIENT CACHING stands behind the mode that it belongs to."""
    tracking = client.tracking
    yield "off" if tracking is None else "on"
    for word in tracking or ():
        yield word
        if client.caching and word in ("optin", "optout"):
            yield "caching-yes" if word == "optin" else "caching-no"
