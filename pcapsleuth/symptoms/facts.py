"""What a session shows of the symptoms, in one integer: the checklist keeps no more of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import IntFlag, auto

from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.devices.remedies import PROTECTED
from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind, Row
from pcapsleuth.smtp.views import banner, capabilities, ehlo
from pcapsleuth.symptoms.madeup import made_up


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


RELAY = re.compile(rb"^5\d\d[ -](?:5\.7\.1\b|.*\brelay)", re.IGNORECASE)
OTHERWISE = re.compile(rb"^5\d\d[ -]5\.1\.\d\b")
"""An address that does not exist has nothing to do with relaying."""
BODY = re.compile(rb"^5\d\d[ -](?:5\.6\.1\b|.*body type not supported|.*does not support 8bitmime)", re.IGNORECASE)
ECHO = re.compile(rb"^5\d\d[ -].*\b[Xx]{4,}\b")
LEAVING = frozenset({b"EHLO", b"HELO", b"RSET", b"QUIT"})
EXCHANGE_VERBS = frozenset(name.encode() for name in PROTECTED)
MEDDLING = ("verb-", "command-swallowed", "reply-injected", "reply-rewritten")


def facts(
    client: Dialogue, server: Dialogue, outcome: str, findings: Iterable[Finding] = (), *, inbound: bool = True
) -> Fact:
    """Read a session: as its client saw it, and what its server offers as the server's side shows it."""
    found = Fact.INBOUND if inbound else Fact(0)
    if outcome in ("refused", "gave-up", "cut", "timed-out"):
        found |= Fact.FAILED
    elif outcome == "delivered":
        found |= Fact.DELIVERED
    found |= _stage(client) | _hello(client) | _replies(client) | _ends(client, server)
    for one in findings:
        if one.label == "char-mode-client":
            found |= Fact.TYPED
        elif one.severity is not Severity.INFO and one.label.startswith(MEDDLING):
            found |= Fact.MEDDLED
    return found | (Fact.TESTED if next(made_up(client), None) is not None else Fact(0))


def _stage(client: Dialogue) -> Fact:
    """Where it stopped."""
    if client.mails:
        return Fact.CARRIED | _last_mail(client)
    verbs = {row.word for _, row in client.commands()}
    left = verbs <= LEAVING and verbs & {b"RSET", b"QUIT"} and verbs & {b"EHLO", b"HELO"}
    found = Fact.LEFT if left else Fact(0)
    if b"BDAT" in verbs or (b"DATA" in verbs and _unanswered(client)):
        return found | Fact.CARRIED | Fact.AMID
    return found if b"MAIL" in verbs else found | Fact.EARLY


def _last_mail(client: Dialogue) -> Fact:
    """Whether it stopped within its last mail, or waiting for the answer to it."""
    last = client.mails[-1]
    answered = any(row.answers in (last.row, *last.rows) for _, row in client.replies())
    amid = Fact(0) if answered and not last.chunked else Fact.AMID
    return amid | (Fact.EARLY if last.ended and not answered else Fact(0))


def _unanswered(client: Dialogue) -> bool:
    """Tell whether the last command has no reply."""
    last = max((index for index, _ in client.commands()), default=-1)
    return all(row.answers != last for _, row in client.replies())


def _hello(client: Dialogue) -> Fact:
    """How it said hello, and what came of it."""
    verbs = {row.word for _, row in client.commands()}
    found = Fact.SAID_EHLO if b"EHLO" in verbs else Fact(0)
    name = ehlo(client)
    if name and (b"." not in name or name.startswith(b"[")):
        found |= Fact.MAIL_CLIENT
    offered = {line.split(b" ", 1)[0].upper() for line in capabilities(client)}
    for row in _answers(client, b"EHLO"):
        if _empty(client, row):
            found |= Fact.FRUITLESS | (Fact(0) if row.word else Fact.BARE_OK)
    return found if b"8BITMIME" in offered else found | Fact.NO_8BITMIME


def _answers(client: Dialogue, verb: bytes) -> Iterator[Row]:
    """The replies to a verb."""
    return (row for _, row in client.replies() if row.answers >= 0 and client.rows[row.answers].word == verb)


def _empty(dialogue: Dialogue, row: Row) -> bool:
    """Tell whether a reply to EHLO lists nothing."""
    return row.word[:1] in (b"", b"5") or (row.word[:1] == b"2" and b"\n" not in dialogue.text(row).rstrip())


def _replies(client: Dialogue) -> Fact:
    """What the replies say."""
    found = Fact(0)
    greeted = False
    for _, row in client.replies():
        greeted |= bool(row.flags & Flag.GREETING)
        asked = client.rows[row.answers].word if row.answers >= 0 else b""
        if greeted and row.answers >= 0:
            found |= Fact.HEARD
        if row.word[:1] == b"5":
            found |= _refusal(client.text(row), asked)
        elif row.word == b"235":
            found |= Fact.AUTHENTICATED
    if any(row.kind == Kind.SECRET or row.word == b"AUTH" for row in client.rows):
        found |= Fact.TRIED_AUTH
    return found


def _refusal(text: bytes, asked: bytes) -> Fact:
    """What a refusal is about."""
    found = Fact.BODY_TYPE if BODY.match(text) else Fact(0)
    if ECHO.match(text):
        found |= Fact.ECHOED
    if asked == b"RCPT" and RELAY.match(text) and not OTHERWISE.match(text):
        found |= Fact.RELAY_DENIED
    return found


def _ends(client: Dialogue, server: Dialogue) -> Fact:
    """Whether Exchange stands at an end: by its verbs, or its name in greeting and header."""
    offered = {line.split(b" ", 1)[0].upper().rstrip(b"=") for line in capabilities(server)}
    found = Fact(0)
    if offered & EXCHANGE_VERBS or b"Microsoft ESMTP" in (banner(server) or b""):
        found |= Fact.EXCHANGE_SERVER
    used = any(row.word in EXCHANGE_VERBS for _, row in client.commands())
    if used or any(b"Microsoft SMTPSVC" in mail.header for mail in client.mails):
        found |= Fact.EXCHANGE_CLIENT
    return found
