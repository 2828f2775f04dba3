"""Bytes of the mail itself were altered on the way.

What it means
    What stands behind the header's blank line differs between the two sides (after undoing dot stuffing where one
    side used BDAT), or bytes of the header were overwritten in place.

Why it matters
    Attachments arrive garbled, signatures (DKIM, S/MIME) break, and nobody is told.

How it is proven
    By XXH3 digests of the body, whole and one per 64 KiB, over bytes that both captures hold without a gap.

What else it could be
    A proxy or relay that re-encodes (8bit to quoted-printable), or a scanner that replaces what it finds: altered all
    the same.

References
    Microsoft KB 299304 (PIX 4.2(2): the body becomes X's); RFC 5321 section 4.5.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.maildata import CHUNK, Alteration, alteration, chunk_frame
from pcapsleuth.compare.view import View
from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.detect.proof import finding
from pcapsleuth.smtp.dialogue import Mail

LABELS = ("body-altered",)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Compare each mail that both sides have."""
    for sent, came in comparison.mails:
        if came is None:
            continue
        change = alteration(sent, came)
        if change is not None and change.part != "header":
            yield finding(
                comparison,
                "body-altered",
                None,
                _summary(change, sent, came),
                severity=Severity.CRITICAL,
                ingress=_piece(comparison.client, sent, change),
                egress=_piece(comparison.server, came, change),
                self_evident=True,
            )


def _summary(change: Alteration, sent: Mail, came: Mail) -> str:
    """Say what was altered, without showing it."""
    lengths = (
        f"the message has {sent.length:,} bytes on both sides"
        if sent.length == came.length
        else f"{sent.length:,} bytes came in, {came.length:,} went out"
    )
    if change.part == "overwritten-header":
        return f"bytes of the message header were overwritten on the way; {lengths}"
    end = min((change.chunk + 1) * CHUNK, max(sent.body_length, came.body_length))
    place = f"first within bytes {change.chunk * CHUNK:,} to {end - 1:,} of the body"
    return f"the body of the message was altered on the way, {place}; {lengths}"


def _piece(view: View, mail: Mail, change: Alteration) -> Piece:
    """Where the altered stretch begins on one side; its bytes are never shown."""
    offset = mail.offset + (max(mail.body_offset, 0) + change.chunk * CHUNK if change.part == "body" else 0)
    return Piece(view.side, mail.row, chunk_frame(mail, change.chunk), view.dialogue.rows[mail.row].time, offset, b"")
