"""Something in the session is longer than a device allows.

What it means
    COMMAND-LINE: a command line over 512 bytes. RECIPIENTS: more than 100 in one transaction. ADDRESS: over 320
    characters. HEADER-LINE: a header line over 998 characters. BODY-LINE: a line of the body over 1,000 bytes, its end
    counted and a dot that only transparency asks for not. FILE-NAME: an attachment's name over 255 characters, in the
    header of the message or of a MIME part, counted as it stands there (encoded words are not decoded).

Why it matters
    ASA's default ESMTP map drops such connections and logs them: perfectly legal mail dies without one byte changed.

How it is proven
    By the line itself. It is a warning where what is too long did not come out whole and the session ends there: it is
    reset between the two points, or the client repeats it in vain and nothing more of the client comes out (likely:
    `drop-connection` drops without a word). Otherwise it is information. One capture alone shows the line, and that
    nothing behind it is answered or acknowledged before the session is reset, or it is repeated in vain: a warning
    then, and no more than possible.

What else it could be
    The server's own limit: then the server refuses it, in words, alike on both sides. HTML mail often has body lines
    that are too long and arrives all the same: ASA's default map only logs those.

References
    Cisco ASA CLI guide, `_default_esmtp_map`; RFC 5321 sections 4.5.3.1 and 4.5.2; RFC 5322 section
    2.1.1; RFC 2183 section 2.3; RFC 2231 section 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from pcapsleuth.compare.absence import Absence, to_side
from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.family import Family
from pcapsleuth.detect.detectors.large_segments_lost import LARGE, MTU
from pcapsleuth.detect.finding import Confidence, Finding, Severity, Where
from pcapsleuth.detect.onesided import seen
from pcapsleuth.detect.prescribed import OTHER_SIDE
from pcapsleuth.detect.proof import evidence, finding
from pcapsleuth.detect.scope import Session
from pcapsleuth.smtp.dialogue import Dialogue, Flag, Mail, Row
from pcapsleuth.smtp.longest import NAME, PART_LIMIT
from pcapsleuth.smtp.message import longest_file_name
from pcapsleuth.tcp.connection import Retransmission
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER

LABELS = ("limit-exceeded",)
NEEDS = ("commands",)

COMMAND_LINE, RECIPIENTS, ADDRESS, HEADER_LINE = 512, 100, 320, 998
LONG_ALLOWED = frozenset({b"AUTH", b"X-EXPS"})
"""Initial responses may have 12,288 bytes (RFC 4954 section 4)."""

FLIGHT = 14_600
"""Bytes that are on their way at once when a connection is young (RFC 6928), not acknowledged yet."""
REPEATS = 2
"""Repeats in vain that make a dead connection rather than a lost segment."""

OUTAGE = "what failed on the way just then may have ended the session"
WHO = "the server itself, or what failed on the way just then, may have ended the session"


class Excess(NamedTuple):
    """Something that is too long."""

    what: str
    size: int
    row: int
    frame: int
    offset: int
    """Where it begins in the client's stream."""
    end: int
    """Where it is whole."""
    mail: Mail | None


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Measure what the client sent, and see whether it came out."""
    dialogue = comparison.client.dialogue
    reset = _reset_by_device(comparison)
    mails = {sent.row: came for sent, came in comparison.mails}
    for excess, stopped in _worst(dialogue, lambda one: _stopped(comparison, one, mails)):
        repeats = _in_vain(comparison, excess) if stopped and not reset else []
        yield finding(
            comparison,
            "limit-exceeded",
            excess.what,
            _summary(excess) + (", and nothing more of the client comes out" if repeats else ""),
            severity=Severity.WARNING if stopped and (reset or repeats) else Severity.INFO,
            absence=Absence.LIKELY if repeats else Absence.PROVEN,
            doubts=_doubts(repeats),
            more=(_piece(comparison.client.side, dialogue, excess),),
        )


def _doubts(repeats: list[Retransmission]) -> tuple[str, ...]:
    """What else may explain that it is repeated in vain."""
    large = any(repeat.length >= LARGE for repeat in repeats)
    return (*((OUTAGE,) if repeats else ()), *((MTU,) if large else ()))


def detect_session(session: Session) -> Iterator[Finding]:
    """Measure what the client sent, and see whether the session died of it."""
    dialogue = session.dialogue
    for excess, died in _worst(dialogue, lambda one: _died(dialogue, one)):
        made = seen(
            session,
            "limit-exceeded",
            excess.what,
            _summary(excess) + (", and the session ends there" if died else ""),
            evidence(_piece("single", dialogue, excess)),
            where=Where.UNKNOWN,
            confidence=Confidence.POSSIBLE if died else Confidence.LIKELY,
            severity=Severity.WARNING if died else Severity.INFO,
            doubts=(WHO, OTHER_SIDE) if died else (OTHER_SIDE,),
        )
        yield replace(made, egress=None)


def _worst(dialogue: Dialogue, ends: Callable[[Excess], bool]) -> Iterable[tuple[Excess, bool]]:
    """Of each kind the first excess that `ends` what it stands in, or without such the first; and whether it does."""
    found: dict[str, tuple[Excess, bool]] = {}
    for excess in (*_commands(dialogue), *_mails(dialogue)):
        known = found.get(excess.what)
        if known is None or (not known[1] and ends(excess)):
            found[excess.what] = excess, known is not None or ends(excess)
    return found.values()


def _summary(excess: Excess) -> str:
    """Say it."""
    what = excess.what.lower().replace("-", " ")
    return f"the client exceeds a limit that devices have, {what}: {excess.size:,}"


def _piece(side: str, dialogue: Dialogue, excess: Excess) -> Piece:
    """The command, or the place of what is too long in mail data, whose text is not shown."""
    row = dialogue.rows[excess.row]
    text = b"" if excess.mail else dialogue.text(row).rstrip(b"\r\n")
    return Piece(side, excess.row, excess.frame, row.time, excess.offset, text)


def _reset_by_device(comparison: Comparison) -> bool:
    """Tell whether the session is reset between the two points."""
    return any(
        comparison.egress(way).stream(way).rst is not None and comparison.ingress(way).stream(way).rst is None
        for way in (TO_SERVER, TO_CLIENT)
    )


def _stopped(comparison: Comparison, excess: Excess, mails: Mapping[int, Mail | None]) -> bool:
    """Tell whether it did not come out whole; `mails` are what came of each that was sent, by its row."""
    if excess.mail is None:
        came = comparison.became.get(excess.row)
        return came is None or bool(comparison.server.dialogue.rows[came].flags & Flag.UNTERMINATED)
    there = mails[excess.row]
    return there is None or not (there.ended or there.length >= excess.end - excess.mail.offset)


def _in_vain(comparison: Comparison, excess: Excess) -> list[Retransmission]:
    """The client's repeats of it, if nothing of the client came out after them while the server's side was captured."""
    server = comparison.server
    repeats = [
        one
        for one in comparison.client.stream(TO_SERVER).retransmissions
        if one.offset < excess.end and one.offset + one.length > excess.offset
    ]
    if len(repeats) < REPEATS or comparison.family is Family.PROXY:
        return []
    first, second = (to_side(one.time, comparison.client.side, server.side, comparison.clock) for one in repeats[:2])
    silent = server.stream(TO_SERVER).last_time < first and second <= server.bounds.last
    return repeats if silent else []


def _died(dialogue: Dialogue, excess: Excess) -> bool:
    """Tell whether nothing that is behind it was answered or acknowledged before the session was dead.

    The client did not end it, but was reset or repeats in vain; and it had been heard up to shortly before.
    """
    sent, heard = dialogue.connection.streams
    whole = heard.segments and not (sent.gaps or heard.gaps)
    if not whole or not excess.offset - FLIGHT <= sent.acked < excess.end:
        return False
    reset = heard.rst is not None and (sent.rst is None or heard.rst.time < sent.rst.time)
    vain = sum(sent.acked <= again.offset < excess.end for again in sent.retransmissions)
    if not reset and (vain < REPEATS or heard.fin is not None):
        return False
    asked = excess.row if excess.mail is None else excess.mail.asked
    return all(dialogue.rows[at].answers < asked for at in dialogue.script.replies)


def _commands(dialogue: Dialogue) -> Iterator[Excess]:
    """Command lines, recipients and addresses beyond their limits."""
    recipients = 0
    for at in dialogue.script.commands:
        row = dialogue.rows[at]
        recipients = recipients + 1 if row.word == b"RCPT" else 0 if row.word == b"MAIL" else recipients
        if row.length <= ADDRESS and recipients <= RECIPIENTS:
            continue
        for what, measured, limit in (
            ("COMMAND-LINE", row.length if row.word not in LONG_ALLOWED else 0, COMMAND_LINE),
            ("RECIPIENTS", recipients, RECIPIENTS),
            ("ADDRESS", len(_address(dialogue, row)), ADDRESS),
        ):
            if measured > limit:
                yield Excess(what, measured, at, dialogue.frame(at, 0), row.offset, row.offset + row.length, None)


def _address(dialogue: Dialogue, row: Row) -> bytes:
    """The address of a MAIL or RCPT; empty for others."""
    if row.word not in (b"MAIL", b"RCPT"):
        return b""
    return dialogue.text(row).partition(b":")[2].strip().partition(b">")[0]


def _mails(dialogue: Dialogue) -> Iterator[Excess]:
    """Lines and file names beyond their limits, in headers and bodies."""
    for mail in dialogue.mails:
        for what, (size, offset, frame), end in _measured(mail):
            yield Excess(what, size, mail.row, frame, mail.offset + offset, mail.offset + end, mail)


def _measured(mail: Mail) -> Iterator[tuple[str, tuple[int, ...], int]]:
    """What is too long in mail data: its octets, offset and frame; and the offset that it does not reach."""
    header = 0, mail.header_frames[0]
    end = mail.body_offset if mail.body_offset >= 0 else mail.length + 1
    long = len(mail.header) > HEADER_LINE  # as few are: what is shorter has no line that is too long
    line = max(len(line.rstrip(b"\r")) for line in mail.header.split(b"\n")) if long else 0
    if line > HEADER_LINE:
        yield "HEADER-LINE", (line, *header), end
    name = longest_file_name(mail.header)
    if name > NAME:
        yield "FILE-NAME", (name, *header), end
    if mail.long_line:
        yield "BODY-LINE", mail.long_line, sum(mail.long_line[:2])
    if mail.long_name:
        yield "FILE-NAME", mail.long_name, min(mail.long_name[1] + PART_LIMIT, mail.length)
