"""Times as pcapng counts them, in nanoseconds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MICROSECONDS = 6
"""The resolution of an interface that names none."""

_BINARY = 0x80
_SECOND = 1_000_000_000
_EXACT_BITS = 33
"""A fraction of a second of more bits, times a billion, would not fit into 64."""


def nanoseconds(ticks: npt.NDArray[np.int64], resolution: int) -> npt.NDArray[np.int64]:
    """Convert ticks of a resolution in the form of `if_tsresol` (draft-ietf-opsawg-pcapng section 4.2).

    Exact to the nanosecond, but for resolutions finer than 2^-33 s, which may come out one nanosecond early.
    """
    exponent = resolution & ~_BINARY
    if resolution & _BINARY:
        return _from_binary(ticks, exponent)
    if exponent <= 9:
        return ticks * np.int64(10 ** (9 - exponent))
    # 10^18 ticks per nanosecond: nothing that fits into 64 bits is later than 1970.
    return ticks // np.int64(10 ** min(exponent - 9, 18))


def _from_binary(ticks: npt.NDArray[np.int64], exponent: int) -> npt.NDArray[np.int64]:
    if exponent > 62:
        return np.zeros_like(ticks)
    seconds = ticks >> exponent
    fraction = ticks - (seconds << exponent)
    excess = max(exponent - _EXACT_BITS, 0)
    return seconds * _SECOND + ((fraction >> excess) * _SECOND >> exponent - excess)
