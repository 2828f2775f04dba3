"""STARTTLS was taken from the client: hidden in the EHLO reply, refused or answered by the device.

What it means
    The server offers encryption, or would have been asked for it, and the device saw to it that it was not used:
    its keyword was masked or removed, or the command STARTTLS never reached the server as such.

Why it matters
    The mail crosses the path in clear text, or is not sent at all by clients that insist on TLS.

How it is proven
    By the label that says how (capability-masked, capability-removed, verb-masked, verb-blocked, ...): its evidence
    is repeated here. From one side alone it is likely where the command came to nothing, and possible where a masked
    keyword has the length of STARTTLS.

What else it could be
    A server that does not offer STARTTLS at all shows the same on both sides; then nothing was stripped.

References
    RFC 3207; Cisco ASA CLI guide, `allow-tls`; Microsoft KB 320027.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.detectors import (
    capability_masked,
    capability_removed,
    command_swallowed,
    reply_rewritten,
    verb_blocked,
    verb_masked,
    verb_rewritten,
)
from pcapsleuth.detect.finding import Confidence, Finding, Severity
from pcapsleuth.detect.scope import Session

LABELS = ("starttls-stripped",)
NEEDS = ("refused",)

GRADES = (Confidence.POSSIBLE, Confidence.LIKELY, Confidence.PROVEN)

IN_CLEAR = "the session could not be encrypted"
TAKEN_UP = "somebody else took it up, and the client's encryption ends there"
UNASKED = "the server, which was not asked, does not answer the client's TLS"
ALL_THE_SAME = "this client used it all the same"

HOW = (
    capability_masked,
    capability_removed,
    verb_masked,
    verb_rewritten,
    verb_blocked,
    command_swallowed,
    reply_rewritten,
)
"""The detectors that say how it was done, in the order of preference."""


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Repeat the first finding that took STARTTLS away; a changed reply that TLS follows took nothing."""
    for module in HOW:
        if module is reply_rewritten and comparison.client.encrypted:
            continue
        for found in module.detect_pair(comparison):
            if found.subject == "STARTTLS":
                yield _stripped(found, _result(comparison))
                return


def detect_session(session: Session) -> Iterator[Finding]:
    """Look for the marks of it on one side: the command came to nothing."""
    yield from _suspected(verb_masked.detect_session(session), Confidence.LIKELY)


def detect_opening(session: Session) -> Iterator[Finding]:
    """Look for a keyword of its length, unless the command, which is a better witness, says it."""
    if not any(detect_session(session)):
        yield from _suspected(capability_masked.detect_opening(session), Confidence.POSSIBLE)


def _suspected(ways: Iterator[Finding], sure: Confidence) -> Iterator[Finding]:
    """Repeat the first finding of one side that took STARTTLS away, if there is one."""
    found = next((one for one in ways if one.subject == "STARTTLS"), None)
    if found is not None:
        confidence = min(found.confidence, sure, key=GRADES.index)
        words = f"STARTTLS may have been taken from the client ({found.label}), who then could not encrypt"
        yield replace(_stripped(found), confidence=confidence, summary=words)


def _result(comparison: Comparison) -> str:
    """What came of it."""
    if not comparison.client.encrypted:
        return IN_CLEAR
    if not comparison.server.encrypted:
        return TAKEN_UP
    return ALL_THE_SAME if comparison.server.dialogue.server_hello else UNASKED


def _stripped(how: Finding, result: str = IN_CLEAR) -> Finding:
    """Make the finding from the one that says how."""
    return replace(
        how,
        label="starttls-stripped",
        subject=None,
        severity=Severity.CRITICAL,
        summary=f"STARTTLS was taken from the client ({how.label}): {result}",
    )
