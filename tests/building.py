"""Builders for tests: TCP segments from a transcript, what can go wrong with them, and real capture files.

segments = transcript(("S", b"220 mx ESMTP\r\n"), ("C", b"QUIT\r\n"), ("S", b"221 bye\r\n"))
for batch in batches(drop(segments, 4), size=3):
    results += table.feed(batch)
write_pcap(path, segments)
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from itertools import count, cycle
from pathlib import Path

import numpy as np

from pcapsleuth.tcp.connection import Endpoint
from pcapsleuth.tcp.segments import ACK, FIN, PSH, RST, SYN, SegmentBatch

WRAP = 1 << 32
MILLISECOND = 1_000_000
START = 1_700_000_000_000_000_000
"""When a transcript begins unless told otherwise."""
SYN_OPTIONS = bytes.fromhex("020405b4 0402 080a000000010000 0000 01 030307")
"""MSS 1460, SACK permitted, TSval 1, window scale 7: as Linux sends them."""


def endpoint(address: str, port: int) -> Endpoint:
    """Make an endpoint from its text: IPv4 is written as IPv4-mapped."""
    value = int(ip_address(address))
    if ip_address(address).version == 4:
        value |= 0xFFFF << 32
    return Endpoint(value >> 64, value & (1 << 64) - 1, port)


CLIENT = endpoint("192.0.2.10", 40_000)
SERVER = endpoint("198.51.100.25", 25)


@dataclass(frozen=True, slots=True)
class Seg:
    """One TCP segment as a test describes it."""

    source: Endpoint = CLIENT
    destination: Endpoint = SERVER
    seq: int = 0
    ack: int = 0
    flags: int = ACK
    payload: bytes = b""
    time: int = START
    length: int | None = None
    """Payload bytes on the wire, where a snaplen cut `payload`; None: all of them were captured."""
    options: bytes = b""
    window: int = 65_535
    ip_id: int = 0
    """IPv4 identification; IPv6 segments have none whatever stands here."""
    hop_limit: int = 64
    point: int = 0
    frame: int = 0
    """The frame id; 0: the place in the list of segments, from 1."""

    @property
    def wire_length(self) -> int:
        """Payload bytes on the wire."""
        return len(self.payload) if self.length is None else self.length

    @property
    def ipv4(self) -> bool:
        """The segment travels over IPv4."""
        return self.source.high == 0 and self.source.low >> 32 == 0xFFFF


# --- transcripts ---------------------------------------------------------------------------------------------------


class Talk:
    """Writes the segments of one connection, keeping sequence numbers, acknowledgments, time and ip_id."""

    def __init__(
        self,
        client: Endpoint = CLIENT,
        server: Endpoint = SERVER,
        isns: tuple[int, int] = (1_000, 5_000),
        *,
        start: int = START,
        step: int = MILLISECOND,
        mss: int = 1_460,
        point: int = 0,
    ) -> None:
        """Begin before the handshake; `isns` are the client's and the server's."""
        self.segments: list[Seg] = []
        self.mss = mss
        self.step = step
        self.time = start
        self._point = point
        self._ends = (client, server)
        self._next = list(isns)
        self._ids = (count(100), count(20_000))

    def send(self, who: str, payload: bytes = b"", flags: int = ACK, options: bytes = b"") -> Seg:
        """Add one segment from `C` or `S` that acknowledges all that the other end sent."""
        side = "CS".index(who)
        segment = Seg(
            self._ends[side],
            self._ends[1 - side],
            self._next[side],
            self._next[1 - side] if flags & ACK else 0,
            flags,
            payload,
            self.time,
            options=options,
            ip_id=next(self._ids[side]) & 0xFFFF,
            point=self._point,
        )
        self.segments.append(segment)
        self.time += self.step
        used = len(payload) + bool(flags & SYN) + bool(flags & FIN)
        self._next[side] = (self._next[side] + used) % WRAP
        return segment

    def handshake(self) -> None:
        """SYN, SYN-ACK, ACK (RFC 9293 section 3.5)."""
        self.send("C", flags=SYN, options=SYN_OPTIONS)
        self.send("S", flags=SYN | ACK, options=SYN_OPTIONS)
        self.send("C")

    def say(self, who: str, text: bytes, *, acknowledge: bool = False) -> None:
        """Send text in segments of at most the MSS, with a pure ACK from the other end if wanted."""
        for at in range(0, len(text), self.mss):
            self.send(who, text[at : at + self.mss], PSH | ACK)
        if acknowledge:
            self.send("S" if who == "C" else "C")

    def goodbye(self) -> None:
        """FIN, FIN, ACK."""
        self.send("C", flags=FIN | ACK)
        self.send("S", flags=FIN | ACK)
        self.send("C")

    def reset(self, who: str) -> None:
        """End by a RST."""
        self.send(who, flags=RST | ACK)


def transcript(  # noqa: PLR0913  every parameter has a default
    *lines: tuple[str, bytes],
    client: Endpoint = CLIENT,
    server: Endpoint = SERVER,
    isns: tuple[int, int] = (1_000, 5_000),
    start: int = START,
    step: int = MILLISECOND,
    mss: int = 1_460,
    point: int = 0,
    handshake: bool = True,
    fins: bool = True,
    acks: bool = False,
) -> list[Seg]:
    """Make the segments of a conversation: ("C", b"EHLO x\\r\\n"), ("S", b"250 ok\\r\\n"), ...

    Without `handshake` the three segments of it are left out, as in a capture that started late; with `acks` a pure
    ACK follows each line.
    """
    talk = Talk(client, server, isns, start=start, step=step, mss=mss, point=point)
    talk.handshake()
    for who, text in lines:
        talk.say(who, text, acknowledge=acks)
    if fins:
        talk.goodbye()
    return talk.segments if handshake else talk.segments[3:]


def truth(*lines: tuple[str, bytes]) -> tuple[bytes, bytes]:
    """Tell what each end sent, as (to the server, to the client)."""
    return b"".join(t for w, t in lines if w == "C"), b"".join(t for w, t in lines if w == "S")


# --- what can go wrong ---------------------------------------------------------------------------------------------


def drop(segments: Sequence[Seg], *indexes: int) -> list[Seg]:
    """Lose these segments: the capture has them not."""
    lost = {i % len(segments) for i in indexes}
    return [s for i, s in enumerate(segments) if i not in lost]


def duplicate(
    segments: Sequence[Seg], index: int, *, after: int = 1, delay: int = 0, ip_id: int | None = None
) -> list[Seg]:
    """Repeat a segment `after` places later: a span port's copy, or with another `ip_id` a retransmission."""
    again = segments[index]
    again = replace(again, time=again.time + delay, ip_id=again.ip_id if ip_id is None else ip_id)
    place = min(index + after, len(segments))
    return [*segments[:place], again, *segments[place:]]


