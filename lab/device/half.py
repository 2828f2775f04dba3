"""One direction of a connection through the device: which byte on one side is which byte on the other.

The editor swallows and injects bytes, so the difference between the two sequence spaces changes as the connection
goes on. Every piece of the stream is remembered as it left the device, so that a segment that TCP repeats leaves it
the same way again. Offsets count from the first byte after the SYN.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lab.device.packet import WRAP


@dataclass(frozen=True)
class _Piece:
    start: int
    length: int
    out: bytes

    @property
    def end(self) -> int:
        return self.start + self.length

    def cut(self, start: int, end: int) -> bytes:
        """Return what became of the bytes from start to end: exact where lengths were kept."""
        if self.length == len(self.out):
            return self.out[max(0, start - self.start) : max(0, end - self.start)]
        injected_before = self.length == 0 and self.start == start
        return self.out if start <= self.start < end and not injected_before else b""


@dataclass
class Half:
    """The stream of one direction, at ingress and at egress."""

    isn_in: int
    isn_out: int
    next_in: int = 0
    next_out: int = 0
    pieces: list[_Piece] = field(default_factory=list)

    def offset(self, seq: int) -> int:
        """Return the ingress offset of a sequence number; negative before the first byte."""
        return _signed(seq - self.isn_in - 1)

    def seq_out(self, offset: int) -> int:
        """Return the egress sequence number of an egress offset."""
        return (self.isn_out + 1 + offset) % WRAP

    def seq_in(self, offset: int) -> int:
        """Return the ingress sequence number of an ingress offset."""
        return (self.isn_in + 1 + offset) % WRAP

    def take(self, length: int, out: bytes) -> int:
        """Note that the next `length` ingress bytes leave as `out`; return where `out` begins at egress."""
        begin = self.next_out
        self.pieces.append(_Piece(self.next_in, length, out))
        self.next_in += length
        self.next_out += len(out)
        return begin

    def again(self, offset: int, length: int) -> tuple[int, bytes]:
        """Return what an already taken range looked like at egress: its offset there and its bytes."""
        out = b"".join(piece.cut(offset, offset + length) for piece in self.pieces)
        return self.to_out(offset), out

    def to_out(self, offset: int) -> int:
        """Translate an ingress offset to an egress offset."""
        if offset >= self.next_in or offset < 0:
            return self.next_out + offset - self.next_in if offset >= 0 else offset
        at = 0
        for piece in self.pieces:
            if piece.length and piece.start <= offset < piece.end:
                return at + (offset - piece.start if piece.length == len(piece.out) else 0)
            at += len(piece.out)
        return at

    def to_in(self, offset: int) -> int:
        """Translate an egress offset (an ACK) to an ingress offset; swallowed bytes count as acknowledged."""
        if offset >= self.next_out:
            return self.next_in + offset - self.next_out
        at, inside = 0, 0
        for piece in self.pieces:
            if at + len(piece.out) > offset:
                return piece.start + (offset - at if piece.length == len(piece.out) else 0)
            at += len(piece.out)
            inside = piece.end
        return inside

    def ack_in(self, ack: int) -> int:
        """Translate an acknowledgement that the receiver sent to the sender's sequence space."""
        offset = _signed(ack - self.isn_out - 1)
        return self.seq_in(self.to_in(offset) if offset >= 0 else offset)


def _signed(value: int) -> int:
    value %= WRAP
    return value - WRAP if value >= WRAP // 2 else value
