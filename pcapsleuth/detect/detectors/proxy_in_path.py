"""Two TCP connections stand in the place of one: a proxy, or a relay that stores and forwards.

What it means
    The client's connection ends at the device, which talks to the server over a connection of its own. With the
    subject RELAY the device took the whole message before it turned to the server.

Why it matters
    Greeting, keywords and replies are the proxy's; its allow-list decides what the client can use. A relay's dialogue
    is lawfully its own, and its `250` only says that the relay has the message.

How it is proven
    By TCP: timestamps or options of two different stacks, or a handshake that was complete before the server answered.
    A relay by the times of its dialogues, or by a greeting of its own to the server with the same name to the client,
    answers of its own to the mail, another command for it, or a trace field more.
    One capture alone knows a proxy by a greeting in its own words; it is then likely, and where it stands is not known.

What else it could be
    A firewall that translates addresses, ports and sequence numbers keeps one connection: it is not a proxy. A server
    whose greeting somebody wrote so by hand.

References
    RFC 9293 section 3.4; RFC 7323 section 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.family import Family, one_name
from pcapsleuth.compare.transit import simultaneous
from pcapsleuth.compare.view import View
from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.detect.onesided import greeting, seen, shown
from pcapsleuth.detect.ownwords import GATEWAYS, GREETINGS, PROXIES, WRITTEN, speaker
from pcapsleuth.detect.proof import finding
from pcapsleuth.detect.scope import Session
from pcapsleuth.smtp.dialogue import Kind, Mail

LABELS = ("proxy-in-path",)

TRACE = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)

BALANCER = "a load balancer before the servers has two connections as well: it need not be the firewall"


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Say that the pair is two connections."""
    if comparison.family is not Family.PROXY:
        return
    subject = "RELAY" if relays(comparison) else None
    yield finding(
        comparison,
        "proxy-in-path",
        subject,
        f"two TCP connections stand in the place of one: {'; '.join(comparison.family_why)}",
        severity=Severity.INFO,
        more=(_syn(comparison.client), _syn(comparison.server)),
        doubts=() if subject else (BALANCER,),
    )


def detect_opening(session: Session) -> Iterator[Finding]:
    """Know a proxy by its greeting."""
    found = greeting(session.dialogue)
    if found is None:
        return
    row, text = found
    proxy = speaker(text, GREETINGS)
    if proxy is not None and proxy.connection in PROXIES:
        itself = proxy.connection in GATEWAYS
        role = "which answers as the mail server itself" if itself else "which answers in the place of the server"
        yield seen(
            session,
            "proxy-in-path",
            None,
            f"the greeting is that of {proxy.name}, {role}",
            shown(session.dialogue, row, text),
            severity=Severity.INFO,
            doubts=(WRITTEN,),
        )


def relays(comparison: Comparison) -> bool:
    """Tell whether the device had the whole message before it turned to the server."""
    client, server = comparison.client, comparison.server
    had = _had_mail(client)
    if comparison.family is not Family.PROXY or had is None:
        return False
    # Under TLS only the first words are seen, and an interceptor may say these before it asks the server.
    if client.dialogue.mails and not simultaneous(client, server, comparison.commands, comparison.replies):
        return True
    return _signs(comparison) and server.dialogue.connection.start > had


def _had_mail(client: View) -> int | None:
    """When the device had the first mail; where TLS hides it, when TLS began: by then a proxy has asked the server."""
    dialogue = client.dialogue
    mails = (mail.row for mail in dialogue.mails)
    # The time of a row is that of its end.
    agreed = (at - 1 for at, row in enumerate(dialogue.rows) if at and row.kind == Kind.TLS)
    at = next(chain(mails, agreed), None)
    return None if at is None else dialogue.rows[at].time


def _signs(comparison: Comparison) -> bool:
    """Tell whether the device greets the server by its own name, and its client too, answers mail itself or signs it.

    Only then the captures' own times are believed: a proxy's pairs do not tell how the clocks differ.
    """
    changed = {(one.element, one.subject) for one in comparison.differences if one.kind == "rewritten"}
    if not changed & {("command", "EHLO"), ("command", "HELO")}:
        return False
    if changed & {("reply", "END-OF-DATA"), ("reply", "BDAT")}:
        return True
    return (
        _other_command(comparison)
        or one_name(comparison.client, comparison.server)
        or any(_traced(*both) for both in comparison.mails)
    )


def _other_command(comparison: Comparison) -> bool:
    """Tell whether the device hands on by BDAT what it took by DATA, or the other way: it answers either itself."""
    taken, handed = ({mail.chunked for mail in view.dialogue.mails} for view in (comparison.client, comparison.server))
    return bool(taken and handed) and taken.isdisjoint(handed)


def _traced(sent: Mail, came: Mail | None) -> bool:
    """Tell whether a whole mail came with more trace fields than it was sent with (RFC 5321 section 4.4)."""
    if came is None or any(mail.body_offset < 0 or mail.digest is None for mail in (sent, came)):
        return False
    before, after = (sum(1 for _ in TRACE.finditer(mail.header)) for mail in (sent, came))
    return after > before


def _syn(view: View) -> Piece:
    """The first frame of a connection."""
    connection = view.dialogue.connection
    return Piece(view.side, -1, connection.first_frame, connection.start, 0, b"")
