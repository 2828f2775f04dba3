"""SYNs by the dozen: a half-open scan, or a flood from addresses that do not exist."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from lab.network import OUTSIDE

if TYPE_CHECKING:
    from lab.room import Room


@dataclass
class Flood:
    """One SYN from each source to each server and port; what answers is left alone.

    Where the source exists, its kernel resets what it never opened: a half-open scan.
    """

    sources: tuple[str, ...]
    servers: tuple[str, ...] = ("198.51.100.25",)
    ports: tuple[int, ...] = (25,)

    def software(self) -> str:
        """Return what plays the part of the scanner."""
        return "SYN scan (Python raw socket)"

    def run(self, room: Room) -> None:
        """Send from the outside namespace."""
        command = [sys.executable, "-m", "lab.clients.flood_process", json.dumps(asdict(self))]
        room.run(OUTSIDE, command, "scan.example.net")


@dataclass
class Kernel:
    """Set something in the kernel of one side."""

    side: str
    setting: str
    value: str

    def software(self) -> str:
        """Return nothing: no software runs."""
        return ""

    def run(self, room: Room) -> None:
        """Set it."""
        room.net.run(self.side, "sysctl", "-qw", f"{self.setting}={self.value}")
