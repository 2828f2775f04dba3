"""A finding: a conclusion with its proof, and the words that grade it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

Place = tuple[int | None, int | None, int | None]
"""What is judged, by the indices of its sessions: outside and inside, or the one of a single observation point."""


class Severity(StrEnum):
    """How much it matters; warning and above make the exit status 1."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Confidence(StrEnum):
    """How sure it is; nothing is surer than the pair it stands on."""

    POSSIBLE = "possible"
    LIKELY = "likely"
    PROVEN = "proven"


class Where(StrEnum):
    """Which stretch of the path made the change; only `between` may name the device between the two points."""

    BETWEEN = "between"
    SERVER_SIDE = "server-side"
    CLIENT_SIDE = "client-side"
    UNKNOWN = "unknown"


class Effect(StrEnum):
    """Whether mail failed of it."""

    CAUSED = "caused"
    COULD_HAVE_CAUSED = "could-have-caused"
    NONE_SEEN = "none-seen"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Bytes of one frame that prove a finding."""

    side: str
    """`outside`, `inside` or `single`."""
    frame: int
    """A frame id (`pcapsleuth.tcp.segments`)."""
    offset: int
    """Stream offset of the bytes."""
    text: bytes
    """The bytes, at most 512 of them, redacted; empty where they may not be shown (mail bodies)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One label said of one session or pair of sessions."""

    label: str
    subject: str | None
    severity: Severity
    confidence: Confidence
    summary: str
    """One sentence in plain words."""
    where: Where = Where.BETWEEN
    effect: Effect = Effect.NONE_SEEN
    outside: int | None = None
    """Index of the outside session."""
    inside: int | None = None
    session: int | None = None
    """Index of the session, where there is one observation point only."""
    ingress: bytes | None = None
    """The bytes that came in, in short."""
    egress: bytes | None = None
    """The bytes that went out, in short."""
    evidence: tuple[Evidence, ...] = ()
    related: tuple[int, ...] = ()
    """Indices of other sessions of the same side (outside where both are known)."""
    doubts: tuple[str, ...] = ()
    """Other explanations, and what would settle them."""

    @property
    def name(self) -> str:
        """`label` or `label:SUBJECT`."""
        return self.label if self.subject is None else f"{self.label}:{self.subject}"

    @property
    def place(self) -> Place:
        """The session or pair that it is said of."""
        return self.outside, self.inside, self.session

    def session_on(self, side: str) -> int | None:
        """The index of its session on a side, as evidence names sides."""
        return {"outside": self.outside, "inside": self.inside, "single": self.session}.get(side)

    def renumbered(self, numbers: Sequence[int]) -> Finding:
        """The same of a session of one observation point that has another number now."""
        if self.session is None:
            return self
        return replace(self, session=numbers[self.session], related=tuple(numbers[one] for one in self.related))

    @property
    def first_frame(self) -> int:
        """The first frame of the evidence, for ordering; 0 without evidence."""
        return self.evidence[0].frame if self.evidence else 0


__all__ = ["Confidence", "Effect", "Evidence", "Finding", "Place", "Severity", "Where"]
