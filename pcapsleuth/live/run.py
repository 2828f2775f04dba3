"""Live: capture one interface or two, tell what is found while it runs, and report on the whole at the end.

The same stages as for files, fed several times a second. What was captured is recorded beside, in a private folder, and
the report at the end is made from the record by `inspect` or `compare` themselves: it cannot differ from theirs.
"""

from __future__ import annotations

import math
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Protocol

from pcapsleuth.capture.live import PATIENCE, Interface, way
from pcapsleuth.case import compare, inspect
from pcapsleuth.live.judging import Alone, Judged, Pairs
from pcapsleuth.live.point import Point
from pcapsleuth.report.escape import escape
from pcapsleuth.report.model import Capture, Report
from pcapsleuth.report.words import count
from pcapsleuth.spool.reading import Options

SIDES = {1: ("single",), 2: ("outside", "inside")}


class Audience(Protocol):
    """Who is told while it runs."""

    def began(self, interfaces: Sequence[Interface]) -> None:
        """Capturing has begun everywhere."""

    def judged(self, one: Judged) -> None:
        """A session closed and was judged."""

    def ended(self, interface: Interface) -> None:
        """An interface ended by itself, which ends the whole."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be captured, and how."""

    interfaces: tuple[str, ...]
    """One, or the outside and the inside."""
    options: Options
    how: str | None = None
    """`dumpcap`, `tcpdump` or `scapy`; None for what there is."""
    keep: Path | None = None
    """A folder in which the recordings stay."""
    seconds: float | None = None
    """How long; None until Ctrl-C."""


class _Stop:
    """Ctrl-C (or a request to end) stops the capturing, the second time the program."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


def live(wish: Wish, audience: Audience) -> Report:
    """Watch until it is enough, and report on all of it."""
    names = SIDES[len(wish.interfaces)]
    how = way(wish.how)
    with ExitStack() as stack:
        folder = wish.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pcapsleuth-")))
        folder.mkdir(parents=True, exist_ok=True)
        records = [folder / f"{name}.pcap" for name in names]
        stop = stack.enter_context(_stopping())
        interfaces: list[Interface] = []
        for name, record in zip(wish.interfaces, records, strict=True):
            interfaces.append(Interface(name, wish.options.ports, record, how))
            stack.callback(interfaces[-1].close)
        points = [Point(interface, wish.options) for interface in interfaces]
        for point in points:
            point.begin()
        audience.began(interfaces)
        _watch(points, wish, stop, audience)
        for interface in interfaces:
            interface.close()
        report = _whole(records, wish.options)
        captures = [_account(*one, kept=wish.keep is not None) for one in zip(report.captures, interfaces, strict=True)]
        return _told(report, captures, interrupted=stop.asked or report.interrupted)


def _watch(points: list[Point], wish: Wish, stop: _Stop, audience: Audience) -> None:
    """Listen to all points in turn until it is time; then to what is still on its way."""
    judge = Alone() if len(points) == 1 else Pairs()
    deadline = math.inf if wish.seconds is None else time.monotonic() + wish.seconds
    stopped, give_up = False, math.inf
    while not all(point.ended for point in points) and time.monotonic() < give_up:
        _listen(points, judge, wish.options, audience)
        if not stopped and _is_over(points, deadline, stop, audience):
            stopped = True
            give_up = time.monotonic() + PATIENCE
            for point in points:
                point.interface.stop()


def _listen(points: list[Point], judge: Alone | Pairs, options: Options, audience: Audience) -> None:
    """Listen to each point for a moment, and tell of what closed."""
    closed = [[] if point.ended else point.step() for point in points]
    for one in judge.judge(closed, [point.bounds for point in points]):
        if _chosen(one, options):
            audience.judged(one)


def _is_over(points: list[Point], deadline: float, stop: _Stop, audience: Audience) -> bool:
    """Whether it is time to end: somebody said so, or an interface ended by itself."""
    ended = [point for point in points if point.ended]
    for point in ended:
        audience.ended(point.interface)
    return bool(ended) or stop.asked or time.monotonic() >= deadline


def _chosen(one: Judged, options: Options) -> bool:
    """Whether a session was asked for: either view of it is enough."""
    views = (
        [one.dialogue]
        if one.comparison is None
        else [v.dialogue for v in (one.comparison.outside, one.comparison.inside)]
    )
    return any(options.selection.matches(view) for view in views)


def _whole(records: list[Path], options: Options) -> Report:
    """The report on all that was recorded."""
    return inspect(records[0], options=options) if len(records) == 1 else compare(*records, options=options)


def _account(capture: Capture, interface: Interface, *, kept: bool) -> Capture:
    """The account of a recording, under the name of its interface unless the recording stays."""
    files = capture.files if kept else (escape(interface.name.encode()),)
    return replace(capture, files=files, dropped=interface.dropped)


def _told(report: Report, captures: list[Capture], *, interrupted: bool) -> Report:
    """The report with what only the capturing knows."""
    lost = tuple(
        f"{one.files[0]}: {count(one.dropped, 'frame')} came faster than could be captured; what they held is missing."
        for one in captures
        if one.dropped
    )
    verdict = replace(report.verdict, limits=(*report.verdict.limits, *lost))
    return replace(report, captures=tuple(captures), verdict=verdict, interrupted=interrupted)


@contextmanager
def _stopping() -> Iterator[_Stop]:
    """Have Ctrl-C and a request to end stop the capturing only."""
    stop = _Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
