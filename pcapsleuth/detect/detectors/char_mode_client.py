"""The client sends one character a segment: somebody types by hand.

What it means
    At least three segments of one or two bytes make up one command line. Windows telnet works so by default.

Why it matters
    An inspecting firewall sees letters, not verbs, and masks or ignores each alone. The test is at fault as much as
    the firewall: a real mail client sends whole lines, and a test with whole lines (`pcapsleuth probe`) tells more.

How it is proven
    By the segments of the command line.

What else it could be
    A very slow or tiny-window sender.

References
    Cisco document 113423; Microsoft KB 320027 (telnet in character mode).
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.view import View
from pcapsleuth.detect.finding import Confidence, Evidence, Finding, Severity, Where
from pcapsleuth.detect.proof import SHOWN, finding
from pcapsleuth.detect.scope import Session
from pcapsleuth.smtp.dialogue import Dialogue, Row
from pcapsleuth.smtp.words import typed

LABELS = ("char-mode-client",)

SUMMARY = "the client typed: one character a segment"


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Look at the client's own side."""
    first = _typed(comparison.client.dialogue)
    if first is not None:
        index, _ = first
        yield finding(
            comparison,
            "char-mode-client",
            None,
            SUMMARY,
            severity=Severity.INFO,
            more=(_piece(comparison.client, index),),
        )


def detect_session(session: Session) -> Iterator[Finding]:
    """Look at one session of one side."""
    first = _typed(session.dialogue)
    if first is not None:
        _, row = first
        text = session.dialogue.text(row)[:SHOWN]
        yield Finding(
            label="char-mode-client",
            subject=None,
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            summary=SUMMARY,
            where=Where.CLIENT_SIDE,
            session=session.number,
            evidence=(Evidence("single", row.first_frame, row.offset, text),),
        )


def _typed(dialogue: Dialogue) -> tuple[int, Row] | None:
    """Find the first command line that was typed."""
    for index in dialogue.script.commands:
        row = dialogue.rows[index]
        if typed(row):
            return index, row
    return None


def _piece(view: View, index: int) -> Piece:
    """The typed line."""
    unit = next(unit for unit in view.commands if unit.at == index)
    return view.piece(unit)
