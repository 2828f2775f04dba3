"""Which sessions could be one: those that share something, never all against all.

Every feature cuts the sessions of each side into blocks of equal value. A small pair of blocks yields all of its
pairs; a large one (a monitor's identical sessions) yields only neighbours in time, which takes a clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pcapsleuth.compare.columns import SCALARS, SETS, Hashes, Rows, Side
from pcapsleuth.compare.pair import Clock

SMALL = 32
"""Pairs of a block that are all tried."""
NEIGHBOURS = 2
"""Sessions before and after in time that are tried in a large block, from either side."""


class Edges(NamedTuple):
    """Candidate pairs as two parallel columns, ordered and without repetition."""

    first: Rows
    second: Rows


class Block(NamedTuple):
    """Sessions of both sides that share a value, each in order of time."""

    first: Rows
    second: Rows


def keys(side: Side) -> Iterator[tuple[str, Rows, Hashes]]:
    """What sessions can share: (name, session, value)."""
    everyone = np.arange(len(side), dtype=np.intp)
    client = side.client << 16 | side.client_port
    yield "client", everyone, client.astype(np.uint64)
    yield "client_port", everyone, side.client_port.astype(np.uint64)
    for name in SCALARS:
        if name != "greeting_length":
            known = np.flatnonzero(side.features[name])
            yield name, known, side.features[name][known]
    for name in SETS:
        yield name, *side.set_members(name)
    yield "server", everyone, side.server.astype(np.uint64)
    yield "any", everyone, np.zeros(len(side), np.uint64)


class Join:
    """The blocks of one feature that both sides have."""

    def __init__(self, first: tuple[Rows, Hashes], second: tuple[Rows, Hashes]) -> None:
        self.first, values, self.first_start, self.first_count = _runs(*first)
        self.second, others, self.second_start, self.second_count = _runs(*second)
        _, here, there = np.intersect1d(values, others, assume_unique=True, return_indices=True)
        self.first_start, self.first_count = self.first_start[here], self.first_count[here]
        self.second_start, self.second_count = self.second_start[there], self.second_count[there]
        self.small = self.first_count * self.second_count <= SMALL

    def small_pairs(self) -> Edges:
        """Every pair of the small blocks."""
        across = self.second_count[self.small]
        totals = self.first_count[self.small] * across
        block = np.repeat(np.arange(len(totals)), totals)
        within = np.arange(len(block)) - np.repeat(np.cumsum(totals) - totals, totals)
        one = self.first_start[self.small][block] + within // across[block]
        other = self.second_start[self.small][block] + within % across[block]
        return Edges(self.first[one], self.second[other])

    def large(self) -> Iterator[Block]:
        """The blocks that are too large to try everything."""
        for number in np.flatnonzero(~self.small).tolist():
            one, other = self.first_start[number], self.second_start[number]
            yield Block(
                self.first[one : one + self.first_count[number]],
                self.second[other : other + self.second_count[number]],
            )


def _runs(rows: Rows, values: Hashes) -> tuple[Rows, Hashes, Rows, Rows]:
    """Sessions grouped by value, in order of time within a group; the groups' values, starts and sizes."""
    order = np.argsort(values, kind="stable")
    unique, start, count = np.unique(values[order], return_index=True, return_counts=True)
    return rows[order], unique, start.astype(np.intp), count.astype(np.intp)


def joins(first: Side, second: Side) -> Iterator[tuple[str, Join]]:
    """The join of every feature."""
    for (name, rows, values), (_, others, their_values) in zip(keys(first), keys(second), strict=True):
        yield name, Join((rows, values), (others, their_values))


def small_candidates(first: Side, second: Side) -> Edges:
    """The candidates that need no clock."""
    return distinct([join.small_pairs() for _, join in joins(first, second)], len(second))


def all_candidates(first: Side, second: Side, clock: Clock) -> Edges:
    """The candidates, with neighbours in time where blocks are large."""
    moved = clock.all_to_inside(first.times["start"])
    found = []
    for _, join in joins(first, second):
        found.append(join.small_pairs())
        found.extend(neighbours(block, moved, second.times["start"]) for block in join.large())
    return distinct(found, len(second))


def neighbours(block: Block, first_times: npt.NDArray[np.int64], second_times: npt.NDArray[np.int64]) -> Edges:
    """The nearest few in time, as each side sees the other."""
    here, there = _nearest(first_times[block.first], second_times[block.second])
    back_there, back_here = _nearest(second_times[block.second], first_times[block.first])
    one, other = np.concatenate([here, back_here]), np.concatenate([there, back_there])
    return Edges(block.first[one], block.second[other])


def _nearest(times: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> tuple[Rows, Rows]:
    """For each time the positions of the others around it. Clock correction keeps both in order."""
    place = np.searchsorted(others, times)
    reach = np.arange(-NEIGHBOURS, NEIGHBOURS)
    near = (place[:, None] + reach).ravel()
    mine = np.repeat(np.arange(len(times)), len(reach))
    valid = (near >= 0) & (near < len(others))
    return mine[valid], near[valid]


def distinct(found: list[Edges], width: int) -> Edges:
    """All edges once, in order."""
    one = np.concatenate([edges.first for edges in found])
    other = np.concatenate([edges.second for edges in found])
    codes = np.unique(one.astype(np.int64) * max(width, 1) + other)
    return Edges((codes // max(width, 1)).astype(np.intp), (codes % max(width, 1)).astype(np.intp))
