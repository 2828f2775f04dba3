"""Observation points: which frames were seen where, when one file saw several places."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

import numpy as np
import numpy.typing as npt

from pcapsleuth.capture.frames import Frames, Ints, Mask
from pcapsleuth.capture.link import ETHERNET
from pcapsleuth.capture.network import Transport
from pcapsleuth.capture.records import Interface, unaligned
from pcapsleuth.errors import OptionError
from pcapsleuth.tcp.endpoint import MAPPED

_MOST_VLAN = 4095
_MAC = re.compile(r"[0-9a-f]{2}([:-][0-9a-f]{2}){5}")
_IPV4_BITS = 32


@dataclass(frozen=True, slots=True)
class Selector:
    """Chooses the frames of one observation point.

    - `if:NAME`: captured on the pcapng interface of that name (or description).
    - `vlan:N`: any tag of the stack has this VLAN; `vlan:0`: no tag has a VLAN (untagged, or priority only).
    - `mac:ADDR`: the source or the destination of the Ethernet frame.
    - `net:CIDR`: the source or the destination address of the packet is in the network. Choose networks that are
      seen on one side only: the addresses before the translation, and those behind it.
    """

    kind: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Selector:
        """Read a selector as it is given on the command line; raise OptionError if it is none."""
        kind, _, value = text.partition(":")
        check = _CHECKS.get(kind.lower())
        if check is not None and value:
            try:
                return cls(kind.lower(), check(value))
            except ValueError:
                pass
        forms = "write if:NAME, vlan:N (0 to 4095), mac:ADDR or net:CIDR"
        raise OptionError(f"{text!r} selects no observation point; {forms}")

    def __str__(self) -> str:
        """Write the selector as it is given on the command line."""
        return f"{self.kind}:{self.value}"

    def select(self, sight: Sight) -> Mask:
        """Tell which segments belong to this point."""
        return _SELECT[self.kind](self.value, sight)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a selector may look at: the segments of a block, and the frames that hold them."""

    frames: Frames
    transport: Transport
    interfaces: Sequence[Interface]

    @property
    def row(self) -> Ints:
        """The frame of each segment."""
        return self.transport.row

    @property
    def interface(self) -> Ints:
        """The interface of each segment."""
        return self.frames.records.interface[self.row]


def place(points: Sequence[Selector] | None, sight: Sight) -> npt.NDArray[np.int16]:
    """Give each segment its point: the first that selects it, -1 if none does; 0 where there are no selectors."""
    where = np.zeros(len(sight.row), np.int16)
    if points is None:
        return where
    where -= 1
    for index, selector in reversed(list(enumerate(points))):
        where[selector.select(sight)] = index
    return where


def _check_vlan(value: str) -> str:
    if not 0 <= int(value) <= _MOST_VLAN:
        raise ValueError
    return str(int(value))


def _check_mac(value: str) -> str:
    if not _MAC.fullmatch(value.lower()):
        raise ValueError
    return value.lower().replace("-", ":")


def _select_interface(name: str, sight: Sight) -> Mask:
    named = np.array([name in (interface.name, interface.description) for interface in sight.interfaces], np.bool_)
    return named[sight.interface]


def _select_vlan(value: str, sight: Sight) -> Mask:
    vlan = int(value)
    chosen = np.zeros(len(sight.frames.records), np.bool_)
    for row, tag in sight.frames.tags:
        chosen[row[tag == vlan if vlan else tag != 0]] = True
    return chosen[sight.row] if vlan else ~chosen[sight.row]


def _select_mac(value: str, sight: Sight) -> Mask:
    address = np.frombuffer(bytes.fromhex(value.replace(":", "")), np.uint8)
    ethernet = np.array([interface.link_type == ETHERNET for interface in sight.interfaces], np.bool_)
    both = unaligned(sight.frames.block, "V12")[sight.frames.records.start[sight.row]]
    both = both.view(np.uint8).reshape(-1, 2, 6)
    matches: Mask = (both == address).all(axis=2).any(axis=1)
    return matches & ethernet[sight.interface]


def _select_net(value: str, sight: Sight) -> Mask:
    network = ip_network(value)
    bits = network.prefixlen + (128 - network.max_prefixlen)
    first = int(network.network_address)
    if network.max_prefixlen == _IPV4_BITS:
        first |= MAPPED
    mask = (1 << 128) - (1 << 128 - bits)
    high, low = np.uint64(first >> 64), np.uint64(first & 0xFFFFFFFFFFFFFFFF)
    mask_high, mask_low = np.uint64(mask >> 64), np.uint64(mask & 0xFFFFFFFFFFFFFFFF)
    segments = sight.transport
    source = (segments.source_high & mask_high == high) & (segments.source_low & mask_low == low)
    destination = (segments.destination_high & mask_high == high) & (segments.destination_low & mask_low == low)
    matches: Mask = source | destination
    return matches


_CHECKS: dict[str, Callable[[str], str]] = {
    "if": str,
    "vlan": _check_vlan,
    "mac": _check_mac,
    "net": lambda value: str(ip_network(value, strict=False)),
}
_SELECT: dict[str, Callable[[str, Sight], Mask]] = {
    "if": _select_interface,
    "vlan": _select_vlan,
    "mac": _select_mac,
    "net": _select_net,
}
