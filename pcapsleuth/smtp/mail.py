"""Mail data is read as it streams by and never kept: its end, its length, its digests and its header.

The work is per segment, not per line: one search for CRLF and dot finds the terminator and every stuffed dot.
"""

from __future__ import annotations

import xxhash

from pcapsleuth.smtp.dialogue import Flag, Mail
from pcapsleuth.smtp.filler import filler
from pcapsleuth.smtp.longest import Longest
from pcapsleuth.smtp.message import BLANK_LINE, message_id

HEADER_LIMIT = 65_536
"""Bytes kept of a header: only fields are read of it, and servers refuse longer ones."""

PIECE = 65_536
"""Body bytes under one digest of `Mail.chunks`."""

DOT = b"\r\n."
TERMINATOR = b"\r\n.\r\n"
"""RFC 5321 section 4.1.1.4: the first CRLF also ends the last line of the data, or the DATA line itself."""

DOT_LINE = TERMINATOR[2:]
"""What of it stands behind the mail data."""

LENIENT = {
    b"\n.\n": int(Flag.BARE_LF),
    b"\n.\r\n": int(Flag.BARE_LF),
    b"\r.\r": int(Flag.BARE_CR),
}
"""What some servers take for the terminator."""

_new_mail = tuple.__new__

Part = tuple[int, int, int]
"""Frame, time and number of bytes of a segment's share of the terminator."""


