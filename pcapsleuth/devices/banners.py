"""What devices do to the greeting."""

from __future__ import annotations

import re

from pcapsleuth.detect.marks import SHORTEST, masked_greeting
from pcapsleuth.devices.doing import Doing
from pcapsleuth.devices.event import GREETING, Event

CODE = re.compile(rb"(\d{3})([ -]?)")


class MaskBanner(Doing):
    """Overwrites the greeting's text, in place."""

    element = GREETING
    steady = True

    def apply(self, event: Event) -> Event:
        """Overwrite each line behind its code."""
        if event.element != GREETING or event.went is None:
            return event
        lines = event.went.split(b"\r\n")
        return event._replace(went=b"\r\n".join(self._line(line, n) for n, line in enumerate(lines)))

    def marks(self, event: Event) -> bool:
        """Nothing but filler, blanks and what it keeps, behind the codes that it leaves."""
        if event.element != GREETING or not event.went:
            return False
        lines = event.went.split(b"\r\n")
        heads = [CODE.match(line) for line in lines]
        separators = {head[2] for head in heads if head is not None} - {b"-"}
        fits = not separators or separators == {b" " if self.flag("keep_space") else b""}
        later = all((head is not None) == self.flag("later_codes") for head in heads[1:])
        filler, keep = self.text("filler").encode(), self.text("keep").encode()
        body = b"".join(_bodies(event.went)).strip()
        return fits and later and filler in body and len(body) >= SHORTEST and not body.strip(filler + keep + b" ")

    def explains(self, event: Event) -> bool:
        """Exactly; or by its look where the lengths differ, as in captures that were made from a transcript."""
        if super().explains(event):
            return True
        return self.marks(event) and event.came is not None and len(event.came) != len(event.went or b"")

    def telling(self, event: Event) -> int:
        """That 2 and 0 survived where there were any is a handwriting; stars alone are a habit of several."""
        if event.came is not None and len(event.came) != len(event.went or b""):
            return 1
        kept = self.text("keep").encode()
        return 3 if any(byte in kept for byte in b"".join(_bodies(event.went or b""))) else 2

    def _line(self, line: bytes, number: int) -> bytes:
        """Overwrite one line."""
        head = CODE.match(line) if number == 0 or self.flag("later_codes") else None
        start = 0
        if head is not None:
            start = head.end(1) + (bool(head[2]) and (self.flag("keep_space") or head[2] == b"-"))
        keep = self.text("keep").encode()
        filler = self.text("filler").encode()
        return line[:start] + b"".join(bytes([c]) if c in keep else filler for c in line[start:])


def _bodies(greeting: bytes) -> list[bytes]:
    """The lines of a greeting behind their codes."""
    lines = greeting.split(b"\r\n")
    return [line[head.end() :] if (head := CODE.match(line)) else line for line in lines]


class ReplaceBanner(Doing):
    """Greets in its own name."""

    element = GREETING

    def apply(self, event: Event) -> Event:
        """Put the own greeting in place, filled up if that is its way."""
        if event.element != GREETING or event.went is None or self.says(event.went):
            return event
        said, pad = self.said, self.text("pad").encode()
        return event._replace(went=said.ljust(len(event.went), pad) if pad else said)

    def explains(self, event: Event) -> bool:
        """By its text, whatever the server had said; stars are nobody's words."""
        said = event.element == GREETING and event.changed and self.says(event.went)
        return said and (self.own_words > 1 or not masked_greeting(event.went or b""))

    def marks(self, event: Event) -> bool:
        """By its text, if nobody else says so."""
        return event.element == GREETING and self.own_words > 1 and self.says(event.went)

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """By how much the text is its own."""
        return self.own_words


class PrependBanner(Doing):
    """Says a line before the server's greeting."""

    element = GREETING

    def apply(self, event: Event) -> Event:
        """Add the line."""
        if event.element != GREETING or event.went is None:
            return event
        return event._replace(went=self.said + b"\r\n" + event.went)

    def explains(self, event: Event) -> bool:
        """The first line is its own, what follows is the server's."""
        if event.element != GREETING or event.came is None or event.went is None:
            return False
        first, _, rest = event.went.partition(b"\r\n")
        return rest == event.came and self.says(first)

    def marks(self, event: Event) -> bool:
        """By its first line."""
        return event.element == GREETING and bool(event.went) and self.says((event.went or b"").partition(b"\n")[0])

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """By how much the text is its own."""
        return self.own_words


class RefuseGreeting(Doing):
    """Greets with a refusal and asks no server."""

    element = GREETING

    def apply(self, event: Event) -> Event:
        """Answer in the server's place."""
        if event.element != GREETING:
            return event
        return event._replace(came=None, went=None, answer=self.said)

    def explains(self, event: Event) -> bool:
        """By its text."""
        return event.element == GREETING and event.changed and self.says(event.answer or event.went)

    def marks(self, event: Event) -> bool:
        """By its text, if nobody else says so."""
        return event.element == GREETING and self.own_words > 1 and self.says(event.went)

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """By how much the text is its own."""
        return self.own_words
