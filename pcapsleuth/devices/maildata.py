"""What devices do to mail data and its end."""

from __future__ import annotations

from pcapsleuth.devices.doing import Doing
from pcapsleuth.devices.event import BODY, END, HEADER, Event


class LoseSplitEnd(Doing):
    """Does not pass an end of data whose bytes come in several segments."""

    element = END

    def apply(self, event: Event) -> Event:
        """Lose it."""
        if event.element != END or event.detail != "split":
            return event
        return event._replace(went=None)

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """Few do so."""
        return 3


class FillBody(Doing):
    """Overwrites the body, to the last character."""

    element = BODY

    def apply(self, event: Event) -> Event:
        """Overwrite all but the line ends, as mail data that is no text would end the session."""
        if event.element != BODY or event.went is None:
            return event
        filler = self.text("filler").encode()
        return event._replace(went=b"".join(filler if c not in b"\r\n" else bytes([c]) for c in event.went))

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """A whole message of one character, as long as before: nothing else is known to do so."""
        return 5


class ChangeHeader(Doing):
    """Puts something else, or nothing, in the place of a field's value; a single character as often as is needed."""

    element = HEADER

    def apply(self, event: Event) -> Event:
        """Change the value."""
        if event.element != HEADER or event.went is None or event.name != self.text("field").upper():
            return event
        to = self.text("to").encode()
        if len(to) != 1:
            return event._replace(went=to)
        return event._replace(went=b"".join(bytes([c]) if c in b" \t\r\n" else to for c in event.went))

    def explains(self, event: Event) -> bool:
        """By the whole value; of one that is overwritten character by character a part may be left."""
        if super().explains(event):
            return True
        to, came, went = self.text("to").encode(), event.came, event.went
        if len(to) != 1 or event.element != HEADER or event.name != self.text("field").upper():
            return False
        if came is None or went is None or came == went or len(came) != len(went):
            return False
        return all(new in (old, to[0]) for old, new in zip(came, went, strict=True))

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """A text in brackets is its own."""
        return 3


class AddHeader(Doing):
    """Adds a field."""

    element = HEADER

    def apply(self, event: Event) -> Event:
        """Make the field, from the event that nothing came."""
        if event.element != HEADER or event.came is not None or event.name not in ("", self.text("field").upper()):
            return event
        return event._replace(name=self.text("field").upper(), went=self.text("value").encode())

    def concerns(self, event: Event) -> bool:  # noqa: ARG002
        """That nothing was added is no event."""
        return False

    def explains(self, event: Event) -> bool:
        """By the field's name: values differ."""
        added = event.element == HEADER and event.came is None and event.went is not None
        return added and event.name == self.text("field").upper()

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """Everybody does so."""
        return 1
