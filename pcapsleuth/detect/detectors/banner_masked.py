"""The characters of the server's greeting were overwritten by filler.

What it means
    The server sent its greeting; the client received one of the same length in which a filler (`*`, `_`, `X`)
    stands where the text was. Cisco PIX 5.1 to 6.x leave the characters 2 and 0, release 4.4 and ASA leave none.

Why it matters
    Many clients look for the word ESMTP in the greeting and fall back to HELO without it; Postfix turns its PIX
    workarounds on. Authentication, STARTTLS and 8BITMIME are then lost although nothing else was changed.

How it is proven
    By the greeting's bytes on both sides: equal length, and one filler at every position that differs.

What else it could be
    A server may send stars itself (art, a policy, a firewall farther in): then both captures show them, and nothing
    is reported as done between them.

References
    Microsoft KB 320027; Cisco ASA CLI guide, `mask-banner`; Postfix `smtp_pix_workarounds`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.masking import STARRED, filler
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.marks import masked_greeting
from pcapsleuth.detect.onesided import REDACTED, greeting, seen, shown
from pcapsleuth.detect.proof import finding
from pcapsleuth.detect.scope import Session

LABELS = ("banner-masked",)

MASKS = (b"*", b"_", b"X")
SEVERAL = 4
"""Characters that are overwritten where the length of the whole is not known: fewer may be a word with another."""

HIDDEN = "a server may hide its greeting itself, or adorn it with stars; a capture at the server shows it"


def masked(comparison: Comparison, sent: Piece, shown: Piece) -> bool:
    """Tell whether a greeting was overwritten: in place, or by stars that keep 2, 0 and blanks at most."""
    before, after = sent.text, shown.text
    if comparison.server.is_cut(sent.row) or comparison.client.is_cut(shown.row):
        return _masked_so_far(before, after)
    return filler(before, after) is not None or (before != after and STARRED.fullmatch(after) is not None)


def _masked_so_far(before: bytes, after: bytes) -> bool:
    """Tell it of a greeting that a capture cut: what both have was overwritten, and not by what words are made of."""
    known = min(len(before), len(after))
    changed = sum(one != other for one, other in zip(before, after, strict=False))
    return changed >= SEVERAL and filler(before[:known], after[:known]) in MASKS


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Compare the greeting as sent and as shown."""
    for difference in comparison.differences:
        if difference.element != "greeting" or difference.ingress is None or difference.egress is None:
            continue
        if masked(comparison, difference.ingress, difference.egress):
            yield finding(
                comparison,
                "banner-masked",
                None,
                "the server's greeting reached the client with its characters overwritten",
                ingress=difference.ingress,
                egress=difference.egress,
                self_evident=True,
            )


def detect_opening(session: Session) -> Iterator[Finding]:
    """Look for a greeting that is nothing but stars."""
    found = greeting(session.dialogue)
    if found is not None and masked_greeting(found[1]):
        summary = "the greeting came to this point overwritten with stars"
        evidence = shown(session.dialogue, *found)
        yield seen(session, "banner-masked", None, summary, evidence, doubts=(REDACTED, HIDDEN))
