"""Glob patterns for callers in Python. See glob.py."""
