"""Words instead of offsets: what a command says and what a server lists, made on demand."""

from __future__ import annotations

from typing import NamedTuple

from pcapsleuth.smtp.dialogue import Dialogue, Row
from pcapsleuth.smtp.grammar import REPLY_LINE, split_command

HELLOS = (b"EHLO", b"HELO", b"LHLO")

KEYSTROKES = 3
"""Segments of a line that is typed, at least."""


class Command(NamedTuple):
    """A command as words."""

    verb: bytes
    """In upper case; empty where the line was a secret."""
    argument: bytes


def command(dialogue: Dialogue, row: Row) -> Command:
    """Return the words of a command row."""
    return Command(row.word, split_command(dialogue.text(row))[1])


def typed(row: Row) -> bool:
    """Tell whether a line came in one or two characters a segment: somebody types."""
    return row.segments >= KEYSTROKES and row.length <= 2 * row.segments


def capabilities(dialogue: Dialogue) -> list[bytes]:
    """Return the keyword lines of the last EHLO reply, as sent."""
    listings = dialogue.script.listings
    return listed(dialogue.text(dialogue.rows[listings[-1]])) if listings else []


def listed(text: bytes) -> list[bytes]:
    """Return the keyword lines of an EHLO reply: neither the first line nor an end that is no keyword."""
    lines = [_without_code(line) for line in text.removesuffix(b"\n").split(b"\n")][1:]
    if lines and lines[-1].strip().upper() in (b"", b"OK"):
        lines.pop()
    return lines


def _without_code(line: bytes) -> bytes:
    """A line of a reply without its code and its end."""
    found = REPLY_LINE.match(line)
    return (line[found.end() :] if found else line).rstrip(b"\r")
