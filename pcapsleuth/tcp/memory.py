"""What both paths remember of a connection to judge what comes again.

The fast path only keeps a reference to the columns of its batch; they are taken apart when the careful path asks, or
when the references grow many.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pcapsleuth.tcp.duplicates import Controls
from pcapsleuth.tcp.history import History

CHUNKS_KEPT = 8
"""Batches that a connection may refer to."""


@dataclass(frozen=True, slots=True)
class Records:
    """The clean segments of a batch that carry payload, a SYN or a FIN."""

    position: int
    """Of the batch in the capture."""
    to_client: npt.NDArray[np.bool_]
    flags: npt.NDArray[np.uint16]
    seq: npt.NDArray[np.uint32]
    ack: npt.NDArray[np.uint32]
    offset: npt.NDArray[np.int64]
    length: npt.NDArray[np.int32]
    captured: npt.NDArray[np.int32]
    digest: npt.NDArray[np.int64]
    ip_id: npt.NDArray[np.int32]
    time: npt.NDArray[np.int64]


_COLUMNS = [name for name in Records.__slots__ if name != "position"]


class Memory:
    """Digests of the last payloads, and the last segments with a SYN, FIN or RST and no payload."""

    __slots__ = ("_chunks", "_controls", "_deliveries")

    def __init__(self) -> None:
        """Begin before the first segment."""
        self._chunks: list[tuple[Records, int, int]] = []
        self._deliveries: tuple[History, History] | None = None
        self._controls: Controls | None = None

    def note(self, records: Records, start: int, stop: int) -> None:
        """Remember a range of a batch."""
        self._chunks.append((records, start, stop))
        if len(self._chunks) > CHUNKS_KEPT:
            self.recall()

    def forget_batches(self, before: int) -> None:
        """Let go of the batches whose first segment stood before this position of the capture."""
        if self._chunks and self._chunks[0][0].position < before:
            self.recall()

    def recall(self) -> tuple[tuple[History, History], Controls]:
        """Take everything apart; what the careful path adds to the answer is remembered too."""
        deliveries = self._deliveries = self._deliveries or (History(), History())
        controls = self._controls = self._controls or Controls()
        for records, start, stop in self._chunks:
            columns = (getattr(records, name)[start:stop].tolist() for name in _COLUMNS)
            for to_client, flags, seq, ack, offset, length, captured, value, ip_id, time in zip(*columns, strict=True):
                if captured:
                    deliveries[to_client].add(offset, captured, value, ip_id, time)
                elif not length:
                    controls.add((int(to_client), flags, seq, ack), ip_id, time)
        self._chunks.clear()
        return deliveries, controls
