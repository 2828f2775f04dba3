"""Words instead of offsets: commands, replies, capabilities and exchanges of a dialogue, made on demand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind, Row
from pcapsleuth.smtp.grammar import REPLY_LINE, split_command

COMMAND, REPLY, CHUNK, MAIL, SECRET = (
    int(kind) for kind in (Kind.COMMAND, Kind.REPLY, Kind.CHUNK, Kind.MAIL, Kind.SECRET)
)
GREETING, FINAL = int(Flag.GREETING), int(Flag.FINAL)

HELLOS = (b"EHLO", b"HELO", b"LHLO")

KEYSTROKES = 3
"""Segments of a line that is typed, at least."""

_KEYWORD = re.compile(rb"([^ \t=]*)([ \t=]?)(.*)", re.DOTALL)


class Command(NamedTuple):
    """A command as words."""

    verb: bytes
    """In upper case; empty where the line was a secret."""
    argument: bytes


class Reply(NamedTuple):
    """A reply as words."""

    code: int | None
    """None for a line without one (`OK`, `*****`)."""
    lines: tuple[bytes, ...]
    """Without codes and line ends."""

    @property
    def text(self) -> bytes:
        """The lines, joined by a newline."""
        return b"\n".join(self.lines)


class Keyword(NamedTuple):
    """One keyword line of an EHLO reply (RFC 5321 section 4.1.1.1)."""

    name: bytes
    """In upper case."""
    separator: bytes
    """Blank, empty, or `=` as in `AUTH=LOGIN`, an old form that servers list beside `AUTH LOGIN`."""
    parameters: bytes
    line: bytes
    """The line without its code, as sent."""
    offset: int
    """Stream offset of the first byte of the line, its code."""


class Exchange(NamedTuple):
    """A row that awaits replies (a command, mail data, a masked chunk), and what answered it."""

    row: int
    final: int | None
    """The row of the reply that ended it."""
    replies: tuple[int, ...]
    """All of its replies: 334s and the 354 of XEXCH50 come before the final one."""


def command(dialogue: Dialogue, row: Row) -> Command:
    """Return the words of a command row."""
    return Command(row.word, split_command(dialogue.text(row))[1])


def reply(dialogue: Dialogue, row: Row) -> Reply:
    """Return the words of a reply row."""
    return Reply(int(row.word) if row.word else None, tuple(text for text, _ in _lines(dialogue.text(row))))


def typed(row: Row) -> bool:
    """Tell whether a line came in one or two characters a segment: somebody types."""
    return row.segments >= KEYSTROKES and row.length <= 2 * row.segments


def banner(dialogue: Dialogue) -> bytes | None:
    """Return the text of the greeting, None if the capture has none."""
    for row in dialogue.rows:
        if row.kind == REPLY and row.flags & GREETING:
            return reply(dialogue, row).text
    return None


def ehlo(dialogue: Dialogue) -> bytes | None:
    """Return the argument of the last EHLO, HELO or LHLO; None if there was none."""
    for row in reversed(dialogue.rows):
        if row.kind == COMMAND and row.word in HELLOS:
            return command(dialogue, row).argument
    return None


def ehlo_reply(dialogue: Dialogue) -> Row | None:
    """Return the last reply that lists capabilities: a 2xx to EHLO or LHLO."""
    rows = dialogue.rows
    for row in reversed(rows):
        listing = row.kind == REPLY and row.word[:1] == b"2" and row.answers >= 0
        if listing and rows[row.answers].word in (b"EHLO", b"LHLO"):
            return row
    return None


def keywords(dialogue: Dialogue, row: Row) -> list[Keyword]:
    """Return the keyword lines of an EHLO reply: neither the first line nor an end that is no keyword."""
    return [one._replace(offset=row.offset + one.offset) for one in listed(dialogue.text(row))]


def listed(text: bytes) -> list[Keyword]:
    """Return the keyword lines of the text of an EHLO reply, with their offsets in it."""
    lines = _lines(text)[1:]
    if lines and lines[-1][0].strip().upper() in (b"", b"OK"):
        lines.pop()
    found: list[Keyword] = []
    for line, position in lines:
        parts = _KEYWORD.match(line.strip())
        if parts is not None:
            found.append(Keyword(parts[1].upper(), parts[2], parts[3].strip(), line, position))
    return found


def capabilities(dialogue: Dialogue) -> list[bytes]:
    """Return the keyword lines of the last EHLO reply, as sent."""
    row = ehlo_reply(dialogue)
    return [keyword.line for keyword in keywords(dialogue, row)] if row is not None else []


def exchanges(dialogue: Dialogue) -> Iterator[Exchange]:
    """Yield every command, secret line, mail data and answered chunk with its replies, in the order sent."""
    replies: dict[int, list[int]] = {}
    for index, row in enumerate(dialogue.rows):
        if row.kind == REPLY and row.answers >= 0:
            replies.setdefault(row.answers, []).append(index)
    for index, row in enumerate(dialogue.rows):
        answers = replies.get(index, [])
        if row.kind in (COMMAND, MAIL) or (answers and row.kind in (CHUNK, SECRET)):
            finals = [answer for answer in answers if dialogue.rows[answer].flags & FINAL]
            yield Exchange(index, finals[-1] if finals else None, tuple(answers))


def _lines(text: bytes) -> list[tuple[bytes, int]]:
    """Split the text of a reply into lines without code and end, each with its position."""
    lines: list[tuple[bytes, int]] = []
    position = 0
    for line in text.split(b"\n"):
        if not line and position >= len(text):
            break
        found = REPLY_LINE.match(line)
        lines.append((line[found.end() :].rstrip(b"\r") if found else line.rstrip(b"\r"), position))
        position += len(line) + 1
    return lines
