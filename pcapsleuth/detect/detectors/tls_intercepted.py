"""Somebody between the two ends takes part in the TLS session.

What it means
    The two sides show two different TLS handshakes for one session, or TLS on one side and clear text on the other.

Why it matters
    The mail is read, and may be changed, on the way; the certificate that the client sees is not the server's.

How it is proven
    By the ClientHello: its random number is the client's own and the same wherever the session is captured.

What else it could be
    An appliance that decrypts for inspection on purpose, with the owner's knowledge: interception all the same.

References
    RFC 8446 section 4.1.2; RFC 3207.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.view import View
from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.detect.proof import finding
from pcapsleuth.smtp.dialogue import Kind
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER

LABELS = ("tls-intercepted",)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Compare the handshakes, or TLS with clear text."""
    client, server = comparison.client, comparison.server
    if client.lossy or server.lossy:
        return
    one, other = client.dialogue, server.dialogue
    if one.tls and other.tls:
        differ = one.client_hello and other.client_hello and one.client_hello != other.client_hello
        summary = "the two sides show two different TLS handshakes"
    elif comparison.cut:
        # What ended early may have been agreed upon later.
        return
    else:
        differ = (client.encrypted and _clear(server)) or (server.encrypted and _clear(client))
        summary = "one side of the session is TLS, the other is clear text"
    if differ:
        yield finding(
            comparison,
            "tls-intercepted",
            None,
            summary,
            severity=Severity.CRITICAL,
            more=[piece for piece in (_tls(client), _tls(server)) if piece is not None],
            self_evident=True,
        )


def _clear(view: View) -> bool:
    """Tell whether a side is clear text all along: it greets, and TLS was neither begun nor agreed upon."""
    if view.encrypted or view.stream(TO_SERVER).gaps or view.stream(TO_CLIENT).gaps:
        return False
    verbs = {row.word: index for index, row in view.dialogue.commands()}
    rows = view.dialogue.rows
    agreed = any(rows[reply].word == b"220" for reply in view.answered.get(verbs.get(b"STARTTLS", -2), ()))
    return not agreed and not verbs.keys().isdisjoint({b"EHLO", b"HELO"})


def _tls(view: View) -> Piece | None:
    """The first TLS bytes of a side."""
    for index, row in enumerate(view.dialogue.rows):
        if row.kind == Kind.TLS:
            return Piece(view.side, index, row.first_frame, row.time, row.offset, b"")
    return None
