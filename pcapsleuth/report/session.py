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
from pcapsleuth.report.outline import Envelope, Outline, outline
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.smtp.grammar import REPLY_LINE, split_command
from pcapsleuth.smtp.script import KEPT, Script
from pcapsleuth.smtp.views import outcome
from pcapsleuth.tcp.connection import Endpoint
from pcapsleuth.tcp.icmp import IcmpError
from pcapsleuth.tcp.segments import FILE_SHIFT

Json = dict[str, Any]

NUMBER = (1 << FILE_SHIFT) - 1
"""The bits of a frame id that number the frame within its file."""

_PATH = re.compile(rb'[^<]*<((?:"(?:\\.|[^"\\])*"|[^>"])*)>?')
"""A reverse-path or forward-path in its angle brackets (RFC 5321 section 4.1.2)."""

_ORDINARY = re.compile(rb"[A-Za-z0-9-]+(?: ([!-\[\]-~](?:[ -\[\]-~]*[!-\[\]-~])?))?\r\n")
"""A command line of printable characters that needs no closer look."""

_CODES = re.compile(rb"^(?:" + REPLY_LINE.pattern + rb")", re.MULTILINE)
"""The codes of all lines of a reply."""


def describe(dialogue: Dialogue, side: str, direction: str | None = None, known: SessionFacts | None = None) -> Json:
    """Make the session object of the contract; `known` spares working out the facts once more."""
    known = known or facts(dialogue)
    connection = dialogue.connection
    client, server = connection.streams
    parts = outline(dialogue.script)
    said = _Said(dialogue)
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
        "gaps": len(client.gaps) + len(server.gaps),
        "tls": dialogue.tls,
        "banner": None if parts.banner is None else said.text(parts.banner),
        "ehlo": None if parts.hello is None else said.argument(parts.hello),
        "capabilities": [] if parts.listing is None else _capabilities(said.text(parts.listing)),
        "outcome": known.outcome,
        "commands": said.commands(parts),
        "transactions": [said.transaction(one) for one in parts.transactions],
        "last_file": connection.last_frame >> FILE_SHIFT,
        "unasked": [said.reply(one) for one in parts.unasked],
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
    idle = result == "gave-up" and b"MAIL" not in played.verbs
    return SessionFacts(result, _comparable(played), not complete(dialogue), dialogue.tls, idle)


def complete(dialogue: Dialogue) -> bool:
    """Whether both SYNs and an end were captured, and nothing between is missing."""
    streams = dialogue.connection.streams
    ended = any(stream.fin is not None or stream.rst is not None for stream in streams)
    return dialogue.connection.handshake and ended and not any(stream.gaps for stream in streams)


def comparable(dialogue: Dialogue) -> bool:
    """Whether greeting, first command and its reply were captured: the least that says anything."""
    return _comparable(dialogue.script)


@lru_cache(KEPT)
def _comparable(script: Script) -> bool:
    """Tell it by the script."""
    if not script.greetings or not script.commands:
        return False
    first = script.commands[0]
    return any(at >= script.greetings[0] and script.answers[at] == first for at in script.replies)


@lru_cache(4096)
def _address(high: int, low: int) -> str:
    """An address as text; the same few come again and again."""
    return Endpoint(high, low, 0).address


def endpoint(one: Endpoint) -> Json:
    """An address and a port."""
    return {"address": _address(one.high, one.low), "port": one.port}


class _Said:
    """The words of a dialogue, by row."""

    __slots__ = ("_blob", "_mails", "_rows")

    def __init__(self, dialogue: Dialogue) -> None:
        self._rows, self._blob, self._mails = dialogue.rows, dialogue.blob, dialogue.mails

    def argument(self, at: int) -> str:
        """The argument of a command."""
        row = self._rows[at]
        return escape(_argument(self._blob[row.text_start : row.text_start + row.text_length]))

    def text(self, at: int) -> str:
        """A reply without its codes."""
        row = self._rows[at]
        return _without_code(self._blob[row.text_start : row.text_start + row.text_length], row.word)

    def reply(self, at: int | None) -> Json | None:
        """A reply as an object."""
        if at is None:
            return None
        _, _, word, _, _, frame, _, time, start, length, _, _, _ = self._rows[at]
        return {
            "code": int(word) if word else None,
            "text": _without_code(self._blob[start : start + length], word),
            "file": frame >> FILE_SHIFT,
            "frame": frame & NUMBER,
            "time": time,
        }

    def commands(self, parts: Outline) -> list[Json]:
        """The command lines, verb and argument, each with its reply."""
        found: list[Json] = []
        for line in parts.commands:
            _, _, word, _, _, frame, _, time, start, length, _, _, _ = self._rows[line.row]
            entry = {
                "verb": _verb(word),
                "argument": escape(_argument(self._blob[start : start + length])),
                "file": frame >> FILE_SHIFT,
                "frame": frame & NUMBER,
                "time": time,
                "reply": self.reply(line.reply),
            }
            found.append(entry)
        return found

    def transaction(self, one: Envelope) -> Json:
        """A transaction: its envelope, what is known of its mail data, and the reply to that."""
        mail = self._mails[one.mail] if one.mail is not None else None
        return {
            "from": None if one.sender is None else self._path(one.sender),
            "to": [self._path(at) for at in one.recipients],
            "message_id": escape(mail.message_id) if mail and mail.message_id else None,
            "bytes": mail.length if mail else 0,
            "digest": mail.digest.hex() if mail and mail.digest else None,
            "body_bytes": mail.body_length if mail else 0,
            "body_digest": mail.body_digest.hex() if mail and mail.body_digest else None,
            "complete": mail.complete if mail else False,
            "reply": self.reply(one.reply),
        }

    def _path(self, at: int) -> str:
        row = self._rows[at]
        return path(_argument(self._blob[row.text_start : row.text_start + row.text_length]))


def _argument(text: bytes) -> bytes:
    """The argument of a command line."""
    found = _ORDINARY.fullmatch(text)
    return (found[1] or b"") if found else split_command(text)[1]


@lru_cache(KEPT)
def _verb(word: bytes) -> str:
    """A verb as text."""
    return escape(word)


@lru_cache(KEPT)
def _capabilities(text: str) -> list[str]:
    """The keyword lines of a reply to EHLO."""
    return [line for line in text.split("\n")[1:] if line not in ("", "OK")]


@lru_cache(KEPT)
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
    start, end = argument.find(b"<") + 1, argument.find(b">")
    if 0 < start <= end and b'"' not in argument:
        return escape(argument[start:end])
    match = _PATH.match(argument)
    if match:
        return escape(match[1])
    return escape((argument.partition(b":")[2].split() or [b""])[0])
