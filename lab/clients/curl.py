"""curl, which speaks SMTP too."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.clients.message import Message
from lab.network import OUTSIDE

if TYPE_CHECKING:
    from lab.room import Room


@dataclass
class Curl:
    """One run of curl."""

    server: str = "198.51.100.25"
    source: str = "203.0.113.12"
    ehlo: str = "curl.example.net"
    message: Message = field(default_factory=Message)
    arguments: tuple[str, ...] = ()
    scheme: str = "smtp"
    side: str = OUTSIDE

    def software(self) -> str:
        """Return curl and its version."""
        done = subprocess.run(["curl", "--version"], check=True, capture_output=True, text=True)
        return " ".join(done.stdout.split()[:2])

    def run(self, room: Room) -> None:
        """Upload the message by SMTP."""
        host = f"[{self.server}]" if ":" in self.server else self.server
        command = ["curl", "-s", "--crlf", "--max-time", "15", "--interface", self.source]
        command += [f"{self.scheme}://{host}:25/{self.ehlo}"]
        command += ["--mail-from", self.message.sender, "-T", "-", *self.arguments]
        for recipient in self.message.recipients:
            command += ["--mail-rcpt", recipient]
        room.run(self.side, command, self.ehlo, self.message.text())
