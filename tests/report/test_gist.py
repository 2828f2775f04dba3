"""The gist: the worst change in words, all others by name."""

from __future__ import annotations

from dataclasses import replace

from pcapsleuth.report.changes import changes, split
from pcapsleuth.report.gist import gist
from pcapsleuth.report.html import fragment, html
from pcapsleuth.report.look import Look
from pcapsleuth.report.markdown import markdown
from pcapsleuth.report.model import Report
from tests.report.conftest import Findings


def said(report: Report) -> str:
    loud, _ = split(changes(report.findings.briefs()), report.mode)
    return gist(report, loud)


def test_the_worst_change_is_told_in_words(report: Report) -> None:
    worst = "BDAT reached the server as XXXX, so that it read the chunk as commands"

    assert said(report) == f"{worst}; also banner-masked"
    for page in (html(report, Look()), fragment(report, Look()), "\n".join(markdown(report, Look()))):
        assert worst in page


def test_what_befell_other_verbs_as_well_is_named_with_it(report: Report) -> None:
    masked = next(one for one in report.findings if one.name == "verb-masked:BDAT")
    more = (replace(masked, subject=subject) for subject in ("X-EXPS", "XEXCH50"))
    several = replace(report, findings=Findings([*report.findings, *more]))

    assert said(several).endswith("; likewise X-EXPS and XEXCH50; also banner-masked")


def test_where_nothing_was_changed_there_is_none(report: Report) -> None:
    quiet = replace(report, findings=Findings())

    assert said(quiet) == ""
    assert "Chiefly" not in "\n".join(markdown(quiet, Look()))


def test_that_a_command_was_kept_is_told_before_the_answer_to_it(report: Report) -> None:
    masked = next(one for one in report.findings if one.name == "verb-masked:BDAT")
    kept = replace(masked, label="verb-blocked", subject="EHLO", summary="EHLO did not reach the server")
    answered = replace(masked, label="reply-injected", subject="EHLO", summary="the client received a reply")

    found = said(replace(report, findings=Findings([answered, kept])))
    assert found == "EHLO did not reach the server; also reply-injected"