def reorder(segments: Sequence[Seg], order: Iterable[int]) -> list[Seg]:
    """Write the segments in another order; the capture's clock still only goes forward."""
    return [replace(segments[i], time=at.time) for i, at in zip(order, segments, strict=True)]


def swap(segments: Sequence[Seg], first: int, second: int) -> list[Seg]:
    """Let two segments change places."""
    order = list(range(len(segments)))
    order[first], order[second] = order[second], order[first]
    return reorder(segments, order)


def shuffled(segments: Sequence[Seg], seed: int, reach: int = 4) -> list[Seg]:
    """Let every segment stray at most about `reach` places from where it belongs."""
    rng = random.Random(seed)
    places = [(i + rng.uniform(0, reach), i) for i in range(len(segments))]
    return reorder(segments, [i for _, i in sorted(places)])


def recut(segments: Sequence[Seg], sizes: int | Sequence[int]) -> list[Seg]:
    """Cut payloads in pieces of these sizes, taken in turn: the same bytes in other segments."""
    size = cycle([sizes] if isinstance(sizes, int) else sizes)
    pieces: list[Seg] = []
    for segment in segments:
        at = 0
        while len(segment.payload) - at > (step := max(1, next(size))):
            head = replace(segment, payload=segment.payload[at : at + step], flags=segment.flags & ~FIN)
            pieces.append(replace(head, seq=(segment.seq + at) % WRAP))
            at += step
        pieces.append(replace(segment, payload=segment.payload[at:], seq=(segment.seq + at) % WRAP))
    return pieces


def cut(segments: Iterable[Seg], captured: int) -> list[Seg]:
    """Keep at most so many bytes of each payload, as a snaplen does."""
    return [replace(s, payload=s.payload[:captured], length=s.wire_length) for s in segments]


def shift(segments: Iterable[Seg], nanoseconds: int) -> list[Seg]:
    """Move the segments to another time."""
    return [replace(s, time=s.time + nanoseconds) for s in segments]


def interleave(*conversations: Sequence[Seg]) -> list[Seg]:
    """Merge several conversations into one capture, by time."""
    return sorted((s for talk in conversations for s in talk), key=lambda s: s.time)


# --- batches -------------------------------------------------------------------------------------------------------


def number(segments: Iterable[Seg]) -> list[Seg]:
    """Give each segment the frame number of its place."""
    return [s if s.frame else replace(s, frame=i) for i, s in enumerate(segments, 1)]


def batch(segments: Iterable[Seg]) -> SegmentBatch:
    """Make one batch of all segments."""
    return _batch(number(segments))[0]


