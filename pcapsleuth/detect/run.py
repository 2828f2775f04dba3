"""Run the detectors. One that crashes becomes a failure in the report; the others still run."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect import registry
from pcapsleuth.detect.detectors import tls_intercepted
from pcapsleuth.detect.detectors.proxy_in_path import relays
from pcapsleuth.detect.effect import with_effect
from pcapsleuth.detect.finding import Finding, Severity, Where
from pcapsleuth.detect.relay import as_relay
from pcapsleuth.detect.scope import Scope, Session, Sessions
from pcapsleuth.smtp.dialogue import Opening
from pcapsleuth.smtp.script import KEPT

_innocent: set[Opening] = set()
"""Openings of which no detector says anything."""

log = logging.getLogger("pcapsleuth")


class Failure(NamedTuple):
    """A detector that crashed: the report says so and the exit status is 2."""

    detector: str
    error: str


class Outcome(NamedTuple):
    """What the detectors said, and which of them crashed."""

    findings: list[Finding]
    failures: list[Failure]


def detect_pair(comparison: Comparison, outcome: str) -> Outcome:
    """Run the detectors of pairs; `outcome` is that of the session as its client saw it."""
    result = _run(registry.entries("detect_pair"), comparison)
    if comparison.decrypted:
        # The copy's frames were never on the path: even its handshake says nothing of the device.
        return Outcome([found for found in result.findings if found.label in tls_intercepted.LABELS], result.failures)
    findings = as_relay(result.findings) if relays(comparison) else result.findings
    return Outcome([with_effect(found, outcome, comparison.client.dialogue) for found in findings], result.failures)


def detect_case(scope: Scope, outcomes: dict[int, str]) -> Outcome:
    """Run the detectors that look at all sessions; `outcomes` is by outside index."""
    result = _run(registry.entries("detect_case"), scope)
    findings = [_elsewhere(with_effect(f, outcomes.get(_session(f), "gave-up"))) for f in result.findings]
    return Outcome(findings, result.failures)


def detect_session(session: Session) -> Outcome:
    """Run the detectors of single sessions, for one observation point.

    Openings of which no detector said anything are remembered: later sessions with the same are not asked again.
    """
    result = _run(registry.concerned(session.dialogue.script), session)
    if session.dialogue.opening in _innocent:
        return result
    opening = _run(registry.entries("detect_opening"), session)
    if not (opening.findings or opening.failures):
        if len(_innocent) >= KEPT:
            _innocent.clear()
        _innocent.add(session.dialogue.opening)
    return Outcome(opening.findings + result.findings, opening.failures + result.failures)


def detect_sessions(sessions: Sessions) -> Outcome:
    """Run the detectors that look at all sessions of one observation point."""
    return _run(registry.entries("detect_sessions"), sessions)


def review(findings: Iterable[Finding]) -> list[Finding]:
    """Let each detector look once more at all it said, and put the findings in the order of the contract."""
    by_label: dict[str, list[Finding]] = {}
    for found in findings:
        by_label.setdefault(found.label, []).append(found)
    for label, module in registry.labels().items():
        if label in by_label and hasattr(module, "review"):
            by_label[label] = module.review(by_label[label])
    return sorted((found for group in by_label.values() for found in group), key=_order)


def _run(entries: Iterable[registry.Entry], subject: object) -> Outcome:
    """Run one entry of some detectors."""
    findings: list[Finding] = []
    failures: list[Failure] = []
    for name, function in entries:
        try:
            findings.extend(function(subject))
        except Exception as error:  # a broken detector must not hide what the others found
            log.warning("detector %s failed", name, exc_info=True)
            failures.append(Failure(name, f"{type(error).__name__}: {error}"))
    return Outcome(findings, failures)


def _elsewhere(found: Finding) -> Finding:
    """A finding that is not between the two points names nobody there: it is info."""
    if found.where is Where.BETWEEN or found.severity is Severity.INFO:
        return found
    return replace(found, severity=Severity.INFO)


def _session(found: Finding) -> int:
    """The outside session of a finding; -1 for none."""
    return -1 if found.outside is None else found.outside


def _order(found: Finding) -> tuple[int, int, int, int, str, str]:
    """By outside, inside, session, first frame, label (contract); a missing index comes last."""
    last = 1 << 62
    numbers = [last if index is None else index for index in (found.outside, found.inside, found.session)]
    return numbers[0], numbers[1], numbers[2], found.first_frame, found.label, found.subject or ""
