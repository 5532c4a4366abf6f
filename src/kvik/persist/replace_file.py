"""Putting a small file in the place of another, so that there is at any moment the old one or the new one, whole.

The new one is written beside it, made to last and renamed; then the name is made to last too.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import Final

CANNOT_SYNC: Final = (errno.EBADF, errno.EINVAL)  # what some file systems say of a directory


def replace_file(path: str, data: bytes, temporary: str, mode: int | None = None) -> None:
    """Put `data` in the place of the file at `path`, by way of `temporary` in the same directory. OSError; then the old
    one holds.

    `mode` are the permissions of the new one; None: as the umask has it.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o644 if mode is None else 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    sync_directory(os.path.dirname(path) or ".")


def sync_directory(directory: str) -> None:
    """Make what was done to the names in it last. OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in CANNOT_SYNC:
            raise
    finally:
        os.close(descriptor)
