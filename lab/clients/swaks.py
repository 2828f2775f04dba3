"""swaks, the testers' own client."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.clients.message import Message
from lab.network import OUTSIDE
from lab.room import LabError

if TYPE_CHECKING:
    from lab.room import Room

_UNAVAILABLE = 10
"""swaks's exit status where a Perl module is missing."""


@dataclass
class Swaks:
    """One run of swaks."""

    server: str = "198.51.100.25"
    source: str = "203.0.113.10"
    ehlo: str = "client.example.net"
    message: Message = field(default_factory=Message)
    arguments: tuple[str, ...] = ()
    side: str = OUTSIDE
    timeout: int = 10

    def software(self) -> str:
        """Return swaks and its version."""
        done = subprocess.run(["swaks", "--version"], check=True, capture_output=True, text=True)
        return "swaks " + done.stdout.split()[2]

    def run(self, room: Room) -> None:
        """Send the message."""
        command = ["swaks", "--server", self.server, "--local-interface", self.source, "--ehlo", self.ehlo]
        command += ["--from", self.message.sender, "--to", ",".join(self.message.recipients)]
        command += ["--timeout", str(self.timeout), "--data", "-", *self.arguments]
        done = room.run(self.side, command, self.ehlo, self.message.text())
        if done.returncode == _UNAVAILABLE:
            raise LabError(done.stderr)
