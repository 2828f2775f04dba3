"""A dialogue as the session object of the document: one pass over its rows.

This is the hot path of a large report, so it reads rows and not the views that are made of them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from pcapsleuth.report.escape import escape, lines
from pcapsleuth.report.model import SessionFacts
from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind, Mail, Row
from pcapsleuth.smtp.grammar import REPLY_LINE, split_command
from pcapsleuth.smtp.views import outcome
from pcapsleuth.tcp.connection import Endpoint
from pcapsleuth.tcp.segments import FILE_SHIFT

Json = dict[str, Any]

NUMBER = (1 << FILE_SHIFT) - 1
"""The bits of a frame id that number the frame within its file."""

_PATH = re.compile(rb'[^<]*<((?:"(?:\\.|[^"\\])*"|[^>"])*)>?')
"""A reverse-path or forward-path in its angle brackets (RFC 5321 section 4.1.2)."""

COMMAND, REPLY = int(Kind.COMMAND), int(Kind.REPLY)
FINAL, GREETING = int(Flag.FINAL), int(Flag.GREETING)
"""Plain numbers: to compare with a member of an enumeration takes ten times as long."""

_KINDS = frozenset((int(Kind.CHUNK), int(Kind.SECRET)))
"""What belongs to the command before it, and whose reply is that command's."""

_CODES = re.compile(rb"^(?:" + REPLY_LINE.pattern + rb")", re.MULTILINE)
"""The codes of all lines of a reply."""

_HELLO = frozenset({b"EHLO", b"HELO", b"LHLO"})


def describe(dialogue: Dialogue, side: str, direction: str | None = None, known: SessionFacts | None = None) -> Json:
    """Make the session object of the contract; `known` spares working out the facts once more."""
    known = known or facts(dialogue)
    connection = dialogue.connection
    session = _Session(dialogue)
    gaps = sum(len(stream.gaps) for stream in connection.streams)
    return {
        "side": side,
        "index": connection.index,
        "direction": direction,
        "client": endpoint(connection.client),
        "server": endpoint(connection.server),
        "start": connection.start,
        "end": connection.end,
        "file": connection.first_frame >> FILE_SHIFT,
        "first_frame": connection.first_frame & NUMBER,
        "last_frame": connection.last_frame & NUMBER,
        "complete": not known.partial,
        "gaps": gaps,
        "tls": dialogue.tls,
        "banner": session.banner,
        "ehlo": session.ehlo,
        "capabilities": session.capabilities,
        "outcome": known.outcome,
        "commands": session.commands,
        "transactions": session.transactions,
        "last_file": connection.last_frame >> FILE_SHIFT,
        "unasked": session.unasked,
    }


def facts(dialogue: Dialogue) -> SessionFacts:
    """The few facts of a session that are asked of all of them at once."""
    result = outcome(dialogue)
    idle = result == "gave-up" and not any(row.word == b"MAIL" and row.kind == COMMAND for row in dialogue.rows)
    return SessionFacts(result, comparable(dialogue), not complete(dialogue), dialogue.tls, idle)


def complete(dialogue: Dialogue) -> bool:
    """Whether both SYNs and an end were captured, and nothing between is missing."""
    streams = dialogue.connection.streams
    ended = any(stream.fin is not None or stream.rst is not None for stream in streams)
    return dialogue.connection.handshake and ended and not any(stream.gaps for stream in streams)


def comparable(dialogue: Dialogue) -> bool:
    """Whether greeting, first command and its reply were captured: the least that says anything."""
    greeted = False
    first = -1
    for index, row in enumerate(dialogue.rows):
        if row.kind == REPLY:
            greeted |= bool(row.flags & GREETING)
            if greeted and first >= 0 and row.answers == first:
                return True
        elif row.kind == COMMAND and first < 0:
            first = index
    return False


@lru_cache(4096)
def _address(high: int, low: int) -> str:
    """An address as text; the same few come again and again."""
    return Endpoint(high, low, 0).address


def endpoint(one: Endpoint) -> Json:
    """An address and a port."""
    return {"address": _address(one.high, one.low), "port": one.port}


