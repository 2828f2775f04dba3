"""What is met first: so many things as are worth keeping, the same ones in whatever order sessions are told."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

Place = tuple[int, int]
"""The number of a session, and a position within it."""


class First(Generic[T]):
    """The things with the lowest places; each once, where it was met first."""

    __slots__ = ("_most", "_order", "_places", "_things")

    def __init__(self, most: int) -> None:
        self._most = most
        self._places: dict[T, Place] = {}
        self._things: dict[Place, T] = {}
        """The same the other way round: no two things have one place."""
        self._order: list[Place] = []
        """The places, sorted."""

    def closed(self, place: Place) -> bool:
        """Tell whether it is full, and things from this place on come too late to be kept."""
        return len(self._order) == self._most and place >= self._order[-1]

    def add(self, thing: T, place: Place) -> None:
        """Keep a thing, if it is among the first."""
        if self.closed(place):
            return
        known = self._places.get(thing)
        if known is not None:
            if known <= place:
                return
            self._order.remove(known)
            del self._things[known]
        elif len(self._order) == self._most:
            del self._places[self._things.pop(self._order.pop())]
        self._places[thing], self._things[place] = place, thing
        insort(self._order, place)

    def join(self, other: First[T], numbers: Sequence[int]) -> None:
        """Take what another process met; `numbers` has the numbers of its sessions here."""
        places = self._places
        for thing, (session, position) in other._places.items():
            place = numbers[session], position
            places[thing] = min(place, places.get(thing, place))
        things = {place: thing for thing, place in places.items()}
        self._order = sorted(things)[: self._most]
        self._things = {place: things[place] for place in self._order}
        self._places = {thing: place for place, thing in self._things.items()}

    def __iter__(self) -> Iterator[T]:
        """In the order of their places."""
        return map(self._things.__getitem__, self._order)

    def __len__(self) -> int:
        """Count them."""
        return len(self._places)
