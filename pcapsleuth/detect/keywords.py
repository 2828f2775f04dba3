"""What happened to the lines of the EHLO replies, and the evidence for it: the reading that several detectors share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.keyword import KeywordLine, LineMatch
from pcapsleuth.compare.view import Unit, View, verb_text


class Change(NamedTuple):
    """What became of a keyword line."""

    keyword: bytes
    name: str
    """The keyword as the subject of a label."""
    ingress: Piece | None
    """The line as sent; None where it was added."""
    egress: Piece | None
    """The line as shown; None where it was removed."""
    sent: Unit
    """The whole list as sent."""
    shown: Unit
    """The whole list as shown."""


def changes(comparison: Comparison, how: str) -> Iterator[Change]:
    """Each keyword whose line was `masked`, `changed`, `removed` or `added`, once a session.

    A line whose keyword the other list has on another line counts if it says more than that one does
    (`X-EXPS GSSAPI NTLM` beside the old form `X-EXPS=LOGIN`). The mechanisms of AUTH have labels of their own.
    """
    told: set[str] = set()
    for sent, shown, lines in comparison.keyword_lists:
        there = _parameters(lines, how)
        for match in lines:
            line = match.sent if match.sent is not None else match.shown
            if match.how != how or line is None or _is_said_elsewhere(line, there):
                continue
            name = verb_text(line.keyword)
            if name not in told:
                told.add(name)
                yield Change(line.keyword, name, *line_pieces(comparison, sent, shown, match), sent, shown)


def _parameters(lines: list[LineMatch], how: str) -> dict[bytes, set[bytes]]:
    """The parameters by keyword of the list that lacks the lines of a kind; empty where both lists have them."""
    found: dict[bytes, set[bytes]] = {}
    for match in lines if how in ("removed", "added") else ():
        line = match.shown if how == "removed" else match.sent
        if line is not None:
            found.setdefault(line.keyword, set()).update(line.parameters)
    return found


def _is_said_elsewhere(line: KeywordLine, there: dict[bytes, set[bytes]]) -> bool:
    """Tell whether the list that lacks a line says as much of its keyword on another one."""
    known = there.get(line.keyword)
    return known is not None and (line.keyword == b"AUTH" or known.issuperset(line.parameters))


def line_pieces(comparison: Comparison, sent: Unit, shown: Unit, line: LineMatch) -> tuple[Piece | None, Piece | None]:
    """The bytes of one keyword line as sent and as shown; None on the side that has no such line."""
    return _piece(comparison.server, sent, line.sent), _piece(comparison.client, shown, line.shown)


def _piece(view: View, unit: Unit, line: KeywordLine | None) -> Piece | None:
    """The bytes of a line with its code."""
    return None if line is None else view.piece(unit, line.offset, len(line.text) + 4)
