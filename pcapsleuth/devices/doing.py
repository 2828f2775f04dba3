"""What all treatments have in common: they can do it, and they can tell their own doing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pcapsleuth.devices.event import Event
from pcapsleuth.profiles.profile import Treatment
from pcapsleuth.profiles.vocabulary import TERMS


@dataclass(frozen=True, eq=False)
class Doing:
    """A treatment with its parameters."""

    spec: Treatment
    element: ClassVar[str]
    steady: ClassVar[bool] = False
    """It is a setting: once it was seen to be on, whatever passes untouched speaks against the device, though the
    profile names a reason (`unless`) for which the treatment may be missing."""

    def apply(self, event: Event) -> Event:
        """Do it to an event; what it does not treat is returned as it is."""
        raise NotImplementedError

    def concerns(self, event: Event) -> bool:
        """Tell whether the event could not have passed it untouched."""
        return event.element == self.element and self.apply(event.untouched()).changed

    def explains(self, event: Event) -> bool:
        """Tell whether what was done to the event is its doing."""
        return event.element == self.element and event.changed and self.apply(event.untouched()) == event

    def marks(self, event: Event) -> bool:  # noqa: ARG002  most leave none
        """Tell whether what one side shows bears its marks, though nobody knows what it was before."""
        return False

    def strays(self, event: Event) -> bool:  # noqa: ARG002  most do not
        """Tell whether an event that bears its marks is not what it means to do."""
        return False

    def telling(self, event: Event) -> int:  # noqa: ARG002  treatments differ in what they look at
        """How much an event that it explains tells of this device: 1 (many do so) to 4 (its own handwriting).

        5 where nothing else at all is known to do so: it outweighs two things that should not have passed.
        """
        return 2

    @property
    def meaning(self) -> str:
        """What it does, in words that follow `it`."""
        return TERMS[self.spec.does].meaning

    def text(self, name: str) -> str:
        """A parameter that is a text."""
        return str(self.spec.parameters[name])

    def flag(self, name: str) -> bool:
        """A parameter that is a truth value."""
        return bool(self.spec.parameters.get(name, False))

    def names(self, name: str) -> tuple[str, ...]:
        """A parameter that is a list."""
        found = self.spec.parameters[name]
        return found if isinstance(found, tuple) else ()

    def number(self, name: str) -> int:
        """A parameter that is a number."""
        found = self.spec.parameters[name]
        return found if isinstance(found, int) else 0

    def treats(self, name: str) -> bool:
        """Tell whether a verb or keyword is among those that are treated, by `allowed` or `only`."""
        only = self.names("only")
        return name in only if only else name not in self.names("allowed")

    @property
    def said(self) -> bytes:
        """The device's own text, its lines ended as on the wire."""
        return self.text("reply").replace("\n", "\r\n").encode("latin-1")

    def says(self, text: bytes | None) -> bool:
        """Tell whether a text is one of the device's own."""
        return text is not None and self.spec.says(text)

    @property
    def own_words(self) -> int:
        """4 if the device's text is nobody else's, 1 if it may be anybody's."""
        return 4 if self.spec.signed else 1
