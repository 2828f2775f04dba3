"""Which rows make which part of a session object: the same for all sessions of a script, so it is drawn up once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from pcapsleuth.report.escape import escape
from pcapsleuth.smtp.dialogue import Flag, Kind
from pcapsleuth.smtp.script import KEPT, LISTS, Script

COMMAND, REPLY = int(Kind.COMMAND), int(Kind.REPLY)
FINAL, GREETING = int(Flag.FINAL), int(Flag.GREETING)

_KINDS = frozenset((int(Kind.CHUNK), int(Kind.SECRET)))
"""What belongs to the command before it, and whose reply is that command's."""

_HELLO = frozenset({b"EHLO", b"HELO", b"LHLO"})


@dataclass(slots=True)
class CommandLine:
    """A command and what answers it; numbers are of rows."""

    row: int
    reply: int | None = None


@dataclass(slots=True)
class Envelope:
    """A transaction: begun by MAIL (RFC 5321 section 3.3), or by mail data whose envelope was not captured."""

    sender: int | None
    recipients: list[int] = field(default_factory=list)
    mail: int | None = None
    """The number of its mail among those of the dialogue."""
    reply: int | None = None


@dataclass(slots=True)
class Outline:
    """The parts of a session object."""

    commands: list[CommandLine] = field(default_factory=list)
    transactions: list[Envelope] = field(default_factory=list)
    unasked: list[int] = field(default_factory=list)
    """Replies that nobody asked for."""
    banner: int | None = None
    hello: int | None = None
    """The last EHLO, HELO or LHLO."""
    listing: int | None = None
    """The last reply that lists capabilities."""
    verbs: tuple[str, ...] = ()
    """The word of each row as text."""
    codes: tuple[int | None, ...] = ()
    """Of each row that is a reply its code."""


@lru_cache(KEPT)
def outline(script: Script) -> Outline:
    """Draw up the outline of a script."""
    return _Draft(script).outline


class _Draft:
    """Goes through the rows of a script."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.refused = {asked for _, asked in script.refusals}
        self.outline = Outline(
            verbs=tuple(map(escape, script.words)), codes=tuple(map(_code, script.words, script.kinds))
        )
        self.open: Envelope | None = None
        """The transaction that RCPT and mail data add to."""
        self.owners: dict[int, CommandLine | Envelope] = {}
        """What takes the reply to a row: its command, or the transaction whose mail data it is."""
        self.senders: dict[int, Envelope] = {}
        """The transaction that also takes the reply to a row, where the command that it answers carried the data."""
        mails = {row: number for number, mail in enumerate(script.mails) for row in (*mail[1], mail[0])}
        for row, kind in enumerate(script.kinds):
            if kind == COMMAND:
                self._command(row)
            elif kind == REPLY:
                self._reply(row)
            elif kind in _KINDS and self.outline.commands:
                self.owners[row] = self.outline.commands[-1]
            if row in mails and kind != REPLY:
                self._mail(row, mails[row])

    def _command(self, row: int) -> None:
        """A command line."""
        self.owners[row] = line = CommandLine(row)
        self.outline.commands.append(line)
        word = self.script.words[row]
        if word == b"MAIL":
            self._begin(row)
        elif word == b"RCPT" and self.open is not None:
            self.open.recipients.append(row)
        elif word in _HELLO:
            self.outline.hello, self.open = row, None
        elif word == b"RSET":
            self.open = None

    def _begin(self, sender: int | None) -> Envelope:
        """Begin a transaction; a MAIL that is refused leaves the one before it open (RFC 5321 section 4.1.4)."""
        begun = Envelope(sender)
        self.outline.transactions.append(begun)
        if self.open is None or sender not in self.refused:
            self.open = begun
        return begun

    def _mail(self, row: int, number: int) -> None:
        """Mail data: its last row closes the transaction and takes the reply."""
        transaction = self.open or self._begin(None)
        last, _, _, chunked = self.script.mails[number]
        if row != last:
            return
        if chunked:
            self.senders[row] = transaction
            if self.outline.commands:
                self.senders[self.outline.commands[-1].row] = transaction
        else:
            self.owners[row] = transaction
        transaction.mail = number
        self.open = None

    def _reply(self, row: int) -> None:
        """A reply goes to what it answers; a greeting and what nobody asked for stand for themselves."""
        script, outline = self.script, self.outline
        answers = script.answers[row]
        if answers in self.senders:
            self.senders[answers].reply = row
        owner = self.owners.get(answers)
        if owner is None:
            if script.flags[row] & GREETING and outline.banner is None:
                outline.banner = row
            else:
                outline.unasked.append(row)
        elif owner.reply is None or script.flags[row] & FINAL:
            owner.reply = row
            asked = isinstance(owner, CommandLine) and script.words[owner.row] in LISTS
            if asked and script.words[row] == b"250":
                outline.listing = row


def _code(word: bytes, kind: int) -> int | None:
    """The code of a reply; None where it has none."""
    return int(word) if kind == REPLY and word else None
