"""Every recorded fixture: what the device did is said, nothing else is, and the sessions are paired rightly."""

from __future__ import annotations

import functools

import pytest

from pcapsleuth.detect.finding import Finding, Severity
from tests.fixtures import Expected, Said, covers, fixture, names, said


@functools.cache
def compared(name: str) -> Said:
    one = fixture(name)
    return said(one.outside, one.inside)


def missing(session: Expected, findings: list[Finding]) -> set[str]:
    return {label for label in session.labels if not any(covers(label, found) for found in findings)}


def accused(session: Expected, findings: list[Finding]) -> set[str]:
    known = session.labels | session.allowed
    return {
        found.name
        for found in findings
        if found.severity is not Severity.INFO and not any(covers(label, found) for label in known)
    }


@pytest.mark.parametrize("name", names())
def test_what_was_done_is_said_and_nothing_else(name: str) -> None:
    result = compared(name)

    assert not result.failures
    for session in fixture(name).sessions:
        findings = result.of(session)
        assert not missing(session, findings), session
        assert not accused(session, findings), session


@pytest.mark.parametrize("name", names())
def test_the_sessions_are_paired_rightly(name: str) -> None:
    assert compared(name).pairs == fixture(name).pairs


@pytest.mark.parametrize("name", [name for name in names() if fixture(name).clean])
def test_clean_traffic_is_quiet(name: str) -> None:
    assert compared(name).warnings == []


def test_no_finding_is_outside_the_sessions_that_were_recorded() -> None:
    for name in names():
        known = {(one.outside, one.inside) for one in fixture(name).sessions}
        outside, inside = {pair[0] for pair in known}, {pair[1] for pair in known}
        for found in compared(name).findings:
            assert found.outside in outside | {None}
            assert found.inside in inside | {None}
