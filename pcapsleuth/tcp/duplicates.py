"""Copies of a frame that the capture has twice: a mirror port that saw it come and go.

A copy is byte for byte the same segment. So may a retransmission be, and to drop one of those would hide what the
network did, so a copy must also be told from it: by the IPv4 identification, which differs in every datagram that a
host sends (RFC 6864 allows 0 in those that cannot be fragmented; IPv6 has none). A device between the two looks of a
mirror port holds a frame for less than the shortest retransmission timeout in use, 200 ms. Without identification,
only the clock is left: a sender that hears nothing from its peer repeats after a timer, which is never as short as
2 ms. Segments that carry nothing but an acknowledgment are left alone: to count one twice harms nobody.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

IDENTIFIED_NS = 100_000_000
UNIDENTIFIED_NS = 2_000_000
CONTROLS_KEPT = 8
_FIELDS = 6


class Original(NamedTuple):
    """An earlier segment with the same bytes, sequence number and flags."""

    ip_id: int
    time: int


def is_copy(original: Original, ip_id: int, time: int, peer_time: int) -> bool:
    """Tell whether a segment is the same frame again; `peer_time` is when its receiver was last heard."""
    if ip_id != original.ip_id:
        return False
    if ip_id > 0:
        return abs(time - original.time) <= IDENTIFIED_NS
    return peer_time < original.time <= time <= original.time + UNIDENTIFIED_NS


class Controls:
    """The last segments of a connection that had a SYN, FIN or RST and no payload."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        """Begin without any."""
        self._rows = array("q")

    def add(self, what: tuple[int, int, int, int], ip_id: int, time: int) -> None:
        """Remember one: direction, flags, sequence and acknowledgment number."""
        self._rows.extend((*what, ip_id, time))
        del self._rows[: -CONTROLS_KEPT * _FIELDS]

    def find(self, what: tuple[int, int, int, int]) -> Original | None:
        """Find the last one like this."""
        for at in range(len(self._rows) - _FIELDS, -1, -_FIELDS):
            *known, ip_id, time = self._rows[at : at + _FIELDS]
            if tuple(known) == what:
                return Original(ip_id, time)
        return None
