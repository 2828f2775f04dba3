"""ICMP errors about a segment of a connection: somebody on the path, or the other end, says why it went no farther."""

from __future__ import annotations

from typing import NamedTuple

from pcapsleuth.tcp.endpoint import Endpoint

TOO_BIG, PROHIBITED, UNREACHABLE, PORT = "too-big", "prohibited", "unreachable", "port-unreachable"
EXPIRED, OTHER = "time-exceeded", "other"

_REASONS = {
    # RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1
    4: {3: {0: UNREACHABLE, 1: UNREACHABLE, 3: PORT, 4: TOO_BIG, 9: PROHIBITED, 10: PROHIBITED, 13: PROHIBITED}},
    # RFC 4443 section 3.1
    6: {1: {0: UNREACHABLE, 1: PROHIBITED, 3: UNREACHABLE, 4: PORT, 5: PROHIBITED, 6: PROHIBITED}},
}
_WHOLE_TYPES = {(4, 11): EXPIRED, (6, 2): TOO_BIG, (6, 3): EXPIRED}


class IcmpError(NamedTuple):
    """An ICMP error that quotes a segment (RFC 792, RFC 4443)."""

    frame: int
    time: int
    point: int
    sender: Endpoint
    """Who complains; without a port."""
    version: int
    """Of IP: 4 or 6, by which type and code are read."""
    type: int
    code: int
    mtu: int
    """What the next hop can carry, where the packet was too big; 0 where that is not said."""
    source: Endpoint
    """Who sent the packet that is quoted."""
    destination: Endpoint
    size: int
    """The length of that packet, IP header included."""
    seq: int | None
    """Its sequence number; None where less is quoted."""

    @property
    def reason(self) -> str:
        """What it says: one of the words above."""
        known = _REASONS[self.version].get(self.type, {})
        return known.get(self.code) or _WHOLE_TYPES.get((self.version, self.type), OTHER)
