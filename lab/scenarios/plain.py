"""Nothing is changed, however odd the server, the client or the addresses look."""

from functools import partial

from lab.clients.curl import Curl
from lab.clients.exim_client import EximClient
from lab.clients.knock import Knock
from lab.clients.message import Message, numbered
from lab.clients.postfix_client import PostfixClient
from lab.clients.smtplib_client import Smtplib
from lab.clients.step import AtOnce
from lab.clients.swaks import Swaks
from lab.clients.telnet import Telnet
from lab.network import INSIDE, OUTSIDE
from lab.scenario import Device, Scenario
from lab.servers.aio import Aio, exchange
from lab.servers.exim import Exim
from lab.servers.postfix import Postfix

NOTHING = Device("none: a router with static address translation")
_EXIM, _THIRD = "198.51.100.26", "198.51.100.28"
_SECOND = Message(ident="20240307.2@example.net", subject="Second report")
_OUTWARD = Message("bob@example.com", ("carol@example.org",), "20240307.4@example.com")

_OUTWARD_TOO = Message("dora@example.com", ("carol@example.org",), "20240307.5@example.com")

_QUOTES = """\
Dear colleague, this is what I saw:
220 ****************************************2******0
EHLO client.example.net
250-XXXXXXXA
250 XXXB
500 Command unrecognized
XXXX client.example.net
.
..
. and a line that begins with a dot
MAIL FROM:<alice@example.net>
QUIT
"""


_numbered = partial(numbered, "20240307")


