"""A person at a telnet client in character mode: every key is a segment of its own."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from lab.network import OUTSIDE

if TYPE_CHECKING:
    from lab.room import Room


@dataclass
class Telnet:
    """Type lines, key by key, and read what comes back."""

    lines: tuple[str, ...]
    server: str = "198.51.100.25"
    source: str = "203.0.113.14"
    pause: float = 0.02
    side: str = OUTSIDE

    def software(self) -> str:
        """Return what plays the part of telnet."""
        return "character-mode client (Python socket)"

    def run(self, room: Room) -> None:
        """Type in the client's namespace."""
        command = [sys.executable, "-m", "lab.clients.telnet_process", json.dumps(asdict(self))]
        room.run(self.side, command, "desk.example.net")
