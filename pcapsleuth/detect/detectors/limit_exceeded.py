"""Something in the session is longer than a device allows.

What it means
    COMMAND-LINE: a command line over 512 bytes. RECIPIENTS: more than 100 in one transaction. ADDRESS: over 320
    characters. HEADER-LINE: a header line over 998 characters. FILE-NAME: an attachment's name over 255 characters
    in the message header.

Why it matters
    ASA's default ESMTP map drops such connections and logs them: perfectly legal mail dies without one byte changed.

How it is proven
    By the line itself. It is a warning where the session dies there, otherwise information.

What else it could be
    The server's own limit: then the server refuses it, in words, alike on both sides.

References
    Cisco ASA CLI guide, `_default_esmtp_map`; RFC 5321 section 4.5.3.1; RFC 5322 section 2.1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.view import Unit, View
from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.detect.proof import finding
from pcapsleuth.smtp.dialogue import Kind, Mail
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER

LABELS = ("limit-exceeded",)

COMMAND_LINE, RECIPIENTS, ADDRESS, HEADER_LINE, FILE_NAME = 512, 100, 320, 998, 255
LONG_ALLOWED = frozenset({b"AUTH", b"X-EXPS"})
"""Initial responses may have 12,288 bytes (RFC 4954 section 4)."""

LONG_NAME = re.compile(rb"(?:file)?name\*?\d*\*?\s*=\s*\"?([^\"\r\n;]{256,})", re.IGNORECASE)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Measure what the client sent."""
    seen: set[str] = set()
    dies = _dies(comparison)
    for what, piece in (*_commands(comparison.client), *_headers(comparison.client)):
        if what not in seen:
            seen.add(what)
            yield finding(
                comparison,
                "limit-exceeded",
                what,
                f"the client exceeds a limit that devices have: {what.lower().replace('-', ' ')}",
                severity=Severity.WARNING if dies else Severity.INFO,
                more=(piece,),
            )


def _dies(comparison: Comparison) -> bool:
    """Tell whether the session is reset between the two points before all that was sent came out."""
    reset_by_device = any(
        comparison.egress(way).stream(way).rst is not None and comparison.ingress(way).stream(way).rst is None
        for way in (TO_SERVER, TO_CLIENT)
    )
    stopped = any(match.egress is None for match in comparison.commands)
    unfinished = any(came is None or not came.ended for _, came in comparison.mails)
    return reset_by_device and (stopped or unfinished)


def _commands(view: View) -> Iterator[tuple[str, Piece]]:
    """Command lines, recipients and addresses beyond their limits."""
    recipients = 0
    for unit in view.commands:
        if unit.row.kind != Kind.COMMAND:
            continue
        if unit.row.length > COMMAND_LINE and unit.row.word not in LONG_ALLOWED:
            yield "COMMAND-LINE", view.piece(unit)
        recipients = recipients + 1 if unit.row.word == b"RCPT" else 0 if unit.row.word == b"MAIL" else recipients
        if recipients > RECIPIENTS:
            yield "RECIPIENTS", view.piece(unit)
        if len(_address(unit)) > ADDRESS:
            yield "ADDRESS", view.piece(unit)


def _address(unit: Unit) -> bytes:
    """The address of a MAIL or RCPT; empty for others."""
    if unit.row.word not in (b"MAIL", b"RCPT"):
        return b""
    return unit.text.partition(b":")[2].strip().partition(b">")[0]


def _headers(view: View) -> Iterator[tuple[str, Piece]]:
    """Header lines and file names beyond their limits."""
    for mail in view.dialogue.mails:
        lines = mail.header.split(b"\n")
        if any(len(line.rstrip(b"\r")) > HEADER_LINE for line in lines):
            yield "HEADER-LINE", _header(view, mail)
        if LONG_NAME.search(mail.header):
            yield "FILE-NAME", _header(view, mail)


def _header(view: View, mail: Mail) -> Piece:
    """Where the header is; its text is not shown."""
    return Piece(view.side, mail.row, mail.header_frames[0], view.dialogue.rows[mail.row].time, mail.offset, b"")
