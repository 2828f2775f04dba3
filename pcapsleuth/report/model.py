"""The report: everything that a text, a document or a table may show, and nothing of how it looks.

What grows with the traffic (sessions, pairs, findings) is read from where it was put away, one at a time and in
the order of the document; what is asked of all of it at once is a few bytes each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Difference
from pcapsleuth.compare.pair import Clock, Pair
from pcapsleuth.detect.finding import Confidence, Effect, Finding, Place, Severity, Where
from pcapsleuth.symptoms.madeup import MadeUp
from pcapsleuth.symptoms.symptom import Symptom


class Status(StrEnum):
    """The verdict in one word."""

    CLEAN = "clean"
    CHANGED = "changed"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, and how much it rests on."""

    status: Status
    sentences: tuple[str, str]
    """What is changed, and whether mail failed because of it (or why nobody can tell, and what would help)."""
    limits: tuple[str, ...]
    """What the answer does not cover, a sentence each."""
    coverage: Mapping[str, int]

    @property
    def text(self) -> str:
        """Both sentences."""
        return " ".join(self.sentences)


@dataclass(frozen=True, slots=True)
class Capture:
    """The account of one observation point: `frames` is `used` and all of `skipped`."""

    side: str
    """`outside`, `inside` or `single`."""
    files: tuple[str, ...]
    frames: int
    bytes: int
    first: int | None
    last: int | None
    link_types: tuple[int, ...]
    skipped: Mapping[str, int]
    used: int
    dropped: int
    """Frames that the capturing machine says it lost."""
    notes: Mapping[str, int]
    """What was odd about the files."""
    sessions: int


SessionKey = tuple[str, int]
"""Names a session of the report: its side and its index there."""


class SessionFacts(NamedTuple):
    """What is asked of every session at once."""

    outcome: str
    comparable: bool
    """Greeting, first command and its reply were captured."""
    partial: bool
    """It has gaps, or its beginning or end was not captured."""
    tls: bool
    idle: bool
    """Its client went away without offering mail, and nobody refused it: a monitor, or somebody who looked on."""
    offered: bool = True
    """Its client said MAIL: a scan, or who left at the greeting, did not."""
    refused: bool = False
    """It delivered mail, and had a recipient or another mail refused."""


class Sessions(Protocol):
    """The sessions of a report, outside first, by index."""

    def __iter__(self) -> Iterator[SessionKey]:
        """Name them in the order of the document."""

    def facts(self, key: SessionKey) -> SessionFacts:
        """The few facts that are kept at hand."""

    def json(self, key: SessionKey) -> bytes:
        """The session object of the document, as JSON."""


class PairResult(NamedTuple):
    """A pair of sessions and how they differ."""

    pair: Pair
    differences: tuple[Difference, ...]


class Pairs(Protocol):
    """The pairs of a report, by outside index."""

    def __iter__(self) -> Iterator[PairResult]:
        """Read them one after the other."""

    def matches(self) -> Iterator[Pair]:
        """The pairs without their differences."""

    def __len__(self) -> int:
        """Count them."""


class Brief(NamedTuple):
    """A finding without its proof."""

    name: str
    severity: Severity
    where: Where
    effect: Effect
    outside: int | None
    inside: int | None
    session: int | None
    confidence: Confidence = Confidence.PROVEN

    @property
    def place(self) -> Place:
        """The session or pair that it is said of."""
        return self.outside, self.inside, self.session

    @property
    def matters(self) -> bool:
        """Whether it is more than information."""
        return self.severity is not Severity.INFO


class Findings(Protocol):
    """The findings of a report, ordered by outside, inside, first frame and label."""

    def __iter__(self) -> Iterator[Finding]:
        """Read them one after the other."""

    def __getitem__(self, position: int) -> Finding:
        """Read one."""

    def __len__(self) -> int:
        """Count them."""

    def briefs(self) -> Iterator[Brief]:
        """All of them in short, in the same order."""


UNJUDGED: tuple[Symptom, ...] = ()
"""The checklist before anything was concluded."""


@dataclass(frozen=True, slots=True)
class Report:
    """The answer to one question put to captures."""

    mode: str
    """`compare`, `inspect`, `live` or `probe`."""
    verdict: Verdict
    captures: tuple[Capture, ...]
    sessions: Sessions
    pairs: Pairs
    findings: Findings
    clock: Clock | None = None
    devices: tuple[Mapping[str, object], ...] = ()
    symptoms: tuple[Symptom, ...] = UNJUDGED
    tests: tuple[MadeUp, ...] = ()
    """Commands that exist nowhere, and what answered them: the test of KB 320027."""
    probes: tuple[Mapping[str, object], ...] = ()
    """The servers that were asked, where that is the question."""
    failures: tuple[str, ...] = ()
    """What went wrong in our own work (a detector that crashed), a sentence each."""
    interrupted: bool = False
    """Reading was stopped by hand: the report is of what was read until then."""
    compared: Callable[[Pair], Comparison] | None = field(default=None, repr=False, compare=False)
    """Reads both dialogues of a pair again; None in an inspection."""

    @property
    def exit_status(self) -> int:
        """0: nothing of severity warning or above; 1: something; 2: trouble, or nothing that could be compared."""
        if self.failures or self.verdict.status is Status.CANNOT_TELL:
            return 2
        return int(any(brief.matters for brief in self.findings.briefs()))