SCENARIOS = [
    Scenario(
        "clean-postfix-swaks",
        "plain mail, nothing changed",
        (Postfix(),),
        (Swaks(), Swaks(source="203.0.113.12", message=_SECOND)),
        NOTHING,
    ),
    Scenario(
        "clean-postfix-to-postfix",
        "two mails with attachments from Postfix to Postfix, pipelined",
        (Postfix(tls=False),),
        (PostfixClient(messages=(Message(attachment=9000), Message(ident="20240307.2@example.net", attachment=300))),),
        NOTHING,
    ),
    Scenario(
        "clean-exim-chunking",
        "Exim sends by BDAT to an Exchange-like server and to Exim",
        (exchange(), Exim()),
        (EximClient(_THIRD), EximClient(_EXIM, "203.0.113.22", "exim2.example.net", _SECOND)),
        NOTHING,
    ),
    Scenario(
        "clean-exchange-verbs",
        "X-LINK2STATE, X-EXPS and an XEXCH50 blob pass between Exchange-like servers",
        (exchange(),),
        (
            Smtplib(
                _THIRD,
                ehlo="bridgehead.example.net",
                greet="EHLO",
                message=None,
                verbs=("X-LINK2STATE LAST CHUNK={0000001d}", "XEXCH50 48 2", "BLOB 48", "TURN", "RSET"),
            ),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-helo-only-server",
        "an old server that does not know EHLO and says so itself",
        (Aio(persona={"kind": "HELO only", "ehlo_refusal": "502 Command not implemented"}),),
        (Smtplib(_THIRD), Swaks(_THIRD, message=_SECOND)),
        NOTHING,
    ),
    Scenario(
        "clean-no-starttls",
        "a server without STARTTLS; one client asks for it all the same and is refused by the server",
        (Postfix(tls=False),),
        (
            Swaks(arguments=("--tls-optional",)),
            Smtplib(message=_SECOND, greet="EHLO", verbs=("STARTTLS",)),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-verbs-refused",
        "the server itself refuses VRFY, EXPN and verbs that it does not know",
        (Exim(), Postfix(settings={"disable_vrfy_command": "yes"})),
        (
            Smtplib(
                _EXIM, message=None, greet="EHLO", verbs=("VRFY bob", "EXPN staff", "X-LINK2STATE x", "goodmorning")
            ),
            Smtplib(message=None, greet="EHLO", verbs=("VRFY bob", "KILL", "WIZ", "TURN")),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-star-art",
        "a greeting with stars for decoration",
        (Aio(persona={"kind": "star art", "banner": "******* Pigeon Post ******* mx3.example.com ESMTP *******"}),),
        (Smtplib(_THIRD), Swaks(_THIRD, message=_SECOND)),
        NOTHING,
    ),
    Scenario(
        "clean-masked-farther-in",
        "the server's own firewall, farther in, has masked everything before it comes to the first tap",
        (
            Aio(
                persona={
                    "kind": "behind a mask",
                    "banner": "*" * 84,
                    "ehlo": ["SIZE 10240000", "XXXXXXXA", "8BITMIME", "XXXB"],
                    "replies": {"STARTTLS": "500 5.5.1 Command unrecognized: XXXXXXXX"},
                },
            ),
        ),
        (Smtplib(_THIRD, greet="EHLO", verbs=("STARTTLS",)), PostfixClient(_THIRD, messages=(_SECOND,))),
        NOTHING,
    ),
    Scenario(
        "clean-tls-both-sides",
        "STARTTLS is offered, taken and passed: what follows is the same on both sides",
        (Postfix(),),
        (Swaks(arguments=("--tls",)), Curl(arguments=("--ssl-reqd", "-k"), message=_SECOND)),
        NOTHING,
    ),
    Scenario(
        "clean-auth-login",
        "clients log in to Exim by PLAIN and LOGIN and are heard",
        (Exim(auth=True, rcpt=["deny !authenticated = *", "     message = 5.7.1 relay not permitted"]),),
        (
            Swaks(_EXIM, arguments=("--auth", "LOGIN", "--auth-user", "bob", "--auth-password", "tauben")),
            Smtplib(_EXIM, login=("bob", "tauben"), message=_SECOND),
            Smtplib(_EXIM, source="203.0.113.15", message=_numbered(3)),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-mails-in-one-session",
        "three mails in one connection, the third to a recipient of the first",
        (Postfix(), exchange()),
        (
            Smtplib(message=_numbered(1), more=(_numbered(2), _numbered(3))),
            Smtplib(_THIRD, source="203.0.113.12", message=_numbered(4), more=(_numbered(5),)),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-body-quotes-dialogue",
        "a mail about a masked dialogue: its body quotes stars, X, verbs, replies and lines with a single dot",
        (Postfix(), Exim()),
        (
            Smtplib(message=Message(body=_QUOTES)),
            Swaks(_EXIM, message=Message(ident="20240307.2@example.net", body=_QUOTES)),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-greylisting",
        "the first try gets 451 from the server, the second delivers: no duplicate",
        (
            Aio(
                persona={
                    "kind": "greylisting",
                    "recipients": {"bob@example.com": ["451 4.7.1 Greylisted, come back later"]},
                }
            ),
        ),
        (PostfixClient(_THIRD, tries=2, settings={"minimal_backoff_time": "1s"}),),
        NOTHING,
    ),
    Scenario(
        "clean-452-after-data",
        "the whole mail is refused for now at its end, then sent again: no duplicate",
        (Aio(persona={"kind": "short of disk", "accepted_first": ["452 4.3.1 Insufficient system storage"]}),),
        (PostfixClient(_THIRD, tries=2, settings={"minimal_backoff_time": "1s"}),),
        NOTHING,
    ),
    Scenario(
        "clean-recipients-split",
        "one message in two sessions, each for another recipient: no duplicate",
        (Postfix(),),
        (
            PostfixClient(
                messages=(Message(recipients=("bob@example.com", "dora@example.com")),),
                settings={"smtp_destination_recipient_limit": "1"},
            ),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-pipelining-refused",
        "pipelined MAIL, RCPT and DATA: the recipient is refused, and DATA with it",
        (Postfix(),),
        (
            Smtplib(
                message=None,
                greet="EHLO",
                verbs=(
                    "PIPELINE MAIL FROM:<alice@example.net>|RCPT TO:<eve@example.net>|DATA",
                    "PIPELINE RSET|MAIL FROM:<alice@example.net>|RCPT TO:<bob@example.com>|RCPT TO:<x@example.net>",
                ),
            ),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-server-resets",
        "the server itself ends a connection with RST, which passes",
        (Aio(persona={"kind": "crashing", "replies": {"TURN": "RESET"}}),),
        (Smtplib(_THIRD, greet="EHLO", message=None, verbs=("TURN",)), Smtplib(_THIRD, message=_SECOND)),
        NOTHING,
    ),
    Scenario(
        "clean-late-server",
        "a slow greeting and a slow answer to the mail, within the client's patience",
        (Aio(persona={"kind": "slow", "greeting_delay": 1.2, "delays": {"END-OF-DATA": 2}}),),
        (Smtplib(_THIRD, timeout=8), Curl(_THIRD, message=_SECOND)),
        NOTHING,
    ),
    Scenario(
        "late-server-duplicate",
        "the server answers after the client has gone: it gets the mail twice, and no device is to blame",
        (Aio(persona={"kind": "slow", "delays": {"END-OF-DATA": 2.5}}),),
        (Smtplib(_THIRD, timeout=1, quit=False), Smtplib(_THIRD, timeout=6)),
        NOTHING,
    ),
    Scenario(
        "clean-refused-and-scanned",
        "nothing listens on one address, a scanner knocks on all",
        (Postfix(),),
        (
            Knock(("198.51.100.25", "198.51.100.44", "198.51.100.45")),
            Smtplib("198.51.100.44"),
            Smtplib(message=_SECOND),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-char-mode",
        "a person at a character-mode telnet, whose keys pass as they are",
        (Postfix(),),
        (Telnet(("HELO desk.example.net", "VRFY bob", "QUIT")),),
        NOTHING,
    ),
    Scenario(
        "clean-pat-parallel",
        "fourteen clients at once; inside all come from one address",
        (Postfix(), Exim()),
        (
            AtOnce(
                [
                    Smtplib(server, f"203.0.113.{10 + n}", f"host{n}.example.net", _numbered(2 * n + at))
                    for n in range(7)
                    for at, server in enumerate(("198.51.100.25", _EXIM))
                ],
            ),
        ),
        Device(
            "none: a router that hides all clients behind 10.1.1.1",
            hide_clients_behind={"outside": "10.1.1.1"},
            randomise=True,
        ),
    ),
    Scenario(
        "clean-outbound-pat",
        "mail from inside, hidden behind one outside address",
        (Postfix("mx.example.org", "203.0.113.30", OUTSIDE),),
        (
            Swaks("203.0.113.30", "10.1.1.40", "mail.example.com", _OUTWARD, side=INSIDE),
            PostfixClient("203.0.113.30", "10.1.1.41", "mail2.example.com", (_OUTWARD_TOO,), side=INSIDE),
        ),
        Device(
            "none: a router that hides the inside behind 198.51.100.1", hide_clients_behind={"inside": "198.51.100.1"}
        ),
    ),
    Scenario(
        "clean-both-ways",
        "mail in and out at the same time through one device",
        (Postfix(), Postfix("mx.example.org", "203.0.113.30", OUTSIDE)),
        (
            AtOnce([Swaks(), Smtplib("203.0.113.30", "10.1.1.40", "mail.example.com", _OUTWARD, side=INSIDE)]),
            Swaks(message=_SECOND, arguments=("--tls",)),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-ipv6",
        "the same over IPv6, where no address is translated",
        (Postfix(address="2001:db8:0:2::25"),),
        (
            Smtplib("2001:db8:0:2::25", "2001:db8:0:1::10", message=Message(attachment=3000)),
            Curl("2001:db8:0:2::25", "2001:db8:0:1::10", message=_SECOND),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-mss-clamped",
        "the device clamps the MSS, clears SACK and renumbers both directions; mail passes as it is",
        (Postfix(),),
        (Swaks(message=Message(attachment=6000)), Curl(message=_SECOND)),
        Device(
            "ASA-like normaliser without inspection",
            (("change_options", {"mss": 1380, "clear": ["SACK"]}),),
            randomise=True,
        ),
    ),
]
