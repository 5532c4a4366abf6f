"""``kvik-server``, and ``python -m kvik``: from the command line to a running server."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType

from kvik.server import process
from kvik.server.command_line import kvik_version, parse_command_line
from kvik.server.config import Config
from kvik.server.config_file import ConfigFileError, load_config
from kvik.server.config_text import decode
from kvik.server.directive_types import expand_title
from kvik.server.listeners import ListenError
from kvik.server.server import Server
from kvik.server.server_log import ServerLog


def main() -> int:
    """Serve as the command line says. Returns the exit code."""
    options = parse_command_line(sys.argv[1:], lambda: decode(sys.stdin.buffer.read()))
    if options.message is not None:
        (sys.stderr if options.exit_code else sys.stdout).write(options.message)
        return options.exit_code
    config = Config()
    try:
        load_config(config, options)
    except ConfigFileError as error:
        sys.stderr.write(error.report(kvik_version()))
        return 1
    if config.get_bool("daemonize"):
        process.daemonize()
    log = ServerLog()
    log.follow(config)
    return serve(config, options.config_path, log)


def serve(config: Config, config_path: str | None, log: ServerLog) -> int:
    log.notice("oO0OoO0OoO0Oo Kvik is starting oO0OoO0OoO0Oo")
    log.notice(f"Kvik version={kvik_version()}, bits=64, pid={os.getpid()}, just started")
    if config_path:
        log.notice("Configuration loaded")
    else:
        log.warning(
            "Warning: no config file specified, using the default config. In order to specify a config file use "
            "kvik-server /path/to/kvik.conf"
        )
    for line in _ineffective(config):
        log.warning(f"Warning: {line} has no effect: this version has no such thing.")
    _prepare_process(config, log)
    server = Server(config, config_path, log)
    _follow_crash_log(server, log)
    try:
        server.open()
    except ListenError as error:
        log.warning(str(error))
        return 1
    _set_title(config)
    log.notice(f"Running mode=standalone, port={config.get_int('port')}.")
    pid_file = config.get_str("pidfile")
    if pid_file and not process.write_pid_file(pid_file):
        log.warning(f"Failed to write PID file: {pid_file}")
    _handle_signals(server, log)
    if not server.load():
        process.remove_pid_file(pid_file)
        server.close()
        return 1
    gc.freeze()         # what has been made so far stays: a collection that looks at all of it takes milliseconds
    process.notify_supervisor(config.get_str("supervised"))
    server.run()
    _say_goodbye(server, log, pid_file)
    return 0


def _ineffective(config: Config) -> Iterator[str]:
    """What the configuration asks for and somebody may rely on, but nobody does."""
    for name in ("replicaof", "cluster-enabled", "tls-port", "aclfile"):
        if not config.is_default(name):
            yield f"'{name} {config.show(name)}'"
    for user in config.statements["user"]:
        yield f"'user {user.arguments[0]} ...'"


def _follow_crash_log(server: Server, log: ServerLog) -> None:
    def follow(config: Config) -> str | None:
        if config.get_bool("crash-log-enabled"):
            server.core.watch_crashes(os.fsencode(log.path), f"Kvik {kvik_version()}".encode())
        else:
            server.core.forget_crashes()
        return None

    follow(server.config)
    server.config.on_change("crash-log-enabled", follow)


def _prepare_process(config: Config, log: ServerLog) -> None:
    if config.get_bool("disable-thp"):
        process.disable_huge_pages()
    wanted = config.get_int("maxclients")
    possible = process.raise_descriptor_limit(wanted)
    if possible < wanted:
        log.warning(
            f"You requested maxclients of {wanted} requiring at least {wanted + 32} max file descriptors. "
            f"The system allows {possible + 32}: maxclients has been reduced to {possible}."
        )
        config.assign("maxclients", str(possible))


def _set_title(config: Config) -> None:
    if not config.get_bool("set-proc-title"):
        return
    port, bind = config.get_int("port"), config.get_list("bind")
    address = f"{bind[0].removeprefix('-') if bind else '*'}:{port}"
    variables = {
        "title": "kvik-server",
        "listen-addr": address if port else config.get_str("unixsocket"),
        "server-mode": "",
        "port": str(port),
        "tls-port": "0",
        "unixsocket": config.get_str("unixsocket"),
        "config-file": "",
    }
    process.set_title((expand_title(config.get_str("proc-title-template"), variables) or "kvik-server").rstrip())


def _handle_signals(server: Server, log: ServerLog) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        log.warning(f"Received {name} scheduling shutdown...")
        server.stop(server.config.get_list(f"shutdown-on-{name.lower()}"))

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.set_wakeup_fd(server.wake_descriptor, warn_on_full_buffer=False)


def _say_goodbye(server: Server, log: ServerLog, pid_file: str) -> None:
    signal.set_wakeup_fd(-1)
    if pid_file:
        log.notice("Removing the pid file.")
        process.remove_pid_file(pid_file)
    server.close()
    log.warning("Kvik is now ready to exit, bye bye...")


if __name__ == "__main__":
    sys.exit(main())
