"""Each session gets at most one partner, so that the sum of scores is as high as can be.

Two sessions that something names as one, and that have no near rival, are partners at once. Of the rest the
edges that lose on both ends are left out; what remains falls into components. Small ones are solved exactly
(Kuhn and Munkres); in a large one the best edge is taken again and again, which yields at least half of the
optimum, and exchanges of two then improve it. Large components are bursts of identical sessions: their partners
differ in time alone, and there the best is the nearest.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from pcapsleuth.compare.candidates import Edges
from pcapsleuth.compare.columns import Rows, Truth
from pcapsleuth.compare.evidence import Evidence, Scores

EXACT = 8
"""Sessions a side up to which a component is solved exactly."""
CLEAR = 16
"""By how much a named pair must lead to be taken before all others."""
LOSING = 40
"""An edge this much worse than the best of both of its ends is not taken."""
FINE = 44
"""Bits below the score in which nearness in time breaks ties: some four hours in nanoseconds."""


class Matching(NamedTuple):
    """Partners by position; -1 for none."""

    first: Rows
    second: Rows


def assign(sizes: tuple[int, int], edges: Edges, evidence: Evidence) -> Matching:
    """Match the ends of edges, whose scores are positive."""
    matching = Matching(np.full(sizes[0], -1, np.intp), np.full(sizes[1], -1, np.intp))
    named = _leading(sizes, edges, evidence)
    _marry(matching, edges.first[named], edges.second[named])
    free = (matching.first[edges.first] < 0) & (matching.second[edges.second] < 0)
    edges, score, gap = Edges(edges.first[free], edges.second[free]), evidence.score[free], evidence.gap[free]
    keep = ~_losing(sizes, edges, score)
    one, other = edges.first[keep], edges.second[keep]
    nearness = (1 << FINE) - 1 - np.minimum(gap[keep], (1 << FINE) - 1)
    weight = score[keep] << FINE | nearness
    lonely = _lonely(sizes, one, other)
    _marry(matching, one[lonely], other[lonely])
    one, other, weight = one[~lonely], other[~lonely], weight[~lonely]
    for group in _components(sizes, one, other):
        here, there, worth = one[group].tolist(), other[group].tolist(), weight[group].tolist()
        solve = _exact if len(set(here)) <= EXACT and len(set(there)) <= EXACT else _greedy
        for a, b in solve(here, there, worth):
            matching.first[a], matching.second[b] = b, a
    return matching


def _leading(sizes: tuple[int, int], edges: Edges, evidence: Evidence) -> Truth:
    """Edges with a witness that lead clearly on both ends."""
    lead = evidence.witness
    for size, end in zip(sizes, edges, strict=True):
        # Stable order by score within each session: its last edge is its best.
        order = np.lexsort((evidence.score, end))
        ends, scores = end[order], evidence.score[order]
        last = np.append(ends[1:] != ends[:-1], True) if len(ends) else np.zeros(0, np.bool_)
        best, second = np.zeros(size, np.int64), np.zeros(size, np.int64)
        best[ends[last]] = scores[last]
        np.maximum.at(second, ends[~last], scores[~last])
        lead &= (evidence.score == best[end]) & (best - second >= CLEAR)[end]
    return lead


def _losing(sizes: tuple[int, int], edges: Edges, score: Scores) -> Truth:
    """Edges that are far behind the best edge of either end."""
    best_first, best_second = np.zeros(sizes[0], np.int64), np.zeros(sizes[1], np.int64)
    np.maximum.at(best_first, edges.first, score)
    np.maximum.at(best_second, edges.second, score)
    losing: Truth = score + LOSING < np.minimum(best_first[edges.first], best_second[edges.second])
    return losing


def _lonely(sizes: tuple[int, int], one: Rows, other: Rows) -> Truth:
    """Edges whose ends have no other edge."""
    first, second = np.bincount(one, minlength=sizes[0]), np.bincount(other, minlength=sizes[1])
    lonely: Truth = np.maximum(first[one], second[other]) == 1
    return lonely


def _marry(matching: Matching, one: Rows, other: Rows) -> None:
    matching.first[one], matching.second[other] = other, one


def _components(sizes: tuple[int, int], one: Rows, other: Rows) -> list[list[int]]:
    """The edges of each component."""
    parent = list(range(sizes[0] + sizes[1]))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        left, right = root(a), root(sizes[0] + b)
        if left != right:
            parent[max(left, right)] = min(left, right)
    groups: dict[int, list[int]] = defaultdict(list)
    for edge, a in enumerate(one.tolist()):
        groups[root(a)].append(edge)
    return list(groups.values())


def _greedy(one: list[int], other: list[int], weight: list[int]) -> list[tuple[int, int]]:
    """The best edge first; among equals those whose ends stand at the same place in time."""
    taken_one: set[int] = set()
    taken_other: set[int] = set()
    result = []
    # Neither key prefers a side: what a tie leaves open is open between edges that do not meet.
    for _, _, _, a, b in sorted(
        (-worth, abs(a - b), a + b, a, b) for a, b, worth in zip(one, other, weight, strict=True)
    ):
        if a not in taken_one and b not in taken_other:
            taken_one.add(a)
            taken_other.add(b)
            result.append((a, b))
    return result


def _exact(one: list[int], other: list[int], weight: list[int]) -> list[tuple[int, int]]:
    """Kuhn and Munkres on a small table, in which a missing edge is worth nothing."""
    rows, columns = sorted(set(one)), sorted(set(other))
    flipped = len(rows) > len(columns)
    if flipped:
        rows, columns, one, other = columns, rows, other, one
    row_at, column_at = {a: i for i, a in enumerate(rows)}, {b: j for j, b in enumerate(columns)}
    cost = [[0] * len(columns) for _ in rows]
    for a, b, worth in zip(one, other, weight, strict=True):
        cost[row_at[a]][column_at[b]] = -worth
    chosen = [(rows[i], columns[j]) for i, j in _cheapest(cost) if cost[i][j]]
    return [(b, a) for a, b in chosen] if flipped else chosen


def _cheapest(cost: list[list[int]]) -> list[tuple[int, int]]:
    """The cheapest assignment of all rows to columns, of which there are as many or more.

    Rows come in one by one; each takes the cheapest path of exchanges to a free column, measured in costs that
    the potentials have made nonnegative. Row and column 0 stand for `none`.
    """
    height, width = len(cost), len(cost[0])
    row_potential, column_potential = [0] * (height + 1), [0] * (width + 1)
    owner = [0] * (width + 1)
    for row in range(1, height + 1):
        owner[0] = row
        _augment(cost, row_potential, column_potential, owner)
    return [(owner[column] - 1, column - 1) for column in range(1, width + 1) if owner[column]]


def _augment(cost: list[list[int]], row_potential: list[int], column_potential: list[int], owner: list[int]) -> None:
    """Give the row that waits at column 0 a column, by Dijkstra's search."""
    width = len(owner) - 1
    infinite = 1 << 80
    distance, before, done = [infinite] * (width + 1), [0] * (width + 1), [False] * (width + 1)
    column = 0
    while owner[column]:
        done[column] = True
        row, nearest, step = owner[column], 0, infinite
        for other in range(1, width + 1):
            if done[other]:
                continue
            reduced = cost[row - 1][other - 1] - row_potential[row] - column_potential[other]
            if reduced < distance[other]:
                distance[other], before[other] = reduced, column
            if distance[other] < step:
                step, nearest = distance[other], other
        for other in range(width + 1):
            if done[other]:
                row_potential[owner[other]] += step
                column_potential[other] -= step
            else:
                distance[other] -= step
        column = nearest
    while column:
        owner[column] = owner[before[column]]
        column = before[column]
