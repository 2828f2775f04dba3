"""Captures to finished dialogues: the one loop that everything is read with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike, fsencode, fspath
from typing import Protocol, cast

from pcapsleuth.capture.account import CaptureAccount
from pcapsleuth.capture.points import Selector
from pcapsleuth.capture.reader import CaptureReader
from pcapsleuth.compare.view import Bounds
from pcapsleuth.report.escape import escape
from pcapsleuth.report.model import Capture
from pcapsleuth.report.selection import EVERYTHING, Selection
from pcapsleuth.smtp.builder import DialogueBuilder
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.tcp.table import ConnectionTable

Path = str | PathLike[str]
Paths = Path | Sequence[Path]

SMTP = (25,)


@dataclass(frozen=True, slots=True)
class Options:
    """What the reader may choose."""

    ports: tuple[int, ...] = SMTP
    """The server ports that are SMTP."""
    selection: Selection = EVERYTHING
    keep_duplicates: bool = False
    """Count frames that the capture holds twice as if they had been sent twice."""


DEFAULT = Options()


class Watch(Protocol):
    """Somebody who wants to know before the end."""

    def read(self, done: int, total: int | None) -> None:
        """So many bytes were read of so many, if anybody knows."""

    def session(self, document: bytes) -> None:
        """A session of a single capture is known, as JSON."""


class _Nobody:
    """Watches nothing."""

    def read(self, done: int, total: int | None) -> None:
        pass

    def session(self, document: bytes) -> None:
        pass


NOBODY = _Nobody()


@dataclass(slots=True)
class Reading:
    """What reading one set of files gave, besides the dialogues."""

    account: CaptureAccount
    interrupted: bool = False

    @property
    def bounds(self) -> Bounds:
        """When the capture begins and ends."""
        return Bounds(self.account.first or 0, self.account.last or 0)


def paths_of(given: Paths) -> list[str]:
    """Paths as text, one or several."""
    return [fspath(given)] if isinstance(given, str | PathLike) else [fspath(path) for path in given]


def read(
    paths: list[str],
    points: tuple[Selector, Selector] | None,
    options: Options,
    watch: Watch,
    take: Callable[[Dialogue], None],
) -> Reading:
    """Read files to their end, or until the reader interrupts: then what there is will be judged."""
    reader = CaptureReader(paths, options.ports, points, progress=watch.read)
    table = ConnectionTable(DialogueBuilder, options.ports, keep_duplicates=options.keep_duplicates)
    reading = Reading(reader.account)
    try:
        for batch in reader:
            for dialogue in table.feed(batch):
                take(cast(Dialogue, dialogue))
    except KeyboardInterrupt:
        reading.interrupted = True
    for dialogue in table.close():
        take(cast(Dialogue, dialogue))
    return reading


def account_of(side: str, reading: Reading, sessions: int) -> Capture:
    """The account of one observation point."""
    account = reading.account
    return Capture(
        side,
        tuple(escape(fsencode(file.path)) for file in account.files),
        account.frames,
        account.bytes,
        account.first,
        account.last,
        tuple(account.link_types),
        account.skipped,
        account.used,
        account.dropped,
        account.notes,
        sessions,
    )
