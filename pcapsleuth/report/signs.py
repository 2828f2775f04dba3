"""The checklist of symptoms, and the test of KB 320027, for the end of a text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pcapsleuth.report.model import Report
from pcapsleuth.report.words import listed, sentence
from pcapsleuth.symptoms.symptom import CANNOT_TELL, SEEN
from pcapsleuth.symptoms.table import NOTICES

TESTS = 4


def symptoms(report: Report) -> Iterator[tuple[str, str]]:
    """The checklist: what is seen with its reason, what nobody can tell and why, how many are not there."""
    if not report.symptoms:
        return
    word = "Symptoms"
    seen = [one for one in report.symptoms if one.status == SEEN]
    for one in seen:
        yield word, f"seen {one.id}: {NOTICES[one.id]} {sentence(one.why)}"
        word = ""
    open_: dict[str, list[str]] = defaultdict(list)
    for one in report.symptoms:
        if one.status == CANNOT_TELL:
            open_[one.why].append(one.id)
    reasons = [f"{' '.join(ids)} ({why})" for why, ids in open_.items()]
    absent = len(report.symptoms) - len(seen) - sum(map(len, open_.values()))
    rest = [f"cannot tell {', '.join(reasons)}"] if reasons else []
    rest += [f"not seen: {absent}"] if absent else []
    yield word, "; ".join(rest)
    if open_:
        first = next(iter(open_.values()))[0]
        yield "", f"`pcapsleuth explain {first}` says which capture would tell"


def tests(report: Report) -> Iterator[tuple[str, str]]:
    """Commands that exist nowhere, and what answered them; each sentence once."""
    told: dict[str, list[int]] = defaultdict(list)
    for one in report.tests:
        told[one.sentence].append(next(number for number in one.place if number is not None))
    word = "Test"
    for text, numbers in list(told.items())[:TESTS]:
        yield word, f"{listed([f'#{n}' for n in numbers], 3)}: {text}"
        word = ""
