"""A difference between the two sides of a paired session: what came in, what went out."""

from __future__ import annotations

from typing import NamedTuple


class Piece(NamedTuple):
    """Bytes as one side shows them."""

    side: str
    """`outside` or `inside`."""
    row: int
    """The row of that side's dialogue; -1 where the difference is not of a row."""
    frame: int
    """Frame id of the first byte."""
    time: int
    offset: int
    """Stream offset."""
    text: bytes
    """The bytes, redacted and at most 4 KiB; empty for mail bodies."""


class Difference(NamedTuple):
    """One change. Ingress is the capture that the bytes meet first, egress the one behind the device."""

    kind: str
    """`rewritten`, `removed` (ingress only) or `injected` (egress only)."""
    element: str
    """`greeting`, `ehlo-line`, `command`, `reply`, `end-of-data`, `mail-data`, `reset`, `syn`, ..."""
    subject: str
    """The keyword of an EHLO line, the verb of a command, what a reply answers; may be empty."""
    direction: int
    """A `Direction`."""
    ingress: Piece | None
    egress: Piece | None
    certain: bool
    """False where a gap, an end of capture or a missing direction could explain the absence."""
