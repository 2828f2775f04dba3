"""The rows of a dialogue as lines to read: what was said, by whom, in which frame."""

from __future__ import annotations

from typing import NamedTuple

from pcapsleuth.report.escape import lines, visible
from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind, Mail, Row
from pcapsleuth.tcp.segments import TO_SERVER

SHOWN_DIGEST = 4
"""Hex digits of a digest: enough to see that two differ."""


class Unit(NamedTuple):
    """A row, ready to be shown."""

    who: str
    """`C` or `S`."""
    lines: tuple[str, ...]
    """Harmless text; at least one line."""
    frame: int
    """Frame id of its first byte."""
    time: int
    said: object
    """Equal for two units that say the same."""


def units(dialogue: Dialogue) -> list[Unit]:
    """All rows of a dialogue."""
    mails = {row: mail for mail in dialogue.mails for row in (*mail.rows, mail.row)}
    return [_unit(dialogue, row, mails.get(index)) for index, row in enumerate(dialogue.rows)]


def _unit(dialogue: Dialogue, row: Row, mail: Mail | None) -> Unit:
    """One row."""
    who = "C" if row.direction == TO_SERVER else "S"
    kind = Kind(row.kind)
    if kind in (Kind.MAIL, Kind.CHUNK):
        digest = mail.digest if mail and not mail.chunked else None
        text = (_bulk(row, mail),)
        return Unit(who, text, row.first_frame, row.time, (kind, row.length if digest is None else digest))
    if kind is Kind.TLS:
        return Unit(who, (f"<TLS, {row.length:,} bytes>",), row.first_frame, row.time, kind)
    if kind is Kind.GAP:
        return Unit(who, (_missing(row),), row.first_frame, row.time, (kind, row.length))
    said = dialogue.text(row)
    shown = tuple(visible(line) for line in lines(said)) or ("",)
    if row.flags & Flag.UNTERMINATED:
        shown = (*shown[:-1], f"{shown[-1]} <no line end>")
    return Unit(who, shown, row.first_frame, row.time, said.rstrip(b"\r\n"))


def _bulk(row: Row, mail: Mail | None) -> str:
    """Mail data in place of its bytes, which are never shown."""
    length = row.length if mail is None or mail.chunked else mail.length
    if row.flags & Flag.MASKED_CHUNK:
        return f"<{length:,} bytes, read as commands>"
    digest = f", digest {mail.digest.hex()[:SHOWN_DIGEST]}…" if mail and mail.digest else ""
    broken = ", no end" if mail and not mail.ended else ""
    return f"<{length:,} bytes{digest}{broken}>"


def _missing(row: Row) -> str:
    """A hole in place of the bytes that nobody has."""
    size = f"{row.length:,} bytes" if row.length else "bytes"
    return f"<{size} missing: {visible(row.word)}>"
