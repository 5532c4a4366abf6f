"""What makes a process a server: background, pid file, title, limits. Only `kvik-server` does this, never `embed`."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from typing import Final

from kvik.engine.process_name import forbid_huge_pages, name_thread, overwrite_arguments

_RESERVED_DESCRIPTORS: Final = 32


def daemonize() -> None:
    """Go on in the background, in a session of its own, with standard streams on /dev/null."""
    if os.fork():
        os._exit(0)
    os.setsid()
    with open(os.devnull, "r+b", buffering=0) as null:
        for descriptor in (0, 1, 2):
            os.dup2(null.fileno(), descriptor)


def write_pid_file(path: str) -> bool:
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(f"{os.getpid()}\n")
    except OSError:
        return False
    return True


def remove_pid_file(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


def disable_huge_pages() -> None:
    """Huge pages make a fork copy 2 MB for every changed byte: `disable-thp`."""
    if sys.platform == "linux":
        forbid_huge_pages()


def set_title(title: str) -> None:
    """Overwrite the command line that ps(1) shows, as far as there is room, and the thread's name."""
    if sys.platform != "linux":
        return
    name_thread(title.split(" ", 1)[0].encode())
    with contextlib.suppress(OSError, ValueError):
        with open("/proc/self/stat", "rb") as file:
            fields = file.read().rsplit(b")", 1)[1].split()
        overwrite_arguments(int(fields[45]), int(fields[46]), title.encode())


def raise_descriptor_limit(max_clients: int) -> int:
    """Let the process open a socket for every client; how many clients there is room for, at most `max_clients`."""
    wanted = max_clients + _RESERVED_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return max_clients
    for limits in ((wanted, max(hard, wanted)), (min(wanted, hard), hard)):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            soft = limits[0]
            break
    return min(max_clients, soft - _RESERVED_DESCRIPTORS)


def notify_supervisor(mode: str) -> None:
    """Tell systemd that the server is ready (`supervised systemd`, or `auto` with NOTIFY_SOCKET set)."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if mode not in ("systemd", "auto") or not address:
        return
    import socket

    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.sendto(b"READY=1\n", "\0" + address[1:] if address.startswith("@") else address)


def resident_bytes() -> int:
    """The memory that this process holds, in bytes."""
    with contextlib.suppress(OSError), open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def system_memory() -> int:
    """The memory of the machine, in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
