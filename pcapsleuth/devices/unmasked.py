"""Candidates for what is masked, in words, for a single capture."""

from __future__ import annotations

from collections.abc import Sequence

from pcapsleuth.compare.keyword import keyword_lines
from pcapsleuth.detect.candidates import candidates
from pcapsleuth.detect.marks import masked_greeting
from pcapsleuth.devices.event import Event
from pcapsleuth.devices.onesided import keyword_events
from pcapsleuth.devices.unmask import greetings, product

MOST = 3


def unmasked(server: str, texts: Sequence[bytes]) -> list[str]:
    """What may stand behind the masks of one server: never sure, the other side shows it."""
    greeting = next((text for text in texts if masked_greeting(text)), None)
    offered = next((text for text in texts if any(one.changed for one in _list(text))), None)
    if greeting is None and offered is None:
        return []
    lines = []
    known = product([text for text in texts if not text.startswith(b"220")])
    if known:
        lines.append(f"the server {server} speaks like {known.name}")
    if greeting is not None and (found := greetings(greeting[4:], _host(texts))):
        lines.append(f"its greeting has the length and the digits of {' or '.join(found[:MOST])}")
    return lines + ([] if offered is None else _masked_keywords(offered))


def _masked_keywords(offered: bytes) -> list[str]:
    """What may stand behind each masked line of a list."""
    lines = keyword_lines(offered)
    told = candidates(lines, [at for at, event in enumerate(keyword_events(offered)) if event.changed])
    shown = ((lines[at].text.decode("latin-1"), [word.decode() for word in words]) for at, words in told.items())
    return [f"`{mask}` may be {' or '.join(words[:MOST]) or 'a keyword that is not known'}" for mask, words in shown]


def _list(text: bytes) -> Sequence[Event]:
    """The keyword lines of a reply that has any."""
    return keyword_events(text) if text.startswith(b"250-") else ()


def _host(texts: Sequence[bytes]) -> str:
    """The server's name, where a reply to EHLO or HELO gives it."""
    for text in texts:
        word = text[4:].split(b"\r\n")[0].split(b" ")[0]
        if text.startswith(b"250") and b"." in word and not text.startswith(b"250 2."):
            return word.decode("latin-1")
    return ""
