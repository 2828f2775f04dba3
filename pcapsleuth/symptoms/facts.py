"""What a session shows of the symptoms, in one integer: the checklist keeps no more of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntFlag, auto
from functools import lru_cache
from typing import NamedTuple

from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.devices.remedies import PROTECTED
from pcapsleuth.smtp.dialogue import Dialogue, Row
from pcapsleuth.smtp.script import KEPT, Script
from pcapsleuth.smtp.words import HELLOS, SECRET, command, listed
from pcapsleuth.symptoms.madeup import EXISTING, made_up


class Fact(IntFlag):
    """One thing that a session shows."""

    HEARD = auto()
    """A greeting, and a reply to a command."""
    INBOUND = auto()
    """The client is on the outside, or nothing tells where it is."""
    DELIVERED = auto()
    FAILED = auto()
    """Mail did not get through, as its client saw it."""
    EARLY = auto()
    """It stopped before mail was offered, or waiting for the last answer."""
    AMID = auto()
    """It stopped within the mail data, or at its end."""
    CARRIED = auto()
    """Mail data was sent."""
    SAID_EHLO = auto()
    FRUITLESS = auto()
    """EHLO was refused, or answered by one line without keywords."""
    BARE_OK = auto()
    """EHLO was answered by `OK` without a code."""
    ECHOED = auto()
    """An error of the server quotes a row of X: it received a masked command."""
    NO_8BITMIME = auto()
    """A client that was shown no 8BITMIME."""
    LEFT = auto()
    """It said hello, then RSET or QUIT, and nothing else."""
    BODY_TYPE = auto()
    """A reply with 5.6.1: body type not supported."""
    TRIED_AUTH = auto()
    AUTHENTICATED = auto()
    RELAY_DENIED = auto()
    """A recipient was refused with 5.7.1, or because of relaying."""
    MAIL_CLIENT = auto()
    """It says hello with a name that no mail server has: without a dot, or an address in brackets."""
    EXCHANGE_SERVER = auto()
    EXCHANGE_CLIENT = auto()
    TESTED = auto()
    """A verb that does not exist was tried: a test, and no mail."""
    TYPED = auto()
    """Typed by hand, one character a segment."""
    MEDDLED = auto()
    """A command of it was changed, withheld or answered on the way."""


(
    HEARD, INBOUND, DELIVERED, FAILED, EARLY, AMID, CARRIED, SAID_EHLO, FRUITLESS, BARE_OK, ECHOED, NO_8BITMIME, LEFT,
    BODY_TYPE, TRIED_AUTH, AUTHENTICATED, RELAY_DENIED, MAIL_CLIENT, EXCHANGE_SERVER, EXCHANGE_CLIENT, TESTED, TYPED,
    MEDDLED,
) = (one.value for one in Fact)  # fmt: skip
"""Plain numbers, to be put together: members of an enumeration take ten times as long."""

RELAY = re.compile(rb"^5\d\d[ -](?:5\.7\.1\b|.*\brelay)", re.IGNORECASE)
OTHERWISE = re.compile(rb"^5\d\d[ -]5\.1\.\d\b")
"""An address that does not exist has nothing to do with relaying."""
BODY = re.compile(rb"^5\d\d[ -](?:5\.6\.1\b|.*body type not supported|.*does not support 8bitmime)", re.IGNORECASE)
ECHO = re.compile(rb"^5\d\d[ -].*\b[Xx]{4,}\b")
LEAVING = frozenset({b"EHLO", b"HELO", b"RSET", b"QUIT"})
EXCHANGE_VERBS = frozenset(name.encode() for name in PROTECTED)
FAILURES = frozenset(("refused", "gave-up", "cut", "timed-out"))
MEDDLING = ("verb-", "command-swallowed", "reply-injected", "reply-rewritten")


class _Outline(NamedTuple):
    """What the script alone says; numbers are of rows."""

    found: int
    hello: int | None
    """The last EHLO, HELO or LHLO."""
    answers: tuple[int, ...]
    """The replies to EHLO."""
    errors: tuple[int, ...]
    """The replies with a 5xx."""
    made_up: bool
    """A verb may be made up."""


@lru_cache(KEPT)
def _outline(script: Script) -> _Outline:
    """Read a script."""
    verbs = script.verbs
    return _Outline(
        _stage(script) | _course(script),
        next((at for at in reversed(script.commands) if script.words[at] in HELLOS), None),
        tuple(at for at in script.replies if script.asked(at) == b"EHLO"),
        tuple(at for at in script.replies if script.words[at][:1] == b"5"),
        not verbs <= EXISTING,
    )


@lru_cache(4096)
def _offered(text: bytes) -> frozenset[bytes]:
    """The keywords of a reply to EHLO; servers say the same again and again."""
    return frozenset(one.line.split(b" ", 1)[0].upper() for one in listed(text))


def facts(
    client: Dialogue, server: Dialogue, outcome: str, findings: Iterable[Finding] = (), *, inbound: bool = True
) -> int:
    """Read a session: as its client saw it, and what its server offers as the server's side shows it.

    The facts come as a plain number: to put members of an enumeration together takes ten times as long.
    """
    outline = _outline(client.script)
    found = outline.found | _hello(client, outline) | _replies(client, outline) | _ends(client, server)
    if inbound:
        found |= INBOUND
    if outcome in FAILURES:
        found |= FAILED
    elif outcome == "delivered":
        found |= DELIVERED
    for one in findings:
        if one.label == "char-mode-client":
            found |= TYPED
        elif one.severity is not Severity.INFO and one.label.startswith(MEDDLING):
            found |= MEDDLED
    if outline.made_up and next(made_up(client), None) is not None:
        found |= TESTED
    return found


def _stage(script: Script) -> int:
    """Where it stopped."""
    if script.mails:
        return CARRIED | _last_mail(script)
    verbs = script.verbs
    found = LEFT if verbs <= LEAVING and verbs & {b"RSET", b"QUIT"} and verbs & {b"EHLO", b"HELO"} else 0
    if b"BDAT" in verbs or (b"DATA" in verbs and script.commands[-1] not in script.answers):
        return found | CARRIED | AMID
    return found if b"MAIL" in verbs else found | EARLY


def _last_mail(script: Script) -> int:
    """Whether it stopped within its last mail, or waiting for the answer to it."""
    row, rows, ended, chunked = script.mails[-1]
    answered = any(one in script.answers for one in (row, *rows))
    amid = 0 if answered and not chunked else AMID
    return amid | (EARLY if ended and not answered else 0)


def _course(script: Script) -> int:
    """What was tried, and answered."""
    found = SAID_EHLO if b"EHLO" in script.verbs else 0
    if script.greetings and any(at >= script.greetings[0] and script.answers[at] >= 0 for at in script.replies):
        found |= HEARD
    if any(script.words[at] == b"235" for at in script.replies):
        found |= AUTHENTICATED
    if b"AUTH" in script.verbs or SECRET in script.kinds:
        found |= TRIED_AUTH
    return found if script.verbs.isdisjoint(EXCHANGE_VERBS) else found | EXCHANGE_CLIENT


def _hello(client: Dialogue, outline: _Outline) -> int:
    """How it said hello, and what came of it."""
    found = 0
    if outline.hello is not None:
        name = command(client, client.rows[outline.hello]).argument
        if name and (b"." not in name or name.startswith(b"[")):
            found |= MAIL_CLIENT
    for row in (client.rows[at] for at in outline.answers):
        if _empty(client, row):
            found |= FRUITLESS | (0 if row.word else BARE_OK)
    return found if b"8BITMIME" in _offers(client) else found | NO_8BITMIME


def _empty(dialogue: Dialogue, row: Row) -> bool:
    """Tell whether a reply to EHLO lists nothing."""
    return row.word[:1] in (b"", b"5") or (row.word[:1] == b"2" and b"\n" not in dialogue.text(row).rstrip())


def _offers(dialogue: Dialogue) -> frozenset[bytes]:
    """The keywords of the last reply to EHLO."""
    listings = dialogue.script.listings
    return _offered(dialogue.text(dialogue.rows[listings[-1]])) if listings else frozenset()


def _replies(client: Dialogue, outline: _Outline) -> int:
    """What the refusals say."""
    found = 0
    for row in (client.rows[at] for at in outline.errors):
        found |= _refusal(client.text(row), client.rows[row.answers].word if row.answers >= 0 else b"")
    return found


def _refusal(text: bytes, asked: bytes) -> int:
    """What a refusal is about."""
    found = BODY_TYPE if BODY.match(text) else 0
    if ECHO.match(text):
        found |= ECHOED
    if asked == b"RCPT" and RELAY.match(text) and not OTHERWISE.match(text):
        found |= RELAY_DENIED
    return found


def _ends(client: Dialogue, server: Dialogue) -> int:
    """Whether Exchange stands at an end: by its verbs, or its name in greeting and header."""
    found = 0
    greetings = server.script.greetings
    greeting = server.text(server.rows[greetings[0]]) if greetings else b""
    if b"Microsoft ESMTP" in greeting or any(name.rstrip(b"=") in EXCHANGE_VERBS for name in _offers(server)):
        found |= EXCHANGE_SERVER
    if any(b"Microsoft SMTPSVC" in mail.header for mail in client.mails):
        found |= EXCHANGE_CLIENT
    return found
