"""A private store on disk for what is finished: memory holds sixteen bytes a record.

The file has no name by the time anything is written to it and mode 0600, so that nobody else can open it and
nothing is left behind, however the process ends. Nothing but this process and those that it forks write it, so that
what is read back may be trusted: that is why `pickle` is safe for it and nowhere else. A process that was forked
hands a store back by pickling it: the file is the one that its parent opened.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from array import array
from collections.abc import Iterator, Sequence

import numpy as np

PENDING = 1 << 18
"""Bytes gathered before they are written out."""

BLOCK = 1 << 16
"""Bytes that are read at once."""

BLOCKS = 128
"""So many of them are kept."""

FILE_SHIFT = 48
"""A place is `file << FILE_SHIFT | offset`: a store that was joined has several files."""


class Spool:
    """Records of bytes under small whole numbers, written in any order."""

    def __init__(self) -> None:
        """Open an empty store."""
        self._file, name = tempfile.mkstemp(prefix="pcapsleuth-")
        os.unlink(name)  # noqa: PTH108  a name that lived for one line
        self._files = [self._file]
        self._joined: list[Spool] = []
        """The stores whose files the others are."""
        self.close = weakref.finalize(self, os.close, self._file)
        """Give the disk space back; done in any case when the store is no longer used."""
        self._blocks: dict[tuple[int, int], bytes] = {}
        """The stretches that were read last, by file and number."""
        self._start = array("q")
        self._length = array("q")
        self._written = 0
        self._pending = bytearray()

    def put(self, key: int, data: bytes) -> None:
        """Store `data` under `key`; a record that is there already is replaced."""
        self._reach(key)
        self._start[key], self._length[key] = self._written + len(self._pending), len(data)
        self._pending += data
        if len(self._pending) >= PENDING:
            self.flush()

    def _reach(self, key: int) -> None:
        """Have room for a key."""
        missing = key + 1 - len(self._start)
        if missing > 0:
            self._start.extend([-1] * missing)
            self._length.extend([0] * missing)

    def get(self, key: int) -> bytes:
        """Read what is stored under `key`; KeyError if nothing is."""
        start = self._start[key] if 0 <= key < len(self._start) else -1
        if start < 0:
            raise KeyError(key)
        length = self._length[key]
        file, at = start >> FILE_SHIFT, start & ((1 << FILE_SHIFT) - 1)
        if not file and at >= self._written:
            return bytes(self._pending[at - self._written : at - self._written + length])
        number, within = divmod(at, BLOCK)
        if within + length > BLOCK:
            return os.pread(self._files[file], length, at)
        return self._block(file, number)[within : within + length]

    def _block(self, file: int, number: int) -> bytes:
        """Read a stretch of a file: what is asked for next is mostly near."""
        block = self._blocks.get((file, number))
        if block is None:
            if len(self._blocks) == BLOCKS:
                del self._blocks[next(iter(self._blocks))]
            block = self._blocks[file, number] = os.pread(self._files[file], BLOCK, number * BLOCK)
        return block

    def join(self, other: Spool, numbers: Sequence[int]) -> None:
        """Take in what another store holds; `numbers` has the key here of each key there."""
        other.flush()
        file = len(self._files)
        self._files.append(other._file)
        self._joined.append(other)
        self._reach(max(numbers, default=-1))
        start = np.asarray(other._start)
        there = np.flatnonzero(start >= 0)
        keys = np.asarray(numbers, np.int64)[there]
        np.asarray(self._start)[keys] = file << FILE_SHIFT | start[there]
        np.asarray(self._length)[keys] = np.asarray(other._length)[there]

    def __getstate__(self) -> tuple[int, array[int], array[int], int]:
        """What a process that was forked hands back."""
        self.flush()
        return self._file, self._start, self._length, self._written

    def __setstate__(self, state: tuple[int, array[int], array[int], int]) -> None:
        """Take over what a forked process wrote to a file of ours."""
        file, self._start, self._length, self._written = state
        self._file = os.dup(file)
        self._files, self._joined = [self._file], []
        self.close = weakref.finalize(self, os.close, self._file)
        self._pending, self._blocks = bytearray(), {}

    def flush(self) -> None:
        """Write out what was gathered, at the end of the file."""
        written = 0
        with memoryview(self._pending) as pending:
            while written < len(pending):
                written += os.write(self._file, pending[written:])
        self._written += written
        self._pending = bytearray()
        self._blocks.clear()

    def __contains__(self, key: int) -> bool:
        """Whether something is stored under `key`."""
        return 0 <= key < len(self._start) and self._start[key] >= 0

    def __iter__(self) -> Iterator[int]:
        """The keys in ascending order."""
        return (key for key, start in enumerate(self._start) if start >= 0)

    def __len__(self) -> int:
        """Count the records."""
        return sum(start >= 0 for start in self._start)
