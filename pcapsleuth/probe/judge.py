"""What the answers of a server say of a device before it: what `inspect` says of the same conversation.

The detectors are as modest as one side must be, and a capture may have been redacted; what came in here was not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pcapsleuth.detect.finding import Confidence, Finding
from pcapsleuth.detect.onesided import REDACTED
from pcapsleuth.detect.prescribed import OTHER_SIDE
from pcapsleuth.detect.run import Outcome, detect_session, review
from pcapsleuth.detect.scope import Session
from pcapsleuth.devices.identify import Device, Identifier
from pcapsleuth.profiles.profile import load
from pcapsleuth.smtp.dialogue import Dialogue


def judge(dialogue: Dialogue) -> Outcome:
    """All findings of one conversation, by their frames."""
    found = detect_session(Session(0, dialogue))
    return Outcome(unredacted(review(found.findings)), found.failures)


def unredacted(findings: Iterable[Finding]) -> list[Finding]:
    """Take back a doubt: nobody edits what comes off a socket, so a mask that a server quotes proves an editor."""
    return [_unredacted(one) if REDACTED in one.doubts else one for one in findings]


def _unredacted(one: Finding) -> Finding:
    """The finding without that doubt, and as sure as it is then."""
    sure = one.doubts == (REDACTED,) and one.confidence is Confidence.LIKELY
    doubts = tuple(doubt for doubt in one.doubts if doubt != REDACTED)
    confidence = Confidence.PROVEN if sure else one.confidence
    return replace(one, confidence=confidence, doubts=(*doubts, OTHER_SIDE))


def devices(dialogue: Dialogue) -> list[Device]:
    """Which devices leave such marks."""
    identifier = Identifier(load())
    identifier.look(dialogue)
    return identifier.devices()
