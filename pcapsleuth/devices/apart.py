"""What would tell two devices apart: the events that they do not treat alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pcapsleuth.devices.doing import Doing
from pcapsleuth.devices.event import CONNECTION, END, GREETING, HEADER, KEYWORD, REPLY, RESET, VERB, Event
from pcapsleuth.devices.keywords import keyword_name

VERBS = (
    *("EHLO", "STARTTLS", "AUTH", "ETRN", "VRFY", "HELP", "EXPN", "BDAT", "X-EXPS", "X-LINK2STATE", "XEXCH50", "TURN"),
    *("SEND", "NOOP", "GOODMORNING"),
)
KEYWORDS = (
    *(b"STARTTLS", b"CHUNKING", b"BINARYMIME", b"SIZE 10485760", b"8BITMIME", b"PIPELINING", b"DSN", b"ETRN"),
    *(b"AUTH PLAIN LOGIN", b"AUTH GSSAPI", b"X-EXPS GSSAPI", b"X-LINK2STATE", b"XEXCH50", b"DELIVERBY"),
)

ANY_GREETING = "a greeting"
DIGITS = "a greeting with a 2 or a 0 in it"


def probes() -> Iterator[tuple[str, Event]]:
    """Events that one can wait for or bring about, each with how to say it."""
    yield DIGITS, Event(GREETING, "", b"220 mx 2020", b"220 mx 2020")
    yield ANY_GREETING, Event(GREETING, "", b"220 mx", b"220 mx")
    for line in KEYWORDS:
        name = keyword_name(line)
        yield f"a server that offers {name}", Event(KEYWORD, name, line, line, number=1)
    for verb in VERBS:
        yield f"the command {verb}", Event(VERB, verb, verb.encode(), verb.encode())
    for verb in ("HELO", "NOOP"):
        yield f"the reply to {verb}", Event(REPLY, verb, b"250 mx", b"250 mx")
    yield "an end of mail data split over segments", Event(END, "", b".", b".", detail="split")
    yield "a message with a DKIM signature", Event(HEADER, "DKIM-SIGNATURE", b"v=1; a", b"v=1; a")
    yield "a message with a Received field", Event(HEADER, "RECEIVED", b"by mx", b"by mx")
    for point in ("TLS", "DATA", "BDAT"):
        yield f"a session that gets as far as {point}", Event(RESET, point, b"", b"")
    yield "captures that show whether it is one TCP connection or two", Event(CONNECTION, "", b"one", b"one")


def differences(one: Sequence[Doing], other: Sequence[Doing]) -> list[str]:
    """The probes whose outcome differs, in words."""
    found = [words for words, event in probes() if outcomes(one, event) != outcomes(other, event)]
    # Where any greeting tells them apart, it need not have a 2 or a 0 in it.
    return [words for words in found if words != DIGITS or ANY_GREETING not in found]


def outcomes(what: Sequence[Doing], event: Event) -> frozenset[Event]:
    """All that a device may make of an event."""
    return frozenset(done for doing in what if (done := doing.apply(event)).changed) or frozenset({event})
