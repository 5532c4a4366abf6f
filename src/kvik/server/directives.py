"""The table of directives: one entry for each, and everything else about configuration is derived from it.

The parser of configuration files, the command line, CONFIG GET, SET and REWRITE all read this table. Names,
types, ranges, defaults and what may change at run time are Valkey 9.1.2's, and `test_config_oracle.py` holds
them against it. Directives whose feature is not there yet are accepted and kept.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final, NamedTuple

from kvik.server.directive_specials import (
    Addresses,
    BufferLimits,
    KeyspaceEvents,
    OomScoreAdjValues,
    Percentiles,
    RdmaAddresses,
    ReplicaOf,
    SavePoints,
)
from kvik.server.directive_types import (
    INT_MAX,
    INT_MIN,
    LONG_MAX,
    LONG_MIN,
    UINT_MAX,
    ULONG_MAX,
    Boolean,
    Choice,
    DirectiveType,
    Directory,
    Integer,
    InvalidValueError,
    Memory,
    MemoryOrPercent,
    Octal,
    ShutdownChoices,
    Text,
    check_announced_hostname,
    check_announced_ip,
    check_announced_nodename,
    check_ipv4,
    check_ipv6,
    check_locale,
    check_title_template,
    file_name_check,
)


class Directive(NamedTuple):
    name: str
    type: DirectiveType[Any]
    default: str
    """As CONFIG GET shows it."""
    aliases: tuple[str, ...] = ()
    """Former names. They work everywhere and are listed by CONFIG GET; CONFIG REWRITE writes `name`."""
    mutable: bool = True
    protected: bool = False
    """Can only be set at run time when `enable-protected-configs` allows it."""
    sensitive: bool = False
    """The value is a secret: logs and SLOWLOG show (redacted)."""
    hidden: bool = False
    """CONFIG GET shows it only when asked for by its whole name."""

    @property
    def default_value(self) -> Any:
        return self.type.initial(self.default)


def _served_hz(hz: int) -> int:
    return min(max(hz, 1), 500)


def _served_watchdog_period(milliseconds: int) -> int:
    return max(milliseconds, 200) if milliseconds else 0


def _refuse_rdma(port: int) -> int:
    if port:
        raise InvalidValueError("No RDMA building support.")
    return port


DIRECTIVES: Final[tuple[Directive, ...]] = (
    Directive("acl-pubsub-default", Choice("allchannels", "resetchannels"), "resetchannels"),
    Directive("aclfile", Text(null_when_empty=False), "", mutable=False),
    Directive("acllog-max-len", Integer(0, LONG_MAX), "128"),
    Directive("active-defrag-cycle-max", Integer(1, 99), "25"),
    Directive("active-defrag-cycle-min", Integer(1, 99), "1"),
    Directive("active-defrag-cycle-us", Integer(0, 100_000), "500"),
    Directive("active-defrag-ignore-bytes", Memory(1), "104857600"),
    Directive("active-defrag-max-scan-fields", Integer(1, LONG_MAX), "1000"),
    Directive("active-defrag-threshold-lower", Integer(0, 1000), "10"),
    Directive("active-defrag-threshold-upper", Integer(0, 1000), "100"),
    Directive("active-expire-effort", Integer(1, 10), "1"),
    # Valkey's default is no, since its allocator has to be jemalloc for it. Kvik's own has nothing to wait for.
    Directive("activedefrag", Boolean(), "yes"),
    Directive("activerehashing", Boolean(), "yes"),
    Directive("always-show-logo", Boolean(), "no", mutable=False),
    Directive("aof-load-truncated", Boolean(), "yes"),
    Directive("aof-rewrite-cpulist", Text(), "", aliases=("aof_rewrite_cpulist",), mutable=False),
    Directive("aof-rewrite-incremental-fsync", Boolean(), "yes"),
    Directive("aof-timestamp-enabled", Boolean(), "no"),
    Directive("aof-use-rdb-preamble", Boolean(), "yes"),
    Directive(
        "appenddirname",
        Text(file_name_check("appenddirname", "dirname"), null_when_empty=False),
        "appendonlydir",
        mutable=False,
    ),
    Directive(
        "appendfilename",
        Text(file_name_check("appendfilename", "filename"), null_when_empty=False),
        "appendonly.aof",
        mutable=False,
    ),
    Directive("appendfsync", Choice("everysec", "always", "no"), "everysec"),
    Directive("appendonly", Boolean(), "no"),
    Directive("auto-aof-rewrite-min-size", Memory(), "67108864"),
    Directive("auto-aof-rewrite-percentage", Integer(0, INT_MAX), "100"),
    Directive("availability-zone", Text(null_when_empty=False), ""),
    Directive("bgsave-cpulist", Text(), "", aliases=("bgsave_cpulist",), mutable=False),
    Directive("bind", Addresses(), "* -::*"),
    Directive("bind-source-addr", Text(), ""),
    Directive("bio-cpulist", Text(), "", aliases=("bio_cpulist",), mutable=False),
    Directive("busy-reply-threshold", Integer(0, LONG_MAX), "5000", aliases=("lua-time-limit",)),
    Directive(
        "client-output-buffer-limit",
        BufferLimits(),
        "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
    ),
    Directive("client-query-buffer-limit", Memory(1_048_576), "1073741824"),
    Directive("cluster-allow-pubsubshard-when-down", Boolean(), "yes"),
    Directive("cluster-allow-reads-when-down", Boolean(), "no"),
    Directive("cluster-allow-replica-migration", Boolean(), "yes"),
    Directive("cluster-announce-bus-port", Integer(0, 65535), "0"),
    Directive("cluster-announce-client-ipv4", Text(check_ipv4), ""),
    Directive("cluster-announce-client-ipv6", Text(check_ipv6), ""),
    Directive("cluster-announce-client-port", Integer(0, 65535), "0"),
    Directive("cluster-announce-client-tls-port", Integer(0, 65535), "0"),
    Directive("cluster-announce-hostname", Text(check_announced_hostname), ""),
    Directive("cluster-announce-human-nodename", Text(check_announced_nodename), ""),
    Directive("cluster-announce-ip", Text(check_announced_ip), ""),
    Directive("cluster-announce-port", Integer(0, 65535), "0"),
    Directive("cluster-announce-tls-port", Integer(0, 65535), "0"),
    Directive("cluster-blacklist-ttl", Integer(LONG_MIN, LONG_MAX), "60"),
    Directive("cluster-config-file", Text(null_when_empty=False), "nodes.conf", mutable=False),
    Directive("cluster-config-save-behavior", Choice("sync", "best-effort"), "sync"),
    Directive("cluster-databases", Integer(1, INT_MAX), "1", mutable=False),
    Directive("cluster-enabled", Boolean(), "no", mutable=False),
    Directive("cluster-link-sendbuf-limit", Memory(high=ULONG_MAX), "0"),
    Directive("cluster-manual-failover-timeout", Integer(1, INT_MAX), "5000"),
    Directive("cluster-migration-barrier", Integer(0, INT_MAX), "1"),
    Directive("cluster-node-timeout", Integer(0, LONG_MAX), "15000"),
    Directive("cluster-port", Integer(0, 65535), "0", mutable=False),
    Directive("cluster-preferred-endpoint-type", Choice("ip", "hostname", "unknown-endpoint"), "ip"),
    Directive("cluster-replica-no-failover", Boolean(), "no", aliases=("cluster-slave-no-failover",)),
    Directive(
        "cluster-replica-validity-factor",
        Integer(0, INT_MAX),
        "10",
        aliases=("cluster-slave-validity-factor",),
    ),
    Directive("cluster-require-full-coverage", Boolean(), "yes"),
    Directive("cluster-slot-migration-log-max-len", Integer(0, LONG_MAX), "1000"),
    Directive("cluster-slot-stats-enabled", Boolean(), "no"),
    Directive(
        "commandlog-execution-slower-than",
        Integer(-1, LONG_MAX),
        "10000",
        aliases=("slowlog-log-slower-than",),
    ),
    Directive("commandlog-large-reply-max-len", Integer(0, LONG_MAX), "128"),
    Directive("commandlog-large-request-max-len", Integer(0, LONG_MAX), "128"),
    Directive("commandlog-reply-larger-than", Integer(-1, LONG_MAX), "1048576"),
    Directive("commandlog-request-larger-than", Integer(-1, LONG_MAX), "1048576"),
    Directive("commandlog-slow-execution-max-len", Integer(0, LONG_MAX), "128", aliases=("slowlog-max-len",)),
    Directive("crash-log-enabled", Boolean(), "yes"),
    Directive("crash-memcheck-enabled", Boolean(), "yes"),
    Directive("daemonize", Boolean(), "no", mutable=False),
    Directive("databases", Integer(1, INT_MAX), "16", mutable=False),
    Directive(
        "dbfilename",
        Text(file_name_check("dbfilename", "filename"), null_when_empty=False),
        "dump.rdb",
        protected=True,
    ),
    Directive("dir", Directory(), "", protected=True),
    Directive("disable-thp", Boolean(), "yes", mutable=False),
    Directive("dual-channel-replication-enabled", Boolean(), "no"),
    Directive("enable-debug-command", Choice("no", "yes", "local"), "no", mutable=False),
    Directive("enable-module-command", Choice("no", "yes", "local"), "no", mutable=False),
    Directive("enable-protected-configs", Choice("no", "yes", "local"), "no", mutable=False),
    Directive("extended-redis-compatibility", Boolean(), "no"),
    Directive(
        "hash-max-listpack-entries",
        Integer(0, LONG_MAX),
        "512",
        aliases=("hash-max-ziplist-entries",),
    ),
    Directive("hash-max-listpack-value", Memory(), "64", aliases=("hash-max-ziplist-value",)),
    Directive("hash-seed", Text(), "", mutable=False),
    Directive("hide-user-data-from-log", Boolean(), "yes"),
    Directive("hll-sparse-max-bytes", Memory(), "3000"),
    Directive("hz", Integer(0, INT_MAX, adjust=_served_hz), "10"),
    Directive("ignore-warnings", Text(null_when_empty=False), ""),
    Directive("import-mode", Boolean(), "no"),
    Directive("io-threads", Integer(1, 256), "1"),
    Directive("jemalloc-bg-thread", Boolean(), "yes"),
    Directive("latency-monitor-threshold", Integer(0, LONG_MAX), "0"),
    Directive("latency-tracking", Boolean(), "yes"),
    Directive("latency-tracking-info-percentiles", Percentiles(), "50 99 99.9"),
    Directive("lazyfree-lazy-eviction", Boolean(), "yes"),
    Directive("lazyfree-lazy-expire", Boolean(), "yes"),
    Directive("lazyfree-lazy-server-del", Boolean(), "yes"),
    Directive("lazyfree-lazy-user-del", Boolean(), "yes"),
    Directive("lazyfree-lazy-user-flush", Boolean(), "yes"),
    Directive("lfu-decay-time", Integer(0, INT_MAX), "1"),
    Directive("lfu-log-factor", Integer(0, INT_MAX), "10"),
    Directive("list-compress-depth", Integer(0, INT_MAX), "0"),
    Directive("list-max-listpack-size", Integer(INT_MIN, INT_MAX), "-2", aliases=("list-max-ziplist-size",)),
    Directive("locale-collate", Text(check_locale, null_when_empty=False), ""),
    Directive("log-format", Choice("legacy", "logfmt", "json"), "legacy"),
    Directive("log-timestamp-format", Choice("legacy", "iso8601", "milliseconds"), "legacy"),
    Directive("logfile", Text(null_when_empty=False), "", mutable=False),
    Directive("loglevel", Choice("debug", "verbose", "notice", "warning", "nothing"), "notice"),
    Directive("max-new-connections-per-cycle", Integer(1, 1000), "10"),
    Directive("max-new-tls-connections-per-cycle", Integer(1, 1000), "1"),
    Directive("maxclients", Integer(1, UINT_MAX), "10000"),
    Directive("maxmemory", Memory(high=ULONG_MAX), "0"),
    Directive("maxmemory-clients", MemoryOrPercent(), "0"),
    Directive("maxmemory-eviction-tenacity", Integer(0, 100), "10"),
    Directive(
        "maxmemory-policy",
        Choice(
            "volatile-lru",
            "volatile-lfu",
            "volatile-random",
            "volatile-ttl",
            "allkeys-lru",
            "allkeys-lfu",
            "allkeys-random",
            "noeviction",
        ),
        "noeviction",
    ),
    Directive("maxmemory-samples", Integer(1, 64), "5"),
    Directive("min-replicas-max-lag", Integer(0, INT_MAX), "10", aliases=("min-slaves-max-lag",)),
    Directive("min-replicas-to-write", Integer(0, INT_MAX), "0", aliases=("min-slaves-to-write",)),
    Directive("mptcp", Boolean(), "no", mutable=False),
    Directive("no-appendfsync-on-rewrite", Boolean(), "no"),
    Directive("notify-keyspace-events", KeyspaceEvents(), ""),
    Directive(
        "oom-score-adj", Choice("no", "yes", "relative", "absolute", synonyms={"relative": "yes"}), "no"
    ),
    Directive("oom-score-adj-values", OomScoreAdjValues(), "0 200 800"),
    Directive("pidfile", Text(), "", mutable=False),
    Directive("port", Integer(0, 65535), "6379"),
    Directive("prefetch-batch-max-size", Integer(0, 128), "16"),
    Directive("primaryauth", Text(), "", aliases=("masterauth",), sensitive=True),
    Directive("primaryuser", Text(), "", aliases=("masteruser",), sensitive=True),
    Directive(
        "proc-title-template",
        Text(check_title_template, null_when_empty=False),
        "{title} {listen-addr} {server-mode}",
    ),
    Directive("propagation-error-behavior", Choice("ignore", "panic", "panic-on-replicas"), "ignore"),
    Directive("protected-mode", Boolean(), "yes"),
    Directive("proto-max-bulk-len", Memory(1_048_576), "536870912"),
    Directive("rdb-del-sync-files", Boolean(), "no"),
    Directive("rdb-save-incremental-fsync", Boolean(), "yes"),
    Directive("rdb-version-check", Choice("strict", "relaxed"), "strict"),
    Directive("rdbchecksum", Boolean(), "yes", mutable=False),
    Directive("rdbcompression", Boolean(), "yes"),
    Directive("rdma-bind", RdmaAddresses(), ""),
    Directive("rdma-completion-vector", Integer(-1, 1024), "-1", mutable=False),
    Directive("rdma-port", Integer(0, 65535, adjust=_refuse_rdma), "0"),
    Directive("rdma-rx-size", Integer(65536, 16_777_216), "1048576", mutable=False),
    Directive("repl-backlog-size", Memory(1, at_least=16_384), "10485760"),
    Directive("repl-backlog-ttl", Integer(0, LONG_MAX), "3600"),
    Directive("repl-disable-tcp-nodelay", Boolean(), "no"),
    Directive(
        "repl-diskless-load",
        Choice("disabled", "on-empty-db", "swapdb", "flush-before-load"),
        "disabled",
    ),
    Directive("repl-diskless-sync", Boolean(), "yes"),
    Directive("repl-diskless-sync-delay", Integer(0, INT_MAX), "5"),
    Directive("repl-diskless-sync-max-replicas", Integer(0, INT_MAX), "0"),
    Directive("repl-mptcp", Boolean(), "no", mutable=False),
    Directive("repl-ping-replica-period", Integer(1, INT_MAX), "10", aliases=("repl-ping-slave-period",)),
    Directive("repl-timeout", Integer(1, INT_MAX), "60"),
    Directive("replica-announce-ip", Text(), "", aliases=("slave-announce-ip",)),
    Directive("replica-announce-port", Integer(0, 65535), "0", aliases=("slave-announce-port",)),
    Directive("replica-announced", Boolean(), "yes"),
    Directive("replica-ignore-disk-write-errors", Boolean(), "no"),
    Directive("replica-ignore-maxmemory", Boolean(), "yes", aliases=("slave-ignore-maxmemory",)),
    Directive("replica-lazy-flush", Boolean(), "yes", aliases=("slave-lazy-flush",)),
    Directive("replica-priority", Integer(0, INT_MAX), "100", aliases=("slave-priority",)),
    Directive("replica-read-only", Boolean(), "yes", aliases=("slave-read-only",)),
    Directive("replica-serve-stale-data", Boolean(), "yes", aliases=("slave-serve-stale-data",)),
    Directive("replicaof", ReplicaOf(), "", aliases=("slaveof",), mutable=False),
    Directive("requirepass", Text(), "", sensitive=True),
    Directive("save", SavePoints(), "3600 1 300 100 60 10000"),
    Directive("server-cpulist", Text(), "", aliases=("server_cpulist",), mutable=False),
    Directive("set-max-intset-entries", Integer(0, LONG_MAX), "512"),
    Directive("set-max-listpack-entries", Integer(0, LONG_MAX), "128"),
    Directive("set-max-listpack-value", Integer(0, LONG_MAX), "64"),
    Directive("set-proc-title", Boolean(), "yes", mutable=False),
    Directive("shutdown-on-sigint", ShutdownChoices(), "default"),
    Directive("shutdown-on-sigterm", ShutdownChoices(), "default"),
    Directive("shutdown-timeout", Integer(0, INT_MAX), "10"),
    Directive("slot-migration-max-failover-repl-bytes", Memory(-1), "0"),
    Directive("socket-mark-id", Integer(0, UINT_MAX), "0", mutable=False),
    Directive("stop-writes-on-bgsave-error", Boolean(), "yes"),
    Directive("stream-node-max-bytes", Memory(), "4096"),
    Directive("stream-node-max-entries", Integer(0, LONG_MAX), "100"),
    Directive("supervised", Choice("upstart", "systemd", "auto", "no"), "no", mutable=False),
    Directive("syslog-enabled", Boolean(), "no", mutable=False),
    Directive(
        "syslog-facility",
        Choice("user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"),
        "local0",
        mutable=False,
    ),
    Directive("syslog-ident", Text(null_when_empty=False), "kvik", mutable=False),
    Directive("tcp-backlog", Integer(0, INT_MAX), "511", mutable=False),
    Directive("tcp-keepalive", Integer(0, INT_MAX), "300"),
    Directive("timeout", Integer(0, INT_MAX), "0"),
    Directive("tls-auth-clients", Choice("no", "yes", "optional"), "yes"),
    Directive("tls-auth-clients-user", Choice("CN", "URI", "off"), "off"),
    Directive("tls-auto-reload-interval", Integer(0, INT_MAX), "0"),
    Directive("tls-ca-cert-dir", Text(), ""),
    Directive("tls-ca-cert-file", Text(), ""),
    Directive("tls-cert-file", Text(), ""),
    Directive("tls-ciphers", Text(), ""),
    Directive("tls-ciphersuites", Text(), ""),
    Directive("tls-client-cert-file", Text(), ""),
    Directive("tls-client-key-file", Text(), ""),
    Directive("tls-client-key-file-pass", Text(), "", sensitive=True),
    Directive("tls-cluster", Boolean(), "no"),
    Directive("tls-dh-params-file", Text(), ""),
    Directive("tls-key-file", Text(), ""),
    Directive("tls-key-file-pass", Text(), "", sensitive=True),
    Directive("tls-port", Integer(0, 65535), "0"),
    Directive("tls-prefer-server-ciphers", Boolean(), "no"),
    Directive("tls-protocols", Text(), ""),
    Directive("tls-replication", Boolean(), "no"),
    Directive("tls-session-cache-size", Integer(0, INT_MAX), "20480"),
    Directive("tls-session-cache-timeout", Integer(0, INT_MAX), "300"),
    Directive("tls-session-caching", Boolean(), "yes"),
    Directive("tracking-table-max-keys", Integer(0, LONG_MAX), "1000000"),
    Directive("unixsocket", Text(), "", mutable=False),
    Directive("unixsocketgroup", Text(), "", mutable=False),
    Directive("unixsocketperm", Octal(), "0", mutable=False),
    Directive(
        "zset-max-listpack-entries",
        Integer(0, LONG_MAX),
        "128",
        aliases=("zset-max-ziplist-entries",),
    ),
    Directive("zset-max-listpack-value", Memory(), "64", aliases=("zset-max-ziplist-value",)),
    # Hidden: CONFIG GET answers only to the whole name. For tests and debugging.
    Directive("aof-disable-auto-gc", Boolean(), "no", hidden=True),
    Directive("cluster-message-gossip-perc", Integer(1, 100), "10", hidden=True),
    Directive("cluster-ping-interval", Integer(0, LONG_MAX), "0", hidden=True),
    Directive("debug-context", Text(null_when_empty=False), "", hidden=True),
    Directive("enable-debug-assert", Boolean(), "no", mutable=False, hidden=True),
    Directive("io-threads-always-active", Boolean(), "no", hidden=True),
    Directive("key-load-delay", Integer(INT_MIN, INT_MAX), "0", hidden=True),
    Directive("loading-process-events-interval-bytes", Integer(1024, INT_MAX), "2097152", hidden=True),
    Directive(
        "lua-enable-insecure-api",
        Boolean(),
        "no",
        aliases=("lua-enable-deprecated-api",),
        protected=True,
        hidden=True,
    ),
    Directive("min-io-threads-avoid-copy-reply", Integer(0, INT_MAX), "7", hidden=True),
    Directive("min-string-size-avoid-copy-reply", Integer(0, INT_MAX), "16384", hidden=True),
    Directive("min-string-size-avoid-copy-reply-threaded", Integer(0, INT_MAX), "65536", hidden=True),
    Directive("rdb-key-save-delay", Integer(INT_MIN, INT_MAX), "0", hidden=True),
    Directive("use-exit-on-panic", Boolean(), "no", hidden=True),
    Directive("watchdog-period", Integer(0, INT_MAX, adjust=_served_watchdog_period), "0", hidden=True),
)

NAMES: Final = MappingProxyType(
    {name: directive for directive in DIRECTIVES for name in (directive.name, *directive.aliases)}
)
"""Every name that a directive goes by."""

DEPRECATED: Final = frozenset(
    {
        "dynamic-hz",
        "io-threads-do-reads",
        "list-max-ziplist-entries",
        "list-max-ziplist-value",
        "lua-replicate-commands",
        "sanitize-dump-payload",
    }
)
"""Directives of the past: a line with one value is accepted in a file and has no effect, as in Valkey."""

STATEMENTS: Final = MappingProxyType({"include": 1, "rename-command": 2, "user": None, "loadmodule": None, "module": None})
"""What else a line of a file can be, and how many arguments it takes (None: one or more)."""
