"""How clearly each pair leads: what the best other arrangement of its sessions would cost.

An edge that was not taken, from a session of one pair to a session of another, would leave two partners over, who
may become a pair themselves. The loss of such an exchange is the margin of both pairs; where nothing is lost the
sessions cannot be told apart, and they are paired in their order in time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pcapsleuth.compare.assignment import Matching
from pcapsleuth.compare.candidates import Edges
from pcapsleuth.compare.columns import Rows, Truth
from pcapsleuth.compare.evidence import ENOUGH, Scores

ROUNDS = 32
"""Times that all exchanges are looked at."""

Weigh = Callable[[Edges], Scores]


class Exchanges(NamedTuple):
    """What each edge would cost, were it taken."""

    loss: npt.NDArray[np.int64]
    first_left: Rows
    """The first side's session that would be left over, -1 for none: the partner of the edge's second end."""
    second_left: Rows
    possible: Truth
    """Both are left over and could be paired."""
    other: Truth
    """Edges that were not taken and touch a pair: only for these the rest has a meaning."""


class Margins(NamedTuple):
    """By position on the first side, for a session that is paired."""

    loss: npt.NDArray[np.int64]
    rival: Rows
    """The edge that costs the least; -1 where there is no rival."""


def exchanges(matching: Matching, edges: Edges, score: Scores, weigh: Weigh) -> Exchanges:
    """The loss of every edge that was not taken."""
    one, other = edges
    second_left, first_left = matching.first[one], matching.second[other]
    taken = second_left == other
    own = _own(matching, edges, score)
    loss = own[one] + own[first_left] - score
    both = np.flatnonzero((first_left >= 0) & (second_left >= 0) & ~taken)
    left_over = weigh(Edges(first_left[both], second_left[both]))
    loss[both] -= np.where(left_over >= ENOUGH, left_over, 0)
    possible = np.zeros(len(one), np.bool_)
    possible[both] = _known(Edges(first_left[both], second_left[both]), edges, len(matching.second))
    return Exchanges(loss, first_left, second_left, possible, ~taken & ((first_left >= 0) | (second_left >= 0)))


def _known(some: Edges, edges: Edges, width: int) -> Truth:
    """Which of some edges are among all edges, which are in order."""
    codes, sought = edges.first * width + edges.second, some.first * width + some.second
    place = np.minimum(np.searchsorted(codes, sought), max(len(codes) - 1, 0))
    known: Truth = codes[place] == sought
    return known


def _own(matching: Matching, edges: Edges, score: Scores) -> npt.NDArray[np.int64]:
    """By position on the first side, the score of its pair, 0 without one; one more 0 for position -1."""
    own = np.zeros(len(matching.first) + 1, np.int64)
    taken = matching.first[edges.first] == edges.second
    own[edges.first[taken]] = score[taken]
    return own


def settle(matching: Matching, edges: Edges, score: Scores, weigh: Weigh) -> None:
    """Exchange partners where that gains, and where it costs nothing but puts them in order of time."""
    for _ in range(ROUNDS):
        found = exchanges(matching, edges, score, weigh)
        # Sides are ordered by time: two pairs cross where the edge is the straight one of the two.
        straight = (edges.first < found.first_left) == (edges.second < found.second_left)
        wanted = found.possible & ((found.loss < 0) | ((found.loss == 0) & straight))
        changed = False
        for edge in np.flatnonzero(wanted)[np.argsort(found.loss[wanted], kind="stable")].tolist():
            one, other = int(edges.first[edge]), int(edges.second[edge])
            if matching.first[one] == found.second_left[edge] and matching.second[other] == found.first_left[edge]:
                _exchange(matching, one, other)
                changed = True
        if not changed:
            return


def _exchange(matching: Matching, one: int, other: int) -> None:
    """Pair two sessions, and their partners with one another."""
    second_left, first_left = matching.first[one], matching.second[other]
    matching.first[one], matching.second[other] = other, one
    matching.first[first_left], matching.second[second_left] = second_left, first_left


def margins(matching: Matching, edges: Edges, score: Scores, weigh: Weigh) -> Margins:
    """The smallest loss among the exchanges that would break up each pair."""
    found = exchanges(matching, edges, score, weigh)
    unset = np.iinfo(np.int64).max
    result = Margins(np.full(len(matching.first), unset), np.full(len(matching.first), -1, np.intp))
    candidates = np.flatnonzero(found.other)
    order = candidates[np.argsort(-found.loss[candidates], kind="stable")]
    # Written from the worst to the best, so that the best stays.
    for pair in (edges.first, found.first_left):
        pairs, losses = pair[order], found.loss[order]
        paired = (pairs >= 0) & (matching.first[pairs] >= 0)
        here, loss, edge = pairs[paired], losses[paired], order[paired]
        best = np.full(len(matching.first), unset)
        np.minimum.at(best, here, loss)
        which = np.full(len(matching.first), -1, np.intp)
        which[here] = edge
        better = best < result.loss
        result.loss[better], result.rival[better] = best[better], which[better]
    return result
