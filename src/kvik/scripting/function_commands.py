"""FUNCTION: libraries of functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from kvik.commands.help_text import help_reply
from kvik.engine.glob import matches_name
from kvik.scripting.functions import Library
from kvik.scripting.script_commands import busy_with, is_flush_type, kill
from kvik.wire.types import OK, CommandError, Reply, Simple

if TYPE_CHECKING:
    from kvik.server.client_view import Client
    from kvik.server.server import Server

HELP: Final = """\
FUNCTION <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
LOAD [REPLACE] <FUNCTION CODE>
    Create a new library with the given library name and code.
DELETE <LIBRARY NAME>
    Delete the given library.
LIST [LIBRARYNAME PATTERN] [WITHCODE]
    Return general information on all the libraries:
    * Library name
    * The engine used to run the Library
    * Functions list
    * Library code (if WITHCODE is given)
    It also possible to get only function that matches a pattern using LIBRARYNAME argument.
STATS
    Return information about the current function running:
    * Function name
    * Command used to run the function
    * Duration in MS that the function is running
    If no function is running, return nil
    In addition, returns a list of available engines.
KILL
    Kill the current running function.
FLUSH [ASYNC|SYNC]
    Delete all the libraries.
    When called without the optional mode argument, the behavior is determined by the
    lazyfree-lazy-user-flush configuration directive. Valid modes are:
    * ASYNC: Asynchronously flush the libraries.
    * SYNC: Synchronously flush the libraries.
DUMP
    Return a serialized payload representing the current libraries, can be restored using FUNCTION RESTORE command
RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]
    Restore the libraries represented by the given payload, it is possible to give a restore policy to
    control how to handle existing libraries (default APPEND):
    * FLUSH: delete all existing libraries.
    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.
    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace the old
      libraries with the new libraries (notice that even on this option there is a chance of failure
      in case of functions name collision with another library).
HELP
    Print this help."""


def function_load(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    for option in args[2:-1]:
        if option.lower() != b"replace":
            raise CommandError(f"ERR Unknown option given: {option.decode(errors='replace')}")
    name = server.functions.load(args[-1], replace=len(args) > 3)
    server.core.scripting.changed()
    return name


def function_delete(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    server.functions.delete(args[2])
    server.core.scripting.changed()
    return OK


def function_flush(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    if not is_flush_type(args):
        raise CommandError("ERR FUNCTION FLUSH only supports SYNC|ASYNC option")
    server.functions.flush()
    server.core.scripting.changed()
    return OK


def function_dump(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return server.functions.dump()


def function_restore(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    policy = args[3].upper() if len(args) > 3 else b"APPEND"
    if policy not in (b"FLUSH", b"APPEND", b"REPLACE") or len(args) > 4:
        raise CommandError("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")
    server.functions.restore(args[2], policy.decode())
    server.core.scripting.changed()
    return OK


def function_list(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    pattern, with_code = _read_list_options(args)
    return [
        _describe(library, with_code=with_code)
        for library in server.functions.libraries.values()
        if pattern is None or matches_name(pattern, library.name)
    ]


def _read_list_options(args: Sequence[bytes]) -> tuple[bytes | None, bool]:
    pattern, with_code, rest = None, False, list(args[2:])
    while rest:
        word = rest.pop(0)
        if word.lower() == b"withcode" and not with_code:
            with_code = True
        elif word.lower() == b"libraryname" and pattern is None:
            if not rest:
                raise CommandError("ERR library name argument was not given")
            pattern = rest.pop(0)
        else:
            raise CommandError(f"ERR Unknown argument {word.decode(errors='replace')}")
    return pattern, with_code


def _describe(library: Library, *, with_code: bool) -> Reply:
    described: dict[bytes, object] = {
        b"library_name": library.name,
        b"engine": b"LUA",
        b"functions": [
            {b"name": each.name, b"description": each.description, b"flags": {Simple(flag) for flag in each.flags}}
            for each in library.functions
        ],
    }
    if with_code:
        described[b"library_code"] = library.code
    return described


def function_stats(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    running = server.core.scripting.running()
    script: Reply = None
    if running is not None:
        is_eval, _, name, words, took = running
        if is_eval:
            raise CommandError(busy_with(is_eval))
        script = {b"name": name, b"command": words, b"duration_ms": took}
    figures = server.core.scripting.figures()
    counts = {b"libraries_count": figures["libraries"], b"functions_count": figures["functions"]}
    return {b"running_script": script, b"engines": {b"LUA": counts}}


def function_kill(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return kill(server, is_eval=False)


def function_help(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return help_reply(HELP, args)
