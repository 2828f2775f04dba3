"""A keyword line of the EHLO reply was overwritten by filler.

What it means
    The server offered an extension; the client was shown a line of the same length made of filler. ASA and PIX 7+
    write X's and end the n-th masked line with the n-th letter: `250-STARTTLS` becomes `250-XXXXXXXA`. Others write
    stars over some letters: `250-CHUNKING` becomes `250-CHU*KING`.

Why it matters
    The client cannot use what it is not offered: encryption, authentication, chunking, delivery reports.

How it is proven
    The line's bytes on both sides have one length, and the filler stands at every position that differs.

What else it could be
    A server behind a second firewall shows the mask on both sides; that is not reported as done between them.

References
    Cisco ASA CLI guide, `match ehlo-reply-parameter others: mask`; RFC 5321 section 4.1.1.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.keyword import keyword_lines
from pcapsleuth.compare.view import verb_text
from pcapsleuth.detect.candidates import candidates, spoilt
from pcapsleuth.detect.finding import Evidence, Finding
from pcapsleuth.detect.keywords import changes
from pcapsleuth.detect.marks import masked_line
from pcapsleuth.detect.onesided import REDACTED, seen, shown
from pcapsleuth.detect.proof import finding
from pcapsleuth.detect.scope import Session
from pcapsleuth.smtp.script import KEPT

LABELS = ("capability-masked",)

LETTERS = "named by the letters that are left alone"


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each masked keyword once a session."""
    for change in changes(comparison, "masked"):
        yield finding(
            comparison,
            "capability-masked",
            change.name,
            f"the server offered {change.name}; the client was shown filler in its place",
            ingress=change.ingress,
            egress=change.egress,
            self_evident=True,
        )


def detect_opening(session: Session) -> Iterator[Finding]:
    """Name the best candidate for each masked line of the EHLO reply: what stood there is not known."""
    listings = session.dialogue.script.listings
    if not listings:
        return
    row = session.dialogue.rows[listings[-1]]
    text = session.dialogue.text(row).rstrip(b"\r\n")
    masked = _masked(text)
    if not masked:
        return
    lines = keyword_lines(text)
    told: set[str] = set()
    for number, (at, words) in enumerate(candidates(lines, masked).items(), 1):
        subject = verb_text(words[0].replace(b"=", b" ").split()[0]) if words else f"MASKED-{number}"
        if subject not in told:
            told.add(subject)
            start = text.index(lines[at].text, lines[at].offset)
            kept = spoilt(lines[at].text) is not None
            yield _seen(session, subject, words, shown(session.dialogue, row, lines[at].text, start), kept=kept)


@lru_cache(KEPT)
def _masked(text: bytes) -> tuple[int, ...]:
    """The places of the masked lines of an EHLO reply; servers say the same again and again."""
    lines = keyword_lines(text)
    masked: list[int] = []
    for at, line in enumerate(lines):
        if masked_line(line.text, len(masked) + 1):
            masked.append(at)
    if masked and masked[-1] == len(lines) - 1 and len(lines[-1].text) == len(b"OK"):
        masked.pop()
    return tuple(masked)


def _seen(session: Session, subject: str, words: list[bytes], evidence: Evidence, *, kept: bool) -> Finding:
    """Say that a line came masked, and what else may have stood there."""
    summary = "a keyword line of the EHLO reply came to this point overwritten"
    if not words:
        return seen(session, "capability-masked", subject, summary, evidence)
    if kept:
        summary += f"; by the letters that are left it is {subject}"
        return seen(session, "capability-masked", subject, summary, evidence, doubts=(LETTERS, REDACTED))
    others = " or ".join(word.decode() for word in words[1:])
    doubt = f"by its length it may also be {others}" if others else "named by its length alone"
    summary += f"; by its length it may be {subject}"
    return seen(session, "capability-masked", subject, summary, evidence, doubts=(doubt, REDACTED))
