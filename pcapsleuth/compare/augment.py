"""Room for a session whose candidates are all taken, where their partners can move over.

What the greedy choice of a large component leaves over is mostly of this kind: in a burst of identical sessions
everyone took the nearest, and at one end of the burst one remains on each side.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from pcapsleuth.compare.assignment import Matching
from pcapsleuth.compare.candidates import Edges
from pcapsleuth.compare.evidence import Scores

VISITS = 128
"""Sessions that are looked at for one that has no partner."""


class Augmenter:
    """Searches for chains of exchanges that end at a free session."""

    def __init__(self, matching: Matching, edges: Edges, score: Scores) -> None:
        self._matching = matching
        self._second: list[int] = edges.second.tolist()
        self._score: list[int] = score.tolist()
        bounds = np.searchsorted(edges.first, np.arange(len(matching.first) + 1))
        self._bounds: list[int] = bounds.tolist()

    def run(self) -> None:
        """Pair what can be paired."""
        for first in np.flatnonzero(self._matching.first < 0).tolist():
            if self._bounds[first] < self._bounds[first + 1]:
                self._place(first)

    def _place(self, start: int) -> None:
        """Find the shortest chain from an unpaired session to a free one of the other side, and take it if it gains."""
        came: dict[int, tuple[int, int]] = {}
        queue = deque([start])
        while queue and len(came) < VISITS:
            first = queue.popleft()
            for edge in range(self._bounds[first], self._bounds[first + 1]):
                second = self._second[edge]
                if second in came:
                    continue
                came[second] = (first, edge)
                owner = int(self._matching.second[second])
                if owner < 0:
                    self._take(start, second, came)
                    return
                queue.append(owner)

    def _take(self, start: int, second: int, came: dict[int, tuple[int, int]]) -> None:
        """Exchange along a chain, from its free end to its start."""
        chain: list[tuple[int, int]] = []
        gain, first = 0, -1
        while first != start:
            first, edge = came[second]
            chain.append((first, second))
            before = int(self._matching.first[first])
            gain += self._score[edge] - (self._score[self._edge(first, before)] if before >= 0 else 0)
            second = before
        if gain > 0:
            for one, other in chain:
                self._matching.first[one], self._matching.second[other] = other, one

    def _edge(self, first: int, second: int) -> int:
        return self._second.index(second, self._bounds[first], self._bounds[first + 1])
