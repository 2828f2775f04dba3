"""What is met first: so many things as are worth keeping, the same ones in whatever order sessions are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

Place = tuple[int, int]
"""The number of a session, and a position within it."""


class First(Generic[T]):
    """The things with the lowest places; each once, where it was met first."""

    __slots__ = ("_last", "_most", "_places")

    def __init__(self, most: int) -> None:
        self._most = most
        self._places: dict[T, Place] = {}
        self._last: Place | None = None
        """The highest place, once there is no more room."""

    def closed(self, place: Place) -> bool:
        """Tell whether nothing from this place on is among the first."""
        return self._last is not None and place >= self._last

    def add(self, thing: T, place: Place) -> None:
        """Keep a thing, if it is among the first."""
        if self.closed(place):
            return
        known = self._places.get(thing)
        if known is not None and known <= place:
            return
        self._places[thing] = place
        if len(self._places) > self._most:
            del self._places[max(self._places, key=self._places.__getitem__)]
        if len(self._places) == self._most:
            self._last = max(self._places.values())

    def join(self, other: First[T], numbers: Sequence[int]) -> None:
        """Take what another process met; `numbers` has the numbers of its sessions here."""
        for thing, (session, position) in other._places.items():
            place = numbers[session], position
            self._places[thing] = min(place, self._places.get(thing, place))
        if len(self._places) >= self._most:
            self._places = {thing: self._places[thing] for thing in [*self][: self._most]}
            self._last = max(self._places.values())

    def __iter__(self) -> Iterator[T]:
        """In the order of their places."""
        return iter(sorted(self._places, key=self._places.__getitem__))

    def __len__(self) -> int:
        """Count them."""
        return len(self._places)
