"""A dialogue as the session object of the document: its outline, filled with words, frames and times.

This is the hot path of a large report: it reads rows and not the views that are made of them, and remembers the texts
that servers say again and again.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from pcapsleuth.report.escape import escape, lines
from pcapsleuth.report.model import SessionFacts
from pcapsleuth.report.outline import CommandLine, Envelope, Outline, outline
from pcapsleuth.smtp.dialogue import Dialogue, Kind, Mail
from pcapsleuth.smtp.grammar import REPLY_LINE, split_command
from pcapsleuth.smtp.outcome import outcome
from pcapsleuth.smtp.remembered import Remembered
from pcapsleuth.smtp.script import KEPT, Script
from pcapsleuth.tcp.connection import Endpoint
from pcapsleuth.tcp.icmp import IcmpError
from pcapsleuth.tcp.segments import FILE_SHIFT

Json = dict[str, Any]

NUMBER = (1 << FILE_SHIFT) - 1
"""The bits of a frame id that number the frame within its file."""

_PATH = re.compile(rb'[^<]*<((?:"(?:\\.|[^"\\])*"|[^>"])*)>?')
"""A reverse-path or forward-path in its angle brackets (RFC 5321 section 4.1.2)."""

TO_SEND = (b"EHLO", b"HELO", b"LHLO", b"STARTTLS", b"AUTH", b"X-EXPS", b"X-ANONYMOUSTLS")
"""What a client may have to say before it can send mail."""

TO_DELIVER = (b"MAIL", b"RCPT", b"DATA", b"BDAT")
"""What a mail is delivered by."""

BULK = (int(Kind.MAIL), int(Kind.CHUNK))

_AROUND = " \t\r\n"
"""What stands around the words of a command line."""

_CODES = re.compile(rb"^(?:" + REPLY_LINE.pattern + rb")", re.MULTILINE)
"""The codes of all lines of a reply."""


def describe(dialogue: Dialogue, side: str, direction: str | None = None, known: SessionFacts | None = None) -> Json:
    """Make the session object of the contract; `known` spares working out the facts once more."""
    known = known or facts(dialogue)
    connection = dialogue.connection
    client, server = connection.streams
    parts = outline(dialogue.script)
    said = _Said(dialogue, parts)
    commands = list(map(said.command, parts.commands))
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
        "gaps": client.gap_count + server.gap_count,
        "tls": dialogue.tls,
        "banner": None if parts.banner is None else said.text(parts.banner),
        "ehlo": None if parts.hello is None else said.arguments[parts.hello],
        "capabilities": [] if parts.listing is None else _capabilities(said.text(parts.listing)),
        "outcome": known.outcome,
        "commands": commands,
        "transactions": list(map(said.transaction, parts.transactions)),
        "last_file": connection.last_frame >> FILE_SHIFT,
        "greeting": None if parts.banner is None else said.reply(parts.banner),
        "unasked": list(map(said.reply, parts.unasked)),
        "icmp": [_icmp(error, connection.client) for error in connection.errors],
    }


def _icmp(error: IcmpError, client: Endpoint) -> Json:
    """What was said by ICMP about a segment of the connection."""
    return {
        "file": error.frame >> FILE_SHIFT,
        "frame": error.frame & NUMBER,
        "time": error.time,
        "sender": error.sender.address,
        "type": error.type,
        "code": error.code,
        "reason": error.reason,
        "mtu": error.mtu or None,
        "size": error.size,
        "about": "to-server" if error.source == client else "to-client",
    }


def facts(dialogue: Dialogue) -> SessionFacts:
    """The few facts of a session that are asked of all of them at once."""
    result = outcome(dialogue)
    played = dialogue.script
    offered = b"MAIL" in played.verbs or bool(played.mails)
    idle = b"MAIL" not in played.verbs and (result == "gave-up" or (result == "refused" and _looked(played)))
    refused = result == "delivered" and _refused(played)
    return SessionFacts(result, _comparable(played), not complete(dialogue), dialogue.tls, idle, offered, refused)


@lru_cache(KEPT)
def _refused(script: Script) -> bool:
    """Tell whether a recipient or a mail was refused."""
    asked = (row for _, row in script.refusals if row >= 0)
    return any(script.words[row] in TO_DELIVER or script.kinds[row] in BULK for row in asked)


@lru_cache(KEPT)
def _looked(script: Script) -> bool:
    """Tell whether a client was refused nothing that it needs to send mail, as one that tries VRFY."""
    last = script.refusals[-1][0] if script.refusals else -1
    return last >= 0 and script.asked(last) not in (b"", *TO_SEND)


def complete(dialogue: Dialogue) -> bool:
    """Whether both SYNs and an end were captured, and nothing between is missing."""
    client, server = dialogue.connection.streams
    ended = client.fin or client.rst or server.fin or server.rst
    return bool(ended and client.syn and server.syn and not (client.gaps or server.gaps))


@lru_cache(KEPT)
def _comparable(script: Script) -> bool:
    """Tell whether greeting, first command and its reply were captured: the least that says anything."""
    if not script.greetings or not script.commands:
        return False
    first = script.commands[0]
    return any(at >= script.greetings[0] and script.answers[at] == first for at in script.replies)


_addresses = Remembered[tuple[int, int], str](lambda halves: Endpoint(*halves, 0).address)
"""Addresses as text, by both halves."""


def endpoint(one: Endpoint) -> Json:
    """An address and a port."""
    high, low, port = one
    return {"address": _addresses[high, low], "port": port}


def _data(mail: Mail) -> Json:
    """What is known of mail data."""
    return {
        "message_id": escape(mail.message_id) if mail.message_id else None,
        "bytes": mail.length,
        "digest": mail.digest.hex() if mail.digest else None,
        "body_bytes": mail.body_length,
        "body_digest": mail.body_digest.hex() if mail.body_digest else None,
        "complete": mail.complete,
    }


_NO_DATA: Json = {
    "message_id": None,
    "bytes": 0,
    "digest": None,
    "body_bytes": 0,
    "body_digest": None,
    "complete": False,
}


class _Said:
    """The words of a dialogue, by row."""

    __slots__ = ("_blob", "_codes", "_mails", "_rows", "_text", "_verbs", "arguments")

    def __init__(self, dialogue: Dialogue, parts: Outline) -> None:
        self._rows, self._blob, self._mails = dialogue.rows, dialogue.blob, dialogue.mails
        self._verbs, self._codes = parts.verbs, parts.codes
        self._text = dialogue.blob.decode("latin-1")
        """A character a byte: parts of it that are ASCII are text already."""
        self.arguments: dict[int, str] = {}
        """Those of the commands that were asked for."""

    def _argument(self, word: bytes, start: int, length: int) -> str:
        """The argument of a command; one that is plain text needs no closer look."""
        line = self._text[start : start + length].strip(_AROUND)
        verb, _, argument = line.partition(" ")
        if len(verb) == len(word) and line.isascii() and line.isprintable() and "\\" not in line:
            return argument.lstrip(" ")
        return escape(split_command(self._blob[start : start + length])[1])

    def text(self, at: int) -> str:
        """A reply without its codes."""
        row = self._rows[at]
        return _texts[self._blob[row.text_start : row.text_start + row.text_length]]

    def reply(self, at: int) -> Json:
        """A reply as an object."""
        _, _, _, _, _, frame, _, time, start, length, _, _, _ = self._rows[at]
        return {
            "code": self._codes[at],
            "text": _texts[self._blob[start : start + length]],
            "file": frame >> FILE_SHIFT,
            "frame": frame & NUMBER,
            "time": time,
        }

    def command(self, line: CommandLine) -> Json:
        """A command line, verb and argument, with its reply."""
        at, answer = line.row, line.reply
        _, _, word, _, _, frame, _, time, start, length, _, _, _ = self._rows[at]
        self.arguments[at] = argument = self._argument(word, start, length)
        return {
            "verb": self._verbs[at],
            "argument": argument,
            "file": frame >> FILE_SHIFT,
            "frame": frame & NUMBER,
            "time": time,
            "reply": None if answer is None else self.reply(answer),
        }

    def transaction(self, one: Envelope) -> Json:
        """A transaction: its envelope, what is known of its mail data, and the reply to that."""
        return {
            "from": None if one.sender is None else self._path(one.sender),
            "to": [self._path(at) for at in one.recipients],
            **(_NO_DATA if one.mail is None else _data(self._mails[one.mail])),
            "reply": None if one.reply is None else self.reply(one.reply),
        }

    def _path(self, at: int) -> str:
        """The address of MAIL or RCPT; one that is plain text and quotes nothing needs no closer look."""
        argument = self.arguments[at]
        start, end = argument.find("<") + 1, argument.find(">")
        if 0 < start <= end and '"' not in argument and "\\" not in argument:
            return argument[start:end]
        row = self._rows[at]
        return path(split_command(self._blob[row.text_start : row.text_start + row.text_length])[1])


@lru_cache(KEPT)
def _capabilities(text: str) -> list[str]:
    """The keyword lines of a reply to EHLO."""
    return [line for line in text.split("\n")[1:] if line not in ("", "OK")]


def _without_code(text: bytes) -> str:
    """The lines of a reply without code, joined by a newline; a line without a code stays as it is."""
    plain = _CODES.sub(b"", text).rstrip(b"\r\n").replace(b"\r\n", b"\n")
    if plain.isascii() and b"\\" not in plain and plain.replace(b"\n", b"").decode().isprintable():
        return plain.decode()
    return "\n".join(escape(_CODES.sub(b"", line)) for line in lines(text))


_texts = Remembered(_without_code)


def path(argument: bytes) -> str:
    """The address of a MAIL or RCPT argument: what stands in angle brackets, else the first word."""
    match = _PATH.match(argument)
    if match:
        return escape(match[1])
    return escape((argument.partition(b":")[2].split() or [b""])[0])
