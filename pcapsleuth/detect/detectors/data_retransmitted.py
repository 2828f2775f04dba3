"""Mail data or its end was repeated by TCP because it did not get through the device.

What it means
    The client's side shows segments of mail data again and again; the server's side does not show the repeats, so a
    copy of each was lost between the two points.

Why it matters
    It is the trace of what the device does not pass: the end of data (see end-of-data-lost), large segments, or plain
    loss in between.

How it is proven
    By the repeated segments of the client's side of which no byte is repeated at its place on the server's side.

What else it could be
    Repeats that both sides show were lost behind the server's point, or only their acknowledgment was: not reported.

References
    RFC 6298 (retransmission timer); Microsoft KB 295725.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.absence import Absence
from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.family import Family
from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.detect.proof import finding
from pcapsleuth.smtp.dialogue import Mail
from pcapsleuth.smtp.mail import DOT_LINE
from pcapsleuth.tcp.connection import Retransmission
from pcapsleuth.tcp.segments import TO_SERVER

LABELS = ("data-retransmitted",)

LOSS = "plain loss between the two points, or a link there with a smaller MTU, makes TCP repeat as well"


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Find repeats of mail data that the server's side does not show; a proxy's client repeats to the proxy."""
    if comparison.family is Family.PROXY:
        return
    for sent, came in comparison.mails:
        lost = _lost(comparison, sent, came)
        if lost:
            first = lost[0]
            piece = Piece(comparison.client.side, sent.row, first.frame, first.time, first.offset, b"")
            times = "once: one copy" if len(lost) == 1 else f"{len(lost)} times: so many copies"
            yield finding(
                comparison,
                "data-retransmitted",
                None,
                f"TCP repeated mail data {times} did not pass",
                severity=Severity.INFO,
                # A copy that did pass leaves no gap where the capture of the other side lost it.
                absence=Absence.LIKELY,
                more=(piece,),
                doubts=(LOSS,),
            )
            return


def _lost(comparison: Comparison, sent: Mail, came: Mail | None) -> list[Retransmission]:
    """Repeats of a mail's bytes that have no counterpart on the server's side."""
    end = sent.offset + sent.length + len(DOT_LINE)
    repeats = [r for r in comparison.client.stream(TO_SERVER).retransmissions if sent.offset <= r.offset < end]
    if came is None or not repeats:
        return repeats
    passed = [
        (again.offset - came.offset, again.length) for again in comparison.server.stream(TO_SERVER).retransmissions
    ]
    if came.ended and came.length != sent.length:
        # Behind bytes that the device put in or took out the same segment stands elsewhere.
        return repeats[sum(0 <= at < came.length + len(DOT_LINE) for at, _ in passed) :]
    return [r for r in repeats if not any(_overlap((r.offset - sent.offset, r.length), one) for one in passed)]


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Tell whether two stretches, each with its length, have a byte in common: a device may cut segments anew."""
    return one[0] < other[0] + other[1] and other[0] < one[0] + one[1]
