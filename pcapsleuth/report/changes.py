"""The findings grouped over the sessions: one entry for each name, with how often and the first example."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

from pcapsleuth.detect.finding import Effect, Severity, Where
from pcapsleuth.report.kinds import hinders
from pcapsleuth.report.model import Brief

_RANK = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(slots=True)
class Change:
    """One name and where it was said."""

    name: str
    severity: Severity
    where: Where
    position: int
    """Of the first such finding in the report's list."""
    sessions: array[int] = field(default_factory=lambda: array("q"))
    """The sessions by the number they are shown under, each once and ascending within a side."""
    side: str = ""
    """`inside ` where the first is known inside only."""
    blame: int = 2
    """0: mail failed because of it; 1: it may have, and it hinders; 2: neither."""

    @property
    def caused(self) -> bool:
        """Whether mail failed because of it."""
        return self.blame == 0


def split(found: list[Change], mode: str) -> tuple[list[Change], list[Change]]:
    """What was changed, or looks so in one capture, and what else was noted."""
    matters = [one.severity is not Severity.INFO and (mode != "compare" or one.where is Where.BETWEEN) for one in found]
    pairs = list(zip(found, matters, strict=True))
    return [one for one, matter in pairs if matter], [one for one, matter in pairs if not matter]


def shown(brief: Brief) -> int:
    """The number under which a finding's session is shown: outside, where there are two."""
    for index in (brief.outside, brief.session, brief.inside):
        if index is not None:
            return index
    return -1


def _blame(brief: Brief) -> int:
    """Grade what a finding has to do with mail that failed."""
    if brief.effect is Effect.NONE_SEEN:
        return 2
    return 0 if brief.effect is Effect.CAUSED else 2 - hinders(brief.name)


def changes(briefs: Iterable[Brief]) -> list[Change]:
    """Group findings: first what made mail fail, then the worst, then the most frequent."""
    groups: dict[tuple[str, Severity, Where], Change] = {}
    for position, brief in enumerate(briefs):
        key = (brief.name, brief.severity, brief.where)
        change = groups.get(key)
        if change is None:
            change = groups[key] = Change(brief.name, brief.severity, brief.where, position)
            change.side = "inside " if brief.outside is None and brief.session is None else ""
        change.blame = min(change.blame, _blame(brief))
        number = shown(brief)
        if number >= 0 and (not change.sessions or change.sessions[-1] != number):
            change.sessions.append(number)
    return sorted(groups.values(), key=_order)


def _order(one: Change) -> tuple[int, int, int, bool, str]:
    """What is told first; the answer that a device gave itself stands behind the command that it kept for it."""
    answer = one.name.startswith("reply-injected")
    return one.blame, _RANK[one.severity], -len(one.sessions), answer, one.name
