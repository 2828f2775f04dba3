"""How the two captures' clocks differ, from the sessions that are surest to be the same.

Medians throughout and integers, so that a few wrong pairs, a few late frames and the machine do not matter.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pcapsleuth.compare.pair import BILLION, YEAR, Clock

Numbers = npt.NDArray[np.int64]

POINTS = 4_000
"""Pairs that an estimate rests on at most."""
SECOND = BILLION
MOST_DRIFT = 1_000_000
"""ppb: a clock that is worse than this is stepping, not drifting."""
FOR_DRIFT = 4
"""Points below which no drift is read out of the data."""
BETTER, MUCH_BETTER, FEW = 2, 16, 8
"""How many times better than no drift a drift must explain the points; of fewer than FEW points, MUCH_BETTER."""
SHORTEST = 10 * SECOND
"""A span below which no drift is read out of the data."""


def densest(differences: Numbers, weights: Numbers, width: int) -> tuple[int, int]:
    """The window of this width that holds the most weight: (its lower edge, the weight).

    Among equals the one nearest to no offset at all.
    """
    order = np.argsort(differences, kind="stable")
    sorted_differences, total = differences[order], np.concatenate([[0], np.cumsum(weights[order])])
    right = np.searchsorted(sorted_differences, sorted_differences + width, side="right")
    held = total[right] - total[: len(differences)]
    best = np.flatnonzero(held == held.max())
    nearest = best[np.argmin(np.abs(sorted_differences[best]))]
    return int(sorted_differences[nearest]), int(held[nearest])


def window(times: Numbers) -> int:
    """How far offsets of true pairs may lie apart: queues, and a drift of some 300 ppm over the capture."""
    span = min(int(times.max() - times.min()), YEAR) if len(times) else 0
    return 2 * SECOND + span // 1_000 * 3 // 10


def estimate(times: Numbers, differences: Numbers, width: int) -> Clock:
    """Fit offset and drift to points (outside time, inside minus outside time); there must be one."""
    order = np.lexsort((differences, times))
    times, differences = times[order], differences[order]
    middle = median(differences)
    near = np.abs(differences - middle) <= width
    times, differences = _thinned(times[near], differences[near])
    clock = _fit(times, differences)
    residual = np.abs(differences - _line(clock, times))
    keep = residual <= max(8 * median(residual), 1_000_000)
    return _fit(times[keep], differences[keep])


def median(values: Numbers) -> int:
    """The lower median: always one of the values."""
    return int(np.sort(values)[(len(values) - 1) // 2])


def _thinned(times: Numbers, differences: Numbers) -> tuple[Numbers, Numbers]:
    """At most POINTS of them, evenly taken."""
    if len(times) <= POINTS:
        return times, differences
    chosen = np.arange(POINTS) * len(times) // POINTS
    return times[chosen], differences[chosen]


def _fit(times: Numbers, differences: Numbers) -> Clock:
    """Without drift unless drift explains the points clearly better."""
    at = int(times[(len(times) - 1) // 2])
    steady, spread = _with_drift(times, differences, at, 0)
    drift = _slope(times, differences)
    if not drift or abs(drift) > MOST_DRIFT:
        return steady
    drifting, remaining = _with_drift(times, differences, at, drift)
    needed = BETTER if len(times) >= FEW else MUCH_BETTER
    return drifting if needed * remaining <= spread else steady


def _with_drift(times: Numbers, differences: Numbers, at: int, drift: int) -> tuple[Clock, int]:
    """The clock of this drift, and how far its points lie from it in the median."""
    flat = Clock(0, drift, len(times), at, 0)
    residual = differences - _line(flat, times)
    offset = median(residual)
    away = np.sort(np.abs(residual - offset))
    return flat._replace(offset=offset, error=int(away[(len(times) * 9 - 1) // 10])), median(away)


def _line(clock: Clock, times: Numbers) -> Numbers:
    """The offset that a clock expects at each time."""
    return clock.all_to_inside(times) - times


def _slope(times: Numbers, differences: Numbers) -> int:
    """The median slope, in ppb, between each point and the one half of the points later (after Theil and Sen)."""
    if len(times) < FOR_DRIFT or times[-1] - times[0] < SHORTEST:
        return 0
    half = len(times) // 2
    run = (times[half:] - times[: len(times) - half]) // 10_000
    rise = differences[half:] - differences[: len(times) - half]
    long_enough = run >= (times[-1] - times[0]) // 80_000
    if not long_enough.any():
        return 0
    return median(rise[long_enough] * 100_000 // run[long_enough])
