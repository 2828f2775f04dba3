"""The end of the mail data never reached the server, whole or in part.

What it means
    The client sent `CRLF . CRLF` (or its last BDAT chunk); the server's stream stops before it. Old Mailguard does
    not pass the end on when it is split over two segments.

Why it matters
    The server never answers. The client waits for up to ten minutes, gives up and sends the message again, for
    hours; where the server keeps what it got, the recipient sees the same mail at regular intervals.

How it is proven
    The client's side has the end; the server's side goes on without it, no gap there could hide it, and the server's
    acknowledgments never cover it.

What else it could be
    Mail data without a final CRLF (binary MIME sent by DATA) leaves the dot inside a line: then the end was never
    sent, and this is not said. Segments that are too large for the path are lost with or without a dot. A proxy may
    still scan the mail when the captures end: if that is within a minute, this is not said.

References
    Microsoft KB 295725, Cisco bug CSCds90792; RFC 5321 sections 4.1.1.4 and 4.5.3.2.6.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.absence import FOREVER, Absence, Shown, absence, to_side
from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.family import Family
from pcapsleuth.compare.places import cut_short, repeated_in_vain, still_held
from pcapsleuth.detect.detectors.large_segments_lost import stuck_segment
from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.detect.leaving import left_by_an_end
from pcapsleuth.detect.proof import finding
from pcapsleuth.smtp.dialogue import Mail
from pcapsleuth.smtp.mail import DOT_LINE
from pcapsleuth.tcp.segments import TO_SERVER

LABELS = ("end-of-data-lost",)

COPIES = 2
"""Repeats, besides the first copy, that no capture loses one after the other while it goes on."""


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Compare the ends of each mail."""
    for sent, came, sure in lost_ends(comparison):
        yield finding(
            comparison,
            "end-of-data-lost",
            None,
            _summary(sent),
            severity=Severity.CRITICAL,
            ingress=_end(comparison, sent),
            absence=sure,
            more=() if came is None else (_stop(comparison, came),),
        )


def lost_ends(comparison: Comparison) -> Iterator[tuple[Mail, Mail | None, Absence]]:
    """Mails whose end never came out, as sent and as they came, and how sure that is."""
    if comparison.family is Family.PROXY and left_by_an_end(comparison):
        return
    for sent, came in comparison.mails:
        if not sent.ended or (came is not None and came.ended) or stuck_segment(comparison, sent, came)[1]:
            continue
        if came is not None and _acknowledged(comparison, sent, came):
            continue
        sure = _none_of_it(comparison, sent) if came is None else _absence(comparison, sent, came)
        if sure is not Absence.UNKNOWN:
            yield sent, came, sure


def _acknowledged(comparison: Comparison, sent: Mail, came: Mail) -> bool:
    """Tell whether the server had all that the client sent, this end included, where it was sent.

    Its capture may show the bytes late, in a repeat, behind the answer to them.
    """
    own, there = comparison.client.stream(TO_SERVER), comparison.server.stream(TO_SERVER)
    end = sent.offset + sent.length + (0 if sent.chunked else len(DOT_LINE))
    in_place = comparison.family is not Family.PROXY and own.length == there.length
    return in_place and came.length < sent.length and there.acked >= end


def _none_of_it(comparison: Comparison, sent: Mail) -> Absence:
    """Judge whether the server, which had asked for the mail data, got not a byte of it.

    A chunk is a command's own data (RFC 3030): what became of that command says it.
    """
    place = comparison.place_of.get(sent.row)
    at = None if place is None else comparison.commands[place].ingress
    if sent.chunked or not at:
        return Absence.UNKNOWN
    data = comparison.became.get(comparison.client.commands[at - 1].at)
    answers = () if data is None else comparison.server.answered.get(data, ())
    if not any(comparison.server.dialogue.rows[answer].word == b"354" for answer in answers):
        return Absence.UNKNOWN
    return comparison.removed(TO_SERVER, at)


def _absence(comparison: Comparison, sent: Mail, came: Mail) -> Absence:
    """Judge whether the server's side really lacks the end."""
    # Bytes that the capture lost count into the length: look for holes from the begin of the data on.
    hole = comparison.server.hole(TO_SERVER, came.offset, FOREVER)
    end = sent.offset + sent.length
    # A device may pass some bytes of the end and not the others.
    last = 1 if sent.chunked else len(DOT_LINE)
    vain = any(repeated_in_vain(comparison, TO_SERVER, end + byte) for byte in range(last))
    if vain and (not hole or _never_came(comparison)):
        return Absence.PROVEN
    if hole:
        return Absence.UNKNOWN
    if cut_short(comparison, comparison.server, comparison.client):
        return Absence.UNKNOWN
    time = sent.terminator[-1][1] if sent.terminator else comparison.client.dialogue.rows[sent.row].time
    if sent.asked not in comparison.client.answered and still_held(comparison, time):
        return Absence.UNKNOWN
    shown = Shown(comparison.client, time, received=False, delay=comparison.delay)
    return absence(comparison.server, TO_SERVER, came.offset, None, shown, comparison.clock)


def _never_came(comparison: Comparison) -> bool:
    """Tell whether a hole was there before the server's own side, which saw no copy and heard no acknowledgment."""
    client, server = comparison.client, comparison.server
    times = (
        to_side(again.time, client.side, server.side, comparison.clock)
        for again in client.stream(TO_SERVER).retransmissions
        if again.offset + again.length > client.stream(TO_SERVER).acked
    )
    copies = sum(time <= server.bounds.last for time in times)
    return comparison.clock is not None and server.unreceived(TO_SERVER) and copies >= COPIES


def _summary(sent: Mail) -> str:
    """Say it, with the split of the end if there was one."""
    parts = len({frame for frame, _, _ in sent.terminator})
    split = f" (it was split over {parts} segments)" if parts > 1 else ""
    return f"the end of the mail data was sent{split} and never reached the server"


def _end(comparison: Comparison, sent: Mail) -> Piece:
    """The end as the client sent it."""
    view = comparison.client
    frame, time = sent.terminator[-1][:2] if sent.terminator else (view.dialogue.rows[sent.row].last_frame, 0)
    return Piece(view.side, sent.row, frame, time, sent.offset + sent.length, b"" if sent.chunked else b".")


def _stop(comparison: Comparison, came: Mail) -> Piece:
    """Where the mail data stops on the server's side."""
    row = comparison.server.dialogue.rows[came.row]
    return Piece(comparison.server.side, came.row, row.last_frame, row.time, came.offset + came.length, b"")
