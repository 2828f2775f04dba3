"""Which segments of a batch belong to the same pair of endpoints: one hash a segment and one stable sort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pcapsleuth.tcp.segments import SegmentBatch

Key: TypeAlias = tuple[int, int, int, int, int, int, int]
"""An observation point and two endpoints, the lower first: the same for both directions."""
Array: TypeAlias = npt.NDArray[Any]

_MULTIPLIERS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)
"""Odd constants that spread bits (golden ratio and primes of other hashes)."""
_SHIFT = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Groups:
    """The segments of a batch by connection key."""

    order: npt.NDArray[np.int64]
    """Segments of the batch: group after group, in capture order within each."""
    starts: npt.NDArray[np.int64]
    """Where each group begins in `order`."""
    sizes: npt.NDArray[np.int64]
    group: npt.NDArray[np.int64]
    """The group of each element of `order`."""
    from_first: npt.NDArray[np.bool_]
    """Whether it was sent by the lower endpoint of its key."""
    keys: list[Key]


def group(batch: SegmentBatch) -> Groups:
    """Group the segments of a batch that is not empty."""
    columns = _endpoints(batch)
    low = _is_first(columns)
    values = _hash(columns)
    order = np.argsort(values, kind="stable")
    found = _split(order, values, low, columns)
    if _is_exact(found, columns):
        return found
    numbers = _identify(columns, low)
    return _split(np.argsort(numbers, kind="stable"), numbers, low, columns)


def _endpoints(batch: SegmentBatch) -> list[Array]:
    """Take the columns of a key: point, source, destination."""
    return [
        batch.point,
        batch.source_high,
        batch.source_low,
        batch.source_port,
        batch.destination_high,
        batch.destination_low,
        batch.destination_port,
    ]


def _is_first(columns: list[Array]) -> npt.NDArray[np.bool_]:
    """Tell which segments were sent by the lower endpoint; ports decide first, for they differ most often."""
    _, high, low, port, other_high, other_low, other_port = columns
    lower: npt.NDArray[np.bool_] = (port > other_port) | (
        (port == other_port) & ((high < other_high) | ((high == other_high) & (low <= other_low)))
    )
    return lower


def _hash(columns: list[Array]) -> npt.NDArray[np.uint64]:
    """Hash the two endpoints alike and add them, so that both directions have the same value."""
    point, *ends = columns
    mixed = [_mix(*ends[:3]), _mix(*ends[3:])]
    return mixed[0] + mixed[1] + point.astype(np.uint64) * np.uint64(_MULTIPLIERS[3])


def _mix(high: Array, low: Array, port: Array) -> npt.NDArray[np.uint64]:
    """Spread the bits of an endpoint; sums of two must not cancel, hence the multiplication between shifts."""
    a, b, c, d = (np.uint64(m) for m in _MULTIPLIERS)
    value: npt.NDArray[np.uint64] = (high * a) ^ (low * b) ^ (port.astype(np.uint64) * c)
    value ^= value >> _SHIFT
    value *= d
    value ^= value >> _SHIFT
    value *= a
    return value


def _split(order: npt.NDArray[np.int64], values: Array, low: npt.NDArray[np.bool_], columns: list[Array]) -> Groups:
    """Cut the sorted segments where the value changes."""
    ranked = values[order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    sizes = np.diff(starts, append=len(order))
    first = order[starts]
    ordered = low[first]
    point, *ends = columns
    source, destination = [e[first] for e in ends[:3]], [e[first] for e in ends[3:]]
    lower = [np.where(ordered, s, d).tolist() for s, d in zip(source, destination, strict=True)]
    upper = [np.where(ordered, d, s).tolist() for s, d in zip(source, destination, strict=True)]
    keys = list(zip(point[first].tolist(), *lower, *upper, strict=True))
    return Groups(order, starts, sizes, np.repeat(np.arange(len(starts)), sizes), low[order], keys)


def _is_exact(groups: Groups, columns: list[Array]) -> bool:
    """Check that neighbours in a group have the same endpoints: equal hashes prove nothing."""
    point, *ends = (c[groups.order] for c in columns)
    swapped = groups.from_first[1:] != groups.from_first[:-1]
    inside = groups.group[1:] == groups.group[:-1]
    equal = point[1:] == point[:-1]
    for at in range(3):
        source, destination = ends[at], ends[at + 3]
        equal &= source[1:] == np.where(swapped, destination[:-1], source[:-1])
        equal &= destination[1:] == np.where(swapped, source[:-1], destination[:-1])
    return bool((equal | ~inside).all())


def _identify(columns: list[Array], low: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Number the keys one by one: slow, and only for hashes that collide."""
    numbers: dict[tuple[int, ...], int] = {}
    rows = zip(*(c.tolist() for c in columns), low.tolist(), strict=True)
    return np.array(
        [
            numbers.setdefault((p, *a, *b) if lower else (p, *b, *a), len(numbers))
            for p, *ends, lower in rows
            for a, b in [(ends[:3], ends[3:])]
        ],
        np.int64,
    )