class MailReader:
    """Reads the mail data of one message."""

    __slots__ = (
        "_aligned", "_body", "_body_offset", "_body_whole", "_end", "_fill", "_filler", "_header", "_header_frames",
        "_holed", "_in_header", "_longest", "_parts", "_piece", "_piece_frames", "_pieces", "_plain",
        "_tail", "_terminator", "_waited", "_whole", "_window", "chunked", "ended", "gaps", "length", "offset",
    )  # fmt: skip

    def __init__(self, offset: int, frame: int, line_end: Part | None) -> None:
        """Begin at a stream offset; `line_end` is the CRLF of the DATA line, None for chunks (RFC 3030)."""
        self.offset = offset
        self.length = 0
        self.chunked = line_end is None
        self.ended = False
        self.gaps = False
        self._whole = xxhash.xxh3_128()
        self._plain: xxhash.xxh3_128 | None = None
        self._body = xxhash.xxh3_128()
        self._body_offset = -1
        self._body_whole = True
        self._longest = Longest(-1)
        self._filler: bytes | None = b""
        self._piece = xxhash.xxh3_64()
        self._fill = 0
        """Bytes of the piece so far."""
        self._holed = False
        """Whether some of them are missing."""
        self._aligned = True
        """Whether it is known where pieces begin: no longer once a gap is of unknown length or before the body."""
        self._pieces: list[int | None] = []
        self._piece_frames: list[int] = []
        self._header = bytearray()
        self._header_frames = (frame, frame)
        self._in_header = True
        self._window = b"\n"
        """The last bytes before what comes next: a blank line may be the first line."""
        self._tail = b"\r\n" if line_end else b""
        """The last bytes seen, as far as they may begin a terminator."""
        self._waited: tuple[int, ...] = ()
        """The frames of those that are not counted as data yet: from a dot on."""
        self._parts: list[Part] = [line_end] if line_end else []
        """Where `_tail` came from."""
        self._end = b""
        """The last bytes seen, whatever they are."""
        self._terminator: tuple[Part, ...] = ()

    def feed(self, payload: bytes, frame: int, time: int) -> int:
        """Read on; return how many of the bytes belong to the mail data and its terminator."""
        joint = self._tail + payload
        at = joint.find(DOT)
        if at >= 0:
            return self._feed_dots(joint, at, frame, time)
        self._take(payload if self._tail else joint, frame)
        self._look_back(joint, frame, time)
        return len(payload)

    def feed_chunk(self, payload: bytes, frame: int) -> None:
        """Read bytes of a BDAT chunk: no terminator, no transparency."""
        self._take(payload, frame)

    def gap(self, length: int | None, frame: int) -> None:
        """Take note that bytes are missing, None where nobody knows how many."""
        self._release()
        self.gaps = True
        self._tail = self._end = b""
        self.length += length or 0
        self._body_whole = False
        if self._in_header:
            # The blank line may be in the gap: where the body begins is a guess from here on.
            self._aligned, self._window = False, b""
            return
        self._longest.gap(length or 0)
        if length is None:
            self._aligned, self._holed = False, True
        elif self._aligned:
            self._skip(length, frame)

    @property
    def waiting(self) -> int:
        """Bytes seen that are not counted, for they may begin the terminator."""
        return len(self._waited)

    def accept_end(self) -> int:
        """Take the last bytes for the end if a less strict server may do so; return the flags of the oddity, 0 if not.

        RFC 5321 section 4.1.1.4 allows only CRLF. The odd terminator's own bytes stay counted as data.
        """
        flags = next((flags for end, flags in LENIENT.items() if self._end.endswith(end)), 0)
        self.ended = bool(flags)
        return flags

    def finish(self, row: int, rows: tuple[int, ...]) -> Mail:
        """Return the facts; bytes that wait for the rest of a terminator are data after all."""
        if not self.ended:
            self._release()
        digest = None if self.gaps else self._whole.digest()
        plain = digest if digest is None or self._plain is None else self._plain.digest()
        if self._fill:
            self._close_piece()
        header = bytes(self._header)
        facts = (
            row, rows, self.offset, self.length, digest, plain, self._body_offset,
            self.length - self._body_offset if self._body_offset >= 0 else 0,
            self._body.digest() if self._body_whole and self._body_offset >= 0 else None,
            tuple(self._pieces), tuple(self._piece_frames), header, self._header_frames, self._terminator,
            self.ended and not self.gaps, self.ended, self.chunked, message_id(header),
            self._longest.line, self._longest.name, (self._body_whole and self._filler) or b"",
        )  # fmt: skip
        return _new_mail(Mail, facts)

    def _feed_dots(self, joint: bytes, at: int, frame: int, time: int) -> int:
        """Read bytes that hold a line with a dot in front: the end, half of it, or transparency (section 4.5.2)."""
        before, waited = len(self._tail), self._waited
        position, self._waited = before - len(waited), ()
        while at >= 0:
            dot = at + 2
            follows = joint[dot + 1 : dot + 3]
            if follows == b"\r\n" or (dot + 1 + len(follows) == len(joint) and b"\r\n".startswith(follows)):
                self._take(joint[position:dot], frame)
                break
            if dot < before:
                self._take_waited(joint[dot:before], waited)
                position = before
            else:
                self._take(joint[position:dot], frame)
                self._take_dot(frame)
                position = dot + 1
            at = joint.find(DOT, dot + 1)
        else:
            self._take(joint[position:], frame)
            self._look_back(joint, frame, time)
            return len(joint) - before
        end = min(dot + 3, len(joint))
        if at >= before:
            self._parts = [(frame, time, end - at)]
        else:
            self._parts = _last_parts([*self._parts, (frame, time, end - before)], end - at)
        self._tail = joint[at:end]
        self._end = self._tail
        if self._tail == TERMINATOR:
            self.ended, self._terminator = True, tuple(self._parts)
        else:
            self._waited = tuple(waited[place - dot] if place < before else frame for place in range(dot, end))
        return end - before

    def _take_waited(self, data: bytes, frames: tuple[int, ...]) -> None:
        """Take a dot that stands for itself, and what came behind it, each byte as of its own frame."""
        self._take_dot(frames[0])
        for place in range(1, len(data)):
            self._take(data[place : place + 1], frames[place])

    def _take_dot(self, frame: int) -> None:
        """Take a dot that is there for transparency."""
        if self._plain is None:
            # The first dot to be undone: until here both digests are of the same bytes.
            self._plain = self._whole.copy()
        plain, self._plain = self._plain, None
        self._longest.stuffed()
        self._take(b".", frame)
        self._plain = plain

    def _look_back(self, joint: bytes, frame: int, time: int) -> None:
        """Remember the last bytes as far as they may begin a terminator."""
        self._end = joint[-4:] if len(joint) > 3 else (self._end + joint[len(self._tail) :])[-4:]  # noqa: PLR2004
        length = 2 if joint.endswith(b"\r\n") else 1 if joint.endswith(b"\r") else 0
        if length:
            self._parts = _last_parts([*self._parts, (frame, time, len(joint) - len(self._tail))], length)
        self._tail = joint[len(joint) - length :]

    def _release(self) -> None:
        """Count the bytes that waited for the rest of a terminator: it did not come."""
        frames, self._waited = self._waited, ()
        start = len(self._tail) - len(frames)
        for place, frame in enumerate(frames, start):
            self._take(self._tail[place : place + 1], frame)

    def _take(self, data: bytes, frame: int) -> None:
        size = len(data)
        self.length += size
        if 0 < self._fill < PIECE - size and not self.gaps:
            # In the midst of a whole body, as nearly always.
            self._whole.update(data)
            self._body.update(data)
            self._piece.update(data)
            self._measure(data, frame)
            self._fill += size
            if self._plain is not None:
                self._plain.update(data)
            return
        if not self.gaps:
            self._whole.update(data)
            if self._plain is not None:
                self._plain.update(data)
        if self._in_header:
            self._take_header(data, frame)
        else:
            self._take_body(data, frame)

    def _take_header(self, data: bytes, frame: int) -> None:
        window = self._window + data
        found = BLANK_LINE.search(window)
        end = found.end() - len(self._window) if found else len(data)
        # Behind a gap in the header nothing is kept: two halves of different fields are no field.
        if self._aligned and len(self._header) < HEADER_LIMIT:
            self._header += data[: min(end, HEADER_LIMIT - len(self._header))]
        self._header_frames = (self._header_frames[0], frame)
        self._window = window[-2:]
        if found:
            self._in_header = False
            self._body_offset = self.length - (len(data) - end)
            self._longest = Longest(self._body_offset)
            if end < len(data):
                self._take_body(data[end:], frame)

    def _take_body(self, data: bytes, frame: int) -> None:
        if self._body_whole:
            self._body.update(data)
        self._measure(data, frame)
        if not self._aligned:
            return
        while len(data) >= PIECE - self._fill:
            room = PIECE - self._fill
            self._fill_piece(data[:room], frame)
            self._close_piece()
            data = data[room:]
        if data:
            self._fill_piece(data, frame)

    def _measure(self, data: bytes, frame: int) -> None:
        self._longest.take(data, frame)
        if self._filler is not None:
            self._filler = filler(self._filler, data)

    def _fill_piece(self, data: bytes, frame: int) -> None:
        if not self._fill:
            self._piece_frames.append(frame)
        self._piece.update(data)
        self._fill += len(data)

    def _close_piece(self) -> None:
        self._pieces.append(None if self._holed else self._piece.intdigest())
        self._piece.reset()
        self._fill, self._holed = 0, False

    def _skip(self, length: int, frame: int) -> None:
        """Count missing bytes of the body."""
        while length:
            if not self._fill:
                self._piece_frames.append(frame)
            step = min(length, PIECE - self._fill)
            self._holed = True
            self._fill += step
            length -= step
            if self._fill == PIECE:
                self._close_piece()


def _last_parts(parts: list[Part], length: int) -> list[Part]:
    """Return what the last `length` bytes came from; nothing for segments before them."""
    kept: list[Part] = []
    for frame, time, size in reversed(parts):
        if length <= 0:
            break
        if size:
            kept.append((frame, time, min(size, length)))
            length -= size
    return kept[::-1]
