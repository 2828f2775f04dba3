"""Sessions judged as they close: alone at one point, in pairs at two.

What is said here is provisional: a pair is found among the sessions that closed lately, and what only the whole shows
(connections that were blocked, messages that came twice) is not said at all. The report at the end replaces it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pcapsleuth.compare.comparison import Comparison, compare_pair
from pcapsleuth.compare.pair import Pair
from pcapsleuth.compare.pairing import pair as pair_sessions
from pcapsleuth.compare.signature import sign
from pcapsleuth.compare.view import Bounds
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.run import detect_pair, detect_session
from pcapsleuth.detect.scope import Session
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.smtp.outcome import outcome

WINDOW = 200
"""Sessions of a side that are kept to be paired: also what tells the clocks."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A session that closed, with its counterpart where there are two points."""

    dialogue: Dialogue
    """As its client saw it."""
    findings: list[Finding]
    comparison: Comparison | None = None

    @property
    def pair(self) -> Pair | None:
        """Which two sessions it is, where there are two points."""
        return None if self.comparison is None else self.comparison.pair


class Alone:
    """Judges the sessions of one point."""

    def judge(self, closed: Sequence[list[Dialogue]], _bounds: Sequence[Bounds]) -> Iterator[Judged]:
        """What closed since the last time."""
        for dialogue in closed[0]:
            yield Judged(dialogue, detect_session(Session(dialogue.connection.index, dialogue)).findings)


class Pairs:
    """Judges the sessions of two points, once both views of one have closed."""

    def __init__(self) -> None:
        self._closed: tuple[dict[int, Dialogue], dict[int, Dialogue]] = ({}, {})
        self._told: set[int] = set()
        """Outside indices."""

    def judge(self, closed: Sequence[list[Dialogue]], bounds: Sequence[Bounds]) -> Iterator[Judged]:
        """The pairs that are new since the last time."""
        if not any(closed):
            return
        for known, dialogues in zip(self._closed, closed, strict=True):
            known.update((one.connection.index, one) for one in dialogues)
            for oldest in list(known)[:-WINDOW]:
                del known[oldest]
        outside, inside = self._closed
        self._told &= outside.keys()
        signatures = [[sign(one) for one in known.values()] for known in self._closed]
        pairing = pair_sessions(signatures[0], signatures[1], bounds[0], bounds[1])
        for pair in pairing.pairs:
            if pair.outside in self._told:
                continue
            self._told.add(pair.outside)
            views = outside[pair.outside], inside[pair.inside]
            both = bounds[0], bounds[1]
            comparison = compare_pair(*views, pair, direction=pair.direction, clock=pairing.clock, bounds=both)
            client = comparison.client.dialogue
            yield Judged(client, detect_pair(comparison, outcome(client)).findings, comparison)
