"""The modules of a server: files in Python that add commands, timers and hooks.

    loadmodule, --module, MODULE LOAD ─▶ run the file ─▶ its declarations ─▶ all of them are good? ─▶ on_load ─▶ added

A module is there with all that it declares, or not at all. Its file is compiled anew each time, so that a module which was
unloaded and loaded again is what the file says now. A directory with an `__init__.py` is a module as well. Whatever a
module raises goes to the log, and to the client whose command it was; it never ends the server.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from threading import get_ident
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kvik.commands.table import Command
from kvik.scripting.bridge import Hook, Plan, Timer
from kvik.wire.types import Reply

if TYPE_CHECKING:
    from kvik.commands.spec import CommandSpec
    from kvik.server.server import Server

_TRACE_MAX: Final = 8000
_FILE_MAX: Final = 16 << 20
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}")


class ModuleError(Exception):
    """A module cannot be loaded or unloaded; the text says why."""


class Module:
    def __init__(self, name: str, version: int, path: str, arguments: tuple[str, ...], python: ModuleType) -> None:
        self.name = name
        self.version = version
        self.path = path
        self.arguments = arguments
        self.python = python
        self.commands: list[Command] = []
        self.timers: list[Timer] = []
        self.hooks: list[Hook] = []


class Declared(NamedTuple):
    """What a module wants to add."""

    commands: list[tuple[CommandSpec, Plan]]
    timers: list[Timer]
    hooks: list[Hook]


class Modules:
    def __init__(self, server: Server) -> None:
        self.loaded: dict[str, Module] = {}
        self.wanted: list[str | os.PathLike[str] | ModuleType] = []
        """To be loaded at the start, beside what the configuration names."""
        self._server = server
        self._counter = 0

    # --- loading ---

    def load_wanted(self) -> bool:
        """Those of the start. False: one of them cannot be loaded, and the log says why."""
        lines = [statement.arguments for statement in self._server.config.statements["loadmodule"]]
        for wanted, *arguments in [*lines, *((each,) for each in self.wanted)]:
            try:
                self.load(wanted, [str(each) for each in arguments])
            except ModuleError as error:
                self._server.log.warning(f"Can't load module from {describe(wanted)}: server aborting: {error}")
                return False
        return True

    def load(self, wanted: object, arguments: Sequence[str] = ()) -> Module:
        """Load a file, or a module that is imported already. ModuleError: it cannot be, and nothing has changed."""
        try:
            module = self._load(wanted, tuple(arguments))
        except BaseException as error:
            reason = str(error) if isinstance(error, ModuleError) else trace(error)
            self._server.log.warning(f"Module {describe(wanted)} failed to load: {reason}")
            raise ModuleError(reason) from None
        self._server.log.notice(f"Module '{module.name}' loaded from {module.path}")
        return module

    def _load(self, wanted: object, arguments: tuple[str, ...]) -> Module:
        if isinstance(wanted, ModuleType):
            return self._add(wanted, str(getattr(wanted, "__file__", None) or wanted.__name__), arguments)
        path = os.path.abspath(os.fspath(wanted)) if isinstance(wanted, (str, os.PathLike)) else ""
        self._counter += 1
        python = self._execute(str(path), f"_kvik_{id(self):x}_{self._counter}")
        try:
            return self._add(python, str(path), arguments)
        except BaseException:
            forget(python)
            raise

    def _execute(self, path: str, unique: str) -> ModuleType:
        """Run the file as a module of this name, which other servers in the process do not use."""
        import importlib.machinery  # late: only who has modules needs it
        import importlib.util

        is_package = os.path.isdir(path)
        file = os.path.join(path, "__init__.py") if is_package else path
        loader = importlib.machinery.SourceFileLoader(unique, file)
        spec = importlib.util.spec_from_file_location(
            unique, file, loader=loader, submodule_search_locations=[path] if is_package else None
        )
        if spec is None:
            raise ModuleError("it is no Python file")
        python = importlib.util.module_from_spec(spec)
        sys.modules[unique] = python
        try:
            exec(loader.source_to_code(read(file), file), vars(python))
        except BaseException:
            forget(python)
            raise
        return python

    def _add(self, python: ModuleType, path: str, arguments: tuple[str, ...]) -> Module:
        module = Module(name_of(python, path), version_of(python), path, arguments, python)
        if module.name in self.loaded:
            raise ModuleError(f"a module '{module.name}' is loaded already")
        from kvik.scripting.database import Database  # late, as all that only servers with modules need

        declared = self._declared(module)
        self._call(module, loads=True)
        self._server.core.bridge.serve(self, Database)
        added: list[Command] = []
        try:
            for spec, plan in declared.commands:
                added.append(self._add_command(spec, plan))
            self._set_tasks([*self.loaded.values()], declared)
        except Exception as error:
            for command in added:
                self._remove_command(command)
            self._call(module, loads=False)
            raise ModuleError(str(error)) from None
        module.commands, module.timers, module.hooks = added, declared.timers, declared.hooks
        self.loaded[module.name] = module
        return module

    def _declared(self, module: Module) -> Declared:
        from kvik.scripting import python_commands as notes

        declared = Declared([], [], [])
        names: set[str] = set()
        try:
            for function, note in declarations(module.python):
                if isinstance(note, notes.CommandNote):
                    spec, plan = notes.make_command(function, note, module.name)
                    if spec.name in names or self._server.table.find(spec.name) is not None:
                        raise ModuleError(f"there is a command '{spec.name}' already")
                    names.add(spec.name)
                    declared.commands.append((spec, plan))
                elif isinstance(note, notes.TimerNote):
                    declared.timers.append(notes.make_timer(function, note, module.name))
                elif isinstance(note, notes.HookNote):
                    declared.hooks.append(notes.make_hook(function, note, module.name))
        except notes.DeclarationError as error:
            raise ModuleError(str(error)) from None
        return declared

    def _call(self, module: Module, *, loads: bool) -> None:
        """Its functions for being loaded, or for going."""
        from kvik.scripting.python_commands import LifeNote

        for function, note in declarations(module.python):
            if isinstance(note, LifeNote) and note.loads == loads:
                try:
                    function(*([list(module.arguments)] if loads else []))
                except BaseException as error:
                    if loads:
                        raise
                    self.failed(f"{function.__name__} of module {module.name}", error, False)

    def _add_command(self, spec: CommandSpec, plan: Plan) -> Command:
        bridge = self._server.core.bridge
        command = self._server.table.add(spec, bridge.free_place())
        bridge.add_command(command, plan)
        return command

    def _remove_command(self, command: Command) -> None:
        self._server.table.remove(command)
        self._server.core.bridge.remove_command(command.id)

    def _set_tasks(self, modules: Sequence[Module], declared: Declared) -> None:
        bridge = self._server.core.bridge
        bridge.set_hooks([each for module in modules for each in module.hooks] + declared.hooks)
        bridge.set_timers([each for module in modules for each in module.timers] + declared.timers)

    # --- unloading ---

    def unload(self, name: str) -> None:
        """ModuleError: there is none of this name."""
        module = self.loaded.pop(name, None)
        if module is None:
            self._server.log.warning(f"Error unloading module {name}: no such module with that name")
            raise ModuleError("no such module with that name")
        self._set_tasks([*self.loaded.values()], Declared([], [], []))
        for command in module.commands:
            self._remove_command(command)
        self._call(module, loads=False)
        forget(module.python)
        self._server.log.notice(f"Module {name} unloaded")

    def close(self) -> None:
        """The server stops."""
        for module in self.loaded.values():
            self._call(module, loads=False)
            forget(module.python)
        self.loaded.clear()

    def entries(self) -> list[Reply]:
        """As MODULE LIST and HELLO show them."""
        return [
            {"name": each.name, "ver": each.version, "path": os.fsencode(each.path),
             "args": [os.fsencode(argument) for argument in each.arguments]}
            for each in self.loaded.values()
        ]  # fmt: skip

    # --- what the bridge tells ---

    def failed(self, label: str, error: BaseException, on_users_thread: bool) -> None:
        """A function has raised something."""
        self._server.unexpected_errors += 1
        self._server.log.warning(f"Error in {label}: {trace(error)}")
        if on_users_thread and isinstance(error, KeyboardInterrupt):    # it may be meant for who waits for the reply
            self._server.core.sharing.raised = (get_ident(), error)

    def lost_events(self, count: int) -> None:
        self._server.log.warning(f"{count} events of keys were not told to hooks: there were too many at once")


def read(file: str) -> bytes:
    try:
        found = os.stat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _FILE_MAX:
            raise ModuleError("it is no file, or too large for one of Python")
        with open(file, "rb") as opened:
            return opened.read()
    except OSError as error:
        raise ModuleError(str(error)) from None


def describe(wanted: object) -> str:
    return wanted.__name__ if isinstance(wanted, ModuleType) else str(wanted)


def declarations(python: ModuleType) -> Iterator[tuple[Any, Any]]:
    """The functions in the module's namespace that are declared to be something, and as what."""
    from kvik.scripting.python_commands import notes_of

    seen: set[int] = set()
    for value in list(vars(python).values()):
        if id(value) not in seen:
            seen.add(id(value))
            for note in notes_of(value):
                yield value, note


def name_of(python: ModuleType, path: str) -> str:
    name = getattr(python, "NAME", None) or os.path.splitext(os.path.basename(path))[0]
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise ModuleError(f"a strange name for a module: {name!r}")
    return name


def version_of(python: ModuleType) -> int:
    version = getattr(python, "VERSION", 1)
    if not isinstance(version, int) or not 0 <= version < 1 << 31:
        raise ModuleError(f"VERSION has to be a whole number, not {version!r}")
    return version


def forget(python: ModuleType) -> None:
    """Let go of what `_execute` has put into sys.modules, submodules of a package included."""
    name = python.__name__
    if name.startswith("_kvik_"):
        for each in [each for each in sys.modules if each == name or each.startswith(name + ".")]:
            del sys.modules[each]


def trace(error: BaseException) -> str:
    """The traceback, for the log. An exception that cannot be shown is named."""
    import traceback  # late: seldom needed, and slow to import

    try:
        text = "".join(traceback.format_exception(error)).rstrip()
    except BaseException:
        return type(error).__name__
    return text if len(text) <= _TRACE_MAX else f"{text[: _TRACE_MAX // 2]}\n...\n{text[-_TRACE_MAX // 2 :]}"
