"""What lines, mail data and replies mean: the driver of the state table, and the pairing of replies with commands.

The parser sees units (whole lines and replies, ends of mail data), never segments, and writes rows.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from pcapsleuth.smtp.dialogue import Flag, Kind
from pcapsleuth.smtp.grammar import BDAT, BLOB_SIZE, COMMAND_START, MASKED_BDAT, VERBS, split_command
from pcapsleuth.smtp.lines import CUT, TEXT_LIMIT, UNTERMINATED, Unit, cut
from pcapsleuth.smtp.record import Record
from pcapsleuth.smtp.replies import Frames
from pcapsleuth.smtp.secrets import Secrets, looks_secret
from pcapsleuth.smtp.state import TRANSITIONS, WANTS, Signal, State, Want, after
from pcapsleuth.tcp.connection import Connection, Gap

OUTSTANDING_LIMIT = 4_096
"""Commands that wait for a reply; a capture of one direction never has one."""

COMMAND, REPLY, GAP, SECRET = (int(kind) for kind in (Kind.COMMAND, Kind.REPLY, Kind.GAP, Kind.SECRET))
UNCERTAIN, REDACTED, EARLY, GREETING, FINAL = (
    int(flag) for flag in (Flag.UNCERTAIN, Flag.REDACTED, Flag.EARLY, Flag.GREETING, Flag.FINAL)
)
COMMANDS = State.COMMANDS
ASKING = TRANSITIONS[COMMANDS]

GOES_ON = {
    State.AUTH_ASKED: State.CREDENTIALS,
    State.CREDENTIALS: State.CREDENTIALS,
    State.BLOB_ASKED: State.BLOB,
}
"""Where a 3xx is no final reply: the command still waits for one."""

PRESUMED: dict[State, bytes] = {
    State.DATA_ASKED: b"3",
    State.AUTH_ASKED: b"3",
    State.BLOB_ASKED: b"3",
    State.TLS_ASKED: b"2",
}
"""The reply that must have been lost where the client went on with something that is no command."""

TELLING = frozenset((b"220", b"334", b"354"))
"""Codes that say more than that the next command was answered."""

NO_GREETING = frozenset((b"221", b"235", b"250", b"251", b"252", b"334", b"354"))
"""Codes of a first reply that show that the greeting was before the capture."""

BARE = frozenset((b"NOOP", b"RSET", b"HELP", b"QUIT", b"DATA"))
"""Verbs that firewalls put in the place of others, AUTH among them: what stands behind them may be a secret."""

ANSWERERS = {
    b"221": (b"QUIT",),
    b"235": (b"AUTH", b"X-EXPS"),
    b"334": (b"AUTH", b"X-EXPS"),
    b"354": (b"DATA", b"XEXCH50"),
}
"""Codes that no other verbs are answered with: behind a gap they tell which command a reply is of."""


class Chunk(NamedTuple):
    """What a BDAT or XEXCH50 announces."""

    size: int
    last: bool
    """Whether it ends the message."""
    masked: bool
    """Whether the verb was overwritten."""


class Parser(Record):
    """Turns the units of one connection into rows."""

    __slots__ = (
        "asked", "chunk", "commands_lost", "doubt", "greeted", "greeting_due", "guessed", "lmtp", "outstanding",
        "recipients", "replies_lost", "secrets", "state", "unheard", "unsettled",
    )  # fmt: skip

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.secrets = Secrets()
        self.state = COMMANDS
        self.outstanding: deque[int] = deque()
        """Rows that wait for a reply, as often as they wait for one."""
        self.asked = -1
        """The command whose reply says what the held client bytes are."""
        self.greeting_due = True
        self.greeted = False
        self.doubt = False
        """Bytes are missing that may have held a reply or a command: pairing is not sure."""
        self.replies_lost = False
        self.commands_lost = False
        self.unheard = False
        """Commands may be lost, and no reply came since: it may be theirs."""
        self.unsettled = True
        """Whether the greeting is due or pairing in doubt: the common path asks but once."""
        self.guessed = False
        """Whether the state is a guess: mail data read in it is UNCERTAIN."""
        self.chunk = Chunk(0, last=False, masked=False)
        """What the last BDAT or XEXCH50 announced."""
        self.lmtp = False
        self.recipients = 0
        """Recipients accepted of an LMTP transaction (RFC 2033 section 4.2)."""

    # What the client sent

    def command(self, verb: bytes, unit: Unit) -> int:
        """Take a command line that holds no secret."""
        flags = self._client_goes_on() if self.unsettled else 0
        index = self.add(COMMAND, 0, verb, unit, -1, flags)
        self.outstanding.append(index)
        if len(self.outstanding) > OUTSTANDING_LIMIT:
            self._shed(index)
        if verb in ASKING:
            self.state = ASKING[verb]
            if WANTS[self.state] is Want.HELD:
                self.asked = index
        return index

    def line(self, unit: Unit) -> int:
        """Take any command line: secrets are taken out first."""
        text, broken = unit.text, bool(unit.flags & (UNTERMINATED | CUT))
        verb, argument = split_command(text)
        if verb in (b"AUTH", b"X-EXPS"):
            text = self.secrets.auth(text)
        elif verb not in VERBS or verb in BARE:
            masked = MASKED_BDAT.match(text)
            if masked:
                return self._chunked(verb, unit, Chunk(int(masked[2]), masked[3] is not None, masked=True))
            if looks_secret(text.strip(), cut=broken):
                return self.secret(unit)
            text = self.secrets.disguised(text, cut=broken)
            verb = verb if text == unit.text else split_command(text)[0]
        elif verb == b"BDAT" and (stated := BDAT.fullmatch(argument)) and not broken:
            return self._chunked(verb, unit, Chunk(int(stated[1]), stated[2] is not None, masked=False))
        elif verb == b"XEXCH50" and (size := BLOB_SIZE.match(argument)):
            self.chunk = Chunk(int(size[0]), last=False, masked=False)
        elif verb == b"LHLO":
            self.lmtp = True
        index = self.command(verb, _stored(unit, text))
        if self.state is State.CHUNK:
            self.state = COMMANDS
        return index

    def _chunked(self, verb: bytes, unit: Unit, chunk: Chunk) -> int:
        index = self.command(verb, _stored(unit, unit.text))
        self.chunk, self.state = chunk, State.CHUNK
        return index

    def secret(self, unit: Unit) -> int:
        """Take a client line of an AUTH exchange, or one that looks like it."""
        text = self.secrets.response(unit.text)
        word = b"*" if text.strip() == b"*" else b""
        if self.state is State.CREDENTIALS and self.asked >= 0:
            self.state = after(self.state, Signal.LINE)
            return self.add(SECRET, 0, word, _stored(unit, text), -1, UNCERTAIN if self.doubt else 0)
        flags = self._client_goes_on() if self.unsettled else 0
        index = self.add(SECRET, 0, word, _stored(unit, text), -1, flags | UNCERTAIN)
        self.expect(index)
        self.state = COMMANDS
        return index

    def expect(self, index: int, times: int = 1) -> None:
        """Let a row wait for replies."""
        self.outstanding.extend([index] * min(times, OUTSTANDING_LIMIT))
        if len(self.outstanding) > OUTSTANDING_LIMIT:
            self._shed(index)

    def _shed(self, index: int) -> None:
        row = self.rows[index]
        self.note("bound", row.direction, row.last_frame, row.time, "commands without a reply")
        while len(self.outstanding) > OUTSTANDING_LIMIT:
            self.outstanding.popleft()

    def mail_ended(self, index: int) -> None:
        """Let mail data wait for its reply; in LMTP for one of each recipient (RFC 2033 section 4.2)."""
        if self.replies_lost:
            self.outstanding.clear()
            self.replies_lost = False
        self.expect(index, max(1, self.recipients) if self.lmtp else 1)
        self.recipients = 0

    def _client_goes_on(self) -> int:
        """Return the flags of a client unit while the greeting is due or pairing in doubt."""
        if not self.doubt:
            return EARLY
        # Who sends the next command has read the replies to all before it, captured or not.
        if not self.outstanding and not self.unheard:
            self.doubt = self.commands_lost = self.greeting_due = self.unsettled = False
            return 0
        if self.replies_lost:
            self.outstanding.clear()
            self.asked, self.replies_lost = -1, False
        return UNCERTAIN

    # What the server sent

    def reply(self, code: bytes, unit: Unit) -> int:
        """Take a whole reply and pair it with what it answers."""
        if self.secrets.known:
            text = self.secrets.repeated(unit.text)
            unit = unit if text == unit.text else unit._replace(text=text, flags=unit.flags | REDACTED)
        outstanding = self.outstanding
        if self.unsettled or not outstanding or code in TELLING or outstanding[0] == self.asked:
            answers, flags = self._pair(code)
        else:
            answers = outstanding.popleft()
            flags = 0 if outstanding and outstanding[0] == answers else FINAL
        if self.lmtp and answers >= 0:
            self._count_recipient(answers, code)
        return self.add(REPLY, 1, code, unit, answers, flags)

    def assembled(self, code: bytes, unit: Unit, frames: Frames) -> None:
        """Take a reply whose lines came one by one, perhaps in several frames."""
        index = self.reply(code, unit)
        if frames:
            self.frames[index] = frames

    def _pair(self, code: bytes) -> tuple[int, int]:
        """Pair a reply that is not just the next one; return the row that it answers and its flags."""
        flags = self._settle(code) if self.unsettled else 0
        self.unheard = False
        if not self.outstanding or flags & GREETING or (flags & UNCERTAIN and not self._fits(code)):
            self._believe(code)
            return -1, flags | FINAL
        if code in ASKING and self.asked in self.outstanding:
            # Whoever asks for mail data answers DATA, even if a server left out a reply before it.
            self._fits(code)
        answers = self.outstanding[0]
        if answers == self.asked:
            flags |= self._decide(code)
        elif code in ASKING:
            flags |= self._out_of_turn(code)
        else:
            flags |= self._pop()
            if code == b"220" and self.rows[answers].word == b"XCLIENT":
                flags |= GREETING
        if self.doubt and not self.outstanding and not self.commands_lost:
            self.doubt, self.unsettled = False, self.greeting_due
        return answers, flags

    def _settle(self, code: bytes) -> int:
        """Return the flags of a reply while the greeting is due or pairing in doubt."""
        due, self.greeting_due = self.greeting_due, False
        if not self.doubt:
            self.unsettled, self.greeted = False, code not in NO_GREETING
            return GREETING if self.greeted else 0
        if due and code == b"220" and not self.outstanding:
            self.greeted = True
            return GREETING | UNCERTAIN
        return UNCERTAIN

    def _fits(self, code: bytes) -> bool:
        """Tell whether a reply in doubt can answer a row that waits; those before it were answered in the gap."""
        verbs = ANSWERERS.get(code)
        if verbs is None:
            return not (code[:1] == b"2" and self.rows[self.outstanding[0]].word == b"DATA")
        for position, index in enumerate(self.outstanding):
            if self.rows[index].word in verbs:
                for _ in range(position):
                    self.outstanding.popleft()
                return True
        return False

    def _decide(self, code: bytes) -> int:
        """Take the reply that says what the client's bytes are; return the reply's flags."""
        reply_class, self.guessed = code[:1], False
        if reply_class == b"3" and self.state in GOES_ON:
            self.state = GOES_ON[self.state]
            return 0
        if WANTS[self.state] is Want.HELD or self.state is State.CREDENTIALS:
            self.state = after(self.state, reply_class)
        self.asked = -1
        return self._pop()

    def _out_of_turn(self, code: bytes) -> int:
        """Take a 354 or a 334 to another command; return the reply's flags."""
        if self._believe(code) and self.state is State.CREDENTIALS:
            self.asked = self.outstanding[0]
            return 0
        return self._pop()

    def _believe(self, code: bytes) -> bool:
        """Let a 354 or a 334 mean what it says, whatever it answers, if it means something now."""
        if code not in ASKING or self.state is not COMMANDS:
            return False
        self.state, self.guessed = ASKING[code], True
        return True

    def _pop(self) -> int:
        """Take the first row that waits; return FINAL if it waits for nothing more."""
        outstanding = self.outstanding
        index = outstanding.popleft()
        return 0 if outstanding and outstanding[0] == index else FINAL

    def _count_recipient(self, answers: int, code: bytes) -> None:
        verb = self.rows[answers].word
        if verb == b"MAIL":
            self.recipients = 0
        elif verb == b"RCPT" and code[:1] == b"2":
            self.recipients += 1

    # What nobody captured

    def gap(self, direction: int, gap: Gap) -> None:
        """Note missing bytes: pairing is in doubt from here on."""
        unit = Unit(b"", gap.offset, gap.length or 0, gap.frame, gap.frame, gap.time, 0, 0, 0)
        self.add(GAP, direction, gap.why.encode(), unit)
        self.doubt = self.unsettled = True
        if direction:
            self.replies_lost = True
        else:
            self.commands_lost = self.unheard = True

    def presume(self, first_line: bytes) -> None:
        """Decide without the reply what held client bytes are, from how they begin."""
        self.state = COMMANDS if COMMAND_START.match(first_line) else after(self.state, PRESUMED[self.state])
        self.guessed = True

    def close(self) -> None:
        """End: where no greeting was captured no command is known to be early."""
        if not self.greeted:
            self.rows = [row._replace(flags=row.flags & ~EARLY) if row.flags & EARLY else row for row in self.rows]


def _stored(unit: Unit, text: bytes) -> Unit:
    """Return a unit with the text that a dialogue keeps."""
    flags = unit.flags if text == unit.text else unit.flags | REDACTED
    if len(text) > TEXT_LIMIT:
        text, flags = cut(text, TEXT_LIMIT), flags | CUT
    return unit if text is unit.text else unit._replace(text=text, flags=flags)
