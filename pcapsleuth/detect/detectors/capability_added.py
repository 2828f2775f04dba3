"""The client was shown an EHLO keyword that the server never offered.

What it means
    Both sides have a keyword list, and this keyword is only in the client's.

Why it matters
    The client may use an extension that nobody behind the device has agreed to. Some proxies do it on purpose (their
    own AUTH); some copy a list and then fail (CHUNKING).

How it is proven
    By both whole lists.

What else it could be
    A proxy's own service: see proxy-in-path.

References
    RFC 5321 section 4.1.1.1; F-Secure Internet Gatekeeper manual, SMTP authentication by the proxy.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.keywords import changes
from pcapsleuth.detect.proof import finding

LABELS = ("capability-added",)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each added keyword once a session."""
    for change in changes(comparison, "added"):
        yield finding(
            comparison,
            "capability-added",
            change.name,
            f"the client was shown {change.name} in a line that the server did not send",
            egress=change.egress,
            more=(comparison.server.piece(change.sent),),
            self_evident=True,
        )
