"""A relay's dialogue is lawfully its own: what differs there is worth knowing, not a fault."""

from __future__ import annotations

from dataclasses import replace

from pcapsleuth.detect.finding import Finding, Severity

DIALOGUE = (
    "banner-",
    "capability-",
    "auth-mechanism-",
    "starttls-",
    "tls-",
    "verb-",
    "command-",
    "argument-",
    "reply-",
    "esmtp-",
    "end-of-data-",
    "data-",
)
"""Labels of the dialogue begin so, TLS included, which ends at each hop (RFC 3207 section 6); labels of the mail itself
keep their severity."""


def as_relay(findings: list[Finding]) -> list[Finding]:
    """Lower the findings of a relay's dialogue to info."""
    return [replace(found, severity=Severity.INFO) if found.label.startswith(DIALOGUE) else found for found in findings]
