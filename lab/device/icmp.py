"""ICMP errors as a router sends them: RFC 792, RFC 1191 and RFC 1812 for IPv4, RFC 4443 for IPv6."""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING

from lab.device.packet import checksum

if TYPE_CHECKING:
    from lab.device.units import Complaint

_IPV4, _IPV6 = 0x0800, 0x86DD
_ICMP, _ICMPV6 = 1, 58
_ROUTERS = {_IPV4: "203.0.113.1", _IPV6: "2001:db8:0:1::1"}
_KINDS = {
    "too-big": {_IPV4: (3, 4), _IPV6: (2, 0)},
    "host-unreachable": {_IPV4: (3, 1), _IPV6: (1, 3)},
    "port-unreachable": {_IPV4: (3, 3), _IPV6: (1, 4)},
    "prohibited": {_IPV4: (3, 13), _IPV6: (1, 1)},
}
_QUOTED = {_IPV4: 20 + 64, _IPV6: 1280 - 48}


def error(complaint: Complaint, frame: bytes, own: bytes, peer: bytes) -> bytes:
    """Return the frame of an error about the packet in a frame; it goes back to the packet's sender."""
    version = int.from_bytes(frame[12:14])
    kind, code = _KINDS[complaint.kind][version]
    router = ipaddress.ip_address(_ROUTERS[version]).packed
    quoted = frame[14 : 14 + _QUOTED[version]]
    if version == _IPV4:
        message = _summed(struct.pack("!BBHHH", kind, code, 0, 0, complaint.mtu) + quoted, b"")
        head = struct.pack("!BBHHHBBH", 0x45, 0xC0, 20 + len(message), 0, 0, 64, _ICMP, 0) + router + frame[26:30]
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    else:
        ends = router + frame[22:38]
        message = struct.pack("!BBHI", kind, code, 0, complaint.mtu) + quoted
        message = _summed(message, ends + struct.pack("!II", len(message), _ICMPV6))
        head = struct.pack("!IHBB", 6 << 28, len(message), _ICMPV6, 64) + ends
    return peer + own + frame[12:14] + head + message


def _summed(message: bytes, pseudo: bytes) -> bytes:
    return message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]
