"""One side of a paired session, as the comparison reads it: units of both directions, gaps, and coverage."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from pcapsleuth.compare.difference import Piece
from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind, Mail, Row
from pcapsleuth.tcp.connection import Gap, Stream
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER, Direction

SHOWN = 4096
"""Bytes of a row that a difference keeps."""

UNASKED = "UNASKED"
"""What a reply answers that nobody asked for, such as a 421 at a timeout."""

CLIENT_KINDS = frozenset({Kind.COMMAND, Kind.MAIL, Kind.CHUNK, Kind.SECRET})
PARTIAL = Flag.UNTERMINATED | Flag.CUT | Flag.UNCERTAIN


class Bounds(NamedTuple):
    """From when to when a capture has frames, ns by its own clock."""

    first: int
    last: int


class Unit(NamedTuple):
    """A row that takes part in the alignment."""

    at: int
    """Its row in the dialogue."""
    row: Row
    text: bytes
    """Without the line end; for mail data its digest."""
    partial: bool
    """Only the beginning is known for sure."""

    @property
    def end(self) -> int:
        """Where it ends in its stream."""
        return self.row.offset + self.row.length


@dataclass
class View:
    """What one capture shows of a session."""

    side: str
    """`outside` or `inside`."""
    dialogue: Dialogue
    bounds: Bounds

    def stream(self, direction: Direction) -> Stream:
        """The TCP stream of a direction."""
        return self.dialogue.connection.streams[direction]

    @cached_property
    def commands(self) -> list[Unit]:
        """What the client sent: commands, mail data, chunks, secrets."""
        return [
            _unit(self.dialogue, i, row)
            for i, row in enumerate(self.dialogue.rows)
            if row.direction == TO_SERVER and row.kind in CLIENT_KINDS
        ]

    @cached_property
    def replies(self) -> list[Unit]:
        """What the server sent: whole replies."""
        return [_unit(self.dialogue, i, row) for i, row in self.dialogue.replies()]

    def units(self, direction: Direction) -> list[Unit]:
        """The units of a direction."""
        return self.commands if direction == TO_SERVER else self.replies

    def is_cut(self, row: int) -> bool:
        """Tell whether of a unit only the beginning is known: the capture cut it, or it is too long to be kept."""
        return bool(self.dialogue.rows[row].flags & (Flag.UNTERMINATED | Flag.CUT))

    @cached_property
    def times(self) -> dict[Direction, Counter[bytes]]:
        """How often each text stands in a direction."""
        return {way: Counter(unit.text for unit in self.units(way)) for way in (TO_SERVER, TO_CLIENT)}

    @cached_property
    def answered(self) -> dict[int, list[int]]:
        """Rows that were answered, each with the rows of its replies."""
        answers: dict[int, list[int]] = {}
        for i, row in self.dialogue.replies():
            answers.setdefault(row.answers, []).append(i)
        return answers

    def asked_at(self, row: int) -> int:
        """When what a row asks was whole, ns: the chunk behind a BDAT is a part of it (RFC 3030 section 2)."""
        rows = self.dialogue.rows
        chunk = row + 1 < len(rows) and rows[row + 1].kind == Kind.CHUNK
        return rows[row + 1].time if chunk else rows[row].time

    @cached_property
    def mails(self) -> dict[int, Mail]:
        """Mails by each row that carried a part of them."""
        return {row: mail for mail in self.dialogue.mails for row in mail.rows or (mail.row,)}

    @cached_property
    def encrypted(self) -> bool:
        """TLS hides the rest of the dialogue: nothing behind its begin can be called absent."""
        return any(row.kind == Kind.TLS for row in self.dialogue.rows)

    @cached_property
    def lossy(self) -> bool:
        """The capture lost bytes of this session, or has one direction only."""
        return any(
            not self.stream(way).segments or any(self._lost(way, gap) for gap in self.stream(way).gaps)
            for way in (TO_SERVER, TO_CLIENT)
        )

    def unreceived(self, direction: Direction) -> bool:
        """Tell whether bytes of a direction are missing that the receiver never acknowledged."""
        stream = self.stream(direction)
        return any(gap.why == "lost" and stream.acked <= gap.offset for gap in stream.gaps)

    def repeated_in_vain(self, direction: Direction, offset: int, over: int) -> bool:
        """Tell whether the sender repeated bytes that were never acknowledged: TCP itself says they did not arrive.

        Not by a repeat behind the time when the other capture was `over`: a receiver that was heard after it talks on
        unseen there.
        """
        stream, heard = self.stream(direction), self.stream(opposite(direction)).last_time
        return stream.acked <= offset and any(
            again.offset <= offset < again.offset + again.length and not over < again.time < heard
            for again in stream.retransmissions
        )

    def hole(self, direction: Direction, after: int, before: int) -> bool:
        """Tell whether the capture lost bytes of a direction between two stream offsets."""
        return any(self._lost(direction, gap) for gap in self._gaps(direction, after, before))

    def received_unseen(self, direction: Direction, after: int, before: int, size: int) -> bool:
        """Tell whether `size` bytes in a row were received between two offsets that the capture does not show."""
        acked = self.stream(direction).acked
        return any(
            (gap.length is None or gap.length >= size) and (gap.why != "lost" or acked > gap.offset)
            for gap in self._gaps(direction, after, before)
        )

    def _gaps(self, direction: Direction, after: int, before: int) -> Iterator[Gap]:
        """The gaps of a direction that touch a stretch of it."""
        gaps, reach = self._ordered[direction]
        for at in range(bisect_left(reach, after), len(gaps)):
            gap = gaps[at]
            if gap.offset > before:
                return
            if gap.offset + (gap.length or 0) >= after:
                yield gap

    @cached_property
    def _ordered(self) -> dict[Direction, tuple[list[Gap], list[int]]]:
        """The gaps of each direction in the order of the stream, and how far it and those before it reach."""
        found = {}
        for way in (TO_SERVER, TO_CLIENT):
            gaps = sorted(self.stream(way).gaps, key=lambda gap: gap.offset)
            found[way] = gaps, list(accumulate((gap.offset + (gap.length or 0) for gap in gaps), max))
        return found

    def _lost(self, direction: Direction, gap: Gap) -> bool:
        """Tell whether it was the capture that lost a gap's bytes.

        What the receiver goes on without acknowledging did not arrive. A receiver that is not heard any more is no
        witness.
        """
        receiver = self.stream(opposite(direction))
        # A RST acknowledges nothing (RFC 9293 section 3.5.2): heard last, it is no witness.
        silent = receiver.rst is not None and receiver.rst.time == receiver.last_time
        heard = receiver.last_time > gap.time and not silent
        return gap.why != "lost" or self.stream(direction).acked > gap.offset or not heard

    def piece(self, unit: Unit, start: int = 0, length: int | None = None) -> Piece:
        """The bytes of a unit (or of a part of it) with their place."""
        secret = unit.row.kind in (Kind.MAIL, Kind.CHUNK)
        text = b"" if secret else self.dialogue.text(unit.row)[start : None if length is None else start + length]
        row = unit.row
        frame = self.dialogue.frame(unit.at, start)
        return Piece(self.side, unit.at, frame, row.time, row.offset + start, text.rstrip(b"\r\n")[:SHOWN])

    def question(self, reply: Unit) -> str:
        """What a reply answers, as the subject of a label."""
        return "GREETING" if reply.row.flags & Flag.GREETING else self.words(reply.row.answers)

    def words(self, row: int) -> str:
        """The verb that a row is: what a reply answers, in the words of this side."""
        if row < 0:
            return UNASKED
        answered = self.dialogue.rows[row]
        if answered.kind == Kind.MAIL:
            return "END-OF-DATA"
        if answered.kind == Kind.SECRET:
            return "AUTH"
        if answered.kind == Kind.CHUNK:
            return "BDAT"
        return verb_text(answered.word)


def opposite(direction: Direction) -> Direction:
    """The other direction."""
    return TO_CLIENT if direction == TO_SERVER else TO_SERVER


def verb_text(word: bytes) -> str:
    """A verb as the subject of a label: upper case, printable, at most 40 characters."""
    text = word.decode("ascii", "replace").upper()
    return "".join(c if c.isalnum() or c in "-_*=+." else "?" for c in text)[:40] or "?"


def _unit(dialogue: Dialogue, index: int, row: Row) -> Unit:
    """Make the unit of a row."""
    if row.kind in (Kind.MAIL, Kind.CHUNK):
        return Unit(index, row, b"", bool(row.flags & PARTIAL))
    return Unit(index, row, dialogue.text(row).rstrip(b"\r\n"), bool(row.flags & PARTIAL))


__all__ = ["TO_CLIENT", "TO_SERVER", "Bounds", "Unit", "View", "opposite", "verb_text"]
