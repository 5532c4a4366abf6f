"""The compiled side of the command table. See filling.py."""

from kvik.commands.dispatch cimport Dispatcher
from kvik.keyspace.call cimport Command, CommandPtr, Handler

cdef list fill_commands(Dispatcher *d, object table, Handler python)
cdef list fill_command(Dispatcher *d, Command *command, object declared)
cdef object set_handler(Command *command, object spec, Handler python)
cdef unsigned int flags_of_spec(object declared)
cdef object handler_address(str module, str name)
cdef list add_command(Dispatcher *d, object declared, Handler run, object callable)
cdef void remove_command(Dispatcher *d, int id, Handler instead) noexcept nogil
