"""What was delivered last, as digests: a retransmission can be compared although the bytes are gone."""

from __future__ import annotations

from array import array
from typing import NamedTuple

import xxhash

KEPT = 64
"""Segments remembered a direction: more than most windows of a mail transfer hold, in 40 bytes each."""
_FIELDS = 5


def digest(payload: memoryview | bytes) -> int:
    """Digest a payload: the upper 63 bits of its XXH3-64, a number that fits a signed column."""
    return xxhash.xxh3_64_intdigest(payload) >> 1


class Delivery(NamedTuple):
    """One delivered payload."""

    offset: int
    length: int
    digest: int
    ip_id: int
    time: int


class History:
    """The last deliveries of one direction, in order of offset."""

    __slots__ = ("rows",)

    def __init__(self) -> None:
        """Begin with nothing delivered."""
        self.rows = array("q")

    def add(self, offset: int, length: int, value: int, ip_id: int, time: int) -> None:
        """Remember a delivery."""
        self.rows.extend((offset, length, value, ip_id, time))
        self.trim()

    def trim(self) -> None:
        """Forget the oldest, many at once, which is cheap; how many depends only on how many there ever were."""
        while len(self.rows) >= 2 * KEPT * _FIELDS:
            del self.rows[: KEPT * _FIELDS]

    def find(self, offset: int) -> Delivery | None:
        """Find what was delivered from this very offset."""
        at = self._position(offset)
        found = Delivery(*self.rows[at : at + _FIELDS]) if at < len(self.rows) else None
        return found if found and found.offset == offset else None

    def compare(self, offset: int, payload: memoryview | bytes) -> bool | None:
        """Tell whether these bytes were delivered at this offset before; None where nobody knows any more.

        A sender may cut a retransmission otherwise (RFC 9293 section 3.8.1), so every remembered delivery that lies
        within it is compared; the answer is yes only if together they cover it.
        """
        end, covered = offset + len(payload), 0
        for at in range(self._position(offset), len(self.rows), _FIELDS):
            first, length, value = self.rows[at : at + 3]
            if first + length > end:
                break
            if digest(payload[first - offset : first - offset + length]) != value:
                return False
            covered += length
        return True if covered == len(payload) else None

    def _position(self, offset: int) -> int:
        """Where the first delivery at or behind an offset stands in `rows`."""
        low, high = 0, len(self.rows) // _FIELDS
        while low < high:
            middle = (low + high) // 2
            if self.rows[middle * _FIELDS] < offset:
                low = middle + 1
            else:
                high = middle
        return low * _FIELDS
