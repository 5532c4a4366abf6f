"""What is known of the commands that have run, as Python sees it: what of them is logged, and how long they took."""

# ruff: noqa: F821
import cython
from cython import NULL, cast
from cython.cimports.kvik.commands.observe import is_secret
from cython.cimports.kvik.engine.histogram import histogram_free, histogram_last
from cython.cimports.kvik.engine.intrinsics import ALL_ONES
from cython.cimports.kvik.wire.loop import ARENA_BYTES, OBSERVE_SIZES
from cython.cimports.libc.stdint import uint32_t, uint64_t


class Insight:
    def set_command_log(self, slow_us, large_request, large_reply):
        """Hand commands to `server.log_command` that take so long, or whose request or reply has so many bytes.
        Negative: none."""
        d = self.dispatcher
        d.observers.slow_cycles = cycles_in(d, slow_us)
        d.observers.large_request = ALL_ONES if large_request < 0 else large_request
        d.observers.large_reply = ALL_ONES if large_reply < 0 else large_reply
        if d.observers.large_request < ARENA_BYTES or d.observers.large_reply < ARENA_BYTES:
            d.loop.observed |= OBSERVE_SIZES
        else:
            d.loop.observed &= ~cast(uint32_t, OBSERVE_SIZES)

    def set_event_threshold(self, microseconds):
        """Tell `server.latency` of everything but commands that takes so long; negative: of nothing."""
        self.dispatcher.observers.event_cycles = cycles_in(self.dispatcher, microseconds)

    def set_latency_tracking(self, on):
        """latency-tracking. What has been counted stays."""
        self.dispatcher.tracks_latency = on

    def latencies(self):
        """Of every command that has run: its name, and in pairs how many calls took at most so many nanoseconds more
        than the pair before says."""
        i: cython.int
        step: cython.int
        command: CommandPtr
        rows: list = []
        for i in range(self.dispatcher.command_count):
            command = self.dispatcher.commands + i
            if command.latency == NULL:
                continue
            counts: list = []
            for step in range(HISTOGRAM_STEPS):
                if command.latency.counts[step]:
                    counts.append((histogram_last(step), command.latency.counts[step]))
            rows.append((command.name[: command.name_length].decode(), counts))
        return rows

    def forget_latencies(self):
        i: cython.int
        for i in range(self.dispatcher.command_count):
            histogram_free(self.dispatcher.commands[i].latency)
            self.dispatcher.commands[i].latency = NULL

    def keep_secret(self, argument):
        """Show this argument of the running command (whose handler is in Python) to nobody."""
        self.dispatcher.observers.secrets |= cast(uint64_t, 1) << min(argument, 63)


def cycles_in(d, microseconds):
    """~0, which is never, for a negative number."""
    if microseconds < 0:
        return ALL_ONES
    return cast(uint64_t, min(microseconds, MICROSECONDS_MAX) * d.clock.cycles_per_us)


def shown_arguments(call, secrets):
    """The arguments of a command for its log: not all of them, and not all of each."""
    shown: cython.int = call.argc if call.argc <= ARGUMENTS_SHOWN else ARGUMENTS_SHOWN - 1
    args: list = [b"(redacted)" if is_secret(call, secrets, i) else shown_argument(call, i) for i in range(shown)]
    if call.argc > shown:
        args.append(b"... (%d more arguments)" % (call.argc - shown))
    return args


def shown_argument(call, i):
    n: cython.size_t = call.argv[i].n
    if n <= BYTES_SHOWN:
        return call.argv[i].p[:n]
    return call.argv[i].p[:BYTES_SHOWN] + b"... (%d more bytes)" % (n - BYTES_SHOWN)
