"""Candidates for what is masked, in words, for a single capture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pcapsleuth.devices.event import GREETING, Event
from pcapsleuth.devices.onesided import keyword_events
from pcapsleuth.devices.unmask import greetings, keywords, product

MOST = 3


def unmasked(events: Iterable[Event], texts: Sequence[bytes]) -> list[str]:
    """What may stand behind the masks: never sure, the other side shows it."""
    lines = []
    server = product([text for text in texts if not text.startswith(b"220")])
    if server:
        lines.append(f"the server behind it speaks like {server.name}")
    for event in events:
        if event.element == GREETING and event.detail and event.went:
            found = greetings(event.went[4:], _host(texts))
            lines += [f"its greeting has the length and the digits of {' or '.join(found[:MOST])}"] if found else []
            break
    lists = [text for text in texts if text.startswith(b"250-")]
    for text in lists[:1]:
        events_ = keyword_events(text)
        for at, words in keywords(events_, server).items():
            mask = (events_[at].went or b"").decode("latin-1")
            lines.append(f"`{mask}` may be {' or '.join(words[:MOST]) if words else 'a keyword that is not known'}")
    return lines


def _host(texts: Sequence[bytes]) -> str:
    """The server's name, where a reply to EHLO or HELO gives it."""
    for text in texts:
        word = text[4:].split(b"\r\n")[0].split(b" ")[0]
        if text.startswith(b"250") and b"." in word and not text.startswith(b"250 2."):
            return word.decode("latin-1")
    return ""
