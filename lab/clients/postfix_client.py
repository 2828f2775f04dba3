"""Postfix as the sender: its own queue, its own retries, its own PIX workarounds."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.clients.message import Message
from lab.network import OUTSIDE
from lab.servers.postfix import Postfix

if TYPE_CHECKING:
    from lab.room import Room


@dataclass
class PostfixClient:
    """Submit messages to a sending instance and flush its queue until it is empty or the tries are used up."""

    server: str = "198.51.100.25"
    source: str = "203.0.113.20"
    ehlo: str = "relay.example.net"
    messages: tuple[Message, ...] = field(default_factory=lambda: (Message(),))
    settings: dict[str, str] = field(default_factory=dict)
    tries: int = 1
    side: str = OUTSIDE

    def software(self) -> str:
        """Return Postfix and its version."""
        return Postfix().software()

    def run(self, room: Room) -> None:
        """Send, try again, and stop the instance."""
        settings = {"relayhost": f"[{self.server}]", "smtp_connect_timeout": "4s", **self.settings}
        postfix = Postfix(self.ehlo, self.source, self.side, tls=False, listen=False, settings=settings)
        postfix.start(room)
        for message in self.messages:
            command = ["sendmail", "-C", str(postfix.home), "-oi", "-f", message.sender, *message.recipients]
            room.run(self.side, command, self.ehlo, message.text())
        for left in range(self.tries, 0, -1):
            self._wait(room, postfix)
            if self._queue(room, postfix) and left > 1:
                room.run(self.side, ["postqueue", "-c", str(postfix.home), "-f"], self.ehlo)
                time.sleep(1)
        postfix.stop(room)

    def _queue(self, room: Room, postfix: Postfix) -> list[str]:
        command = ["find", *(f"{postfix.home}/queue/{name}" for name in ("maildrop", "incoming", "active", "deferred"))]
        done = room.run(self.side, [*command, "-type", "f"], self.ehlo)
        return done.stdout.split()

    def _wait(self, room: Room, postfix: Postfix) -> None:
        """Wait until every message has been tried: nothing is left but the deferred queue."""
        time.sleep(0.5)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if all("/deferred/" in path for path in self._queue(room, postfix)):
                return
            time.sleep(0.2)
