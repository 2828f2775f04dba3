"""Whether mail failed of a finding: changed is not caused."""

from __future__ import annotations

from dataclasses import replace

from pcapsleuth.detect.finding import Effect, Finding, Severity, Where

STOPS = frozenset({"connection-blocked", "end-of-data-lost", "large-segments-lost", "reset-injected", "session-cut"})
"""What ends a delivery by itself."""

CARRY = frozenset({"EHLO", "HELO", "MAIL", "RCPT", "DATA", "BDAT"})
"""Verbs without which no mail moves."""

FAILED = frozenset({"refused", "gave-up", "cut", "timed-out"})


def with_effect(finding: Finding, outcome: str) -> Finding:
    """State the effect of a finding on a session with this outcome (as its client saw it)."""
    if finding.severity is Severity.INFO or finding.where is not Where.BETWEEN or outcome not in FAILED:
        return finding
    return replace(finding, effect=Effect.CAUSED if _stops(finding) else Effect.COULD_HAVE_CAUSED)


def _stops(finding: Finding) -> bool:
    """Tell whether a finding ends the delivery by itself."""
    if finding.label in STOPS:
        return True
    return finding.label == "command-swallowed" and finding.subject in CARRY