class _Session:
    """Gathers what the rows of a dialogue say."""

    __slots__ = (
        "announced", "banner", "blob", "capabilities", "commands", "ehlo", "mails", "open", "owners", "senders",
        "transactions", "unasked",
    )  # fmt: skip

    def __init__(self, dialogue: Dialogue) -> None:
        self.blob = dialogue.blob
        self.mails = {row: mail for mail in dialogue.mails for row in (*mail.rows, mail.row)}
        self.banner: str | None = None
        self.ehlo: str | None = None
        self.capabilities: list[str] = []
        self.commands: list[Json] = []
        self.transactions: list[Json] = []
        self.unasked: list[Json] = []
        self.open: Json | None = None
        """The transaction that RCPT and mail data add to."""
        self.owners: dict[int, Json] = {}
        """What takes the reply to a row: its command, or the transaction whose mail data it is."""
        self.senders: dict[int, Json] = {}
        """The transaction that also takes the reply to a row, where the command that it answers carried the data."""
        self.announced = -1
        """The last command."""
        for index, row in enumerate(dialogue.rows):
            kind = row.kind
            if kind == COMMAND:
                self._command(index, row)
            elif kind == REPLY:
                self._reply(row)
            elif kind in _KINDS and self.commands:
                self.owners[index] = self.commands[-1]
            if index in self.mails and kind != REPLY:
                self._mail(index, self.mails[index])

    def _command(self, index: int, row: Row) -> None:
        """A command line: verb and argument."""
        text = self.blob[row.text_start : row.text_start + row.text_length]
        argument = split_command(text)[1]
        word = row.word
        entry: Json = {
            "verb": escape(word),
            "argument": escape(argument),
            "file": row.first_frame >> FILE_SHIFT,
            "frame": row.first_frame & NUMBER,
            "time": row.time,
            "reply": None,
        }
        self.owners[index] = entry
        self.commands.append(entry)
        self.announced = index
        if word == b"MAIL":
            self._begin(argument)
        elif word == b"RCPT":
            if self.open is not None:
                self.open["to"].append(path(argument))
        elif word in _HELLO:
            self.ehlo, self.open = entry["argument"], None
        elif word == b"RSET":
            self.open = None

    def _begin(self, argument: bytes) -> None:
        """A transaction begins with MAIL (RFC 5321 section 3.3)."""
        self.open = {
            "from": path(argument),
            "to": [],
            "message_id": None,
            "bytes": 0,
            "digest": None,
            "body_bytes": 0,
            "body_digest": None,
            "complete": False,
            "reply": None,
        }
        self.transactions.append(self.open)

    def _mail(self, index: int, mail: Mail) -> None:
        """Mail data: its last row closes the transaction and takes the reply."""
        if self.open is None:
            self._begin(b"")
            self.transactions[-1]["from"] = None
        transaction = self.transactions[-1]
        if index != mail.row:
            return
        if mail.chunked:
            self.senders[index] = self.senders[self.announced] = transaction
        else:
            self.owners[index] = transaction
        transaction["message_id"] = escape(mail.message_id) if mail.message_id else None
        transaction["bytes"] = mail.length
        transaction["digest"] = mail.digest and mail.digest.hex()
        transaction["body_bytes"] = mail.body_length
        transaction["body_digest"] = mail.body_digest and mail.body_digest.hex()
        transaction["complete"] = mail.complete
        self.open = None

    def _reply(self, row: Row) -> None:
        """A reply goes to what it answers; a greeting and what nobody asked for stand for themselves."""
        text = _without_code(self.blob[row.text_start : row.text_start + row.text_length], row.word)
        reply = {
            "code": int(row.word) if row.word else None,
            "text": text,
            "file": row.first_frame >> FILE_SHIFT,
            "frame": row.first_frame & NUMBER,
            "time": row.time,
        }
        answers = row.answers
        if answers in self.senders:
            self.senders[answers]["reply"] = reply
        owner = self.owners.get(answers)
        if owner is not None:
            if owner["reply"] is None or row.flags & FINAL:
                owner["reply"] = reply
                if row.word == b"250" and owner.get("verb") in ("EHLO", "LHLO"):
                    self.capabilities = [line for line in text.split("\n")[1:] if line not in ("", "OK")]
        elif row.flags & GREETING and self.banner is None:
            self.banner = text
        else:
            self.unasked.append(reply)


def _without_code(text: bytes, code: bytes) -> str:
    """The lines of a reply without code, joined by a newline; a line without the code stays as it is."""
    if text[:3] == code and text.find(b"\n") == len(text) - 1 and text[3:4] in (b" ", b"-"):
        return escape(text[4:].rstrip(b"\r\n"))
    plain = _CODES.sub(b"", text).rstrip(b"\r\n").replace(b"\r\n", b"\n")
    if plain.isascii() and b"\\" not in plain and plain.replace(b"\n", b"").decode().isprintable():
        return plain.decode()
    return "\n".join(escape(REPLY_LINE.sub(b"", line, count=1)) for line in lines(text))


def path(argument: bytes) -> str:
    """The address of a MAIL or RCPT argument: what stands in angle brackets, else the first word."""
    match = _PATH.match(argument)
    if match:
        return escape(match[1])
    return escape((argument.partition(b":")[2].split() or [b""])[0])
