"""A connection does not cross the device, or the device refuses it.

What it means
    The client's SYN is on the one side and not on the other, or the server's SYN-ACK never comes back to the client,
    or a RST that no server sent, or an ICMP error, refuses the connection.

Why it matters
    No mail at all. The usual causes: no static translation or access list for the mail server, a shun or a block
    list, a service that is closed on the device.

How it is proven
    The other side covers the time and shows no such connection, however often the client repeats its SYN. An ICMP
    error (prohibited, unreachable) names who refused it, and shows it on one side alone.

What else it could be
    A capture that lost a single SYN, or cut its frames within the headers; a scan of addresses that serve nobody
    (info); two neighbours on the protected side, with private addresses both, whose connection need not cross the
    device (info); a server that refuses the connection itself, which both sides show.

References
    Microsoft KB 320027 (static and conduit statements); RFC 9293 section 3.10.7; RFC 1812 section 5.2.7.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.absence import Absence
from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.direction import is_private
from pcapsleuth.detect.finding import Confidence, Evidence, Finding, Severity
from pcapsleuth.detect.icmp import REFUSING, about, said
from pcapsleuth.detect.onesided import seen
from pcapsleuth.detect.proof import finding
from pcapsleuth.detect.scope import Scope, Session, Side
from pcapsleuth.detect.turned_away import ALL_LOST, turned_away
from pcapsleuth.tcp.connection import Connection, Stream
from pcapsleuth.tcp.icmp import IcmpError
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER

LABELS = ("connection-blocked",)

REPEATED = 2
"""SYNs that make it more than one lost frame."""

ONCE = "the other capture may have lost all frames of this one attempt"
LOST = "the other capture may have lost the one frame with the SYN"
FARTHER = "the ICMP error may come from farther on, if the other capture lost it as well as the SYN"
SCAN = "nobody was ever served at this address here: it may be a scan, and its end what a firewall is for"
ITSELF = "the server's own host may refuse it: the error bears its address"
FORGED = "anybody on the path can say this in a router's name: its log would settle it"
UNREAD = "the other capture has frames that cannot be read, cut within their headers or of an unknown kind: look there"
NEIGHBOURS = (
    "both addresses are private, and nobody was seen to cross the device to this server: it may be on this side"
)
UNCOVERED = "the other capture has no frame before or after that time: it may have begun later or ended earlier"
MILD = {LOST, UNREAD, NEIGHBOURS}
"""With one of these doubts it is no warning."""


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Find answers to a SYN that do not come back, and refusals that no server sent."""
    here, there = comparison.client.stream(TO_CLIENT), comparison.server.stream(TO_CLIENT)
    syn = comparison.client.stream(TO_SERVER).syn
    if syn is None or here.syn is not None or here.length:
        return
    error = _refusal(comparison.client.dialogue.connection)
    if error is not None and _refusal(comparison.server.dialogue.connection) is None:
        yield finding(
            comparison,
            "connection-blocked",
            None,
            f"the connection is refused between the two points: {said(error)}",
            egress=Piece(comparison.client.side, -1, error.frame, error.time, 0, b""),
            absence=Absence.LIKELY,
            more=(Piece(comparison.client.side, -1, syn.frame, syn.time, 0, b""),),
        )
        return
    if there.syn is None:
        return
    refused = here.rst is not None and there.rst is None
    if refused or comparison.client.stream(TO_SERVER).syn_count >= REPEATED:
        yield finding(
            comparison,
            "connection-blocked",
            None,
            "the server accepts the connection, and its answer never reaches the client",
            ingress=Piece(comparison.server.side, -1, there.syn.frame, there.syn.time, 0, b""),
            absence=Absence.PROVEN,
            more=(Piece(comparison.client.side, -1, syn.frame, syn.time, 0, b""),),
        )


