"""What each directive with an effect steers, in a line, by topic: for the configuration page (`directive_pages`).

A directive that stands nowhere here is accepted and kept, and changes nothing. `tests/docs/test_pages.py` holds that
against the source.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

NOTES: Final = MappingProxyType(
    {
        "Network": {
            "bind": "The addresses to listen on; one with `-` before it may be missing.",
            "port": "The TCP port; 0 is none.",
            "unixsocket": "The path of a Unix socket to listen on.",
            "unixsocketperm": "The permissions of that socket.",
            "unixsocketgroup": "Its group.",
            "tcp-backlog": "How many connections may wait to be accepted.",
            "tcp-keepalive": "Seconds after which a silent connection is probed; 0 never.",
            "timeout": "Seconds after which an idle client is closed; 0 never.",
            "maxclients": "How many clients there may be; fewer if the system allows no more descriptors.",
            "max-new-connections-per-cycle": "How many connections are accepted in one tick.",
        },
        "Security": {
            "protected-mode": "Without a password, only clients of the same machine are served.",
            "requirepass": "The password that `AUTH` and `HELLO` ask for.",
            "enable-debug-command": "Whether `DEBUG` is to be had; `local`: from the same machine.",
            "enable-module-command": "Whether `MODULE LOAD` and `UNLOAD` are to be had; `local`: from the same machine.",
            "enable-protected-configs": "Whether `CONFIG SET` may change `dir`, `dbfilename` and the like.",
        },
        "Process and log": {
            "daemonize": "Go on in the background.",
            "supervised": "Tell systemd when the server is ready.",
            "pidfile": "A file for the process id.",
            "set-proc-title": "Whether `ps` shows what the next line says.",
            "proc-title-template": "What `ps` shows.",
            "disable-thp": "Switch huge pages off for the process, so that a fork copies less.",
            "hz": "How often a second background work has its turn.",
            "dir": "The working directory, where the files are.",
            "databases": "How many there are.",
            "loglevel": "The least level that is logged.",
            "logfile": "The log file; empty: standard output.",
            "log-format": "The form of a line: Redis's, or one for programs.",
            "log-timestamp-format": "The form of the time in a line.",
            "syslog-enabled": "Log to the system's log as well.",
            "syslog-ident": "The name there.",
            "syslog-facility": "The facility there.",
            "crash-log-enabled": "Leave a report in the log when the engine crashes.",
            "shutdown-on-sigint": "What SIGINT does: options of `SHUTDOWN`.",
            "shutdown-on-sigterm": "What SIGTERM does: options of `SHUTDOWN`.",
            "availability-zone": "A word that `INFO` and `HELLO` repeat.",
        },
        "Memory": {
            "maxmemory": "How much may be used; 0: no limit.",
            "maxmemory-policy": "What goes when it is used: see [Memory](memory.md).",
            "maxmemory-samples": "How many keys are looked at for each that is evicted.",
            "maxmemory-eviction-tenacity": "How long a command may wait for eviction.",
            "maxmemory-clients": "How much the buffers of all clients may take together.",
            "client-query-buffer-limit": "How much an unfinished request may take.",
            "client-output-buffer-limit": "How much a client may be owed: at once, or for so many seconds.",
            "proto-max-bulk-len": "The longest argument and the longest string.",
            "lfu-log-factor": "How slowly the counter of uses grows.",
            "lfu-decay-time": "Minutes after which the counter of uses loses one.",
            "active-expire-effort": "How much time goes into finding what has expired.",
            "lazyfree-lazy-eviction": "Free what is evicted on another thread.",
            "lazyfree-lazy-expire": "Free what has expired on another thread.",
            "lazyfree-lazy-server-del": "Free what is overwritten on another thread.",
            "lazyfree-lazy-user-del": "`DEL` frees on another thread, as `UNLINK` does.",
            "lazyfree-lazy-user-flush": "`FLUSHALL` and `FLUSHDB` free on another thread unless told otherwise.",
            "activedefrag": "Move entries together when much lies free between them.",
            "active-defrag-ignore-bytes": "Waste that is not worth it, in bytes.",
            "active-defrag-threshold-lower": "Waste that is not worth it, in percent.",
            "active-defrag-threshold-upper": "Waste at which most time goes into it, in percent.",
            "active-defrag-cycle-min": "The least share of the processor it takes, in percent.",
            "active-defrag-cycle-max": "The largest share of the processor it takes, in percent.",
            "active-defrag-cycle-us": "How long it may hold up commands at a time, in microseconds.",
        },
        "Snapshots": {
            "save": "After how many seconds with how many changes to save.",
            "dbfilename": "The file.",
            "rdbcompression": "Compress strings.",
            "rdbchecksum": "Write a checksum, and check it.",
            "rdb-version-check": "`relaxed`: try a file of a version that is newer than any known.",
            "rdb-save-incremental-fsync": "Write to the disk in portions, not at the end.",
            "stop-writes-on-bgsave-error": "Refuse writes after a save that failed.",
        },
        "Append-only file": {
            "appendonly": "Keep one.",
            "appendfsync": "When it is made to last.",
            "appenddirname": "The directory of its files.",
            "appendfilename": "What their names begin with.",
            "no-appendfsync-on-rewrite": "No fsync while a child is writing.",
            "auto-aof-rewrite-percentage": "By how much it grows until it is rewritten.",
            "auto-aof-rewrite-min-size": "The size from which on it is rewritten.",
            "aof-use-rdb-preamble": "Write the base as a snapshot; `no`: as commands.",
            "aof-load-truncated": "Load a file whose end is missing.",
            "aof-timestamp-enabled": "Add the time now and then.",
            "aof-rewrite-incremental-fsync": "Write a base to the disk in portions, not at the end.",
        },
        "Encodings": {
            "hash-max-listpack-entries": "Fields up to which a hash is kept in the small form.",
            "hash-max-listpack-value": "Length of field and value up to which it is.",
            "list-max-listpack-size": "Elements of a node of a list, or, when negative, its size.",
            "list-compress-depth": "Nodes at both ends of a list that are not compressed; 0: none is.",
            "set-max-intset-entries": "Integers up to which a set of them is kept in the small form.",
            "set-max-listpack-entries": "Members up to which another set is.",
            "set-max-listpack-value": "Length of a member up to which it is.",
            "zset-max-listpack-entries": "Members up to which a sorted set is kept in the small form.",
            "zset-max-listpack-value": "Length of a member up to which it is.",
            "stream-node-max-bytes": "The size of a node of a stream; 0: no limit.",
            "stream-node-max-entries": "Entries of a node of a stream; 0: no limit.",
            "hll-sparse-max-bytes": "The size up to which a HyperLogLog is kept in the sparse form.",
        },
        "Insight": {
            "commandlog-execution-slower-than": "Microseconds from which on a command is logged as slow; -1 never.",
            "commandlog-slow-execution-max-len": "How many slow commands are kept.",
            "commandlog-request-larger-than": "Bytes from which on a request is logged as large; -1 never.",
            "commandlog-large-request-max-len": "How many large requests are kept.",
            "commandlog-reply-larger-than": "Bytes from which on a reply is logged as large; -1 never.",
            "commandlog-large-reply-max-len": "How many large replies are kept.",
            "latency-monitor-threshold": "Milliseconds from which on `LATENCY` keeps an event; 0 never.",
            "latency-tracking": "Keep a histogram of the durations of each command.",
            "latency-tracking-info-percentiles": "What `INFO latencystats` shows of it.",
        },
        "Scripts, events, caching": {
            "busy-reply-threshold": "Milliseconds after which other clients are answered `BUSY` while a script runs.",
            "notify-keyspace-events": "What is published of keys; `KEA` is nearly everything.",
            "tracking-table-max-keys": "How many keys client-side caching remembers; 0: no limit.",
        },
        "For tests": {
            "aof-disable-auto-gc": "Keep the files that a rewrite has replaced.",
            "key-load-delay": "Microseconds to wait for each key that is loaded.",
            "loading-process-events-interval-bytes": "How often clients have their turn while a file is loaded.",
            "rdb-key-save-delay": "Microseconds to wait for each key that is saved.",
        },
    }
)

ONLY_REPEATED: Final = frozenset({"cluster-enabled", "replicaof", "repl-backlog-size", "tls-port"})
"""Those that the source reads, for INFO or to refuse what contradicts itself, and that steer nothing."""
