"""A row of the checklist: what people notice, and whether this traffic shows it."""

from __future__ import annotations

from dataclasses import dataclass

SEEN, NOT_SEEN, CANNOT_TELL = "seen", "not-seen", "cannot-tell"


@dataclass(frozen=True, slots=True)
class Symptom:
    """What people notice, and whether this traffic shows it."""

    id: str
    status: str
    """`seen`, `not-seen` or `cannot-tell`."""
    why: str
    findings: tuple[int, ...] = ()
    """Positions in the list of findings."""
    ask: str = ""
    """Where nobody can tell: the capture that would, with the command to take it."""
