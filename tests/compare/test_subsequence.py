"""What two sequences have in common: the longest of it, in windows where they are long."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from pcapsleuth.compare.subsequence import WINDOW, in_common


def longest(one: list[int], other: list[int]) -> int:
    """The length, by the table that everybody knows."""
    above = [0] * (len(other) + 1)
    for item in one:
        row = [0]
        for j, there in enumerate(other):
            row.append(above[j] + 1 if item == there else max(above[j + 1], row[j]))
        above = row
    return above[-1]


@pytest.mark.parametrize("seed", range(50))
def test_it_is_equal_in_order_and_the_longest(seed: int) -> None:
    rng = random.Random(seed)
    one, other = ([rng.randrange(5) for _ in range(rng.randrange(40))] for _ in range(2))
    found = list(in_common(one, other))

    assert all(one[i] == other[j] for i, j in found)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(found))
    assert len(found) == longest(one, other)


def test_of_equal_partners_the_earliest_is_taken() -> None:
    assert list(in_common("abab", "ab")) == [(0, 0), (1, 1)]


@pytest.mark.parametrize("extra", [10, WINDOW, 3 * WINDOW])
def test_long_sequences_of_which_one_has_something_more(extra: int) -> None:
    """However much it is: what is behind it is found again."""
    same = list(range(2 * WINDOW))
    longer = same[:100] + [-1] * extra + same[100:]

    for one, other in ((longer, same), (same, longer)):
        assert [one[i] for i, _ in in_common(one, other)] == same
