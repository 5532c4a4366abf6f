"""A forked child that works on the parent's memory as it was at the fork, without Python, and reports through a pipe.

    parent   child_start ─ fork ──── child_listen ... child_listen ──── child_ended, with exit code or signal
                            │            ▲                ▲
    child                   └─ work() ── reporter_tell ── reporter_tell ── _exit

The child closes every descriptor but the pipe: so the sockets of a parent that is killed are free for the next server.
It takes no signal handler of Python's along, and ends without running anything of the parent's. If the parent is gone,
the next report fails, and so does the child.
"""

# ruff: noqa: F821
import cython
from cython import address, cast, sizeof
from cython.cimports.kvik.engine.clock import monotonic_us
from cython.cimports.libc.errno import EINTR, errno
from cython.cimports.libc.stdint import int64_t
from cython.cimports.libc.string import memset
from cython.cimports.posix.unistd import close, read, write


def child_start(child, work, context):
    """Fork; `work(context, reporter)` runs in the child, and what it returns is the exit code. False: no child, `error`."""
    ends: cython.int[2]
    begun: int64_t
    pid: cython.int
    failed: cython.int
    memset(child, 0, sizeof(Child))
    if not report_pipe(ends):
        child.error = errno
        return False
    begun = monotonic_us()
    pid = fork()
    if pid == 0:
        child_main(ends[1], work, context)
    failed = errno
    close(ends[1])
    if pid < 0:
        close(ends[0])
        child.error = failed
        return False
    child.fork_us = monotonic_us() - begun
    child.pid = pid
    child.fd = ends[0]
    return True


def child_main(fd, work, context):
    """The child's life."""
    reporter: Reporter
    code: cython.int
    close_all_but(fd)
    plain_signals()
    memset(address(reporter), 0, sizeof(Reporter))
    reporter.fd = fd
    reporter.next_us = monotonic_us() + REPORT_US
    code = work(context, address(reporter))
    reporter_measure(address(reporter))
    reporter.report.finished = True
    reporter_send(address(reporter))
    exit_now(code)


# --- in the child ----------------------------------------------------------------------------------------------------


def reporter_tell(reporter, keys):
    """So many keys are written: report it, if it is time to. Call it once in REPORT_KEYS."""
    now: int64_t = monotonic_us()
    reporter.report.keys = keys
    if now < reporter.next_us:
        return
    reporter_measure(reporter)
    reporter_send(reporter)
    reporter.next_us = monotonic_us()
    reporter.next_us += max(cast(int64_t, REPORT_US), (reporter.next_us - now) * REPORT_SHARE)


def reporter_measure(reporter):
    report: ChildReportPtr = address(reporter.report)
    report.copied = private_dirty()
    if report.copied > report.copied_most:
        report.copied_most = report.copied
    report.copied_sum += report.copied
    report.reports += 1


def reporter_send(reporter):
    n: cython.Py_ssize_t = write(reporter.fd, address(reporter.report), sizeof(ChildReport))
    while n < 0 and errno == EINTR:
        n = write(reporter.fd, address(reporter.report), sizeof(ChildReport))
    if n != sizeof(ChildReport):
        exit_now(1)     # nobody is there any more who wants the result


# --- in the parent ---------------------------------------------------------------------------------------------------


def child_listen(child):
    """Take what the child has reported, without waiting."""
    report: ChildReport
    n: cython.Py_ssize_t
    while True:
        n = read(child.fd, address(report), sizeof(ChildReport))
        if n == sizeof(ChildReport):
            child.report = report
            child.reported_us = monotonic_us()
        elif not (n < 0 and errno == EINTR):
            return


def child_ended(child, wait):
    """Has it ended? If `wait`, only then. Its report, exit code and signal are there then, and `pid` is 0."""
    status: cython.int = 0
    pid: cython.int
    pid = waitpid(child.pid, address(status), 0 if wait else WNOHANG)
    while pid < 0 and errno == EINTR:
        pid = waitpid(child.pid, address(status), 0 if wait else WNOHANG)
    if pid == 0:
        child_listen(child)
        return False
    child_listen(child)
    close(child.fd)
    child.pid = 0
    # Somebody else may have waited for it: then its last report is what we know.
    child.exit_code = exited(status) if pid > 0 else (0 if child.report.finished and child.report.error == 0 else 1)
    child.signal = signalled(status) if pid > 0 else 0
    return True


def child_kill(child):
    """Tell it to end (it does so at once); `child_ended` still has to be called."""
    kill_process(child.pid, SIGUSR1)
