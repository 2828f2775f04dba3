"""Number the sessions of a capture: TCP connections to port 25, from 0, by their first frame."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from lab.device import packet

if TYPE_CHECKING:
    from lab.damage.records import Record

Ends = tuple[str, int, str, int]
_SMTP = 25


def number(records: list[Record]) -> dict[Ends, int]:
    """Map client and server, as this capture shows them, to the session's index."""
    found: dict[Ends, int] = {}
    first: dict[Ends, int] = {}
    for record in records:
        segment = packet.parse(record.data)
        if segment is None or _SMTP not in (segment.source_port, segment.target_port):
            continue
        ends = _ends(segment)
        opening = segment.flags & (packet.SYN | packet.ACK) == packet.SYN
        if opening and first.setdefault(ends, segment.seq) != segment.seq:
            msg = f"the port of {ends} was used twice"
            raise ValueError(msg)
        found.setdefault(ends, len(found))
    return found


def _ends(segment: packet.Segment) -> Ends:
    source, target = str(ipaddress.ip_address(segment.source)), str(ipaddress.ip_address(segment.target))
    if segment.target_port == _SMTP:
        return (source, segment.source_port, target, segment.target_port)
    return (target, segment.target_port, source, segment.source_port)
