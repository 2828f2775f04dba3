"""Tries: each time a client sent a message, kept small so that tries of hours can be compared with each other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, Self

from xxhash import xxh3_64_intdigest

from pcapsleuth.compare.absence import FOREVER
from pcapsleuth.smtp.dialogue import Dialogue, Kind, Mail, Row
from pcapsleuth.smtp.grammar import CLOSING
from pcapsleuth.smtp.script import KEPT, Script
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER

COMMAND, MAIL = int(Kind.COMMAND), int(Kind.MAIL)

RESETS = frozenset({b"EHLO", b"HELO", b"LHLO", b"RSET"})
ENVELOPE = (b"MAIL", b"RCPT")
REFUSALS = (b"4", b"5")


HEARD = 1_000_000_000
"""ns since the server was heard, in which nobody gives up for want of it (RFC 6298 section 2.1: the first timeout)."""


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
    took: int
    """ns from the end of the data to the answer; -1 where one of them was not seen."""
    stayed: int
    """ns from the end of the data to the client's FIN or RST; likewise."""
    left: bool
    """The client closed or reset in the midst of the data, with nothing in its way."""
    began: int
    """When what stands before the data was said."""
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
    if not dialogue.mails:
        return []
    deaf = _deaf_until(dialogue)
    return [
        _try(dialogue, mail, plan, unheard=deaf >= dialogue.rows[mail.row].time)
        for mail, plan in zip(dialogue.mails, _plans(dialogue.script), strict=True)
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
    replies = {script.answers[at]: at for at in reversed(script.replies)}
    plans: list[_Plan] = []
    behind = 0
    for row, rows, _, chunked in script.mails:
        first = min(rows or (row,))
        # The answer to a message of chunks may be that of the command that announced the last one.
        asked = row - 1 if chunked and row not in replies else row
        envelope = _envelope(script, behind, first, codes)
        plans.append(_Plan(first, *envelope, codes.get(asked, b""), replies.get(asked)))
        behind = max(row, *rows) + 1
    return tuple(plans)


def _envelope(script: Script, behind: int, before: int, codes: dict[int, bytes]) -> tuple[int | None, tuple[int, ...]]:
    """The last MAIL of a transaction, and its RCPTs that were not refused; `behind` the mail before it."""
    start = before
    while start > behind and not _closes(script, start - 1):
        start -= 1
    sender: int | None = None
    recipients: list[int] = []
    for at in range(start, before):
        if script.kinds[at] != COMMAND or script.words[at] not in ENVELOPE:
            continue
        taken = codes.get(at, b"")[:1] not in REFUSALS
        if script.words[at] == b"RCPT":
            recipients += [at] * taken
        elif taken or sender is None:
            # One that is refused leaves the transaction before it open (RFC 5321 section 4.1.4).
            sender, recipients = at, []
    return sender, tuple(recipients)


def _closes(script: Script, at: int) -> bool:
    """Tell whether a row ends the transaction before it."""
    return script.kinds[at] == MAIL or (script.kinds[at] == COMMAND and script.words[at] in RESETS)


def _try(dialogue: Dialogue, mail: Mail, plan: _Plan, *, unheard: bool) -> Try:
    """Make the try of one mail."""
    rows = dialogue.rows
    time = rows[mail.row].time
    body = mail.body_digest if mail.ended else None
    answer, late, took = _answer(dialogue, plan, time)
    stayed = min((end - time for end in dialogue.connection.streams[TO_SERVER].ends if end >= time), default=-1)
    if mail.digest is None and not mail.terminator:
        # The capture lacks some of the data, and its end: when it came is not known.
        took = stayed = -1
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
            unheard,
            late,
            took,
            stayed,
            not mail.ended and _left(dialogue),
            rows[max(plan.first - 1, 0)].time,
            time,
            rows[plan.first].first_frame,
            mail.offset,
        ),
    )


def _answer(dialogue: Dialogue, plan: _Plan, time: int) -> tuple[bytes, bool, int]:
    """The answer to a mail, whether its client had closed before, and the nanoseconds that it took; -1 without one."""
    if plan.reply is None:
        return plan.answer, False, -1
    reply = dialogue.rows[plan.reply]
    if _undelivered(dialogue, reply):
        return b"", False, -1
    late = _late(dialogue, reply)
    # What a server says to a client that has closed is no answer to its mail (RFC 5321 section 3.8).
    answer = b"" if late and plan.answer == CLOSING else plan.answer
    return answer, late and bool(answer), reply.time - time


def _late(dialogue: Dialogue, answer: Row) -> bool:
    """Tell whether the answer to a mail came behind the client's FIN or RST and was never acknowledged."""
    client, server = dialogue.connection.streams
    if server.acked > answer.offset:
        return False
    return any(end < answer.time for end in client.ends)


def _undelivered(dialogue: Dialogue, answer: Row) -> bool:
    """Tell whether bytes before an answer never arrived: TCP hands over nothing behind them (RFC 9293 section 3.8)."""
    server = dialogue.connection.streams[TO_CLIENT]
    return any(gap.why == "lost" and server.acked <= gap.offset < answer.offset for gap in server.gaps)


def _left(dialogue: Dialogue) -> bool:
    """Tell whether the client ended the connection itself, when all that it had said had arrived or was about to."""
    client, server = dialogue.connection.streams
    end = min(client.ends, default=FOREVER)
    if end == FOREVER or end >= min(server.ends, default=FOREVER):
        return False
    return (client.acked >= client.length and not client.retransmitted) or server.last_time > end - HEARD


def _deaf_until(dialogue: Dialogue) -> int:
    """The time of the last bytes of the server that the capture lost; for ever, if it has none of them, or no end."""
    client, stream = dialogue.connection.streams
    # Who tries again has closed, or been cut off and repeated what it said: of what ends in neither way the capture
    # lost the end.
    ended = client.fin or client.rst or stream.fin or stream.rst or client.retransmitted
    if not stream.segments or not ended:
        return FOREVER
    return max((gap.time for gap in stream.gaps if gap.why != "lost" or stream.acked > gap.offset), default=-1)


def _path(line: bytes) -> int:
    """Hash of the address of MAIL or RCPT: what devices and parameters do not touch."""
    address = line.partition(b":")[2].strip().split(b" ", 1)[0].strip(b"<>\r\n")
    return xxh3_64_intdigest(address.lower())
