"""Commands, timers and hooks that are written in Python. See bridge.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.commands.dispatch cimport Dispatcher, DispatcherPtr
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call, Command, CommandPtr
from kvik.wire.client cimport Client, ClientPtr
from kvik.wire.replies cimport Decoder

cdef enum:                      # what an argument becomes
    ARGUMENT_BYTES = 0
    ARGUMENT_STR = 1
    ARGUMENT_INT = 2
    ARGUMENT_FLOAT = 3
    ARGUMENT_BOOL = 4

cdef enum:                      # what a result becomes
    RESULT_ANY = 0              # by its own type
    RESULT_OK = 1
    RESULT_INTEGER = 2
    RESULT_DOUBLE = 3
    RESULT_BOOLEAN = 4
    RESULT_TEXT = 5             # str or bytes

cdef enum:
    DEPTH_MAX = 16              # of commands in Python that call each other through the server
    ARGUMENTS_INLINE = 16       # arguments of a call whose slices stand on the C stack
    HOOK_NAMES_MAX = 128        # different events that hooks want
    HAPPENED_MAX = 67108864     # bytes of keys that hooks have not been told of yet

cdef struct Happened:           # an event of a key, which follows
    const char *event           # lasts
    int db
    size_t key_bytes

ctypedef Happened *HappenedPtr
ctypedef const char *Name

cdef struct HookQueue:
    Dispatcher *dispatcher
    char *data                  # Happened and key, one behind the other
    size_t used
    size_t capacity
    uint64_t lost               # there was no room for them
    bint running                # hooks run: what they change is not told to them
    bint wants_all
    Name names[128]             # of events that some hook wants
    int name_count

ctypedef HookQueue *HookQueuePtr

cdef class Plan:                # how a command's function is called, worked out when it is registered
    cdef readonly object function
    cdef readonly str label
    cdef bytes kinds            # ARGUMENT_, of each parameter behind the database
    cdef Py_ssize_t count       # of these
    cdef int rest               # ARGUMENT_ of all further ones, -1: there can be none
    cdef tuple names            # of the parameters, for errors
    cdef dict options           # by their words: name and ARGUMENT_; None: it has none
    cdef int result             # RESULT_
    cdef bint may_be_none       # None is null
    cdef object convert         # makes of a result what can be answered; None: it can
    cdef bint writes

    cdef object invoke(self, Caller caller, Call *call)
    cdef object argument(self, Py_ssize_t i, const Slice *text)
    cdef object converted(self, int kind, object name, const Slice *text)
    cdef dict read_options(self, Call *call)
    cdef void answer(self, Client *c, object value) except *

cdef class Caller:              # the base of Database: runs commands for a function
    cdef Dispatcher *dispatcher
    cdef Client *client         # nobody's
    cdef Decoder decoder
    cdef unsigned long thread   # on which the function runs; 0: none does
    cdef uint64_t asked_by      # the client's ID, 0: a timer or a hook
    cdef bint writes            # it may
    cdef bint wrote             # it did
    cdef bint short_of_memory   # when it began, there was more data than maxmemory

    cdef void begin(self, Client *c, int db, bint writes)
    cdef void end(self)
    cdef bint check(self) except -1
    cdef object run(self, Slice *argv, int argc)
    cdef object reply(self)

cdef class Bridge:
    cdef Dispatcher *dispatcher
    cdef HookQueue queue
    cdef object owner           # told of what fails (scripting/modules.py)
    cdef object make_caller
    cdef list callers           # one for each depth of calls
    cdef int depth
    cdef list timers
    cdef list hooks
    cdef dict kept              # what the commands in their places need, by ID
    cdef list free_places
    cdef list event_names       # keeps HookQueue.names alive

    cdef void attach(self, Dispatcher *d)
    cdef void detach(self)
    cdef Caller enter(self, Client *c, int db, bint writes)
    cdef void leave(self, Caller caller)
    cdef void run(self, Call *call, Plan plan)
    cdef object fail(self, Call *call, Plan plan, object error)
    cdef object run_task(self, object function, str label, int db, tuple args)
    cdef object schedule(self)
    cdef object run_due(self)
    cdef object tell(self)
    cdef object tell_of(self, str event, int db, bytes key)

cdef class Timer:
    cdef object function
    cdef readonly str label
    cdef int64_t every_ms
    cdef int64_t due_ms

cdef class Hook:
    cdef object function
    cdef readonly str label
    cdef readonly object events     # names; None: all
    cdef bytes pattern              # of keys; None: all

    cdef bint wants(self, str event, bytes key)

cdef void run_module_command(Call *call) noexcept with gil
cdef void run_unloaded(Call *call) noexcept nogil
cdef void run_timers(Dispatcher *d) noexcept with gil
cdef void run_hooks(Dispatcher *d) noexcept with gil
cdef void hook_event(void *owner, int db, const char *key, size_t n, const char *event) noexcept nogil
cdef bint is_hooked(const HookQueue *q, const char *event) noexcept nogil
cdef bytes as_bytes(object value)
cdef str error_text(object error)
cdef object reply_failure(Client *c, object error, str text)
