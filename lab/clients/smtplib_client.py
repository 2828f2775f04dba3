"""smtplib, in a process of its own: mails, and verbs that no well-behaved client sends."""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from lab.clients.message import Message
from lab.network import OUTSIDE

if TYPE_CHECKING:
    from lab.room import Room


@dataclass
class Smtplib:
    """One connection by smtplib: greet, send verbs, send mail, quit, as far as it gets.

    A verb is a line; `BLOB n` sends n bytes as they are and reads a reply.
    """

    server: str = "198.51.100.25"
    source: str = "203.0.113.11"
    ehlo: str = "python.example.net"
    message: Message | None = field(default_factory=Message)
    more: tuple[Message, ...] = ()
    verbs: tuple[str, ...] = ()
    greet: str = "auto"
    starttls: bool = False
    login: tuple[str, str] = ("", "")
    tries: int = 1
    timeout: float = 5
    quit: bool = True
    side: str = OUTSIDE

    def software(self) -> str:
        """Return smtplib and the version of Python that it belongs to."""
        return f"smtplib {platform.python_version()}"

    def run(self, room: Room) -> None:
        """Run the conversation in the client's namespace."""
        plan = asdict(self)
        messages = [message for message in (self.message, *self.more) if message]
        plan["messages"] = [(message.sender, message.recipients, message.text()) for message in messages]
        command = [sys.executable, "-m", "lab.clients.smtplib_process", json.dumps(plan)]
        room.run(self.side, command, self.ehlo)
