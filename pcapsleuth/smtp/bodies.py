"""The rows of what is counted and never kept: mail data, chunks and blobs."""

from __future__ import annotations

from pcapsleuth.smtp import whole
from pcapsleuth.smtp.dialogue import Flag, Kind
from pcapsleuth.smtp.lines import UNTERMINATED, Piece, Unit
from pcapsleuth.smtp.mail import MailReader
from pcapsleuth.smtp.parser import COMMAND, COMMANDS, UNCERTAIN, Parser
from pcapsleuth.smtp.record import ROW_LIMIT, STRAY
from pcapsleuth.smtp.state import Signal, State, after
from pcapsleuth.smtp.whole import Whole
from pcapsleuth.tcp.connection import Gap, Payload

MAIL, CHUNK = int(Kind.MAIL), int(Kind.CHUNK)
MASKED_CHUNK = int(Flag.MASKED_CHUNK)


class DataBody:
    """The mail data of DATA commands, one after the other."""

    __slots__ = ("_answered", "_last", "_parser", "_reader", "_row", "_segments")

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._reader: MailReader | None = None
        self._row = -1
        self._segments = 0
        self._last = (0, 0)
        """Frame and time of what was taken last."""
        self._answered = False
        """A reply came before the end: none is due after it."""

    def take_whole(self, payloads: list[Payload], at: int) -> Whole | None:
        """Take mail data that begins with a payload and ends in it or in one of the next, and return it."""
        mail = None if self._reader else whole.find(payloads, at)
        if mail is not None:
            parser, begin = self._parser, payloads[at][1]
            flags = UNCERTAIN if parser.guessed else 0
            frames, count = mail.frames, len(mail.frames)
            row = parser.reserve(MAIL, 0, begin, frames[0], mail.times[0])
            parser.complete(row, begin + mail.end, frames[-1], mail.times[-1], count, flags)
            parser.keep(whole.read(mail, row, begin))
            self._ended(row)
        return mail

    def take(self, data: bytes, offset: int, frame: int, time: int) -> int:
        """Take of a segment the bytes up to the end of the mail data; return how many."""
        reader = self._reader or self._begin(offset, frame, time)
        self._segments += 1
        self._last = frame, time
        used = reader.feed(data, frame, time)
        if reader.ended:
            self._end(reader, offset + used, frame, time, 0)
        return used

    def gap(self, gap: Gap) -> None:
        """Count missing bytes."""
        reader = self._reader or self._begin(gap.offset, gap.frame, gap.time)
        reader.gap(gap.length, gap.frame)

    def interrupted(self, code: bytes, frame: int, time: int) -> bool:
        """Take note of a reply before the end was seen; return whether the mail data ended with it."""
        reader = self._reader
        if reader is None:
            return False
        end = reader.offset + reader.length + reader.waiting
        if oddity := reader.accept_end():
            self._end(reader, end, frame, time, oddity)
            return False
        if reader.gaps or code[:1] == b"2":
            # The end was in a gap, or the server took for an end what is none: who knows what comes next.
            self._end(reader, end, frame, time, UNTERMINATED | UNCERTAIN)
            return True
        if not self._answered:
            self._answered = True
            self._parser.expect(self._row)
        return False

    def found_end(self, unit: Unit) -> None:
        """Take the stray lines before a lone dot for mail data that began in a gap."""
        parser = self._parser
        last = parser.rows[-1]
        strays = last.kind == STRAY and last.direction == 0 and last.offset + last.length == unit.offset
        strays = strays and len(parser.rows) <= ROW_LIMIT
        start = parser.rows.pop().offset if strays else unit.offset
        reader = self._begin(start, last.first_frame if strays else unit.first_frame, unit.time)
        reader.gap(unit.offset - start, unit.first_frame)
        reader.ended = True
        self._segments = (last.segments if strays else 0) + unit.segments
        self._end(reader, unit.offset + unit.length, unit.last_frame, unit.time, UNCERTAIN)

    def close(self) -> None:
        """End with the connection."""
        reader = self._reader
        if reader is not None:
            end = reader.offset + reader.length + reader.waiting
            self._end(reader, end, *self._last, UNTERMINATED)

    def _begin(self, offset: int, frame: int, time: int) -> MailReader:
        parser = self._parser
        line_end = (frame, time, 2)
        for row in reversed(parser.rows):
            if row.kind == COMMAND:
                # An empty body ends by the CRLF of the DATA line itself (RFC 5321 section 4.1.1.4).
                line_end = (row.last_frame, row.time, 2)
                break
        self._row = parser.reserve(MAIL, 0, offset, frame, time)
        self._segments, self._answered, self._last = 0, False, (frame, time)
        self._reader = reader = MailReader(offset, frame, line_end)
        return reader

    def _end(self, reader: MailReader, end: int, frame: int, time: int, flags: int) -> None:
        parser = self._parser
        if parser.guessed:
            flags |= UNCERTAIN
        parser.complete(self._row, end, frame, time, self._segments, flags)
        parser.keep(reader.finish(self._row, (self._row,)))
        self._reader = None
        self._ended(self._row)

    def _ended(self, row: int) -> None:
        """Go on behind the end of the mail data."""
        parser = self._parser
        parser.state, parser.guessed = after(State.MAIL_DATA, Signal.END), False
        if self._answered:
            self._answered = False
        else:
            parser.mail_ended(row)


