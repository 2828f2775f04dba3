"""The test of KB 320027 in captures: a verb that does not exist, and what answered it.

With Mailguard off the server refuses it (`500`); early Mailguard answers `OK` itself. Later releases answer otherwise
or hand X's to the server, and the article contradicts itself: so what was seen is said, and who answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pcapsleuth.detect.finding import Finding, Place
from pcapsleuth.smtp.dialogue import Dialogue, Flag, Row

EXISTING = frozenset(
    b"HELO EHLO LHLO MAIL RCPT DATA RSET NOOP QUIT VRFY EXPN HELP TURN SEND SOML SAML ETRN ATRN AUTH STARTTLS BDAT "
    b"BURL ONEX VERB XCLIENT XFORWARD XEXCH50 XTRN PROXY GET POST CONNECT OPTIONS HEAD".split()
)
"""Verbs of documents, and those of HTTP, which reach port 25 without being a test."""

WORD = re.compile(rb"(?!X{3,}$)[A-Z]{3,20}")
"""Letters only: private verbs begin with X-, and a row of X is a verb that was masked before."""


class MadeUp(NamedTuple):
    """A verb that does not exist, as one session has it."""

    place: Place
    verb: str
    answer: bytes
    """The first line of the reply; empty without one."""
    result: str
    """Who answered: `device`, `masked` (the server, to X's), `server` or `unknown`."""

    @property
    def sentence(self) -> str:
        """What it shows."""
        if not self.answer:
            return f"`{self.verb}`, which is no command, was answered by nobody."
        said = self.answer.decode("ascii", "backslashreplace")
        start = f"`{self.verb}`, which is no command, was answered `{said}`"
        if self.result == "device":
            on = "Mailguard is on" if _positive(self.answer) else "it filters commands"
            return f"{start} by the device itself: {on}."
        if self.result == "masked":
            return f"{start} by the server, which was handed X's: the device masks commands."
        if self.result == "server":
            return f"{start} by the server itself: no sign of Mailguard."
        if _positive(self.answer):
            return f"{start}: a device answers for the server, or one that accepts anything."
        return f"{start}; the capture of the other side would show by whom."


def made_up(dialogue: Dialogue) -> Iterator[tuple[Row, Row | None]]:
    """Commands of a session that exist nowhere, with the reply to each."""
    answers = {row.answers: row for _, row in dialogue.replies()}
    for index, row in dialogue.commands():
        if row.word not in EXISTING and WORD.fullmatch(row.word) and not row.flags & (Flag.UNCERTAIN | Flag.REDACTED):
            yield row, answers.get(index)


def tests(dialogue: Dialogue, place: Place, findings: Iterable[Finding], *, pair: bool) -> Iterator[MadeUp]:
    """The tests in a session, each verb once."""
    labels = {(one.subject or "", one.label) for one in findings}
    said: set[str] = set()
    for row, reply in made_up(dialogue):
        verb = row.word.decode("ascii")
        if verb in said:
            continue
        said.add(verb)
        swallowed = (verb, "command-swallowed") in labels
        answer = b"" if reply is None or swallowed else dialogue.text(reply).split(b"\n")[0].rstrip(b"\r")
        yield MadeUp(place, verb, answer, _result(verb, answer, labels, pair=pair))


def _result(verb: str, answer: bytes, labels: set[tuple[str, str]], *, pair: bool) -> str:
    """Say who answered."""
    if pair and {(verb, "verb-blocked"), (verb, "reply-injected"), (verb, "command-swallowed")} & labels:
        return "device"
    if {(verb, "verb-masked"), (verb, "verb-rewritten")} & labels or re.search(rb"\bX{4,}", answer):
        return "masked"
    return "server" if pair and answer else "unknown"


def _positive(answer: bytes) -> bool:
    """Tell whether a client takes it for a yes."""
    return answer[:1] == b"2" or answer[:2].upper() == b"OK"
