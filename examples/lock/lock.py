"""A lock that several machines share, and the fencing token that makes it safe.

The lock is a key that holds its owner's token and expires: if its owner dies, it ends by itself. That is also its
weakness: an owner that is only slow (a long garbage collection, a network that hangs) goes on writing after the lease has
ended and another has the lock. No lock service can prevent that; the storage can. Each acquisition gets a number higher
than all before it, the *fence*. It goes with every write, and the storage refuses a write whose fence is lower than one
that it has seen.
"""

from __future__ import annotations

import random
import secrets
import sqlite3
import threading
import time
from types import TracebackType

import redis

import kvik

# Take the lock and count the fence at once: a fence that is fetched later may be higher than that of the next owner.
ACQUIRE = """
    if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
        return false
    end
    return redis.call('INCR', KEYS[2])
"""
# Only the owner may release or extend. GET and then DEL from the client could delete the lock of the next owner.
RELEASE = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0"
EXTEND = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0"


class Lock:
    """with Lock(r, "report", lease=30) as lock: storage.write(..., lock.fence)"""

    def __init__(self, r: redis.Redis, name: str, lease: float, wait: float = 10.0) -> None:
        """`lease`: seconds until the lock ends if nobody releases it; `wait`: how long `with` tries to get it."""
        self.keys = [f"lock:{{{name}}}", f"lock:{{{name}}}:fence"]      # the braces keep both in one slot of a cluster
        self.lease, self.wait = round(lease * 1000), wait
        self.token = secrets.token_hex(16)
        self.fence = 0
        self._acquire, self._release, self._extend = map(r.register_script, (ACQUIRE, RELEASE, EXTEND))

    def try_acquire(self) -> bool:
        fence = self._acquire(keys=self.keys, args=[self.token, self.lease])
        self.fence = fence or 0
        return fence is not None

    def release(self) -> bool:
        """False: the lease had ended before."""
        return bool(self._release(keys=self.keys[:1], args=[self.token]))

    def extend(self) -> bool:
        """The whole lease once more. False: too late, it has ended."""
        return bool(self._extend(keys=self.keys[:1], args=[self.token, self.lease]))

    def __enter__(self) -> Lock:
        end = time.monotonic() + self.wait
        while not self.try_acquire():
            if time.monotonic() > end:
                raise TimeoutError(f"{self.keys[0]} was not free in {self.wait} s")
            time.sleep(random.uniform(0.001, 0.02))     # so that those who wait do not all ask at once
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


class LateWriterError(Exception):
    """Another has had the lock in the meantime. What was to be written is out of date."""


class Accounts:
    """The storage that the lock protects: SQLite here. The fence stands in the row, and the UPDATE looks at it."""

    def __init__(self, path: str) -> None:
        self.database = sqlite3.connect(path, isolation_level=None, timeout=30)
        self.database.execute(
            "CREATE TABLE IF NOT EXISTS account (name TEXT PRIMARY KEY, balance INTEGER NOT NULL, fence INTEGER NOT NULL)"
        )

    def open(self, name: str, balance: int) -> None:
        self.database.execute("INSERT INTO account VALUES (?, ?, 0)", (name, balance))

    def balance(self, name: str) -> int:
        row = self.database.execute("SELECT balance FROM account WHERE name = ?", (name,)).fetchone()
        return int(row[0])

    def set_balance(self, name: str, balance: int, fence: int) -> None:
        written = self.database.execute(
            "UPDATE account SET balance = ?, fence = ? WHERE name = ? AND fence <= ?", (balance, fence, name, fence)
        )
        if written.rowcount == 0:
            raise LateWriterError(f"fence {fence} is older than the last writer's")


def main() -> None:
    with kvik.Server() as server, server.client(decode_responses=True) as r:
        accounts = Accounts(":memory:")
        accounts.open("ada", 100)

        slow, quick = Lock(r, "ada", lease=30), Lock(r, "ada", lease=30)
        print("slow gets the lock:", slow.try_acquire(), "fence", slow.fence)
        read = accounts.balance("ada")
        print("quick gets it as well:", quick.try_acquire())
        server.advance(31)
        print("31 s later, slow has not come back; quick gets the lock:", quick.try_acquire(), "fence", quick.fence)
        accounts.set_balance("ada", accounts.balance("ada") + 50, quick.fence)
        print("quick pays 50 in:", accounts.balance("ada"))
        try:
            accounts.set_balance("ada", read - 10, slow.fence)
        except LateWriterError as error:
            print("slow takes 10 out: refused,", error)
        print("slow releases a lock that is not its own:", slow.release())
        print("quick releases:", quick.release())

        def count() -> None:
            for _ in range(25):
                with Lock(r, "total", lease=30, wait=60) as lock:
                    assert lock.fence > 0
                    total = int(r.get("total") or 0)        # read, compute, write: what a lock is for
                    r.set("total", total + 1)

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print("4 threads, 25 times each:", r.get("total"))


if __name__ == "__main__":
    main()
