"""The client's bytes: read as the state says, held while it cannot tell."""

from __future__ import annotations

from collections import deque

from pcapsleuth.smtp.bodies import ChunkBody, DataBody
from pcapsleuth.smtp.dialogue import Kind
from pcapsleuth.smtp.grammar import COMMAND_START, is_filler, split_command
from pcapsleuth.smtp.lines import TEXT_LIMIT, LineBuffer, Piece, Unit
from pcapsleuth.smtp.parser import UNCERTAIN, Parser
from pcapsleuth.smtp.proxy import V1, header_length
from pcapsleuth.smtp.replies import CODELESS, ReplyAssembly
from pcapsleuth.smtp.state import WANTS, Signal, State, Want, after
from pcapsleuth.smtp.tls import TlsStream, is_record
from pcapsleuth.tcp.connection import Gap

HELD_LIMIT = 65_536
"""Client bytes held until a reply says what they are: more than a client sends without an answer."""

FIRST_LINE_LIMIT = 4_096
"""Bytes looked at to tell what held bytes are."""

RESETS = frozenset((b"RSET", b"EHLO", b"HELO", b"LHLO", b"MAIL"))
"""What ends a message of chunks before its last one (RFC 3030 section 4.2)."""

GROUP_ENDS = frozenset((b"EHLO", b"HELO", b"LHLO"))
"""A client waits for the whole reply to these (RFC 2920 section 3.1)."""

END_OF_MAIL_DATA = b".\r\n"
"""A line that shows what the lines before it were (RFC 5321 section 4.1.1.4)."""

TLS, PROXY = int(Kind.TLS), int(Kind.PROXY)


