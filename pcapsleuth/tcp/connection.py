"""What is known of one TCP connection, and the contract with whoever consumes its bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias

from pcapsleuth.tcp.endpoint import Endpoint
from pcapsleuth.tcp.icmp import IcmpError
from pcapsleuth.tcp.segments import Direction

DIRECTIONS = tuple(Direction)

KEPT = 100
"""Anomalies and ICMP errors of a connection that are kept, of each: whoever makes more of them has shown enough."""

MOST_GAPS = 1_000
"""Gaps of a stream that are kept; the last one reaches over all further ones, so that none is taken for silence."""


class Gap(NamedTuple):
    """Bytes of a stream that were sent, or may have been sent, and are not in the capture."""

    offset: int
    """Stream offset of the first missing byte: 0 is the byte after the SYN."""
    length: int | None
    """Bytes missing; None where nobody can tell (before the first frame of a capture that starts late)."""
    why: str
    """`lost` (acknowledged or passed by later data, never captured), `snaplen` (cut by the capture),
    `before-capture`, `bound` (a buffer of ours was full)."""
    frame: int
    """The frame id that shows the gap."""
    time: int

    def onto(self, other: Gap) -> Gap:
        """One gap over this one, another and what is between; what a capture cut is known to be its own."""
        offset = min(self.offset, other.offset)
        ends = [None if one.length is None else one.offset + one.length for one in (self, other)]
        length = None if ends[0] is None or ends[1] is None else max(ends[0], ends[1]) - offset
        why = other.why if self.why == "lost" else self.why
        return Gap(offset, length, why, other.frame, max(self.time, other.time))


class Mark(NamedTuple):
    """A FIN or a RST: where it was seen."""

    offset: int
    """Stream offset of its sequence number."""
    frame: int
    time: int


class Retransmission(NamedTuple):
    """Payload that came again."""

    offset: int
    length: int
    frame: int
    time: int
    same: bool | None
    """Whether the bytes were the same as before; None where they are no longer known."""


class Anomaly(NamedTuple):
    """Something odd on the wire, kept as evidence."""

    kind: str
    """A word such as `conflicting-overlap`, `reset-outside-window`, `buffer-bound`."""
    direction: int
    frame: int
    time: int
    detail: str


@dataclass(slots=True)
class SynOptions:
    """The options of a SYN or SYN-ACK (RFC 9293, 7323, 2018)."""

    mss: int | None = None
    window_scale: int | None = None
    sack_permitted: bool = False
    timestamp: int | None = None
    """TSval."""
    whole: bool = True
    """False where the capture's snaplen cut the list: what is missing may have been there."""


@dataclass(slots=True)
class Stream:
    """One direction of a connection, as the capture shows it."""

    isn: int | None = None
    """Initial sequence number; None where no SYN was captured."""
    syn: Mark | None = None
    """The first SYN (or SYN-ACK) of this direction."""
    syn_count: int = 0
    """How many SYNs (SYN-ACKs) of this direction were seen: more than one is a repeated, unanswered one."""
    options: SynOptions | None = None
    segments: int = 0
    """Segments of this direction, with and without payload."""
    length: int = 0
    """Offset behind the last payload byte that was seen or is known to have been sent."""
    acked: int = 0
    """Offset up to which the receiver acknowledged, as far as its segments in this capture say."""
    fin: Mark | None = None
    rst: Mark | None = None
    last_time: int = 0
    """Time of the last segment of this direction."""
    gaps: list[Gap] = field(default_factory=list)
    """The first `MOST_GAPS`, the last of which reaches to the end; `gap_count` counts all."""
    gap_count: int = 0
    retransmissions: list[Retransmission] = field(default_factory=list)
    """The first 1,000; `retransmitted` counts all."""
    retransmitted: int = 0

    def lack(self, gap: Gap) -> None:
        """Take note of missing bytes: a capture that cuts its frames has a gap in each of them."""
        self.gap_count += 1
        if len(self.gaps) < MOST_GAPS:
            self.gaps.append(gap)
        else:
            self.gaps[-1] = self.gaps[-1].onto(gap)

    @property
    def ends(self) -> list[int]:
        """The times at which its sender closed and reset, as far as it did."""
        return [mark.time for mark in (self.fin, self.rst) if mark is not None]


@dataclass(slots=True)
class Connection:
    """A TCP connection to an SMTP port at one observation point."""

    index: int
    """Sessions of an observation point are numbered from 0 by their first frame."""
    point: int
    client: Endpoint
    server: Endpoint
    start: int
    """Time of the first frame."""
    first_frame: int
    end: int = 0
    last_frame: int = 0
    streams: tuple[Stream, Stream] = field(default_factory=lambda: (Stream(), Stream()))
    """Indexed by Direction: bytes to the server, bytes to the client."""
    anomalies: list[Anomaly] = field(default_factory=list)
    role_by: str = "syn"
    """How client and server were told apart: `syn`, `port`, `content`."""
    errors: list[IcmpError] = field(default_factory=list)
    """What was said by ICMP about its segments."""

    @property
    def handshake(self) -> bool:
        """Both SYNs were captured."""
        return all(stream.syn is not None for stream in self.streams)

    def note(self, anomaly: Anomaly) -> None:
        """Keep something odd, as far as there is room."""
        if len(self.anomalies) < KEPT:
            self.anomalies.append(anomaly)

    def report(self, error: IcmpError) -> None:
        """Keep what was said by ICMP, likewise."""
        if len(self.errors) < KEPT:
            self.errors.append(error)


Payload: TypeAlias = tuple[bool, int, bytes, int, int, int]
"""The payload of a segment: whether it goes to the client, stream offset, bytes, bytes missing behind them, frame,
time."""


class Consumer(Protocol):
    """Takes the bytes of one connection, in the order in which they became contiguous.

    A reply is never delivered before the command bytes that its segment acknowledges, nor a command before the
    reply bytes it acknowledges, however the capture ordered the frames.
    """

    def data(self, direction: Direction, offset: int, payload: bytes, frame: int, time: int) -> None:
        """Take the payload of one segment (or what of it is new)."""

    def run(self, payloads: Iterable[Payload]) -> None:
        """Take payloads that nothing is missing between: the same as `data` for each, all at once."""
        for to_client, offset, payload, _, frame, time in payloads:
            self.data(DIRECTIONS[to_client], offset, payload, frame, time)

    def gap(self, direction: Direction, gap: Gap) -> None:
        """Take note of missing bytes; later offsets continue behind them."""

    def close(self) -> object:
        """End the connection and return what was made of it."""


class ConsumerFactory(Protocol):
    """Makes the consumer of a new connection."""

    def __call__(self, connection: Connection) -> Consumer:
        """Make it; `connection` is filled in as segments arrive and complete at `close`."""


__all__ = [
    "Anomaly",
    "Connection",
    "Consumer",
    "ConsumerFactory",
    "Direction",
    "Endpoint",
    "Gap",
    "Mark",
    "Payload",
    "Retransmission",
    "Stream",
    "SynOptions",
]
