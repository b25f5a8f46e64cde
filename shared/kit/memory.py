"""How often Python's garbage collector looks, where much is made and little of it is cyclic.

Owns the collector's thresholds of a process. Why: batches make tens of thousands of objects that die by reference
count alone; at Python's own threshold of 700 the collector walks all that is alive again and again, which took as
much time as the work itself.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG_OBJECTS = 50_000


def spare_what_is_loaded() -> None:
    """For a service that has started: what is alive now stays, and is looked at no more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)


@contextmanager
def bulk_work() -> Iterator[None]:
    """For reading a whole log: what is made stays until the end, so that looking through it finds nothing."""
    before = gc.get_threshold()
    gc.set_threshold(YOUNG_OBJECTS, 20, 1_000)
    try:
        yield
    finally:
        gc.set_threshold(*before)
