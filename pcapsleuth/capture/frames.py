"""The frames of a block while they are decoded: columns, and the sieve through which they go."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pcapsleuth.capture.records import Records, unaligned

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint32]
Mask = npt.NDArray[np.bool_]


class Layer(NamedTuple):
    """Where a header begins, for some of the frames: always inside the captured bytes, or at their very end."""

    row: Ints
    """The frames: indices of the block's records, ascending."""
    at: Ints
    """Offsets in the block."""


@dataclass(slots=True)
class Frames:
    """The frames of one block and what is counted about them."""

    block: bytearray
    records: Records
    skipped: Counter[str]
    tags: list[tuple[Ints, Words]] = field(default_factory=list)
    """VLAN tags: frames and their VLAN, for one depth of the stack after the other."""

    def room(self, layer: Layer) -> Ints:
        """Captured bytes from the layer on."""
        row = layer.row
        return self.records.start[row] + self.records.captured[row] - layer.at

    def wire_end(self, row: Ints) -> Ints:
        """Where in the block the frames would end if they had been captured whole."""
        return self.records.start[row] + self.records.wire[row]

    def too_short(self, layer: Layer, size: int | Ints) -> tuple[tuple[str, Mask], tuple[str, Mask]]:
        """Conditions for `sift`: a header of this size is not there, cut by the snaplen or never sent whole."""
        missing = self.room(layer) < size
        cut = missing.copy()
        if missing.any():
            row = layer.row
            cut &= self.records.captured[row] < self.records.wire[row]
        return ("cut-header", cut), ("malformed", missing)

    def sift(self, layer: Layer, *conditions: tuple[str, Mask]) -> Ints | None:
        """Count frames under the first reason that holds for them; return which are left, None for all.

        What is returned are indices of the layer's columns.
        """
        keep = np.ones(len(layer.row), np.bool_)
        for reason, holds in conditions:
            bad = holds & keep
            count = int(np.count_nonzero(bad))
            if count:
                self.skipped[reason] += count
                keep ^= bad
        return None if keep.all() else np.flatnonzero(keep)

    def words(self, at: Ints, count: int) -> npt.NDArray[np.uint32]:
        """Gather `count` big-endian 32-bit words at each offset: one row each, still big-endian."""
        return unaligned(self.block, f"V{4 * count}")[at].view(">u4").reshape(-1, count)

    def shorts(self, at: Ints) -> npt.NDArray[np.uint16]:
        """Gather one big-endian 16-bit word at each offset."""
        return unaligned(self.block, ">u2")[at].astype(np.uint16)


def column(words: npt.NDArray[np.uint32], index: int) -> Words:
    """One column of gathered words, in host order."""
    return words[:, index].astype(np.uint32)


def choose(layer: Layer, left: Ints | None) -> Layer:
    """The part of a layer that `sift` left."""
    return layer if left is None else Layer(layer.row[left], layer.at[left])
