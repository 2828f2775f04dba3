"""A client that does exactly what it is told, down to the segment: monitors, hasty ones, ones with odd manners."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from lab.network import OUTSIDE

if TYPE_CHECKING:
    from lab.room import Room


@dataclass
class Script:
    """One connection, step by step.

    `> text` sends a line, `+ text` sends text without a line end, `<` reads a reply, `~ 0.5` waits, `half` closes
    the sending half, `reset` ends with RST; at the end the connection is closed.
    """

    steps: tuple[str, ...]
    plays: str
    server: str = "198.51.100.25"
    source: str = "203.0.113.16"
    timeout: float = 5
    side: str = OUTSIDE

    def software(self) -> str:
        """Return whose part is played."""
        return f"{self.plays} (Python socket)"

    def run(self, room: Room) -> None:
        """Play it in the client's namespace."""
        command = [sys.executable, "-m", "lab.clients.script_process", json.dumps(asdict(self))]
        room.run(self.side, command, "script.example.net")
