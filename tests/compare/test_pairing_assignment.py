"""The assignment: exact where it is small, sensible where it is large."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pcapsleuth.compare.assignment import Matching, assign
from pcapsleuth.compare.augment import Augmenter
from pcapsleuth.compare.candidates import Edges
from pcapsleuth.compare.evidence import Evidence, Scores

Table = dict[tuple[int, int], int]

tables = st.dictionaries(
    st.tuples(st.integers(0, 5), st.integers(0, 4)), st.integers(16, 50), min_size=1, max_size=20
)  # fmt: skip
"""Scores by edge. None is so far behind another that it would be left out."""


def edges_of(table: Table) -> tuple[Edges, Scores]:
    ends = sorted(table)
    edges = Edges(np.array([a for a, _ in ends], np.intp), np.array([b for _, b in ends], np.intp))
    return edges, np.array([table[end] for end in ends], np.int64)


def matched(table: Table, sizes: tuple[int, int], *, witness: bool = False) -> list[tuple[int, int]]:
    edges, score = edges_of(table)
    truth = np.full(len(score), witness)
    matching = assign(sizes, edges, Evidence(score, truth, np.zeros(len(score), np.int64), truth))
    return [(a, int(b)) for a, b in enumerate(matching.first) if b >= 0]


def best(table: Table) -> int:
    """The highest sum, by trying everything."""
    rows = sorted({a for a, _ in table})
    columns = [*sorted({b for _, b in table}), *[-1] * len(rows)]
    return max(
        sum(table.get(pair, 0) for pair in zip(rows, chosen, strict=True))
        for chosen in set(permutations(columns[: len(rows) + 3], len(rows)))
    )


@given(st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 3)), st.integers(16, 50), min_size=1))
def test_small_components_are_solved_exactly(table: Table) -> None:
    assert sum(table[pair] for pair in matched(table, (4, 4))) == best(table)


@given(tables)
def test_nobody_has_two_partners(table: Table) -> None:
    pairs = matched(table, (6, 5))

    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
    assert all(pair in table for pair in pairs)


@given(tables)
def test_the_sides_are_alike(table: Table) -> None:
    mirrored = {(b, a): score for (a, b), score in table.items()}
    sums = [
        sum(scores[pair] for pair in matched(scores, sizes)) for scores, sizes in ((table, (6, 5)), (mirrored, (5, 6)))
    ]

    assert sums[0] == sums[1]


def test_a_clear_witness_is_not_given_up_for_two_poor_pairs() -> None:
    table = {(0, 0): 200, (0, 1): 170, (1, 0): 170}

    assert matched(table, (2, 2), witness=False) == [(0, 1), (1, 0)]
    assert matched(table, (2, 2), witness=True) == [(0, 0)]


def test_a_long_burst_takes_the_nearest() -> None:
    size = 50
    table = {(a, b): 50 - abs(a - b) for a in range(size) for b in range(max(0, a - 2), min(size, a + 3))}

    assert matched(table, (size, size)) == [(a, a) for a in range(size)]


def test_room_is_made_along_a_chain() -> None:
    """0 is left over beside 1-0, 2-1, 3-2; 3 is free on the other side."""
    table = {(a, b): 20 for a in range(4) for b in (a, a - 1) if b >= 0}
    edges, score = edges_of(table)
    matching = Matching(np.array([-1, 0, 1, 2], np.intp), np.array([1, 2, 3, -1], np.intp))
    Augmenter(matching, edges, score).run()

    assert matching.first.tolist() == matching.second.tolist() == [0, 1, 2, 3]


def test_no_room_is_made_at_a_loss() -> None:
    edges, score = edges_of({(0, 0): 16, (1, 0): 90, (1, 1): 20})
    matching = Matching(np.array([-1, 0], np.intp), np.array([1, -1], np.intp))
    Augmenter(matching, edges, score).run()

    assert matching.first.tolist() == [-1, 0]
