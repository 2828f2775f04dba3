"""Align two sequences of rows at least cost: which unit came in and which went out.

The costs are the product: a masked line must find its original, an injected one must find nobody. Replies are
aligned by their bytes and by what they answer, never by their position.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import accumulate
from typing import NamedTuple

from pcapsleuth.compare.subsequence import in_common

UNMATCHED = 100
"""The cost of a unit that finds no partner; two of them are dearer than any plausible rewriting."""

NEVER = 10_000
"""The cost of two units that cannot be one."""

CELLS = 100_000
"""Largest table solved exactly; longer stretches are first cut at the lines that are equal on both sides."""
WINDOW = 64
"""Units of either side that are solved together where even then a table would be too large."""


class Match(NamedTuple):
    """Indices into the two sequences; None where a unit has no partner."""

    ingress: int | None
    egress: int | None


class Around(NamedTuple):
    """The nearest places before and behind each place of an alignment at which something stands; -1 for none."""

    before: list[int]
    behind: list[int]


class Surroundings(NamedTuple):
    """What surrounds each place: a unit of one side, of the other, and one that both sides show."""

    ingress: Around
    egress: Around
    both: Around


def surroundings(matches: Sequence[Match]) -> Surroundings:
    """Look around each place of an alignment."""
    ingress = [match.ingress is not None for match in matches]
    egress = [match.egress is not None for match in matches]
    both = [one and other for one, other in zip(ingress, egress, strict=True)]
    return Surroundings(_around(ingress), _around(egress), _around(both))


def _around(stands: Sequence[bool]) -> Around:
    """Find the nearest places at which something stands, before and behind each."""
    size = len(stands)
    before = accumulate((at if one else -1 for at, one in enumerate(stands)), max, initial=-1)
    backwards = (at if stands[at] else size for at in range(size - 1, -1, -1))
    behind = [at if at < size else -1 for at in accumulate(backwards, min, initial=size)]
    return Around(list(before)[:-1], behind[-2::-1])


Cost = Callable[[int, int], int]


def align(ingress: Sequence[Hashable], egress: Sequence[Hashable], cost: Cost) -> list[Match]:
    """Pair the units of both sequences, in order, so that the sum of the costs is least.

    `ingress` and `egress` are keys: equal keys are one unit unchanged at the ends of a stretch. `cost(i, j)` is
    asked for the rest. Ties go to the earlier partner, so that the result never depends on anything else.
    """
    head = _common(ingress, egress)
    tail = _common(ingress[head:][::-1], egress[head:][::-1])
    longer = max(ingress, egress, key=len)
    if len(ingress) != len(egress) and set(longer[len(longer) - tail :]) <= set(longer[head : len(longer) - tail]):
        tail = 0  # All of it is said before as well: the shorter side may have ended there.
    top, bottom = len(ingress) - tail, len(egress) - tail
    return [
        *(Match(i, i) for i in range(head)),
        *_between(ingress, egress, (head, top), (head, bottom), cost),
        *(Match(top + i, bottom + i) for i in range(tail)),
    ]


Place = tuple[int, bool]
"""Where a unit begins, and whether it has bytes: the empty chunk of `BDAT 0 LAST` (RFC 3030 section 2) stands where the
next command begins."""


def align_by_place(ingress: Sequence[Place], egress: Sequence[Place]) -> list[Match]:
    """Pair units that begin at the same stream offset: for a direction whose bytes all passed in place."""
    where = {place: j for j, place in enumerate(egress)}
    matches: list[Match] = []
    to = 0
    for i, place in enumerate(ingress):
        j = where.get(place)
        while to < len(egress) and (egress[to] < place):
            matches.append(Match(None, to))
            to += 1
        matches.append(Match(i, j))
        to = to if j is None else j + 1
    return matches + [Match(None, j) for j in range(to, len(egress))]


def _common(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """Count the equal units at the start."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def _between(
    ingress: Sequence[Hashable], egress: Sequence[Hashable], rows: tuple[int, int], columns: tuple[int, int], cost: Cost
) -> list[Match]:
    """Align one stretch, cut at equal lines first if its table would be too large."""
    if (rows[1] - rows[0]) * (columns[1] - columns[0]) <= CELLS:
        return _solve(rows, columns, cost)
    matches: list[Match] = []
    at, to = rows[0], columns[0]
    for i, j in in_common(ingress[slice(*rows)], egress[slice(*columns)]):
        here, there = rows[0] + i, columns[0] + j
        matches += _stretch((at, here), (to, there), cost)
        matches.append(Match(here, there))
        at, to = here + 1, there + 1
    return matches + _stretch((at, rows[1]), (to, columns[1]), cost)


def _stretch(rows: tuple[int, int], columns: tuple[int, int], cost: Cost) -> list[Match]:
    """Solve a stretch; of one that is too large the begin again and again, as far as what is behind hardly matters."""
    matches: list[Match] = []
    at, to = rows[0], columns[0]
    while (rows[1] - at) * (columns[1] - to) > CELLS:
        window = _solve((at, min(at + WINDOW, rows[1])), (to, min(to + WINDOW, columns[1])), cost)
        matches += window[: len(window) // 2]
        at = max((m.ingress + 1 for m in matches[-WINDOW:] if m.ingress is not None), default=at)
        to = max((m.egress + 1 for m in matches[-WINDOW:] if m.egress is not None), default=to)
    return matches + _solve((at, rows[1]), (to, columns[1]), cost)


def _solve(rows: tuple[int, int], columns: tuple[int, int], cost: Cost) -> list[Match]:
    """Solve by dynamic programming from the end, so that walking from the start prefers early partners."""
    height, width = rows[1] - rows[0], columns[1] - columns[0]
    if not height or not width:
        return [*(Match(i, None) for i in range(*rows)), *(Match(None, j) for j in range(*columns))]
    costs = [[cost(rows[0] + i, columns[0] + j) for j in range(width)] for i in range(height)]
    best = [[(height - i + width - j) * UNMATCHED for j in range(width + 1)] for i in range(height + 1)]
    for i in range(height - 1, -1, -1):
        for j in range(width - 1, -1, -1):
            best[i][j] = min(best[i + 1][j + 1] + costs[i][j], best[i + 1][j] + UNMATCHED, best[i][j + 1] + UNMATCHED)
    return _walk(rows, columns, costs, best)


def _walk(
    rows: tuple[int, int], columns: tuple[int, int], costs: list[list[int]], best: list[list[int]]
) -> list[Match]:
    """Read the matches off a solved table."""
    height, width = rows[1] - rows[0], columns[1] - columns[0]
    matches: list[Match] = []
    i = j = 0
    while i < height and j < width:
        if best[i][j] == best[i + 1][j + 1] + costs[i][j]:
            matches.append(Match(rows[0] + i, columns[0] + j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j] + UNMATCHED:
            matches.append(Match(rows[0] + i, None))
            i += 1
        else:
            matches.append(Match(None, columns[0] + j))
            j += 1
    matches += [Match(rows[0] + k, None) for k in range(i, height)]
    matches += [Match(None, columns[0] + k) for k in range(j, width)]
    return matches
