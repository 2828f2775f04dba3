"""A reply of the server never reached the client.

What it means
    The server sent the reply; it is not in the client's stream.

Why it matters
    Lost after the end of mail data, it makes the client send the message again: the server has it already, and it
    arrives twice or six times.

How it is proven
    The client's side covers the moment without a gap, the bytes are not there, and the client never acknowledges
    them.

What else it could be
    A client that closed before the server answered, or the answer to a command that the device sent itself: neither is
    reported.

References
    RFC 5321 section 4.5.3.2.6 and RFC 1047 on duplicates after a lost 250.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.absence import Absence, to_side
from pcapsleuth.compare.comparison import Comparison, subject_of_reply
from pcapsleuth.compare.family import Family
from pcapsleuth.compare.view import Unit, View
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.proof import finding
from pcapsleuth.smtp.dialogue import Flag
from pcapsleuth.smtp.grammar import CLOSING
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER

LABELS = ("reply-lost",)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each lost reply once a session and subject."""
    seen: set[str] = set()
    for match in comparison.replies:
        if match.ingress is None or match.egress is not None:
            continue
        sent = comparison.server.replies[match.ingress]
        absence = comparison.removed(TO_CLIENT, match.ingress)
        subject = subject_of_reply(comparison, comparison.server, sent)
        if absence is Absence.UNKNOWN or subject in seen or client_gone(comparison, sent) or _others(comparison, sent):
            continue
        seen.add(subject)
        yield finding(
            comparison,
            "reply-lost",
            subject,
            f"the server's reply to {subject} never reached the client",
            ingress=comparison.server.piece(sent),
            absence=absence,
        )


def _others(comparison: Comparison, sent: Unit) -> bool:
    """Tell whether a reply answers a command that the client never sent: it was for the device, which sent it.

    What was asked before a reply is not known where the capture lost it: a 421 alone is never asked for.
    """
    if sent.row.answers < 0 and not sent.row.flags & Flag.GREETING and sent.row.word != CLOSING:
        return comparison.server.lossy
    asked = {unit.at: number for number, unit in enumerate(comparison.server.commands)}.get(sent.row.answers)
    return asked is not None and comparison.injected(TO_SERVER, asked) is not Absence.UNKNOWN


def client_gone(comparison: Comparison, sent: Unit) -> bool:
    """Tell whether the client had closed its side, or was reset, before the server answered, and took no notice of it.

    Who sends QUIT and FIN at once still reads (RFC 9293 section 3.6, half-closed): then it acknowledges the answer.
    """
    shown = comparison.shown.get(sent.at)
    # What acknowledges it at the server's side may be a proxy, which is not the client.
    proxy = comparison.family is Family.PROXY
    if not proxy and comparison.server.stream(TO_CLIENT).acked > sent.row.offset:
        return False
    if shown is not None and comparison.client.stream(TO_CLIENT).acked > comparison.client.dialogue.rows[shown].offset:
        return False
    if proxy and _proxy_gone(comparison.server, sent):
        return True
    client = comparison.client
    reset = client.stream(TO_CLIENT).rst
    ends = (*client.stream(TO_SERVER).ends, *(() if reset is None else (reset.time,)))
    time = to_side(sent.row.time, comparison.server.side, client.side, comparison.clock)
    return any(end < time for end in ends) or _closed_unseen(comparison, sent)


def _proxy_gone(server: View, sent: Unit) -> bool:
    """Tell whether a proxy, which is what the server talks to, had closed before the server spoke."""
    return any(end < sent.row.time for end in server.stream(TO_SERVER).ends)


def _closed_unseen(comparison: Comparison, sent: Unit) -> bool:
    """Tell whether the client's FIN, lost to its own capture, reached the server before the server answered.

    A RST stands behind all that its sender sent, and a FIN takes one sequence number (RFC 9293 sections 3.4, 3.5.2).
    """
    own, there = comparison.client.stream(TO_SERVER), comparison.server.stream(TO_SERVER).fin
    closed = own.fin is None and own.rst is not None and own.rst.offset > own.length
    return closed and there is not None and there.time < sent.row.time
