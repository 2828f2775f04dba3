"""Whether mail failed of a finding: changed is not caused.

What a device could have done is said only where nothing else is known to have done it: a recipient that the server does
not know, or greylists, is refused behind every device.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from pcapsleuth.detect.finding import Effect, Finding, Severity, Where
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.smtp.outcome import FAILED
from pcapsleuth.smtp.script import KEPT, Script

STOPS = frozenset(
    {"connection-blocked", "end-of-data-lost", "large-segments-lost", "limit-exceeded", "reset-injected", "session-cut"}
)
"""What ends a delivery by itself: a limit that is more than information is where the session died."""

CARRY = frozenset({"EHLO", "HELO", "MAIL", "RCPT", "DATA", "BDAT"})
"""Verbs without which no mail moves."""

LOST_ANSWERS = frozenset({"reply-lost:END-OF-DATA", "reply-lost:BDAT"})
"""The server had taken the mail, or refused it; its client never heard."""

CONSEQUENCES = frozenset({"duplicate-message"})
"""What follows from a delivery that failed, and never makes one fail."""

MASKED_CHUNKS = "verb-masked:BDAT"
"""The server reads the message as commands, and refuses each of its lines: where it had accepted a recipient, that is
what the delivery fails of."""

GREETED = frozenset({"banner-masked", "banner-rewritten"})
"""What a client does because of a greeting is to leave, or to say HELO: one that was shown a list did neither."""

ENVELOPE = frozenset({"MAIL", "RCPT", "ADDRESS", "RECIPIENTS"})
"""Subjects of findings that bear on what the server says of an address."""

TO_THE_SENDER = "reply-rewritten:MAIL"
"""What the client is told of the sender's address is nothing to the server."""

FAREWELL = "QUIT"
"""Whatever became of the mail, it became before the client said this."""

ABOUT_AN_ADDRESS = re.compile(
    rb"[45]\d\d[ -](?:[45]\.[12]\.\d{1,3}\b|.*\b(?:user unknown|unknown (?:user|recipient)|"
    rb"no such (?:user|recipient|mailbox)|does not exist|mailbox (?:is )?full|over quota|gr[ae]y-?list))",
    re.IGNORECASE,
)
"""A refusal that no other client would have been spared: its status says that it is of an address or a mailbox (RFC
3463 sections 3.2 and 3.3), or its words do, or tell to come back later (RFC 6647). Not of relaying, which hangs on
AUTH."""


def with_effect(finding: Finding, outcome: str, dialogue: Dialogue | None = None) -> Finding:
    """State the effect of a finding on a session with this outcome; `dialogue` and outcome are as its client saw it."""
    if finding.severity is Severity.INFO or finding.where is not Where.BETWEEN or outcome not in FAILED:
        return finding
    if finding.label in CONSEQUENCES or finding.subject == FAREWELL or _refused_anyway(finding):
        return finding
    if finding.label in GREETED and dialogue and dialogue.script.listings:
        return finding
    if _stops(finding, outcome) or (finding.name == MASKED_CHUNKS and dialogue and _accepted(dialogue.script)):
        return replace(finding, effect=Effect.CAUSED)
    of_an_address = finding.subject in ENVELOPE and finding.name != TO_THE_SENDER
    if dialogue and not of_an_address and _unwanted(dialogue):
        return finding
    return replace(finding, effect=Effect.COULD_HAVE_CAUSED)


def _stops(finding: Finding, outcome: str) -> bool:
    """Tell whether a finding ends the delivery by itself."""
    if finding.label in STOPS or (finding.name in LOST_ANSWERS and outcome != "refused"):
        return True
    return finding.label == "command-swallowed" and finding.subject in CARRY


def _refused_anyway(finding: Finding) -> bool:
    """Tell whether the server itself refused what it was seen to refuse, in other words and for as long."""
    came, went = (finding.ingress or b"")[:1], (finding.egress or b"")[:1]
    return finding.label == "reply-rewritten" and came == went and came in (b"4", b"5")


def _unwanted(dialogue: Dialogue) -> bool:
    """Tell whether mail had nowhere to go: every recipient was refused, each for its address."""
    answers = _answers(dialogue.script)
    return bool(answers) and all(ABOUT_AN_ADDRESS.match(dialogue.text(dialogue.rows[at])) for at in answers)


@lru_cache(KEPT)
def _answers(script: Script) -> tuple[int, ...]:
    """The replies to RCPT."""
    return tuple(at for at in script.replies if script.asked(at) == b"RCPT")


@lru_cache(KEPT)
def _accepted(script: Script) -> bool:
    """Tell whether the server accepted a recipient: nothing but the message itself was wanting."""
    return any(script.words[at][:1] == b"2" for at in _answers(script))
