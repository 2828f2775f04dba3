"""The garbage collector, while much is read: to look through all of it again and again takes a third of the time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 3_000_000
"""Objects between two of its runs: what a reading keeps has no cycles."""


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Have garbage collected seldom; afterwards as before."""
    before = gc.get_threshold()
    if before[0]:
        gc.set_threshold(max(before[0], SELDOM), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


__all__ = ["collected_seldom"]
