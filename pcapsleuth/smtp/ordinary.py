"""Whole lines of one segment, as nearly all are: the rows that the readers would make of them, with fewer steps.

Most of the time that a dialogue takes is spent here, so that these loops call nothing that they can do without. What is
not ordinary they leave where it begins, to be read with care.
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

ROWS, BLOB, WAITING = ROW_LIMIT - LINES - 1, BLOB_LIMIT - TEXT_LIMIT - 1, OUTSTANDING_LIMIT - LINES - 1
"""How much there may be before a segment that comes near no bound."""

_new_row = _new_unit = tuple.__new__


class OrdinaryParser(Parser):
    """A parser with short cuts. They take a segment and return how many of its bytes were ordinary lines."""

    __slots__ = ()

    def commands(self, text: bytes, offset: int, frame: int, time: int) -> int:
        """Take whole ordinary command lines."""
        rows, blob, outstanding, size = self.rows, self.blob, self.outstanding, len(text)
        if self.unsettled or size > TEXT_LIMIT or len(rows) > ROWS or len(blob) > BLOB or len(outstanding) > WAITING:
            return 0
        at = 0
        while at < size and self.state is COMMANDS and (found := ADVANCE.match(text, at)):
            line, index = found[0], len(rows)
            verb, length = VERB_OF[found[1] or found[2]], len(line)
            row = (COMMAND, 0, verb, offset + at, length, frame, frame, time, len(blob), length, -1, 0, 1)
            rows.append(_new_row(Row, row))
            blob += line
            outstanding.append(index)
            if verb in ASKING:
                self.state, self.asked = ASKING[verb], index
            at += length
        return at

    def replies(self, text: bytes, offset: int, frame: int, time: int) -> int:
        """Take whole replies."""
        rows, blob, outstanding, size = self.rows, self.blob, self.outstanding, len(text)
        if self.lmtp or self.secrets.known or size > TEXT_LIMIT or len(rows) > ROWS or len(blob) > BLOB:
            return 0
        at = 0
        while at < size and self.state is not MAIL_DATA and (found := WHOLE_REPLY.match(text, at)):
            line, code = found[0], found[1]
            length = len(line)
            if self.unsettled or not outstanding or code in TELLING or outstanding[0] == self.asked:
                self.reply(code, _new_unit(Unit, (line, offset + at, length, frame, frame, time, 0, 0, 1)))
            else:
                answers = outstanding.popleft()
                flags = 0 if outstanding and outstanding[0] == answers else FINAL
                row = (REPLY, 1, code, offset + at, length, frame, frame, time, len(blob), length, answers, flags, 1)
                rows.append(_new_row(Row, row))
                blob += line
            at += length
        return at
