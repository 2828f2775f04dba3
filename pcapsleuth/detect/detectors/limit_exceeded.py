"""Something in the session is longer than a device allows.

What it means
    COMMAND-LINE: a command line over 512 bytes. RECIPIENTS: more than 100 in one transaction. ADDRESS: over 320
    characters. HEADER-LINE: a header line over 998 characters. BODY-LINE: a line of the body over 1,000 bytes, its end
    counted and a dot that only transparency asks for not. FILE-NAME: an attachment's name over 255 characters, in the
    header of the message or of a MIME part, counted as it stands there (encoded words are not decoded).

Why it matters
    ASA's default ESMTP map drops such connections and logs them: perfectly legal mail dies without one byte changed.

How it is proven
    By the line itself. It is a warning where the session is reset between the two points and what is too long did not
    come out whole, otherwise information.

What else it could be
    The server's own limit: then the server refuses it, in words, alike on both sides. HTML mail often has body lines
    that are too long and arrives all the same: ASA's default map only logs those.

References
    Cisco ASA CLI guide, `_default_esmtp_map`; RFC 5321 sections 4.5.3.1 and 4.5.2; RFC 5322 section
    2.1.1; RFC 2183 section 2.3; RFC 2231 section 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.view import Unit
from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.detect.proof import finding
from pcapsleuth.smtp.dialogue import Flag, Kind, Mail
from pcapsleuth.smtp.longest import NAME, PART_LIMIT
from pcapsleuth.smtp.message import longest_file_name
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER

LABELS = ("limit-exceeded",)

COMMAND_LINE, RECIPIENTS, ADDRESS, HEADER_LINE = 512, 100, 320, 998
LONG_ALLOWED = frozenset({b"AUTH", b"X-EXPS"})
"""Initial responses may have 12,288 bytes (RFC 4954 section 4)."""


class Excess(NamedTuple):
    """Something that is too long."""

    what: str
    size: int
    piece: Piece
    stopped: bool
    """It did not come out whole."""


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Measure what the client sent."""
    reset = _reset_by_device(comparison)
    found: dict[str, Excess] = {}
    for excess in (*_commands(comparison), *_mails(comparison)):
        if excess.what not in found or excess.stopped > found[excess.what].stopped:
            found[excess.what] = excess
    for excess in found.values():
        yield finding(
            comparison,
            "limit-exceeded",
            excess.what,
            f"the client exceeds a limit that devices have, {excess.what.lower().replace('-', ' ')}: {excess.size:,}",
            severity=Severity.WARNING if reset and excess.stopped else Severity.INFO,
            more=(excess.piece,),
        )


def _reset_by_device(comparison: Comparison) -> bool:
    """Tell whether the session is reset between the two points."""
    return any(
        comparison.egress(way).stream(way).rst is not None and comparison.ingress(way).stream(way).rst is None
        for way in (TO_SERVER, TO_CLIENT)
    )


def _commands(comparison: Comparison) -> Iterator[Excess]:
    """Command lines, recipients and addresses beyond their limits."""
    view = comparison.client
    recipients = 0
    for unit in view.commands:
        if unit.row.kind != Kind.COMMAND:
            continue
        size, address = unit.row.length, len(_address(unit))
        recipients = recipients + 1 if unit.row.word == b"RCPT" else 0 if unit.row.word == b"MAIL" else recipients
        command_line = size if unit.row.word not in LONG_ALLOWED else 0
        for what, measured, limit in (
            ("COMMAND-LINE", command_line, COMMAND_LINE),
            ("RECIPIENTS", recipients, RECIPIENTS),
            ("ADDRESS", address, ADDRESS),
        ):
            if measured > limit:
                yield Excess(what, measured, view.piece(unit), _stopped(comparison, unit))


def _stopped(comparison: Comparison, unit: Unit) -> bool:
    """Tell whether a command did not come out whole."""
    came = comparison.became.get(unit.at)
    return came is None or bool(comparison.server.dialogue.rows[came].flags & Flag.UNTERMINATED)


def _address(unit: Unit) -> bytes:
    """The address of a MAIL or RCPT; empty for others."""
    if unit.row.word not in (b"MAIL", b"RCPT"):
        return b""
    return unit.text.partition(b":")[2].strip().partition(b">")[0]


def _mails(comparison: Comparison) -> Iterator[Excess]:
    """Lines and file names beyond their limits, in headers and bodies; their text is not shown."""
    view = comparison.client
    for mail, came in comparison.mails:
        for what, (size, offset, frame), end in _measured(mail):
            place = Piece(view.side, mail.row, frame, view.dialogue.rows[mail.row].time, mail.offset + offset, b"")
            yield Excess(what, size, place, came is None or not (came.ended or came.length >= end))


def _measured(mail: Mail) -> Iterator[tuple[str, tuple[int, ...], int]]:
    """What is too long in mail data: its octets, offset and frame; and the offset that it does not reach."""
    header = 0, mail.header_frames[0]
    end = mail.body_offset if mail.body_offset >= 0 else mail.length + 1
    line = max(len(line.rstrip(b"\r")) for line in mail.header.split(b"\n"))
    if line > HEADER_LINE:
        yield "HEADER-LINE", (line, *header), end
    name = longest_file_name(mail.header)
    if name > NAME:
        yield "FILE-NAME", (name, *header), end
    if mail.long_line:
        yield "BODY-LINE", mail.long_line, sum(mail.long_line[:2])
    if mail.long_name:
        yield "FILE-NAME", mail.long_name, min(mail.long_name[1] + PART_LIMIT, mail.length)
