"""Bits for tests. See bits_probe.py."""
