"""The server's own answer came after the client had stopped waiting.

What it means
    The server did answer, by itself, but the client had already closed the connection.

Why it matters
    It acquits the device: a slow scanner behind the server or a slow server explains the client's retries and the
    duplicates that follow. RFC 5321 asks clients to wait ten minutes for the answer to the end of mail data.

How it is proven
    By the times of the client's FIN or RST and of the server's reply, on one clock; and the server had the question
    for most of the time that the client waited.

What else it could be
    A device that keeps the question or the answer, as a scanning proxy does: then the server was quick, and this is
    not said. A `221` or `421` that crosses the client's close is nothing: it is not reported.

References
    RFC 5321 section 4.5.3.2; RFC 1047.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison, subject_of_reply
from pcapsleuth.detect.detectors.reply_lost import client_gone
from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.detect.proof import finding
from pcapsleuth.smtp.grammar import CLOSING
from pcapsleuth.tcp.segments import TO_SERVER

LABELS = ("reply-late",)

FAREWELLS = (b"221", CLOSING)
SECOND = 1_000_000_000


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each late reply once a session and subject."""
    if not all(view.stream(TO_SERVER).syn for view in (comparison.client, comparison.server)):
        return  # Without a common begin the clocks of two sessions cannot be told.
    seen: set[str] = set()
    for sent in comparison.server.replies:
        subject = subject_of_reply(comparison, comparison.server, sent)
        asked = comparison.came_from.get(sent.row.answers)
        if asked is None or sent.row.word in FAREWELLS or sent.partial or subject in seen:
            continue
        took = sent.row.time - comparison.server.asked_at(sent.row.answers)
        if client_gone(comparison, sent) and mostly(took, _waited(comparison, asked)):
            seen.add(subject)
            yield finding(
                comparison,
                "reply-late",
                subject,
                f"the server answered {subject} after {took / SECOND:,.1f} s, when the client was gone",
                severity=Severity.INFO,
                more=(comparison.server.piece(sent),),
            )


def mostly(took: int, waited: int) -> bool:
    """Tell whether the server took most of the time that a client waited, ns; negative: it is not known how long."""
    return 2 * took >= waited


def _waited(comparison: Comparison, asked: int) -> int:
    """How long the client waited for the answer to a row before it closed, ns; -1 if its capture does not show it."""
    since = comparison.client.asked_at(asked)
    return min((end - since for end in comparison.client.stream(TO_SERVER).ends if end >= since), default=-1)
