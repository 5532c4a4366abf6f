"""MODULE. See `kvik.commands.spec`."""

from __future__ import annotations

from typing import Final

from kvik.commands.spec import CommandSpec, block, string

_ADMIN: Final = ("admin", "noscript", "no_async_loading")

COMMANDS: Final = (
    CommandSpec(
        "module",
        arity=-2,
        group="server",
        since="4.0.0",
        summary="A container for commands on modules.",
        complexity="That of the subcommand.",
        subcommands=(
            CommandSpec(
                "module|help",
                arity=2,
                flags=("loading", "stale"),
                group="server",
                since="5.0.0",
                summary="Describes the subcommands.",
                complexity="O(1)",
                handler="kvik.scripting.module_commands:module_help",
            ),
            CommandSpec(
                "module|list",
                arity=2,
                flags=("admin", "noscript"),
                group="server",
                since="4.0.0",
                summary="Returns the modules that are loaded.",
                complexity="O(N) where N is the number of modules.",
                tips=("nondeterministic_output_order",),
                handler="kvik.scripting.module_commands:module_list",
            ),
            CommandSpec(
                "module|load",
                arity=-3,
                flags=_ADMIN,
                group="server",
                since="4.0.0",
                summary="Loads a module.",
                complexity="O(1)",
                arguments=(string("path"), string("arg", optional=True, multiple=True)),
                handler="kvik.scripting.module_commands:module_load",
            ),
            CommandSpec(
                "module|loadex",
                arity=-3,
                flags=_ADMIN,
                group="server",
                since="7.0.0",
                summary="Loads a module with directives and arguments.",
                complexity="O(1)",
                arguments=(
                    string("path"),
                    block(
                        "configs", string("name"), string("value"),
                        token="CONFIG", optional=True, multiple=True, multiple_token=True,
                    ),
                    string("args", token="ARGS", optional=True, multiple=True),
                ),
                handler="kvik.scripting.module_commands:module_loadex",
            ),
            CommandSpec(
                "module|unload",
                arity=3,
                flags=_ADMIN,
                group="server",
                since="4.0.0",
                summary="Unloads a module.",
                complexity="O(1)",
                arguments=(string("name"),),
                handler="kvik.scripting.module_commands:module_unload",
            ),
        ),
    ),
)
