"""Serving others while a script runs on and on: they are told that it does (-BUSY), and may end it.

Nothing else happens meanwhile: no expiry, no timers, and the clock stands still, since a script must see one moment.
"""

import cython
from cython.cimports.kvik.commands.dispatch import REFUSE_BUSY, answer_rest
from cython.cimports.kvik.wire.nested import loop_serve_others
from cython.cimports.libc.stdint import uint32_t


def serve_others(s):
    d = s.dispatcher
    d.refusals |= REFUSE_BUSY
    d.busy_with_function = not s.is_eval
    loop_serve_others(d.loop, answer_rest)
    d.refusals &= ~cython.cast(uint32_t, REFUSE_BUSY)
    if not d.loop.running:          # SHUTDOWN NOSAVE
        s.killed = True
