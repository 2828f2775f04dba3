"""`inspect esmtp` of PIX 7 and ASA: greeting, keywords and verbs overwritten, lengths kept."""

from dataclasses import replace

from lab.clients.curl import Curl
from lab.clients.exim_client import EximClient
from lab.clients.message import Message
from lab.clients.postfix_client import PostfixClient
from lab.clients.smtplib_client import Smtplib
from lab.clients.step import AtOnce
from lab.clients.swaks import Swaks
from lab.damage.damage import Shift, Written
from lab.network import INSIDE, OUTSIDE
from lab.scenario import Device, Scenario
from lab.servers.aio import Aio, exchange
from lab.servers.exim import Exim
from lab.servers.postfix import Postfix

KEYWORDS = ["SIZE", "ETRN", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES", "8BITMIME", "BINARYMIME", "AUTH", "VRFY"]
VERBS = ["AUTH", "DATA", "EHLO", "ETRN", "HELO", "HELP", "MAIL", "NOOP", "QUIT", "RCPT", "RSET", "SAML", "SEND", "SOML"]
_EXCHANGE, _EXIM = "198.51.100.28", "198.51.100.26"
ASA = Device(
    "ASA-like editor: banner to stars, unknown keywords to XXXA, XXXB ..., unknown verbs to XXXX",
    (
        ("mask_banner", {}),
        ("mask_capabilities", {"allowed": KEYWORDS}),
        ("mask_verbs", {"allowed": [*VERBS, "VRFY"]}),
    ),
    randomise=True,
)
STRICT = Device(
    "ASA-like editor whose map masks AUTH and SIZE as well, with X only",
    (("mask_capabilities", {"allowed": ["PIPELINING", "8BITMIME"], "letters": False}),),
)
VERBS_ONLY = Device(
    "IOS-like editor: only verbs, to lower-case x", (("mask_verbs", {"allowed": VERBS, "filler": "x"}),)
)
_SECOND = Message(ident="20240307.2@example.net", subject="Second report")
_OLD_MAIL = {"smtp_pix_workaround_threshold_time": "0s", "smtp_pix_workaround_delay_time": "1s"}
"""As if all mail had waited long enough for Postfix to turn its workarounds on."""

SCENARIOS = [
    Scenario(
        "asa-postfix-swaks",
        "swaks wants TLS of Postfix and does not find it",
        (Postfix(),),
        (Swaks(arguments=("--tls-optional",)), Swaks(source="203.0.113.13", message=_SECOND)),
        ASA,
    ),
    Scenario(
        "asa-exim-curl",
        "curl uploads to Exim; an attachment passes unharmed behind a masked greeting",
        (Exim(tls=True, auth=True),),
        (Curl(_EXIM, message=Message(attachment=4000)), Curl(_EXIM, message=_SECOND, arguments=("--ssl",))),
        ASA,
        (Shift("outside", -7200, 20),),
    ),
    Scenario(
        "asa-exchange-verbs",
        "X-EXPS, X-LINK2STATE, TURN and XEXCH50 reach the server as X, and it refuses XXXX",
        (exchange(),),
        (
            Smtplib(
                _EXCHANGE,
                ehlo="bridgehead.example.net",
                message=None,
                greet="EHLO",
                verbs=("X-EXPS GSSAPI", "X-LINK2STATE LAST CHUNK={0000001d}", "TURN", "XEXCH50 20 2", "VRFY bob"),
            ),
        ),
        ASA,
        (Written("inside", ".pcapng"),),
    ),
    Scenario(
        "asa-exchange-exim-client",
        "Exim as client finds no CHUNKING and sends by DATA",
        (exchange(),),
        (EximClient(_EXCHANGE),),
        ASA,
    ),
    Scenario(
        "asa-postfix-client",
        "Postfix as client takes the stars for a PIX, says HELO and never asks for TLS",
        (Postfix(),),
        (PostfixClient(messages=(Message(), _SECOND), settings={"smtp_tls_security_level": "may"}),),
        ASA,
    ),
    Scenario(
        "asa-inspection-begins",
        "Postfix says EHLO and gets its list; inspection begins, and behind the stars it says HELO from the start",
        (Postfix(),),
        (
            PostfixClient(messages=(Message(),), settings=_OLD_MAIL),
            PostfixClient(messages=(_SECOND,), settings=_OLD_MAIL),
            Swaks(source="203.0.113.13", message=Message(ident="20240307.3@example.net")),
        ),
        Device("ASA-like editor that masks the banner from the second session on", (("mask_banner", {"after": 1}),)),
    ),
    Scenario(
        "asa-strict-map-exim",
        "the AUTH line is masked as a whole, so the client cannot log in and is refused as a relay",
        (Exim(auth=True, rcpt=["deny !authenticated = *", "     message = 5.7.1 relay not permitted"]),),
        (Smtplib(_EXIM, login=("bob", "tauben")), Smtplib(_EXIM, source="203.0.113.15", message=_SECOND)),
        STRICT,
    ),
    Scenario(
        "asa-bdat-masked",
        "a client that uses BDAT all the same has its verb masked",
        (exchange(),),
        (
            Smtplib(
                _EXCHANGE,
                message=None,
                greet="EHLO",
                verbs=("MAIL FROM:<alice@example.net>", "RCPT TO:<bob@example.com>", "BDAT 0 LAST", "RSET"),
            ),
        ),
        ASA,
    ),
    Scenario(
        "asa-starttls-verb",
        "the client sends STARTTLS without looking at the list; the server gets XXXXXXXX",
        (Postfix(),),
        (Swaks(arguments=("--tls",)), Smtplib(message=None, greet="EHLO", verbs=("STARTTLS", "NOOP"))),
        ASA,
    ),
    Scenario(
        "asa-pat-parallel",
        "eight clients at once behind one address, every session masked",
        (Postfix(), Exim(tls=True)),
        (
            AtOnce(
                [
                    Smtplib(
                        server,
                        f"203.0.113.{10 + number}",
                        f"host{number}.example.net",
                        Message(ident=f"20240307.{10 * number + at}@example.net"),
                    )
                    for number in range(4)
                    for at, server in enumerate(("198.51.100.25", _EXIM))
                ],
            ),
        ),
        replace(ASA, hide_clients_behind={"outside": "10.1.1.1"}),
    ),
    Scenario(
        "asa-outbound",
        "mail from inside to a server outside: the greeting comes in masked",
        (Postfix("mx.example.org", "203.0.113.30", OUTSIDE),),
        (
            Swaks(
                "203.0.113.30",
                "10.1.1.40",
                "mail.example.com",
                Message("bob@example.com", ("carol@example.org",)),
                side=INSIDE,
            ),
            PostfixClient(
                "203.0.113.30",
                "10.1.1.41",
                "mail.example.com",
                (Message("bob@example.com", ("carol@example.org",), "20240307.3@example.com"),),
                side=INSIDE,
            ),
        ),
        ASA,
    ),
    Scenario(
        "ios-verbs-masked",
        "only verbs are touched: EXPN and VRFY arrive as xxxx, mail passes",
        (Postfix(), Aio(persona={"kind": "plain"})),
        (
            Smtplib(message=None, greet="EHLO", verbs=("EXPN staff", "VRFY bob")),
            Smtplib("198.51.100.28", source="203.0.113.12"),
        ),
        VERBS_ONLY,
    ),
]
