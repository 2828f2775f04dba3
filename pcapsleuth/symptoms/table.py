"""The table: which findings and which facts of a session bear witness to a symptom, and what leaves it open.

A way asks for one of its labels (`label` or `label:SUBJECT`; none: the facts are enough) in a session that has all
facts of `needs` and none of `unless`. Where no way is seen, the first blind spot that applies makes it `cannot-tell`;
without one the symptom is not there.
"""

from __future__ import annotations

from typing import NamedTuple

from pcapsleuth.symptoms import captures
from pcapsleuth.symptoms.facts import Fact

NONE = Fact(0)


class Way(NamedTuple):
    """One way in which a symptom shows."""

    said: str
    labels: tuple[str, ...] = ()
    needs: Fact = NONE
    unless: Fact = NONE
    quiet: bool = False
    """Findings count that are only information, and no others."""


class Blind(NamedTuple):
    """What leaves a symptom open: no session has one of `without`, or some session has one of `when`."""

    said: str
    ask: str
    without: Fact = NONE
    when: Fact = NONE
    single: bool = False
    """For one capture alone; the other side would tell."""


class Entry(NamedTuple):
    """A row of the table."""

    id: str
    notice: str
    wire: str
    exclusions: str
    ways: tuple[Way, ...]
    blind: tuple[Blind, ...] = ()
    absent: str = "nothing here shows it"
    """Why it is not there."""


def hidden(*keywords: str) -> tuple[str, ...]:
    """Labels that say that a keyword was not shown."""
    return tuple(f"capability-{how}:{one}" for one in keywords for how in ("masked", "removed"))


def stopped(*verbs: str) -> tuple[str, ...]:
    """Labels that say that a command did not get through as it was sent, or its reply did not."""
    kinds = ("verb-masked", "verb-rewritten", "verb-blocked", "command-swallowed")
    return (*(f"{kind}:{verb}" for verb in verbs for kind in kinds), *answered(*verbs))


def answered(*what: str) -> tuple[str, ...]:
    """Labels that say that the reply to something is not the server's."""
    return tuple(f"{kind}:{one}" for one in what for kind in ("reply-injected", "reply-rewritten"))


ENDED = ("reset-injected", "session-cut", "end-of-data-lost", "large-segments-lost", "limit-exceeded")
DEADLY = tuple(
    # Other words in an EHLO reply that lists keywords are no reason to die.
    label
    for label in (*stopped("EHLO", "HELO"), *answered("GREETING", "END-OF-DATA"))
    if label != "reply-rewritten:EHLO"
)
NO_LIST = (*stopped("EHLO"), "esmtp-downgraded")
TEST = Fact.TESTED | Fact.TYPED
NO_AUTH = (*hidden("AUTH"), "auth-mechanism-removed", *stopped("AUTH"), *NO_LIST)
DENIED = Fact.RELAY_DENIED
REPEATED = ("duplicate-message",)
LATE = ", as the server answered when the client had gone: not the device's doing"
BOTH_EXCHANGE = Fact.EXCHANGE_SERVER | Fact.EXCHANGE_CLIENT
NO_DATA = Blind("no mail data was sent here", captures.SENDING, without=Fact.CARRIED)
NO_PARTNER = Blind(
    "an Exchange server stands here, but none is its client", captures.EXCHANGE, when=Fact.EXCHANGE_SERVER
)
UNSHOWN = Blind(
    "an Exchange client is here, and no server that shows itself as Exchange; one side does not tell what was hidden",
    captures.BOTH,
    when=Fact.EXCHANGE_CLIENT,
    without=Fact.EXCHANGE_SERVER,
    single=True,
)
"""A device that hides Exchange's verbs from the client hides on that side what tells the server as well."""

NO_EXCHANGE = "no two Exchange servers were kept from it; hiding it from the Internet is wanted protection"

