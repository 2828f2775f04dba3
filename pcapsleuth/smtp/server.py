"""The server's bytes: replies, or TLS."""

from __future__ import annotations

from pcapsleuth.smtp.client import TLS, ClientStream
from pcapsleuth.smtp.grammar import REPLY_LINE, REPLY_START
from pcapsleuth.smtp.lines import LineBuffer, Piece, Unit
from pcapsleuth.smtp.parser import Parser
from pcapsleuth.smtp.replies import Frames, ReplyAssembly
from pcapsleuth.smtp.state import State
from pcapsleuth.smtp.tls import TlsStream, is_record
from pcapsleuth.tcp.connection import Gap


class ServerStream:
    """Reads the other direction and tells the client's reader what replies decide."""

    __slots__ = ("_client", "_lines", "_parser", "_replies", "lost", "plain", "tls")

    def __init__(self, parser: Parser, client: ClientStream, replies: ReplyAssembly) -> None:
        self._parser = parser
        self._client = client
        self._replies = replies
        self._lines = LineBuffer()
        self.lost = False
        """Behind a gap: only what looks like a reply line is one."""
        self.plain = True
        """Whether the next bytes are the start of a reply, and nothing is out of the ordinary."""
        self.tls: TlsStream | None = None

    def take(self, piece: Piece, start: int = 0) -> None:
        """Take the bytes of a segment from `start` on."""
        size = len(piece.data)
        while start < size:
            if self.tls is not None:
                self.tls.feed(piece.data[start:], piece.frame, piece.time)
                break
            if is_record(self._lines.head(piece, start)):
                self._begin_tls(piece, start)
                continue
            unit, start = self._lines.take(piece, start)
            if unit is not None:
                self._line(unit)
        self.plain = not (self._lines.length or self._replies.open or self.lost or self.tls)

    def gap(self, gap: Gap) -> None:
        """Take note of missing bytes: what a reply has of lines stands, as far as it came."""
        self.plain = False
        self._break()
        if self.tls is not None:
            self.tls.gap(gap.length)
        else:
            self.lost = True
        self._parser.gap(1, gap)
        self._client.settle()

    def close(self) -> None:
        """End with the connection."""
        if self.plain:
            return
        self._break()
        if self.tls is not None:
            tls = self.tls
            self._parser.complete(tls.row, tls.end, tls.last_frame, tls.time, tls.segments, 0)

    def _line(self, unit: Unit) -> None:
        if self.lost:
            if not REPLY_START.match(unit.text):
                self._parser.stray(1, unit)
                return
            self.lost = False
        for whole in self._replies.line(unit):
            self._reply(*whole)

    def _break(self) -> None:
        """End what has begun."""
        rest = self._lines.rest()
        if rest is not None:
            if self.lost or not (self._replies.open or REPLY_LINE.match(rest.text)):
                self._parser.stray(1, rest)
            else:
                for whole in self._replies.line(rest):
                    self._reply(*whole)
        if self._replies.open:
            for whole in self._replies.flush():
                self._reply(*whole)

    def _reply(self, code: bytes, unit: Unit, frames: Frames) -> None:
        parser, client = self._parser, self._client
        if parser.state is State.MAIL_DATA and client.data.interrupted(code, unit.last_frame, unit.time):
            client.lost, client.plain = True, False
        parser.assembled(code, unit, frames)
        if client.held:
            client.settle()

    def _begin_tls(self, piece: Piece, start: int) -> None:
        parser = self._parser
        waiting = self._lines.rest()
        offset = waiting.offset if waiting else piece.offset + start
        frame = waiting.first_frame if waiting else piece.frame
        if parser.untouched:
            parser.tls = True
        self.tls = TlsStream(parser.reserve(TLS, 1, offset, frame, piece.time), offset, frame)
        if waiting:
            self.tls.feed(waiting.text, waiting.last_frame, waiting.time)
