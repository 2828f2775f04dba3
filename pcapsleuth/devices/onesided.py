"""What one capture alone shows of a device elsewhere on the path: masks, running letters, texts of products.

What came in is not known; so an event has None for it, and treatments look for their marks only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from pcapsleuth.compare.keyword import keyword_lines
from pcapsleuth.detect.candidates import verb_behind
from pcapsleuth.detect.marks import masked_greeting, masked_line, masked_word
from pcapsleuth.detect.onesided import begun, disowned, quoted, unknown
from pcapsleuth.devices.event import DISOWNED, GREETING, KEYWORD, MASKED, RECEIVED, REPLY, RESET, UNKNOWN, VERB, Event
from pcapsleuth.devices.keywords import keyword_name
from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind, Row
from pcapsleuth.smtp.words import typed

MARKED = (MASKED, RECEIVED, UNKNOWN)

PASSED = Event(VERB, "EHLO", b"EHLO", b"EHLO")
"""A list of keywords answers an EHLO that came through."""

PADDING = b"____"
"""No server fills its greeting up: early Mailguard does, to the length of the one that it replaces."""

COMMAND, MAIL, GREETED = int(Kind.COMMAND), int(Kind.MAIL), int(Flag.GREETING)


def marks(dialogue: Dialogue) -> Iterator[Event]:
    """The events of one session that bear marks, and keywords that passed whole."""
    for _, row in dialogue.replies():
        yield from marks_of(dialogue, row, dialogue.text(row).rstrip(b"\r\n"))


def marks_of(dialogue: Dialogue, row: Row, text: bytes) -> Sequence[Event]:
    """The events of one reply."""
    asked = dialogue.rows[row.answers] if row.answers >= 0 else None
    if row.flags & GREETED:
        return (_greeting(text),)
    if asked is not None and asked.kind == MAIL and row.word[:1] == b"5":
        return (Event(RESET, "DATA", None, None, answer=text),)
    if asked is None or asked.kind != COMMAND:
        return ()
    if asked.word == b"EHLO" and text.startswith(b"250") and b"\n" in text:
        first = text.partition(b"\r\n")[0]
        return (PASSED, Event(REPLY, "EHLO", None, first), *keyword_events(text))
    masked = _masked(dialogue, asked, row, text)
    if masked is None and disowned(dialogue, row.answers, text):
        verb = asked.word.decode("latin-1")
        return (Event(VERB, verb, asked.word, None, text, detail=DISOWNED),)
    return _reply(asked.word, text) if masked is None else (masked,)


def _masked(dialogue: Dialogue, asked: Row, row: Row, text: bytes) -> Event | None:
    """The event of a command whose verb was overwritten before or behind this point.

    No letter that is typed is a verb by itself: whoever knows the verb overwrites it all the same.
    """
    if masked_word(asked.word) and row.word[:1] == b"5":
        line = dialogue.text(asked).strip()
        name = None if typed(asked) else verb_behind(line, begun=begun(dialogue, asked))
        return Event(VERB, name or "", None, line[: len(asked.word)], detail=RECEIVED)
    verb = asked.word.decode("latin-1")
    mask = quoted(dialogue, asked, text)
    if mask:
        return Event(VERB, "" if typed(asked) else verb, asked.word, mask, detail=MASKED)
    lost = not typed(asked) and unknown(dialogue, asked.word, text)
    return Event(VERB, verb, None, text, detail=UNKNOWN) if lost else None


def _greeting(text: bytes) -> Event:
    """A greeting: masked, filled up to the length of another, or of some product."""
    masked = masked_greeting(text) or PADDING in text
    return Event(GREETING, "", None, text, detail=MASKED if masked else "")


@lru_cache(4096)
def keyword_events(text: bytes) -> Sequence[Event]:
    """The keyword lines of an EHLO reply; masked ones have their number in the run of letters."""
    events: list[Event] = []
    number = 1
    for line in keyword_lines(text):
        masked = masked_line(line.text, number)
        if masked:
            events.append(Event(KEYWORD, f"MASKED-{number}", None, line.text, number=number, detail=MASKED))
        else:
            name = keyword_name(line.text)
            detail = "last" if name == "OK" else ""
            events.append(Event(KEYWORD, name, line.text, line.text, number=number, detail=detail))
        number += masked
    return tuple(events)


@lru_cache(4096)
def _reply(asked: bytes, text: bytes) -> Sequence[Event]:
    """A reply that may be a text of some product."""
    verb = asked.decode("latin-1")
    return (Event(VERB, verb, verb.encode(), None, text), Event(REPLY, verb, None, text))
