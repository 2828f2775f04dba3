"""The process behind `Flood`: `python -m lab.clients.flood_process JSON`."""

from __future__ import annotations

import ipaddress
import json
import socket
import sys
import time
from itertools import count, product

from lab.device import packet
from lab.network import DEVICE_MAC, OUTSIDE, PEER_MAC

_MSS = packet.join_options([(2, b"\x05\xb4")])


def flood(sources: list[str], servers: list[str], ports: list[int]) -> None:
    """Send the SYNs, a few milliseconds apart."""
    own, device = (bytes.fromhex(macs[OUTSIDE].replace(":", "")) for macs in (PEER_MAC, DEVICE_MAC))
    numbers = count(41_000)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind(("eth0", 0))
        for server, source, port in product(servers, sources, ports):
            ends = (ipaddress.ip_address(source).packed, ipaddress.ip_address(server).packed)
            number = next(numbers)
            segment = packet.Segment(*ends, number, port, number * 70_001, 0, packet.SYN, 1024, _MSS)
            wire.send(packet.build(segment, own, device))
            time.sleep(0.005)


if __name__ == "__main__":
    plan = json.loads(sys.argv[1])
    flood(plan["sources"], plan["servers"], plan["ports"])
