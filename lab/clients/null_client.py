"""The small senders that users and scripts run in place of an MTA: each hands one message to a smart host."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab import unpacked
from lab.clients.message import Message
from lab.network import OUTSIDE

if TYPE_CHECKING:
    from lab.room import Room

_SETTINGS = {
    "dma": (
        "dma/dma.conf",
        "SMARTHOST {server}\nSPOOLDIR /var/spool/dma\nMAILNAME {ehlo}\nSTARTTLS\nOPPORTUNISTIC_TLS\n",
    ),
    "esmtp": ("lab.esmtprc", "hostname = {server}:25\nstarttls = disabled\n"),
    "msmtp": ("lab.msmtprc", "host {server}\nport 25\ndomain {ehlo}\nfrom {sender}\ntls off\n"),
    "mutt": (
        "lab.muttrc",
        'set smtp_url="smtp://{server}/" hostname="{ehlo}" from="{sender}" ssl_starttls=no ssl_force_tls=no copy=no\n',
    ),
    "nullmailer": ("nullmailer/me", "{ehlo}\n"),
    "ssmtp": ("ssmtp/ssmtp.conf", "mailhub={server}\nhostname={ehlo}\nFromLineOverride=YES\n"),
}
_COMMANDS = {
    "dma": "mkdir -p -m 2775 /var/spool/dma; chgrp mail /var/spool/dma; exec /usr/sbin/dma -D -i -f {sender} {to}",
    "esmtp": "exec /usr/bin/esmtp -C /etc/lab.esmtprc -f {sender} {to}",
    "msmtp": "exec /usr/bin/msmtp -C /etc/lab.msmtprc {to}",
    "mutt": "export HOME=/run; exec /usr/bin/mutt -F /etc/lab.muttrc -s {subject} -- {to}",
    "nullmailer": (
        "{{ printf '%s\\n' {sender} {to} ''; cat; }} > /run/mail; export HELOHOST={ehlo}; "
        "printf 'host=%s\\n\\n' {server} | /usr/lib/nullmailer/smtp 3< /run/mail"
    ),
    "s-nail": (
        "export HOME=/run; exec /usr/bin/s-nail -:/ -S v15-compat -S mta=smtp://{server} -S hostname={ehlo} "
        "-S from={sender} -S smtp-auth=none -s {subject} {to}"
    ),
    "ssmtp": "exec /usr/sbin/ssmtp -f{sender} {to}",
}


@dataclass
class NullClient:
    """One run of one of them."""

    program: str
    server: str = "198.51.100.25"
    ehlo: str = "desk.example.net"
    message: Message = field(default_factory=Message)
    side: str = OUTSIDE

    def software(self) -> str:
        """Return its name and the version that was unpacked."""
        return f"{self.program} {unpacked.version(self.program)}"

    def run(self, room: Room) -> None:
        """Send the message; mutt and s-nail write a header of their own and take only the body."""
        words = {
            "server": self.server,
            "ehlo": self.ehlo,
            "sender": self.message.sender,
            "to": shlex.join(self.message.recipients),
            "subject": shlex.quote(self.message.subject),
        }
        path, text = _SETTINGS.get(self.program, ("unused", ""))
        settings = {path: text.format(**words), "mailname": f"{self.ehlo}\n", "hosts": f"127.0.0.1 {self.ehlo}\n"}
        command = ["sh", "-ec", _COMMANDS[self.program].format(**words)]
        whole = unpacked.laid_over(room, f"{self.program}-{id(self)}", command, settings)
        own_header = self.program in {"mutt", "s-nail"}
        room.run(self.side, whole, self.ehlo, self.message.body if own_header else self.message.text())
