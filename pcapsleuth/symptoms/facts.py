"""What a session shows of the symptoms, in one integer: the checklist keeps no more of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntFlag, auto
from functools import cache, lru_cache

from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.devices.remedies import PROTECTED
from pcapsleuth.smtp.dialogue import Dialogue, Row
from pcapsleuth.smtp.words import COMMAND, GREETING, REPLY, SECRET, banner, ehlo, ehlo_reply, listed
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


class _Talk:
    """One view of a session, read once."""

    __slots__ = ("answered", "dialogue", "last", "offered", "replies", "verbs")

    def __init__(self, dialogue: Dialogue) -> None:
        rows = dialogue.rows
        commands = [index for index, row in enumerate(rows) if row.kind == COMMAND]
        listing = ehlo_reply(dialogue)
        self.dialogue = dialogue
        self.last = commands[-1] if commands else -1
        """The last command."""
        self.verbs = {rows[index].word for index in commands}
        self.replies = [row for row in rows if row.kind == REPLY]
        self.answered = {row.answers for row in self.replies}
        self.offered = _offered(dialogue.text(listing)) if listing is not None else frozenset[bytes]()


@lru_cache(4096)
def _offered(text: bytes) -> frozenset[bytes]:
    """The keywords of a reply to EHLO; servers say the same again and again."""
    return frozenset(one.line.split(b" ", 1)[0].upper() for one in listed(text))


@cache
def _fact(value: int) -> Fact:
    """The facts of a number."""
    return Fact(value)


def facts(
    client: Dialogue, server: Dialogue, outcome: str, findings: Iterable[Finding] = (), *, inbound: bool = True
) -> Fact:
    """Read a session: as its client saw it, and what its server offers as the server's side shows it."""
    talk = _Talk(client)
    found = _stage(talk) | _hello(talk) | _replies(talk) | _ends(talk, talk if server is client else _Talk(server))
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
    if not talk.verbs <= EXISTING and next(made_up(client), None) is not None:
        found |= TESTED
    return _fact(found)


def _stage(talk: _Talk) -> int:
    """Where it stopped."""
    if talk.dialogue.mails:
        return CARRIED | _last_mail(talk)
    verbs = talk.verbs
    found = LEFT if verbs <= LEAVING and verbs & {b"RSET", b"QUIT"} and verbs & {b"EHLO", b"HELO"} else 0
    if b"BDAT" in verbs or (b"DATA" in verbs and talk.last not in talk.answered):
        return found | CARRIED | AMID
    return found if b"MAIL" in verbs else found | EARLY


def _last_mail(talk: _Talk) -> int:
    """Whether it stopped within its last mail, or waiting for the answer to it."""
    last = talk.dialogue.mails[-1]
    answered = not talk.answered.isdisjoint((last.row, *last.rows))
    amid = 0 if answered and not last.chunked else AMID
    return amid | (EARLY if last.ended and not answered else 0)


def _hello(talk: _Talk) -> int:
    """How it said hello, and what came of it."""
    client = talk.dialogue
    found = SAID_EHLO if b"EHLO" in talk.verbs else 0
    name = ehlo(client)
    if name and (b"." not in name or name.startswith(b"[")):
        found |= MAIL_CLIENT
    for row in talk.replies:
        if row.answers >= 0 and client.rows[row.answers].word == b"EHLO" and _empty(client, row):
            found |= FRUITLESS | (0 if row.word else BARE_OK)
    return found if b"8BITMIME" in talk.offered else found | NO_8BITMIME


def _empty(dialogue: Dialogue, row: Row) -> bool:
    """Tell whether a reply to EHLO lists nothing."""
    return row.word[:1] in (b"", b"5") or (row.word[:1] == b"2" and b"\n" not in dialogue.text(row).rstrip())


def _replies(talk: _Talk) -> int:
    """What the replies say."""
    client = talk.dialogue
    found = 0
    greeted = False
    for row in talk.replies:
        greeted = greeted or row.flags & GREETING != 0
        if greeted and row.answers >= 0:
            found |= HEARD
        if row.word[:1] == b"5":
            found |= _refusal(client.text(row), client.rows[row.answers].word if row.answers >= 0 else b"")
        elif row.word == b"235":
            found |= AUTHENTICATED
    if b"AUTH" in talk.verbs or any(row.kind == SECRET for row in client.rows):
        found |= TRIED_AUTH
    return found


def _refusal(text: bytes, asked: bytes) -> int:
    """What a refusal is about."""
    found = BODY_TYPE if BODY.match(text) else 0
    if ECHO.match(text):
        found |= ECHOED
    if asked == b"RCPT" and RELAY.match(text) and not OTHERWISE.match(text):
        found |= RELAY_DENIED
    return found


def _ends(client: _Talk, server: _Talk) -> int:
    """Whether Exchange stands at an end: by its verbs, or its name in greeting and header."""
    found = 0
    offered = any(name.rstrip(b"=") in EXCHANGE_VERBS for name in server.offered)
    if offered or b"Microsoft ESMTP" in (banner(server.dialogue) or b""):
        found |= EXCHANGE_SERVER
    used = not client.verbs.isdisjoint(EXCHANGE_VERBS)
    if used or any(b"Microsoft SMTPSVC" in mail.header for mail in client.dialogue.mails):
        found |= EXCHANGE_CLIENT
    return found
