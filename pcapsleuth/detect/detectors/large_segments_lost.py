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
    A path that is dead altogether: then small segments do not pass either, and this is not said. Where none was sent
    after the large ones it cannot be known, and the finding is a hint only: it is given where the server's side was
    captured while a segment was sent twice, or where that capture has nothing behind this session and may have been
    stopped just there.

References
    RFC 2923 section 2.1 (black holes of path MTU discovery); RFC 1191.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pcapsleuth.compare.absence import Absence, to_side
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

NOTHING_SMALLER = "nothing smaller was sent after them: the device may have let nothing more of this session pass"

STOPPED = "the capture of the server's side ends with this session: it may have been stopped before they came"

REPEATS = 2
"""Times that one segment must be repeated."""


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Look at each mail whose data stops on the server's side."""
    if comparison.family is Family.PROXY:
        return
    for sent, came in comparison.mails:
        stuck, smaller = stuck_segment(comparison, sent, came)
        doubts = None if stuck is None else _doubts(comparison, stuck, smaller=smaller)
        if stuck is not None and doubts is not None:
            piece = Piece(comparison.client.side, sent.row, stuck.frame, stuck.time, stuck.offset, b"")
            error = next(about(comparison.client.dialogue.connection, TO_SERVER, TOO_BIG), None)
            yield finding(
                comparison,
                "large-segments-lost",
                None,
                f"segments of {stuck.length:,} bytes are repeated and never come out; smaller ones "
                + ("do" if smaller else "did before them")
                + _told(comparison, error),
                severity=Severity.CRITICAL if smaller else Severity.INFO,
                absence=Absence.PROVEN if smaller else Absence.UNKNOWN,
                doubts=doubts,
                more=(piece, *([Piece(piece.side, -1, error.frame, error.time, 0, b"")] if error else ())),
            )
            return


def _doubts(comparison: Comparison, stuck: Retransmission, *, smaller: bool) -> tuple[str, ...] | None:
    """What else may explain it; None if the server's capture was plainly over before."""
    if smaller:
        return (MTU,)
    if _covered(comparison, stuck):
        return (MTU, NOTHING_SMALLER)
    return (MTU, NOTHING_SMALLER, STOPPED) if _last(comparison) else None


def _told(comparison: Comparison, error: IcmpError | None) -> str:
    """What the client was told of it."""
    if error is None:
        return ", and no ICMP error tells the client why"
    if unknown_to_sender(error, comparison.client.dialogue.connection, TO_SERVER):
        return f"; {said(error)}, but quotes a sequence number that the client never used"
    return f"; {said(error)}, and the client does not heed it"


def stuck_segment(comparison: Comparison, sent: Mail, came: Mail | None) -> tuple[Retransmission | None, bool]:
    """The first large segment of a mail that was repeated and never arrived; and whether small ones did after it."""
    begin = _begin(comparison, sent) if came is None else came.offset
    if begin is None or (came is not None and came.ended and came.digest is not None):
        return None, False
    stream = comparison.client.stream(TO_SERVER)
    # The command that announces a chunk goes out with its first bytes (RFC 3030 section 2).
    large = [
        r
        for r in stream.retransmissions
        if r.length >= LARGE and r.offset + r.length > sent.offset and not _only_the_end(comparison, sent, came, r)
    ]
    repeat = _stuck(large, sent.offset + _arrived(comparison) - begin) if large else None
    if repeat is None:
        return None, False
    return repeat, _small_ones_pass(comparison, repeat, repeat.offset - sent.offset + begin)


def _only_the_end(comparison: Comparison, sent: Mail, came: Mail | None, repeat: Retransmission) -> bool:
    """Tell whether a segment holds the end of the mail data, and as large ones of the same mail came out before it.

    By their average: all but the last one of a mail are alike.
    """
    before = repeat.offset - sent.offset
    if came is None or came.length < repeat.length or before + repeat.length < sent.length:
        return False
    return before >= repeat.length * (comparison.client.dialogue.rows[sent.row].segments - 1)


def _arrived(comparison: Comparison) -> int:
    """Up to which offset bytes came out, as the server's side shows or acknowledges, whoever lost them behind it."""
    there = comparison.server.stream(TO_SERVER)
    return max(min((gap.offset for gap in there.gaps), default=there.length), there.acked)


def _stuck(large: Sequence[Retransmission], arrived: int) -> Retransmission | None:
    """The first of these that was repeated again and again, and begins behind what arrived."""
    counts = Counter(repeat.offset for repeat in large)
    return next((one for one in large if counts[one.offset] >= REPEATS and one.offset >= arrived), None)


def _begin(comparison: Comparison, sent: Mail) -> int | None:
    """Where a mail of which the server's side shows nothing should have begun: right behind the last that came out."""
    place = comparison.place_of.get(min(sent.rows, default=sent.row))
    at = (None if place is None else comparison.commands[place].ingress) or 0
    before = comparison.client.commands[:at]
    announced = 0
    if sent.chunked and before and comparison.became[before[-1].at] is None:
        announced = before.pop().row.length
    last = comparison.became[before[-1].at] if before else None
    if last is None or last != comparison.server.commands[-1].at:
        return None
    row = comparison.server.dialogue.rows[last]
    return row.offset + row.length + announced


def _small_ones_pass(comparison: Comparison, repeat: Retransmission, place: int) -> bool:
    """Tell whether bytes behind those at this place came out, or anything at all of the client after the repeat."""
    there = comparison.server.stream(TO_SERVER)
    time = to_side(repeat.time, comparison.client.side, comparison.server.side, comparison.clock)
    return there.length > place + repeat.length or there.last_time > time


def _covered(comparison: Comparison, repeat: Retransmission) -> bool:
    """Tell whether the server's side was captured when a segment was sent for the second time."""
    server = comparison.server
    time = to_side(repeat.time, comparison.client.side, server.side, comparison.clock)
    return comparison.clock is not None and time <= server.bounds.last


def _last(comparison: Comparison) -> bool:
    """Tell whether the server's capture has nothing behind this session: nobody else shows how long it ran."""
    return comparison.server.dialogue.connection.end == comparison.server.bounds.last
