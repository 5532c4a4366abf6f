"""The key hash for tests. See hashing_probe.py."""
