"""Whether mail failed of a finding: changed is not caused."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from pcapsleuth.detect.finding import Effect, Finding, Severity, Where
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.smtp.script import KEPT, Script

STOPS = frozenset({"connection-blocked", "end-of-data-lost", "large-segments-lost", "reset-injected", "session-cut"})
"""What ends a delivery by itself."""

CARRY = frozenset({"EHLO", "HELO", "MAIL", "RCPT", "DATA", "BDAT"})
"""Verbs without which no mail moves."""

MASKED_CHUNKS = "verb-masked:BDAT"
"""The server reads the message as commands, and refuses each of its lines: where it had accepted a recipient, that is
what the delivery fails of."""

FAILED = frozenset({"refused", "gave-up", "cut", "timed-out"})


def with_effect(finding: Finding, outcome: str, dialogue: Dialogue | None = None) -> Finding:
    """State the effect of a finding on a session with this outcome; `dialogue` and outcome are as its client saw it."""
    if finding.severity is Severity.INFO or finding.where is not Where.BETWEEN or outcome not in FAILED:
        return finding
    stops = _stops(finding) or (finding.name == MASKED_CHUNKS and dialogue is not None and _accepted(dialogue.script))
    return replace(finding, effect=Effect.CAUSED if stops else Effect.COULD_HAVE_CAUSED)


def _stops(finding: Finding) -> bool:
    """Tell whether a finding ends the delivery by itself."""
    if finding.label in STOPS:
        return True
    return finding.label == "command-swallowed" and finding.subject in CARRY


@lru_cache(KEPT)
def _accepted(script: Script) -> bool:
    """Tell whether the server accepted a recipient: nothing but the message itself was wanting."""
    return any(script.words[at][:1] == b"2" and script.asked(at) == b"RCPT" for at in script.replies)
