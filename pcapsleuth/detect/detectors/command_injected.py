"""The server received a command that the client never sent.

What it means
    The server's stream holds a command that is not in the client's.

Why it matters
    Somebody speaks in the client's name: a proxy that tests recipients, or worse.

How it is proven
    The client's side covers the moment without a gap, and the bytes are not there.

What else it could be
    A proxy's own dialogue: see proxy-in-path.

References
    RFC 5321 section 4.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.absence import Absence
from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.proof import finding
from pcapsleuth.smtp.dialogue import Flag, Kind
from pcapsleuth.tcp.segments import TO_SERVER

LABELS = ("command-injected",)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each injected verb once a session."""
    seen: set[str] = set()
    for match in comparison.commands:
        if match.ingress is not None or match.egress is None:
            continue
        came = comparison.server.commands[match.egress]
        absence = comparison.injected(TO_SERVER, match.egress)
        verb = comparison.server.words(came.at)
        told = absence is not Absence.UNKNOWN and not came.row.flags & Flag.UNCERTAIN
        if came.row.kind == Kind.COMMAND and told and verb not in seen:
            seen.add(verb)
            yield finding(
                comparison,
                "command-injected",
                verb,
                f"the server received {verb}, which the client never sent",
                egress=comparison.server.piece(came),
                absence=absence,
            )
