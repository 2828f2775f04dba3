"""What a session shows of the symptoms, in one integer: the checklist keeps no more of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntFlag, auto
from functools import lru_cache
from typing import NamedTuple

from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.devices.remedies import PROTECTED
from pcapsleuth.smtp.dialogue import Dialogue, Kind, Mail, Opening
from pcapsleuth.smtp.grammar import split_command
from pcapsleuth.smtp.outcome import FAILED as FAILED_OUTCOMES
from pcapsleuth.smtp.outcome import outcome as came_out
from pcapsleuth.smtp.remembered import Remembered
from pcapsleuth.smtp.script import KEPT, Script
from pcapsleuth.smtp.words import HELLOS, listed
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
    TAKEN = auto()
    """The server took mail, though its client does not know."""


(
    HEARD, INBOUND, DELIVERED, FAILED, EARLY, AMID, CARRIED, SAID_EHLO, FRUITLESS, BARE_OK, ECHOED, NO_8BITMIME, LEFT,
    BODY_TYPE, TRIED_AUTH, AUTHENTICATED, RELAY_DENIED, MAIL_CLIENT, EXCHANGE_SERVER, EXCHANGE_CLIENT, TESTED, TYPED,
    MEDDLED, TAKEN,
) = (one.value for one in Fact)  # fmt: skip
"""Plain numbers, to be put together: members of an enumeration take ten times as long."""

SECRET = int(Kind.SECRET)

RELAY = re.compile(rb"^5\d\d[ -](?:5\.7\.1\b|.*\brelay)", re.IGNORECASE)
OTHERWISE = re.compile(rb"^5\d\d[ -]5\.1\.\d\b")
"""An address that does not exist has nothing to do with relaying."""
BODY = re.compile(rb"^5\d\d[ -](?:5\.6\.1\b|.*body type not supported|.*does not support 8bitmime)", re.IGNORECASE)
ECHO = re.compile(rb"^5\d\d[ -].*\b[Xx]{4,}\b")
LEAVING = frozenset({b"EHLO", b"HELO", b"RSET", b"QUIT"})
EXCHANGE_VERBS = frozenset(name.encode() for name in PROTECTED)
MEDDLING = ("verb-", "command-swallowed", "reply-injected", "reply-rewritten")


class _Outline(NamedTuple):
    """What the script alone says; numbers are of rows."""

    found: int
    hello: int | None
    """The last EHLO, HELO or LHLO."""
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
        tuple(at for at in script.replies if script.words[at][:1] == b"5"),
        not verbs <= EXISTING,
    )


def facts(
    client: Dialogue, server: Dialogue, outcome: str, findings: Iterable[Finding] = (), *, inbound: bool = True
) -> int:
    """Read a session: as its client saw it, and what its server offers as the server's side shows it.

    The facts come as a plain number: to put members of an enumeration together takes ten times as long.
    """
    outline = _outline(client.script)
    found = outline.found | _offers[client.opening] | _products[server.opening]
    found |= _lines(client, outline) | _software(client.mails)
    if inbound:
        found |= INBOUND
    if outcome in FAILED_OUTCOMES:
        found |= FAILED if server is client or came_out(server) != "delivered" else FAILED | TAKEN
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


def _name(line: bytes) -> int:
    """By what name it said hello."""
    name = split_command(line)[1]
    return MAIL_CLIENT if name and (b"." not in name or name.startswith(b"[")) else 0


def _software(mails: Iterable[Mail]) -> int:
    """What wrote the headers."""
    found = 0
    for mail in mails:
        if b"Microsoft SMTPSVC" in mail.header:
            found = EXCHANGE_CLIENT
    return found


def _offer(opening: Opening) -> int:
    """What a client that said EHLO was offered: nothing, or not what it needs."""
    script, texts = opening
    found = 0 if b"8BITMIME" in _keywords(script, texts) else NO_8BITMIME
    said = dict(zip(script.introductions, texts, strict=True))
    for at in script.replies:
        word = script.words[at]
        if script.asked(at) != b"EHLO":
            continue
        if word[:1] in (b"", b"5") or (word[:1] == b"2" and b"\n" not in said[at].rstrip()):
            found |= FRUITLESS | (0 if word else BARE_OK)
    return found


_offers = Remembered(_offer)


def _product(opening: Opening) -> int:
    """Whether the server is Exchange: by its name in the greeting, or the verbs it offers."""
    script, texts = opening
    said = dict(zip(script.introductions, texts, strict=True))
    named = bool(script.greetings) and b"Microsoft ESMTP" in said[script.greetings[0]]
    offers = any(name.rstrip(b"=") in EXCHANGE_VERBS for name in _keywords(script, texts))
    return EXCHANGE_SERVER if named or offers else 0


_products = Remembered(_product)


def _keywords(script: Script, texts: tuple[bytes, ...]) -> frozenset[bytes]:
    """The keywords of the last reply to EHLO."""
    if not script.listings:
        return frozenset()
    text = texts[script.introductions.index(script.listings[-1])]
    return frozenset(line.split(b" ", 1)[0].upper() for line in listed(text))


def _lines(client: Dialogue, outline: _Outline) -> int:
    """What the name says by which it said hello, and what the refusals say."""
    rows = client.rows
    found = 0 if outline.hello is None else _name(client.text(rows[outline.hello]))
    for at in outline.errors:
        row = rows[at]
        found |= _refusal(client.text(row), rows[row.answers].word if row.answers >= 0 else b"")
    return found


def _refusal(text: bytes, asked: bytes) -> int:
    """What a refusal is about."""
    found = BODY_TYPE if BODY.match(text) else 0
    if ECHO.match(text):
        found |= ECHOED
    if asked == b"RCPT" and RELAY.match(text) and not OTHERWISE.match(text):
        found |= RELAY_DENIED
    return found
