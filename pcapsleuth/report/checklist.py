"""The symptoms as a page shows them: by status, each with what people notice and why it is said."""

from __future__ import annotations

from typing import NamedTuple

from pcapsleuth.report.escape import harmless
from pcapsleuth.report.model import Report
from pcapsleuth.report.words import listed
from pcapsleuth.symptoms.symptom import CANNOT_TELL, NOT_SEEN, SEEN
from pcapsleuth.symptoms.table import NOTICES

STATUSES = {SEEN: "Seen", CANNOT_TELL: "Cannot tell", NOT_SEEN: "Not seen"}
"""In the order of the page."""

TESTS = 8
"""Sentences about made-up commands that are shown."""


class Sign(NamedTuple):
    """A row."""

    id: str
    notice: str
    why: str
    ask: str
    """What would tell, where nobody can."""


def checklist(report: Report) -> dict[str, list[Sign]]:
    """The rows under their heading; empty while nobody has gone through the list."""
    found: dict[str, list[Sign]] = {}
    for status, head in STATUSES.items():
        signs = [
            Sign(one.id, NOTICES.get(one.id, ""), harmless(one.why), harmless(one.ask))
            for one in report.symptoms
            if one.status == status
        ]
        if signs:
            found[head] = signs
    return found


def tested(report: Report) -> list[str]:
    """What answered commands that exist nowhere, each sentence once with its sessions."""
    told: dict[str, list[str]] = {}
    for one in report.tests:
        told.setdefault(one.sentence, []).append(f"#{next(number for number in one.place if number is not None)}")
    return [harmless(f"{listed(numbers, 6)}: {text}") for text, numbers in list(told.items())[:TESTS]]
