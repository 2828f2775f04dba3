"""A keyword that the server offered in its EHLO reply was not shown to the client.

What it means
    Both sides have a keyword list, and this keyword is only in the server's.

Why it matters
    The client cannot use what it is not offered: encryption, authentication, chunking, delivery reports.

How it is proven
    By both whole lists. A list that is cut by a gap or by the capture's snaplen proves nothing.

What else it could be
    A proxy offers what it can do itself; its list is its own by nature (see proxy-in-path), and its setting says
    which keywords it lets through.

References
    RFC 5321 section 4.1.1.1; WatchGuard Fireware help, ESMTP settings of the SMTP proxy.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.view import verb_text
from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.detect.keywords import line_pieces, list_piece
from pcapsleuth.detect.proof import finding

LABELS = ("capability-removed",)

HARMLESS = frozenset({b"HELP"})
"""A last line `250 HELP` is a habit of servers: nobody misses it."""


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each removed keyword once a session."""
    seen: set[str] = set()
    for sent, shown, lines in comparison.keyword_lists:
        still = {line.shown.keyword for line in lines if line.shown is not None}
        for line in lines:
            if line.how != "removed" or line.sent is None or line.sent.keyword in still:
                continue
            keyword = verb_text(line.sent.keyword)
            if keyword not in seen:
                seen.add(keyword)
                yield finding(
                    comparison,
                    "capability-removed",
                    keyword,
                    f"the server offered {keyword}; the list that the client was shown lacks it",
                    severity=Severity.INFO if line.sent.keyword in HARMLESS else Severity.WARNING,
                    ingress=line_pieces(comparison, sent, shown, line)[0],
                    more=(list_piece(comparison.client, shown),),
                    self_evident=True,
                )
