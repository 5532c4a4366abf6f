"""The report of a process that crashes. See crash.py."""

cdef extern from *:
    """
    #ifndef _GNU_SOURCE
    #define _GNU_SOURCE
    #endif
    #include <fcntl.h>
    #include <signal.h>
    #include <stdint.h>
    #include <string.h>
    #include <time.h>
    #include <unistd.h>

    /* A process has one handler for each signal, so this is the one state that is the process's and not a server's. */
    typedef const char *(*kv_last_command)(void *);
    struct kv_crash {
        char path[4200];                        /* of the log file, "": standard output */
        char version[64];
        const char *(*last_command)(void *);
        void *context;
    };
    static struct kv_crash kv_crash_state;
    static char kv_crash_stack[65536];

    /* What follows uses only what a signal handler may: no stdio, no locale, no allocation. */
    static size_t kv_crash_text(char *to, size_t at, size_t room, const char *text) {
        while (*text && at + 1 < room) to[at++] = *text++;
        return at;
    }
    static size_t kv_crash_number(char *to, size_t at, size_t room, uint64_t n, unsigned base) {
        char digits[24];
        int count = 0;
        do { digits[count++] = "0123456789abcdef"[n % base]; n /= base; } while (n);
        while (count > 0 && at + 1 < room) to[at++] = digits[--count];
        return at;
    }
    static const char *kv_signal_name(int number) {
        switch (number) {
            case SIGSEGV: return "SIGSEGV";
            case SIGBUS: return "SIGBUS";
            case SIGFPE: return "SIGFPE";
            case SIGILL: return "SIGILL";
            case SIGABRT: return "SIGABRT";
        }
        return "?";
    }
    static void kv_crash_line(int fd, const char *first, const char *second) {
        char line[512];
        size_t n = 0;
        ssize_t ignored;
        n = kv_crash_number(line, n, sizeof(line), (uint64_t)getpid(), 10);
        n = kv_crash_text(line, n, sizeof(line), ":signal-handler (");
        n = kv_crash_number(line, n, sizeof(line), (uint64_t)time(NULL), 10);
        n = kv_crash_text(line, n, sizeof(line), ") # ");
        n = kv_crash_text(line, n, sizeof(line), first);
        n = kv_crash_text(line, n, sizeof(line), second);
        line[n++] = '\\n';
        ignored = write(fd, line, n);
        (void)ignored;
    }
    static void kv_crash_handler(int number, siginfo_t *info, void *context) {
        char text[256];
        size_t n = 0;
        const char *command;
        int fd = 1;
        (void)context;
        if (kv_crash_state.path[0]) fd = open(kv_crash_state.path, O_WRONLY | O_APPEND | O_CREAT, 0644);
        if (fd < 0) fd = 2;
        kv_crash_line(fd, "=== KVIK BUG REPORT START ===", "");
        n = kv_crash_text(text, n, sizeof(text), "crashed by signal ");
        n = kv_crash_number(text, n, sizeof(text), (uint64_t)number, 10);
        n = kv_crash_text(text, n, sizeof(text), " (");
        n = kv_crash_text(text, n, sizeof(text), kv_signal_name(number));
        n = kv_crash_text(text, n, sizeof(text), "), si_code ");
        if (info->si_code < 0) n = kv_crash_text(text, n, sizeof(text), "-");
        n = kv_crash_number(text, n, sizeof(text), (uint64_t)(info->si_code < 0 ? -info->si_code : info->si_code), 10);
        if (number == SIGSEGV || number == SIGBUS) {
            n = kv_crash_text(text, n, sizeof(text), ", address 0x");
            n = kv_crash_number(text, n, sizeof(text), (uint64_t)(uintptr_t)info->si_addr, 16);
        }
        text[n] = 0;
        kv_crash_line(fd, kv_crash_state.version, "");
        kv_crash_line(fd, text, "");
        /* If what follows crashes too, the handler is gone by now, and the process just ends. */
        command = kv_crash_state.last_command ? kv_crash_state.last_command(kv_crash_state.context) : NULL;
        kv_crash_line(fd, "last command: ", command ? command : "none");
        kv_crash_line(fd, "=== KVIK BUG REPORT END ===", "");
        raise(number);      /* to whom the signal means what it always does */
    }
    static inline void kv_crash_watch(const char *path, const char *version, const char *(*last)(void *), void *context) {
        static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
        struct sigaction action;
        stack_t stack;
        size_t i;
        memset(&kv_crash_state, 0, sizeof(kv_crash_state));
        kv_crash_text(kv_crash_state.path, 0, sizeof(kv_crash_state.path), path);
        kv_crash_text(kv_crash_state.version, 0, sizeof(kv_crash_state.version), version);
        kv_crash_state.last_command = last;
        kv_crash_state.context = context;
        memset(&stack, 0, sizeof(stack));
        stack.ss_sp = kv_crash_stack;
        stack.ss_size = sizeof(kv_crash_stack);
        sigaltstack(&stack, NULL);
        memset(&action, 0, sizeof(action));
        action.sa_sigaction = kv_crash_handler;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER;
        for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) sigaction(numbers[i], &action, NULL);
    }
    static inline void kv_crash_forget(void) {
        static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
        size_t i;
        for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) signal(numbers[i], SIG_DFL);
        kv_crash_state.last_command = NULL;
    }
    """
    ctypedef const char *(*LastCommand "kv_last_command")(void *context) noexcept nogil
    void watch_signals "kv_crash_watch"(
        const char *path, const char *version, LastCommand last, void *context) noexcept nogil
    void forget_signals "kv_crash_forget"() noexcept nogil

cdef void crash_watch(const char *path, const char *version, LastCommand last, void *context) noexcept nogil
cdef void crash_forget() noexcept nogil
