"""LZF for tests. See lzf_probe.py."""
