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
from pcapsleuth.compare.view import verb_text
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.keywords import line_pieces
from pcapsleuth.detect.proof import finding

LABELS = ("capability-changed",)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each changed keyword once a session."""
    seen: set[str] = set()
    for sent, shown, lines in comparison.keyword_lists:
        for line in lines:
            if line.how != "changed" or line.sent is None or line.sent.keyword == b"AUTH":
                continue
            keyword = verb_text(line.sent.keyword)
            if keyword not in seen:
                seen.add(keyword)
                ingress, egress = line_pieces(comparison, sent, shown, line)
                yield finding(
                    comparison,
                    "capability-changed",
                    keyword,
                    f"{keyword} reached the client with other parameters than the server sent",
                    ingress=ingress,
                    egress=egress,
                    self_evident=True,
                )
