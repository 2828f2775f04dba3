"""The numbers of sessions that several processes read: the order of first frames, as if one had read them all."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

import numpy as np

from pcapsleuth.tcp.segments import FILE_SHIFT

Numbers = Sequence[int]
"""The number of each session of a share, by its index there."""


def number(firsts: Sequence[Mapping[int, int]], files: Sequence[int]) -> list[Numbers]:
    """Number the sessions of all shares: `firsts` has their first frames by index, `files` the order of reading."""
    frames = np.array([all_[index] for all_ in firsts for index in range(len(all_))], np.int64)
    turn = np.zeros(max(files, default=0) + 1, np.int64)
    turn[list(files)] = range(len(files))
    numbers = np.empty(len(frames), np.int64)
    numbers[np.lexsort((frames, turn[frames >> FILE_SHIFT]))] = np.arange(len(frames))
    ends = np.cumsum([len(all_) for all_ in firsts])
    # Plain integers, for they will stand in findings.
    return [array("q", part.tobytes()) for part in np.split(numbers, ends[:-1])]
