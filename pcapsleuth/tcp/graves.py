"""Connections that ended and were handed over: what comes later still is theirs, not the beginning of another.

A sender that was reset by a device, or whose last acknowledgment was lost, repeats itself at growing intervals. Its
connection should not be kept whole for so long, so only its key is.
"""

from __future__ import annotations

from heapq import heappop, heappush

from pcapsleuth.tcp.grouping import Key

REST_NS = 60_000_000_000
"""How long after its last segment a connection is remembered: repetitions are seldom further apart."""


class Graves:
    """The keys of connections that ended not long ago."""

    def __init__(self) -> None:
        """Begin without any."""
        self._until: dict[Key, int] = {}
        self._order: list[tuple[int, Key]] = []

    def add(self, key: Key, clock: int) -> None:
        """Remember a connection whose last segment came at this time of the capture."""
        self._until[key] = clock + REST_NS
        heappush(self._order, (clock + REST_NS, key))

    def __len__(self) -> int:
        """Count them."""
        return len(self._until)

    def remove(self, key: Key) -> None:
        """Another connection has this key now."""
        self._until.pop(key, None)

    def takes(self, key: Key, clock: int) -> bool:
        """Tell whether a segment that is no SYN belongs to a connection that ended."""
        if clock > self._until.get(key, clock - 1):
            return False
        self._until[key] = clock + REST_NS
        return True

    def sweep(self, clock: int) -> None:
        """Forget those whose time is over."""
        while self._order and self._order[0][0] < clock:
            self._forget_first()

    def limit(self, most: int) -> None:
        """Forget so many that no more than these are left."""
        while len(self._until) > most:
            self._forget_first()

    def _forget_first(self) -> None:
        """Forget the one whose time is over first; one that had another segment since goes back into the queue."""
        until, key = heappop(self._order)
        latest = self._until.get(key)
        if latest is not None and latest > until:
            heappush(self._order, (latest, key))
        elif latest is not None:
            del self._until[key]
