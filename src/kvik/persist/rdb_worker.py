"""Saving and loading RDB files, as Python sees it: in the foreground without the GIL, or in a forked child.

A file is written beside its place under another name (`<prefix><process id><suffix>`), made to last (fsync), and put in
its place by renaming it, which is made to last as well: at any moment the old file is there or the new one, whole.
"""

# ruff: noqa: F821
import os

import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.clock import clock_init
from cython.cimports.kvik.engine.file_sink import file_sink_free, file_sink_init
from cython.cimports.kvik.engine.file_source import file_source_free, file_source_init
from cython.cimports.kvik.engine.heap import heap_destroy, heap_init
from cython.cimports.kvik.engine.source import source_position
from cython.cimports.kvik.keyspace.aof_base import aof_base_write
from cython.cimports.kvik.keyspace.database import db_empty, keyspace_free, keyspace_init
from cython.cimports.kvik.keyspace.rdb_file import rdb_write
from cython.cimports.kvik.keyspace.rdb_reader import rdb_read, rdb_reader_free, rdb_reader_init
from cython.cimports.kvik.keyspace.snapshot import snapshot_keys
from cython.cimports.kvik.keyspace.tail import all_keys_gone
from cython.cimports.libc.errno import ENAMETOOLONG, errno
from cython.cimports.libc.stdio import snprintf
from cython.cimports.libc.string import memcpy, strlen
from cython.cimports.posix.unistd import close, getpid

from kvik.persist.errors import RdbError, RdbLoaded, SaveError


class RdbWorker:
    def set_options(self, version, usage, checksum, sync, save_delay_us, load_delay_us, any_version):
        """What files say and how they are made: see `RdbOptions` and `RdbReader`."""
        self.version = version
        self.job.options.redis_version = self.version
        self.job.options.usage = usage
        self.job.options.key_delay_us = save_delay_us
        self.load_delay_us = load_delay_us
        self.job.checksum = checksum
        self.job.sync = sync
        self.checks = checksum
        self.any_version = any_version

    # --- saving ---

    def prepare(self, directory, prefix, suffix, final, aof_base, plain):
        folder: bytes = os.fsencode(directory)
        start: bytes = os.path.join(folder, os.fsencode(prefix))
        end: bytes = os.fsencode(suffix)
        place: bytes = os.path.join(folder, os.fsencode(final)) if final else b""
        if max(len(folder), len(start) + 90, len(place)) >= PATH_ROOM or len(end) >= 64:
            raise SaveError(STAGE_OPEN, ENAMETOOLONG)
        memcpy(self.job.directory, cast(cython.p_char, folder), len(folder) + 1)
        memcpy(self.job.prefix, cast(cython.p_char, start), len(start) + 1)
        memcpy(self.job.suffix, cast(cython.p_char, end), len(end) + 1)
        memcpy(self.job.final, cast(cython.p_char, place), len(place) + 1)
        self.job.ks = self.ks
        self.job.options.aof_base = aof_base
        self.job.plain = plain
        self.job.options.now_ms = self.ks.clock.now_ms
        self.job.options.used_memory = self.ks.heap.used
        self.job.stage = 0
        self.job.error = 0

    def save(self, directory, final, prefix="temp-", suffix=".rdb", aof_base=False, plain=False):
        """Write everything to the file `final` of a directory; `plain`: as commands. SaveError if that fails; the old
        file is there then."""
        good: cython.bint
        self.prepare(directory, prefix, suffix, final, aof_base, plain)
        with cython.nogil:
            good = save_file(address(self.job), NULL)
        if not good:
            raise SaveError(self.job.stage, self.job.error)

    def save_in_child(self, fork: Fork, directory, final, prefix="temp-", suffix=".rdb", aof_base=False, plain=False):
        """The same in a child of its own. Its `failure` is a stage and errno. With an empty `final` the file stays where
        it was written. OSError if there can be no child."""
        self.prepare(directory, prefix, suffix, final, aof_base, plain)
        fork.start(child_saves, address(self.job))

    @property
    def changes(self):
        """Of the data set, since the server started."""
        return self.ks.dirty

    @property
    def keys(self):
        """How many there are, in all databases."""
        return snapshot_keys(self.ks)

    def empty(self):
        """Delete every key, and tell nobody but those who cache them."""
        i: cython.int
        for i in range(self.ks.count):
            db_empty(self.ks, address(self.ks.databases[i]), False)
        all_keys_gone(self.ks, False)

    # --- loading ---

    def set_loading(self, loading):
        """While it is, commands that could see a part of the data set are refused."""
        if self.meanwhile.loads != NULL:
            self.meanwhile.loads(self.meanwhile.owner, loading)

    def load(self, fd: cython.int, offset=0, preamble=False, replace=False, keep_expired=False, interval=2097152,
             serve=False):
        """Read an RDB file from an open descriptor, from `offset` on, and tell what it was: RdbLoaded.

        It ends behind the checksum; `preamble`: more may follow. Every `interval` bytes, if `serve`, clients have their
        turn. RdbError if the file is damaged: then what came before has been loaded already.
        """
        good: cython.bint
        end: object
        if self.reading:
            raise RuntimeError("a file is being loaded already")
        self.size = os.fstat(fd).st_size
        os.lseek(fd, offset, os.SEEK_SET)
        if not file_source_init(address(self.file), self.ks.heap, fd, offset, max(self.size, offset),
                                address(self.ks.crc) if self.checks else NULL):
            raise MemoryError("no memory for loading")
        rdb_reader_init(address(self.reader), self.ks, address(self.file))
        self.reader.replace = replace
        self.reader.keep_expired = keep_expired
        self.reader.any_version = self.any_version
        self.reader.only_keys = self.only_keys
        self.reader.key_delay_us = self.load_delay_us
        self.file.interval = interval
        if serve:
            self.file.owner = address(self.meanwhile)
            self.file.progress = served
        self.reading = True
        with cython.nogil:
            good = rdb_read(address(self.reader))
        self.reading = False
        end = source_position(address(self.file.source))
        if good and not preamble and end < self.size and not self.file.crc:
            good = False
            self.file.source.error = "there is something behind its end"
            self.file.source.error_at = end
        try:
            if not good:
                raise self.error()
            return self.loaded(end)
        finally:
            rdb_reader_free(address(self.reader))
            file_source_free(address(self.file))

    def error(self):
        reader = address(self.reader)
        key = reader.key.p[:reader.key.n] if reader.key.p != NULL else None
        reason = self.file.source.error.decode()
        if self.file.error:
            reason += f": {os.strerror(self.file.error)}"
        if reader.unknown_version:
            reason += f": {reader.version}"
        return RdbError(self.file.source.error_at, reader.db.id, key, reader.key_offset, reason, reader.version)

    def loaded(self, end):
        reader = address(self.reader)
        return RdbLoaded(
            end=end, version=reader.version, keys=reader.keys_loaded,
            expiring=reader.keys_expiring, expired=reader.keys_expired,
            hashes_expired=reader.hashes_expired, writer=reader.writer.decode(errors="replace"),
            by_valkey=reader.by_valkey, created=reader.created, used_memory=reader.used_memory,
            aof_base=reader.aof_base,
        )

    @property
    def written_memory(self):
        """What the file that is being loaded says of the memory of who wrote it, 0 if nothing."""
        return self.reader.used_memory if self.reading and self.reader.used_memory > 0 else 0

    @property
    def position(self):
        """How far the file that is being loaded has been read; how many keys were in it so far, and how many of them had
        expired."""
        if not self.reading:
            return (0, 0, 0)
        return (source_position(address(self.file.source)), self.reader.keys_loaded, self.reader.keys_expired)


