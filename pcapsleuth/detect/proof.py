"""Make findings from comparisons: the evidence of both sides, and no more certainty than it gives."""

from __future__ import annotations

from collections.abc import Iterable

from pcapsleuth.compare.absence import Absence
from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.detect.finding import Confidence, Evidence, Finding, Severity, Where

SHOWN = 512
"""Bytes of evidence that a finding keeps."""

UNSURE_PAIR = (
    "the two sessions were paired by likeness, not by a unique witness: behind a load balancer they may be two, with "
    "two servers"
)
UNSURE_WAY = "the captures do not tell which side the client is on"
LOSSY = (
    "the capture of one side lost bytes of this session (a full buffer, few bytes kept of each packet), or one "
    "direction of it"
)


def finding(  # noqa: PLR0913  every argument is a part of a finding
    comparison: Comparison,
    label: str,
    subject: str | None,
    summary: str,
    *,
    ingress: Piece | None = None,
    egress: Piece | None = None,
    severity: Severity = Severity.WARNING,
    absence: Absence = Absence.PROVEN,
    self_evident: bool = False,
    more: Iterable[Piece] = (),
    doubts: tuple[str, ...] = (),
) -> Finding:
    """Make the finding of a change between the two points of a pair.

    `absence` is how sure the missing side is, where one is missing. `more` is further evidence. What is
    `self_evident` shows on the bytes of both sides alone; all else needs sessions without holes to be proven.
    """
    pieces = [piece for piece in (ingress, egress, *more) if piece is not None]
    pieces.sort(key=lambda piece: piece.side != "outside")
    return Finding(
        label=label,
        subject=subject,
        severity=severity,
        confidence=confidence(comparison, absence, self_evident=self_evident),
        summary=summary,
        where=Where.BETWEEN,
        outside=comparison.pair.outside,
        inside=comparison.pair.inside,
        ingress=None if ingress is None else ingress.text[:SHOWN],
        egress=None if egress is None else egress.text[:SHOWN],
        evidence=tuple(evidence(piece) for piece in pieces),
        doubts=(*doubts, *_doubts(comparison, self_evident=self_evident)),
    )


def evidence(piece: Piece) -> Evidence:
    """Turn a piece of a comparison into evidence."""
    return Evidence(piece.side, piece.frame, piece.offset, piece.text[:SHOWN])


def confidence(comparison: Comparison, absence: Absence, *, self_evident: bool = False) -> Confidence:
    """Grade what rests on a pair: never more certain than the pair and the absence are."""
    if absence is Absence.UNKNOWN:
        return Confidence.POSSIBLE
    if absence is Absence.PROVEN and not _doubts(comparison, self_evident=self_evident):
        return Confidence.PROVEN
    return Confidence.LIKELY


def _doubts(comparison: Comparison, *, self_evident: bool) -> tuple[str, ...]:
    """What keeps every finding of a pair from being proven."""
    return (
        *(() if comparison.pair.certain else (UNSURE_PAIR,)),
        *(() if comparison.direction else (UNSURE_WAY,)),
        *((LOSSY,) if comparison.lossy and not self_evident else ()),
    )
