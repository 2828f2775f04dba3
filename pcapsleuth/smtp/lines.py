"""Lines over any segmentation, and where each came from."""

from __future__ import annotations

from typing import NamedTuple

from pcapsleuth.smtp.dialogue import Flag

LINE_LIMIT = 12_288
"""Bytes kept of a line while it is read: the longest line of AUTH (RFC 4954 section 4)."""

TEXT_LIMIT = 4_096
"""Bytes kept of a line in a dialogue: eight times the command line of RFC 5321 section 4.5.3.1.4."""

BARE_LF, BARE_CR, UNTERMINATED, CUT = (int(flag) for flag in (Flag.BARE_LF, Flag.BARE_CR, Flag.UNTERMINATED, Flag.CUT))


class Piece(NamedTuple):
    """Bytes of one segment."""

    data: bytes
    offset: int
    frame: int
    time: int
    segment: int
    """The segment's number within its direction: what counts the segments of a unit."""


class Unit(NamedTuple):
    """The bytes of a line or of a whole reply, and where they came from."""

    text: bytes
    offset: int
    length: int
    """Bytes on the wire; `text` may be cut or redacted."""
    first_frame: int
    last_frame: int
    time: int
    flags: int
    segment: int
    """Number of the segment that carried its first byte."""
    segments: int


def line_end(text: bytes) -> bytes:
    """Return what ends a line: CRLF, LF or nothing."""
    if text.endswith(b"\r\n"):
        return b"\r\n"
    return b"\n" if text.endswith(b"\n") else b""


def cut(text: bytes, limit: int) -> bytes:
    """Shorten a line to `limit` bytes, its end included."""
    end = line_end(text)
    return text[: limit - len(end)] + end


class LineBuffer:
    """Gathers the bytes of one line at a time: up to CRLF (RFC 5321 section 2.3.8), or a bare LF."""

    __slots__ = (
        "_first_frame", "_kept", "_last_frame", "_segment", "_segments", "_tail", "_time", "length", "offset",
    )  # fmt: skip

    def __init__(self) -> None:
        self._kept = bytearray()
        self._tail = b""
        self.offset = 0
        self.length = 0
        """Bytes of the unfinished line."""
        self._first_frame = self._last_frame = self._time = self._segment = self._segments = 0

    def take(self, piece: Piece, start: int) -> tuple[Unit | None, int]:
        """Take bytes from `start` up to the end of a line; return the line, if it ended, and where to go on."""
        end = piece.data.find(b"\n", start) + 1
        self.hold(piece, start, end or len(piece.data))
        if end:
            return self.rest(), end
        return None, len(piece.data)

    def hold(self, piece: Piece, start: int, end: int) -> None:
        """Keep bytes of a line."""
        if not self.length:
            self.offset = piece.offset + start
            self._first_frame, self._segment = piece.frame, piece.segment
        self._last_frame, self._time = piece.frame, piece.time
        self._segments = piece.segment - self._segment + 1
        self.length += end - start
        room = LINE_LIMIT - len(self._kept)
        self._kept += piece.data[start : min(end, start + room)]
        self._tail = (self._tail + piece.data[max(start, end - 2) : end])[-2:]

    def head(self, piece: Piece, start: int) -> bytes:
        """Return up to the first two bytes of the line: those held and those to come."""
        return bytes(self._kept[:2]) + piece.data[start : start + 2 - min(2, self.length)]

    def rest(self) -> Unit | None:
        """Return what is held, ended or not, and forget it."""
        if not self.length:
            return None
        text, flags = bytes(self._kept), 0
        end = line_end(self._tail)
        if self.length > LINE_LIMIT:
            text, flags = text[: LINE_LIMIT - len(end)] + end, CUT
        if not end:
            flags |= UNTERMINATED
        elif end == b"\n":
            flags |= BARE_LF
        if text.find(b"\r", 0, len(text) - len(end)) >= 0:
            flags |= BARE_CR
        unit = Unit(
            text,
            self.offset,
            self.length,
            self._first_frame,
            self._last_frame,
            self._time,
            flags,
            self._segment,
            self._segments,
        )
        self._kept, self._tail, self.length = bytearray(), b"", 0
        return unit
