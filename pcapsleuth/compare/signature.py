"""What is kept of a finished session so that it can be paired: a few hundred bytes, no text."""

from __future__ import annotations

import re
from typing import NamedTuple

from xxhash import xxh3_64_intdigest

from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind, Mail, Row
from pcapsleuth.tcp.connection import Connection, Endpoint, Stream

MOST_MAILS = 16
"""Mails of one session that are kept apart."""


class Signature(NamedTuple):
    """The features of one session that can survive the device.

    Hashes are XXH3-64 of the bytes (0: not seen). Nothing that a device masks is relied upon alone.
    """

    index: int  # type: ignore[assignment]  # the contract's word, though tuples have a method of that name
    client: Endpoint
    server: Endpoint
    start: int
    """ns since 1970 UTC, by the clock of its own capture."""
    end: int
    client_isn: int
    """-1: not captured."""
    server_isn: int
    client_timestamp: int
    """TSval of the SYN; -1: none."""
    server_timestamp: int
    greeting: int
    """Hash of the whole greeting."""
    greeting_length: int
    ehlo: int
    """Hash of the first EHLO/HELO argument (of the first command's argument if its verb is unknown)."""
    envelope: int
    """Hash of the first MAIL and RCPT arguments."""
    messages: tuple[int, ...]
    """Hash of Message-ID with envelope, one a mail, at most 16."""
    bodies: tuple[int, ...]
    """Hash of body length and body digest, one a mail with a whole body, at most 16."""
    queue_ids: tuple[int, ...]
    """Hash of each final reply to mail data that carries what looks like a queue id, at most 16."""
    tls: int
    """Hash of the ClientHello; its random makes it unique."""
    commands: int
    """Hash of the arguments of all commands in order (verbs, which devices mask, are left out)."""
    replies: int
    """Hash of all replies in order but greeting and EHLO reply."""
    lengths: tuple[int, int]
    """Bytes to the server and to the client."""
    segments: tuple[int, int]
    """Segments in each direction: nothing from the server makes a scan or a blocked SYN."""
    complete: bool
    """Both SYNs and an end were captured, without gaps."""
    syn_time: int = -1
    """Time of the first SYN; -1: not captured."""
    synack_time: int = -1
    greeting_time: int = -1
    """When the greeting was complete; -1: not captured."""
    envelope_time: int = -1
    """Time of the first MAIL command and of its reply: what a late start leaves to tell the clocks by."""
    envelope_reply_time: int = -1
    host: int = 0
    """Hash of the name by which the server greets (RFC 5321 section 4.2: the first word)."""
    accepted: int = 0
    """Mails whose final reply is positive: only these can come out of a relay later."""


# Plain integers: the arithmetic of enumerations takes longer than all else here.
_COMMAND, _REPLY, _MAIL, _CHUNK = int(Kind.COMMAND), int(Kind.REPLY), int(Kind.MAIL), int(Kind.CHUNK)
_GREETING = int(Flag.GREETING)
_HELLO = frozenset((b"EHLO", b"HELO", b"LHLO"))
_NOT_HELLO = frozenset(b"MAIL RCPT BDAT AUTH VRFY EXPN HELP NOOP ETRN SEND SAML SOML TURN".split())
_QUEUE_ID = re.compile(rb"(?<![\w.-])(?=[A-Za-z_=-]*[0-9])[\w=-]{6,}(?![\w.-]*\.[A-Za-z])")
"""A word of six or more with a digit in it that is no host name."""


