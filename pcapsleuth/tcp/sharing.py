"""Which connections of a capture are whose, where several processes read it: nothing crosses between them.

A connection is the business of the process that its endpoints name, so that every process follows its own whole and
may pass over the others. What a connection becomes depends on its own segments and on the time of the capture alone,
which all read; only the bound on open connections does not, so a share that may reach it gives up.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pcapsleuth.tcp.grouping import values
from pcapsleuth.tcp.segments import SegmentBatch

_UPPER = np.uint64(32)


class Crowded(Exception):  # noqa: N818  not an error: one process reads the capture then
    """So many connections are open that the bound on all of them may have been reached."""


class Share(NamedTuple):
    """The connections of one process."""

    number: int
    of: int

    def mine(self, batch: SegmentBatch) -> npt.NDArray[np.bool_]:
        """Tell the segments of these connections."""
        found: npt.NDArray[np.bool_] = (values(batch) >> _UPPER) % np.uint64(self.of) == self.number
        return found


ALL = Share(0, 1)
