"""What plain modules may use of rdb_worker.py, which is compiled."""

from kvik.persist.errors import RdbLoaded
from kvik.persist.fork import Fork

class RdbWorker:
    size: int

    def set_options(
        self, version: bytes, usage: int, checksum: bool, sync: bool, save_delay_us: int,
        load_delay_us: int, any_version: bool,
    ) -> None: ...
    def save(
        self, directory: str, final: str, prefix: str = ..., suffix: str = ..., aof_base: bool = ...,
        plain: bool = ...,
    ) -> None: ...
    def save_in_child(
        self, fork: Fork, directory: str, final: str, prefix: str = ..., suffix: str = ..., aof_base: bool = ...,
        plain: bool = ...,
    ) -> None: ...
    def load(
        self, fd: int, offset: int = ..., preamble: bool = ..., replace: bool = ..., keep_expired: bool = ...,
        interval: int = ..., serve: bool = ...,
    ) -> RdbLoaded: ...
    def set_loading(self, loading: bool) -> None: ...
    def empty(self) -> None: ...
    @property
    def changes(self) -> int: ...
    @property
    def keys(self) -> int: ...
    @property
    def position(self) -> tuple[int, int, int]: ...
    @property
    def written_memory(self) -> int: ...

class RdbChecker:
    worker: RdbWorker

    def check(self, path: str, preamble: bool = ...) -> RdbLoaded: ...
