"""Header fields of the message differ between the two sides.

What it means
    `header-changed:NAME`: the field passed with another value. `header-removed:NAME`: it did not pass.
    `header-added:NAME`: it was not in what came in.

Why it matters
    Signatures over the header (DKIM) break; loops and origins can no longer be traced when Received is taken out.

How it is proven
    By the whole headers of both sides: the fields by name, their values by digest. Values are not shown.

What else it could be
    A relay must add its own Received (RFC 5321 section 4.4), and a proxy may: that alone is information, no fault.
    What passes a connection on has none to add and none to take out. Bytes overwritten in place, with every length
    kept, are body-altered.

References
    RFC 5321 section 4.4; RFC 6376 section 3.7; Symantec Enterprise Firewall (Received replaced by `<hidden>`).
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.family import Family
from pcapsleuth.compare.maildata import alteration
from pcapsleuth.compare.view import View, verb_text
from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.detect.proof import finding
from pcapsleuth.smtp.dialogue import Mail
from pcapsleuth.smtp.message import HeaderField, header_fields

LABELS = ("header-changed", "header-removed", "header-added")

TRACE = "RECEIVED"
HOW = {
    "header-changed": "passed with another value",
    "header-removed": "did not pass",
    "header-added": "was added on the way",
}


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Compare the headers of each mail whose header both sides have whole."""
    proxy = comparison.family is Family.PROXY
    for sent, came in comparison.mails:
        if came is None or (sent.body_offset < 0) != (came.body_offset < 0):
            continue
        change = alteration(sent, came)
        if change is None or change.part == "overwritten-header" or sent.header == came.header:
            continue
        for label, name, one, other in _changes(header_fields(sent.header), header_fields(came.header)):
            yield finding(
                comparison,
                label,
                name,
                f"the header field {name} {HOW[label]}",
                severity=Severity.INFO if name == TRACE and proxy else Severity.WARNING,
                ingress=_piece(comparison.client, sent, one),
                egress=_piece(comparison.server, came, other),
            )


def _changes(
    sent: list[HeaderField], came: list[HeaderField]
) -> Iterator[tuple[str, str, HeaderField | None, HeaderField | None]]:
    """Compare the fields name by name: how many there are and what they hold."""
    before, after = _by_name(sent), _by_name(came)
    for name in dict.fromkeys([*before, *after]):
        one, other = before.get(name, []), after.get(name, [])
        if [field.value_digest for field in one] == [field.value_digest for field in other]:
            continue
        label = "header-changed"
        if len(one) != len(other):
            label = "header-added" if len(other) > len(one) else "header-removed"
        values, others = {f.value_digest for f in one}, {f.value_digest for f in other}
        yield (
            label,
            name,
            next((f for f in one if f.value_digest not in others), None),
            next((f for f in other if f.value_digest not in values), None),
        )


def _by_name(fields: list[HeaderField]) -> dict[str, list[HeaderField]]:
    """Sort fields by name, whose case does not matter (RFC 5322 section 1.2.2)."""
    names: dict[str, list[HeaderField]] = {}
    for one in fields:
        names.setdefault(verb_text(one.name), []).append(one)
    return names


def _piece(view: View, mail: Mail, field: HeaderField | None) -> Piece | None:
    """Where a field stands; only its name is shown."""
    if field is None:
        return None
    time = view.dialogue.rows[mail.row].time
    return Piece(view.side, mail.row, mail.header_frames[0], time, mail.offset + field.offset, field.name[:76] + b":")