TABLE = (
    Entry(
        "S1",
        "No mail arrives from the Internet.",
        "Sessions from outside die at or before the greeting, at EHLO, or at the final dot; or their SYN never reaches "
        "the inside.",
        "A session that only tests (a made-up verb, or typed by hand), one that the server itself refused, and one "
        "whose mail the server took, though its client never heard.",
        (
            Way("connections from outside do not come about", ("connection-blocked",), Fact.INBOUND),
            Way(
                "sessions from outside die at the greeting, at EHLO or at the final dot",
                (*DEADLY, "reply-lost", "tls-intercepted"),
                Fact.INBOUND | Fact.FAILED | Fact.EARLY,
                TEST | Fact.TAKEN,
            ),
            Way(
                "sessions from outside die at the greeting, at EHLO or at the final dot",
                ("reset-injected", "session-cut", "end-of-data-lost"),
                Fact.INBOUND | Fact.EARLY,
                TEST | Fact.DELIVERED | Fact.TAKEN,
            ),
        ),
        (
            Blind("no client outside was seen", captures.INBOUND, without=Fact.INBOUND),
            Blind("sessions die early; one side does not show why", captures.BOTH, when=Fact.FAILED, single=True),
        ),
        "no session from outside died at the greeting, at EHLO or at the final dot because of a change",
    ),
    Entry(
        "S2",
        "Mail with attachments cannot be sent.",
        "DATA stops part-way, the end of data is lost, a large segment, a long header or a long file name does not get "
        "through, or BDAT is masked.",
        "A message that the server refuses as too large.",
        (
            Way(
                "mail data stops part-way or never ends",
                (*ENDED, *stopped("BDAT")),
                Fact.AMID,
                Fact.DELIVERED,
            ),
        ),
        (NO_DATA, Blind("mail data stops; one side does not show why", captures.BOTH, when=Fact.AMID, single=True)),
        "mail data that was sent got through, or failed for another reason",
    ),
    Entry(
        "S3",
        "No telnet session to port 25 can be had.",
        "The SYN is dropped or refused, or a client that types one character a segment is masked or ignored.",
        "A client that types and is served. The test by hand is at fault as much as the device: real clients send "
        "lines.",
        (
            Way("connections do not come about", ("connection-blocked",)),
            Way(
                "somebody types one character a segment, and it is changed on the way; a real client sends lines",
                ("char-mode-client",),
                Fact.MEDDLED,
                quiet=True,
            ),
        ),
        (
            Blind(
                "somebody types; one side does not show what became of it", captures.BOTH, when=Fact.TYPED, single=True
            ),
        ),
        "every connection came about, and nobody who typed was kept from it",
    ),
    Entry(
        "S4",
        'EHLO is answered "unrecognized" or `OK`.',
        "EHLO is masked (the server's own 500), refused by the device (its 500), answered `OK` that no server sent, or "
        "turned into another verb (a 250 without a list).",
        "A server that knows no EHLO: then both sides show it alike.",
        (
            Way("EHLO did not reach the server, or its answer did not come back", stopped("EHLO"), Fact.FRUITLESS),
            Way("EHLO was answered `OK` without a code, which is no server's answer", (), Fact.BARE_OK),
            Way("the server's error quotes a row of X: it received a masked command", (), Fact.FRUITLESS | Fact.ECHOED),
        ),
        (
            Blind("no client said EHLO here", captures.BOTH, without=Fact.SAID_EHLO),
            Blind("EHLO was refused; one side does not show by whom", captures.BOTH, when=Fact.FRUITLESS, single=True),
        ),
        "EHLO was answered with a list of keywords, or refused by the server itself",
    ),
    Entry(
        "S5",
        "Mail to or from certain domains fails.",
        "Only peers that use ESMTP, PIPELINING, CHUNKING, DKIM, window scaling, large messages, long lines ... fail: "
        "sessions are compared by client, server, envelope domains and these.",
        "Fewer than two failing sessions have everything in common; refusals that both sides show alike.",
        (),
        absent="no sessions failed because of a change, or they have nothing in common that the others lack",
    ),
    Entry(
        "S6",
        "POP3 users get `550 5.7.1`: the local server prohibits relaying.",
        "AUTH is changed, hidden or refused in that session, the client never authenticates, and a recipient is "
        "refused with 5.7.1 or relay words.",
        "`5.1.1`, and a plain refusal of a stranger in whose session AUTH passed alike.",
        (
            Way(
                "recipients are refused for relaying where AUTH was kept from the client",
                NO_AUTH,
                DENIED,
                Fact.AUTHENTICATED,
            ),
        ),
        (
            Blind("no client tried AUTH here", captures.AUTHENTICATING, without=Fact.TRIED_AUTH | DENIED),
            Blind(
                "relaying was refused; one side does not show the AUTH offered", captures.BOTH, when=DENIED, single=True
            ),
        ),
        "no recipient was refused for relaying where AUTH had been changed",
    ),
    Entry(
        "S7",
        "A sent message arrives repeatedly, five or six times.",
        "The same message in several transactions or sessions, the reply to its end of data missing on the sender's "
        "side.",
        "A retry after a 4xx, recipients split over sessions, a client that repeats although it had its answer.",
        (
            Way("one message was sent several times", REPEATED),
            Way(f"one message was sent several times{LATE}", REPEATED, quiet=True),
        ),
        (NO_DATA,),
        "no message was sent again without a refusal before",
    ),
    Entry(
        "S8",
        "Incoming messages are duplicated.",
        "As S7, seen from the receiving side.",
        "As S7.",
        (
            Way("one message came in several times", REPEATED, Fact.INBOUND),
            Way(f"one message came in several times{LATE}", REPEATED, Fact.INBOUND, quiet=True),
        ),
        (NO_DATA,),
        "no message came in again without a refusal before",
    ),
    Entry(
        "S9",
        "Outlook shows error 0x800CCC79 on sending.",
        "Never on the wire: as S6, from a mail client (its EHLO name has no dot, or is an address).",
        "As S6.",
        (
            Way(
                "a mail client is refused for relaying where AUTH was kept from it",
                NO_AUTH,
                DENIED | Fact.MAIL_CLIENT,
                Fact.AUTHENTICATED,
            ),
        ),
        (
            Blind("no client tried AUTH here", captures.AUTHENTICATING, without=Fact.TRIED_AUTH | DENIED),
            Blind(
                "relaying was refused; one side does not show the AUTH offered", captures.BOTH, when=DENIED, single=True
            ),
        ),
        "no mail client was refused for relaying where AUTH had been changed",
    ),
    Entry(
        "S10",
        "Binary MIME (8BITMIME) trouble; NDR `554 5.6.1` body type not supported by the remote host.",
        "8BITMIME or BINARYMIME hidden, or fallback to HELO; then RSET or QUIT without MAIL; or a reply with 5.6.1.",
        "Monitors and callouts leave without MAIL as well: the hiding must be there. A remote host without 8BITMIME "
        "gives the same NDR with no firewall at all.",
        (
            Way(
                "8BITMIME was kept from clients, which left without offering mail",
                (*hidden("8BITMIME", "BINARYMIME"), *NO_LIST),
                Fact.LEFT | Fact.NO_8BITMIME,
                TEST,
            ),
            Way("a server says that it does not support the body type", (), Fact.BODY_TYPE),
        ),
        (
            Blind("no client said EHLO here", captures.SENDING, without=Fact.SAID_EHLO | Fact.CARRIED),
            Blind(
                "clients left without mail; one side does not show what was hidden",
                captures.BOTH,
                when=Fact.LEFT,
                single=True,
            ),
        ),
        "no client left without mail after 8BITMIME had been hidden from it",
    ),
    Entry(
        "S11",
        "Attachments are missing or garbled.",
        "Bytes inside the mail data differ between the two sides.",
        "Transparency (dots) that a change from BDAT to DATA asks for; header fields that a relay adds.",
        (
            Way(
                "mail came out with other bytes than it went in",
                (
                    "body-altered",
                    *(
                        f"header-{how}:{name}"
                        for name in ("CONTENT-TYPE", "CONTENT-TRANSFER-ENCODING", "MIME-VERSION")
                        for how in ("changed", "removed")
                    ),
                ),
            ),
        ),
        (NO_DATA, Blind("one side does not show changed bytes", captures.BOTH, single=True)),
        "the mail data that both sides show is the same",
    ),
    Entry(
        "S12",
        "Link-state routing between routing groups fails.",
        "X-LINK2STATE hidden, masked or refused between Exchange servers.",
        "Hidden from the Internet it is wanted protection (CVE-2005-0560).",
        (
            Way(
                "X-LINK2STATE is kept from an Exchange server",
                (*hidden("X-LINK2STATE"), *stopped("X-LINK2STATE"), *NO_LIST),
                BOTH_EXCHANGE,
            ),
        ),
        (NO_PARTNER._replace(without=Fact.EXCHANGE_CLIENT), UNSHOWN),
        NO_EXCHANGE,
    ),
    Entry(
        "S13",
        "The X-LINK2STATE command is not passed.",
        "As S12, on the verb itself.",
        "As S12.",
        (Way("X-LINK2STATE does not reach the server", stopped("X-LINK2STATE"), BOTH_EXCHANGE),),
        (NO_PARTNER._replace(without=Fact.EXCHANGE_CLIENT), UNSHOWN),
        NO_EXCHANGE,
    ),
    Entry(
        "S14",
        "Servers cannot authenticate over a routing group connector.",
        "X-EXPS or AUTH hidden, masked or refused between Exchange servers.",
        "As S12.",
        (
            Way(
                "X-EXPS or AUTH is kept from an Exchange server",
                (
                    *hidden("X-EXPS", "AUTH"),
                    *stopped("X-EXPS", "AUTH"),
                    *NO_LIST,
                    "auth-mechanism-removed:GSSAPI",
                    "auth-mechanism-removed:NTLM",
                    "capability-changed:X-EXPS",
                ),
                BOTH_EXCHANGE,
                Fact.AUTHENTICATED,
            ),
        ),
        (NO_PARTNER._replace(without=Fact.EXCHANGE_CLIENT), UNSHOWN),
        NO_EXCHANGE,
    ),
)

NOTICES = {entry.id: entry.notice for entry in TABLE}
"""What people notice, by symptom."""
