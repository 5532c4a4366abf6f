"""A cache beside a database: what was read is kept for a while, what is written is thrown out of the cache.

    read     GET; on a miss read the database and SET
    write    UPDATE, commit, DEL

Two things go wrong when this is done as it stands here. A row that everybody wants expires, and a thousand clients ask the
database for it at once. And a reader that had read the old row before the write stores it after the DEL, where it stays.
One *lease* answers both: who misses first gets the right to fill the key, the others wait for the value. A write
takes the lease away together with the value, and a value comes in only with the lease that its reader has got.
"""

from __future__ import annotations

import contextlib
import json
import random
import secrets
import time
from collections.abc import Callable
from typing import Any

import redis

# The value, or the lease if it is free, or nothing: somebody else is reading the database.
LOOK_UP = """
    local value = redis.call('GET', KEYS[1])
    if value then
        return {'value', value}
    end
    if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
        return {'lease'}
    end
    return {'wait'}
"""
FILL = """
    if redis.call('GET', KEYS[2]) ~= ARGV[1] then
        return 0                        -- written to in the meantime, or the lease is over
    end
    redis.call('DEL', KEYS[2])
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
    return 1
"""


class Cache:
    def __init__(self, r: redis.Redis, ttl: float = 300.0, lease: float = 5.0) -> None:
        """Seconds: `ttl` is how long a value is kept, `lease` how long others wait for who reads the database."""
        self.redis, self.ttl, self.lease = r, ttl, lease
        self._look_up, self._fill = r.register_script(LOOK_UP), r.register_script(FILL)

    def get(self, key: str, load: Callable[[], Any]) -> Any:
        """The value under this key; on a miss what `load` returns, which must be JSON (None too: "there is no such
        row" is worth keeping). Without a cache everything comes from the database."""
        token, end = secrets.token_hex(8), time.monotonic() + self.lease
        while time.monotonic() < end:
            try:
                found = self._look_up(keys=keys(key), args=[token, round(self.lease * 1000)])
            except redis.ConnectionError:
                break
            if found[0] == "value":
                return json.loads(found[1])
            if found[0] == "lease":
                return self._load(key, load, token)
            time.sleep(random.uniform(0.002, 0.01))
        return load()

    def _load(self, key: str, load: Callable[[], Any], token: str) -> Any:
        value = load()
        milliseconds = round(self.ttl * 1000 * random.uniform(0.9, 1.0))        # what came together must not go together
        with contextlib.suppress(redis.ConnectionError):
            self._fill(keys=keys(key), args=[token, json.dumps(value), milliseconds])
        return value

    def forget(self, key: str) -> None:
        """After the commit of what has changed it. If this raises, the old value is kept until its time is over."""
        self.redis.unlink(*keys(key))


def keys(key: str) -> list[str]:
    return [f"cache:{{{key}}}", f"cache:{{{key}}}:lease"]       # the braces keep both in one slot of a cluster
