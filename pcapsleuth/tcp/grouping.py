"""Which segments of a batch belong to the same pair of endpoints: one hash a segment and one stable sort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pcapsleuth.tcp.endpoint import Endpoint
from pcapsleuth.tcp.segments import SegmentBatch

Key: TypeAlias = tuple[int, int, int, int, int, int, int]
"""An observation point and two endpoints in an order of their own: the same for both directions."""
Integers: TypeAlias = npt.NDArray[np.int64]
Array: TypeAlias = npt.NDArray[Any]

_MULTIPLIERS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)
"""Odd constants that spread bits (golden ratio and primes of other hashes)."""
_SHIFT = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Groups:
    """The segments of a batch by connection key."""

    order: Integers
    """Segments of the batch: group after group by their first segments, in capture order within each."""
    starts: Integers
    """Where each group begins in `order`."""
    sizes: Integers
    group: Integers
    """The group of each element of `order`."""
    from_first: npt.NDArray[np.bool_]
    """Whether it was sent by the first endpoint of its key."""
    keys: list[Key]


def group(batch: SegmentBatch) -> Groups:
    """Group the segments of a batch that is not empty."""
    columns = _endpoints(batch)
    is_first = _is_first(columns)
    values = _hash(columns)
    order = np.argsort(values, kind="stable")
    found = _split(order, values, is_first, columns)
    if _is_exact(found, columns):
        return found
    numbers = _identify(columns, is_first)
    return _split(np.argsort(numbers, kind="stable"), numbers, is_first, columns)


def key_of(point: int, one: Endpoint, other: Endpoint) -> Key:
    """The key of two endpoints, as `group` makes it of each segment between them."""
    first = one.port > other.port or (one.port == other.port and one[:2] <= other[:2])
    return (point, *one, *other) if first else (point, *other, *one)


def values(batch: SegmentBatch) -> npt.NDArray[np.uint64]:
    """A number for each segment that all of its connection have in common."""
    return _hash(_endpoints(batch))


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
    """Tell which segments were sent by the first endpoint of their key; ports decide, for they differ most often."""
    _, high, low, port, other_high, other_low, other_port = columns
    first: npt.NDArray[np.bool_] = (port > other_port) | (
        (port == other_port) & ((high < other_high) | ((high == other_high) & (low <= other_low)))
    )
    return first


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


def _split(order: Integers, values: Array, is_first: npt.NDArray[np.bool_], columns: list[Array]) -> Groups:
    """Cut the sorted segments where the value changes, and bring the groups in the order of their first segments."""
    ranked = values[order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    sizes = np.diff(starts, append=len(order))
    by_first = np.argsort(order[starts])
    starts, sizes = starts[by_first], sizes[by_first]
    new_starts = np.cumsum(sizes) - sizes
    order = order[np.arange(len(order)) + np.repeat(starts - new_starts, sizes)]
    keys = _keys(order[new_starts], is_first, columns)
    return Groups(order, new_starts, sizes, np.repeat(np.arange(len(sizes)), sizes), is_first[order], keys)


def _keys(chosen: Integers, is_first: npt.NDArray[np.bool_], columns: list[Array]) -> list[Key]:
    """Make the keys of some segments."""
    point, *ends = (c[chosen] for c in columns)
    sent = is_first[chosen]
    pairs = list(zip(ends[:3], ends[3:], strict=True))
    first = [np.where(sent, source, destination).tolist() for source, destination in pairs]
    second = [np.where(sent, destination, source).tolist() for source, destination in pairs]
    return list(zip(point.tolist(), *first, *second, strict=True))


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


def _identify(columns: list[Array], is_first: npt.NDArray[np.bool_]) -> Integers:
    """Number the keys one by one: slow, and only for hashes that collide."""
    numbers: dict[Key, int] = {}
    keys = _keys(np.arange(len(is_first)), is_first, columns)
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
