"""What the recorder asks of a step: a client run, or a pause."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.room import Room


class Step(Protocol):
    """Something that happens in a scenario."""

    def software(self) -> str:
        """Name and version of the client; empty if none runs."""

    def run(self, room: Room) -> None:
        """Do it, to the end."""


@dataclass
class Pause:
    """Let time pass between two clients."""

    seconds: float

    def software(self) -> str:
        """Return nothing: no software runs."""
        return ""

    def run(self, room: Room) -> None:
        """Wait."""
        del room
        time.sleep(self.seconds)


@dataclass
class AtOnce:
    """Run several clients at the same time."""

    steps: Sequence[Step]

    def software(self) -> str:
        """Return the names of all clients."""
        return ", ".join(sorted({step.software() for step in self.steps}))

    def run(self, room: Room) -> None:
        """Run all in threads and wait for all."""
        with ThreadPoolExecutor(len(self.steps)) as pool:
            list(pool.map(lambda step: step.run(room), self.steps))
