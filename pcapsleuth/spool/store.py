"""A private store on disk for what is finished: memory holds sixteen bytes a record.

The file has no name by the time anything is written to it and mode 0600, so that nobody else can open it and
nothing is left behind, however the process ends. Nothing but this process writes it, so that what is read back
may be trusted: that is why `pickle` is safe for it and nowhere else.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from array import array
from collections.abc import Iterator

PENDING = 1 << 18
"""Bytes gathered before they are written out."""


class Spool:
    """Records of bytes under small whole numbers, written in any order."""

    def __init__(self) -> None:
        """Open an empty store."""
        self._file, name = tempfile.mkstemp(prefix="pcapsleuth-")
        os.unlink(name)  # noqa: PTH108  a name that lived for one line
        self.close = weakref.finalize(self, os.close, self._file)
        """Give the disk space back; done in any case when the store is no longer used."""
        self._start = array("q")
        self._length = array("q")
        self._written = 0
        self._pending = bytearray()

    def put(self, key: int, data: bytes) -> None:
        """Store `data` under `key`; a record that is there already is replaced."""
        missing = key + 1 - len(self._start)
        if missing > 0:
            self._start.extend([-1] * missing)
            self._length.extend([0] * missing)
        self._start[key], self._length[key] = self._written + len(self._pending), len(data)
        self._pending += data
        if len(self._pending) >= PENDING:
            self._flush()

    def get(self, key: int) -> bytes:
        """Read what is stored under `key`; KeyError if nothing is."""
        if key not in self:
            raise KeyError(key)
        start, length = self._start[key], self._length[key]
        if start + length > self._written:
            self._flush()
        return os.pread(self._file, length, start)

    def _flush(self) -> None:
        """Write out what was gathered, at the end of the file."""
        written = 0
        with memoryview(self._pending) as pending:
            while written < len(pending):
                written += os.write(self._file, pending[written:])
        self._written += written
        self._pending = bytearray()

    def __contains__(self, key: int) -> bool:
        """Whether something is stored under `key`."""
        return 0 <= key < len(self._start) and self._start[key] >= 0

    def __iter__(self) -> Iterator[int]:
        """The keys in ascending order."""
        return (key for key, start in enumerate(self._start) if start >= 0)

    def __len__(self) -> int:
        """Count the records."""
        return sum(start >= 0 for start in self._start)
