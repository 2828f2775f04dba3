"""Which values recur in a column: those few are worth a closer look, of many thousand that do not."""

from __future__ import annotations

from array import array

import numpy as np


def recurring(column: array[int]) -> list[int]:
    """The places whose value stands at another place too, in ascending order."""
    values = np.asarray(column)
    order = np.argsort(values, kind="stable")
    same = values[order[1:]] == values[order[:-1]]
    found: list[int] = np.union1d(order[1:][same], order[:-1][same]).tolist()
    return found
