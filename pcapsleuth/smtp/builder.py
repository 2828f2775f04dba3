"""The bytes of one connection to a dialogue.

One segment may hold pieces of several kinds (the end of a chunk, two commands, the first line of the next mail); the
readers of both directions take them apart. Two short cuts here serve the common case, a segment of whole ordinary
lines: they make the same rows as the readers do, only sooner.
"""

from __future__ import annotations

from pcapsleuth.smtp.client import ClientStream
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.smtp.grammar import ADVANCE, WHOLE_REPLY
from pcapsleuth.smtp.lines import TEXT_LIMIT, Piece, Unit
from pcapsleuth.smtp.parser import COMMANDS, Parser
from pcapsleuth.smtp.replies import ReplyAssembly
from pcapsleuth.smtp.server import ServerStream
from pcapsleuth.smtp.state import State
from pcapsleuth.tcp.connection import Connection, Direction, Gap

MAIL_DATA = State.MAIL_DATA

VERB_OF = {
    word: word.upper()
    for verb in b"EHLO HELO MAIL RCPT DATA QUIT RSET NOOP STARTTLS".split()
    for word in (verb, verb.lower())
}
"""The verbs of `ADVANCE` in upper case."""

_new_unit = tuple.__new__


class DialogueBuilder:
    """Takes the bytes of one connection (a `Consumer`) and makes its `Dialogue`."""

    __slots__ = ("_client", "_connection", "_parser", "_received", "_sent", "_server")

    def __init__(self, connection: Connection) -> None:
        """Begin; `connection` is filled in by whoever delivers the bytes."""
        self._connection = connection
        self._sent = self._received = 0
        """Numbers of the client's and the server's segments that no short cut took."""
        self._parser = Parser(connection)
        replies = ReplyAssembly()
        self._client = ClientStream(self._parser, replies)
        self._server = ServerStream(self._parser, self._client, replies)

    def data(self, direction: Direction, offset: int, payload: memoryview, frame: int, time: int) -> None:
        """Take the payload of one segment."""
        if not payload:
            return
        if direction:
            self._from_server(offset, payload, frame, time)
        else:
            self._from_client(offset, payload, frame, time)

    def _from_server(self, offset: int, payload: memoryview, frame: int, time: int) -> None:
        server, start = self._server, 0
        if server.plain and len(payload) <= TEXT_LIMIT:
            text = bytes(payload)
            start = self._replies(text, offset, frame, time)
            if start == len(text):
                return
        elif server.tls is not None:
            server.tls.feed(payload, frame, time)
            return
        self._received += 1
        server.take(Piece(bytes(payload), offset, frame, time, self._received), start)

    def _from_client(self, offset: int, payload: memoryview, frame: int, time: int) -> None:
        client, state, start = self._client, self._parser.state, 0
        if state is COMMANDS and client.plain and self._server.plain and len(payload) <= TEXT_LIMIT:
            start = self._commands(bytes(payload), offset, frame, time)
        elif state is MAIL_DATA and not client.held:
            self._sent += 1
            start = client.data.take(payload, offset, frame, time, self._sent)
        elif client.tls is not None:
            client.tls.feed(payload, frame, time)
            return
        if start < len(payload):
            self._sent += 1
            client.take(Piece(bytes(payload), offset, frame, time, self._sent), start)

    def gap(self, direction: Direction, gap: Gap) -> None:
        """Take note of missing bytes."""
        (self._server if direction else self._client).gap(gap)

    def close(self) -> Dialogue:
        """End the connection and return its dialogue."""
        parser, client, server = self._parser, self._client, self._server
        server.close()
        client.close()
        parser.close()
        return Dialogue(
            self._connection,
            parser.rows,
            bytes(parser.blob),
            parser.mails,
            parser.tls,
            client.tls.digest() if client.tls else b"",
            server.tls.digest() if server.tls else b"",
        )

    def _commands(self, text: bytes, offset: int, frame: int, time: int) -> int:
        """Take whole ordinary command lines; return where something else begins."""
        parser = self._parser
        start, size = 0, len(text)
        while start < size and parser.state is COMMANDS:
            found = ADVANCE.match(text, start)
            if found is None:
                break
            end = found.end()
            unit = _new_unit(Unit, (text[start:end], offset + start, end - start, frame, frame, time, 0, 0, 1))
            parser.command(VERB_OF[found[1] or found[2]], unit)
            start = end
        return start

    def _replies(self, text: bytes, offset: int, frame: int, time: int) -> int:
        """Take whole ordinary replies; return where something else begins."""
        parser, client = self._parser, self._client
        start, size = 0, len(text)
        while start < size and parser.state is not MAIL_DATA:
            found = WHOLE_REPLY.match(text, start)
            if found is None:
                break
            end = found.end()
            unit = _new_unit(Unit, (text[start:end], offset + start, end - start, frame, frame, time, 0, 0, 1))
            parser.reply(found[1], unit)
            if client.held:
                client.settle()
            start = end
        return start
