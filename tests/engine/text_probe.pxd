"""Numbers and patterns for tests. See text_probe.py."""
