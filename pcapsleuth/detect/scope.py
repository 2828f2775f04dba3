"""What a detector may look at beyond one pair: the sessions of a capture, the whole of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
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
from pcapsleuth.tcp.segments import TO_CLIENT


class Session(NamedTuple):
    """One session of one observation point."""

    number: int
    """Its index."""
    dialogue: Dialogue


@dataclass
class Sessions:
    """All sessions of one observation point."""

    tries: Iterable[Try] = ()
    """Those that have something in common with another one, if not all."""
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
    unreadable: int = 0
    """Frames of which nobody can say what they were."""

    @cached_property
    def serving(self) -> frozenset[Endpoint]:
        """The servers that ever said anything here: asked of each of many connections, found once."""
        return frozenset(one.server for one in self.signatures if one.lengths[TO_CLIENT])


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

    def reached_from(self, side: Side, server: Endpoint) -> frozenset[str]:
        """Name the sides from which a server, as one side names it, was reached through the device; unsure, both."""
        return frozenset(self._reached.get((side.name, server), ()))

    @cached_property
    def _reached(self) -> dict[tuple[str, Endpoint], set[str]]:
        """The names of the clients' sides, by the name of a side and the server as that side names it."""
        found: dict[tuple[str, Endpoint], set[str]] = {}
        for pair in self.pairs:
            near = {"inbound": {"outside"}, "outbound": {"inside"}}.get(pair.direction or "", {"outside", "inside"})
            for side, index in ((self.outside, pair.outside), (self.inside, pair.inside)):
                found.setdefault((side.name, side.signatures[index].server), set()).update(near)
        return found
