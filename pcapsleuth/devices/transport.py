"""What devices do to connections."""

from __future__ import annotations

from pcapsleuth.devices.doing import Doing
from pcapsleuth.devices.event import CONNECTION, OTHER_HELLO, RESET, SYN, TCP, TLS, Event


class Reset(Doing):
    """Resets one end or both, at some point of the dialogue."""

    element = RESET

    def apply(self, event: Event) -> Event:
        """Reset at its point."""
        if event.element != RESET or event.name != self.text("at"):
            return event
        return event._replace(reset=self.text("to"), answer=self.said or None)

    def explains(self, event: Event) -> bool:
        """By the point and by who was reset; the text, if it has one, is enough where it is nobody else's."""
        if event.element != RESET or event.name != self.text("at"):
            return False
        if not event.reset:
            return self.marks(event)
        told = not self.said or self.says(event.answer)
        return told and event.reset in (self.text("to"), "both")

    def marks(self, event: Event) -> bool:
        """By its own text."""
        return event.element == RESET and bool(self.said) and self.own_words > 1 and self.says(event.answer)

    def telling(self, event: Event) -> int:
        """A text of its own tells more than a reset."""
        return self.own_words if event.answer else 2


class DropConnections(Doing):
    """Lets no connection come about."""

    element = SYN

    def apply(self, event: Event) -> Event:
        """Drop the SYN."""
        return event._replace(went=None) if event.element == SYN else event

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """Anybody may."""
        return 1


class OwnConnection(Doing):
    """Has two connections in the place of one."""

    element = CONNECTION

    def apply(self, event: Event) -> Event:
        """Make them; a relay makes the second when it has the message."""
        if event.element != CONNECTION:
            return event
        return event._replace(went=b"relay" if self.flag("relay") else b"proxy")

    def concerns(self, event: Event) -> bool:
        """Where nobody can tell whether it is one connection, nothing is against it."""
        return event.element == CONNECTION and event.went == b"one"

    def explains(self, event: Event) -> bool:
        """Two connections; a relay without mail looks like a proxy."""
        return event.element == CONNECTION and event.went in (
            (b"relay", b"proxy") if self.flag("relay") else (b"proxy",)
        )

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """Every proxy does so."""
        return 1


class InterceptTls(Doing):
    """Ends the client's TLS session, and may begin another one with the server."""

    element = TLS

    def apply(self, event: Event) -> Event:
        """Let another handshake go out, or none."""
        return event._replace(went=OTHER_HELLO) if event.element == TLS else event


class ChangeTcp(Doing):
    """Changes sequence numbers or options."""

    element = TCP

    def apply(self, event: Event) -> Event:
        """Change one thing."""
        if event.element != TCP or event.name not in self.names("what"):
            return event
        return event._replace(went=b"changed")

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """Most firewalls do so."""
        return 1
