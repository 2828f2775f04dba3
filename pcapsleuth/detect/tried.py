"""All tries of one observation point, packed: of many thousand only those are read again that may be of one message."""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Iterable, Iterator, Sequence

from pcapsleuth.detect.recurring import recurring
from pcapsleuth.detect.tries import Try, marks


class Tried:
    """Keeps tries by the marks that tries of one message have in common; one without a mark is like no other."""

    def __init__(self, tries: Iterable[Try] = ()) -> None:
        self._marks = array("q")
        """A hash of each mark."""
        self._tries = array("q")
        """The try of each mark."""
        self._sessions = array("q")
        self._packed: list[bytes] = []
        self.extend(tries)

    def extend(self, tries: Iterable[Try]) -> None:
        """Take tries."""
        for one in tries:
            for mark in marks(one):
                self._marks.append(hash(mark))
                self._tries.append(len(self._packed))
            self._sessions.append(one.session)
            self._packed.append(pickle.dumps(tuple(one), pickle.HIGHEST_PROTOCOL))

    def join(self, other: Tried, numbers: Sequence[int]) -> None:
        """Take what another process kept; `numbers` has the numbers of its sessions here."""
        before = len(self._packed)
        self._marks += other._marks
        self._tries.extend(before + one for one in other._tries)
        self._sessions.extend(map(numbers.__getitem__, other._sessions))
        self._packed += other._packed

    def __iter__(self) -> Iterator[Try]:
        """The tries that may have something in common with another one, in the order in which they came."""
        for at in dict.fromkeys(self._tries[place] for place in recurring(self._marks)):
            _, *known = pickle.loads(self._packed[at])  # noqa: S301  our own
            yield Try(self._sessions[at], *known)
