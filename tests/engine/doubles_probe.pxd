"""Doubles as text, for tests. See doubles_probe.py."""
