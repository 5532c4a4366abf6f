"""The report of a process that crashes: what signal, what version, what command, in the log, before the process ends.

The handler may only do what is safe at any moment, so it is C without the library's comforts, in crash.pxd; it works on a
stack of its own, for the case that the stack is what ran out. It takes itself away when it is called, and hands the
signal on: the process ends as if there were no handler, with a core file if the system is set up for one.
"""

# ruff: noqa: F821


def crash_watch(path, version, last, context):
    """From here on report crashes to the log file `path` ("": standard output). `last(context)`: the last command's name,
    a constant string or NULL; it is called in the handler."""
    watch_signals(path, version, last, context)


def crash_forget():
    """Leave crashes to the system again."""
    forget_signals()
