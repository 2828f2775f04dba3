"""Why a session has no counterpart, in words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pcapsleuth.compare.assignment import Matching
from pcapsleuth.compare.candidates import Edges
from pcapsleuth.compare.columns import Side
from pcapsleuth.compare.pair import Clock, Unpaired
from pcapsleuth.compare.view import Bounds


class Leftovers(NamedTuple):
    """What a side's unpaired sessions are explained from."""

    matching: Matching
    edges: Edges
    clock: Clock | None
    """From outside to inside."""

    def mirrored(self) -> Leftovers:
        """The same, seen from the second side."""
        matching, edges = self.matching, self.edges
        return Leftovers(Matching(matching.second, matching.first), Edges(edges.second, edges.first), self.clock)


def left_over(
    leftovers: Leftovers, side: Side, other: Side, names: tuple[str, str], other_bounds: Bounds | None
) -> list[Unpaired]:
    """The unpaired sessions of one side, by index; `names` are its own and the other's."""
    alone = np.flatnonzero(leftovers.matching.first < 0)
    wanted = np.isin(leftovers.edges.first, alone)
    rivals: dict[int, list[int]] = {}
    for one, rival in zip(leftovers.edges.first[wanted].tolist(), leftovers.edges.second[wanted].tolist(), strict=True):
        rivals.setdefault(one, []).append(rival)
    result = []
    for row in alone.tolist():
        reason = _outside_bounds(leftovers.clock, side, row, names, other_bounds)
        if not reason and row in rivals:
            reason = _taken(leftovers, side, other, names, rivals[row])
        result.append(Unpaired(side.index[row], reason or _only_here(side, row)))
    return sorted(result)


def _outside_bounds(clock: Clock | None, side: Side, row: int, names: tuple[str, str], bounds: Bounds | None) -> str:
    """Whether the other capture could have seen the session at all."""
    if bounds is None or clock is None:
        return ""
    move = clock.to_inside if names[0] == "outside" else clock.to_outside
    signature = side.signatures[row]
    if move(signature.end) < bounds.first:
        return f"ended before the {names[1]} capture begins"
    if move(signature.start) < bounds.first:
        return f"began before the {names[1]} capture does"
    return f"began after the {names[1]} capture ends" if move(signature.start) > bounds.last else ""


def _taken(leftovers: Leftovers, side: Side, other: Side, names: tuple[str, str], rivals: list[int]) -> str:
    """Whose partners its candidates are."""
    if len(rivals) > 1:
        return f"{len(rivals)} candidates, each with a better or an equal partner"
    partner = side.index[leftovers.matching.second[rivals[0]]]
    return f"the only candidate, {names[1]} #{other.index[rivals[0]]}, is the partner of {names[0]} #{partner}"


def _only_here(side: Side, row: int) -> str:
    return "only seen here" if side.segments[1][row] else "only seen here, and nothing answered"
