"""A pair: the two views of one session, and how sure it is that they are of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

BILLION = 1_000_000_000
YEAR = 366 * 86_400 * BILLION
"""Drift is not extrapolated further than this: a capture with one absurd time must not overflow."""


class Pair(NamedTuple):
    """Which inside session is which outside session."""

    outside: int
    """Index of the outside session."""
    inside: int
    confidence: int
    """Per mille: integer, so that it is the same on every machine."""
    certain: bool
    """A unique witness (addresses and ports, ISN, timestamp, queue id, Message-ID with envelope, TLS random)
    without a rival: a finding on this pair may be proven."""
    why: tuple[str, ...]
    """The reasons in words, best first, rivals last."""
    direction: str | None = None
    """`inbound` (the client is on the outside), `outbound`, or None where neither the clocks nor the addresses
    tell. It is relative to the sides as they were named."""

    @property
    def views(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """The side and the index of both sessions, the one nearer to the client first; outside where nothing tells."""
        outside, inside = ("outside", self.outside), ("inside", self.inside)
        return (inside, outside) if self.direction == "outbound" else (outside, inside)


class Unpaired(NamedTuple):
    """A session that has no counterpart."""

    index: int  # type: ignore[assignment]  # the contract's word, though tuples have a method of that name
    reason: str
    """In words: `began before the inside capture does`, `only seen here`, ..."""


class Clock(NamedTuple):
    """Inside time minus outside time."""

    offset: int
    """ns, at `at`."""
    drift_ppb: int
    pairs: int
    """How many pairs it rests on."""
    at: int
    """Outside time to which `offset` applies, ns since 1970 UTC."""
    error: int
    """Half-width of the spread of the pairs' offsets, ns: a time difference below it says nothing."""

    def to_inside(self, time: int) -> int:
        """The inside clock's reading when the outside clock shows `time`."""
        since = max(-YEAR, min(YEAR, time - self.at))
        return time + self.offset + since // 100_000 * self.drift_ppb // 10_000

    def to_outside(self, time: int) -> int:
        """The outside clock's reading when the inside clock shows `time`."""
        since = max(-YEAR, min(YEAR, time - self.offset - self.at))
        return time - self.offset - since * self.drift_ppb // (BILLION + self.drift_ppb)

    def all_to_inside(self, times: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """As `to_inside`, for a whole column."""
        since = np.clip(times - self.at, -YEAR, YEAR)
        moved: npt.NDArray[np.int64] = times + self.offset + since // 100_000 * self.drift_ppb // 10_000
        return moved

    def mirrored(self) -> Clock:
        """The same with the sides exchanged."""
        return self._replace(
            offset=-self.offset,
            drift_ppb=-round(self.drift_ppb * BILLION / (BILLION + self.drift_ppb)),
            at=self.at + self.offset,
        )


@dataclass(frozen=True, slots=True)
class Pairing:
    """What became of all sessions."""

    pairs: list[Pair]
    """By outside index."""
    unpaired_outside: list[Unpaired]
    unpaired_inside: list[Unpaired]
    clock: Clock | None
    swapped: bool = False
    """The evidence says that the files were given the wrong way round."""
    swapped_why: str = ""
