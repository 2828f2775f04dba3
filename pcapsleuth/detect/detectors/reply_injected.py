"""The client received a reply that the server never sent.

What it means
    The reply's bytes are in the client's stream only. The subject is what it answers: a verb, GREETING, END-OF-DATA.

Why it matters
    The client acts on words that are not the server's. An injected `OK` hides a blocked command; an injected 5xx makes
    mail bounce that the server would have taken.

How it is proven
    The server's side covers the moment without a gap, and no segment of the server carries these bytes. One capture
    alone shows it where the reply names a firewall, or is an `OK` without a code, as PIX 4.x answers; then it is
    likely. A success with a code to the verb of KB 320027's test is a hint (possible), and so is a STARTTLS that the
    list of keywords offers and that is then no command: this one is for information only.

What else it could be
    A capture that lost the server's segment: but then the client's acknowledgments cover it on that side too, and
    there is no finding.

References
    Microsoft KB 320027, "the firewall answers OK"; Palo Alto document on 541 for blocked mail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pcapsleuth.compare.absence import Absence
from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.view import Unit, verb_text
from pcapsleuth.detect.commands import injected_replies
from pcapsleuth.detect.detectors.end_of_data_lost import lost_ends
from pcapsleuth.detect.finding import Confidence, Evidence, Finding, Severity
from pcapsleuth.detect.onesided import disowned, quoted, seen, shown, unknown
from pcapsleuth.detect.out_of_turn import meant_for
from pcapsleuth.detect.ownwords import ANSWERS, TURN_AWAY, speaker
from pcapsleuth.detect.prescribed import ACCEPTS, NOOPED, SEVEN, VERB, accepted, bare, suspected, tested
from pcapsleuth.detect.proof import SHOWN, finding
from pcapsleuth.detect.scope import Scope, Session
from pcapsleuth.detect.turned_away import ALL_LOST, turned_away
from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind, Row
from pcapsleuth.smtp.grammar import CLOSING

LABELS = ("reply-injected",)
NEEDS = ("refusals", "codeless", "strangers")

NOT_SET_UP = "a server that offers what it was not set up for"
OVERWRITTEN = "a device that overwrites the verb gets the client the server's own answer to that"

GREETING, END_OF_DATA = "GREETING", "END-OF-DATA"


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each injected reply once a session and subject."""
    told: set[str] = set()
    meant = meant_for(comparison)
    for reply, absence in (*injected_replies(comparison), *_to_lost_ends(comparison)):
        early = meant.get(reply.at)
        subject = comparison.client.question(reply) if early is None else comparison.client.words(early)
        if subject not in told:
            told.add(subject)
            yield finding(
                comparison,
                "reply-injected",
                subject,
                f"the client received a reply to {subject} that the server never sent",
                egress=comparison.client.piece(reply),
                absence=absence,
            )


def _to_lost_ends(comparison: Comparison) -> Iterator[tuple[Unit, Absence]]:
    """Replies to the end of mail data that the server never had: it cannot have sent them, but to say that it leaves.

    That it may say at any time (RFC 5321 section 3.8).
    """
    lost = {sent.asked: min(sure, Absence.LIKELY) for sent, _, sure in lost_ends(comparison)}
    for _, reply in comparison.foreign if lost else ():
        if reply.row.answers in lost and reply.row.word != CLOSING:
            yield reply, lost[reply.row.answers]


def detect_case(scope: Scope) -> Iterator[Finding]:
    """Report greetings of connections that the device turned away."""
    for away in turned_away(scope):
        text = away.dialogue.text(away.greeting).rstrip(b"\r\n")[:SHOWN]
        yield Finding(
            label="reply-injected",
            subject=GREETING,
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            summary="the client was greeted with a refusal that no server sent",
            outside=away.number if away.side is scope.outside else None,
            inside=away.number if away.side is scope.inside else None,
            egress=text,
            evidence=(Evidence(away.side.name, away.greeting.first_frame, away.greeting.offset, text),),
            doubts=(ALL_LOST,),
        )


def detect_session(session: Session) -> Iterator[Finding]:
    """Look for replies that no mail server gives."""
    told: set[str | None] = set()
    for found in (*_own_words(session), *_bare(session), *_accepted(session), *_disowned(session)):
        if found.subject not in told:
            told.add(found.subject)
            yield found


def _own_words(session: Session) -> Iterator[Finding]:
    """Replies that name a product."""
    for subject, row in _answers(session.dialogue):
        text = session.dialogue.text(row).rstrip(b"\r\n")
        device = speaker(text, TURN_AWAY if subject == GREETING else ANSWERS)
        if device is not None:
            summary = f"the reply to {subject} is not a mail server's: it is that of {device.name}"
            evidence = shown(session.dialogue, row, text)
            doubts = ("a server that says so of its own accord",)
            yield seen(session, "reply-injected", subject, summary, evidence, doubts=doubts)


def _bare(session: Session) -> Iterator[Finding]:
    """`OK` without a code to what Mailguard keeps from the server; in other places it is a reply rewritten."""
    for verb, answer in bare(session):
        if verb not in SEVEN:
            summary = f"{verb} was answered `OK` without a code, as early Cisco PIX answer in the server's place"
            yield suspected(session, "reply-injected", verb, summary, answer)


def _accepted(session: Session) -> Iterator[Finding]:
    """A yes, with a code, to a verb that no server knows: KB 320027 takes it for the firewall's, but see the doubts."""
    answer = accepted(session) if tested(session) else None
    if answer is not None:
        verb = verb_text(VERB)
        summary = f"{verb}, which no server knows, was answered as if it were a command"
        doubts = (ACCEPTS, NOOPED)
        yield suspected(session, "reply-injected", verb, summary, answer, doubts, Confidence.POSSIBLE)


def _disowned(session: Session) -> Iterator[Finding]:
    """STARTTLS is offered, and no command to whoever answers it: a hint at a proxy that passes on what it cannot do."""
    dialogue = session.dialogue
    for verb, row in _answers(dialogue):
        text = dialogue.text(row).rstrip(b"\r\n")
        if row.answers < 0 or not disowned(dialogue, row.answers, text):
            continue
        # What tells that the verb came there overwritten says more.
        asked = dialogue.rows[row.answers]
        if not (quoted(dialogue, asked, text) or unknown(dialogue, asked.word, text)):
            summary = f"{verb} is in the list of keywords, and was answered as if there were no such command"
            doubts = (NOT_SET_UP, OVERWRITTEN)
            hint = suspected(session, "reply-injected", verb, summary, row, doubts, Confidence.POSSIBLE)
            yield replace(hint, severity=Severity.INFO)


def _answers(dialogue: Dialogue) -> Iterator[tuple[str, Row]]:
    """The replies that may be a device's, each with what it answers: the connection, a command, the mail data."""
    for at, command in dialogue.script.refusals:
        row = dialogue.rows[at]
        if row.flags & Flag.GREETING:
            yield GREETING, row
        elif command >= 0 and dialogue.rows[command].kind == Kind.COMMAND:
            yield verb_text(dialogue.rows[command].word), row
        elif command >= 0 and dialogue.rows[command].kind == Kind.MAIL:
            yield END_OF_DATA, row
