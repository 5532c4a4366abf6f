"""Where the memory of a server is: the figures that INFO memory and MEMORY show."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kvik.server.process import resident_bytes

if TYPE_CHECKING:
    from kvik.server.server import Server


class MemoryFigures(NamedTuple):
    """All in bytes."""

    used: int
    """Handed out by the heap, to keys, clients and buffers."""
    peak: int
    startup: int
    """What an empty server uses."""
    idle: int
    """Kept by the heap, but free."""
    waste: int
    """In between what is in use, where only blocks of certain sizes fit."""
    resident: int
    clients: int
    tables: int
    aof_buffer: int

    @property
    def active(self) -> int:
        """What the heap has from the system."""
        return self.used + self.idle + self.waste

    @property
    def overhead(self) -> int:
        return self.startup + self.clients + self.tables

    @property
    def dataset(self) -> int:
        return max(0, self.used - self.overhead)

    @property
    def dataset_percentage(self) -> float:
        """Of what was added since the start."""
        return min(100.0, self.dataset / max(1, self.used - self.startup) * 100)


def take_figures(server: Server) -> MemoryFigures:
    memory = server.core.memory()
    used = memory["used"]
    return MemoryFigures(
        used=used,
        peak=max(memory["peak"], used),
        startup=server.startup_memory,
        idle=memory["idle"],
        waste=memory["waste"],
        resident=resident_bytes(),
        clients=memory["clients"],
        tables=memory["tables"],
        aof_buffer=server.aof.worker.figures.unwritten,
    )
