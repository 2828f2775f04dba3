"""Segments above some size are repeated and never come out; smaller ones do.

What it means
    The client repeats full-sized segments of mail data, none of which appears on the server's side, while small
    segments of the same session go through.

Why it matters
    Short mail passes, mail with attachments dies after a timeout: a tunnel or a device with a smaller MTU whose ICMP
    messages are blocked, or an MSS that was raised on the way.

How it is proven
    By the repeats on the client's side and their absence on the server's, whose acknowledgments never cover them. An
    ICMP error that the client was sent (fragmentation needed, packet too big) names who cannot pass them on.

What else it could be
    A path that is dead altogether: then the small segments do not pass either, and this is not said.

References
    RFC 2923 section 2.1 (black holes of path MTU discovery); RFC 1191.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pcapsleuth.compare.absence import to_side
from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.family import Family
from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.detect.icmp import about, said, unknown_to_sender
from pcapsleuth.detect.proof import finding
from pcapsleuth.smtp.dialogue import Mail
from pcapsleuth.tcp.connection import Retransmission
from pcapsleuth.tcp.icmp import TOO_BIG, IcmpError
from pcapsleuth.tcp.segments import TO_SERVER

LABELS = ("large-segments-lost",)

LARGE = 1_000
"""Bytes of payload: above what any MTU of today's Internet must carry in a tunnel, below a full Ethernet frame."""

MTU = "any link with a smaller MTU between the two points loses them so, not only the device"

REPEATS = 2
"""Times that one segment must be repeated."""


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Look at each mail whose data stops on the server's side."""
    if comparison.family is Family.PROXY:
        return
    for sent, came in comparison.mails:
        stuck = stuck_segment(comparison, sent, came)
        if stuck is not None:
            piece = Piece(comparison.client.side, sent.row, stuck.frame, stuck.time, stuck.offset, b"")
            error = next(about(comparison.client.dialogue.connection, TO_SERVER, TOO_BIG), None)
            yield finding(
                comparison,
                "large-segments-lost",
                None,
                f"segments of {stuck.length:,} bytes are repeated and never come out; smaller ones do"
                + _told(comparison, error),
                severity=Severity.CRITICAL,
                doubts=(MTU,),
                more=(piece, *([Piece(piece.side, -1, error.frame, error.time, 0, b"")] if error else ())),
            )
            return


def _told(comparison: Comparison, error: IcmpError | None) -> str:
    """What the client was told of it."""
    if error is None:
        return ", and no ICMP error tells the client why"
    if unknown_to_sender(error, comparison.client.dialogue.connection, TO_SERVER):
        return f"; {said(error)}, but quotes a sequence number that the client never used"
    return f"; {said(error)}, and the client does not heed it"


def stuck_segment(comparison: Comparison, sent: Mail, came: Mail | None) -> Retransmission | None:
    """The first large segment of a mail that was repeated and never arrived, if small ones did after it."""
    if came is None or (came.ended and came.digest is not None):
        return None
    stream = comparison.client.stream(TO_SERVER)
    large = [r for r in stream.retransmissions if r.length >= LARGE and r.offset >= sent.offset]
    counts = Counter(r.offset for r in large)
    # What the server's side shows came out, whoever lost it behind that point.
    there = comparison.server.stream(TO_SERVER)
    shown = min((gap.offset for gap in there.gaps), default=there.length)
    arrived = max(shown, there.acked) - came.offset
    for repeat in large:
        if counts[repeat.offset] >= REPEATS and repeat.offset - sent.offset >= arrived:
            return repeat if _small_ones_pass(comparison, sent, came, repeat) else None
    return None


def _small_ones_pass(comparison: Comparison, sent: Mail, came: Mail, repeat: Retransmission) -> bool:
    """Tell whether later bytes came out, or anything at all of the client after the repeat."""
    if comparison.server.stream(TO_SERVER).length - came.offset > repeat.offset - sent.offset + repeat.length:
        return True
    there = to_side(repeat.time, comparison.client.side, comparison.server.side, comparison.clock)
    return comparison.server.stream(TO_SERVER).last_time > there
