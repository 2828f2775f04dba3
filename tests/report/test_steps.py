"""What to do next is told where no remedy is named, in every form that people read."""

from dataclasses import replace

import pytest

from pcapsleuth.detect.finding import Severity
from pcapsleuth.report.html import html
from pcapsleuth.report.look import Look
from pcapsleuth.report.markdown import markdown
from pcapsleuth.report.model import Report, Status
from pcapsleuth.report.steps import steps
from pcapsleuth.report.text import text
from pcapsleuth.spool.shelf import Conclusions

DEVICE = {
    "profile": "some-box",
    "name": "Some Box",
    "confidence": "possible",
    "where": "between",
    "why": ["it does something"],
    "remedies": [],
}


def forms(report: Report) -> list[str]:
    look = Look()
    return [
        " ".join("\n".join(text(report, look)).split()),
        html(report, look),
        "\n".join(markdown(report, look)),
    ]


def test_without_a_device_it_is_told_how_to_find_it(report: Report) -> None:
    report = replace(report, devices=())

    assert any("`pcapsleuth explain " in step for step in steps(report))
    assert all("ake one out at a time" in form for form in forms(report))


def test_a_device_that_one_capture_suspects_is_to_be_confirmed(report: Report) -> None:
    alone = replace(report, mode="inspect", devices=(DEVICE,))

    assert any("explain some-box" in step for step in steps(alone))
    assert any("on its other side" in step for step in steps(alone))


def test_a_remedy_says_itself_what_to_do(report: Report) -> None:
    remedy = {"title": "Turn it off", "first": [], "commands": [], "hosts": []}

    assert not list(steps(replace(report, devices=(DEVICE | {"remedies": [remedy]},))))


@pytest.mark.parametrize(
    ("label", "subject", "step"),
    [
        ("verb-masked", "X-LINK2STATE", "wanted protection"),
        ("tls-intercepted", None, "its issuer tells"),
        ("header-added", "X-SCANNED", "ask who runs"),
    ],
)
def test_a_device_without_a_remedy_leaves_nobody_alone(
    report: Report, label: str, subject: str | None, step: str
) -> None:
    found = replace(report.findings[0], label=label, subject=subject, severity=Severity.WARNING)
    bare = replace(report, devices=(DEVICE,), findings=Conclusions([found]))

    assert any(step in one for one in steps(bare))
    assert any("explain some-box" in one for one in steps(bare))


def test_a_device_that_stands_elsewhere_did_not_do_it(report: Report) -> None:
    elsewhere = replace(report, devices=(DEVICE | {"where": "server-side"},))

    assert any("ake one out at a time" in step for step in steps(elsewhere))
    plain, page, table = forms(elsewhere)
    assert "Elsewhere like Some Box" in plain
    assert "Elsewhere: like Some Box" in page
    assert "Elsewhere: like Some Box" in table


def test_what_did_something_elsewhere_is_no_rival(report: Report) -> None:
    others = [DEVICE | {"profile": "like-it"}, DEVICE | {"profile": "far-box", "where": "server-side"}]
    plain = forms(replace(report, devices=(DEVICE, *others)))[0]

    assert "cannot be told here from like-it" in plain
    assert "far-box" not in plain


def test_a_remedy_for_a_part_says_for_which(report: Report) -> None:
    whole = {"title": "Exempt it", "first": [], "cures": ["banner-masked", "verb-masked:BDAT"]}
    part = {"title": "Leave the greeting", "first": [], "cures": ["banner-masked"]}
    told = " ".join("\n".join(text(replace(report, devices=(DEVICE | {"remedies": [whole, part]},)), Look())).split())

    assert "Remedy Exempt it or against banner-masked alone: Leave the greeting" in told


def test_every_form_has_all_remedies(report: Report) -> None:
    whole = {
        "title": "Exempt it",
        "first": [],
        "commands": [],
        "hosts": ["mx"],
        "cures": ["banner-masked", "verb-masked:BDAT"],
    }
    part = {"title": "Leave the greeting", "first": [], "commands": [], "hosts": [], "cures": ["banner-masked"]}

    for form in forms(replace(report, devices=(DEVICE | {"remedies": [whole, part]},))):
        assert "Exempt it (mx)" in form
        assert "against banner-masked alone: Leave the greeting" in form


def test_a_place_to_look_at_is_not_shown_as_a_command(report: Report) -> None:
    remedy = {"title": "Do it", "cures": [], "first": ["the threat log: which signature", "show filter: whether"]}
    told = forms(replace(report, devices=({**DEVICE, "remedies": [remedy]},)))[0]

    assert "change nothing: the threat log and `show filter` then" in told


@pytest.mark.parametrize("status", [Status.CLEAN, Status.CANNOT_TELL])
def test_what_is_clean_needs_no_step(report: Report, status: Status) -> None:
    assert not list(steps(replace(report, verdict=replace(report.verdict, status=status), devices=())))


def test_what_helps_against_any_device_is_told_first(report: Report) -> None:
    first = replace(report.findings[0], label="large-segments-lost", subject=None, severity=Severity.CRITICAL)
    lost = replace(report, devices=(), findings=Conclusions([first]))

    assert "clamp the MSS" in next(steps(lost))
    assert not any("no known device" in step for step in steps(lost))
