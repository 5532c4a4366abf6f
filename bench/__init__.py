"""Kvik beside redis-server and Valkey, in one interleaved run: `python -m bench` (see `__main__.py`)."""