def batches(segments: Sequence[Seg], size: int | Sequence[int] = 1_000) -> Iterator[SegmentBatch]:
    """Make batches of these sizes, taken in turn.

    The bytes of a batch are spoilt when the next one is asked for, as a reader reuses its buffer: use each batch
    before asking for another.
    """
    sizes = cycle([size] if isinstance(size, int) else size)
    numbered = number(segments)
    at = 0
    while at < len(numbered):
        step = max(1, next(sizes))
        made, room = _batch(numbered[at : at + step])
        yield made
        room[:] = b"\xee" * len(room)
        at += step


def _batch(segments: Sequence[Seg]) -> tuple[SegmentBatch, bytearray]:
    """Lay the segments out as a batch, and the bytes it rests on."""
    room = bytearray()
    starts: list[tuple[int, int]] = []
    for s in segments:
        starts.append((len(room), len(room) + len(s.options)))
        room += s.options + s.payload
    ends = [(*s.source, *s.destination) for s in segments]
    made = SegmentBatch(
        buffer=memoryview(room),
        frame=np.array([s.frame for s in segments], np.int64),
        time=np.array([s.time for s in segments], np.int64),
        point=np.array([s.point for s in segments], np.int16),
        source_high=np.array([e[0] for e in ends], np.uint64),
        source_low=np.array([e[1] for e in ends], np.uint64),
        destination_high=np.array([e[3] for e in ends], np.uint64),
        destination_low=np.array([e[4] for e in ends], np.uint64),
        source_port=np.array([e[2] for e in ends], np.uint16),
        destination_port=np.array([e[5] for e in ends], np.uint16),
        seq=np.array([s.seq for s in segments], np.uint32),
        ack=np.array([s.ack for s in segments], np.uint32),
        flags=np.array([s.flags for s in segments], np.uint16),
        window=np.array([s.window for s in segments], np.uint16),
        ip_id=np.array([s.ip_id if s.ipv4 else -1 for s in segments], np.int32),
        hop_limit=np.array([s.hop_limit for s in segments], np.uint8),
        options_start=np.array([o for o, _ in starts], np.int64),
        options_length=np.array([len(s.options) for s in segments], np.int16),
        start=np.array([p for _, p in starts], np.int64),
        length=np.array([s.wire_length for s in segments], np.int32),
        captured=np.array([len(s.payload) for s in segments], np.int32),
    )
    return made, room


# --- capture files -------------------------------------------------------------------------------------------------

ETHERNET = 1


def write_pcap(path: Path, segments: Iterable[Seg]) -> None:
    """Write a pcap with nanosecond times: Ethernet, IPv4 or IPv6, TCP, with valid checksums.

    Where a snaplen cut the payload the checksum is that of zeros in the place of what is missing.
    """
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, ETHERNET))
        for segment in segments:
            frame = ethernet(segment)
            kept = len(frame) - (segment.wire_length - len(segment.payload))
            seconds, rest = divmod(segment.time, 1_000_000_000)
            file.write(struct.pack("<IIII", seconds, rest, kept, len(frame)) + frame[:kept])


def ethernet(segment: Seg) -> bytes:
    """Lay the segment out as an Ethernet frame, as long as it was on the wire."""
    tcp = _tcp(segment)
    source, destination = (e.high << 64 | e.low for e in (segment.source, segment.destination))
    if segment.ipv4:
        ends = struct.pack(">II", source & 0xFFFFFFFF, destination & 0xFFFFFFFF)
        fields = (0x45, 0, 20 + len(tcp), segment.ip_id & 0xFFFF, 0x4000, segment.hop_limit, 6)
        head = struct.pack(">BBHHHBB", *fields)
        packet = head + struct.pack(">H", checksum(head + ends)) + ends
        kind = 0x0800
    else:
        ends = source.to_bytes(16, "big") + destination.to_bytes(16, "big")
        packet = struct.pack(">IHBB", 6 << 28, len(tcp), 6, segment.hop_limit) + ends
        kind = 0x86DD
    total = checksum(ends + struct.pack(">II", len(tcp), 6) + tcp)
    tcp = tcp[:16] + struct.pack(">H", total) + tcp[18:]
    return b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01" + struct.pack(">H", kind) + packet + tcp


def _tcp(segment: Seg) -> bytes:
    """Write the TCP header with a zero checksum, and the payload as long as on the wire (RFC 9293 section 3.1)."""
    options = segment.options + b"\0" * (-len(segment.options) % 4)
    offset = (20 + len(options)) // 4 << 12
    head = struct.pack(
        ">HHIIHHHH",
        segment.source.port,
        segment.destination.port,
        segment.seq,
        segment.ack,
        offset | segment.flags,
        segment.window,
        0,
        0,
    )
    return head + options + segment.payload.ljust(segment.wire_length, b"\0")


def checksum(data: bytes) -> int:
    """Compute the Internet checksum (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
