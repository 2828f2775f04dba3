"""A short mail: its bytes wait for the end, to be read at once, which is less work than to read them as they come."""

from __future__ import annotations

import xxhash

from pcapsleuth.smtp.dialogue import Mail
from pcapsleuth.smtp.filler import filler
from pcapsleuth.smtp.longest import LINE, PART, Longest
from pcapsleuth.smtp.mail import DOT, DOT_LINE, PIECE, TERMINATOR, MailReader, Part
from pcapsleuth.smtp.message import BLANK_LINE, message_id

SHORT = 16_384
"""Bytes up to which a mail waits for its end."""

CRLF = TERMINATOR[:2]

HALVES = (TERMINATOR[:3], TERMINATOR[:4])
"""Ends of a segment whose last bytes are data or not, as the next segment says."""

SECONDS = TERMINATOR[1:]
"""What a segment begins with where a terminator may have begun before it."""

assert SHORT < PIECE  # noqa: S101  a short mail is one piece

_new_mail = tuple.__new__


class ShortMail:
    """The segments of mail data whose terminator is in one segment, or the last one's `.CRLF` behind a CRLF."""

    __slots__ = ("_ends", "_last", "_parts", "_terminator", "_times", "ended", "length", "offset")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.length = 0
        self.ended = False
        self._parts: list[bytes] = []
        self._ends: list[tuple[int, int]] = []
        """How many bytes there were behind each of them, and its frame."""
        self._times: list[int] = []
        self._last = CRLF
        """The last bytes: at first those of the DATA line."""
        self._terminator: tuple[Part, ...] = ()

    def take(self, text: bytes, frame: int, time: int) -> int:
        """Take a segment up to the end of the mail data; return how many bytes, -1 where it must be read with care."""
        if self.length + len(text) > SHORT or self._last.endswith(HALVES):
            return -1
        at = text.find(TERMINATOR)
        end = at + len(CRLF) if at >= 0 else len(text)
        if text[0] in SECONDS and TERMINATOR in self._last + text[:4]:
            if not self._parts or len(self._parts[-1]) < len(CRLF) or not text.startswith(DOT_LINE):
                return -1
            end, self.ended = 0, True
            self._terminator = (self._ends[-1][1], self._times[-1], len(CRLF)), (frame, time, len(DOT_LINE))
        elif at >= 0:
            self.ended, self._terminator = True, ((frame, time, len(TERMINATOR)),)
        else:
            self._last = (self._last + text)[-4:]
        self.length += end
        self._parts.append(text)
        self._ends.append((self.length, frame))
        self._times.append(time)
        return end + len(DOT_LINE) if self.ended else end

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
        line, name = _longest(begin, data) if _may_be_long(body) else ((), ())
        digest = plain = xxhash.xxh3_128_digest(data)
        if data[:1] == b"." or DOT in data:
            plain = xxhash.xxh3_128_digest((CRLF + data).replace(DOT, CRLF)[len(CRLF) :])
        facts = (
            row, rows, self.offset, self.length, digest, plain, begin, len(body),
            xxhash.xxh3_128_digest(body) if found else None,
            (xxhash.xxh3_64_intdigest(body),) if body else (), (self._frame_of(begin + 1),) if body else (),
            header, (first, self._frame_of(begin) if found else last), self._terminator,
            True, True, False, message_id(header), self._placed(line), self._placed(name),
            filler(b"", body) or b"",
        )  # fmt: skip
        return _new_mail(Mail, facts)

    def _placed(self, long: tuple[int, ...]) -> tuple[int, ...]:
        """What is too long, with the frame of its first byte."""
        return (*long[:2], self._frame_of(long[1] + 1)) if long else long

    def _frame_of(self, count: int) -> int:
        """The frame that brought the last one of so many bytes."""
        return next(frame for size, frame in self._ends if size >= count)


def _may_be_long(body: bytes) -> bool:
    """Tell whether a body may have parts, or a line that is too long."""
    if body.startswith(b"--") or (b"-" in body and PART.search(body)):
        # For so short a string the expression is twice as fast as `in`; base64 has not one dash.
        return True
    at, last = 0, len(body) - LINE
    while at < last:
        at = body.rfind(b"\n", at, at + LINE) + 1
        if not at:
            return True
    return False


def _longest(begin: int, data: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Measure the body, which begins there; it is told which dots are there for transparency."""
    longest = Longest(begin)
    at = max(begin - len(CRLF), 0)
    first, *stuffed = data[at:].split(DOT)
    longest.take((first + CRLF if stuffed else first)[begin - at :], 0)
    for number, line in enumerate(stuffed, 1):
        longest.stuffed()
        longest.take(b"." + line + (CRLF if number < len(stuffed) else b""), 0)
    return longest.line, longest.name