class _Reader:
    """Gathers the features of a dialogue in one pass over its rows."""

    __slots__ = (
        "accepted", "arguments", "dialogue", "envelope", "envelope_reply_time", "envelope_row", "envelope_time",
        "envelopes", "final", "greeting", "greeting_time", "hello", "hello_rows", "queue_ids", "recipient", "replies",
        "sender",
    )  # fmt: skip

    def __init__(self, dialogue: Dialogue) -> None:
        self.dialogue = dialogue
        self.final = {mail.row for mail in dialogue.mails}
        self.arguments: list[bytes] = []
        self.replies: list[bytes] = []
        self.queue_ids: list[int] = []
        self.envelopes: dict[int, bytes] = {}
        self.hello_rows: set[int] = set()
        self.hello = self.greeting = self.envelope = self.sender = self.recipient = b""
        self.greeting_time = self.envelope_row = self.envelope_time = self.envelope_reply_time = -1
        self.accepted = 0
        for number, row in enumerate(dialogue.rows):
            kind = row[0]
            if kind == _COMMAND:
                self.command(number, row)
            elif kind == _REPLY:
                self.reply(row)
            elif kind in (_MAIL, _CHUNK):
                self.envelopes[number] = self.sender + b"\0" + self.recipient

    def command(self, number: int, row: Row) -> None:
        """Take a command: its argument, whatever became of its verb."""
        start = row.text_start
        argument = self.dialogue.blob[start : start + row.text_length].partition(b" ")[2].strip()
        if not argument:
            return
        self.arguments.append(argument)
        label = argument[:5].upper()
        if label == b"FROM:":
            self.sender, self.recipient = _address(argument), b""
            if self.envelope_row < 0:
                self.envelope_row, self.envelope_time = number, row.time
        elif label[:3] == b"TO:":
            if not self.recipient:
                self.recipient = _address(argument)
                self.envelope = self.envelope or self.sender + b"\0" + self.recipient
        elif row.word in _HELLO or (not self.hello and row.word not in _NOT_HELLO) or argument == self.hello:
            self.hello = self.hello or argument
            self.hello_rows.add(number)

    def reply(self, row: Row) -> None:
        """Take a reply, unless it is one that devices rewrite."""
        text = self.dialogue.blob[row.text_start : row.text_start + row.text_length]
        if row.flags & _GREETING:
            if not self.greeting:
                self.greeting, self.greeting_time = text, row.time
            return
        answers = row.answers
        if answers in self.hello_rows:
            return
        self.replies.append(text)
        if answers < 0:
            return
        if answers == self.envelope_row:
            self.envelope_reply_time = row.time
        if answers in self.final and row.word[:1] == b"2":
            self.accepted += 1
            if len(self.queue_ids) < MOST_MAILS and _QUEUE_ID.search(text, 4):
                self.queue_ids.append(xxh3_64_intdigest(text))

    def messages(self, mails: list[Mail]) -> tuple[int, ...]:
        """Message-ID with envelope of every mail that has one."""
        return tuple(
            xxh3_64_intdigest(
                mail.message_id + b"\0" + self.envelopes.get(mail.rows[0] if mail.rows else mail.row, b"")
            )
            for mail in mails[:MOST_MAILS]
            if mail.message_id
        )


def sign(dialogue: Dialogue) -> Signature:
    """The signature of a finished dialogue."""
    connection = dialogue.connection
    to_server, to_client = connection.streams
    read = _Reader(dialogue)
    return Signature(
        index=connection.index,
        client=connection.client,
        server=connection.server,
        start=connection.start,
        end=connection.end,
        client_isn=_isn(to_server),
        server_isn=_isn(to_client),
        client_timestamp=_timestamp(to_server),
        server_timestamp=_timestamp(to_client),
        greeting=_digest(read.greeting),
        greeting_length=len(read.greeting),
        ehlo=_digest(read.hello),
        envelope=_digest(read.envelope),
        messages=read.messages(dialogue.mails) if dialogue.mails else (),
        bodies=_bodies(dialogue.mails) if dialogue.mails else (),
        queue_ids=tuple(read.queue_ids),
        tls=_digest(dialogue.client_hello),
        commands=_digest(b"\n".join(read.arguments)),
        replies=_digest(b"".join(read.replies)),
        lengths=(to_server.length, to_client.length),
        segments=(to_server.segments, to_client.segments),
        complete=_complete(connection),
        syn_time=to_server.syn.time if to_server.syn else -1,
        synack_time=to_client.syn.time if to_client.syn else -1,
        greeting_time=read.greeting_time,
        envelope_time=read.envelope_time,
        envelope_reply_time=read.envelope_reply_time,
        host=_digest(read.greeting[4:].split(b" ", 1)[0].strip()),
        accepted=read.accepted,
    )


def _digest(text: bytes) -> int:
    return xxh3_64_intdigest(text) if text else 0


def _isn(stream: Stream) -> int:
    return -1 if stream.isn is None else stream.isn


def _timestamp(stream: Stream) -> int:
    options = stream.options
    return -1 if options is None or options.timestamp is None else options.timestamp


def _address(argument: bytes) -> bytes:
    """The path of a MAIL or RCPT argument: a proxy drops the ESMTP parameters behind it."""
    start, end = argument.find(b"<"), argument.find(b">")
    return argument[start : end + 1] if 0 <= start < end else argument


def _bodies(mails: list[Mail]) -> tuple[int, ...]:
    return tuple(
        xxh3_64_intdigest(b"%d:%b" % (mail.body_length, mail.body_digest))
        for mail in mails[:MOST_MAILS]
        if mail.body_digest is not None and mail.body_length > 0
    )


def _complete(connection: Connection) -> bool:
    to_server, to_client = connection.streams
    if to_server.syn is None or to_client.syn is None or to_server.gaps or to_client.gaps:
        return False
    reset = to_server.rst is not None or to_client.rst is not None
    return reset or (to_server.fin is not None and to_client.fin is not None)
