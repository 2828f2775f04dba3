"""Address translation: who is known by which address on which side of the device."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.device.packet import Segment

Key = tuple[bytes, int, bytes, int]


@dataclass
class Translation:
    """Static translation of the inside network; on demand port translation of clients, and several servers in turn."""

    inside_net: str = "10.1.1.0/24"
    outside_net: str = "198.51.100.0/24"
    hide_clients_behind: dict[str, str] = field(default_factory=dict)
    balance: dict[str, list[str]] = field(default_factory=dict)
    _turn: int = 0
    _ports: dict[Key, int] = field(default_factory=dict)
    _next_port: int = 2839

    def forward(self, side: str, segment: Segment) -> Segment:
        """Translate a client's segment that arrived on `side`."""
        shared = self.balance.get(str(ipaddress.ip_address(segment.target)))
        if side == "outside" and shared:
            moved = replace(segment, target=ipaddress.ip_address(shared[self._turn % len(shared)]).packed)
            self._turn += 1
        elif side == "outside":
            moved = replace(segment, target=self._shift(segment.target, self.outside_net, self.inside_net))
        else:
            moved = replace(segment, source=self._shift(segment.source, self.inside_net, self.outside_net))
        hide = self.hide_clients_behind.get(side)
        if hide is None:
            return moved
        port = self._ports.get(segment.key)
        if port is None:
            port = self._ports[segment.key] = self._next_port
            self._next_port += 1 + len(self._ports) % 3
        return replace(moved, source=ipaddress.ip_address(hide).packed, source_port=port)

    @staticmethod
    def _shift(address: bytes, old: str, new: str) -> bytes:
        if len(address) != 4:
            return address
        before, after = ipaddress.IPv4Network(old), ipaddress.IPv4Network(new)
        value = ipaddress.IPv4Address(address)
        if value not in before:
            return address
        return ipaddress.IPv4Address(int(value) - int(before.network_address) + int(after.network_address)).packed


def endpoints(segment: Segment) -> list[str | int]:
    """Return client address and port, server address and port, as text."""
    client, server = ipaddress.ip_address(segment.source), ipaddress.ip_address(segment.target)
    return [str(client), segment.source_port, str(server), segment.target_port]
