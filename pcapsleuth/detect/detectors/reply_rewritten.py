"""A reply was changed on its way to the client.

What it means
    The server answered, and the client received other bytes: another text, another code, a bare `OK` for a real 250.
    Greetings and the keyword lines of an EHLO reply have labels of their own; its first line is included here.

Why it matters
    The client acts on the code and, with enhanced status codes, on the text. Queue ids and reasons get lost.

How it is proven
    By the reply's bytes on both sides. One capture alone shows an `OK` without a code, which no server sends, or a
    list of extensions, or help, in the words of a device (likely).

What else it could be
    A proxy answers in its own words: see proxy-in-path.

References
    RFC 5321 section 4.2; Microsoft KB 320027, test of Mailguard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcapsleuth.compare.comparison import Comparison, subject_of_reply
from pcapsleuth.compare.likeness import unchanged
from pcapsleuth.compare.view import UNASKED, Unit, verb_text
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.onesided import seen, shown
from pcapsleuth.detect.ownwords import REPLIES, speaker
from pcapsleuth.detect.prescribed import SEVEN, bare, suspected
from pcapsleuth.detect.proof import finding
from pcapsleuth.detect.scope import Session
from pcapsleuth.smtp.dialogue import Flag
from pcapsleuth.tcp.segments import TO_CLIENT

LABELS = ("reply-rewritten",)

SERVERS_OWN = "a server may use these words: another path to it shows what it says itself"
NEEDS = ("codeless", "helped")


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each rewritten reply once a session and subject."""
    lists = {(sent.at, came.at) for sent, came, _ in comparison.keyword_lists}
    told: set[str] = set()
    for place, sent, came in comparison.both(TO_CLIENT):
        if came.row.flags & sent.row.flags & Flag.GREETING or not _changed(sent, came, lists):
            continue
        if not comparison.certain(TO_CLIENT, place):
            continue
        subject = subject_of_reply(comparison, comparison.server, sent)
        if subject == UNASKED:
            subject = comparison.client.question(came)
        if subject not in told:
            told.add(subject)
            yield finding(
                comparison,
                "reply-rewritten",
                subject,
                f"the server's reply to {subject} was changed on its way to the client",
                ingress=comparison.server.piece(sent),
                egress=comparison.client.piece(came),
            )


def _changed(sent: Unit, shown: Unit, lists: set[tuple[int, int]]) -> bool:
    """Compare two replies; of a keyword list the first line only, and not what says that another one follows."""
    if (sent.at, shown.at) in lists:
        first, other = (unit.text.partition(b"\n")[0].rstrip(b"\r") for unit in (sent, shown))
        return (first[:3], first[4:]) != (other[:3], other[4:])
    if unchanged(sent, shown):
        return False
    if sent.partial or shown.partial:
        length = min(len(sent.text), len(shown.text))
        return sent.text[:length] != shown.text[:length] and length > 0
    return True


def detect_opening(session: Session) -> Iterator[Finding]:
    """Look for a list of extensions in the words of a device."""
    yield from _own_words(session, session.dialogue.script.listings)


def detect_session(session: Session) -> Iterator[Finding]:
    """Look for help in the words of a device, and for `OK` without a code in the place of a server's reply."""
    yield from _own_words(session, session.dialogue.script.helped)
    told: set[str] = set()
    for verb, answer in bare(session):
        if verb in SEVEN and verb not in told:
            told.add(verb)
            summary = f"{verb} was answered `OK` without a code, as no server does"
            yield suspected(session, "reply-rewritten", verb, summary, answer)


def _own_words(session: Session, replies: Iterable[int]) -> Iterator[Finding]:
    """Report the first of some replies that is in the words of a device."""
    dialogue = session.dialogue
    for at in replies:
        row = dialogue.rows[at]
        text = dialogue.text(row).rstrip(b"\r\n")
        device = speaker(text, REPLIES)
        if device is not None:
            verb = verb_text(dialogue.script.asked(at))
            summary = f"the reply to {verb} is not a mail server's: it is that of {device.name}"
            first = text.partition(b"\r\n")[0]
            yield seen(session, "reply-rewritten", verb, summary, shown(dialogue, row, first), doubts=(SERVERS_OWN,))
            return
