"""What a detector may look at beyond one pair: the sessions of a capture, the whole of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pcapsleuth.compare.absence import to_side
from pcapsleuth.compare.pair import Clock, Pair
from pcapsleuth.compare.signature import Signature
from pcapsleuth.compare.view import Bounds
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.hellos import Hellos
from pcapsleuth.detect.tries import Try
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.tcp.connection import Connection, Endpoint


class Session(NamedTuple):
    """One session of one observation point."""

    number: int
    """Its index."""
    dialogue: Dialogue


@dataclass
class Sessions:
    """All sessions of one observation point."""

    tries: Sequence[Try] = ()
    hellos: Hellos = field(default_factory=Hellos)
    findings: Sequence[Finding] = ()
    """What was said of each of them."""


@dataclass
class Side:
    """One capture of a comparison."""

    name: str
    """`outside` or `inside`."""
    signatures: Sequence[Signature]
    """One a session, by index."""
    tries: dict[int, list[Try]]
    """By session index; sessions without mail data have none."""
    unpaired: Sequence[int]
    bounds: Bounds
    load: Callable[[int], Dialogue]
    """Read a session back."""
    hellos: Hellos = field(default_factory=Hellos)


@dataclass
class Scope:
    """A whole comparison."""

    outside: Side
    inside: Side
    pairs: Sequence[Pair]
    outbound: set[int] = field(default_factory=set)
    """Outside indices of the pairs whose client is inside."""
    clock: Clock | None = None
    findings: Sequence[Finding] = ()
    """What was said of the pairs."""

    def sides(self) -> tuple[Side, Side]:
        """Outside, then inside."""
        return self.outside, self.inside

    def other(self, side: Side) -> Side:
        """The opposite side."""
        return self.inside if side is self.outside else self.outside

    def covered(self, side: Side, connection: Connection) -> bool:
        """Tell whether the other capture was running while a connection of this side lived."""
        other = self.other(side)
        begin, end = (to_side(t, side.name, other.name, self.clock) for t in (connection.start, connection.end))
        return other.bounds.first <= begin and end <= other.bounds.last

    def crossed(self, side: Side, server: Endpoint) -> bool:
        """Tell whether any connection to this server was seen on both sides."""
        indices = {pair.outside if side is self.outside else pair.inside for pair in self.pairs}
        return any(one.server == server and one.index in indices for one in side.signatures)
