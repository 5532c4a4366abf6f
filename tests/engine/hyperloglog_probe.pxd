"""HyperLogLogs for tests. See hyperloglog_probe.py."""