class RdbChecker:
    """Reads files to see whether they can be loaded, and keeps nothing of them but the keys."""

    def __cinit__(self):
        seed: bytes = os.urandom(32)
        memcpy(self.key.words, cast(cython.p_char, seed), 32)
        heap_init(address(self.heap))
        clock_init(address(self.clock))
        if not keyspace_init(
            address(self.keyspace), address(self.heap), address(self.clock), address(self.key), CHECKED_DATABASES
        ):
            raise MemoryError("no memory for the databases")
        self.worker = RdbWorker()
        self.worker.ks = address(self.keyspace)
        self.worker.checks = True
        self.worker.only_keys = True

    def __dealloc__(self):
        keyspace_free(address(self.keyspace))
        heap_destroy(address(self.heap))

    def check(self, path, preamble=False):
        """What is in the file: RdbLoaded; RdbError if it is damaged, OSError if it cannot be read. `preamble`: more may
        follow behind it."""
        fd: cython.int = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return self.worker.load(fd, preamble=preamble)
        finally:
            os.close(fd)


# --- without Python --------------------------------------------------------------------------------------------------


def served(f):
    meanwhile: MeanwhilePtr = cast(MeanwhilePtr, f.owner)
    return meanwhile.serve(meanwhile.owner)


def child_saves(context, reporter):
    """What the child does: the exit code."""
    job: SaveJobPtr = cast(SaveJobPtr, context)
    good: cython.bint = save_file(job, reporter)
    reporter.report.stage = job.stage
    reporter.report.error = job.error
    return 0 if good else 1


def save_file(job, reporter):
    path: cython.char[PATH_MAX]
    snprintf(path, PATH_MAX, "%s%d%s", cast(cython.p_char, job.prefix), cast(cython.int, getpid()),
             cast(cython.p_char, job.suffix))
    if not write_file(job, path, reporter):
        if job.stage != STAGE_OPEN:
            remove_file(path)
        return False
    if strlen(job.final) == 0:
        return True
    if rename_file(path, job.final) != 0:
        job_fails(job, STAGE_RENAME, errno)
        remove_file(path)
        return False
    if sync_directory(job.directory) != 0:
        return job_fails(job, STAGE_DIRECTORY, errno)
    return True


def write_file(job, path, reporter):
    """Write the file, and make it last."""
    f: FileSink
    good: cython.bint
    fd: cython.int = create_file(path)
    if fd < 0:
        return job_fails(job, STAGE_OPEN, errno)
    if not file_sink_init(address(f), job.ks.heap, fd,
                          address(job.ks.crc) if job.checksum and not job.plain else NULL, job.sync):
        close(fd)
        return job_fails(job, STAGE_WRITE, f.error)
    if job.plain:
        good = aof_base_write(address(f), job.ks, job.options.key_delay_us, reporter)
    else:
        good = rdb_write(address(f), job.ks, address(job.options), reporter)
    if not good:
        job_fails(job, STAGE_WRITE, f.error)
    file_sink_free(address(f))
    if good and sync_file(fd) != 0:
        good = job_fails(job, STAGE_SYNC, errno)
    if close(fd) != 0 and good:
        good = job_fails(job, STAGE_SYNC, errno)
    return good


def job_fails(job, stage, error):
    """False, for whoever reports failure so."""
    job.stage = stage
    job.error = error
    return False
