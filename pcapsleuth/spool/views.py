"""Connections that one capture saw twice: on both sides of a device that translates addresses."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import NamedTuple

from pcapsleuth.detect.recurring import recurring
from pcapsleuth.tcp.connection import Connection, Endpoint


class View(NamedTuple):
    """A connection as it was seen at one place."""

    frame: int
    """Its first."""
    server: str
    """The address as it stands there."""


class Views:
    """Remembers each connection by numbers that a translation of addresses leaves alone."""

    def __init__(self) -> None:
        self._keys = array("Q")
        """Numbers that only the end hosts choose: the client's ISN, and its TSval or the server's ISN."""
        self._frames = array("q")
        self._high, self._low = array("Q"), array("Q")
        """The halves of the server's address."""

    def note(self, connection: Connection) -> None:
        """Take note of a connection."""
        client, server = connection.streams
        stamp = client.options.timestamp if client.options else None
        second = stamp or server.isn
        if client.isn is None or second is None:
            return
        self._keys.append(client.isn << 32 | second)
        self._frames.append(connection.first_frame)
        self._high.append(connection.server.high)
        self._low.append(connection.server.low)

    def join(self, other: Views) -> None:
        """Take what another process noted."""
        self._keys += other._keys
        self._frames += other._frames
        self._high += other._high
        self._low += other._low

    def remark(self, file: str) -> tuple[str, ...]:
        """Say that the capture saw both sides, and how to compare them."""
        twice = list(self._twice())
        if not twice:
            return ()
        outside, inside = (view.server for view in min(twice))
        bits = ["128" if ":" in address else "32" for address in (outside, inside)]
        sides = f"--outside net:{outside}/{bits[0]} --inside net:{inside}/{bits[1]}"
        number = len(twice)
        have = "connection is" if number == 1 else "connections are"
        seen = f"{number:,} {have} here twice, to {outside} and to {inside}: the capture saw both sides of a device."
        return (f"{seen} `pcapsleuth compare {file} {sides}` compares them.",)

    def _twice(self) -> Iterator[tuple[View, View]]:
        """The connections with two servers: another address makes two views, the same one is a port used again."""
        alike: dict[int, list[View]] = {}
        for at in recurring(self._keys):
            server = Endpoint(self._high[at], self._low[at], 0)
            alike.setdefault(self._keys[at], []).append(View(self._frames[at], server.address))
        for views in alike.values():
            first, *others = sorted(views)
            second = next((view for view in others if view.server != first.server), None)
            if second:
                yield first, second
