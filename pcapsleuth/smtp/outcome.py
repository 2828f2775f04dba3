"""How a session came out, in one word of the contract."""

from __future__ import annotations

from dataclasses import dataclass

from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind, Row
from pcapsleuth.smtp.words import COMMAND, MAIL, REPLY

SILENCE = 30 * 1_000_000_000
"""Nanoseconds without a word that make an end a time-out: servers seldom think so long, and clients wait longer."""

FINAL = int(Flag.FINAL)
GAP = int(Kind.GAP)


@dataclass(slots=True)
class _Course:
    """What a pass over the rows leaves."""

    delivered: bool = False
    quit: bool = False
    waiting: bool = False
    """The last command or mail data has no answer."""
    refused: bool = False
    """The last answer to anything but QUIT and RSET was a 4xx or 5xx."""
    closing: bool = False
    """The last reply was a 421: the server closes (RFC 5321 section 3.8)."""
    pause: int = 0
    """Nanoseconds between the last row and the one before it."""
    last: int = 0
    """Time of the last row."""
    replies: int = 0

    def timed_out(self, *, silent: bool, ended: bool) -> bool:
        """Whether somebody waited in vain: for an answer, for the end, or the server for the next command."""
        return (silent and (self.waiting or not ended)) or (self.closing and self.pause >= SILENCE)

    def ending(self, *, reset: bool) -> str:
        """Say how a session came out whose end was captured."""
        if self.waiting and not self.quit:
            return "cut"
        if self.refused:
            return "refused"
        return "cut" if reset and not self.quit else "gave-up"


def outcome(dialogue: Dialogue) -> str:
    """Say how the session came out: delivered, refused, gave-up, cut, timed-out or unknown."""
    course = _follow(dialogue)
    if course.delivered:
        return "delivered"
    if dialogue.tls:
        return "unknown"
    streams = dialogue.connection.streams
    reset = any(stream.rst is not None for stream in streams)
    silent = dialogue.connection.end - (course.last or dialogue.connection.start) >= SILENCE
    if not course.replies:
        return _unheard(silent=silent, reset=reset, one_sided=bool(dialogue.rows) and not streams[1].segments)
    ended = reset or course.quit or course.closing or any(stream.fin is not None for stream in streams)
    if course.timed_out(silent=silent, ended=ended):
        return "timed-out"
    return course.ending(reset=reset) if ended else "unknown"


def _unheard(*, silent: bool, reset: bool, one_sided: bool) -> str:
    """Say how a session came out in which the server never spoke; `one_sided`: its direction was not captured."""
    if reset:
        return "cut"
    return "timed-out" if silent and not one_sided else "unknown"


def _follow(dialogue: Dialogue) -> _Course:
    course = _Course()
    rows = dialogue.rows
    # The reply to a message of chunks answers the command before its last chunk.
    ends = {mail.row - mail.chunked for mail in dialogue.mails if mail.ended or not mail.chunked}
    pending = -1
    for index, row in enumerate(rows):
        kind = row[0]
        if kind == GAP:
            continue
        course.pause, course.last = (row.time - course.last if course.last else 0), row.time
        if kind == REPLY:
            course.replies += 1
            if row.answers == pending and row.flags & FINAL:
                # A 354 leaves the client with the next word (RFC 5321 section 3.3).
                course.waiting = row.word[:1] == b"3"
            _answer(course, row, rows, ends)
        elif kind in (COMMAND, MAIL):
            pending, course.waiting = index, row.word != b"QUIT"
            course.quit = course.quit or row.word == b"QUIT"
    return course


def _answer(course: _Course, row: Row, rows: list[Row], ends: set[int]) -> None:
    """Take what a reply says of the course."""
    code_class = row.word[:1]
    course.closing = row.word == b"421"
    if code_class == b"2" and row.answers in ends:
        course.delivered = True
    answered = rows[row.answers].word if row.answers >= 0 else b""
    if row.flags & FINAL and answered not in (b"QUIT", b"RSET"):
        course.refused = code_class in (b"4", b"5")
