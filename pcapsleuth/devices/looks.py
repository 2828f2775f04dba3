"""What the sessions of a single observation point bear of marks: the first of each kind, in any order of telling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TypeVar

from pcapsleuth.detect.onesided import UNSPOKEN
from pcapsleuth.devices import onesided
from pcapsleuth.devices.event import REPLY, VERB, Event
from pcapsleuth.devices.first import First
from pcapsleuth.smtp.dialogue import Dialogue, Opening
from pcapsleuth.smtp.lines import TEXT_LIMIT
from pcapsleuth.smtp.script import GREETING, KEPT, Script
from pcapsleuth.tcp.connection import Endpoint

MOST = 400
"""Different events of a kind that are kept: traffic repeats itself."""

SERVERS = 3
LINES = 1 << 16
"""More events than a reply has."""

ENDLESS = ((VERB, False), (REPLY, False))
"""Kinds of which every session has its own."""

MASKS = (b"XXXX", b"xxxx")
"""One of them is in every mask that stands in neither a greeting nor a list of keywords."""

Kind = tuple[str, bool]
"""The element of an event, and whether it is marked."""


Address = tuple[int, int]
"""Both halves of it."""

Told = tuple[int, int, bytes, bytes]
"""Of a reply: whether it is a greeting, kind and word of the row that it answers, and its text."""

T = TypeVar("T")


class Looks:
    """Collects events and first words; its memory does not grow with the traffic."""

    def __init__(self) -> None:
        self._texts: First[tuple[Address, bytes]] = First(SERVERS * MOST)
        """What servers said at first: their products show in it."""
        self._events: dict[Kind, First[Event]] = {}
        self._openings: dict[Opening, int] = {}
        """The openings that were looked at, and the first session of each."""
        self._told: dict[Told, int] = {}
        """The same of replies that say by themselves what they are."""

    def __bool__(self) -> bool:
        """Whether there is any event."""
        return bool(self._events)

    def __iter__(self) -> Iterator[Event]:
        """The events."""
        return (event for kind in sorted(self._events) for event in self._events[kind])

    def take(self, dialogue: Dialogue) -> None:
        """Look at a session."""
        played, begin = dialogue.script, (dialogue.connection.index, 0)
        if not self._texts.closed(begin):
            server = dialogue.connection.server[:2]
            for at in played.replies:
                self._texts.add((server, _text(dialogue, at)), (begin[0], at))
        if not _known(self._openings, dialogue.opening, begin[0]):
            self._look(dialogue, played.introductions)
        marked = _odd(played) or MASKS[0] in dialogue.blob or MASKS[1] in dialogue.blob
        if marked or not all(kind in self._events and self._events[kind].closed(begin) for kind in ENDLESS):
            self._look(dialogue, played.others)

    def _look(self, dialogue: Dialogue, replies: Sequence[int]) -> None:
        """Look at some replies of a session."""
        session, rows, played = dialogue.connection.index, dialogue.rows, dialogue.script
        for at in replies:
            text = _text(dialogue, at)
            alone = _alone(played, at, text)
            if alone is not None and _known(self._told, alone, session):
                continue
            for position, event in enumerate(onesided.marks_of(dialogue, rows[at], text)):
                kind = event.element, event.detail in onesided.MARKED
                if kind not in self._events:
                    self._events[kind] = First(MOST)
                self._events[kind].add(event, (session, at * LINES + position))

    def join(self, other: Looks, numbers: Sequence[int]) -> None:
        """Take what another process saw; `numbers` has the numbers of its sessions here."""
        self._texts.join(other._texts, numbers)
        for kind, events in other._events.items():
            self._events.setdefault(kind, First(MOST)).join(events, numbers)

    def said(self) -> dict[str, list[bytes]]:
        """What the first few servers said."""
        said: dict[str, list[bytes]] = {}
        for halves, text in self._texts:
            server = Endpoint(*halves, 0).address
            if server in said or len(said) < SERVERS:
                said.setdefault(server, []).append(text)
        return said


def _known(seen: dict[T, int], thing: T, session: int) -> bool:
    """Tell whether a thing was looked at in this session or one before; remember that it is looked at now."""
    known = seen.get(thing)
    if known is not None and known <= session:
        return True
    if len(seen) >= KEPT:
        seen.clear()
    seen[thing] = session
    return False


@lru_cache(KEPT)
def _odd(played: Script) -> bool:
    """Tell whether a refusal may be a device's: of mail data, or of a verb that nearly all servers know."""
    if any(played.words[command] in UNSPOKEN for command, _ in played.refused):
        return True
    mails = {mail[0] for mail in played.mails}
    return any(played.words[at][:1] == b"5" and played.answers[at] in mails for at in played.replies)


def _text(dialogue: Dialogue, at: int) -> bytes:
    """The text of a reply without its end."""
    return dialogue.text(dialogue.rows[at]).rstrip(b"\r\n")


def _alone(played: Script, at: int, text: bytes) -> Told | None:
    """What the events of a reply hang on; None for refusals, which hang on the line refused and on the greeting too.

    One that is longer than a line is not worth remembering.
    """
    if len(text) > TEXT_LIMIT or b"5" in (text[:1], played.words[at][:1]):
        return None
    asked = played.answers[at]
    return played.flags[at] & GREETING, played.kinds[asked] if asked >= 0 else 0, played.asked(at), text
