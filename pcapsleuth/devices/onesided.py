"""What one capture alone shows of a device elsewhere on the path: masks, running letters, texts of products.

What came in is not known; so an event has None for it, and treatments look for their marks only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapsleuth.compare.keyword import keyword_lines
from pcapsleuth.compare.masking import LETTERED
from pcapsleuth.devices.event import GREETING, KEYWORD, REPLY, VERB, Event
from pcapsleuth.devices.keywords import keyword_name
from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind, Row

MASKED = "masked"
ECHO = re.compile(rb"[\"'`(: ]((?:X{4,})|(?:x{4,}))[\"'` )]")
FILLED = re.compile(rb"X{2,}|[*]+|_+|x{3,}")


def marks(dialogue: Dialogue) -> Iterator[Event]:
    """The events of one session that bear marks, and keywords that passed whole."""
    for i, row in dialogue.replies():
        text = dialogue.text(row).rstrip(b"\r\n")
        verb = dialogue.rows[row.answers].word.decode("latin-1") if row.answers >= 0 else ""
        if row.flags & Flag.GREETING:
            yield _greeting(text)
        elif verb == "EHLO" and text.startswith(b"250") and b"\n" in text:
            yield from keyword_events(text)
        elif row.answers >= 0 and dialogue.rows[row.answers].kind == Kind.COMMAND:
            yield from _reply(dialogue, i, row, text, verb)


def _greeting(text: bytes) -> Event:
    """A greeting: masked, or of some product."""
    return Event(GREETING, "", None, text, detail=MASKED if masked_greeting(text) else "")


def masked_greeting(text: bytes) -> bool:
    """Tell whether a reply is a greeting of stars, with 2, 0 and blanks at most."""
    body = text[3:]
    return text.startswith(b"220") and b"*" in body and not body.strip(b"*20 -\r\n")


def keyword_events(text: bytes) -> list[Event]:
    """The keyword lines of an EHLO reply; masked ones have their number in the run of letters."""
    events: list[Event] = []
    number = 1
    for line in keyword_lines(text):
        masked = bool(FILLED.fullmatch(line.text)) or _lettered(line.text, number)
        if masked:
            events.append(Event(KEYWORD, f"MASKED-{number}", None, line.text, number=number, detail=MASKED))
        else:
            name = keyword_name(line.text)
            detail = "last" if name == "OK" else ""
            events.append(Event(KEYWORD, name, line.text, line.text, number=number, detail=detail))
        number += masked
    return events


def _lettered(text: bytes, number: int) -> bool:
    """Tell a line that ends in the letter whose turn it is."""
    return bool(LETTERED.fullmatch(text)) and len(text) > 1 and text[-1] == ord("A") + number - 1


def _reply(dialogue: Dialogue, at: int, row: Row, text: bytes, verb: str) -> Iterator[Event]:
    """A reply: the server's echo of a masked verb, or a text of some product."""
    del at
    found = ECHO.search(b" " + text + b" ")
    asked = dialogue.text(dialogue.rows[row.answers])
    if found and found[1] not in asked:
        yield Event(VERB, verb, verb.encode(), found[1], detail=MASKED)
    else:
        yield Event(VERB, verb, verb.encode(), None, text)
        yield Event(REPLY, verb, None, text)
