"""What capturing itself makes of frames: segments joined by the network card, sums left to it, files with notes."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from lab.damage.damage import Damage
from lab.damage.records import Form, Record
from lab.device import packet

_MOST = 65535 - 60
_CHECKSUM = 16


@dataclass(frozen=True)
class Joined(Damage):
    """A card that joins segments which follow each other (GRO), so that the capture holds larger ones."""

    def frames(self, records: list[Record]) -> list[Record]:
        """Join data segments of one direction that come in sequence, at the time of the last."""
        out: list[Record] = []
        for record in records:
            joined = _join(out[-1], record) if out else None
            if joined is None:
                out.append(record)
            else:
                out[-1] = joined
        return out


@dataclass(frozen=True)
class Unsummed(Damage):
    """A card that writes the TCP checksum itself: what its host sends shows another one in the capture."""

    sender: str = ""

    def frames(self, records: list[Record]) -> list[Record]:
        """Spoil the checksum of every frame from one MAC address."""
        mac = bytes.fromhex(self.sender.replace(":", ""))
        return [replace(r, data=_unsum(r.data)) if r.data[6:12] == mac else r for r in records]


@dataclass(frozen=True)
class Overlapping(Damage):
    """Two ring files that overlap, merged into one by time: the frames of the overlap stand there twice."""

    first: int = 0
    last: int = 0

    def frames(self, records: list[Record]) -> list[Record]:
        """Repeat the frames from `first` to `last`, each behind itself."""
        return [
            copy
            for number, record in enumerate(records, 1)
            for copy in [record] * (2 if self.first <= number <= self.last else 1)
        ]


@dataclass(frozen=True)
class Annotated(Damage):
    """A pcapng with what people and programs leave in one: comments, names, custom blocks, statistics."""

    suffix: str = ".pcapng"
    comment: str = ""

    def form(self, form: Form) -> Form:
        """Return the form with a comment."""
        return replace(form, suffix=self.suffix, comment=self.comment)


def _join(one: Record, two: Record) -> Record | None:
    before, after = packet.parse(one.data), packet.parse(two.data)
    if before is None or after is None or not before.payload or not after.payload or before.key != after.key:
        return None
    if (before.flags | after.flags) & ~(packet.ACK | packet.PSH) or before.ack != after.ack:
        return None
    if after.seq != (before.seq + len(before.payload)) % packet.WRAP or len(before.payload + after.payload) > _MOST:
        return None
    whole = replace(after, seq=before.seq, payload=before.payload + after.payload)
    data = packet.build(whole, one.data[6:12], one.data[:6])
    return replace(two, data=data, length=len(data))


def _unsum(frame: bytes) -> bytes:
    at = 14 + (frame[14] & 15) * 4 + _CHECKSUM
    return frame[:at] + struct.pack("!H", struct.unpack_from("!H", frame, at)[0] ^ 0xBEEF) + frame[at + 2 :]
