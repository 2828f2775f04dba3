"""How a text is to look: choices of the reader, not of the traffic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo

WIDTH = 80
WIDEST = 120


@dataclass(frozen=True, slots=True)
class Look:
    """What the reader asked for."""

    width: int = WIDTH
    zone: tzinfo = UTC
    all: bool = False
    """Every session, however many there are."""
    colour: bool = False

    @property
    def zone_name(self) -> str:
        """The zone as it stands in a headline."""
        return str(self.zone)
