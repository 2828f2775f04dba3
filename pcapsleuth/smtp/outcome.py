"""How a session came out, in one word of the contract."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind, Row
from pcapsleuth.smtp.grammar import CLOSING
from pcapsleuth.smtp.script import COMMAND, KEPT, REPLY, Script
from pcapsleuth.tcp.segments import Direction

SILENCE = 30 * 1_000_000_000
"""Nanoseconds without a word that make an end a time-out: servers seldom think so long, and clients wait longer."""

OUTCOMES = ("delivered", "refused", "gave-up", "cut", "timed-out", "unknown")

FAILED = frozenset(("refused", "gave-up", "cut", "timed-out"))
"""Those of a session whose mail did not get through."""

FINAL = int(Flag.FINAL)
GAP, MAIL = int(Kind.GAP), int(Kind.MAIL)
LEAVING = (b"QUIT", b"RSET")
TRANSACTION = (b"MAIL", b"RCPT", b"DATA", b"BDAT")
TO_CLIENT = int(Direction.TO_CLIENT)


@dataclass(slots=True)
class _Course:
    """What a pass over a script leaves."""

    delivered: bool = False
    quit: bool = False
    waiting: bool = False
    """The last command or mail data has no answer."""
    refused: bool = False
    """The last answer to anything but QUIT and RSET was a 4xx or 5xx."""
    closing: bool = False
    """The last reply was a 421: the server closes (RFC 5321 section 3.8)."""
    open: int = -1
    """The last command, or the mail data behind it, if nothing answers it; not one of `LEAVING`."""
    replies: int = 0
    last: int = -1
    """The last row that is no gap."""
    before: int = -1
    """The one before it."""

    def amid(self, script: Script) -> bool:
        """Whether it ended within a transaction, without a word of leaving."""
        under_way = self.open >= 0 and (script.kinds[self.open] == MAIL or script.words[self.open] in TRANSACTION)
        return under_way and not self.quit

    def pause(self, rows: list[Row]) -> int:
        """Nanoseconds between the last row and the one before it."""
        return rows[self.last].time - rows[self.before].time if self.before >= 0 else 0

    def timed_out(self, *, pause: int, silent: bool, ended: bool) -> bool:
        """Whether somebody waited in vain: for an answer, for the end, or the server for the next command."""
        return (silent and (self.waiting or not ended)) or (self.closing and pause >= SILENCE)

    def ending(self, *, reset: bool) -> str:
        """Say how a session came out whose end was captured."""
        if self.waiting and not self.quit:
            return "cut"
        if self.refused:
            return "refused"
        return "cut" if reset and not self.quit else "gave-up"


def outcome(dialogue: Dialogue) -> str:
    """Say how the session came out: one of `OUTCOMES`."""
    course = _follow(dialogue.script)
    if course.delivered:
        # A session that delivers one mail and dies within the next has lost that: it is no success.
        end = _undelivered(dialogue, course) if course.amid(dialogue.script) else ""
        return end if end in FAILED else "delivered"
    return _undelivered(dialogue, course)


def _undelivered(dialogue: Dialogue, course: _Course) -> str:
    """Say how it came out but for what it delivered."""
    if dialogue.tls:
        return "unknown"
    streams = dialogue.connection.streams
    reset = any(stream.rst is not None for stream in streams)
    last = dialogue.rows[course.last].time if course.last >= 0 else dialogue.connection.start
    silent = dialogue.connection.end - last >= SILENCE
    if not course.replies:
        return _unheard(silent=silent, reset=reset, one_sided=bool(dialogue.rows) and not streams[1].segments)
    if course.open >= 0 and _lost(dialogue, course.open):
        return "unknown"
    ended = reset or course.quit or course.closing or any(stream.fin is not None for stream in streams)
    if course.timed_out(pause=course.pause(dialogue.rows), silent=silent, ended=ended):
        return "timed-out"
    return course.ending(reset=reset) if ended else "unknown"


def _lost(dialogue: Dialogue, asked: int) -> bool:
    """Tell whether the capture lacks bytes of the server behind a row which its client received: maybe the answer."""
    reached = dialogue.connection.streams[TO_CLIENT].acked
    return any(row.kind == GAP and row.direction == TO_CLIENT and row.offset < reached for row in dialogue.rows[asked:])


def _unheard(*, silent: bool, reset: bool, one_sided: bool) -> str:
    """Say how a session came out in which the server never spoke; `one_sided`: its direction was not captured."""
    if reset:
        return "cut"
    return "timed-out" if silent and not one_sided else "unknown"


@lru_cache(KEPT)
def _follow(script: Script) -> _Course:
    """Go through a script."""
    course = _Course()
    # The reply to a message of chunks answers the command before its last chunk.
    ends = {row - chunked for row, _, ended, chunked in script.mails if ended or not chunked}
    pending = -1
    for at, kind in enumerate(script.kinds):
        if kind == GAP:
            continue
        course.before, course.last = course.last, at
        if kind == REPLY:
            course.replies += 1
            if script.answers[at] == pending and script.flags[at] & FINAL:
                # A 354 leaves the client with the next word (RFC 5321 section 3.3).
                course.waiting = script.words[at][:1] == b"3"
            _answer(course, script, at, ends)
        elif kind in (COMMAND, MAIL):
            quits = script.words[at] == b"QUIT"
            pending, course.waiting, course.quit = at, not quits, course.quit or quits
            course.open = course.open if script.words[at] in LEAVING else at
    if course.open in script.answers:
        course.open = -1
    return course


def _answer(course: _Course, script: Script, at: int, ends: set[int]) -> None:
    """Take what a reply says of the course."""
    code_class = script.words[at][:1]
    course.closing = script.words[at] == CLOSING
    if code_class == b"2" and script.answers[at] in ends:
        course.delivered = True
    if script.flags[at] & FINAL and script.asked(at) not in LEAVING:
        course.refused = code_class in (b"4", b"5")
