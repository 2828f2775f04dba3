"""What devices do to commands."""

from __future__ import annotations

from pcapsleuth.devices.doing import Doing
from pcapsleuth.devices.event import DISOWNED, MASKED, RECEIVED, UNKNOWN, VERB, Event


class MaskVerbs(Doing):
    """Overwrites the verb, in place; the argument stays."""

    element = VERB
    steady = True

    def apply(self, event: Event) -> Event:
        """Overwrite the verb."""
        if event.element != VERB or event.went is None or not self.treats(event.name):
            return event
        return event._replace(went=self._mask(event.went, len(event.name)))

    def concerns(self, event: Event) -> bool:
        """What some releases leave alone may pass."""
        return event.name not in self.names("either") and super().concerns(event)

    def explains(self, event: Event) -> bool:
        """Exactly, or the whole line, as some releases do.

        A line typed letter by letter is overwritten letter by letter, whatever its verb.
        """
        if super().explains(event) or self._either(event):
            return True
        if event.element != VERB or not event.came or event.answer is not None:
            return False
        if event.detail != "typed" and not self.treats(event.name):
            return False
        filler = self.text("filler").encode()
        return (
            event.changed and len(event.went or b"") == len(event.came) and not (event.went or b"").strip(filler + b" ")
        )

    def _either(self, event: Event) -> bool:
        """Tell whether a verb that some releases treat was treated."""
        if event.element != VERB or event.name not in self.names("either") or event.answer is not None:
            return False
        return event.changed and event.went == self._mask(event.came or b"", len(event.name))

    def _mask(self, line: bytes, verb: int) -> bytes:
        """A line with its verb overwritten."""
        return self.text("filler").encode() * verb + line[verb:]

    def marks(self, event: Event) -> bool:
        """The server's own error names the mask: `Command unrecognized: "XXXX"`; or it does not know the verb."""
        if event.detail == UNKNOWN:
            return self.treats(event.name)
        filler = self.text("filler").encode()
        return event.element == VERB and bool(event.went) and not (event.went or b"").strip(filler)

    def strays(self, event: Event) -> bool:
        """What is not treated was masked by an accident: where the device lost its place, or between typed letters."""
        return event.detail in (MASKED, RECEIVED) and not self.treats(event.name)

    def telling(self, event: Event) -> int:
        """A server may not know a verb for reasons of its own, accidents happen, and a mask may hide any verb."""
        return 1 if self.strays(event) or event.detail == UNKNOWN or not event.name else 2


class RewriteVerbs(Doing):
    """Turns a command into another."""

    element = VERB

    def apply(self, event: Event) -> Event:
        """Put the other verb in place."""
        if event.element != VERB or event.went is None or not self.treats(event.name):
            return event
        verb = len(event.name)
        to = self.text("to").encode()
        return event._replace(went=(to.ljust(verb) if self.flag("pad") else to) + event.went[verb:])

    def explains(self, event: Event) -> bool:
        """By the verb that arrived."""
        if event.element != VERB or not event.came or not event.went or event.answer is not None:
            return False
        arrived = event.went.split(b" ", 1)[0].upper()
        return self.treats(event.name) and event.changed and arrived == self.text("to").encode()

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """Few devices put one command in the place of another."""
        return 3


class BlockVerbs(Doing):
    """Keeps a command from the server and answers it."""

    element = VERB

    def apply(self, event: Event) -> Event:
        """Answer in the server's place."""
        if event.element != VERB or event.went is None or not self.treats(event.name):
            return event
        return event._replace(went=None, answer=self.said)

    def concerns(self, event: Event) -> bool:
        """A list that is a setting binds nobody."""
        return not self.flag("adjustable") and super().concerns(event)

    def explains(self, event: Event) -> bool:
        """By its own answer."""
        blocked = event.element == VERB and event.went is None and self.says(event.answer)
        return blocked and (self.flag("adjustable") or self.treats(event.name))

    def marks(self, event: Event) -> bool:
        """By its own answer, if nobody else says so, or by a verb that is as good as not known.

        Of a verb that is offered and then not known, its very words suffice, though others have them as well.
        """
        if event.element != VERB:
            return False
        if event.detail == UNKNOWN:
            return self.treats(event.name)
        verbatim = event.detail == DISOWNED and self.treats(event.name) and not self.spec.parameters["pattern"]
        return (self.own_words > 1 or verbatim) and self.says(event.answer)

    def telling(self, event: Event) -> int:  # noqa: ARG002
        """By how much the text is its own."""
        return max(self.own_words, 2 if self.names("only") else 1)


class SwallowVerbs(Doing):
    """Keeps a command from the server and says nothing."""

    element = VERB

    def apply(self, event: Event) -> Event:
        """Let it vanish."""
        if event.element != VERB or event.went is None or not self.treats(event.name):
            return event
        return event._replace(went=None)

    def explains(self, event: Event) -> bool:
        """Nothing went on, and nobody answered."""
        gone = event.element == VERB and event.went is None and event.answer is None
        return gone and (self.flag("adjustable") or self.treats(event.name))