class ClientStream:
    """Reads one direction: commands, mail data, chunks, credentials, TLS."""

    __slots__ = (
        "_closing", "_held_bytes", "_lines", "_opened", "_parser", "_replies", "chunks", "data", "held", "lost",
        "plain", "tls",
    )  # fmt: skip

    def __init__(self, parser: Parser, data: DataBody, replies: ReplyAssembly) -> None:
        self._parser = parser
        self._replies = replies
        self._lines = LineBuffer()
        self._opened = False
        """The first bytes were taken for a PROXY protocol header, rightly or not."""
        self._closing = False
        self._held_bytes = 0
        self.held: deque[Piece | Gap] = deque()
        self.lost = False
        """Behind a gap: only what looks like a command is one."""
        self.plain = True
        """Whether the next bytes are the start of a line, and nothing is out of the ordinary."""
        self.data = data
        self.chunks = ChunkBody(parser)
        self.tls: TlsStream | None = None

    def take(self, piece: Piece, start: int = 0) -> None:
        """Take the bytes of a segment from `start` on."""
        if not self.held:
            start = self._advance(piece, start)
        if start < len(piece.data):
            self.held.append(_rest(piece, start))
            self._held_bytes += len(piece.data) - start
        if self.held:
            self.settle()
        self.plain = not (self._lines.length or self.lost or self.tls or self.chunks.message)

    def gap(self, gap: Gap) -> None:
        """Take note of missing bytes."""
        self.plain = False
        if self.held or WANTS[self._parser.state] is Want.HELD:
            self.held.append(gap)
            self.settle()
        else:
            self._pass(gap)

    def settle(self) -> None:
        """Read held bytes for as long as something says what they are."""
        held, parser = self.held, self._parser
        while held:
            if WANTS[parser.state] is Want.HELD and not self._resolve():
                return
            item = held.popleft()
            if isinstance(item, Gap):
                self._pass(item)
                continue
            self._held_bytes -= len(item.data)
            start = self._advance(item, 0)
            if start < len(item.data):
                held.appendleft(_rest(item, start))
                self._held_bytes += len(item.data) - start

    def close(self) -> None:
        """End: what is held must be something, what has begun does not end."""
        self._closing = True
        self.settle()
        parser = self._parser
        if rest := self._lines.rest():
            self._line(rest)
        self.data.close()
        self.chunks.close()
        if self.tls is not None:
            parser.complete(self.tls.row, self.tls.end, self.tls.last_frame, self.tls.time, self.tls.segments, 0)

    def _advance(self, piece: Piece, start: int) -> int:
        """Take bytes until none are left or they must be held; return where that is."""
        size = len(piece.data)
        parser = self._parser
        while start < size:
            want = WANTS[parser.state]
            if want is Want.LINES:
                start = self._take_line(piece, start)
            elif want is Want.DATA:
                at = piece.offset + start
                start += self.data.take(piece.data[start:], at, piece.frame, piece.time)
            elif want is Want.COUNT:
                if self.chunks.row < 0:
                    self.chunks.begin(piece.offset + start, piece.frame, piece.time)
                    continue
                start = self.chunks.take(piece, start)
            elif want is Want.TLS and self.tls is not None:
                self.tls.feed(piece.data[start:], piece.frame, piece.time)
                return size
            else:
                return start
        return start

    def _take_line(self, piece: Piece, start: int) -> int:
        lines = self._lines
        head = lines.head(piece, start)
        if is_record(head):
            self._begin_tls(piece, start)
            return start
        if head[:1] == b"\r" and not lines.length and self._parser.greeting_due and self._fresh():
            self._parser.state, self._opened = after(self._parser.state, Signal.SIGNATURE), True
            return start
        unit, start = lines.take(piece, start)
        if unit is not None:
            self._line(unit)
        return start

    def _line(self, unit: Unit) -> None:
        """Take a line, whole or as far as it came."""
        parser = self._parser
        if self._replies.open:
            self._close_reply()
        if self.lost:
            if not self._found(unit):
                return
            unit = unit._replace(flags=unit.flags | UNCERTAIN)
        if parser.state is State.CREDENTIALS:
            parser.secret(unit)
        elif unit.text.startswith(V1) and self._fresh():
            parser.add(PROXY, 0, b"", unit)
        else:
            self._command(unit)

    def _fresh(self) -> bool:
        """Whether the client's first bytes are looked at for the first time."""
        return not (self._opened or any(row.direction == 0 for row in self._parser.rows))

    def _command(self, unit: Unit) -> None:
        parser = self._parser
        if parser.state is State.HANDSHAKE:
            parser.state = after(parser.state, Signal.LINE)
            parser.note("clear-after-starttls", 0, unit.last_frame, unit.time, "clear text after STARTTLS was accepted")
        row = parser.rows[parser.line(unit)]
        if row.word in RESETS:
            self.chunks.abandon()
        if parser.state is State.CHUNK:
            self.chunks.begin(unit.offset + unit.length, unit.last_frame, unit.time)

    def _close_reply(self) -> None:
        """End a reply that never ends, as masks of the code make it: the client has gone on."""
        parser = self._parser
        waiting = parser.rows[parser.outstanding[0]].word if parser.outstanding else b""
        if self._replies.flags & CODELESS or waiting in GROUP_ENDS:
            for whole in self._replies.flush():
                parser.assembled(*whole)

    def _found(self, unit: Unit) -> bool:
        """Tell whether a line behind a gap can be taken for what it seems to be."""
        parser = self._parser
        if COMMAND_START.match(unit.text) or is_filler(split_command(unit.text)[0]):
            self.lost = False
        elif parser.state is State.CREDENTIALS:
            # The rest of a line of the exchange, or the next one: secret in any case.
            self.lost = False
        elif unit.text == END_OF_MAIL_DATA:
            self.lost = False
            self.data.found_end(unit)
            return False
        else:
            parser.stray(0, unit)
        return not self.lost

    def _begin_tls(self, piece: Piece, start: int) -> None:
        parser = self._parser
        waiting = self._lines.rest()
        offset = waiting.offset if waiting else piece.offset + start
        frame = waiting.first_frame if waiting else piece.frame
        if parser.state is State.HANDSHAKE or parser.untouched:
            parser.tls = True
        else:
            parser.note("tls-unasked", 0, piece.frame, piece.time, "a TLS record where a command was due")
        parser.state, parser.asked = after(parser.state, Signal.RECORD), -1
        self.tls = TlsStream(parser.reserve(TLS, 0, offset, frame, piece.time), offset, frame)
        if waiting:
            self.tls.feed(waiting.text, waiting.last_frame, waiting.time)

    def _pass(self, gap: Gap) -> None:
        """Let missing bytes be of what the state says."""
        parser = self._parser
        want = WANTS[parser.state]
        if rest := self._lines.rest():
            parser.stray(0, rest)
        if want is Want.DATA:
            self.data.gap(gap)
        elif want is Want.COUNT:
            if self.chunks.row < 0:
                self.chunks.begin(gap.offset, gap.frame, gap.time)
            self.lost = self.chunks.row >= 0 and self.chunks.gap(gap)
        elif want is Want.TLS and self.tls is not None:
            self.tls.gap(gap.length)
        else:
            self.lost = True
        parser.gap(0, gap)

    def _resolve(self) -> bool:
        """Tell what held bytes are although no reply said so, if that can be told."""
        parser = self._parser
        if parser.state is State.OPENING:
            return self._open()
        full = self._held_bytes > HELD_LIMIT
        if not (parser.doubt or self._closing or full):
            return False
        line = self._first_line()
        whole = (
            line.endswith(b"\n") or len(line) >= FIRST_LINE_LIMIT or is_record(line) or isinstance(self.held[-1], Gap)
        )
        if not (whole or self._closing or full):
            return False
        if full:
            last = self.held[-1]
            parser.note("bound", 0, last.frame, last.time, "client bytes without a reply")
        parser.presume(line)
        return True

    def _first_line(self) -> bytes:
        line = b""
        for item in self.held:
            if isinstance(item, Gap) or len(line) >= FIRST_LINE_LIMIT:
                break
            end = item.data.find(b"\n") + 1
            line += item.data[: end or FIRST_LINE_LIMIT]
            if end:
                break
        return line

    def _open(self) -> bool:
        """Take a PROXY protocol header, or find that there is none."""
        parser = self._parser
        pieces = [item for item in self.held if isinstance(item, Piece)]
        length = header_length(b"".join(piece.data for piece in pieces))
        if length is None and not self._closing and len(pieces) == len(self.held):
            return False
        parser.state = after(parser.state, Signal.END)
        if length:
            self._header(length)
        return bool(self.held)

    def _header(self, length: int) -> None:
        """Make a row of so many held bytes."""
        header = LineBuffer()
        while header.length < length:
            piece = self.held.popleft()
            if isinstance(piece, Gap):
                break
            taken = min(len(piece.data), length - header.length)
            header.hold(piece, 0, taken)
            self._held_bytes -= taken
            if taken < len(piece.data):
                self.held.appendleft(_rest(piece, taken))
        if unit := header.rest():
            self._parser.add(PROXY, 0, b"", unit._replace(text=unit.text[:TEXT_LIMIT], flags=0))


def _rest(piece: Piece, start: int) -> Piece:
    """Return what follows of a piece."""
    if not start:
        return piece
    return piece._replace(data=piece.data[start:], offset=piece.offset + start)
