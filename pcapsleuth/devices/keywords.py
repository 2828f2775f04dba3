"""What devices do to the keyword lines of an EHLO reply."""

from __future__ import annotations

import re
from string import ascii_uppercase

from pcapsleuth.devices.doing import Doing
from pcapsleuth.devices.event import KEYWORD, Event

NUMBER = re.compile(rb"(\S+) (\d+)")


def keyword_name(line: bytes) -> str:
    """The keyword of a line; `AUTH=LOGIN`, the old form, is `AUTH=`."""
    found = re.match(rb"[^\s=]*=?", line)
    return found[0].decode("latin-1").upper() if found else ""


class MaskKeywords(Doing):
    """Overwrites lines, in place."""

    element = KEYWORD
    steady = True

    def apply(self, event: Event) -> Event:
        """Overwrite a line; the n-th ends in the n-th letter."""
        if event.element != KEYWORD or event.went is None or not self._masks(event):
            return event
        return event._replace(went=self._mask(event))

    def concerns(self, event: Event) -> bool:
        """What some releases leave alone may pass."""
        return not self._open(event) and super().concerns(event)

    def explains(self, event: Event) -> bool:
        """Exactly: length, filler, and the letter of its number."""
        if event.element != KEYWORD or not event.came or event.went is None or event.answer is not None:
            return False
        return (self._open(event) or self._masks(event)) and event.changed and event.went == self._mask(event)

    def marks(self, event: Event) -> bool:
        """The running letter, filler alone, or filler in its one place."""
        if event.element != KEYWORD or not event.went:
            return False
        only = self.names("only")
        if self.number("at"):
            return event.went.upper() in {self._at(name.encode()) for name in only}
        fits = not only or any(len(name) == len(event.went) for name in only)
        return fits and event.went == self._mask(event._replace(came=event.went))

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """The running letter is a handwriting, and so is one place in a word."""
        return 4 if self.flag("letters") or self.number("at") else 2

    def _masks(self, event: Event) -> bool:
        """Tell whether a line is treated; `AUTH=` is by itself, `X-EXPS=` goes with X-EXPS."""
        if event.detail == "last" and event.name == "OK":
            return self.flag("last_line")
        return self.treats(event.name)

    def _open(self, event: Event) -> bool:
        """Tell whether releases differ in this line."""
        return event.name in self.names("either") or (event.name == "OK" and self.flag("last_line"))

    def _mask(self, event: Event) -> bytes:
        """The mask of a line."""
        if self.number("at"):
            return self._at(event.came or b"")
        length = len(event.came or b"")
        filler = self.text("filler").encode()
        if not self.flag("letters") or not 1 <= event.number <= len(ascii_uppercase):
            return filler * length
        return filler * (length - 1) + ascii_uppercase[event.number - 1].encode()

    def _at(self, line: bytes) -> bytes:
        """A line with its one character overwritten."""
        at = self.number("at")
        return line[: at - 1] + self.text("filler").encode() + line[at:]


class RemoveKeywords(Doing):
    """Leaves lines out."""

    element = KEYWORD
    steady = True

    def apply(self, event: Event) -> Event:
        """Leave a line out."""
        if event.element != KEYWORD or event.detail == "last" or not self.treats(event.name.rstrip("=")):
            return event
        return event._replace(went=None)

    def concerns(self, event: Event) -> bool:
        """A list that is a setting binds nobody."""
        return not self.flag("adjustable") and super().concerns(event)

    def explains(self, event: Event) -> bool:
        """Any line, where the list is a setting."""
        gone = event.element == KEYWORD and event.came is not None and event.went is None
        return gone and (self.flag("adjustable") or super().explains(event))

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """A fixed list tells more than a setting."""
        return 1 if self.flag("adjustable") else 2


class LimitKeyword(Doing):
    """Shows a keyword with less than the server's parameters."""

    element = KEYWORD

    def apply(self, event: Event) -> Event:
        """Take parameters away, or lower the number."""
        if event.element != KEYWORD or event.went is None or event.name.rstrip("=") != self.text("keyword"):
            return event
        return event._replace(went=self._limited(event.went))

    def concerns(self, event: Event) -> bool:
        """A bound that is a setting binds nobody."""
        return not self.flag("adjustable") and super().concerns(event)

    def explains(self, event: Event) -> bool:
        """Any lower number or smaller choice, where it is a setting."""
        if event.element != KEYWORD or event.came is None or event.went is None or not event.changed:
            return False
        if event.name.rstrip("=") != self.text("keyword") or not self.flag("adjustable"):
            return super().explains(event)
        before, after = NUMBER.fullmatch(event.came), NUMBER.fullmatch(event.went)
        if before and after:
            return bool(self.number("maximum")) and int(after[2]) < int(before[2])
        return bool(self.names("parameters")) and set(event.went.split()) < set(event.came.split())

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """Many proxies do so."""
        return 1

    def _limited(self, line: bytes) -> bytes:
        """A line within the bounds."""
        if (found := NUMBER.fullmatch(line)) and self.number("maximum"):
            return found[1] + b" %d" % min(int(found[2]), self.number("maximum"))
        if not self.names("parameters"):
            return line
        head, *words = re.split(rb"[ =]", line)
        kept = [word for word in words if word.decode("latin-1").upper() in self.names("parameters")]
        return b" ".join([head, *kept]) if len(kept) < len(words) else line


class AddKeyword(Doing):
    """Adds a line of its own; it applies to the end of the list."""

    element = KEYWORD

    def apply(self, event: Event) -> Event:
        """Make the line, from the event that nothing came."""
        name = keyword_name(self.text("line").encode())
        if event.element != KEYWORD or event.came is not None or event.name not in ("", name):
            return event
        return event._replace(name=name, went=self.text("line").encode())

    def explains(self, event: Event) -> bool:
        """A line that nobody sent."""
        if event.element != KEYWORD or event.came is not None or event.went is None:
            return False
        return event.went.upper() == self.text("line").encode().upper()
