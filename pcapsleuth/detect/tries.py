"""Tries: each time a client sent a message, kept small so that tries of hours can be compared with each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, Self

from xxhash import xxh3_64_intdigest

from pcapsleuth.smtp.dialogue import Dialogue, Kind, Mail, Row
from pcapsleuth.smtp.script import KEPT, Script
from pcapsleuth.tcp.segments import TO_CLIENT

COMMAND, MAIL = int(Kind.COMMAND), int(Kind.MAIL)

RESETS = frozenset({b"EHLO", b"HELO", b"LHLO", b"RSET"})
ENVELOPE = (b"MAIL", b"RCPT")
REFUSALS = (b"4", b"5")
CLOSING = b"421"


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

    def renumbered(self, numbers: Sequence[int]) -> Self:
        """The same try, in a session that `numbers` gives another number."""
        return tuple.__new__(type(self), (numbers[self.session], *self[1:]))


def tries(dialogue: Dialogue) -> list[Try]:
    """The tries of a session, in order."""
    return [
        _try(dialogue, mail, plan)
        for mail, plan in zip(dialogue.mails, _plans(dialogue.script) if dialogue.mails else (), strict=True)
        if mail.length
    ]


def marks(attempt: Try) -> list[tuple[int, int]]:
    """What tries of one message have in common: the Message-ID or, without one, header or body."""
    if attempt.message_id:
        return [(attempt.sender, attempt.message_id)]
    return [(attempt.sender, mark) for mark in dict.fromkeys((attempt.header, attempt.body)) if mark]


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
    """Tell whether the client was told that this try failed: who has closed hears no answer."""
    return attempt.answer[:1] in REFUSALS and not attempt.late


class _Plan(NamedTuple):
    """Where the parts of a try stand; numbers are of rows."""

    first: int
    """The first of its mail data."""
    sender: int | None
    recipients: tuple[int, ...]
    """Those that were not refused."""
    answer: bytes
    reply: int | None
    """The first reply to its mail data."""


@lru_cache(KEPT)
def _plans(script: Script) -> tuple[_Plan, ...]:
    """Find the parts of the tries of a script, one of each mail."""
    codes = {script.answers[at]: script.words[at] for at in script.replies}
    return tuple(_plan(script, mail, codes) for mail in script.mails)


def _plan(script: Script, mail: tuple[int, tuple[int, ...], bool, bool], codes: dict[int, bytes]) -> _Plan:
    """Find the parts of one."""
    row, rows, _, chunked = mail
    first = min(rows or (row,))
    sender: int | None = None
    recipients: list[int] = []
    for at in _envelope(script, first):
        if script.words[at] == b"MAIL":
            sender, recipients = at, []
        elif codes.get(at, b"")[:1] not in REFUSALS:
            recipients.append(at)
    # The answer to a message of chunks may be that of the command that announced the last one.
    answer = codes.get(row, b"") or (codes.get(row - 1, b"") if chunked else b"")
    reply = next((at for at in script.replies if script.answers[at] in (row, *rows)), None)
    return _Plan(first, sender, tuple(recipients), answer, reply)


def _envelope(script: Script, before: int) -> Iterator[int]:
    """MAIL and RCPT rows of the transaction that a row belongs to."""
    start = before
    while start > 0 and not _closes(script, start - 1):
        start -= 1
    return (at for at in range(start, before) if script.kinds[at] == COMMAND and script.words[at] in ENVELOPE)


def _closes(script: Script, at: int) -> bool:
    """Tell whether a row ends the transaction before it."""
    return script.kinds[at] == MAIL or (script.kinds[at] == COMMAND and script.words[at] in RESETS)


def _try(dialogue: Dialogue, mail: Mail, plan: _Plan) -> Try:
    """Make the try of one mail."""
    rows = dialogue.rows
    time = rows[mail.row].time
    body = mail.body_digest if mail.ended else None
    late = plan.reply is not None and _late(dialogue, rows[plan.reply])
    # What a server says to a client that has closed is no answer to its mail (RFC 5321 section 3.8).
    answer = b"" if late and plan.answer == CLOSING else plan.answer
    return tuple.__new__(
        Try,
        (
            dialogue.connection.index,
            0 if plan.sender is None else _path(dialogue.text(rows[plan.sender])),
            frozenset([_path(dialogue.text(rows[at])) for at in plan.recipients]),
            xxh3_64_intdigest(mail.message_id) if mail.message_id else 0,
            xxh3_64_intdigest(mail.header) if mail.body_offset >= 0 and mail.header else 0,
            0 if body is None else xxh3_64_intdigest(body + mail.body_length.to_bytes(8, "big")),
            mail.ended,
            answer,
            _unheard(dialogue, time),
            late and bool(answer),
            time,
            rows[plan.first].first_frame,
            mail.offset,
        ),
    )


def _late(dialogue: Dialogue, answer: Row) -> bool:
    """Tell whether the answer to a mail came behind the client's FIN or RST and was never acknowledged."""
    client, server = dialogue.connection.streams
    if server.acked > answer.offset:
        return False
    return any(end < answer.time for end in client.ends)


def _unheard(dialogue: Dialogue, time: int) -> bool:
    """Tell whether the capture lost bytes of the server after the end of the mail data, or has none of them."""
    stream = dialogue.connection.streams[TO_CLIENT]
    if stream.segments and not stream.gaps:
        return False
    lost = (gap.time >= time and (gap.why != "lost" or stream.acked > gap.offset) for gap in stream.gaps)
    return not stream.segments or any(lost)


def _path(line: bytes) -> int:
    """Hash of the address of MAIL or RCPT: what devices and parameters do not touch."""
    address = line.partition(b":")[2].strip().split(b" ", 1)[0].strip(b"<>\r\n")
    return xxh3_64_intdigest(address.lower())
