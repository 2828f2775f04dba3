"""Read crafted captures and look at what came out."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from pcapsleuth.capture.account import FileAccount
from pcapsleuth.capture.points import Selector
from pcapsleuth.capture.reader import CaptureReader
from pcapsleuth.tcp.segments import SegmentBatch

_POSITIONS = ("buffer", "start", "options_start", "errors")


def rows(batch: SegmentBatch) -> list[dict[str, Any]]:
    """Each segment, with the bytes that the positions point at in place of the positions."""
    result = []
    for index in range(len(batch)):
        row = {field.name: getattr(batch, field.name)[index] for field in fields(batch) if field.name not in _POSITIONS}
        row = {name: int(value) for name, value in row.items()}
        start, options = int(batch.start[index]), int(batch.options_start[index])
        row["payload"] = bytes(batch.buffer[start : start + row["captured"]])
        size = row["options_length"]
        row["options"] = bytes(batch.buffer[options : options + (size if size >= 0 else ~size)])
        result.append(row)
    return result


def read(
    path: Path,
    ports: Sequence[int] | None = (25,),
    points: Sequence[Selector] | None = None,
    block_size: int = 1 << 23,
) -> tuple[list[dict[str, Any]], FileAccount]:
    """Read one file; its account has to add up."""
    reader = CaptureReader([str(path)], ports, points, block_size=block_size)
    found = [row for batch in reader for row in rows(batch)]
    account = reader.account.files[0]
    assert account.used == sum(row["point"] >= 0 for row in found)
    assert account.frames == account.used + sum(account.skipped.values())
    return found, account
