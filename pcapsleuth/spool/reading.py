"""Captures to finished dialogues: the one loop that everything is read with, in one process or in several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from os import PathLike, fsencode, fspath
from pathlib import Path as File
from typing import Protocol, TypeVar, cast

from pcapsleuth.capture.account import CaptureAccount
from pcapsleuth.capture.points import Selector
from pcapsleuth.capture.reader import CaptureReader
from pcapsleuth.capture.source import is_file
from pcapsleuth.compare.view import Bounds
from pcapsleuth.report.escape import escape
from pcapsleuth.report.model import Capture
from pcapsleuth.report.selection import EVERYTHING, Selection
from pcapsleuth.smtp.builder import DialogueBuilder
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.spool.workers import Progress, spread, usable
from pcapsleuth.tcp.segments import frame_file
from pcapsleuth.tcp.sharing import ALL, Crowded, Share
from pcapsleuth.tcp.table import ConnectionTable

Path = str | PathLike[str]
Paths = Path | Sequence[Path]

SMTP = (25,)

LARGE = 32 << 20
"""Bytes from which on it is worth having several processes read."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the reader may choose."""

    ports: tuple[int, ...] = SMTP
    """The server ports that are SMTP."""
    selection: Selection = EVERYTHING
    keep_duplicates: bool = False
    """Count frames that the capture holds twice as if they had been sent twice."""
    processes: int | None = None
    """How many may share the reading of large files: as many as there are processors, at most 4, unless said."""
    profiles: tuple[str, ...] = ()
    """Folders with device profiles besides those that are shipped."""
    plugins: bool = False
    """Take profiles of installed packages too (the entry point group `pcapsleuth.profiles`)."""


DEFAULT = Options()


class Watch(Protocol):
    """Somebody who wants to know before the end."""

    @property
    def follows(self) -> bool:
        """Whether each session is wanted as soon as it is known: then one process reads."""

    def read(self, done: int, total: int | None) -> None:
        """Called now and then with the bytes read so far, and with their total where it is known."""

    def session(self, document: bytes) -> None:
        """Called with the JSON of each session of a single capture as soon as it is known, if `follows`."""


class _Nobody:
    """Watches nothing."""

    follows = False

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
    files: list[int] = field(default_factory=list)
    """In the order of reading, as far as they gave segments."""

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
    progress: Progress,
    take: Callable[[Dialogue], None],
    share: Share = ALL,
) -> Reading:
    """Read files to their end, or until the reader interrupts: then what there is will be judged."""
    reader = CaptureReader(paths, options.ports, points, progress=progress)
    table = ConnectionTable(DialogueBuilder, options.ports, share=share, keep_duplicates=options.keep_duplicates)
    reading = Reading(reader.account)
    try:
        for batch in reader:
            if len(batch) and (file := frame_file(int(batch.frame[0]))) not in reading.files:
                reading.files.append(file)
            for dialogue in table.feed(batch):
                take(cast(Dialogue, dialogue))
    except KeyboardInterrupt:
        reading.interrupted = True
    for dialogue in table.close():
        take(cast(Dialogue, dialogue))
    return reading


class Taker(Protocol):
    """What is made of the finished sessions; made before reading begins, one for each process."""

    def take(self, dialogue: Dialogue) -> None:
        """Take a finished session."""


T = TypeVar("T", bound=Taker)


def share_out(
    paths: list[str],
    points: tuple[Selector, Selector] | None,
    options: Options,
    watch: Watch,
    make: Callable[[], T],
) -> tuple[list[T], Reading]:
    """Read files, in several processes if they are large; return what each made of the sessions that it took."""
    count = _processes(paths, options, watch)
    if count > 1:
        takers = [make() for _ in range(count)]

        def work(share: Share, progress: Progress) -> tuple[T, Reading]:
            taker = takers[share.number]
            return taker, read(paths, points, options, progress, taker.take, share)

        try:
            parts = spread(work, count, watch.read)
        except Crowded:
            # So many connections are open that their bound counts, which is one for all: one process reads.
            pass
        else:
            reading = parts[0][1]
            reading.interrupted = any(one.interrupted for _, one in parts)
            # Interrupted, they do not all get equally far.
            reading.files = max((one.files for _, one in parts), key=len)
            return [taker for taker, _ in parts], reading
    taker = make()
    return [taker], read(paths, points, options, watch.read, taker.take)


def _processes(paths: list[str], options: Options, watch: Watch) -> int:
    """How many processes read: one what is small, what can be read only once, and what is wanted as it comes."""
    if options.processes == 1 or watch.follows or not all(is_file(path) for path in paths):
        return 1
    if sum(File(path).stat().st_size for path in paths) < LARGE:
        return 1
    most = usable()
    return most if options.processes is None or most == 1 else options.processes


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
