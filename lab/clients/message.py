"""Messages to send: plain words, and attachments of repeatable bytes."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from random import Random


@dataclass(frozen=True)
class Message:
    """A mail, with its envelope."""

    sender: str = "alice@example.net"
    recipients: tuple[str, ...] = ("bob@example.com",)
    ident: str = "20240307.1@example.net"
    subject: str = "Weather report"
    body: str = "Good morning,\n\nthe weather is fine and the pigeons are well.\n"
    attachment: int = 0
    file_name: str = "report.bin"
    headers: tuple[str, ...] = field(default=())

    def text(self) -> str:
        """Return header and body with plain line feeds."""
        head = [
            f"From: {self.sender}",
            f"To: {', '.join(self.recipients)}",
            f"Subject: {self.subject}",
            f"Message-ID: <{self.ident}>",
            "Date: Thu, 7 Mar 2024 10:20:02 +0100",
            "MIME-Version: 1.0",
            *self.headers,
        ]
        if not self.attachment:
            return "\n".join([*head, "Content-Type: text/plain", "", self.body])
        data = base64.encodebytes(Random(self.ident).randbytes(self.attachment)).decode()
        mixed = 'Content-Type: multipart/mixed; boundary="=_pigeon"'
        plain = ["--=_pigeon", "Content-Type: text/plain", "", self.body]
        name = f'Content-Disposition: attachment; filename="{self.file_name}"'
        blob = ["--=_pigeon", "Content-Type: application/octet-stream", "Content-Transfer-Encoding: base64", name]
        return "\n".join([*head, mixed, "", *plain, *blob, "", data + "--=_pigeon--", ""])


def numbered(day: str, number: int, attachment: int = 0) -> Message:
    """Return one of a day's messages."""
    return Message(ident=f"{day}.{number}@example.net", subject=f"Report {number}", attachment=attachment)
