"""Pair the sessions that both captures saw.

First the sessions that something names are found, whatever the clocks say; they show the clocks' offset and what
the device translates. With both, all candidates are weighed, and each session gets at most one partner. The sides
are put in an order of their own before anything is done, so that neither the order in which sessions come nor
which side is called first can matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pcapsleuth.compare import rivals
from pcapsleuth.compare.assignment import Matching, assign
from pcapsleuth.compare.augment import Augmenter
from pcapsleuth.compare.candidates import Edges, all_candidates, small_candidates
from pcapsleuth.compare.columns import Side, columns, content_before, ordered
from pcapsleuth.compare.direction import directions, swapped
from pcapsleuth.compare.evidence import ENOUGH, Evidence, Learned, Scores, weigh
from pcapsleuth.compare.landmarks import final_clock, first_clock, learn
from pcapsleuth.compare.pair import Clock, Pair, Pairing
from pcapsleuth.compare.signature import Signature
from pcapsleuth.compare.timing import IMMEDIATE
from pcapsleuth.compare.unpaired import Leftovers, left_over
from pcapsleuth.compare.view import Bounds
from pcapsleuth.compare.words import Reasons

MARGIN = 16
"""By how much a certain pair leads before its best rival."""
MOST_MARGIN = 40
"""A lead beyond which more adds nothing to confidence."""
UNCERTAIN_MOST, UNTIMED_MOST = 899, 600
"""Per mille that only a certain pair exceeds; and, where no other pair confirms the clock, only a named one."""


@dataclass(slots=True)
class Solution:
    """The result for two sides in their own order."""

    edges: Edges
    evidence: Evidence
    matching: Matching
    margins: rivals.Margins
    clock: Clock | None
    learned: Learned


def pair(
    outside: Sequence[Signature],
    inside: Sequence[Signature],
    outside_bounds: Bounds | None = None,
    inside_bounds: Bounds | None = None,
) -> Pairing:
    """Find which inside session is which outside session.

    Bounds are the times of the first and the last frame of each capture; they serve to say why a session has no
    counterpart.
    """
    ours, theirs = ordered(outside), ordered(inside)
    straight = content_before(ours, theirs)
    ids: dict[tuple[int, int], int] = {}
    first, second = columns(ours if straight else theirs, ids), columns(theirs if straight else ours, ids)
    solution = solve(first, second, len(ids))
    clock = solution.clock if straight or solution.clock is None else solution.clock.mirrored()
    pairs, why = _pairs(solution, first, second, clock, straight=straight)
    names = ("outside", "inside") if straight else ("inside", "outside")
    leftovers = Leftovers(solution.matching, solution.edges, clock)
    first_left = left_over(leftovers, first, second, names, outside_bounds if not straight else inside_bounds)
    second_left = left_over(
        leftovers.mirrored(), second, first, names[::-1], inside_bounds if not straight else outside_bounds
    )
    if not straight:
        first_left, second_left = second_left, first_left
    return Pairing(pairs, first_left, second_left, clock, bool(why), why)


def solve(first: Side, second: Side, addresses: int) -> Solution:
    """Pair two sides that are in order."""
    landmarks = first_clock(first, second, small_candidates(first, second))
    clock = landmarks.clock
    learned = learn(first, second, landmarks, addresses)
    edges = small_candidates(first, second) if clock is None else all_candidates(first, second, clock)
    evidence = weigh(first, second, edges, clock, learned)
    keep = evidence.score >= ENOUGH
    edges = Edges(edges.first[keep], edges.second[keep])
    evidence = evidence.chosen(keep)

    def scores(some: Edges) -> Scores:
        return weigh(first, second, some, clock, learned).score

    matching = assign((len(first), len(second)), edges, evidence)
    Augmenter(matching, edges, evidence.score).run()
    rivals.settle(matching, edges, evidence.score, scores)
    margins = rivals.margins(matching, edges, evidence.score, scores)
    clock = final_clock(first, second, matching, evidence, edges, clock)
    return Solution(edges, evidence, matching, margins, clock, learned)


def _pairs(
    solution: Solution, first: Side, second: Side, clock: Clock | None, *, straight: bool
) -> tuple[list[Pair], str]:
    """The pairs in words, by outside index; and why the files seem swapped."""
    edges, matching = solution.edges, solution.matching
    taken = np.flatnonzero(matching.first[edges.first] == edges.second)
    chosen = Edges(edges.first[taken], edges.second[taken])
    reasons = Reasons(first, second, chosen, solution.learned, solution.clock)
    ones, others = chosen.first.tolist(), chosen.second.tolist()
    couples = [(first.signatures[one], second.signatures[other]) for one, other in zip(ones, others, strict=True)]
    if not straight:
        couples = [(outside, inside) for inside, outside in couples]
    found = directions(couples, clock)
    timed = clock is not None and clock.pairs >= IMMEDIATE
    result = []
    for number, edge in enumerate(taken.tolist()):
        loss, rival = int(solution.margins.loss[ones[number]]), int(solution.margins.rival[ones[number]])
        certain = _is_certain(solution.evidence, edge, loss)
        why = reasons.of(number, int(solution.evidence.gap[edge]))
        if rival >= 0 and loss < MOST_MARGIN:
            why = (*why, _rival_words(solution, first, second, rival, ones[number], loss, straight=straight))
        outside, inside = couples[number]
        most = UNCERTAIN_MOST if timed or solution.evidence.witness[edge] else UNTIMED_MOST
        confidence = _confidence(int(solution.evidence.score[edge]), loss)
        confidence = max(confidence, UNCERTAIN_MOST + 1) if certain else min(confidence, most)
        result.append(Pair(outside.index, inside.index, confidence, certain, why, found[number]))
    return sorted(result), swapped(couples, found)


def _is_certain(evidence: Evidence, edge: int, loss: int) -> bool:
    return bool(evidence.witness[edge]) and loss >= MARGIN


def _confidence(score: int, loss: int) -> int:
    """Grows with the score, and halves where a rival is as good."""
    strength = score * 1000 // (score + 20)
    lead = max(0, min(loss, MOST_MARGIN))
    return strength * (MOST_MARGIN + lead) // (2 * MOST_MARGIN)


def _rival_words(
    solution: Solution, first: Side, second: Side, rival: int, one: int, loss: int, *, straight: bool
) -> str:
    """Who else could have been the partner."""
    on_second = int(solution.edges.first[rival]) == one
    session = second.index[solution.edges.second[rival]] if on_second else first.index[solution.edges.first[rival]]
    side = "inside" if on_second == straight else "outside"
    return f"rival: {side} session {session} ({f'score {loss} lower' if loss else 'as good'})"
