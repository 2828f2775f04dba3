"""Several processes find what one finds, byte by byte, and end as one does."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from multiprocessing import get_all_start_methods
from pathlib import Path

import pytest

from pcapsleuth import case
from pcapsleuth.capture.reader import CaptureReader
from pcapsleuth.errors import CaptureError, PcapsleuthError
from pcapsleuth.report.jsonfile import document
from pcapsleuth.report.look import Look
from pcapsleuth.report.model import Report
from pcapsleuth.report.text import text
from pcapsleuth.spool import reading, workers
from pcapsleuth.spool.reading import DEFAULT, NOBODY, Options
from pcapsleuth.tcp import table
from pcapsleuth.tcp.sharing import ALL, Share
from tests.fixtures import ROOT as FIXTURES

pytestmark = pytest.mark.skipif("fork" not in get_all_start_methods(), reason="no fork here")

FEW = [path for path in sorted(FIXTURES.iterdir()) if path.is_dir()]


def forms(report: Report) -> list[bytes]:
    return [b"".join(document(report)), "\n".join(text(report, Look())).encode()]


def shared(processes: int) -> Options:
    return replace(DEFAULT, processes=processes)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGE", 0)
    monkeypatch.setattr(reading, "usable", lambda: workers.MOST)


def captures(folder: Path) -> list[str]:
    return [str(next(folder.glob(f"{side}.pcap*"))) for side in ("outside", "inside")]


@pytest.mark.parametrize("folder", FEW, ids=lambda path: path.name)
def test_inspect_gives_the_same_bytes(folder: Path) -> None:
    both = captures(folder)

    assert forms(case.inspect(*both, options=shared(3))) == forms(case.inspect(*both, options=shared(1)))


@pytest.mark.parametrize("folder", FEW, ids=lambda path: path.name)
def test_compare_gives_the_same_bytes(folder: Path) -> None:
    both = captures(folder)

    assert forms(case.compare(*both, options=shared(3))) == forms(case.compare(*both, options=shared(1)))


def test_where_the_bound_may_count_one_process_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    both = captures(FIXTURES / "clean-mails-in-one-session")
    alone = forms(case.inspect(*both, options=shared(1)))

    def crowded(self: table.ConnectionTable, *given: object, share: Share = ALL, **more: object) -> None:
        original(self, *given, share=share, **more)  # type: ignore[arg-type]
        self._max_open = 0 if share.of > 1 else self._max_open

    original = table.ConnectionTable.__init__
    monkeypatch.setattr(table.ConnectionTable, "__init__", crowded)

    assert forms(case.inspect(*both, options=shared(2))) == alone


def test_what_cannot_be_read_is_said_as_one_process_says_it(tmp_path: Path) -> None:
    bad = tmp_path / "bad.pcap"
    bad.write_bytes(b"nothing of the kind" * 10)

    with pytest.raises(CaptureError, match=r"bad\.pcap"):
        case.inspect(str(bad), options=shared(2))


def test_a_process_that_dies_is_an_error() -> None:
    def work(share: Share, _progress: Callable[[int, int | None], None]) -> int:
        if share.number:
            os.kill(os.getpid(), signal.SIGKILL)
        return share.number

    with pytest.raises(PcapsleuthError, match="-9"):
        workers.spread(work, 2, NOBODY.read)


def test_an_interrupt_ends_reading_and_not_the_report(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    both = captures(FIXTURES / "clean-mails-in-one-session")
    original = CaptureReader.__iter__

    def slow(self: CaptureReader) -> Iterator[object]:
        yield from original(self)
        if os.getpid() != parent:
            with suppress(FileExistsError):  # the first process tells: a second Ctrl-C would end the report as well
                (tmp_path / "told").touch(exist_ok=False)
                os.kill(parent, signal.SIGINT)
            signal.pause()

    parent = os.getpid()
    monkeypatch.setattr(CaptureReader, "__iter__", slow)
    report = case.inspect(*both, options=shared(2))

    assert report.interrupted
    assert list(report.sessions)


def test_progress_is_told() -> None:
    said: list[tuple[int, int | None]] = []

    class Watch:
        follows = False

        def read(self, done: int, total: int | None) -> None:
            said.append((done, total))

        def session(self, document: bytes) -> None:
            raise AssertionError(document)

    both = captures(FIXTURES / "clean-mails-in-one-session")
    case.inspect(*both, options=shared(2), watch=Watch())

    assert said[-1][0] == said[-1][1] == sum(Path(path).stat().st_size for path in both)
