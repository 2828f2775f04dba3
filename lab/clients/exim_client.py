"""Exim as the sender, delivering in the foreground."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.clients.message import Message
from lab.network import OUTSIDE
from lab.servers.exim import Exim, binary

if TYPE_CHECKING:
    from lab.room import Room


@dataclass
class EximClient:
    """Deliveries by one instance of Exim, one after the other."""

    server: str = "198.51.100.25"
    source: str = "203.0.113.21"
    ehlo: str = "exim.example.net"
    message: Message = field(default_factory=Message)
    more: tuple[Message, ...] = ()
    wire: str = ""
    side: str = OUTSIDE

    def software(self) -> str:
        """Return Exim and its version."""
        return Exim().software()

    def run(self, room: Room) -> None:
        """Deliver each message now."""
        router = f"manualroute\n  transport = wire\n  route_list = * {self.server} byname"
        wire = f"interface = {self.source}\n  {self.wire}"
        exim = Exim(self.ehlo, self.source, self.side, router=router, wire=wire)
        path = exim.configure(room)
        for message in (self.message, *self.more):
            command = [binary(), "-C", str(path), "-odf", "-oi", "-f", message.sender, *message.recipients]
            room.run(self.side, command, self.ehlo, message.text())
