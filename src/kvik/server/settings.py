"""Which directive steers what: hands the configuration to the compiled core, at start and after each CONFIG SET.

One row a setter of `Core`: the directives it takes, and how. So what a directive does is found in one place, and a
CONFIG SET of several directives calls each setter once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from kvik.server import command_log
from kvik.server.config import Config

if TYPE_CHECKING:
    from kvik.server.core import Core

ENCODING_LIMITS: Final = (
    "hash-max-listpack-entries",
    "hash-max-listpack-value",
    "list-max-listpack-size",
    "list-compress-depth",
    "set-max-intset-entries",
    "set-max-listpack-entries",
    "set-max-listpack-value",
    "zset-max-listpack-entries",
    "zset-max-listpack-value",
    "stream-node-max-bytes",
    "stream-node-max-entries",
    "hll-sparse-max-bytes",
)
_CLIENTS_LIMIT_MIN: Final = 128 << 10
"""As in Redis, maxmemory-clients is at least this, so that a limit too low leaves an operator room to raise it."""
DEFRAG: Final = (
    "activedefrag",
    "active-defrag-ignore-bytes",
    "active-defrag-threshold-lower",
    "active-defrag-threshold-upper",
    "active-defrag-cycle-min",
    "active-defrag-cycle-max",
    "active-defrag-cycle-us",
)
_CLASSES: Final = (("normal", 0), ("slave", 1), ("pubsub", 2))


def _limits(core: Core, config: Config) -> None:
    core.set_limits(
        config.get_int("maxclients"), config.get_int("client-query-buffer-limit"), config.get_int("proto-max-bulk-len")
    )


def _clients_limit(core: Core, config: Config) -> None:
    limit = config.get_int("maxmemory-clients")
    if limit < 0:
        limit = -(config.get_int("maxmemory") * limit // 100)
    core.set_clients_limit(max(limit, _CLIENTS_LIMIT_MIN) if limit > 0 else 0)


def _output_limits(core: Core, config: Config) -> None:
    for name, number in _CLASSES:
        limit = config.buffer_limit(name)
        core.set_output_limit(number, limit.hard, limit.soft, limit.soft_seconds)


def _connections(core: Core, config: Config) -> None:
    password = config.get_str("requirepass")
    core.set_connections(
        config.get_int("tcp-keepalive"),
        config.get_int("timeout"),
        config.get_int("max-new-connections-per-cycle"),
        config.get_bool("protected-mode") and not password,
        bool(password),
    )


def _lazy(core: Core, config: Config) -> None:
    core.set_lazy(
        config.get_bool("lazyfree-lazy-expire"),
        config.get_bool("lazyfree-lazy-user-del"),
        config.get_bool("lazyfree-lazy-user-flush"),
        config.get_bool("lazyfree-lazy-server-del"),
        config.get_bool("lazyfree-lazy-eviction"),
    )


_POLICIES = {"noeviction": 0, "lru": 1, "lfu": 2, "random": 3, "ttl": 4}


def eviction_limit_us(tenacity: int) -> int:
    """For how long a command may wait for eviction, by maxmemory-eviction-tenacity. 0: as long as it takes."""
    if tenacity >= 100:
        return 0
    return max(1, 50 * tenacity) if tenacity <= 10 else int(500 * 1.15 ** (tenacity - 10))


def _memory_limit(core: Core, config: Config) -> None:
    policy = config.get_str("maxmemory-policy")
    core.set_memory_limit(
        config.get_int("maxmemory"),
        _POLICIES[policy.rpartition("-")[2]],
        policy.startswith("volatile"),
        config.get_int("maxmemory-samples"),
        eviction_limit_us(config.get_int("maxmemory-eviction-tenacity")),
    )


def _defrag(core: Core, config: Config) -> None:
    core.set_defrag(config.get_bool(DEFRAG[0]), *(config.get_int(name) for name in DEFRAG[1:]))


def _usage_clock(core: Core, config: Config) -> None:
    core.set_usage_clock(
        config.get_str("maxmemory-policy").endswith("lfu"),
        config.get_int("lfu-log-factor"),
        config.get_int("lfu-decay-time"),
    )


def _expire_effort(core: Core, config: Config) -> None:
    core.set_expire_effort(config.get_int("active-expire-effort"))


def _encoding_limits(core: Core, config: Config) -> None:
    core.set_encoding_limits({name: config.get_int(name) for name in ENCODING_LIMITS})


def _compression(core: Core, config: Config) -> None:
    core.set_compression(config.get_bool("rdbcompression"))


def _command_log(core: Core, config: Config) -> None:
    """A slow command is one for the log or for the latency monitor. A log of no length is none."""
    slow, large_request, large_reply = (
        config.get_int(threshold) if config.get_int(length) else -1
        for threshold, length in zip(command_log.THRESHOLDS, command_log.LENGTHS, strict=True)
    )
    events = config.get_int("latency-monitor-threshold") * 1000 or -1
    slow = min((each for each in (slow, events) if each >= 0), default=-1)
    core.insight.set_command_log(slow, large_request, large_reply)
    core.insight.set_event_threshold(events)


def _latency_tracking(core: Core, config: Config) -> None:
    core.insight.set_latency_tracking(config.get_bool("latency-tracking"))


def _scripts(core: Core, config: Config) -> None:
    core.scripting.set_busy_threshold(config.get_int("busy-reply-threshold"))


_EVENTS: Final = {
    "K": 1, "E": 2, "g": 4, "$": 8, "l": 16, "s": 32, "h": 64, "z": 128, "x": 256, "e": 512, "t": 1024, "m": 2048,
    "d": 8192, "n": 16384,
}  # fmt: skip
"""The classes of notify-keyspace-events as the core knows them."""


def _events(core: Core, config: Config) -> None:
    core.set_events(sum(_EVENTS[letter] for letter in config.get_str("notify-keyspace-events")))


def _tracking_limit(core: Core, config: Config) -> None:
    core.set_tracking_limit(config.get_int("tracking-table-max-keys"))


def _hz(core: Core, config: Config) -> None:
    core.hz = config.get_int("hz")


SETTERS: Final[tuple[tuple[tuple[str, ...], Callable[[Core, Config], None]], ...]] = (
    (("maxclients", "client-query-buffer-limit", "proto-max-bulk-len"), _limits),
    (("maxmemory-clients", "maxmemory"), _clients_limit),
    (("client-output-buffer-limit",), _output_limits),
    (
        ("requirepass", "tcp-keepalive", "timeout", "max-new-connections-per-cycle", "protected-mode"),
        _connections,
    ),
    (
        (
            "lazyfree-lazy-expire",
            "lazyfree-lazy-user-del",
            "lazyfree-lazy-user-flush",
            "lazyfree-lazy-server-del",
            "lazyfree-lazy-eviction",
        ),
        _lazy,
    ),
    (("maxmemory-policy", "lfu-log-factor", "lfu-decay-time"), _usage_clock),
    (("maxmemory", "maxmemory-policy", "maxmemory-samples", "maxmemory-eviction-tenacity"), _memory_limit),
    (("active-expire-effort",), _expire_effort),
    (DEFRAG, _defrag),
    (ENCODING_LIMITS, _encoding_limits),
    (("rdbcompression",), _compression),
    ((*command_log.THRESHOLDS, *command_log.LENGTHS, "latency-monitor-threshold"), _command_log),
    (("latency-tracking",), _latency_tracking),
    (("notify-keyspace-events",), _events),
    (("busy-reply-threshold",), _scripts),
    (("tracking-table-max-keys",), _tracking_limit),
    (("hz",), _hz),
)


def follow(core: Core, config: Config) -> None:
    """Set the core as `config` says, now and after each change."""
    for names, setter in SETTERS:
        setter(core, config)
        config.on_change(names, _callback(core, setter))


def _callback(core: Core, setter: Callable[[Core, Config], None]) -> Callable[[Config], str | None]:
    def changed(config: Config) -> str | None:
        setter(core, config)
        return None

    return changed
