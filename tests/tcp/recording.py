"""A consumer that writes down its calls, and a table fed to the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from pcapsleuth.tcp.connection import Connection, Consumer, Gap
from pcapsleuth.tcp.segments import Direction
from pcapsleuth.tcp.table import ConnectionTable
from tests.building import Seg, batches

Story: TypeAlias = Sequence[tuple[str, bytes] | str]
"""What was delivered, for reading."""


class Data(NamedTuple):
    """A call of `data`."""

    direction: int
    offset: int
    payload: bytes
    frame: int
    time: int


class Hole(NamedTuple):
    """A call of `gap`."""

    direction: int
    offset: int
    length: int | None
    why: str


class Recorder(Consumer):
    """Writes down its calls; what `close` returns is the recorder itself."""

    def __init__(self, connection: Connection) -> None:
        """Begin."""
        self.connection = connection
        self.calls: list[Data | Hole] = []
        self.closed = 0

    def data(self, direction: Direction, offset: int, payload: bytes, frame: int, time: int) -> None:
        """Write it down."""
        assert not self.closed
        self.calls.append(Data(int(direction), offset, payload, frame, time))

    def gap(self, direction: Direction, gap: Gap) -> None:
        """Write it down."""
        assert not self.closed
        self.calls.append(Hole(int(direction), gap.offset, gap.length, gap.why))

    def close(self) -> Recorder:
        """End."""
        self.closed += 1
        return self

    @property
    def story(self) -> Story:
        """The calls for reading: ("C", bytes) for data, text for a gap."""
        return [
            ("CS"[c.direction], c.payload)
            if isinstance(c, Data)
            else f"{'CS'[c.direction]} {c.offset}+{c.length} {c.why}"
            for c in self.calls
        ]


def record(segments: Sequence[Seg], size: int | Sequence[int] = 1_000, **options: Any) -> list[Recorder]:  # noqa: ANN401
    """Feed the segments in batches and return the recorders in order of completion."""
    return record_with(ConnectionTable(Recorder, **options), segments, size)


def record_with(table: ConnectionTable, segments: Sequence[Seg], size: int | Sequence[int] = 1_000) -> list[Recorder]:
    """Do the same with a table of the test's own."""
    done: list[Any] = []
    for batch in batches(segments, size):
        done += table.feed(batch)
    return [*done, *table.close()]


def text_of(recorder: Recorder, direction: int) -> bytes:
    """All bytes delivered in a direction."""
    return b"".join(c.payload for c in recorder.calls if isinstance(c, Data) and c.direction == direction)
