"""What the recorder asks of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lab.room import Room


class Server(Protocol):
    """A mail server on one address of one side."""

    @property
    def address(self) -> str:
        """Its own address."""

    def software(self) -> str:
        """Name and version of the real software."""

    def start(self, room: Room) -> None:
        """Start it and wait until it listens."""

    def stop(self, room: Room) -> None:
        """End it."""
