/* A disk that fails or is slow, for tests: preloaded into a server, it stands before fsync, fdatasync and write.

   What it does is said by the file that BAD_DISK names, four 32-bit integers which the test may change at any time:

       errno of fsync | delay of fsync in ms | errno of write | calls of fsync so far

   It concerns files whose path contains BAD_DISK_PATH; 0 is no error.

   To the file that BAD_DISK_SYNCED names, if any, two 64-bit integers are appended for each file that was synchronised:
   its inode, and the size that it had when that began, which is what a power cut leaves of it at least. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static volatile int32_t *control;
static const char *wanted;

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("BAD_DISK");
    int fd = name == NULL ? -1 : open(name, O_RDWR);
    void *p = fd < 0 ? MAP_FAILED : mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    control = p == MAP_FAILED ? NULL : p;
    wanted = getenv("BAD_DISK_PATH");
}

static int concerns(int fd) {
    char link[64], path[4096];
    ssize_t n;
    if (control == NULL || wanted == NULL)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    if (n < 0)
        return 0;
    path[n] = 0;
    return strstr(path, wanted) != NULL;
}

static ssize_t real_write(int fd, const void *p, size_t n) {
    static ssize_t (*real)(int, const void *, size_t);
    if (real == NULL)
        real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    return real(fd, p, n);
}

static int sync_and_note(int (*real)(int), int fd) {
    const char *name = getenv("BAD_DISK_SYNCED");
    struct stat before;
    int64_t note[2];
    int notes, result;
    if (name == NULL || fstat(fd, &before) < 0)
        return real(fd);
    result = real(fd);
    if (result != 0)
        return result;
    notes = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (notes >= 0) {
        note[0] = (int64_t)before.st_ino;
        note[1] = (int64_t)before.st_size;
        if (real_write(notes, note, sizeof note) != sizeof note)
            abort();
        close(notes);
    }
    return 0;
}

static int sync_with(const char *name, int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int32_t delay;
    if (!concerns(fd))
        return sync_and_note(real, fd);
    delay = control[1];
    if (delay > 0) {
        struct timespec t = {delay / 1000, delay % 1000 * 1000000L};
        nanosleep(&t, NULL);
    }
    __sync_fetch_and_add(&control[3], 1);
    if (control[0] != 0) {
        errno = control[0];
        return -1;
    }
    return sync_and_note(real, fd);
}

int fsync(int fd) { return sync_with("fsync", fd); }
int fdatasync(int fd) { return sync_with("fdatasync", fd); }

ssize_t write(int fd, const void *p, size_t n) {
    if (control != NULL && control[2] != 0 && concerns(fd)) {
        errno = control[2];
        return -1;
    }
    return real_write(fd, p, n);
}
