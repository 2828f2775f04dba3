"""aiosmtpd with a personality: an Exchange-like list of verbs, a server that knows only HELO, one that resets."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from lab.network import INSIDE
from lab.servers.certificate import certificate

if TYPE_CHECKING:
    from lab.room import Room

EXCHANGE_2003 = [
    "TURN",
    "SIZE",
    "ETRN",
    "PIPELINING",
    "DSN",
    "ENHANCEDSTATUSCODES",
    "8bitmime",
    "BINARYMIME",
    "CHUNKING",
    "VRFY",
    "X-EXPS GSSAPI NTLM LOGIN",
    "X-EXPS=LOGIN",
    "AUTH GSSAPI NTLM LOGIN",
    "AUTH=LOGIN",
    "X-LINK2STATE",
    "XEXCH50",
    "OK",
]
EXCHANGE_REPLIES = {
    "X-LINK2STATE": "200 LAST CHUNK={00000021} MULTI (5) ({00000010} DONE_RESPONSE )",
    "X-EXPS": "334 GSSAPI supported",
    "TURN": "502 5.3.3 Command not implemented",
    "ETRN": "250 2.0.0 OK, node mail.example.org started",
    "XEXCH50": "354 Send binary data",
}


@dataclass
class Aio:
    """One aiosmtpd server process and what is peculiar about it."""

    host: str = "mx3.example.com"
    address: str = "10.1.1.28"
    side: str = INSIDE
    tls: bool = False
    persona: dict[str, Any] = field(default_factory=dict)

    def software(self) -> str:
        """Return aiosmtpd, its version and the personality's name."""
        kind = self.persona.get("kind", "")
        return f"aiosmtpd {version('aiosmtpd')}" + (f" ({kind})" if kind else "")

    def start(self, room: Room) -> None:
        """Start the server process."""
        plan = {"host": self.host, "address": self.address, **self.persona}
        if self.tls:
            plan["certificate"] = [str(path) for path in certificate(room.scratch, self.host)]
        room.start(self.side, [sys.executable, "-m", "lab.servers.aio_process", json.dumps(plan)], self.host)
        room.await_port(self.side, self.address)

    def stop(self, room: Room) -> None:
        """Leave it to the room, which started the process."""
        del room


def exchange(**persona: Any) -> Aio:  # noqa: ANN401 - JSON values
    """Return a server that shows the EHLO list and the verbs of Exchange 2003."""
    banner = (
        "mail.example.com Microsoft ESMTP MAIL Service, Version: 6.0.3790.4675 ready at  Thu, 7 Mar 2024 10:20:02 +0100"
    )
    chosen = {"kind": "Exchange-like", "banner": banner, "ehlo": EXCHANGE_2003, "replies": EXCHANGE_REPLIES}
    return Aio("mail.example.com", "10.1.1.28", persona=chosen | persona)
