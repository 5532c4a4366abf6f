"""A forked child that works without Python, and how its parent hears of it. See child.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

cdef extern from *:
    """
    #ifndef _GNU_SOURCE
    #define _GNU_SOURCE
    #endif
    #include <errno.h>
    #include <fcntl.h>
    #include <signal.h>
    #include <string.h>
    #include <stdlib.h>
    #include <sys/syscall.h>
    #include <sys/types.h>
    #include <sys/wait.h>
    #include <unistd.h>

    /* Every descriptor above the standard ones, but one. */
    static inline void kv_close_all_but(int kept) {
        long n = sysconf(_SC_OPEN_MAX);
        int fd;
    #if defined(__linux__) && defined(SYS_close_range)
        if (kept > 3 && syscall(SYS_close_range, 3U, (unsigned int)kept - 1, 0U) == 0 &&
            syscall(SYS_close_range, (unsigned int)kept + 1, ~0U, 0U) == 0) return;
        if (kept == 3 && syscall(SYS_close_range, 4U, ~0U, 0U) == 0) return;
    #endif
        if (n < 0 || n > 1048576) n = 1048576;
        for (fd = 3; fd < n; fd++) if (fd != kept) close(fd);
    }

    /* What Python does at a signal is nothing for a child without Python. An interrupt at the keyboard is the parent's. */
    static inline void kv_plain_signals(void) {
        sigset_t none;
        signal(SIGTERM, SIG_DFL);
        signal(SIGUSR1, SIG_DFL);
        signal(SIGINT, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        signal(SIGPIPE, SIG_IGN);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
    }

    static inline int kv_report_pipe(int *ends) {
        if (pipe(ends) != 0) return 0;
        fcntl(ends[0], F_SETFD, FD_CLOEXEC);
        fcntl(ends[1], F_SETFD, FD_CLOEXEC);
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
        return 1;
    }
    static inline int kv_exited(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
    static inline int kv_signalled(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

    /* The private pages that were written, in bytes: /proc/self/smaps_rollup, read without stdio. -1: not known here. */
    static inline long long kv_private_dirty(void) {
        char text[4096];
        size_t used = 0;
        ssize_t n;
        char *found;
        int fd = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
        if (fd < 0) return -1;
        while (used < sizeof(text) - 1 && (n = read(fd, text + used, sizeof(text) - 1 - used)) > 0) used += (size_t)n;
        close(fd);
        text[used] = 0;
        found = strstr(text, "Private_Dirty:");
        return found == NULL ? -1 : strtoll(found + 14, NULL, 10) * 1024;
    }
    """
    int fork() noexcept nogil
    int waitpid(int pid, int *status, int options) noexcept nogil
    int kill_process "kill"(int pid, int number) noexcept nogil
    void exit_now "_exit"(int code) noexcept nogil
    const int WNOHANG
    const int SIGUSR1
    void close_all_but "kv_close_all_but"(int kept) noexcept nogil
    void plain_signals "kv_plain_signals"() noexcept nogil
    bint report_pipe "kv_report_pipe"(int *ends) noexcept nogil
    int exited "kv_exited"(int status) noexcept nogil
    int signalled "kv_signalled"(int status) noexcept nogil
    int64_t private_dirty "kv_private_dirty"() noexcept nogil

cdef enum:
    REPORT_KEYS = 1024          # a child thinks of reporting once in so many keys,
    REPORT_US = 1000000         # and does so once a second;
    REPORT_SHARE = 100          # looking at its memory takes no more than this part of its time

cdef struct ChildReport:        # what goes through the pipe: less than PIPE_BUF, so it comes in one piece
    uint64_t keys               # written so far
    int64_t copied              # bytes of memory that it does not share with its parent any more, -1: not known
    int64_t copied_most
    int64_t copied_sum          # over all reports, for the mean
    int64_t reports
    int error                   # errno, when it failed,
    int stage                   # and at what: the work's own words
    bint finished

ctypedef ChildReport *ChildReportPtr

cdef struct Reporter:           # in the child
    int fd
    ChildReport report
    int64_t next_us             # when the next one is due

ctypedef Reporter *ReporterPtr
ctypedef int (*ChildWork)(void *context, Reporter *reporter) noexcept nogil

cdef struct Child:              # in the parent
    int pid                     # 0: there is none
    int fd                      # where reports come from
    int64_t fork_us             # how long the fork took
    ChildReport report          # the last one
    int64_t reported_us         # when it came, on the monotonic clock
    int error                   # errno, when there could be no child
    int exit_code               # once it has ended: 0 is success; -1: a signal ended it,
    int signal                  # this one

ctypedef Child *ChildPtr

cdef bint child_start(Child *child, ChildWork work, void *context) noexcept nogil
cdef void child_main(int fd, ChildWork work, void *context) noexcept nogil
cdef void child_listen(Child *child) noexcept nogil
cdef bint child_ended(Child *child, bint wait) noexcept nogil
cdef void child_kill(Child *child) noexcept nogil
cdef void reporter_send(Reporter *reporter) noexcept nogil
cdef void reporter_measure(Reporter *reporter) noexcept nogil
cdef void reporter_tell(Reporter *reporter, uint64_t keys) noexcept nogil
