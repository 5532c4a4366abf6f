"""The glob patterns of `text.py` for callers in Python, who look for names; case does not count."""

from cython.cimports.kvik.engine.text import glob_match


def matches_name(pattern: bytes, name: bytes) -> bool:
    """Does the whole name match the pattern (``*``, ``?``, ``[a-z]``, ``[^a-z]``, ``\\``), in any case?"""
    return glob_match(pattern, len(pattern), name, len(name), True)
