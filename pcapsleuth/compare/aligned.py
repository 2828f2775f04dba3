"""Two views of one session with their alignment: what can be asked of it before anything is concluded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from pcapsleuth.compare.alignment import Match, Surroundings, surroundings
from pcapsleuth.compare.family import Family
from pcapsleuth.compare.pair import Clock, Pair
from pcapsleuth.compare.view import Unit, View
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER, Direction


@dataclass
class Aligned:
    """Both views of one session, and which unit became which."""

    pair: Pair
    outside: View
    inside: View
    direction: str | None
    """`inbound`: the client is outside; `outbound`; None where nothing tells (then taken as inbound)."""
    clock: Clock | None
    """Of this pair if its own times tell it, else of the captures."""
    family: Family = Family.IN_PLACE
    family_why: tuple[str, ...] = ()
    commands: list[Match] = field(default_factory=list)
    """Indices into the client's and the server's `commands`."""
    replies: list[Match] = field(default_factory=list)
    """Indices into the server's and the client's `replies`."""
    in_place: dict[Direction, int] = field(default_factory=dict)
    """Up to which offset every byte of a direction came out where it came in: nothing there can be absent."""
    cut: bool = False
    """One of the captures lacks the end of this session."""
    decrypted: bool = False
    """One of the captures was made by a tap that decrypts: there is nothing in it to be compared."""

    @property
    def client(self) -> View:
        """The view nearer to the client."""
        return self.inside if self.direction == "outbound" else self.outside

    @property
    def server(self) -> View:
        """The view nearer to the server."""
        return self.outside if self.direction == "outbound" else self.inside

    def ingress(self, direction: Direction) -> View:
        """The capture that bytes of a direction meet first."""
        return self.client if direction == TO_SERVER else self.server

    def egress(self, direction: Direction) -> View:
        """The capture behind the device for a direction."""
        return self.server if direction == TO_SERVER else self.client

    def shifts(self, direction: Direction) -> frozenset[int]:
        """By how much one unit's offset may differ between the sides: not at all, or by all that was translated."""
        if self.family is Family.PROXY:
            return frozenset()
        return frozenset(
            {0, self.egress(direction).stream(direction).length - self.ingress(direction).stream(direction).length}
        )

    def matches(self, direction: Direction) -> list[Match]:
        """The alignment of a direction."""
        return self.commands if direction == TO_SERVER else self.replies

    def kept(self, direction: Direction, offset: int) -> bool:
        """Tell whether a unit that begins at an offset came out where it came in."""
        return offset < self.in_place.get(direction, 0)

    @cached_property
    def around(self) -> dict[Direction, Surroundings]:
        """What surrounds each place of the alignments."""
        return {way: surroundings(self.matches(way)) for way in (TO_SERVER, TO_CLIENT)}

    @cached_property
    def became(self) -> dict[int, int | None]:
        """For each command row of the client's view the row that it became in the server's; None if none."""
        return _rows(self.client.commands, self.server.commands, self.commands)

    @cached_property
    def place_of(self) -> dict[int, int]:
        """For each command row of the client's view its place in the alignment."""
        matches = enumerate(self.commands)
        return {self.client.commands[m.ingress].at: place for place, m in matches if m.ingress is not None}

    def both(self, direction: Direction) -> Iterator[tuple[int, Unit, Unit]]:
        """The places that both sides show, with the units as they came in and as they went out."""
        ingress, egress = self.ingress(direction).units(direction), self.egress(direction).units(direction)
        for place, match in enumerate(self.matches(direction)):
            if match.ingress is not None and match.egress is not None:
                yield place, ingress[match.ingress], egress[match.egress]

    @cached_property
    def came_from(self) -> dict[int, int]:
        """The same the other way: for each command row of the server's view that of the client's."""
        return {there: here for here, there in self.became.items() if there is not None}

    @cached_property
    def shown(self) -> dict[int, int | None]:
        """For each reply row of the server's view the row that the client was shown; None if none."""
        return _rows(self.server.replies, self.client.replies, self.replies)

    @property
    def foreign(self) -> Iterator[tuple[int, Unit]]:
        """The replies that the client was shown and that none of the server's became, each with its index."""
        for match in self.replies:
            if match.ingress is None and match.egress is not None:
                yield match.egress, self.client.replies[match.egress]

    @property
    def delay(self) -> int:
        """How long (ns) bytes may be on their way from one capture to the other, beyond what the clock seems to say.

        The way there and back is what the handshake shows, and not how it divides. A proxy takes its own time.
        """
        return 0 if self.clock is None or self.family is Family.PROXY else 2 * self.clock.error

    @property
    def lossy(self) -> bool:
        """The captures do not hold all of this session."""
        return self.cut or self.client.lossy or self.server.lossy


def _rows(one: list[Unit], other: list[Unit], matches: list[Match]) -> dict[int, int | None]:
    """Turn matches of units into a map of rows."""
    return {
        one[m.ingress].at: None if m.egress is None else other[m.egress].at for m in matches if m.ingress is not None
    }
