"""A keyword that the server offered in its EHLO reply was not shown to the client.

What it means
    Both sides have a keyword list, and this keyword is only in the server's.

Why it matters
    The client cannot use what it is not offered: encryption, authentication, chunking, delivery reports.

How it is proven
    By both whole lists. An answer of one line that names a host is a list without keywords. A list that is cut by a
    gap or by the capture's snaplen proves nothing.

What else it could be
    A proxy offers what it can do itself; its list is its own by nature (see proxy-in-path), and its setting says
    which keywords it lets through.

References
    RFC 5321 section 4.1.1.1; WatchGuard Fireware help, ESMTP settings of the SMTP proxy.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.detect.keywords import changes
from pcapsleuth.detect.proof import finding

LABELS = ("capability-removed",)

HARMLESS = frozenset({b"HELP"})
"""A last line `250 HELP` is a habit of servers: nobody misses it."""


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each removed keyword once a session."""
    for change in changes(comparison, "removed"):
        yield finding(
            comparison,
            "capability-removed",
            change.name,
            f"the server offered {change.name}; the list that the client was shown lacks that line",
            severity=Severity.INFO if change.keyword in HARMLESS else Severity.WARNING,
            ingress=change.ingress,
            more=(comparison.client.piece(change.shown),),
            self_evident=True,
        )
