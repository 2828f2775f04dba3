"""Mail transactions (RFC 5321 section 3.3): mails of one connection, kept apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pcapsleuth.smtp.dialogue import Dialogue, Mail, Row
from pcapsleuth.smtp.words import COMMAND, HELLOS, MAIL, Exchange, command, exchanges

RESETS = frozenset((*HELLOS, b"RSET", b"STARTTLS", b"X-ANONYMOUSTLS"))
"""What ends a transaction, done or not (RFC 5321 section 4.1.4, RFC 3207 section 4.2)."""


class ForwardPath(NamedTuple):
    """A recipient."""

    path: bytes
    """As in the command, without angle brackets and parameters."""
    accepted: bool | None
    """What the server said; None if the capture has no answer with a code."""
    row: int


@dataclass(slots=True)
class Transaction:
    """One mail transaction, from MAIL to its end."""

    reverse_path: bytes
    """As in the command, without angle brackets and parameters; empty for the null path."""
    row: int
    """The MAIL command's row."""
    forward_paths: list[ForwardPath] = field(default_factory=list)
    mail: Mail | None = None
    reply: int | None = None
    """The row of the reply to the mail data, or to the last chunk (to the failed command where no data followed)."""
    accepted: bool | None = None
    """Whether the server took the mail; None if the capture has no answer."""

    @property
    def complete(self) -> bool:
        """The mail data is whole and was answered."""
        return self.mail is not None and self.mail.complete and self.accepted is not None


def transactions(dialogue: Dialogue) -> list[Transaction]:
    """Return the transactions in order: mails of one connection are kept apart."""
    mails = {row: mail for mail in dialogue.mails for row in mail.rows}
    found: list[Transaction] = []
    current: Transaction | None = None
    for exchange in exchanges(dialogue):
        row = dialogue.rows[exchange.row]
        if row.kind == COMMAND and row.word == b"MAIL":
            begun = Transaction(_path(dialogue, row, b"FROM:"), exchange.row)
            found.append(begun)
            if current is not None and _accepted(dialogue, exchange) is False:
                # A MAIL that was refused as out of order leaves the transaction before it open.
                begun.reply, begun.accepted = exchange.final, False
                continue
            current = begun
        elif row.kind == COMMAND and row.word in RESETS:
            current = None
        if current is None:
            if row.kind != MAIL:
                continue
            # The envelope was before the capture.
            current = Transaction(b"", exchange.row)
            found.append(current)
        if _advance(dialogue, current, exchange, mails):
            current = None
    return found


def _advance(dialogue: Dialogue, current: Transaction, exchange: Exchange, mails: dict[int, Mail]) -> bool:
    """Put an exchange into its transaction; return whether it ends there."""
    row = dialogue.rows[exchange.row]
    took = _accepted(dialogue, exchange)
    if row.kind == MAIL:
        current.mail = mails.get(exchange.row)
        current.reply, current.accepted = exchange.final, took
        return True
    if row.word == b"RCPT":
        current.forward_paths.append(ForwardPath(_path(dialogue, row, b"TO:"), took, exchange.row))
    elif row.word in (b"MAIL", b"DATA") and took is False:
        current.reply, current.accepted = exchange.final, False
    elif row.word == b"BDAT":
        chunk = exchange.row + 1
        current.mail = mails.get(chunk, current.mail)
        if took is False or (current.mail and current.mail.ended and current.mail.row == chunk):
            current.reply, current.accepted = exchange.final, took
            return took is not False
    return False


def _accepted(dialogue: Dialogue, exchange: Exchange) -> bool | None:
    """Tell what the server said: of the replies of LMTP to each recipient, one will do."""
    if exchange.final is None or not dialogue.rows[exchange.final].word:
        return None
    return any(dialogue.rows[reply].word[:1] in (b"2", b"3") for reply in exchange.replies)


def _path(dialogue: Dialogue, row: Row, keyword: bytes) -> bytes:
    """Return the path of a MAIL or RCPT command (RFC 5321 section 4.1.2)."""
    argument = command(dialogue, row).argument
    if argument[: len(keyword)].upper() == keyword:
        argument = argument[len(keyword) :].lstrip(b" \t")
    if argument.startswith(b"<"):
        end = _closing(argument)
        return argument[1:end]
    return argument.partition(b" ")[0]


def _closing(path: bytes) -> int:
    """Return where a path ends: a quoted local part may hold an angle bracket (RFC 5321 section 4.1.2)."""
    quoted = False
    for position, byte in enumerate(path):
        if byte == 0x22:  # noqa: PLR2004  a double quote
            quoted = not quoted
        elif byte == 0x3E and not quoted:  # noqa: PLR2004  >
            return position
    return len(path)
