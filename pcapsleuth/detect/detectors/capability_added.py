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
from pcapsleuth.compare.view import verb_text
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.keywords import line_pieces, list_piece
from pcapsleuth.detect.proof import finding

LABELS = ("capability-added",)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each added keyword once a session."""
    seen: set[str] = set()
    for sent, shown, lines in comparison.keyword_lists:
        offered = {line.sent.keyword for line in lines if line.sent is not None}
        for line in lines:
            if line.how != "added" or line.shown is None or line.shown.keyword in offered:
                continue
            keyword = verb_text(line.shown.keyword)
            if keyword not in seen:
                seen.add(keyword)
                yield finding(
                    comparison,
                    "capability-added",
                    keyword,
                    f"the client was shown {keyword}, which the server did not offer",
                    egress=line_pieces(comparison, sent, shown, line)[1],
                    more=(list_piece(comparison.server, sent),),
                    self_evident=True,
                )
