"""What the sessions that fail have in common, and those that succeed have not: mail to or from certain domains.

A few numbers for each property of a session; the properties that are kept are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pcapsleuth.detect.finding import Finding
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.smtp.words import command
from pcapsleuth.tcp.segments import TO_SERVER

KEPT = 20_000
"""Different properties; what comes later is not compared."""

LARGE = 64 << 10
SIGNED = re.compile(rb"^(?:DKIM|DomainKey)-Signature:", re.IGNORECASE | re.MULTILINE)
"""RFC 6376 section 3.5 and, before it, RFC 4870."""

MOST = 0.1
"""The share of the sessions that went through which may have a property of those that fail."""

SHOWN = 3


class Property(NamedTuple):
    """Something that sessions can have in common."""

    what: str
    value: str

    def __str__(self) -> str:
        """In words."""
        return f"{self.what} {self.value}".strip()


class Peers:
    """Counts sessions by what they have."""

    def __init__(self) -> None:
        self.failed = 0
        self.delivered = 0
        self._counts: dict[Property, list[int]] = {}

    def feed(self, dialogue: Dialogue, findings: Iterable[Finding], *, failed: bool) -> None:
        """Take a session that failed or went through."""
        self.failed += failed
        self.delivered += not failed
        for one in set(properties(dialogue, findings)):
            if one in self._counts or len(self._counts) < KEPT:
                self._counts.setdefault(one, [0, 0])[failed] += 1

    def common(self) -> list[str]:
        """What all that fail have and hardly any other has, with the counts; most telling first."""
        if self.failed < 2 or not self.delivered:  # noqa: PLR2004  one session has everything in common with itself
            return []
        found = [
            (delivered, one)
            for one, (delivered, failed) in self._counts.items()
            if failed == self.failed and delivered <= MOST * self.delivered
        ]
        return [f"{one} ({d:,} of the {self.delivered:,} others)" for d, one in sorted(found)[:SHOWN]]


def properties(dialogue: Dialogue, findings: Iterable[Finding]) -> Iterator[Property]:
    """What a session has that its failure may hang on."""
    connection = dialogue.connection
    yield Property("client", connection.client.address)
    yield Property("server", connection.server.address)
    options = connection.streams[TO_SERVER].options
    if options is not None and options.window_scale is not None:
        yield Property("window scaling", "")
    if dialogue.tls:
        yield Property("TLS", "")
    yield from _commands(dialogue)
    if any(mail.length > LARGE for mail in dialogue.mails):
        yield Property("a message above 64 KiB", "")
    if any(SIGNED.search(mail.header) for mail in dialogue.mails):
        yield Property("a DKIM signature", "")
    for one in findings:
        if one.label == "limit-exceeded":
            yield Property("a long", (one.subject or "").lower().replace("-", " "))


def _commands(dialogue: Dialogue) -> Iterator[Property]:
    """What the commands say: the envelope's domains, and the extensions that are used."""
    frame = -1
    for _, row in dialogue.commands():
        argument = command(dialogue, row).argument
        if row.word in (b"MAIL", b"RCPT"):
            domain = argument.partition(b">")[0].rpartition(b"@")[2].lower()
            if domain and b"@" in argument:
                what = "sender domain" if row.word == b"MAIL" else "recipient domain"
                yield Property(what, domain.decode("ascii", "backslashreplace")[:80])
        if row.word in (b"EHLO", b"HELO", b"BDAT", b"AUTH"):
            yield Property({b"BDAT": "CHUNKING"}.get(row.word, row.word.decode()), "")
        if b"BODY=8BITMIME" in argument.upper():
            yield Property("8-bit mail", "")
        if row.first_frame == row.last_frame == frame:
            yield Property("PIPELINING", "")
        frame = row.last_frame
