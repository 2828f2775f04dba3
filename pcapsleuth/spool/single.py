"""The sessions of one observation point: all of them, or the share of one process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, Self, TypeVar

from pcapsleuth.detect.hellos import Hellos
from pcapsleuth.detect.tried import Tried
from pcapsleuth.detect.tries import tries
from pcapsleuth.report.selection import Selection
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.spool.numbering import Numbers, number
from pcapsleuth.spool.shelf import Documents
from pcapsleuth.spool.views import Views


class Gatherer(Protocol):
    """Whatever else is made of the sessions."""

    def session(self, dialogue: Dialogue, became: str) -> None:
        """Take a session and its outcome."""

    def join(self, other: Self, numbers: Numbers) -> None:
        """Take what another process gathered; `numbers` has the numbers of its sessions here."""


G = TypeVar("G", bound=Gatherer)


class Single(Generic[G]):
    """Puts sessions away and keeps what is said of all of them at the end."""

    def __init__(self, selection: Selection, gathered: G, tell: Callable[[bytes], None] | None = None) -> None:
        """`tell`: somebody who wants the JSON of each chosen session at once."""
        self.documents = Documents()
        self.gathered = gathered
        self.attempts = Tried()
        self.hellos = Hellos()
        self.firsts: dict[int, int] = {}
        """The first frame of every session, chosen or not."""
        self.views = Views()
        self._selection = selection
        self._tell = tell

    def take(self, dialogue: Dialogue) -> None:
        """Take a finished session."""
        index = dialogue.connection.index
        self.firsts[index] = dialogue.connection.first_frame
        self.views.note(dialogue.connection)
        if self._selection.matches(dialogue):
            known = self.documents.put(dialogue)
            self.attempts.extend(tries(dialogue))
            self.hellos.take(dialogue)
            self.gathered.session(dialogue, known.outcome)
            if self._tell is not None:
                self._tell(self.documents.json(("single", index)))

    def joined(self, parts: Sequence[Single[G]], files: Sequence[int]) -> Single[G]:
        """Join the shares of several processes in this one, which is empty; `files` is the order of reading."""
        if len(parts) == 1:
            return parts[0]
        numbers = number([part.firsts for part in parts], files)
        for part, known in zip(parts, numbers, strict=True):
            self.firsts.update(zip(map(known.__getitem__, part.firsts), part.firsts.values(), strict=True))
            self.attempts.join(part.attempts, known)
            self.hellos.join(part.hellos, known)
            self.views.join(part.views)
            self.documents.join(part.documents, known)
            self.gathered.join(part.gathered, known)
        return self
