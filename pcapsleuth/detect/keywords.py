"""Evidence for what happened to a line of an EHLO reply."""

from __future__ import annotations

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.keyword import KeywordLine, LineMatch
from pcapsleuth.compare.view import Unit, View


def line_pieces(comparison: Comparison, sent: Unit, shown: Unit, line: LineMatch) -> tuple[Piece | None, Piece | None]:
    """The bytes of one keyword line as sent and as shown; None on the side that has no such line."""
    return _piece(comparison.server, sent, line.sent), _piece(comparison.client, shown, line.shown)


def list_piece(view: View, unit: Unit) -> Piece:
    """The whole keyword list: the proof of a line's absence."""
    return view.piece(unit)


def _piece(view: View, unit: Unit, line: KeywordLine | None) -> Piece | None:
    """The bytes of a line with its code."""
    return None if line is None else view.piece(unit, line.offset, len(line.text) + 4)
