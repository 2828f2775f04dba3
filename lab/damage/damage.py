"""The ways in which a capture is damaged: each turns a list of records into another one."""

from __future__ import annotations

import struct
from dataclasses import asdict, dataclass, replace
from typing import Any

from lab.damage.records import Form, Record
from lab.device import packet

_BILLION = 1_000_000_000


@dataclass(frozen=True)
class Damage:
    """Something done to the capture of one side."""

    side: str

    def recipe(self) -> dict[str, Any]:
        """Return what is written into expected.json."""
        return {"do": type(self).__name__.lower(), **asdict(self)}

    def shift(self) -> int:
        """Return by how many nanoseconds the clock is put forward."""
        return 0

    def frames(self, records: list[Record]) -> list[Record]:
        """Return the damaged frames."""
        return records

    def form(self, form: Form) -> Form:
        """Return the form in which the file is written."""
        return form


@dataclass(frozen=True)
class Shift(Damage):
    """A clock that is wrong, and one that runs too fast."""

    seconds: float = 0
    drift_ppm: float = 0

    def shift(self) -> int:
        """Return the constant part in nanoseconds."""
        return round(self.seconds * _BILLION)

    def frames(self, records: list[Record]) -> list[Record]:
        """Move every time; drift counts from the first frame."""
        start = records[0].time
        per = self.drift_ppm / 1_000_000
        return [replace(r, time=r.time + self.shift() + round((r.time - start) * per)) for r in records]


@dataclass(frozen=True)
class Lose(Damage):
    """Capture loss: the frames crossed the wire, the capture lacks them."""

    containing: str = ""
    every: int = 0
    count: int = 1

    def frames(self, records: list[Record]) -> list[Record]:
        """Drop the first `count` frames whose payload holds a text, or every n-th frame."""
        if self.every:
            return [r for number, r in enumerate(records, 1) if number % self.every]
        hits = [r for r in records if self.containing.encode() in _payload(r)][: self.count]
        if not hits:
            msg = f"no frame holds {self.containing!r}"
            raise ValueError(msg)
        return [r for r in records if not any(r is hit for hit in hits)]


@dataclass(frozen=True)
class Snap(Damage):
    """A short snaplen."""

    length: int = 96

    def frames(self, records: list[Record]) -> list[Record]:
        """Cut each frame."""
        return [replace(r, data=r.data[: self.length]) for r in records]

    def form(self, form: Form) -> Form:
        """State the snaplen in the file."""
        return replace(form, snaplen=self.length)


@dataclass(frozen=True)
class Twice(Damage):
    """A span port that delivers every n-th frame twice."""

    every: int = 1
    after: int = 3000

    def frames(self, records: list[Record]) -> list[Record]:
        """Repeat frames a moment later."""
        out = []
        for number, record in enumerate(records):
            out.append(record)
            if number % self.every == 0:
                out.append(replace(record, time=record.time + self.after))
        return out


@dataclass(frozen=True)
class Reorder(Damage):
    """Frames written in another order than they came in."""

    every: int = 4

    def frames(self, records: list[Record]) -> list[Record]:
        """Swap every n-th frame with its neighbour, times and all."""
        out = list(records)
        for at in range(self.every, len(out), self.every):
            out[at - 1], out[at] = out[at], out[at - 1]
        return out


@dataclass(frozen=True)
class Window(Damage):
    """A capture that was started late or stopped early."""

    skip: int = 0
    stop_before_end: int = 0
    only_from_port: int = 0

    def frames(self, records: list[Record]) -> list[Record]:
        """Leave out frames at the ends, or those of one direction."""
        kept = records[self.skip : len(records) - self.stop_before_end]
        if not self.only_from_port:
            return kept
        parsed = [(r, packet.parse(r.data)) for r in kept]
        return [r for r, segment in parsed if segment and segment.source_port == self.only_from_port]


@dataclass(frozen=True)
class Written(Damage):
    """Another file format: pcapng, big-endian, nanoseconds, compressed."""

    suffix: str = ".pcap"
    big_endian: bool = False
    nano: bool = False

    def form(self, form: Form) -> Form:
        """Return the other form."""
        return replace(form, suffix=self.suffix, order=">" if self.big_endian else "<", nano=self.nano or form.nano)


@dataclass(frozen=True)
class Cooked(Damage):
    """Captured on Linux's `any` interface: a cooked header in place of Ethernet."""

    def frames(self, records: list[Record]) -> list[Record]:
        """Replace the link header (LINKTYPE_LINUX_SLL)."""
        return [replace(r, data=_cook(r.data), length=r.length + 2) for r in records]

    def form(self, form: Form) -> Form:
        """State the link type."""
        return replace(form, link=113)


@dataclass(frozen=True)
class Tagged(Damage):
    """Captured on a trunk: a VLAN tag in each frame."""

    vlan: int = 25

    def frames(self, records: list[Record]) -> list[Record]:
        """Insert an 802.1Q tag."""
        tag = struct.pack("!HH", 0x8100, self.vlan)
        return [replace(r, data=r.data[:12] + tag + r.data[12:], length=r.length + 4) for r in records]


def _cook(frame: bytes) -> bytes:
    kind = 4 if frame[6:12].endswith(b"\x01") else 0
    return struct.pack("!HHH", kind, 1, 6) + frame[6:12] + b"\0\0" + frame[12:]


def _payload(record: Record) -> bytes:
    segment = packet.parse(record.data)
    return segment.payload if segment else b""
