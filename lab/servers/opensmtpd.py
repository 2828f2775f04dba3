"""OpenSMTPD, which takes mail and keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab import unpacked
from lab.network import INSIDE
from lab.servers.certificate import certificate

if TYPE_CHECKING:
    from lab.room import Room

_CONFIGURATION = """\
{pki}
listen on {address} port 25 hostname {host} {tls}
action "keep" relay host smtp://127.0.0.1:9
match from any for domain {{ "example.com", "example.org" }} action "keep"
"""


@dataclass
class OpenSmtpd:
    """One instance; what it accepts is queued for a port where nothing listens."""

    host: str = "mx4.example.com"
    address: str = "10.1.1.27"
    side: str = INSIDE
    tls: bool = False

    def software(self) -> str:
        """Return OpenSMTPD and the version that was unpacked."""
        return "OpenSMTPD " + unpacked.version("opensmtpd")

    def start(self, room: Room) -> None:
        """Start the daemon in the foreground of its own process."""
        pki = ""
        if self.tls:
            cert, key = certificate(room.scratch, self.host)
            key.chmod(0o600)
            pki = f'pki {self.host} cert "{cert}"\npki {self.host} key "{key}"'
        text = _CONFIGURATION.format(
            pki=pki, address=self.address, host=self.host, tls=f"tls pki {self.host}" if self.tls else ""
        )
        command = ["smtpd", "-d", "-f", "/etc/lab-smtpd.conf"]
        settings = {"lab-smtpd.conf": text, "mailname": self.host, "aliases": ""}
        room.start(self.side, unpacked.laid_over(room, "opensmtpd", command, settings), self.host)
        room.await_port(self.side, self.address)

    def stop(self, room: Room) -> None:
        """Leave it to the room, which started the process."""
        del room
