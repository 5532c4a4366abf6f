"""A thread that does one task after another. See background.py."""

from libc.stdint cimport uint64_t

from kvik.engine.threads cimport pthread_cond_t, pthread_mutex_t, pthread_t

cdef struct Task:               # how a task begins; what there is to do follows
    Task *next

ctypedef Task *TaskPtr
ctypedef void (*TaskRun)(void *owner, Task *task) noexcept nogil

cdef struct Background:
    pthread_t thread
    pthread_mutex_t mutex
    pthread_cond_t changed      # there is a task, or one was done
    bint started
    bint stopping
    Task *first                 # under the mutex
    Task *last
    uint64_t pending            # tasks that are not done (atomic)
    TaskRun run                 # does a task, on the thread, and frees it
    void *owner                 # of `run`

ctypedef Background *BackgroundPtr

cdef void background_init(Background *b, TaskRun run, void *owner) noexcept nogil
cdef void background_stop(Background *b) noexcept nogil
cdef bint background_start(Background *b) noexcept nogil
cdef void background_submit(Background *b, Task *task) noexcept nogil
cdef void background_wait(Background *b) noexcept nogil
cdef bint background_is_busy(Background *b) noexcept nogil
cdef void *background_main(void *context) noexcept nogil
