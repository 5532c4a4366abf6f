"""``kvik-check-rdb <file>``: can this file be loaded, and if not, what is wrong where?

It reads as the server does, values and checksum included, but keeps only the keys. Exit status 0: sound, 1: not.
"""

from __future__ import annotations

import sys

from kvik.persist.errors import RdbError, show_key
from kvik.persist.rdb_worker import RdbChecker


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        sys.stderr.write("Usage: kvik-check-rdb <rdb-file-name>\n")
        return 1
    return check(sys.argv[1])


def check(path: str) -> int:
    say = sys.stdout.write
    say(f"[offset 0] Checking RDB file {path}\n")
    checker = RdbChecker()
    try:
        found = checker.check(path)
    except OSError as error:
        say(f"Cannot open file: {error.strerror}\n")
        return 1
    except RdbError as error:
        say("--- RDB ERROR DETECTED ---\n")
        say(f"[offset {error.offset}] {error.reason}\n")
        if error.key is not None:
            where = f"which begins at offset {error.key_offset}"
            say(f"[additional info] In key {show_key(error.key)} of database {error.db}, {where}\n")
        return 1
    if found.writer:
        product = "Valkey" if found.by_valkey else "Redis"
        say(f"[info] RDB version {found.version}, written by {product} {found.writer} or what passes for it\n")
    say(f"[offset {found.end}] \\o/ RDB looks OK! \\o/\n")
    say(f"[info] {found.keys} keys read\n[info] {found.expiring} expires\n[info] {found.expired} already expired\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
