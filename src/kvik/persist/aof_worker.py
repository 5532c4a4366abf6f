"""The append-only file, as Python sees it: the file that is appended to, and running one again.

What is compiled stands below: append_file.py writes, aof_reader.py reads units, commands/replay.py runs them.
"""

# ruff: noqa: F821
import os

import cython
from cython import NULL, address
from cython.cimports.kvik.commands.replay import (
    REPLAY_ARITY,
    REPLAY_UNKNOWN,
    replay_fetch,
    replay_free,
    replay_init,
    replay_resolve,
    replay_run,
)
from cython.cimports.kvik.engine.file_sync import file_sync_begin, file_sync_busy, file_sync_wait
from cython.cimports.kvik.keyspace.database import keyspace_tick
from cython.cimports.kvik.keyspace.effects import NO_DATABASE
from cython.cimports.kvik.persist.aof_reader import (
    AOF_BAD,
    AOF_FAILED,
    AOF_SHORT,
    aof_read,
    aof_reader_free,
    aof_reader_init,
)
from cython.cimports.kvik.persist.append_file import append_flush, append_free, append_init, append_sync
from cython.cimports.libc.stdint import int64_t

from kvik.persist.errors import AofError, AofLoaded, AppendFigures, show_key


class AofWorker:
    def attach(self, dispatcher, meanwhile):
        self.dispatcher = dispatcher
        self.meanwhile = meanwhile
        append_init(address(self.file), address(dispatcher.keyspace.effects), dispatcher.clock)
        self.attached = True

    def detach(self):
        """Before the core is freed."""
        if self.attached:
            append_free(address(self.file))
            self.attached = False

    # --- the log ---

    def keep_log(self, on, timestamps):
        """Log effects from now on, or no more."""
        f: EffectsPtr = address(self.dispatcher.keyspace.effects)
        if on and not f.on:
            f.used = 0
            f.unit = 0          # a transaction may be running, of which nothing before this is logged
            f.commands = 0
            f.lost = False
            f.db = NO_DATABASE
        f.on = on
        f.timestamps = timestamps

    def log_anew(self):
        """What is logged from here on can stand at the start of a file: it names its database."""
        f: EffectsPtr = address(self.dispatcher.keyspace.effects)
        f.db = NO_DATABASE
        f.lost = False

    # --- the file that is appended to ---

    def open(self, fd: cython.int, size, total):
        """Append to this descriptor from now on. `size`: what stands in it; `total`: in all files of the log."""
        self.file.fd = fd
        self.file.size = size
        self.file.total = total
        self.file.unsynced = False
        self.file.postponed_ms = 0
        self.file.ended = False

    def release(self):
        """Append to it no more, and give it up: it is made to last and closed on the other thread."""
        fd: cython.int = self.file.fd
        self.file.fd = -1
        if fd >= 0 and not file_sync_begin(address(self.file.sync), fd, True):
            os.fsync(fd)
            os.close(fd)

    def set_policy(self, policy: cython.int):
        """appendfsync: 0 no, 1 everysec, 2 always."""
        self.file.policy = policy

    def set_total(self, total):
        """So many bytes all files of the log have now."""
        self.file.total = total

    def hold_sync(self, hold):
        """no-appendfsync-on-rewrite, while there is a child."""
        self.file.no_sync = hold

    def flush(self, sync: cython.bint = False):
        """Write what has gathered now; `sync`: and make it last. False: that could not be."""
        good: cython.bint = True
        with cython.nogil:
            append_flush(address(self.file), True)
            if sync and self.file.fd >= 0:
                file_sync_wait(address(self.file.sync))
                good = append_sync(address(self.file))
        return good and self.file.error == 0 and self.dispatcher.keyspace.effects.used == 0

    @property
    def figures(self):
        """How the file stands: AppendFigures."""
        return AppendFigures(
            self.file.size, self.file.total, self.dispatcher.keyspace.effects.used,
            bool(file_sync_busy(address(self.file.sync))), self.file.delayed, self.file.error,
        )

    # --- running a file again ---

    def set_replaying(self, replaying):
        """While it is, nothing expires: the log says what did."""
        self.dispatcher.keyspace.replaying = replaying

    def load(self, fd: cython.int, offset, interval, serve, key_delay_us=0):
        """Run the commands of an open file, from `offset` on: AofLoaded.

        Every `interval` bytes, if `serve`, clients have their turn. AofError if what stands there cannot be run: what
        came before has been.
        """
        fault: cython.int
        every: int64_t = interval
        meanwhile: MeanwhilePtr = self.meanwhile if serve else NULL
        self.size = os.fstat(fd).st_size
        os.lseek(fd, offset, os.SEEK_SET)
        if not replay_init(address(self.replay), self.dispatcher):
            raise MemoryError("no memory for loading")
        self.replay.key_delay_us = key_delay_us
        aof_reader_init(address(self.reader), fd, offset, self.size)
        self.reading = True
        try:
            with cython.nogil:
                fault = run_file(address(self.reader), address(self.replay), meanwhile, every)
            if fault < 0:
                raise AofError(self.reader.good, "loading was stopped", False, self.reader.good)
            if fault > 0:
                raise AofError(self.reader.bad, self.describe_command(), False, self.reader.bad)
            return outcome_of(address(self.reader), self.replay.commands)
        finally:
            self.reading = False
            aof_reader_free(address(self.reader))
            replay_free(address(self.replay))

    def describe_command(self):
        """What is wrong with the command that could not be run, which the reader's `argument_count` leads to."""
        argv: list = [
            self.reader.arguments[self.reader.argument_count + i].p[:self.reader.arguments[self.reader.argument_count + i].n]
            for i in range(self.reader.count)
        ]
        name = show_key(argv[0])[1:-1]
        if self.replay.fault == REPLAY_UNKNOWN:
            rest = " ".join(show_key(arg) for arg in argv[1:20])
            return f"unknown command '{name}', with args beginning with: {rest}"[:400]
        if self.replay.fault == REPLAY_ARITY:
            return f"wrong number of arguments for '{name.lower()}' command"
        return f"'{name}' changes no data: it does not belong into an append-only file"

    @property
    def position(self):
        """How far the file that is being loaded has been read."""
        return self.reader.good if self.reading else 0


