"""How a session came out, in one word."""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind, Row
from pcapsleuth.smtp.transactions import transactions
from pcapsleuth.smtp.words import COMMAND, REPLY, exchanges

SILENCE = 30 * 1_000_000_000
"""Nanoseconds without a byte before the end that make it a time-out: no server thinks so long over most commands."""

PERMANENT_OR_TRANSIENT = (b"4", b"5")


def outcome(dialogue: Dialogue) -> str:
    """Say in one word how the session came out, as the contract has it."""
    done = transactions(dialogue)
    if any(one.accepted and one.reply is not None and one.mail is not None for one in done):
        return "delivered"
    replies = [row for row in dialogue.rows if row.kind == REPLY]
    if dialogue.tls or (not replies and not _reset(dialogue)):
        return "unknown"
    if _broken(dialogue):
        return "cut"
    if not _ended(dialogue):
        return "timed-out" if _silent(dialogue) else "unknown"
    if _silent(dialogue) and _waiting(dialogue):
        return "timed-out"
    if _refused(dialogue):
        return "refused"
    if _waiting(dialogue):
        return "cut"
    return "gave-up"


def _reset(dialogue: Dialogue) -> bool:
    return any(stream.rst is not None for stream in dialogue.connection.streams)


def _ended(dialogue: Dialogue) -> bool:
    """Whether the capture has the end, or the client's QUIT."""
    closed = any(stream.fin is not None for stream in dialogue.connection.streams) or _reset(dialogue)
    return closed or any(row.word == b"QUIT" for row in _sent(dialogue))


def _sent(dialogue: Dialogue) -> Iterator[Row]:
    return (row for row in dialogue.rows if row.kind == COMMAND)


def _waiting(dialogue: Dialogue) -> bool:
    """Whether a command but QUIT, or mail data, was never answered or never ended."""
    last = None
    for exchange in exchanges(dialogue):
        last = exchange
    if last is None:
        return False
    row = dialogue.rows[last.row]
    return row.word != b"QUIT" and last.final is None


def _broken(dialogue: Dialogue) -> bool:
    """Whether a RST ended the session in the middle of something."""
    quit_sent = any(row.word == b"QUIT" for row in _sent(dialogue))
    return _reset(dialogue) and not quit_sent and (_waiting(dialogue) or not _refused(dialogue))


def _silent(dialogue: Dialogue) -> bool:
    """Whether nothing was said for long before the end."""
    connection = dialogue.connection
    last = max((row.time for row in dialogue.rows if row.kind != Kind.GAP), default=connection.start)
    return connection.end - last >= SILENCE


def _refused(dialogue: Dialogue) -> bool:
    """Whether the last word of the server on anything but QUIT was a 4xx or 5xx."""
    rows = dialogue.rows
    for row in reversed(rows):
        if row.kind == REPLY and row.flags & Flag.FINAL:
            answered = rows[row.answers].word if row.answers >= 0 else b""
            if answered not in (b"QUIT", b"RSET"):
                return row.word[:1] in PERMANENT_OR_TRANSIENT
    return False