def detect_case(scope: Scope) -> Iterator[Finding]:
    """Find connections that were never opened on their own side and are missing on the other."""
    for side in scope.sides():
        for index in side.unpaired:
            if any(side.signatures[index].lengths):
                continue
            connection = side.load(index).connection
            reached = scope.reached_from(side, connection.server)
            # On the server's side alone it came through, and the other capture lost it.
            if _unopened(connection) and (not reached or side.name in reached):
                yield _finding(scope, side, index, connection)
    for away in turned_away(scope):
        yield Finding(
            label="connection-blocked",
            subject=None,
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            summary="the device answered the connection itself, with a refusal, and never took it to the server",
            outside=away.number if away.side is scope.outside else None,
            inside=away.number if away.side is scope.inside else None,
            evidence=(Evidence(away.side.name, away.dialogue.connection.first_frame, 0, b""),),
            doubts=(ALL_LOST,),
        )


def detect_session(session: Session) -> Iterator[Finding]:
    """Know a refusal by ICMP on one side; who it was the error says, not which box that is."""
    connection = session.dialogue.connection
    if not connection.errors or not _unopened(connection):
        return
    error = _refusal(connection)
    if error is not None:
        repeated = connection.streams[TO_SERVER].syn_count >= REPEATED
        yield seen(
            session,
            "connection-blocked",
            None,
            f"the client's SYN was refused: {said(error)}",
            Evidence("single", error.frame, 0, b""),
            severity=Severity.WARNING if repeated else Severity.INFO,
            doubts=(ITSELF,) if error.sender.address == connection.server.address else (FORGED,),
        )


def _unopened(connection: Connection) -> bool:
    """Tell whether a SYN was never accepted."""
    client, server = connection.streams
    return client.syn is not None and server.syn is None and not client.length and not server.length


def _finding(scope: Scope, side: Side, index: int, connection: Connection) -> Finding:
    """Say it of one connection."""
    client, server = connection.streams
    error = _refusal(connection)
    doubts = _doubts(scope, side, connection, error)
    grave = client.syn_count >= REPEATED and not doubts
    serves = connection.server in side.serving
    marks = [mark for mark in (client.syn, server.rst, error) if mark is not None]
    return Finding(
        label="connection-blocked",
        subject=None,
        severity=Severity.WARNING if grave or (serves and not MILD & {*doubts}) else Severity.INFO,
        confidence=_confidence(doubts),
        summary=_summary(client, error, refused=server.rst is not None),
        outside=index if side is scope.outside else None,
        inside=index if side is scope.inside else None,
        evidence=tuple(Evidence(side.name, mark.frame, 0, b"") for mark in marks),
        doubts=doubts if serves else (*doubts, SCAN),
    )


def _doubts(scope: Scope, side: Side, connection: Connection, error: IcmpError | None) -> tuple[str, ...]:
    """What else may explain that the other capture does not have the connection."""
    client, server = connection.streams
    once, refused = client.syn_count < REPEATED, server.rst is not None
    return (
        *((FARTHER if error else LOST,) if once and not refused else ()),
        *(() if scope.covered(side, connection) else (UNCOVERED,)),
        *((ONCE,) if once and refused else ()),
        *((UNREAD,) if scope.other(side).unreadable >= client.syn_count else ()),
        *((NEIGHBOURS,) if _neighbours(scope, side, connection) else ()),
    )


def _neighbours(scope: Scope, side: Side, connection: Connection) -> bool:
    """Tell whether client and server may both be on the protected side: a capture there may show its own traffic."""
    if side is not scope.inside or scope.reached_from(side, connection.server):
        return False
    return is_private(connection.client) and is_private(connection.server)


def _refusal(connection: Connection) -> IcmpError | None:
    """The first ICMP error that says why the client's SYN is not answered."""
    return next(about(connection, TO_SERVER, *REFUSING), None)


def _confidence(doubts: tuple[str, ...]) -> Confidence:
    """To lose a SYN and what answered it takes more than to lose one frame."""
    if not doubts:
        return Confidence.PROVEN
    return Confidence.LIKELY if doubts in ((FARTHER,), (ONCE,)) else Confidence.POSSIBLE


def _summary(client: Stream, error: IcmpError | None, *, refused: bool) -> str:
    """Say how it was blocked."""
    if error is not None:
        return f"the client's SYN never crossed the device: {said(error)}"
    often = "twice" if client.syn_count == REPEATED else f"{client.syn_count} times"
    times = f", though it was sent {often}" if client.syn_count >= REPEATED else ""
    if refused:
        return "the connection was refused by a RST that no server sent: its SYN never crossed the device"
    return f"the client's SYN never crossed the device{times}"
