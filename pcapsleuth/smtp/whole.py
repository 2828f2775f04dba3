"""A mail that is there as a whole: all its facts at once, which is less work than to read segments as they come."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from xxhash import xxh3_64_intdigest, xxh3_128_digest

from pcapsleuth.smtp.dialogue import Mail
from pcapsleuth.smtp.filler import filler
from pcapsleuth.smtp.longest import LINE, PART, Longest
from pcapsleuth.smtp.mail import DOT, DOT_LINE, PIECE, TERMINATOR, Part
from pcapsleuth.smtp.message import BLANK_LINE, message_id
from pcapsleuth.tcp.connection import Payload

CRLF = TERMINATOR[:2]

DOTTED = re.compile(rb"\n\.")
"""What a line with a dot in front begins with; the expression is quicker than `in` here too."""

_new_mail = tuple.__new__


class Whole(NamedTuple):
    """Mail data of less than a piece, with its terminator, and the segments that carried it."""

    data: bytes
    """Without the terminator but for the CRLF that ends the last line."""
    ends: list[int]
    """Where each segment ends; the last one may go on behind the terminator."""
    frames: list[int]
    times: list[int]

    @property
    def end(self) -> int:
        """Where the terminator ends."""
        return len(self.data) + len(DOT_LINE)

    @property
    def left(self) -> int:
        """Bytes of the last segment behind the terminator."""
        return self.ends[-1] - self.end

    def frame(self, at: int) -> int:
        """The frame that brought a byte."""
        return self.frames[bisect_right(self.ends, at)]

    def terminator(self) -> tuple[Part, ...]:
        """What each segment carried of the terminator."""
        begin = len(self.data) - len(CRLF)
        parts: list[Part] = []
        for frame, time, stop in zip(self.frames, self.times, self.ends, strict=True):
            if stop > begin:
                parts.append((frame, time, min(stop, self.end) - begin))
                begin = stop
        return tuple(parts)


def find(payloads: Sequence[Payload], at: int = 0) -> Whole | None:
    """Find the mail data that begins with a payload, if it is short and ends before the server's next one."""
    texts: list[bytes] = []
    ends: list[int] = []
    size = 0
    for place in range(at, len(payloads)):
        to_client, _, text, _, _, _ = payloads[place]
        if to_client:
            break
        size += len(text)
        if size > PIECE:
            return None
        texts.append(text)
        ends.append(size)
    data = b"".join(texts)
    end = data.find(TERMINATOR)
    if end < 0 or data.startswith(DOT_LINE):
        # An empty one ends by the CRLF of the DATA line itself (RFC 5321 section 4.1.1.4).
        return None
    data = data[: end + len(CRLF)]
    count = bisect_left(ends, len(data) + len(DOT_LINE)) + 1
    used = payloads[at : at + count]
    return Whole(data, ends[:count], [payload[4] for payload in used], [payload[5] for payload in used])


def read(mail: Whole, row: int, offset: int) -> Mail:
    """Return the facts of mail data at a stream offset."""
    data, frames = mail.data, mail.frames
    found = BLANK_LINE.search(b"\n" + data)
    begin = found.end() - 1 if found else -1
    header, body = (data[:begin], data[begin:]) if found else (data, b"")
    line, name = _longest(begin, data) if _may_be_long(body) else ((), ())
    digest = plain = xxh3_128_digest(data)
    if data.startswith(b".") or DOTTED.search(data):
        plain = xxh3_128_digest((CRLF + data).replace(DOT, CRLF)[len(CRLF) :])
    facts = (
        row, (row,), offset, len(data), digest, plain, begin, len(body),
        xxh3_128_digest(body) if found else None,
        (xxh3_64_intdigest(body),) if body else (), (mail.frame(begin),) if body else (),
        header, (frames[0], mail.frame(max(begin - 1, 0)) if found else frames[-1]), mail.terminator(),
        True, True, False, message_id(header), _placed(line, mail), _placed(name, mail), filler(b"", body) or b"",
    )  # fmt: skip
    return _new_mail(Mail, facts)


def _placed(long: tuple[int, ...], mail: Whole) -> tuple[int, ...]:
    """What is too long, with the frame of its first byte."""
    return (*long[:2], mail.frame(long[1])) if long else long


def _may_be_long(body: bytes) -> bool:
    """Tell whether a body may have parts, or a line that is too long."""
    if body.startswith(b"--") or (b"-" in body and PART.search(body)):
        # The expression is twice as fast as `in` for a mail; base64 has not one dash.
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
