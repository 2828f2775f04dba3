"""The bytes of one connection to a dialogue.

One segment may hold pieces of several kinds (the end of a chunk, two commands, the first line of the next mail); the
readers of both directions take them apart. Whole ordinary lines do not get so far: the parser has a short cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pcapsleuth.smtp.bodies import DataBody
from pcapsleuth.smtp.client import ClientStream
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.smtp.lines import Piece
from pcapsleuth.smtp.ordinary import MAIL_DATA, OrdinaryParser
from pcapsleuth.smtp.parser import COMMANDS
from pcapsleuth.smtp.replies import ReplyAssembly
from pcapsleuth.smtp.server import ServerStream
from pcapsleuth.tcp.connection import Connection, Direction, Gap, Payload


class _Idle(NamedTuple):
    """A reader that nothing was left for so far: most sessions need none."""

    plain: bool = True
    held: tuple[()] = ()


_IDLE = _Idle()


class DialogueBuilder:
    """Takes the bytes of one connection (a `Consumer`) and makes its `Dialogue`."""

    __slots__ = ("_client", "_connection", "_data", "_parser", "_segments", "_server")

    def __init__(self, connection: Connection) -> None:
        """Begin; `connection` is filled in by whoever delivers the bytes."""
        self._connection = connection
        self._segments = [0, 0]
        """How many of the client and of the server took no short cut."""
        self._parser = OrdinaryParser(connection)
        self._data = DataBody(self._parser)
        self._client: ClientStream | _Idle = _IDLE
        self._server: ServerStream | _Idle = _IDLE

    def data(self, direction: Direction, offset: int, payload: bytes, frame: int, time: int) -> None:
        """Take the payload of one segment."""
        self.run(((direction == Direction.TO_CLIENT, offset, payload, 0, frame, time),))

    def run(self, payloads: Iterable[Payload]) -> None:
        """Take payloads that nothing is missing between."""
        parser, data, client, server = self._parser, self._data, self._client, self._server
        waiting, behind = list(payloads), 0
        for at, payload in enumerate(waiting):
            if at < behind:
                continue
            to_client, offset, text, _, frame, time = payload
            taken = 0
            if to_client:
                if server.plain and not client.held:
                    taken = parser.replies(text, offset, frame, time)
            else:
                if parser.state is MAIL_DATA and not client.held:
                    if mail := data.take_whole(waiting, at):
                        behind = at + len(mail.frames)
                        _, offset, text, _, frame, time = waiting[behind - 1]
                        taken = len(text) - mail.left
                    else:
                        taken = data.take(text, offset, frame, time)
                if parser.state is COMMANDS and client.plain and server.plain and taken < len(text):
                    taken += parser.commands(text[taken:], offset + taken, frame, time)
            if taken < len(text):
                self._rest(to_client, text[taken:], offset + taken, frame, time)
                client, server = self._client, self._server

    def _readers(self) -> tuple[ClientStream, ServerStream]:
        """The readers of both directions."""
        client, server = self._client, self._server
        if isinstance(client, _Idle) or isinstance(server, _Idle):
            replies = ReplyAssembly()
            self._client = client = ClientStream(self._parser, self._data, replies)
            self._server = server = ServerStream(self._parser, client, replies)
        return client, server

    def _rest(self, to_client: bool, text: bytes, offset: int, frame: int, time: int) -> None:  # noqa: FBT001
        """Take with care what is left of a segment."""
        stream = self._readers()[to_client]
        if stream.tls is not None:
            stream.tls.feed(text, frame, time)
        else:
            self._segments[to_client] += 1
            stream.take(Piece(text, offset, frame, time, self._segments[to_client]))

    def gap(self, direction: Direction, gap: Gap) -> None:
        """Take note of missing bytes."""
        self._readers()[direction].gap(gap)

    def close(self) -> Dialogue:
        """End the connection and return its dialogue."""
        parser, client, server = self._parser, self._client, self._server
        hellos = b"", b""
        if isinstance(client, ClientStream) and isinstance(server, ServerStream):
            server.close()
            client.close()
            hellos = _hello(client), _hello(server)
        else:
            self._data.close()
        parser.close()
        return Dialogue(
            self._connection, parser.rows, bytes(parser.blob), parser.mails, parser.tls, *hellos, parser.frames
        )


def _hello(stream: ClientStream | ServerStream) -> bytes:
    """The digest of the first TLS record of a direction."""
    return stream.tls.digest() if stream.tls else b""
