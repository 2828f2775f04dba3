"""What is made of things that come again and again, as the replies of a server do: made once, then looked up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pcapsleuth.smtp.script import KEPT

K = TypeVar("K")
V = TypeVar("V")


class Remembered(dict[K, V]):
    """A dictionary that makes what it lacks, cheaper to ask than `functools.lru_cache`; when full it forgets all."""

    def __init__(self, make: Callable[[K], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> V:
        """Make a value and remember it. Hostile traffic may ask for a new one every time, hence the bound."""
        if len(self) >= KEPT:
            self.clear()
        self[key] = made = self._make(key)
        return made
