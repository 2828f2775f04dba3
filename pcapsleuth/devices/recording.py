"""A clean session as it was captured: its dialogue, and the bytes of both directions with how they were cut."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from pcapsleuth.smtp.builder import DialogueBuilder
from pcapsleuth.smtp.dialogue import Dialogue, Row
from pcapsleuth.tcp.connection import Connection, Consumer, Gap
from pcapsleuth.tcp.segments import Direction


class Piece(NamedTuple):
    """The payload of one segment."""

    offset: int
    length: int
    time: int


@dataclass
class Recording:
    """All that is needed to play a session again."""

    dialogue: Dialogue
    streams: tuple[bytearray, bytearray]
    pieces: tuple[list[Piece], list[Piece]]
    whole: bool
    """Nothing is missing."""

    def bytes(self, row: Row) -> bytes:
        """The bytes of a row on the wire, line ends included."""
        return bytes(self.streams[row.direction][row.offset : row.offset + row.length])

    def cuts(self, row: Row) -> tuple[int, ...]:
        """How the row was cut into segments: the lengths of its parts."""
        end = row.offset + row.length
        edges = {min(max(piece.offset + piece.length, row.offset), end) for piece in self.pieces[row.direction]}
        places = sorted({row.offset, end} | edges)
        return tuple(b - a for a, b in pairwise(places))


@dataclass
class Recorder(Consumer):
    """Records a connection while its dialogue is made: a consumer of the connection table."""

    connection: Connection
    _inner: DialogueBuilder = field(init=False)
    _streams: tuple[bytearray, bytearray] = field(default_factory=lambda: (bytearray(), bytearray()))
    _pieces: tuple[list[Piece], list[Piece]] = field(default_factory=lambda: ([], []))
    _whole: bool = True

    def __post_init__(self) -> None:
        """Let the dialogue be made beside."""
        self._inner = DialogueBuilder(self.connection)

    def data(self, direction: Direction, offset: int, payload: bytes, frame: int, time: int) -> None:
        """Keep a copy of the payload."""
        stream = self._streams[direction]
        stream.extend(bytes(max(0, offset - len(stream))))
        stream[offset : offset + len(payload)] = payload
        self._pieces[direction].append(Piece(offset, len(payload), time))
        self._inner.data(direction, offset, payload, frame, time)

    def gap(self, direction: Direction, gap: Gap) -> None:
        """A session with a hole cannot be played."""
        self._whole = False
        self._inner.gap(direction, gap)

    def close(self) -> Recording:
        """The recording."""
        return Recording(self._inner.close(), self._streams, self._pieces, self._whole)
