"""What devices do to the server's replies behind the greeting and the EHLO keywords."""

from __future__ import annotations

from pcapsleuth.devices.doing import Doing
from pcapsleuth.devices.event import REPLY, Event


class ReplaceReply(Doing):
    """Puts its own words in the place of the server's."""

    element = REPLY

    def apply(self, event: Event) -> Event:
        """Replace the reply to some verbs."""
        if event.element != REPLY or not event.went or not self._replaces(event):
            return event
        return event._replace(went=self.said)

    def concerns(self, event: Event) -> bool:
        """What is in its own words already is not changed."""
        return event.element == REPLY and bool(event.came) and self._replaces(event) and not self.says(event.went)

    def explains(self, event: Event) -> bool:
        """By its own words."""
        return event.element == REPLY and event.changed and self._replaces(event) and self.says(event.went)

    def marks(self, event: Event) -> bool:
        """By its own words, if nobody else says so."""
        return (
            event.element == REPLY and event.name in self.names("to") and self.says(event.went) and self.own_words > 1
        )

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """By how much the text is its own."""
        return max(self.own_words, 2)

    def _replaces(self, event: Event) -> bool:
        """Tell whether it is a reply to a verb, and of a class, that it replaces."""
        classes = self.names("classes")
        came = event.came or b""
        return event.name in self.names("to") and (not classes or came[:1].decode("latin-1") in classes)
