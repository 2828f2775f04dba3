"""Symptoms over everything that was recorded: what is seen where it should be, and nothing anywhere else."""

from __future__ import annotations

import pytest

from pcapsleuth.case import compare
from pcapsleuth.report.model import Report
from pcapsleuth.symptoms.symptom import CANNOT_TELL, NOT_SEEN, SEEN
from tests.fixtures import fixture, names

SHOWN = {
    "asa-bdat-masked": "S2",
    "asa-exchange-verbs": "S12 S13 S14",
    "asa-strict-map-exim": "S6",
    "body-attachment-bytes": "S11",
    "body-x-run": "S11",
    "char-mode-exchange": "S3 S4",
    "char-mode-masked": "S3",
    "dot-lost-exim": "S1 S2",
    "dot-lost-postfix-resends": "S1 S2 S7 S8",
    "ehlo-to-helo": "S4",
    "final-reply-lost-postfix": "S7 S8",
    "final-reply-lost-smtplib": "S7 S8",
    "large-segments-lost": "S2",
    "large-segments-lost-ipv6": "S2",
    "large-segments-misquoted": "S2",
    "late-server-duplicate": "S7 S8",
    "long-command-cut": "S1",
    "long-file-name-cut": "S1 S2",
    "long-header-cut": "S1 S2",
    "pix-ehlo-to-noop": "S4",
    "pix4-exim-mail": "S1 S4",
    "pix51-exchange-smtplib": "S4 S12 S13 S14",
    "pix6-exchange-swaks": "S4",
    "proxy-ehlo-as-helo": "S4",
    "proxy-ends-tls": "S1",
    "proxy-turns-away": "S1 S3",
    "silent-at-data": "S2",
    "syn-dropped": "S1 S3",
    "syn-prohibited": "S1 S3",
    "syn-refused-by-device": "S1 S3",
    "syn-unreachable-ipv6": "S1 S3",
    "xexch50-answered": "S14",
    "xlink2state-swallowed": "S12 S13",
}
"""By fixture; every other shows none."""

TESTED = {
    "char-mode-exchange": {"masked"},
    "clean-sendmail": {"server"},
    "clean-typist": {"server"},
    "clean-verbs-refused": {"server"},
    "pix4-exim-mail": {"device"},
    "pix4-goodmorning": {"device"},
}

MASKED_AT_THE_SERVER = {"clean-masked-farther-in", "clean-stars-of-its-own"}
"""Clean between the two points, but a device farther in is named as possible: its mask shows on both sides."""


def report(name: str) -> Report:
    one = fixture(name)
    return compare(one.outside, one.inside)


@pytest.mark.parametrize("name", names())
def test_what_is_seen(name: str) -> None:
    found = report(name)

    assert " ".join(one.id for one in found.symptoms if one.status == SEEN) == SHOWN.get(name, "")
    assert [one.id for one in found.symptoms] == [f"S{n}" for n in range(1, 15)]
    for one in found.symptoms:
        assert one.why
        assert bool(one.ask) is (one.status == CANNOT_TELL)
        assert one.status == SEEN or not one.findings
        assert all(0 <= position < len(found.findings) for position in one.findings)
    assert {one.result for one in found.tests} == TESTED.get(name, set())
    assert bool(found.devices) <= (not name.startswith("clean-") or name in MASKED_AT_THE_SERVER)


def test_a_capture_without_a_whole_dialogue_tells_nothing() -> None:
    assert {one.status for one in report("clean-loss-banner").symptoms} == {CANNOT_TELL}


def test_a_late_server_is_not_blamed_on_the_device() -> None:
    symptoms = {one.id: one for one in report("late-server-duplicate").symptoms}

    assert "not the device's doing" in symptoms["S7"].why
    assert symptoms["S5"].status == NOT_SEEN
