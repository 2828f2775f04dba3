"""A port scan: connect, and reset at once without a word."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from lab.network import OUTSIDE

if TYPE_CHECKING:
    from lab.room import Room


@dataclass
class Knock:
    """Try several servers in turn."""

    servers: tuple[str, ...]
    source: str = "203.0.113.39"
    side: str = OUTSIDE

    def software(self) -> str:
        """Return what plays the part of the scanner."""
        return "port scan (Python socket)"

    def run(self, room: Room) -> None:
        """Scan from the client's namespace."""
        command = [sys.executable, "-m", "lab.clients.knock_process", json.dumps(asdict(self))]
        room.run(self.side, command, "scan.example.net")
