"""Reply lines to replies (RFC 5321 section 4.2): several lines of one code are one reply."""

from __future__ import annotations

from pcapsleuth.smtp.dialogue import Flag
from pcapsleuth.smtp.grammar import REPLY_LINE
from pcapsleuth.smtp.lines import CUT, TEXT_LIMIT, UNTERMINATED, Unit, cut

REPLY_LIMIT = 65_536
"""Bytes kept of a reply: a tarpit may go on for ever."""

CODELESS, MIXED_CODES = int(Flag.CODELESS), int(Flag.MIXED_CODES)

Frames = tuple[tuple[int, int], ...]
"""Where in a text a line begins in another frame than the line before it, and that frame; the first line at 0."""

Reply = tuple[bytes, Unit, Frames]
"""The code, empty if there is none, all lines, and their frames where there are several."""


class ReplyAssembly:
    """Holds a reply that has not ended."""

    __slots__ = ("_code", "_first", "_frames", "_last", "_length", "_text", "flags")

    def __init__(self) -> None:
        self._first: Unit | None = None
        self._last: Unit | None = None
        self._code = b""
        self._frames: list[tuple[int, int]] = []
        self._text = bytearray()
        self._length = 0
        self.flags = 0

    @property
    def open(self) -> bool:
        """Whether a reply has begun and not ended."""
        return self._first is not None

    def line(self, unit: Unit) -> list[Reply]:
        """Take a line and return the replies that ended by it."""
        found = REPLY_LINE.match(unit.text)
        code, more = (found[1], found[2] == b"-") if found else (b"", False)
        ended = self.flush() if self._begins_another(code) else []
        if self._first is None:
            self._first, self._code = unit, code
            self.flags = 0 if code else CODELESS
        elif not code:
            # An old mask overwrites the code of the second line too: the reply then never ends.
            self.flags |= CODELESS
            more = True
        elif code != self._code:
            self.flags |= MIXED_CODES
        self._keep(unit)
        return ended if more else ended + self._end()

    def flush(self) -> list[Reply]:
        """End the reply as it stands."""
        self.flags |= UNTERMINATED
        return self._end()

    def _begins_another(self, code: bytes) -> bool:
        """Tell a line that begins a new reply from one that merely has another code than the line before."""
        if self._first is None or not code or code == self._code:
            return False
        return bool(self.flags & CODELESS) or code[:1] != self._code[:1]

    def _keep(self, unit: Unit) -> None:
        text = unit.text
        if len(text) > TEXT_LIMIT:
            text, self.flags = cut(text, TEXT_LIMIT), self.flags | CUT
        if len(self._text) + len(text) > REPLY_LIMIT:
            text, self.flags = b"", self.flags | CUT
        if not self._frames or self._frames[-1][1] != unit.first_frame:
            self._frames.append((len(self._text), unit.first_frame))
        self._text += text
        self._length += unit.length
        self.flags |= unit.flags
        self._last = unit

    def _end(self) -> list[Reply]:
        first, last = self._first, self._last
        if first is None or last is None:
            self.flags = 0
            return []
        unit = Unit(
            bytes(self._text),
            first.offset,
            self._length,
            first.first_frame,
            last.last_frame,
            last.time,
            self.flags,
            first.segment,
            last.segment + last.segments - first.segment,
        )
        frames = tuple(self._frames) if len(self._frames) > 1 else ()
        self._first = self._last = None
        self._text, self._length, self.flags, self._frames = bytearray(), 0, 0, []
        return [(self._code, unit, frames)]
