"""The garbage collector around the start of a process that serves.

A start makes some 200 000 objects that live as long as the process: modules, models, routes. A full collection looks
through all of them, a tenth of a second in which nothing is answered; left to itself the collector does so several
times while they are made, now and then while the process serves, and again when it ends.
"""

import gc

_LOOK_AFTER = 10_000
"""New objects that are looked through at a time. What a request makes goes without the collector when it has been
answered; after every 700, as Python has it, thousands of objects are looked through while they are all in use."""


def put_off() -> None:
    """No collection until `settle`: while a process starts, next to nothing that it makes is garbage."""
    gc.disable()


def settle() -> None:
    """Clear away what the start has left behind; what stays is never looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_LOOK_AFTER)
    gc.enable()
