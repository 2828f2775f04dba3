"""A short mail: its bytes wait for the end, to be read at once, which is less work than to read them as they come."""

from __future__ import annotations

import xxhash

from pcapsleuth.smtp.dialogue import Mail
from pcapsleuth.smtp.longest import Longest
from pcapsleuth.smtp.mail import DOT, PIECE, TERMINATOR, MailReader, Part
from pcapsleuth.smtp.message import BLANK_LINE, message_id

SHORT = 16_384
"""Bytes up to which a mail waits for its end."""

assert SHORT < PIECE  # noqa: S101  a short mail is one piece

_new_mail = tuple.__new__


class ShortMail:
    """The segments of mail data of which no line begins with a dot but the last, which ends a segment."""

    __slots__ = ("_ends", "_parts", "_times", "ended", "length", "offset")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.length = 0
        self.ended = False
        self._parts: list[bytes] = []
        self._ends: list[tuple[int, int]] = []
        """How many bytes there were behind each of them, and its frame."""
        self._times: list[int] = []

    def take(self, text: bytes, frame: int, time: int) -> bool:
        """Take a segment; return whether it was as it should be. If not, nothing was taken."""
        dot = text.find(DOT)
        end = len(text)
        if dot >= 0:
            end -= len(TERMINATOR)
            if dot != end or not text.endswith(TERMINATOR):
                return False
            end += 2
        # What the segment before it ends with may be the CR, or the line end, before a dot.
        if text[0] in b"\n." or self.length + end > SHORT:
            return False
        self.length += end
        self.ended = dot >= 0
        self._parts.append(text)
        self._ends.append((self.length, frame))
        self._times.append(time)
        return True

    def lengthen(self, frame: int, line_end: Part) -> MailReader:
        """Return a reader that has read what was taken so far."""
        reader = MailReader(self.offset, frame, line_end)
        for part, (_, at), time in zip(self._parts, self._ends, self._times, strict=True):
            reader.feed(part, at, time)
        return reader

    def finish(self, row: int, rows: tuple[int, ...]) -> Mail:
        """Return the facts."""
        data = b"".join(self._parts)[: self.length]
        found = BLANK_LINE.search(b"\n" + data)
        begin = found.end() - 1 if found else -1
        header, body = (data[:begin], data[begin:]) if found else (data, b"")
        first, last = self._ends[0][1], self._ends[-1][1]
        longest = Longest(begin)
        longest.take(body, 0)
        digest = xxhash.xxh3_128_digest(data)
        facts = (
            row, rows, self.offset, self.length, digest, digest, begin, len(body),
            xxhash.xxh3_128_digest(body) if found else None,
            (xxhash.xxh3_64_intdigest(body),) if body else (), (self._frame_of(begin + 1),) if body else (),
            header, (first, self._frame_of(begin) if found else last), ((last, self._times[-1], len(TERMINATOR)),),
            True, True, False, message_id(header), self._placed(longest.line), self._placed(longest.name),
        )  # fmt: skip
        return _new_mail(Mail, facts)

    def _placed(self, long: tuple[int, ...]) -> tuple[int, ...]:
        """What is too long, with the frame of its first byte."""
        return (*long[:2], self._frame_of(long[1] + 1)) if long else long

    def _frame_of(self, count: int) -> int:
        """The frame that brought the last one of so many bytes."""
        return next(frame for size, frame in self._ends if size >= count)
