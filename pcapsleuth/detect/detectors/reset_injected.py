"""The connection was reset by somebody between the two ends.

What it means
    One side shows a RST that claims to come from the far end; the far end's own side shows that it sent none, before
    both ends had closed.

Why it matters
    The session dies in the middle: the client sees `connection reset by peer` and blames the server.

How it is proven
    The RST is in one capture only, and the end that is said to have sent it goes on talking, was itself reset, or never
    sent the bytes behind which the RST stands. Of a proxy, which ends its connections itself, it is likely where the
    other connection's end goes on without having closed, or where it resets both while an answer is due.

What else it could be
    A capture that lost the one frame with the RST: where nothing else speaks for an injected RST, the finding is only
    possible. RSTs that both sides show are the end hosts' own.

References
    RFC 9293 section 3.5.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pcapsleuth.compare.absence import FOREVER, Absence, to_side
from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.family import Family
from pcapsleuth.compare.view import opposite
from pcapsleuth.detect.detectors.proxy_in_path import relays
from pcapsleuth.detect.finding import Confidence, Finding, Severity
from pcapsleuth.detect.leaving import PATIENCE, leaves, sent_by, waiting
from pcapsleuth.detect.proof import finding
from pcapsleuth.tcp.connection import Mark
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER, Direction

LABELS = ("reset-injected",)

LOST = "the capture of the other side may have lost the one frame with the RST"
LOST_MORE = "the captures lost other frames of this session, and may have lost the one with the RST"
UNSEEN = "the capture of the other side ended before the RST: its sender may have sent it"
PATTERN = 2
"""Sessions with the same lone RST that make the loss of just that frame implausible."""


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Look for a RST at egress without a counterpart at ingress."""
    if comparison.family is Family.PROXY:
        yield from _by_proxy(comparison)
        return
    ways = [way for way in (TO_CLIENT, TO_SERVER) if _alone(comparison, way)]
    if not ways:
        return
    # Nobody answers a RST by a RST (RFC 9293 section 3.10.7): of two each was sent before the other came, and so while
    # both captures still went on.
    unseen = len(ways) == 1 and _unseen(comparison, ways[0])
    sure = not unseen and (len(ways) > 1 or _goes_on(comparison, ways[0]) or _claims_more(comparison, ways[0]))
    yield finding(
        comparison,
        "reset-injected",
        None,
        _summary(ways),
        severity=Severity.CRITICAL if sure else Severity.INFO,
        absence=Absence.PROVEN if sure else Absence.UNKNOWN,
        more=[_piece(comparison, way) for way in ways],
        doubts=() if sure else (UNSEEN if unseen else _loss(comparison),),
    )


def _by_proxy(comparison: Comparison) -> Iterator[Finding]:
    """Look for a RST by which a proxy ends one of its connections in the middle, while the other one's end goes on.

    A relay's connections have nothing to do with each other; whoever has said QUIT, maybe under TLS, is reset by a
    hasty close. A client that says nothing more may be gone: its server is then reset for a good reason.
    """
    client, server = comparison.client, comparison.server
    left = client.encrypted or server.encrypted or (client.commands and client.commands[-1].row.word == b"QUIT")
    if left or relays(comparison):
        return
    owed = waiting(client, FOREVER) >= 0
    for way in (TO_CLIENT, TO_SERVER):
        whole = not comparison.ingress(way).stream(way).gaps and not _closing(comparison, way)
        lives = _lives(comparison, way) or _reset_as_well(comparison, way)
        if whole and lives and (owed or way == TO_SERVER) and _alone(comparison, way):
            yield finding(
                comparison,
                "reset-injected",
                None,
                _summary([way]),
                severity=Severity.CRITICAL,
                absence=Absence.LIKELY,
                more=[_piece(comparison, way)],
            )


def _lives(comparison: Comparison, way: Direction) -> bool:
    """Tell whether the end that is said to have reset goes on, or still says something when the proxy has left it."""
    ingress = comparison.ingress(way)
    left = ingress.stream(opposite(way)).ends
    return _goes_on(comparison, way) or (bool(left) and ingress.stream(way).last_time > min(left))


