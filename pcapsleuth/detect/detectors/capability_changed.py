"""An EHLO keyword passed with other parameters.

What it means
    The server and the client agree on the keyword, not on what stands behind it: a lower SIZE, fewer mechanisms of
    X-EXPS. The mechanisms of AUTH have labels of their own.

Why it matters
    Messages above a lowered SIZE are refused by the client itself; a missing mechanism stops an authentication.

How it is proven
    By the line's bytes on both sides.

What else it could be
    A proxy with a limit of its own.

References
    RFC 1870 section 3; RFC 5321 section 4.1.1.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.keywords import changes
from pcapsleuth.detect.proof import finding

LABELS = ("capability-changed",)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each changed keyword once a session."""
    for change in changes(comparison, "changed"):
        if change.keyword == b"AUTH":
            continue
        yield finding(
            comparison,
            "capability-changed",
            change.name,
            f"{change.name} reached the client with other parameters than the server sent",
            ingress=change.ingress,
            egress=change.egress,
            self_evident=True,
        )
