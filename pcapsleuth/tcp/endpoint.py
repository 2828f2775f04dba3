"""An end of a connection: address and port."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple, Self

MAPPED = 0xFFFF << 32
"""The prefix of an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), in its lower half."""


class Endpoint(NamedTuple):
    """An address (two 64-bit halves, IPv4 mapped) and a port."""

    high: int
    low: int
    port: int

    @property
    def address(self) -> str:
        """The address as text: dotted IPv4 or compressed IPv6."""
        if self.high == 0 and self.low >> 32 == MAPPED >> 32:
            return ".".join(map(str, (self.low & 0xFFFFFFFF).to_bytes(4)))
        return str(IPv6Address(self.high << 64 | self.low))

    @classmethod
    def of(cls, address: str | bytes, port: int = 0) -> Self:
        """Make it of an address in text or as packets have it."""
        one = ip_address(address)
        number = MAPPED | int(one) if isinstance(one, IPv4Address) else int(one)
        return cls(number >> 64, number & (1 << 64) - 1, port)
