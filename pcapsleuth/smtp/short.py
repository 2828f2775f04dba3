"""A short mail: its bytes wait for the end, to be read at once, which is less work than to read them as they come."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

from xxhash import xxh3_64_intdigest, xxh3_128_digest

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

DOTTED = re.compile(rb"\n\.")
"""What a line with a dot in front begins with: for so short a string the expression is quicker than `find`."""

assert SHORT < PIECE  # noqa: S101  a short mail is one piece

_new_mail = tuple.__new__


class ShortMail:
    """The segments of mail data whose terminator is in one segment, or the last one's `.CRLF` behind a CRLF."""

    __slots__ = ("_dotted", "_last", "_parts", "_terminator", "ended", "length", "offset")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.length = 0
        self.ended = False
        self._parts: list[tuple[bytes, int, int]] = []
        """Segments, frames and times."""
        self._dotted = False
        """Whether a line may begin with a dot."""
        self._last = CRLF
        """The last bytes: at first those of the DATA line."""
        self._terminator: tuple[Part, ...] = ()

    def take(self, text: bytes, frame: int, time: int) -> int:
        """Take a segment up to the end of the mail data; return how many bytes, -1 where it must be read with care."""
        end, last = len(text), self._last
        if self.length + end > SHORT or last.endswith(HALVES):
            return -1
        if text[0] in SECONDS:
            if TERMINATOR in last + text[:4]:
                return self._take_second(text, frame, time)
            self._dotted = True
        if DOTTED.search(text):
            self._dotted = True
            at = text.find(TERMINATOR)
            if at >= 0:
                end = at + len(CRLF)
                self.ended, self._terminator = True, ((frame, time, len(TERMINATOR)),)
        self._last = text[-4:] if end >= len(HALVES[1]) else (last + text)[-4:]
        self.length += end
        self._parts.append((text, frame, time))
        return end + len(DOT_LINE) if self.ended else end

    def _take_second(self, text: bytes, frame: int, time: int) -> int:
        """Take a segment that begins with the second part of the terminator."""
        before, frame_before, time_before = self._parts[-1] if self._parts else (b"", 0, 0)
        if len(before) < len(CRLF) or not text.startswith(DOT_LINE):
            return -1
        self.ended = True
        self._terminator = (frame_before, time_before, len(CRLF)), (frame, time, len(DOT_LINE))
        self._parts.append((b"", frame, time))
        return len(DOT_LINE)

    def lengthen(self, frame: int, line_end: Part) -> MailReader:
        """Return a reader that has read what was taken so far."""
        reader = MailReader(self.offset, frame, line_end)
        for part, at, time in self._parts:
            reader.feed(part, at, time)
        return reader

    def finish(self, row: int, rows: tuple[int, ...]) -> Mail:
        """Return the facts."""
        texts, frames, _ = zip(*self._parts, strict=True)
        data = b"".join(texts)[: self.length]
        ends = list(accumulate(map(len, texts)))
        found = BLANK_LINE.search(b"\n" + data)
        begin = found.end() - 1 if found else -1
        header, body = (data[:begin], data[begin:]) if found else (data, b"")
        begun = frames[bisect_left(ends, begin)] if found else frames[-1]
        line, name = _longest(begin, data) if _may_be_long(body) else ((), ())
        digest = plain = xxh3_128_digest(data)
        if self._dotted:
            plain = xxh3_128_digest((CRLF + data).replace(DOT, CRLF)[len(CRLF) :])
        facts = (
            row, rows, self.offset, self.length, digest, plain, begin, len(body),
            xxh3_128_digest(body) if found else None,
            (xxh3_64_intdigest(body),) if body else (), (frames[bisect_right(ends, begin)],) if body else (),
            header, (frames[0], begun), self._terminator,
            True, True, False, message_id(header), _placed(line, ends, frames), _placed(name, ends, frames),
            filler(b"", body) or b"",
        )  # fmt: skip
        return _new_mail(Mail, facts)


def _placed(long: tuple[int, ...], ends: Sequence[int], frames: Sequence[int]) -> tuple[int, ...]:
    """What is too long, with the frame of its first byte."""
    return (*long[:2], frames[bisect_right(ends, long[1])]) if long else long


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