def _reset_as_well(comparison: Comparison, way: Direction) -> bool:
    """Tell whether the proxy resets both ends while the client waits for an answer; who is said to have had not closed.

    One that has waited long for its server gives up for a good reason.
    """
    ingress, rst = comparison.ingress(way), comparison.client.stream(TO_CLIENT).rst
    both = rst is not None and ingress.stream(opposite(way)).rst is not None and not ingress.stream(way).ends
    return both and rst is not None and 0 <= waiting(comparison.client, rst.time) < PATIENCE


def _closing(comparison: Comparison, way: Direction) -> bool:
    """Tell whether the end that is said to have reset, or who speaks for it, had closed before the RST.

    An end that closes when the proxy has left it only follows. A server closes by its 421 (RFC 5321 section 3.8).
    """
    ingress, egress = comparison.ingress(way), comparison.egress(way)
    rst, own = egress.stream(way).rst, egress.stream(way).fin
    if rst is None or comparison.clock is None or (own is not None and own.time <= rst.time):
        return True
    victim = egress.stream(opposite(way)).fin
    if victim is not None and victim.time <= rst.time:
        return True
    return leaves(ingress, way) <= sent_by(comparison, way, rst.time)


def _loss(comparison: Comparison) -> str:
    """Say whether it would be the RST alone that was lost."""
    return LOST_MORE if comparison.client.lossy or comparison.server.lossy else LOST


def review(findings: list[Finding]) -> list[Finding]:
    """Take lone RSTs seriously when several sessions show them: a capture does not lose the same frame each time.

    One that lost other frames of these sessions as well may.
    """
    lone = [found for found in findings if LOST in found.doubts]
    if len(lone) < PATTERN:
        return findings
    return [
        replace(found, severity=Severity.CRITICAL, confidence=Confidence.LIKELY) if found in lone else found
        for found in findings
    ]


def _alone(comparison: Comparison, way: Direction) -> bool:
    """Tell whether a direction has a RST at egress only, before both FINs."""
    ingress, egress = comparison.ingress(way), comparison.egress(way)
    rst = egress.stream(way).rst
    if rst is None or ingress.stream(way).rst is not None or not ingress.stream(way).segments:
        return False
    fins = [egress.stream(direction).fin for direction in (TO_SERVER, TO_CLIENT)]
    return any(fin is None or fin.time > rst.time for fin in fins)


def _unseen(comparison: Comparison, way: Direction) -> bool:
    """Tell whether the capture of the end that is said to have reset had ended by then."""
    ingress, egress = comparison.ingress(way), comparison.egress(way)
    rst = egress.stream(way).rst
    if rst is None or comparison.clock is None or _goes_on(comparison, way):
        return False
    return ingress.bounds.last < to_side(rst.time, egress.side, ingress.side, comparison.clock)


def _goes_on(comparison: Comparison, way: Direction) -> bool:
    """Tell whether the end that is said to have reset goes on sending on its own side."""
    ingress, egress = comparison.ingress(way), comparison.egress(way)
    rst = egress.stream(way).rst
    if rst is None or comparison.clock is None:
        return False
    return ingress.stream(way).last_time > sent_by(comparison, way, rst.time)


def _claims_more(comparison: Comparison, way: Direction) -> bool:
    """Tell whether the RST stands behind bytes that its supposed sender never sent."""
    stream, other = comparison.ingress(way).stream(way), comparison.egress(way).stream(way)
    if other.rst is None or other.length > stream.length:
        # Where even its bytes are on the other side only, the capture of its own side lost what it sent.
        return False
    # A FIN takes one sequence number (RFC 9293 section 3.4).
    return other.rst.offset > stream.length + 1 and not stream.gaps


def _summary(ways: list[Direction]) -> str:
    """Say which end was reset."""
    if len(ways) > 1:
        return "both ends were sent a RST that the other end never sent"
    victim, other = ("client", "server") if ways[0] == TO_CLIENT else ("server", "client")
    return f"the {victim} received a RST that the {other} never sent"


def _piece(comparison: Comparison, way: Direction) -> Piece:
    """The RST."""
    view = comparison.egress(way)
    mark = view.stream(way).rst or Mark(0, 0, 0)
    return Piece(view.side, -1, mark.frame, mark.time, mark.offset, b"")
