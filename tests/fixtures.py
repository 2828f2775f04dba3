"""The recorded fixtures as tests read them: two captures and what the device wrote down of what it did."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pcapsleuth.case import compare
from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.errors import PcapsleuthError
from tests import frames

ROOT = Path(__file__).parent.parent / "fixtures" / "pcaps"


@dataclass(frozen=True)
class Expected:
    """What is to be said of one session."""

    outside: int | None
    inside: int | None
    labels: frozenset[str]
    """To be said."""
    allowed: frozenset[str]
    """May be said besides."""


@dataclass(frozen=True)
class Fixture:
    """One recorded pair of captures."""

    name: str
    outside: Path
    inside: Path
    sessions: tuple[Expected, ...]
    pairs: frozenset[tuple[int, int]]

    @property
    def clean(self) -> bool:
        """Nothing was changed in any session."""
        return not any(session.labels for session in self.sessions)


def fixture(name: str) -> Fixture:
    """Read a fixture by its folder's name."""
    folder = ROOT / name
    expected = json.loads((folder / "expected.json").read_text())
    files = expected["recipe"]["files"]
    sessions = tuple(
        Expected(one["outside"], one["inside"], frozenset(one["expected"]), frozenset(one["also_ok"]))
        for one in expected["sessions"]
    )
    pairs = frozenset((outside, inside) for outside, inside in expected["pairs"])
    return Fixture(name, folder / files["outside"], folder / files["inside"], sessions, pairs)


def names() -> list[str]:
    """Every fixture there is."""
    return sorted(path.parent.name for path in ROOT.glob("*/expected.json"))


@dataclass(frozen=True)
class Said:
    """What was made of two captures."""

    pairs: frozenset[tuple[int, int]]
    findings: tuple[Finding, ...]
    failures: tuple[str, ...]

    def of(self, session: Expected) -> list[Finding]:
        """The findings of a session: of the pair, or of the one view that it has."""
        places = {(session.outside, session.inside), (session.outside, None), (None, session.inside)}
        return [one for one in self.findings if (one.outside, one.inside) in places - {(None, None)}]

    @property
    def warnings(self) -> list[str]:
        """All that is more than information."""
        return [one.name for one in self.findings if one.severity is not Severity.INFO]


def said(outside: Path, inside: Path) -> Said:
    """Compare two captures."""
    report = compare(outside, inside)
    return Said(
        frozenset((pair.outside, pair.inside) for pair in report.pairs.matches()),
        tuple(report.findings),
        tuple(report.failures),
    )


def covers(label: str, found: Finding) -> bool:
    """Tell whether a finding is what a label of a fixture means; one without a subject means any."""
    return label in (found.name, found.label)


def altered(
    one: Fixture, folder: Path, versions: Callable[[str, list[bytes]], Iterable[tuple[str, list[bytes]]]]
) -> Iterator[tuple[str, Said]]:
    """What is said of a fixture with one side altered: `versions` makes, of a side's records, named others."""
    sides = {"outside": one.outside, "inside": one.inside}
    for side, path in sides.items():
        if not frames.plain(path):
            continue
        header, records = frames.split(path)
        for what, changed in versions(side, records):
            frames.write(folder / f"{side}.pcap", header, changed)
            paths = sides | {side: folder / f"{side}.pcap"}
            try:
                result = said(paths["outside"], paths["inside"])
            except PcapsleuthError:
                continue
            yield f"{side} {what}", result


def others(some: Collection[str]) -> list[str]:
    """The fixtures that are not among some."""
    return [name for name in names() if name not in some]
