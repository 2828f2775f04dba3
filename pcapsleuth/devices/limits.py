"""Limits: a device that ends a session in which something is too long."""

from __future__ import annotations

from pcapsleuth.devices.doing import Doing
from pcapsleuth.devices.event import LIMIT, Event
from pcapsleuth.profiles.profile import Limit, Treatment
from pcapsleuth.profiles.vocabulary import Value


class Guard(Doing):
    """Ends the session where a limit is passed."""

    element = LIMIT

    @property
    def meaning(self) -> str:
        """The limit with what happens then."""
        return f"{self.text('action')} where {self.text('what')} passes {self.number('value')}"

    def apply(self, event: Event) -> Event:
        """End it."""
        if event.element != LIMIT or event.name != self.text("what"):
            return event
        return event._replace(went=None)

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """Several devices have the same limits."""
        return 2


def guard(limit: Limit) -> Guard:
    """The doing of a limit."""
    words: dict[str, Value] = {"what": limit.what, "value": limit.value, "action": limit.action}
    return Guard(Treatment("limit", words, limit.sure, limit.sources))
