"""How clients introduced themselves: kept small, so that sessions of hours can be compared with each other."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from pcapsleuth.detect.marks import masked_greeting, masked_word
from pcapsleuth.detect.proof import SHOWN
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.smtp.script import KEPT, UNCERTAIN, Script
from pcapsleuth.tcp.connection import Endpoint, SynOptions

EHLO, HELO = b"EHLO", b"HELO"

ESMTP, STARS, OTHER = "ESMTP", "stars", "other"
"""What a greeting tells those clients that choose by it."""

VERB = len(b"EHLO ")

NAME = 255
"""Bytes that a name has at most (RFC 5321 section 4.5.3.1.2)."""

Client = tuple[int, int, bytes, int]
"""Address, the name given, and what the SYN tells of the machine: many may be behind one address."""

First = tuple[int, int]
"""Begin and number of a session, to find the first of several."""


class Hello(NamedTuple):
    """The introduction of a client in a session in which it was shown no list of extensions."""

    start: int
    session: int
    server: Endpoint
    heard: str
    """What the greeting told."""
    plain: bool
    """HELO and nothing else was said; otherwise EHLO, or what may have been one, did not succeed."""
    frame: int
    offset: int
    line: bytes


class Hellos:
    """The introductions of all clients: without success each, with success the first behind each sort of greeting."""

    def __init__(self) -> None:
        self._listed = array("q")
        """A hash of the client and of what the greeting told, a session each; forked processes hash alike."""
        self._starts, self._sessions = array("q"), array("q")
        self.others: dict[Client, list[Hello]] = {}

    def take(self, dialogue: Dialogue) -> None:
        """Take a finished session."""
        plan = _plan(dialogue.script)
        if plan is None:
            return
        connection, row = dialogue.connection, dialogue.rows[plan.hello]
        line = dialogue.text(row)
        name = line[VERB:].strip().lower()
        if len(name) > NAME:
            return
        heard = _heard(dialogue.text(dialogue.rows[plan.greeting]))
        ends, options = connection.client, connection.streams[0].options
        habits = _habits(options) if options else 0
        if plan.listed:
            self._listed.append(hash((ends.high, ends.low, name, habits, heard)))
            self._starts.append(connection.start)
            self._sessions.append(connection.index)
        elif _tells(name):
            place = row.first_frame, row.offset, line[:SHOWN].rstrip(b"\r\n")
            hello = Hello(connection.start, connection.index, connection.server, heard, plan.plain, *place)
            self.others.setdefault((ends.high, ends.low, name, habits), []).append(hello)

    def join(self, other: Hellos, numbers: Sequence[int]) -> None:
        """Take what another process kept; `numbers` has the numbers of its sessions here."""
        self._listed += other._listed
        self._starts += other._starts
        self._sessions.extend(map(numbers.__getitem__, other._sessions))
        for client, hellos in other.others.items():
            known = self.others.setdefault(client, [])
            known.extend(one._replace(session=numbers[one.session]) for one in hellos)

    def listed(self, client: Client, heard: str) -> First | None:
        """The first session in which a client was shown a list behind such a greeting; asked when all is in."""
        return self._first.get(hash((*client, heard)))

    @cached_property
    def _first(self) -> dict[int, First]:
        """The first session by client and greeting."""
        firsts = sorted(zip(self._starts, self._sessions, self._listed, strict=True), reverse=True)
        return {key: (start, session) for start, session, key in firsts}


class _Plan(NamedTuple):
    """Where the parts of an introduction stand; numbers are of rows."""

    greeting: int
    hello: int
    listed: bool
    """EHLO succeeded."""
    plain: bool


@lru_cache(KEPT)
def _plan(script: Script) -> _Plan | None:
    """Find the parts in a script; None where one is missing or a guess."""
    said = said_hello(script)
    if not said or not script.greetings or any(script.flags[at] & UNCERTAIN for at in said):
        return None
    listed = any(script.asked(at) == EHLO for at in script.listings)
    return _Plan(script.greetings[0], said[0], listed, all(script.words[at] == HELO for at in said))


def said_hello(script: Script) -> list[int]:
    """The rows of EHLO and HELO, and of a first command that may have been one until its verb was overwritten."""
    first = script.commands[:1]
    masked = [at for at in first if masked_word(script.words[at])]
    return masked + [at for at in script.commands if script.words[at] in (EHLO, HELO)]


def _tells(name: bytes) -> bool:
    """Tell whether a name is somebody's own: `localhost` is everybody's."""
    return (b"." in name or b":" in name) and not name.startswith(b"localhost")


@lru_cache(KEPT)
def _heard(greeting: bytes) -> str:
    """What a greeting tells."""
    if b"ESMTP" in greeting.upper():
        return ESMTP
    return STARS if masked_greeting(greeting.rstrip(b"\r\n")) else OTHER


def _habits(options: SynOptions) -> int:
    """What a SYN tells of the machine, as a number; not the MSS, which is of the path."""
    if not options.whole:
        return 0
    scale = -1 if options.window_scale is None else options.window_scale
    return (scale + 2) * 4 + options.sack_permitted * 2 + (options.timestamp is not None)
