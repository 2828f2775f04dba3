"""Scenes: whole captures of both sides, written from scripts, read and judged as files are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from pcapsleuth.case import compare, inspect
from pcapsleuth.detect.finding import Finding, Severity
from tests.building import START, Seg, endpoint, transcript, write_pcap
from tests.detect.script import sides

SECOND = 1_000_000_000
TRANSIT = 100_000
"""ns through the device."""

Change = Callable[[list[Seg]], Sequence[Seg]]


class Scene:
    """What happens at both observation points of a device; sessions are added one by one."""

    def __init__(self) -> None:
        self.outside: list[Seg] = []
        self.inside: list[Seg] = []
        self._sessions = 0

    def add(  # noqa: PLR0913  every parameter has a default
        self,
        script: str,
        *,
        at: float = 0,
        client: str = "192.0.2.10",
        server: str = "198.51.100.25",
        behind: str | None = None,
        change: Change = list,
        seen: str = "both",
        fins: bool = True,
    ) -> None:
        """Add a session that begins `at` seconds; `behind` is the server's address inside, `change` what both show."""
        shown, sent = sides(script)
        self._sessions += 1
        caller = endpoint(client, 40_000 + self._sessions)
        isns = (1_000 + 7_777_777 * self._sessions, 5_000 + 9_999_999 * self._sessions)
        start = START + int(at * SECOND)
        outside, inside = (
            change(transcript(*lines, client=caller, server=endpoint(host, 25), isns=isns, start=start, fins=fins))
            for lines, host in ((shown, server), (sent, behind or server))
        )
        if seen != "inside":
            self.outside += outside
        if seen != "outside":
            self.inside += [passed(one) for one in inside]

    def files(self, folder: Path) -> tuple[Path, Path]:
        """Write both captures."""
        paths = folder / "outside.pcap", folder / "inside.pcap"
        for path, segments in zip(paths, (self.outside, self.inside), strict=True):
            write_pcap(path, sorted(segments, key=lambda one: one.time))
        return paths

    def compared(self, folder: Path) -> list[Finding]:
        """What is said of the two captures."""
        report = compare(*self.files(folder))
        assert not report.failures
        return list(report.findings)

    def inspected(self, folder: Path) -> list[Finding]:
        """What is said of each capture alone."""
        found: list[Finding] = []
        for path in self.files(folder):
            report = inspect(path)
            assert not report.failures
            found += report.findings
        return found


def passed(one: Seg) -> Seg:
    """A segment as the inside shows it: what the client sends is there later, what the server sends earlier."""
    return replace(one, time=one.time + (TRANSIT if one.destination.port == 25 else -TRANSIT))


def serious(findings: list[Finding]) -> list[str]:
    """The names of all that is more than information."""
    return [found.name for found in findings if found.severity is not Severity.INFO]
