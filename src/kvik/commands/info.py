"""INFO: the state of the server as lines of text. One function a section; fields stand in Redis's order.

Fields whose feature Kvik does not have yet are shown with the value of a server that does not use it, because tools
read them without asking whether they are there.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from kvik.commands.memory_figures import take_figures
from kvik.persist.aof import AppendOnly, State
from kvik.server.command_line import kvik_version
from kvik.server.process import system_memory
from kvik.wire.types import Reply, Verbatim

if TYPE_CHECKING:
    from kvik.persist.child import Child
    from kvik.persist.rdb import Snapshots
    from kvik.server.server import Server

REDIS_VERSION: Final = "7.4.0"
"""What clients look at to learn what the server can do (see docs/architecture.md)."""

Fields = Iterable[tuple[str, object]]


def info(server: Server, client: object, args: Sequence[bytes]) -> Reply:
    wanted = [arg.decode(errors="replace").lower() for arg in args[1:]] or ["default"]
    names: list[str] = []
    for word in wanted:
        if word in ("all", "everything"):
            names += SECTIONS
        elif word == "default":
            names += [name for name in SECTIONS if name not in _NOT_BY_DEFAULT]
        elif word in SECTIONS:
            names.append(word)
    parts = []
    for name in SECTIONS:
        if name in names:
            title, fields = SECTIONS[name]
            parts.append(f"# {title}\r\n" + "".join(f"{key}:{value}\r\n" for key, value in fields(server)))
    return Verbatim("txt", "\r\n".join(parts).encode())


def human(count: int) -> str:
    """1.50M and the like."""
    size = float(count)
    for unit in ("B", "K", "M", "G", "T"):
        if size < 1024 or unit == "T":
            break
        size /= 1024
    return f"{count}B" if unit == "B" else f"{size:.2f}{unit}"


def server_fields(server: Server) -> Fields:
    now = server.core.now_us() / 1e6
    system = os.uname()
    up = int(max(0.0, time.time() - server.identity.started))
    yield "redis_version", REDIS_VERSION
    yield "server_name", "kvik"
    yield "kvik_version", kvik_version()
    yield "redis_git_sha1", "00000000"
    yield "redis_git_dirty", 0
    yield "redis_build_id", "0"
    yield "redis_mode", "standalone"
    yield "server_mode", "standalone"
    yield "os", f"{system.sysname} {system.release} {system.machine}"
    yield "arch_bits", 64
    yield "monotonic_clock", ("X86 TSC and " if system.machine == "x86_64" else "") + "POSIX clock_gettime"
    yield "multiplexing_api", "epoll" if server.uses_epoll else "poll"
    yield "python_version", sys.version.split()[0]
    yield "process_id", os.getpid()
    yield "process_supervised", server.config.get_str("supervised")
    yield "run_id", server.identity.run_id
    yield "tcp_port", server.port
    yield "server_time_usec", int(now * 1e6)
    yield "uptime_in_seconds", up
    yield "uptime_in_days", up // 86400
    yield "hz", server.core.hz
    yield "configured_hz", server.config.get_int("hz")
    yield "clients_hz", server.core.hz
    yield "lru_clock", int(now) & 0xFFFFFF
    yield "executable", sys.executable
    yield "config_file", server.config_path or ""
    yield "io_threads_active", 0
    yield "availability_zone", server.config.get_str("availability-zone")
    for number, listener in enumerate(server.describe_listeners()):
        yield f"listener{number}", listener


def client_fields(server: Server) -> Fields:
    figures = server.core.client_figures()
    yield "connected_clients", figures["count"]
    yield "cluster_connections", 0
    yield "maxclients", server.config.get_int("maxclients")
    yield "client_recent_max_input_buffer", figures["max_input"]
    yield "client_recent_max_output_buffer", figures["max_output"]
    yield "blocked_clients", figures["waiting"]
    yield "tracking_clients", figures["tracking"]
    yield "pubsub_clients", figures["subscribers"]
    yield "watching_clients", figures["watching"]
    yield "clients_in_timeout_table", figures["deadlines"]
    yield "total_watched_keys", figures["watched_keys"]
    yield "total_blocking_keys", figures["waiting_keys"]
    yield "total_blocking_keys_on_nokey", figures["waiting_for_removal"]
    yield "paused_reason", "client_pause" if figures["paused"] else "none"
    yield "paused_actions", ("none", "write", "all")[figures["paused"]]
    yield "paused_timeout_milliseconds", figures["paused_ms"]


def memory_fields(server: Server) -> Fields:
    memory, total = take_figures(server), system_memory()
    used, rss, active = memory.used, memory.resident, memory.active
    yield from _sized("used_memory", used)
    yield from _sized("used_memory_rss", rss)
    yield from _sized("used_memory_peak", memory.peak)
    yield "used_memory_peak_perc", f"{used / memory.peak * 100:.2f}%"
    yield "used_memory_overhead", memory.overhead
    yield "used_memory_startup", memory.startup
    yield "used_memory_dataset", memory.dataset
    yield "used_memory_dataset_perc", f"{memory.dataset_percentage:.2f}%"
    yield "allocator_allocated", used
    yield "allocator_active", active
    yield "allocator_resident", rss
    yield "allocator_muzzy", 0
    yield from _sized("total_system_memory", total)
    yield from _script_memory(server)
    yield from _sized("maxmemory", server.config.get_int("maxmemory"))
    yield "maxmemory_policy", server.config.get_str("maxmemory-policy")
    yield "allocator_frag_ratio", f"{active / used:.2f}"
    yield "allocator_frag_bytes", memory.active - memory.used
    yield "allocator_rss_ratio", f"{rss / active:.2f}"
    yield "allocator_rss_bytes", rss - active
    yield "rss_overhead_ratio", "1.00"
    yield "rss_overhead_bytes", 0
    yield "mem_fragmentation_ratio", f"{rss / used:.2f}"
    yield "mem_fragmentation_bytes", rss - used
    for name in ("not_counted_for_evict", "replication_backlog", "total_replication_buffers", "replicas_repl_buffer"):
        yield f"mem_{name}", 0
    yield "mem_clients_slaves", 0
    yield "mem_clients_normal", memory.clients
    for name in ("links", "slot_import", "slot_export"):
        yield f"mem_cluster_{name}", 0
    yield "mem_aof_buffer", memory.aof_buffer
    yield "mem_allocator", "kvik"
    yield "mem_overhead_db_hashtable_rehashing", 0
    yield "active_defrag_running", server.core.defrag_figures()["running"]
    yield "lazyfree_pending_objects", server.core.statistics()["lazy_pending"]
    yield "lazyfreed_objects", server.core.statistics()["lazy_freed"]


def _script_memory(server: Server) -> Fields:
    """The code of functions is data, and part of `used_memory`; what the interpreters hold is not."""
    figures = server.core.scripting.figures()
    code = sum(len(library.code) for library in server.functions.libraries.values())
    yield "used_memory_lua", figures["vm_eval"]
    yield "used_memory_vm_eval", figures["vm_eval"]
    yield "used_memory_lua_human", human(figures["vm_eval"])
    yield "used_memory_scripts_eval", figures["script_bytes"]
    yield "number_of_cached_scripts", figures["scripts"]
    yield "number_of_functions", figures["functions"]
    yield "number_of_libraries", figures["libraries"]
    yield "used_memory_vm_functions", figures["vm_functions"]
    yield from _sized("used_memory_vm_total", figures["vm_eval"] + figures["vm_functions"])
    yield "used_memory_functions", code
    yield from _sized("used_memory_scripts", figures["script_bytes"] + code)


def _sized(name: str, count: int) -> Fields:
    yield name, count
    yield f"{name}_human", human(count)


def persistence_fields(server: Server) -> Fields:
    snapshots, child = server.snapshots, server.children.active
    loading = snapshots.loading_since
    copied, copied_most, _ = child.fork.copied if child else (0, 0, 0)
    keys, total = (child.fork.keys, child.keys) if child else (0, 0)
    yield "loading", int(loading is not None)
    yield "async_loading", 0
    yield "current_cow_peak", max(copied_most, 0)
    yield "current_cow_size", max(copied, 0)
    yield "current_cow_size_age", child.fork.report_age if child else 0
    yield "current_fork_perc", f"{keys / total * 100 if total else 0:.2f}"
    yield "current_save_keys_processed", keys
    yield "current_save_keys_total", total
    yield "rdb_changes_since_last_save", snapshots.changes
    yield "rdb_bgsave_in_progress", int(snapshots.in_progress)
    yield "rdb_last_save_time", snapshots.last_save
    yield "rdb_last_bgsave_status", "ok" if snapshots.last_status_ok else "err"
    yield "rdb_last_bgsave_time_sec", snapshots.last_duration
    yield "rdb_current_bgsave_time_sec", child.seconds if child and snapshots.in_progress else -1
    yield "rdb_saves", snapshots.saves
    yield "rdb_last_cow_size", snapshots.last_copied
    yield "rdb_last_load_keys_expired", snapshots.keys_loaded[1]
    yield "rdb_last_load_keys_loaded", snapshots.keys_loaded[0]
    yield from _append_only(server.aof, child)
    yield "module_fork_in_progress", 0
    yield "module_fork_last_cow_size", 0
    yield "slot_migration_fork_in_progress", 0
    if server.aof.state is not State.OFF:
        yield from _appending(server.aof)
    if loading is not None:
        loader = server.aof.loader
        progress = loader.progress if loader.is_loading else (snapshots.worker.size, snapshots.worker.position[0])
        yield from _loading(snapshots, loading, *progress)


def _append_only(aof: AppendOnly, child: Child | None) -> Fields:
    yield "aof_enabled", int(aof.state is not State.OFF)
    yield "aof_rewrite_in_progress", int(aof.is_rewriting)
    yield "aof_rewrite_scheduled", int(aof.rewrite_scheduled)
    yield "aof_last_rewrite_time_sec", aof.last_rewrite_seconds
    yield "aof_current_rewrite_time_sec", child.seconds if child and aof.is_rewriting else -1
    yield "aof_last_bgrewrite_status", "ok" if aof.last_rewrite_ok else "err"
    yield "aof_rewrites", aof.rewrites
    yield "aof_rewrites_consecutive_failures", aof.failures
    yield "aof_last_write_status", "ok" if aof.write_status_ok else "err"
    yield "aof_last_cow_size", aof.last_copied


def _appending(aof: AppendOnly) -> Fields:
    """What there is while it is on."""
    figures = aof.worker.figures
    yield "aof_current_size", figures.total
    yield "aof_base_size", aof.base_size
    yield "aof_pending_rewrite", 0
    yield "aof_buffer_length", figures.unwritten
    yield "aof_pending_bio_fsync", int(figures.is_syncing)
    yield "aof_delayed_fsync", figures.delayed


def _loading(snapshots: Snapshots, since: float, total: int, done: int) -> Fields:
    """How far loading is, and when it will be done if it goes on like this."""
    took = time.time() - since
    yield "loading_start_time", int(since)
    yield "loading_total_bytes", total
    yield "loading_rdb_used_mem", snapshots.worker.written_memory
    yield "loading_loaded_bytes", done
    yield "loading_loaded_perc", f"{done / total * 100 if total else 0:.2f}"
    yield "loading_eta_seconds", int(took * (total - done) / done) if done else 1


def stats_fields(server: Server) -> Fields:
    counted, rate, figures = server.core.statistics(), server.samples.rate, server.core.client_figures()
    yield "total_connections_received", counted["connections"]
    yield "total_commands_processed", counted["commands"]
    yield "instantaneous_ops_per_sec", int(rate("commands"))
    yield "total_net_input_bytes", counted["bytes_in"]
    yield "total_net_output_bytes", counted["bytes_out"]
    yield "total_net_repl_input_bytes", 0
    yield "total_net_repl_output_bytes", 0
    yield "total_net_cluster_slot_import_bytes", 0
    yield "total_net_cluster_slot_export_bytes", 0
    yield "instantaneous_input_kbps", f"{rate('bytes_in') / 1024:.2f}"
    yield "instantaneous_output_kbps", f"{rate('bytes_out') / 1024:.2f}"
    yield "instantaneous_input_repl_kbps", "0.00"
    yield "instantaneous_output_repl_kbps", "0.00"
    yield "rejected_connections", counted["rejected"]
    yield "sync_full", 0
    yield "sync_partial_ok", 0
    yield "sync_partial_err", 0
    yield "expired_keys", counted["expired"]
    yield "expired_fields", counted["expired_fields"]
    yield "expired_stale_perc", f"{counted['stale_percent']:.2f}"
    yield "expired_keys_with_volatile_items_stale_perc", "0.00"
    yield "expired_time_cap_reached_count", counted["expire_time_cap"]
    yield "expire_cycle_cpu_milliseconds", counted["expire_cycle_us"] // 1000
    yield "evicted_keys", counted["evicted"]
    yield "evicted_clients", counted["evicted_clients"]
    yield "evicted_scripts", server.core.scripting.figures()["evicted"]
    yield "total_eviction_exceeded_time", (counted["exceeded_us"] + counted["exceeded_now_us"]) // 1000
    yield "current_eviction_exceeded_time", counted["exceeded_now_us"] // 1000
    yield "keyspace_hits", counted["hits"]
    yield "keyspace_misses", counted["misses"]
    yield "pubsub_channels", figures["channels"]
    yield "pubsub_patterns", figures["patterns"]
    yield "pubsubshard_channels", figures["shard_channels"]
    yield "latest_fork_usec", server.children.latest_fork_us
    yield "total_forks", server.children.forks
    for name in ("migrate_cached_sockets", "slave_expires_tracked_keys"):
        yield name, 0
    defrag = server.core.defrag_figures()
    for name in ("hits", "misses", "key_hits", "key_misses"):
        yield f"active_defrag_{name}", defrag[name]
    yield "total_active_defrag_time", defrag["total_ms"]
    yield "current_active_defrag_time", defrag["current_ms"]
    for name in ("keys", "items", "prefixes"):
        yield f"tracking_total_{name}", figures[f"tracked_{name}"]
    yield "unexpected_error_replies", server.unexpected_errors
    yield "total_error_replies", counted["errors"]
    yield "dump_payload_sanitizations", 0
    yield "total_reads_processed", counted["reads"]
    yield "total_writes_processed", counted["writes"]
    for name in ("reads_processed", "writes_processed", "freed_objects", "accept_processed", "poll_processed",
                 "total_prefetch_batches", "total_prefetch_entries"):  # fmt: skip
        yield f"io_threaded_{name}", 0
    yield "client_query_buffer_limit_disconnections", counted["query_limit_closes"]
    yield "client_output_buffer_limit_disconnections", counted["output_limit_closes"]
    yield "reply_buffer_shrinks", 0
    yield "reply_buffer_expands", 0
    yield "eventloop_cycles", counted["cycles"]
    yield "eventloop_duration_sum", counted["busy_us"]
    yield "eventloop_duration_cmd_sum", counted["command_us"]
    yield "instantaneous_eventloop_cycles_per_sec", int(rate("cycles"))
    cycles = rate("cycles")
    yield "instantaneous_eventloop_duration_usec", int(rate("busy_us") / cycles) if cycles else 0
    yield "acl_access_denied_auth", server.acl_denied_auth
    for name in ("cmd", "key", "channel", "tls_cert", "db"):
        yield f"acl_access_denied_{name}", 0


def replication_fields(server: Server) -> Fields:
    yield "role", "master"
    yield "connected_slaves", 0
    yield "replicas_waiting_psync", 0
    yield "master_failover_state", "no-failover"
    yield "master_replid", server.identity.replication_id
    yield "master_replid2", "0" * 40
    yield "master_repl_offset", 0
    yield "second_repl_offset", -1
    yield "repl_backlog_active", 0
    yield "repl_backlog_size", server.config.get_int("repl-backlog-size")
    yield "repl_backlog_first_byte_offset", 0
    yield "repl_backlog_histlen", 0


def cpu_fields(server: Server) -> Fields:
    usages = (
        ("", resource.RUSAGE_SELF),
        ("_children", resource.RUSAGE_CHILDREN),
        ("_main_thread", getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)),
    )
    for suffix, who in usages:
        usage = resource.getrusage(who)
        yield f"used_cpu_sys{suffix}", f"{usage.ru_stime:.6f}"
        yield f"used_cpu_user{suffix}", f"{usage.ru_utime:.6f}"
    yield "used_active_time_main_thread", f"{server.core.statistics()['busy_us'] / 1e6:.6f}"


def module_fields(server: Server) -> Fields:
    for each in server.modules.loaded.values():
        yield "module", f"name={each.name},ver={each.version},api=1,filters=0,usedby=[],using=[],options=[]"


def command_fields(server: Server) -> Fields:
    for row in server.core.command_statistics():
        each = row["us"] / row["calls"] if row["calls"] else 0.0
        yield (
            f"cmdstat_{row['name']}",
            f"calls={row['calls']},usec={row['us']},usec_per_call={each:.2f},"
            f"rejected_calls={row['rejected']},failed_calls={row['failed']}",
        )


def latency_fields(server: Server) -> Fields:
    wanted = server.config["latency-tracking-info-percentiles"] if server.config.get_bool("latency-tracking") else None
    if wanted is None:
        return
    for name, counts in server.core.insight.latencies():
        values = (f"p{percent:.12g}={percentile(counts, percent) / 1000:.3f}" for percent in wanted)
        yield f"latency_percentiles_usec_{name}", ",".join(values)


def percentile(counts: Sequence[tuple[int, int]], percent: float) -> int:
    """The smallest of the given values (each with how often it was met) that so many percent do not exceed."""
    wanted = max(1, int(percent / 100 * sum(count for _, count in counts) + 0.5))
    for value, count in counts:
        wanted -= count
        if wanted <= 0:
            break
    return value


def error_fields(server: Server) -> Fields:
    for code, count in server.core.error_counts.items():
        yield f"errorstat_{code.decode(errors='replace')}", f"count={count}"


def cluster_fields(server: Server) -> Fields:
    yield "cluster_enabled", 0


def keyspace_fields(server: Server) -> Fields:
    for number, (keys, expires, average_ttl, hashes) in enumerate(server.core.databases()):
        if keys:
            counts = f"keys={keys},expires={expires},avg_ttl={average_ttl},keys_with_volatile_items={hashes}"
            yield f"db{number}", counts


SECTIONS: Final[dict[str, tuple[str, Callable[[Server], Fields]]]] = {
    "server": ("Server", server_fields),
    "clients": ("Clients", client_fields),
    "memory": ("Memory", memory_fields),
    "persistence": ("Persistence", persistence_fields),
    "stats": ("Stats", stats_fields),
    "replication": ("Replication", replication_fields),
    "cpu": ("CPU", cpu_fields),
    "modules": ("Modules", module_fields),
    "commandstats": ("Commandstats", command_fields),
    "errorstats": ("Errorstats", error_fields),
    "latencystats": ("Latencystats", latency_fields),
    "cluster": ("Cluster", cluster_fields),
    "keyspace": ("Keyspace", keyspace_fields),
}
_NOT_BY_DEFAULT: Final = ("commandstats", "latencystats")
