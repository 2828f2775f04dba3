"""Finished dialogues as bytes, and back: a third of the time and half of the space that pickling them takes."""

from __future__ import annotations

import pickle
from dataclasses import fields
from operator import attrgetter
from typing import Any, cast

from pcapsleuth.smtp.dialogue import Dialogue, Mail, Row
from pcapsleuth.tcp.connection import Anomaly, Connection, Endpoint, Gap, Mark, Retransmission, Stream, SynOptions

_connection = attrgetter(*(one.name for one in fields(Connection)))
_stream = attrgetter(*(one.name for one in fields(Stream)))
_options = attrgetter(*(one.name for one in fields(SynOptions)))
_streams_at = [one.name for one in fields(Connection)].index("streams")
_rest = attrgetter("blob", "tls", "client_hello", "server_hello", "frames")


def pack(dialogue: Dialogue) -> bytes:
    """Write a dialogue as plain tuples."""
    connection = list(_connection(dialogue.connection))
    connection[_streams_at] = [_pack_stream(stream) for stream in dialogue.connection.streams]
    connection = [tuple(value) if isinstance(value, Endpoint) else value for value in connection]
    rows = [tuple(row) for row in dialogue.rows]
    mails = [tuple(mail) for mail in dialogue.mails]
    return pickle.dumps((connection, rows, mails, _rest(dialogue)), pickle.HIGHEST_PROTOCOL)


def _pack_stream(stream: Stream) -> list[object]:
    """One direction as plain values."""
    return [
        _options(value)
        if isinstance(value, SynOptions)
        else tuple(value)
        if isinstance(value, Mark)
        else [tuple(one) for one in value]
        if isinstance(value, list)
        else value
        for value in _stream(stream)
    ]


def unpack(data: bytes) -> Dialogue:
    """Make the dialogue again."""
    plain, rows, mails, (blob, *rest) = pickle.loads(data)  # noqa: S301  our own file
    connection = Connection(*plain)
    connection.client, connection.server = Endpoint(*connection.client), Endpoint(*connection.server)
    connection.anomalies = [Anomaly(*one) for one in connection.anomalies]
    to_server, to_client = (_unpack_stream(Stream(*values)) for values in plain[_streams_at])
    connection.streams = (to_server, to_client)
    return Dialogue(connection, [Row(*row) for row in rows], blob, [Mail(*mail) for mail in mails], *rest)


def _unpack_stream(stream: Stream) -> Stream:
    """Give one direction its types back."""
    stream.syn, stream.fin, stream.rst = (mark and Mark(*mark) for mark in (stream.syn, stream.fin, stream.rst))
    stream.options = SynOptions(*cast(Any, stream.options)) if stream.options else None
    stream.gaps = [Gap(*gap) for gap in stream.gaps]
    stream.retransmissions = [Retransmission(*one) for one in stream.retransmissions]
    return stream
