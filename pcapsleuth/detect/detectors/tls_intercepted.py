"""Somebody between the two ends takes part in the TLS session.

What it means
    The two sides show two different TLS handshakes for one session, or TLS on one side and clear text on the other.

Why it matters
    The mail is read, and may be changed, on the way; the certificate that the client sees is not the server's.

How it is proven
    By the ClientHello: its random number is the client's own and the same wherever the session is captured.

What else it could be
    An appliance that decrypts for inspection on purpose, with the owner's knowledge: interception all the same. A tap
    that decrypts for the capture alone, beside the path: what it writes is a copy, and tells nothing of the device.

References
    RFC 8446 section 4.1.2; RFC 3207.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pcapsleuth.compare.absence import Absence
from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.view import View
from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.detect.proof import finding
from pcapsleuth.smtp.dialogue import Dialogue, Kind
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER

LABELS = ("tls-intercepted",)

HELLOS = frozenset({b"EHLO", b"HELO"})
CLEAR = "one side of the session is TLS, the other is clear text"
TAP = "the capture in clear text may be the copy of a tap that decrypts beside the path: ask how it was made"


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Compare the handshakes, or TLS with clear text."""
    client, server = comparison.client, comparison.server
    if comparison.decrypted:
        yield _copied(comparison, "and no server greets there")
    elif client.lossy or server.lossy:
        return
    elif client.dialogue.tls and server.dialogue.tls:
        if _two_handshakes(client.dialogue, server.dialogue):
            yield _intercepted(comparison, "the two sides show two different TLS handshakes")
    elif _one_alone(client, server, _goes_on):
        yield _copied(comparison, "though both ends agreed upon TLS there as well")
    # What ended early may have been agreed upon later.
    elif not comparison.cut and _one_alone(client, server, _clear):
        yield _intercepted(comparison, CLEAR, TAP)


def _two_handshakes(one: Dialogue, other: Dialogue) -> bool:
    """Tell whether the first record of either direction differs: the random in a hello makes it unique."""
    hellos = (one.client_hello, other.client_hello), (one.server_hello, other.server_hello)
    return any(here and there and here != there for here, there in hellos)


def _one_alone(client: View, server: View, readable: Callable[[View], bool]) -> bool:
    """Tell whether one side is encrypted, and the other one readable in some way."""
    return (client.encrypted and readable(server)) or (server.encrypted and readable(client))


def _intercepted(comparison: Comparison, summary: str, *doubts: str) -> Finding:
    """Say that somebody takes part."""
    return finding(
        comparison,
        "tls-intercepted",
        None,
        summary,
        severity=Severity.CRITICAL,
        more=_handshakes(comparison),
        self_evident=True,
        doubts=doubts,
    )


def _copied(comparison: Comparison, why: str) -> Finding:
    """Say that a capture shows a copy, with which nothing can be compared; that somebody takes part is not known."""
    return finding(
        comparison,
        "tls-intercepted",
        None,
        f"{CLEAR}, {why}: a copy of what TLS carries, and nothing that was on its way",
        severity=Severity.INFO,
        absence=Absence.UNKNOWN,
        more=_handshakes(comparison),
        doubts=(TAP,),
    )


def _handshakes(comparison: Comparison) -> list[Piece]:
    """The first TLS bytes of both sides."""
    return [piece for piece in map(_tls, (comparison.client, comparison.server)) if piece is not None]


def _clear(view: View) -> bool:
    """Tell whether a side is clear text all along: it greets, and TLS was neither begun nor agreed upon."""
    if view.encrypted or view.stream(TO_SERVER).gaps or view.stream(TO_CLIENT).gaps:
        return False
    verbs = {row.word for _, row in view.dialogue.commands()}
    return _agreed(view) is None and not verbs.isdisjoint(HELLOS)


def _goes_on(view: View) -> bool:
    """Tell whether a side goes on in clear text behind the agreement on TLS, as if a server had understood it."""
    agreed = _agreed(view)
    if agreed is None or view.encrypted:
        return False
    hellos = [index for index, row in view.dialogue.commands() if row.word in HELLOS]
    return any(index > agreed and index in view.answered for index in hellos)


def _agreed(view: View) -> int | None:
    """The row in which the server agreed to begin TLS."""
    rows = view.dialogue.rows
    asked = [index for index, row in view.dialogue.commands() if row.word == b"STARTTLS"]
    return next((at for one in asked for at in view.answered.get(one, ()) if rows[at].word == b"220"), None)


def _tls(view: View) -> Piece | None:
    """The first TLS bytes of a side."""
    for index, row in enumerate(view.dialogue.rows):
        if row.kind == Kind.TLS:
            return Piece(view.side, index, row.first_frame, row.time, row.offset, b"")
    return None
