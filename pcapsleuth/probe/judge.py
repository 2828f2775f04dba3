"""What the answers of a server say of a device before it: modestly, for one side alone never names the box.

Masks prove an editor on the path. A device that answers in the server's place can only be likely: a server is free to
say what it likes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pcapsleuth.compare.masking import STARRED
from pcapsleuth.detect.finding import Confidence, Evidence, Finding, Severity, Where
from pcapsleuth.detect.run import Outcome, detect_session
from pcapsleuth.detect.scope import Session
from pcapsleuth.devices.event import MASKED, VERB, Event
from pcapsleuth.devices.identify import Device, Identifier
from pcapsleuth.devices.onesided import marks
from pcapsleuth.probe.record import Asked
from pcapsleuth.profiles.profile import load
from pcapsleuth.smtp.dialogue import Dialogue, Flag, Row
from pcapsleuth.smtp.views import banner

LIKELY, POSSIBLE, PROVEN = Confidence.LIKELY, Confidence.POSSIBLE, Confidence.PROVEN
CMAP = b"SMTP/cmap"
SHOWN = 512
KNOWN = ("EHLO", "HELO", "NOOP", "HELP", "QUIT")
OTHER_SIDE = "a capture on the server's side of the device would settle it: compare both"


def judge(dialogue: Dialogue, asked: Sequence[Asked]) -> Outcome:
    """All findings of one conversation, by their frames; what the test itself knows is surer than what it shows."""
    found = detect_session(Session(0, dialogue))
    own = [*_greeting(dialogue), *_marks(dialogue), *_answers(dialogue, asked)]
    told = {one.name for one in own}
    others = [one for one in found.findings if one.name not in told]
    return Outcome(sorted([*others, *own], key=lambda one: (one.first_frame, one.name)), found.failures)


def devices(dialogue: Dialogue) -> list[Device]:
    """Which devices leave such marks."""
    identifier = Identifier(load())
    identifier.look(dialogue)
    return identifier.devices()


def _greeting(dialogue: Dialogue) -> Iterator[Finding]:
    """A greeting that was overwritten or replaced."""
    row = next((row for _, row in dialogue.replies() if row.flags & Flag.GREETING), None)
    text = banner(dialogue)
    if row is None or text is None:
        return
    if STARRED.fullmatch(text):
        yield _found(dialogue, row, "banner-masked", None, PROVEN, "the greeting is made of filler")
    elif text.lstrip().startswith(CMAP):
        yield _found(dialogue, row, "banner-rewritten", None, LIKELY, "the greeting is that of old PIX releases")


def _marks(dialogue: Dialogue) -> Iterator[Finding]:
    """Verbs that were overwritten: the server's echoes show it."""
    for event in marks(dialogue):
        if event.detail == MASKED and event.element == VERB:
            words = f"the server answers to a filler in the place of {event.name}"
            yield _found(dialogue, _row(dialogue, event), "verb-masked", event.name, PROVEN, words)


def _row(dialogue: Dialogue, event: Event) -> Row:
    """The reply that shows a mark."""
    replies = [row for _, row in dialogue.replies()]
    return next((row for row in replies if (event.went or b"") in dialogue.text(row)), replies[0])


def _answers(dialogue: Dialogue, asked: Sequence[Asked]) -> Iterator[Finding]:
    """Commands that somebody answered who should not have, or nobody.

    The probe waits for each answer, so it knows which question one belongs to even where another had none.
    """
    hidden = {event.name for event in marks(dialogue) if event.detail == MASKED and event.element == VERB}
    rows = {row.first_frame: row for row in dialogue.rows}
    answered = [number for number, one in enumerate(asked) if one.answer is not None]
    for number, one in enumerate(asked):
        if one.verb in hidden:
            continue
        if one.answer is not None and one.answer in rows:
            yield from _answer(dialogue, one.verb, rows[one.answer])
        elif one.answer is None and answered and number < answered[-1] and one.frame in rows:
            words = f"nobody answered {one.verb}, and the session went on"
            yield _found(dialogue, rows[one.frame], "command-swallowed", one.verb, POSSIBLE, words)


def _answer(dialogue: Dialogue, verb: str, reply: Row) -> Iterator[Finding]:
    """What the answer to a verb says."""
    good = not reply.word or reply.word[:1] == b"2"
    if verb not in KNOWN and good:
        words = f"{verb}, which no server knows, was answered as if it were a command: the device answers"
        doubt = "a server that accepts anything (a trap for spammers) answers the same"
        yield _found(dialogue, reply, "reply-injected", verb, LIKELY, words, (doubt,))
    elif verb == "EHLO" and reply.word[:1] == b"5":
        doubt = "a server that knows only HELO answers the same"
        yield _found(dialogue, reply, "verb-blocked", verb, POSSIBLE, "EHLO was refused", (doubt,))
    elif verb in KNOWN and not reply.word:
        words = f"{verb} was answered without a code, as no server does"
        yield _found(dialogue, reply, "reply-rewritten", verb, LIKELY, words)


def _found(
    dialogue: Dialogue,
    row: Row,
    label: str,
    subject: str | None,
    confidence: Confidence,
    summary: str,
    doubts: tuple[str, ...] = (),
) -> Finding:
    """A finding of a test from one side."""
    text = dialogue.text(row)[:SHOWN]
    return Finding(
        label,
        subject,
        Severity.WARNING,
        confidence,
        summary,
        Where.SERVER_SIDE,
        session=0,
        egress=text.rstrip(b"\r\n"),
        evidence=(Evidence("single", row.first_frame, row.offset, text),),
        doubts=(*doubts, OTHER_SIDE),
    )
