"""An event: one thing that came to a device, and what it made of it. Treatments apply to events and explain them."""

from __future__ import annotations

from typing import NamedTuple

GREETING = "greeting"
KEYWORD = "keyword"
VERB = "verb"
REPLY = "reply"
END = "end"
BODY = "body"
HEADER = "header"
RESET = "reset"
SYN = "syn"
CONNECTION = "connection"
TCP = "tcp"
TLS = "tls"
LIMIT = "limit"

HELLO, OTHER_HELLO = b"the client's", b"another"
"""Whose TLS handshake came in, and came out: which it is hangs on random numbers, and tells nobody anything."""

MASKED = "masked"
RECEIVED = "received masked"
"""A command that comes masked to the one point of capture: whoever did it stands on the client's side of it."""

UNKNOWN = "unknown"
"""A verb that a server behind a masked greeting does not know: somebody may have kept it from it."""

DISOWNED = "offered, and unknown"
"""A verb that the list of keywords offers, and that is answered as if there were no such command."""


class Event(NamedTuple):
    """What came in and what went out."""

    element: str
    name: str
    """The verb, the keyword, what a reply answers, a header field, what was reached when a reset came."""
    came: bytes | None
    """As it came to the device, without the line end; None: the device made it."""
    went: bytes | None
    """As it went on; None: it did not."""
    answer: bytes | None = None
    """What the device itself told the one who sent it."""
    reset: str = ""
    """Who was reset: `client`, `server` or `both`."""
    number: int = 0
    """For a keyword: the how-many-th masked line it is, or would be."""
    detail: str = ""
    """A circumstance: `last` line of a list, `split` end, a `relay`, a line `typed` letter by letter."""

    @property
    def changed(self) -> bool:
        """Something was done to it."""
        return self.came != self.went or self.answer is not None or self.reset != ""

    def untouched(self) -> Event:
        """The event as it came in, before anything was done to it."""
        return self._replace(went=self.came, answer=None, reset="")
