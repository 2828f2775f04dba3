"""Read single frames again, as evidence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from pcapsleuth.capture.containers import RecordStream
from pcapsleuth.capture.source import is_pipe
from pcapsleuth.errors import CaptureError


@dataclass(frozen=True, slots=True)
class RawFrame:
    """A frame as the file holds it."""

    number: int
    """Counted from 1 within the file."""
    time: int
    """Nanoseconds since 1970 UTC."""
    data: bytes
    wire: int
    """Bytes on the wire; more than `data` where a snaplen cut the frame."""
    link_type: int
    """-1 where the file does not say."""
    interface: str
    """The name of the interface, where the file has one."""


def reread(path: str, numbers: Collection[int]) -> dict[int, RawFrame]:
    """Return the frames with these numbers, as far as the file has them; raise CaptureError if it cannot be read.

    What cannot be read twice, such as standard input, raises CaptureError too.
    """
    if is_pipe(path):
        raise CaptureError(f"{path}: a pipe cannot be read a second time; save it to a file first")
    wanted = np.array(sorted(numbers), np.int64)
    found: dict[int, RawFrame] = {}
    if not len(wanted):
        return found
    stream = RecordStream(path)
    before = 0
    for records in stream:
        inside = wanted[(wanted > before) & (wanted <= before + len(records))]
        for number in inside.tolist():
            row = number - before - 1
            start, interface = int(records.start[row]), int(records.interface[row])
            found[number] = RawFrame(
                number,
                time=int(records.time[row]),
                data=bytes(stream.block[start : start + int(records.captured[row])]),
                wire=int(records.wire[row]),
                link_type=stream.interfaces[interface].link_type if interface >= 0 else -1,
                interface=stream.interfaces[interface].name if interface >= 0 else "",
            )
        before += len(records)
        if before >= wanted[-1]:
            break
    return found
