"""MULTI, EXEC, DISCARD, WATCH, UNWATCH. See transactions.py."""

from kvik.commands.dispatch cimport Dispatcher, DispatcherPtr
from kvik.keyspace.call cimport Call, Command, CommandPtr
from kvik.wire.client cimport Client, ClientPtr
from kvik.wire.transaction cimport Queued, QueuedPtr, TransactionPtr

cdef void multi_command(Call *call) noexcept nogil
cdef void exec_command(Call *call) noexcept nogil
cdef void discard_command(Call *call) noexcept nogil
cdef void watch_command(Call *call) noexcept nogil
cdef void unwatch_command(Call *call) noexcept nogil
cdef void run_queued(Call *call, Queued *q) noexcept nogil