class AofChecker:
    def check(self, fd: cython.int, offset=0):
        """Read an open file from `offset` on, and run nothing: AofLoaded, or AofError if what stands there is no command."""
        commands = 0
        aof_reader_init(address(self.reader), fd, offset, os.fstat(fd).st_size)
        os.lseek(fd, offset, os.SEEK_SET)
        try:
            while aof_read(address(self.reader)):
                commands += self.reader.count
            return outcome_of(address(self.reader), commands)
        finally:
            aof_reader_free(address(self.reader))


def outcome_of(r, commands):
    """How reading ended."""
    if r.outcome == AOF_BAD:
        raise AofError(r.bad, r.error.decode(), True, r.good)
    if r.outcome == AOF_FAILED:
        reason = r.error.decode()
        raise AofError(r.good, f"{reason}: {os.strerror(r.number)}" if r.number else reason, False, r.good)
    return AofLoaded(end=r.good, commands=commands, is_short=r.outcome == AOF_SHORT, in_transaction=bool(r.in_multi))


# --- without Python --------------------------------------------------------------------------------------------------


def run_file(r, replay, meanwhile, interval):
    """Run everything. 0: up to where the reader's `outcome` says; 1: a command is at fault; -1: we are to stop."""
    told: int64_t = r.good
    good: int64_t
    while aof_read(r):
        if run_batch(r, replay) != 0:
            return 1
        good = r.good
        if meanwhile != NULL and good - told >= interval:
            told = good
            if not meanwhile.serve(meanwhile.owner):
                return -1
            keyspace_tick(replay.dispatcher.keyspace)
    return 0


def run_batch(r, replay):
    """Run the reader's batch, with what is needed next on its way. 1: a command is at fault; the reader names it."""
    ahead: Replayed[LOOKAHEAD]
    command: AofCommandPtr
    i: cython.int
    k: cython.int
    for i in range(-LOOKAHEAD, r.count):
        k = i + LOOKAHEAD
        if i >= 0:
            command = address(r.commands[i])
            if not replay_run(replay, address(ahead[i % LOOKAHEAD]), address(r.arguments[command.first]), command.count):
                r.bad = command.offset
                r.argument_count = command.first
                r.count = command.count
                return 1
        if k < r.count:
            command = address(r.commands[k])
            replay_resolve(replay, address(ahead[k % LOOKAHEAD]), address(r.arguments[command.first]), command.count)
        k = i + FETCHED
        if 0 <= k < r.count:
            replay_fetch(replay, address(ahead[k % LOOKAHEAD]))
    return 0
