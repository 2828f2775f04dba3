"""The account adds up, for every capture there is: frames, and the bytes of each stream."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from pcapsleuth.capture.account import CaptureAccount
from pcapsleuth.capture.reader import CaptureReader
from pcapsleuth.errors import CaptureError
from pcapsleuth.tcp.connection import Connection, Consumer, Direction, Gap
from pcapsleuth.tcp.table import ConnectionTable
from tests import needs
from tests.fixtures import fixture, names

SHIPPED = [path for name in names() for path in (fixture(name).outside, fixture(name).inside)]
FOREIGN = sorted(path for path in needs.CAPTURES.rglob("*") if path.is_file() and path.suffix != ".tsv")


class Tally(Consumer):
    """Counts what is delivered of a connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.delivered = [0, 0]
        self.missing = [0, 0]
        self.end = [0, 0]

    def data(self, direction: Direction, offset: int, payload: bytes, frame: int, time: int) -> None:
        assert offset == self.end[direction], "bytes are delivered in order, without a hole that is not told"
        self.delivered[direction] += len(payload)
        self.end[direction] = offset + len(payload)

    def gap(self, direction: Direction, gap: Gap) -> None:
        assert gap.offset == self.end[direction]
        self.missing[direction] += gap.length or 0
        self.end[direction] = gap.offset + (gap.length or 0)

    def close(self) -> object:
        return self


def read(path: Path) -> tuple[CaptureAccount, list[Tally]]:
    reader = CaptureReader([str(path)])
    table = ConnectionTable(Tally)
    tallies = [tally for batch in reader for tally in table.feed(batch)] + table.close()
    return reader.account, cast("list[Tally]", tallies)


def adds_up(path: Path) -> None:
    try:
        account, tallies = read(path)
    except CaptureError:
        return
    assert account.frames == account.used + sum(account.skipped.values())
    for tally in tallies:
        for way in Direction:
            stream = tally.connection.streams[way]
            assert tally.delivered[way] + tally.missing[way] == stream.length
            assert sum(gap.length or 0 for gap in stream.gaps) == tally.missing[way]
    assert sorted(tally.connection.index for tally in tallies) == list(range(len(tallies)))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_account_of_a_fixture_adds_up(path: Path) -> None:
    adds_up(path)


@needs.captures
@pytest.mark.parametrize("path", FOREIGN, ids=lambda path: path.name)
def test_the_account_of_a_foreign_capture_adds_up(path: Path) -> None:
    adds_up(path)
