"""Reading the configuration: the file, standard input and the command line, one after the other.

All three are lines of the same form and go into one `Config`; what comes later wins. A line that is wrong
stops the start with a `ConfigFileError`, whose `report` is Redis's own, and one line more that names the file
and says what would be right::

    *** FATAL CONFIG FILE ERROR (Version 0.1.0) ***
    Reading the configuration file, at line 2
    >>> 'maxmemry 1gb'
    Bad directive or wrong number of arguments
    /etc/kvik.conf, line 2: the nearest known directive is 'maxmemory'
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from kvik.commands.renames import RenameError
from kvik.server.command_line import Options
from kvik.server.config import Config
from kvik.server.config_text import QuoteError, Statement, decode, split_arguments
from kvik.server.directive_types import InvalidValueError
from kvik.server.directives import DEPRECATED, NAMES, STATEMENTS

BAD_DIRECTIVE = "Bad directive or wrong number of arguments"


class ConfigFileError(Exception):
    """The configuration cannot be used. `report` gives the lines to print before the server exits."""

    def __init__(self, reason: str, remedy: str, statement: Statement | None = None) -> None:
        super().__init__(f"{reason} ({remedy})" if remedy else reason)
        self.reason = reason
        self.remedy = remedy
        self.statement = statement

    def report(self, version: str) -> str:
        lines = ["", f"*** FATAL CONFIG FILE ERROR (Version {version}) ***"]
        if self.statement:
            lines.append(f"Reading the configuration file, at line {self.statement.line_number}")
            lines.append(f">>> '{self.statement.line}'")
        lines.append(self.reason)
        if self.remedy and self.statement:
            where = f"{self.statement.source}, line {self.statement.line_number}"
            lines.append(f"{where}: {self.remedy}")
        elif self.remedy:
            lines.append(self.remedy)
        return "\n".join(lines) + "\n"


class ConfigFileMissingError(ConfigFileError):
    """A configuration file cannot be opened; Redis says so in one line of the log."""

    def __init__(self, path: str, error: OSError, included_by: Statement | None = None) -> None:
        self.path = path
        text = f"Fatal error, can't open config file '{path}': {os.strerror(error.errno or 0)}"
        if included_by:
            text += f" (included by {included_by.source}, line {included_by.line_number})"
        super().__init__(text, "", included_by)

    def report(self, version: str) -> str:
        return f"{self.reason}\n"


def load_config(config: Config, options: Options) -> None:
    """Everything that the server was started with; raises `ConfigFileError`."""
    reader = ConfigReader(config)
    if options.config_path is not None:
        reader.read_file(options.config_path)
    reader.read_text(options.stdin_text, "standard input")
    # Redis puts the options behind an empty line and counts it.
    reader.read_text("\n" + options.arguments_text, "command line")
    check_whole(config)


def check_whole(config: Config) -> None:
    """What no single line can be blamed for."""
    if config.get_bool("cluster-enabled") and config.primary is not None:
        raise ConfigFileError(
            "replicaof directive not allowed in cluster mode", "remove replicaof or set cluster-enabled no"
        )
    logfile = config.get_str("logfile")
    if logfile:
        path = os.path.join(config.get_str("dir"), logfile)
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644))
        except OSError as error:
            raise ConfigFileError(
                f"Can't open the log file: {os.strerror(error.errno or 0)}",
                f"logfile is '{path}': its directory must exist and be writable",
            ) from None


class ConfigReader:
    def __init__(self, config: Config) -> None:
        self._config = config
        self._reading: list[str] = []
        """The files that are open: one inside another by include."""

    def read_file(self, path: str, included_by: Statement | None = None) -> None:
        try:
            with open(path, "rb") as file:
                text = decode(file.read())
        except OSError as error:
            raise ConfigFileMissingError(path, error, included_by) from None
        identity = os.path.realpath(path)
        if identity in self._reading and included_by:
            raise ConfigFileError("The file includes itself", "remove one include of the circle", included_by)
        self._reading.append(identity)
        self.read_text(text, path)
        self._reading.pop()

    def read_text(self, text: str, source: str) -> None:
        for number, raw_line in enumerate(text.split("\n"), start=1):
            line = raw_line.split("\0", 1)[0].strip(" \t\r\n")
            if not line or line.startswith("#"):
                continue
            try:
                arguments = split_arguments(line)
            except QuoteError:
                raise ConfigFileError(
                    "Unbalanced quotes in configuration line",
                    'close the quote, or write \\" for one that belongs to the value',
                    Statement(source, number, line, "", ()),
                ) from None
            if arguments:
                name = arguments[0].lower()
                self._apply(Statement(source, number, line, name, tuple(arguments[1:])))

    def _apply(self, statement: Statement) -> None:
        name, arguments = statement.name, statement.arguments
        if name in NAMES:
            try:
                self._config.load(name, arguments)
            except InvalidValueError as refused:
                raise ConfigFileError(str(refused), remedy_for(statement), statement) from None
        elif name in DEPRECATED and len(arguments) == 1:
            pass
        elif name in STATEMENTS and _fits(arguments, STATEMENTS[name]):
            if name == "module":
                name = "loadmodule"
            if name == "include":
                self._include(statement)
            elif name == "rename-command":
                self._rename(statement)
            else:
                self._config.statements[name].append(statement)
        elif name == "sentinel":
            raise ConfigFileError(
                "sentinel directive while not in sentinel mode", "Kvik has no Sentinel mode", statement
            )
        else:
            raise ConfigFileError(BAD_DIRECTIVE, remedy_for(statement), statement)

    def _rename(self, statement: Statement) -> None:
        try:
            self._config.renames.rename(*statement.arguments)
        except RenameError as refused:
            raise ConfigFileError(str(refused), remedy_for(statement), statement) from None

    def _include(self, statement: Statement) -> None:
        import glob  # late: seldom needed, and slow to import

        pattern = os.path.join(self._config.get_str("dir"), statement.arguments[0])
        if glob.has_magic(pattern):
            # A pattern that matches nothing is fine: a directory for additions may be empty.
            for path in sorted(glob.glob(pattern)):
                self.read_file(path, statement)
        else:
            self.read_file(pattern if os.path.exists(pattern) else statement.arguments[0], statement)


def _fits(arguments: Sequence[str], count: int | None) -> bool:
    return len(arguments) == count if count else len(arguments) > 0


def remedy_for(statement: Statement) -> str:
    """What to write instead of the line."""
    name = statement.name
    if name in NAMES:
        directive = NAMES[name]
        if "#" in statement.arguments and not directive.type.multiple:
            return "a comment needs a line of its own"
        values = "one value: " if not directive.type.multiple else ""
        return f"{name} takes {values}{directive.type.describe()}"
    if name in STATEMENTS:
        forms = {
            "include": "include takes one path, which may be a pattern: include /etc/kvik/conf.d/*.conf",
            "rename-command": 'rename-command takes two names or one and "": rename-command FLUSHALL ""',
            "user": "user takes a name and rules: user alice on >password ~* +@all",
            "module": "module takes a path and the arguments of the module",
            "loadmodule": "loadmodule takes a path and the arguments of the module",
        }
        return forms[name]
    if name in DEPRECATED:
        return f"{name} has no effect any more: remove the line"
    import difflib  # late: seldom needed, and slow to import

    nearest = difflib.get_close_matches(name, [*NAMES, *STATEMENTS], n=1)
    if nearest:
        return f"there is no directive '{name}'; the nearest known one is '{nearest[0]}'"
    return f"there is no directive '{name}', nor one like it"
