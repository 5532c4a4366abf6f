"""``kvik-check-aof [--fix] <manifest or file>``: is this append-only file whole, and if not, what is wrong where?

Given a manifest, all files it names are read; given a file, that one. Nothing is run. `--fix` cuts the last file off
behind the last command (or transaction) that is whole, when the user agrees. Exit status 0: sound, or made so.
"""

from __future__ import annotations

import os
import sys
from typing import Final

from kvik.persist.aof_loader import is_snapshot
from kvik.persist.aof_worker import AofChecker
from kvik.persist.errors import AofError, RdbError, show_key
from kvik.persist.manifest import ManifestError, read
from kvik.persist.rdb_worker import RdbChecker

USAGE: Final = "Usage: kvik-check-aof [--fix] <file.manifest|file.aof>\n"


def main() -> int:
    arguments = sys.argv[1:]
    fix = arguments[:1] == ["--fix"]
    paths = arguments[1:] if fix else arguments
    if len(paths) != 1 or paths[0].startswith("-"):
        sys.stderr.write(USAGE)
        return 1
    return check(paths[0], fix=fix)


def check(path: str, *, fix: bool) -> int:
    try:
        files = _files(path)
    except ManifestError as error:
        sys.stdout.write(f"AOF manifest is damaged: {error}\n")
        return 1
    except OSError as error:
        sys.stdout.write(f"Cannot open file {path}: {error.strerror}\n")
        return 1
    for each in files:
        if not _check_file(each, fix=fix, is_last=each is files[-1]):
            return 1
    sys.stdout.write("All AOF files and manifest are valid\n" if path.endswith(".manifest") else "AOF is valid\n")
    return 0


def _files(path: str) -> list[str]:
    """What there is to read."""
    if not path.endswith(".manifest"):
        os.stat(path)
        return [path]
    manifest = read(path)
    if manifest is None:
        raise FileNotFoundError(2, "No such file or directory")
    return [os.path.join(os.path.dirname(path), each.name) for each in manifest.files]


def _check_file(path: str, *, fix: bool, is_last: bool) -> bool:
    """Is it whole, perhaps after it was cut off?"""
    say, name = sys.stdout.write, os.path.basename(path)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        say(f"Cannot open file {path}: {error.strerror}\n")
        return False
    try:
        size, start = os.fstat(fd).st_size, 0
        if is_snapshot(fd):
            start = RdbChecker().check(path, preamble=True).end
            say(f"RDB preamble of {name} is OK, it has {start} bytes\n")
        good = AofChecker().check(fd, start).end
    except RdbError as error:
        where = f" in key {show_key(error.key)}" if error.key is not None else ""
        say(f"RDB part of {name} is damaged at offset {error.offset}{where}: {error.reason}\n")
        return False
    except AofError as error:
        say(f"{name} at offset {error.offset}: {error.reason}\n")
        good = error.good
    finally:
        os.close(fd)
    say(f"AOF analyzed: filename={name}, size={size}, ok_up_to={good}, diff={size - good}\n")
    if good == size:
        return True
    if not fix:
        say(f"AOF {name} is not valid. Use the --fix option to try fixing it.\n")
        return False
    return _cut(path, good, size, is_last=is_last)


def _cut(path: str, good: int, size: int, *, is_last: bool) -> bool:
    say, name = sys.stdout.write, os.path.basename(path)
    if not is_last:
        say(f"Failed to fix {name}: it is not the last file, so what follows would be missing something\n")
        return False
    say(f"This will shrink the AOF {name} from {size} bytes, with {size - good} bytes, to {good} bytes\nContinue? [y/N]: ")
    sys.stdout.flush()
    if not sys.stdin.readline().lower().startswith("y"):
        say("Aborting...\n")
        return False
    os.truncate(path, good)
    say(f"Successfully truncated AOF {name}\n")
    return True


if __name__ == "__main__":
    sys.exit(main())
