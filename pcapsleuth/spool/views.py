"""Connections that one capture saw twice: on both sides of a device that translates addresses."""

from __future__ import annotations

from pcapsleuth.tcp.connection import Connection, Endpoint

Key = tuple[int, int]
"""Numbers that only the end hosts choose: the client's ISN, and its TSval or the server's ISN."""
View = tuple[int, int, Endpoint]
"""First frame, index, and the server as it stands there."""


class Views:
    """Remembers each connection by numbers that a translation of addresses leaves alone."""

    def __init__(self) -> None:
        self._first: dict[Key, View] = {}
        self._twice: dict[Key, tuple[View, View]] = {}

    def note(self, connection: Connection) -> None:
        """Take note of a connection."""
        client, server = connection.streams
        stamp = client.options.timestamp if client.options else None
        second = stamp or server.isn
        if client.isn is None or second is None:
            return
        self._add((client.isn, second), (connection.first_frame, connection.index, connection.server))

    def join(self, other: Views) -> None:
        """Take what another process noted."""
        self._twice.update(other._twice)
        for key, view in other._first.items():
            self._add(key, view)

    def remark(self, file: str) -> tuple[str, ...]:
        """Say that the capture saw both sides, and how to compare them."""
        if not self._twice:
            return ()
        first, second = min(tuple(sorted(views)) for views in self._twice.values())
        outside, inside = (view[2].address for view in (first, second))
        bits = ["128" if ":" in address else "32" for address in (outside, inside)]
        sides = f"--outside net:{outside}/{bits[0]} --inside net:{inside}/{bits[1]}"
        number = len(self._twice)
        have = "connection is" if number == 1 else "connections are"
        seen = f"{number:,} {have} here twice, to {outside} and to {inside}: the capture saw both sides of a device."
        return (f"{seen} `pcapsleuth compare {file} {sides}` compares them.",)

    def _add(self, key: Key, view: View) -> None:
        """Take note of one view; another address makes it the second one, the same address a port used again."""
        known = self._first.setdefault(key, view)
        if known[2][:2] != view[2][:2]:
            self._twice.setdefault(key, (known, view))
