"""What is longest in a body, as far as devices may mind: its lines, and the file names of its MIME parts.

The work is per segment, not per line: a line end is searched backwards from where the line would be too long.
"""

from __future__ import annotations

import re

from pcapsleuth.smtp.message import BLANK_LINE, longest_file_name

LINE = 1_000
"""Octets that a text line may have, its CRLF counted (RFC 5321 section 4.5.3.1.6)."""

NAME = 255
"""Octets of a file name that file systems hold, so that more are rare."""

PART = re.compile(rb"\n--")
"""What a boundary begins with, behind which the header of a MIME part stands (RFC 2046 section 5.1.1). A line of text
may begin so too: it takes fields with a file name for a part to be one."""

PART_LIMIT = 8_192
"""Bytes up to which the header of a part is waited for."""


class Longest:
    """Measures a body that it is given in pieces. Nothing is kept but the header of a part, until it ends."""

    __slots__ = ("_at", "_begin", "_begin_frame", "_frame", "_kept", "_most", "_part_frame", "_reading", "line", "name")

    def __init__(self, offset: int) -> None:
        """Begin with a body at an offset within the mail data."""
        self.line: tuple[int, ...] = ()
        self.name: tuple[int, ...] = ()
        """As `Mail` has them."""
        self._at = offset
        self._frame = 0
        """Of the last piece."""
        self._begin = offset
        self._begin_frame = 0
        """Where the line begins that has no end yet."""
        self._most = LINE
        self._kept = b"\n"
        """The last bytes, as far as `PART` may begin with them: a body begins as a line does."""
        self._reading = False
        """Whether they do, and the header of the part has not ended."""
        self._part_frame = 0

    def take(self, data: bytes, frame: int) -> None:
        """Measure what comes next."""
        if not data:
            return
        at, begin = self._at, self._begin
        self._at = end = at + len(data)
        while end - begin > self._most:
            start, too_long = begin - at, begin - at + self._most
            if start < 0:
                start, too_long = 0, max(0, too_long)
            newline = data.rfind(b"\n", start, too_long)
            if newline < 0:
                newline = data.find(b"\n", too_long)
                self._most = (at + newline + 1 if newline >= 0 else end) - begin
                self.line = self._most, begin, self._begin_frame if begin < at else frame
                if newline < 0:
                    break
            begin = at + newline + 1
        last = data.rfind(b"\n")
        if last >= 0:
            begin = max(begin, at + last + 1)
        if begin >= at:
            self._begin_frame = frame
        self._begin = begin
        if self._reading or b"-" in data:
            self._find_names(data, frame)
        else:
            self._kept = b"\n" if begin == end else b""
        self._frame = frame

    def stuffed(self) -> None:
        """Take note that a dot comes next which is there for transparency: it does not count."""
        self._begin += 1

    def gap(self, length: int) -> None:
        """Take note that bytes are missing: what stands before and behind them need not be of one line."""
        self._at += length
        self._begin = self._at
        self._kept, self._reading = b"", False

    def _find_names(self, data: bytes, frame: int) -> None:
        kept = len(self._kept)
        text = self._kept + data
        at = 0 if self._reading else _part(text, 0)
        while at >= 0:
            if not self._reading:
                self._part_frame = self._frame if at + 1 < kept else frame
            blank = BLANK_LINE.search(text, max(at, kept - 2))
            end = blank.end() if blank else len(text)
            self._reading = not blank and end - at < PART_LIMIT
            if self._reading:
                self._kept = text[at:]
                return
            size = longest_file_name(text[at + 1 : end]) if end - at > NAME else 0
            if size > (self.name[0] if self.name else NAME):
                self.name = size, self._at - len(text) + at + 1, self._part_frame
            at = _part(text, end - 1)
        self._kept = b"\n-" if text.endswith(b"\n-") else b"\n" if text.endswith(b"\n") else b""


def _part(text: bytes, at: int) -> int:
    """Find where the header of a part begins, by what is quickest for so short a string; -1 if none does."""
    found = PART.search(text, at)
    return found.start() if found else -1
