"""What was changed, in one sentence: what whoever reads no further takes away."""

from __future__ import annotations

from collections.abc import Sequence

from pcapsleuth.report.changes import Change
from pcapsleuth.report.escape import harmless
from pcapsleuth.report.model import Report
from pcapsleuth.report.words import listed

SUBJECTS = 3
LABELS = 4


def gist(report: Report, loud: Sequence[Change]) -> str:
    """The first change in words, and the names of the others; empty where nothing was changed."""
    if not loud:
        return ""
    label, _, _ = loud[0].name.partition(":")
    alike = [
        subject for other, _, subject in (one.name.partition(":") for one in loud[1:]) if other == label and subject
    ]
    others = list(dict.fromkeys(one.name.partition(":")[0] for one in loud))[1:]
    text = report.findings[loud[0].position].summary.removesuffix(".")
    text += f"; likewise {listed(alike, SUBJECTS)}" if alike else ""
    text += f"; also {listed(others, LABELS)}" if others else ""
    return harmless(text)
