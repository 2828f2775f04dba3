"""Tries: each time a client sent a message, kept small so that tries of hours can be compared with each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from xxhash import xxh3_64_intdigest

from pcapsleuth.smtp.dialogue import Dialogue, Kind, Mail, Row
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER

COMMAND, REPLY, MAIL = int(Kind.COMMAND), int(Kind.REPLY), int(Kind.MAIL)

RESETS = frozenset({b"EHLO", b"HELO", b"LHLO", b"RSET"})
REFUSALS = (b"4", b"5")


class Try(NamedTuple):
    """One transaction in which mail data was sent, as one capture shows it."""

    session: int
    sender: int
    """Hash of the reverse-path."""
    recipients: frozenset[int]
    """Hashes of the forward-paths that were not refused."""
    message_id: int
    """Hash of the Message-ID; 0 for none."""
    header: int
    """Hash of the header; 0 where it is not whole."""
    body: int
    """Hash of length and digest of the body; 0 where it is not whole."""
    ended: bool
    answer: bytes
    """Code of the reply to the end of data; empty where none was seen."""
    unheard: bool
    """The answer may have been lost by the capture: it proves nothing that none was seen."""
    late: bool
    """The answer came when the client had closed: it was no answer any more."""
    time: int
    """When the data ended or stopped."""
    frame: int
    """First frame of the mail data."""
    offset: int


def tries(dialogue: Dialogue) -> list[Try]:
    """The tries of a session, in order."""
    mails = [mail for mail in dialogue.mails if mail.length]
    if not mails:
        return []
    replies = [row for row in dialogue.rows if row.kind == REPLY]
    answers = {row.answers: row.word for row in replies}
    return [_try(dialogue, mail, answers, replies) for mail in mails]


def same_message(one: Try, other: Try) -> bool:
    """Tell whether two tries carry one message to a common recipient.

    Without a Message-ID equal bodies are not enough where the first was answered: a monitor sends equal mails.
    """
    if one.sender != other.sender or not one.recipients & other.recipients:
        return False
    if one.message_id or other.message_id:
        return one.message_id == other.message_id
    if one.answer:
        return False
    return (one.body != 0 and one.body == other.body) or (one.header != 0 and one.header == other.header)


def refused(attempt: Try) -> bool:
    """Tell whether the client was told that this try failed."""
    return attempt.answer[:1] in REFUSALS


def _try(dialogue: Dialogue, mail: Mail, answers: dict[int, bytes], replies: list[Row]) -> Try:
    """Make the try of one mail."""
    first = min(mail.rows or (mail.row,))
    sender = 0
    recipients: set[int] = set()
    for index, row in _envelope(dialogue, first):
        path = _path(dialogue.text(row))
        if row.word == b"MAIL":
            sender, recipients = path, set()
        elif answers.get(index, b"")[:1] not in REFUSALS:
            recipients.add(path)
    end = dialogue.rows[mail.row]
    return Try(
        session=dialogue.connection.index,
        sender=sender,
        recipients=frozenset(recipients),
        message_id=xxh3_64_intdigest(mail.message_id) if mail.message_id else 0,
        header=xxh3_64_intdigest(mail.header) if mail.body_offset >= 0 and mail.header else 0,
        body=xxh3_64_intdigest(mail.body_digest + mail.body_length.to_bytes(8, "big"))
        if mail.ended and mail.body_digest is not None
        else 0,
        ended=mail.ended,
        answer=_answer(mail, answers),
        unheard=_unheard(dialogue, end.time),
        late=_late(dialogue, mail, replies),
        time=end.time,
        frame=dialogue.rows[first].first_frame,
        offset=mail.offset,
    )


def _answer(mail: Mail, answers: dict[int, bytes]) -> bytes:
    """The code that answers a mail: of its own row, or for BDAT of the command that announced the last chunk."""
    if not mail.chunked:
        return answers.get(mail.row, b"")
    return answers.get(mail.row, b"") or answers.get(mail.row - 1, b"")


def _late(dialogue: Dialogue, mail: Mail, replies: list[Row]) -> bool:
    """Tell whether the answer to a mail came behind the client's FIN or RST and was never acknowledged."""
    client = dialogue.connection.streams[TO_SERVER]
    ends = [mark.time for mark in (client.fin, client.rst) if mark is not None]
    if not ends:
        return False
    carriers = (mail.row, *mail.rows)
    answer = next((row for row in replies if row.answers in carriers), None)
    if answer is None or dialogue.connection.streams[TO_CLIENT].acked > answer.offset:
        return False
    return min(ends) < answer.time


def _unheard(dialogue: Dialogue, time: int) -> bool:
    """Tell whether the capture lost bytes of the server after the end of the mail data, or has none of them."""
    stream = dialogue.connection.streams[TO_CLIENT]
    lost = (gap.time >= time and (gap.why != "lost" or stream.acked > gap.offset) for gap in stream.gaps)
    return not stream.segments or any(lost)


def _envelope(dialogue: Dialogue, before: int) -> Iterator[tuple[int, Row]]:
    """MAIL and RCPT rows of the transaction that a row belongs to."""
    start = before
    while start > 0 and not _closes(dialogue.rows[start - 1]):
        start -= 1
    for index in range(start, before):
        row = dialogue.rows[index]
        if row.kind == COMMAND and row.word in (b"MAIL", b"RCPT"):
            yield index, row


def _closes(row: Row) -> bool:
    """Tell whether a row ends the transaction before it."""
    if row.direction != TO_SERVER:
        return False
    return row.kind == MAIL or (row.kind == COMMAND and row.word in RESETS)


def _path(line: bytes) -> int:
    """Hash of the address of MAIL or RCPT: what devices and parameters do not touch."""
    address = line.partition(b":")[2].strip().split(b" ", 1)[0].strip(b"<>\r\n")
    return xxh3_64_intdigest(address.lower())
