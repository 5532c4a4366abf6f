"""A forked child, as Python sees it: started by a compiled worker, watched by child.py.

The child runs compiled code only (engine/child.py): it shares its pages with the parent, because it touches no object
and so counts no reference.
"""

import os

from cython import address
from cython.cimports.kvik.engine.child import ChildReportPtr, child_ended, child_kill, child_start
from cython.cimports.kvik.engine.clock import monotonic_us


class Fork:
    def start(self, work, context):
        """Run `work` in a child. OSError if there can be none."""
        if not child_start(address(self.child), work, context):
            raise OSError(self.child.error, os.strerror(self.child.error))
        self.pid = self.child.pid

    def poll(self):
        """Take what the child has reported. Has it ended?"""
        return self.child.pid == 0 or child_ended(address(self.child), False)

    def kill(self):
        """End it now, and wait until it has."""
        if self.child.pid != 0:
            child_kill(address(self.child))
            child_ended(address(self.child), True)

    def wait(self):
        """Wait for its end."""
        if self.child.pid != 0:
            child_ended(address(self.child), True)

    @property
    def fork_us(self):
        """How long the parent stood still for it."""
        return self.child.fork_us

    @property
    def exit_code(self):
        """Once it has ended: 0 for success; -1: a signal ended it."""
        return self.child.exit_code

    @property
    def signal(self):
        return self.child.signal

    @property
    def keys(self):
        """How many it has written, as of its last report."""
        return self.child.report.keys

    @property
    def report_age(self):
        """Seconds since that, 0 before the first one."""
        return (monotonic_us() - self.child.reported_us) // 1000000 if self.child.reported_us else 0

    @property
    def copied(self):
        """Bytes of memory that it does not share with its parent any more: now, at most, on average."""
        report: ChildReportPtr = address(self.child.report)
        mean = report.copied_sum // report.reports if report.reports else 0
        return (report.copied, report.copied_most, mean)

    @property
    def failure(self):
        """What failed (a word of the worker's) and errno; (0, 0): nothing that it reported."""
        return (self.child.report.stage, self.child.report.error)
