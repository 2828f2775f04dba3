"""Whole lines of one segment, as nearly all are: the rows that the readers would make of them, with fewer steps.

Most of the time that a dialogue takes is spent here, so that these loops work on the buffer of the capture itself and
call nothing that they can do without. What is not ordinary they leave where it begins, to be read with care.
"""

from __future__ import annotations

from pcapsleuth.smtp.dialogue import Row
from pcapsleuth.smtp.grammar import ADVANCE, WHOLE_REPLY
from pcapsleuth.smtp.lines import TEXT_LIMIT, Unit
from pcapsleuth.smtp.parser import ASKING, COMMAND, COMMANDS, FINAL, OUTSTANDING_LIMIT, REPLY, TELLING, Parser
from pcapsleuth.smtp.record import BLOB_LIMIT, ROW_LIMIT
from pcapsleuth.smtp.state import State

MAIL_DATA = State.MAIL_DATA

VERB_OF = {
    word: word.upper()
    for verb in b"EHLO HELO MAIL RCPT DATA QUIT RSET NOOP STARTTLS".split()
    for word in (verb, verb.lower())
}
"""The verbs of `ADVANCE` in upper case."""

LINES = TEXT_LIMIT // len(b"DATA\r\n")
"""The most that one segment may hold, to stay far enough from every bound."""

_new_row = _new_unit = tuple.__new__


class OrdinaryParser(Parser):
    """A parser with short cuts; `shift` is what a place in the buffer is short of its stream offset."""

    __slots__ = ()

    def roomy(self, size: int) -> bool:
        """Tell whether a segment of so many bytes comes near no bound."""
        return (
            size <= TEXT_LIMIT
            and len(self.rows) < ROW_LIMIT - LINES
            and len(self.blob) < BLOB_LIMIT - TEXT_LIMIT
            and len(self.outstanding) < OUTSTANDING_LIMIT - LINES
        )

    def commands(self, buffer: memoryview, at: int, stop: int, shift: int, frame: int, time: int) -> int:
        """Take whole ordinary command lines; return where something else begins."""
        if self.unsettled or not self.roomy(stop - at):
            return at
        rows, blob, outstanding = self.rows, self.blob, self.outstanding
        while self.state is COMMANDS and (found := ADVANCE.match(buffer, at, stop)):
            text, verb, index = found[0], VERB_OF[found[1] or found[2]], len(rows)
            size = len(text)
            row = (COMMAND, 0, verb, shift + at, size, frame, frame, time, len(blob), size, -1, 0, 1)
            rows.append(_new_row(Row, row))
            blob += text
            outstanding.append(index)
            if verb in ASKING:
                self.state, self.asked = ASKING[verb], index
            at += size
        return at

    def replies(self, buffer: memoryview, at: int, stop: int, shift: int, frame: int, time: int) -> int:
        """Take whole replies; return where something else begins."""
        if self.lmtp or self.secrets.known or not self.roomy(stop - at):
            return at
        rows, blob, outstanding = self.rows, self.blob, self.outstanding
        while self.state is not MAIL_DATA and (found := WHOLE_REPLY.match(buffer, at, stop)):
            text, code = found[0], found[1]
            size = len(text)
            if self.unsettled or not outstanding or code in TELLING or outstanding[0] == self.asked:
                self.reply(code, _new_unit(Unit, (text, shift + at, size, frame, frame, time, 0, 0, 1)))
            else:
                answers = outstanding.popleft()
                flags = 0 if outstanding and outstanding[0] == answers else FINAL
                row = (REPLY, 1, code, shift + at, size, frame, frame, time, len(blob), size, answers, flags, 1)
                rows.append(_new_row(Row, row))
                blob += text
            at += size
        return at