class ChunkBody:
    """The chunks of BDAT commands, which may be of one message, and the blobs of XEXCH50."""

    __slots__ = ("_flags", "_last", "_parser", "_rows", "_segment", "_segments", "message", "remaining", "row")

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self.row = -1
        """The row of the chunk that is being read; -1 between chunks."""
        self.remaining = 0
        self.message: MailReader | None = None
        self._rows: list[int] = []
        self._last = False
        self._flags = 0
        self._segment = -1
        self._segments = 0

    def begin(self, offset: int, frame: int, time: int) -> None:
        """Begin the chunk that the parser read of; an empty one ends at once."""
        parser, chunk = self._parser, self._parser.chunk
        self.row = parser.reserve(CHUNK, 0, offset, frame, time)
        self.remaining, self._last = chunk.size, chunk.last
        self._flags = MASKED_CHUNK if chunk.masked else 0
        self._segment, self._segments = -1, 0
        if parser.state is State.CHUNK:
            if self.message is None:
                self.message, self._rows = MailReader(offset, frame, None), []
            self._rows.append(self.row)
        if not self.remaining:
            self._end(offset, frame, time, 0)

    def take(self, piece: Piece, start: int) -> int:
        """Take bytes up to the end of the chunk; return where to go on."""
        end = min(len(piece.data), start + self.remaining)
        data = piece.data[start:end]
        self.remaining -= len(data)
        if piece.segment != self._segment:
            self._segment, self._segments = piece.segment, self._segments + 1
        parser = self._parser
        if parser.state is State.CHUNK and self.message is not None:
            self.message.feed_chunk(data, piece.frame)
        if self._flags & MASKED_CHUNK:
            # The server reads the chunk as commands and answers every line of it.
            parser.expect(self.row, data.count(b"\n"))
        if not self.remaining:
            self._end(piece.offset + end, piece.frame, piece.time, 0)
        return end

    def gap(self, gap: Gap) -> bool:
        """Count missing bytes; return whether the chunk ended among them."""
        length = self.remaining if gap.length is None else min(gap.length, self.remaining)
        if self.message is not None:
            self.message.gap(length if gap.length is not None else None, gap.frame)
        self.remaining -= length
        if self.remaining:
            return False
        self._end(gap.offset + length, gap.frame, gap.time, UNCERTAIN)
        return gap.length != length

    def abandon(self) -> None:
        """End a message whose last chunk never came: the client began anew."""
        if self.message is not None:
            self._parser.keep(self.message.finish(self._rows[-1], tuple(self._rows)))
            self.message = None

    def close(self) -> None:
        """End with the connection."""
        if self.row >= 0:
            row = self._parser.rows[self.row]
            self._last = False
            self._end(row.offset + self._parser.chunk.size - self.remaining, row.last_frame, row.time, UNTERMINATED)
        self.abandon()

    def _end(self, offset: int, frame: int, time: int, flags: int) -> None:
        parser = self._parser
        parser.complete(self.row, offset, frame, time, self._segments, flags | self._flags)
        parser.state = after(parser.state, Signal.END) if flags != UNTERMINATED else COMMANDS
        self.row = -1
        if self._last and self.message is not None:
            self.message.ended = True
            self.abandon()
