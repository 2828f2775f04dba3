"""From what was said to packets: both TCP connections made anew, with their own numbers, as two captures see them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pcapsleuth.tcp.connection import Endpoint
from pcapsleuth.tcp.segments import ACK, FIN, PSH, RST, SYN

WRAP = 1 << 32
CROSSING = 200_000
"""ns that the device takes to pass something on."""

STEP = 1_000_000
"""ns between two utterances, at least."""

MSS = 1_460
TIMEOUT = 300_000_000_000
"""ns that a peer waits before it gives up (RFC 5321 section 4.5.3.2)."""

REPEATED = "synthetic: repeated, as nobody acknowledged it"

SYN_OPTIONS = b"\x02\x04\x05\xb4\x04\x02\x08\x0a%s\0\0\0\0\x01\x03\x03\x07"
"""MSS 1460, SACK permitted, timestamp, window scale 7."""

OWN_OPTIONS = b"\x02\x04\x05\x64\x01\x03\x03\x02\x01\x01\x08\x0a%s\0\0\0\0"
"""Those of a device with a TCP stack of its own: MSS 1380, window scale 2, no SACK."""


class Utterance(NamedTuple):
    """Something that one end said, as it was at the client's and at the server's side; None: it was not there."""

    who: str
    """`C` or `S`; `C!` and `S!` are resets that claim to come from that end."""
    at_client: bytes | None
    at_server: bytes | None
    time: int
    cuts: tuple[int, ...] = ()
    """How it was cut into segments, where its length was kept."""
    synthetic: str = ""
    """Why it is here though no capture had it; empty: it was captured so."""
    lost: int = 0
    """Bytes at the end that never come out of the device: sent again and again, never acknowledged."""


class Packet(NamedTuple):
    """A TCP segment to be written."""

    time: int
    source: Endpoint
    destination: Endpoint
    seq: int
    ack: int
    flags: int
    payload: bytes = b""
    options: bytes = b""
    comment: str = ""


@dataclass
class Ends:
    """The two ends of one connection as one capture sees it."""

    client: Endpoint
    server: Endpoint
    isns: tuple[int, int]
    options: tuple[bytes, bytes]


@dataclass
class Wire:
    """Writes one side's packets."""

    ends: Ends
    packets: list[Packet] = field(default_factory=list)
    _next: list[int] = field(init=False)

    def __post_init__(self) -> None:
        """Begin before the handshake."""
        self._next = list(self.ends.isns)

    def handshake(self, time: int) -> None:
        """SYN, SYN-ACK, ACK."""
        self.send("C", time, SYN, options=self.ends.options[0])
        self.send("S", time + STEP // 4, SYN | ACK, options=self.ends.options[1])
        self.send("C", time + STEP // 2, ACK)

    def send(
        self, who: str, time: int, flags: int, payload: bytes = b"", options: bytes = b"", comment: str = ""
    ) -> None:
        """Write a segment."""
        side = "CS".index(who)
        ends = (self.ends.client, self.ends.server)
        ack = self._next[1 - side] if flags & ACK else 0
        self.packets.append(
            Packet(time, ends[side], ends[1 - side], self._next[side], ack, flags, payload, options, comment)
        )
        used = len(payload) + bool(flags & SYN) + bool(flags & FIN)
        self._next[side] = (self._next[side] + used) % WRAP

    def say(self, one: Utterance, payload: bytes, time: int, *, lost: int = 0) -> None:
        """Send a payload, cut as it was, and acknowledge what arrived."""
        who = one.who
        sizes = one.cuts if sum(one.cuts) == len(payload) else ()
        for part in _parts(payload, sizes):
            self.send(who, time, PSH | ACK, part, comment=one.synthetic)
        other = "S" if who == "C" else "C"
        if lost:
            self._repeat(who, payload[-lost:], time)
        else:
            self.send(other, time + CROSSING // 4, ACK)

    def goodbye(self, time: int) -> None:
        """FIN, FIN, ACK."""
        self.send("C", time, FIN | ACK)
        self.send("S", time + STEP // 4, FIN | ACK)
        self.send("C", time + STEP // 2, ACK)

    def _repeat(self, who: str, payload: bytes, time: int) -> None:
        """Send a payload again, twice."""
        side = "CS".index(who)
        for again in (1, 3):
            self._next[side] = (self._next[side] - len(payload)) % WRAP
            self.send(who, time + again * 1_000_000_000, PSH | ACK, payload, comment=REPEATED)


def _parts(payload: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    """Cut a payload as it was cut, else by the MSS."""
    at = 0
    for size in sizes or [MSS] * (-(-len(payload) // MSS)):
        if payload[at : at + size]:
            yield payload[at : at + size]
        at += size


def write(utterances: Sequence[Utterance], wires: tuple[Wire, Wire], start: int) -> None:
    """Write a conversation to the client's and the server's side; who gave up is told by the last utterance."""
    client, server = wires
    client.handshake(start)
    server.handshake(start + CROSSING)
    time, reset = start + STEP, {"C": False, "S": False}
    for one in utterances:
        time = max(time + STEP, one.time)
        if one.who.endswith("!"):
            reset[_reset(one, client, server, time)] = True
            continue
        late = CROSSING if one.who == "C" else 0
        if one.at_client is not None:
            client.say(one, one.at_client, time + CROSSING - late, lost=one.lost)
        if one.at_server is not None:
            server.say(one, one.at_server, time + late)
        if one.lost:
            time += TIMEOUT
    for wire, gone in ((client, reset["C"]), (server, reset["S"])):
        if not gone:
            wire.goodbye(time + 3 * STEP)


def _reset(one: Utterance, client: Wire, server: Wire, time: int) -> str:
    """Send a RST to one side in the other end's name; name the side."""
    if one.who == "S!":
        client.send("S", time, RST | ACK, comment=one.synthetic)
        return "C"
    server.send("C", time, RST | ACK, comment=one.synthetic)
    return "S"
