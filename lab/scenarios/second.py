"""Deeds that other scenarios show as well, done by another device to other software."""

from functools import partial

from lab.clients.curl import Curl
from lab.clients.exim_client import EximClient
from lab.clients.message import Message, numbered
from lab.clients.null_client import NullClient
from lab.clients.postfix_client import PostfixClient
from lab.clients.smtplib_client import Smtplib
from lab.clients.step import Pause
from lab.clients.swaks import Swaks
from lab.network import INSIDE, OUTSIDE
from lab.scenario import Device, Scenario
from lab.scenarios.asa import KEYWORDS, VERBS
from lab.servers.aio import exchange
from lab.servers.exim import Exim
from lab.servers.opensmtpd import OpenSmtpd
from lab.servers.postfix import Postfix
from lab.servers.sendmail import Sendmail

_EXIM, _OPENSMTPD, _EXCHANGE, _SENDMAIL = "198.51.100.26", "198.51.100.27", "198.51.100.28", "198.51.100.29"
_INNER6, _OUTER6 = "2001:db8:0:2::25", "2001:db8:0:1::10"


_numbered = partial(numbered, "20240310")


def _editor(says: str, treatment: str, /, *, randomise: bool = False, **options: object) -> Device:
    return Device(says, ((treatment, options),), randomise=randomise)


def _proxy(says: str, **options: object) -> Device:
    return Device(says, kind="proxy", options=options)


SCENARIOS = [
    Scenario(
        "outbound-silent-at-mail",
        "a firewall forgets outgoing connections at MAIL: both ends wait, and each thinks the other died",
        (Postfix("mx.example.org", "203.0.113.30", OUTSIDE, settings={"smtpd_timeout": "5s"}),),
        (
            Swaks(
                "203.0.113.30",
                "10.1.1.40",
                "mail.example.com",
                Message("bob@example.com", ("carol@example.org",)),
                side=INSIDE,
                timeout=2,
            ),
            Smtplib("203.0.113.30", "10.1.1.41", message=None, greet="HELO", verbs=("NOOP",), side=INSIDE),
        ),
        _editor("firewall that forgets outgoing connections", "go_silent", verb="MAIL", randomise=True),
        settle=7,
    ),
    Scenario(
        "proxy-tls-twice",
        "the proxy ends the client's TLS and begins another with the server: two handshakes, two certificates",
        (Exim(tls=True),),
        (Smtplib(_EXIM, starttls=True, message=_numbered(1)), Curl(_EXIM, arguments=("--ssl-reqd", "-k"))),
        _proxy("inspecting proxy that encrypts again", ends_tls="twice"),
    ),
    Scenario(
        "long-command-cut",
        "a command line of more than 512 bytes ends the connection",
        (Exim(),),
        (
            Smtplib(_EXIM, message=None, greet="EHLO", verbs=("NOOP " + "pigeon " * 80,), quit=False),
            Smtplib(_EXIM, source="203.0.113.12", message=_numbered(2)),
        ),
        _editor("ASA-like limit on command lines", "limit_lines", randomise=True),
    ),
    Scenario(
        "too-many-recipients",
        "the hundred and first recipient ends the connection",
        (OpenSmtpd(),),
        (
            Smtplib(_OPENSMTPD, message=Message(recipients=tuple(f"bird{n}@example.com" for n in range(102)))),
            NullClient("msmtp", _OPENSMTPD, message=_numbered(2)),
        ),
        _editor("ASA-like limit on recipients", "limit_recipients"),
    ),
    Scenario(
        "large-segments-lost-ipv6",
        "over IPv6 full-size segments vanish in a tunnel and no error comes back",
        (Postfix(address=_INNER6),),
        (
            Smtplib(_INNER6, _OUTER6, message=_numbered(1, attachment=6000), timeout=2.5, quit=False),
            Curl(_INNER6, _OUTER6, message=_numbered(2)),
        ),
        _editor("tunnel of 1280 bytes whose errors are filtered", "drop_large", limit=1208),
    ),
    Scenario(
        "large-segments-misquoted",
        "the device complains by ICMP of what is too big, but quotes numbers that the sender never used",
        (Sendmail(),),
        (
            Smtplib(_SENDMAIL, message=_numbered(1, attachment=6000), timeout=2.5, quit=False),
            Swaks(_SENDMAIL, "203.0.113.12", message=_numbered(2)),
        ),
        _editor(
            "firewall before a tunnel that quotes packets as it translated them",
            "drop_large",
            limit=1148,
            mtu=1200,
            misquoted=True,
            randomise=True,
        ),
    ),
    Scenario(
        "syn-prohibited",
        "an access list keeps two clients out and says so by ICMP",
        (Postfix(),),
        (
            Smtplib(message=_numbered(1)),
            Swaks(timeout=3),
            Curl(arguments=("--connect-timeout", "3")),
            Smtplib(source="203.0.113.13", message=_numbered(2)),
        ),
        _editor("router whose access list prohibits some", "block_connections", how="prohibited", after=1, sessions=2),
    ),
    Scenario(
        "syn-unreachable-ipv6",
        "a router says by ICMPv6 that the host cannot be reached, which others reach",
        (Postfix(address=_INNER6),),
        (
            Smtplib(_INNER6, _OUTER6, message=_numbered(1)),
            Curl(_INNER6, _OUTER6, arguments=("--connect-timeout", "3")),
            Smtplib(_INNER6, _OUTER6, message=_numbered(2)),
        ),
        _editor(
            "router that loses its way for a moment",
            "block_connections",
            how="host-unreachable",
            after=1,
            sessions=1,
        ),
    ),
    Scenario(
        "proxy-header-changed",
        "a gateway rewrites the sender's address in the header",
        (Exim(),),
        (Smtplib(_EXIM, message=_numbered(1)), Curl(_EXIM, message=_numbered(2))),
        _proxy(
            "proxy that hides inside names",
            header=[{"did": "header-changed", "name": "FROM", "pattern": "From: alice@", "to": "From: post@"}],
        ),
    ),
    Scenario(
        "proxy-header-removed",
        "a gateway takes the mailer's name out of the header",
        (OpenSmtpd(),),
        (
            NullClient("msmtp", _OPENSMTPD, message=Message(headers=("X-Mailer: Pigeon 1.0",))),
            Swaks(_OPENSMTPD, "203.0.113.12", message=Message(ident="20240310.2@example.net")),
        ),
        _proxy(
            "proxy that removes X-Mailer",
            header=[{"did": "header-removed", "name": "X-MAILER", "pattern": "X-Mailer: [^\\n]*\\n", "to": ""}],
        ),
    ),
    Scenario(
        "proxy-header-added",
        "a virus scanner puts its mark on top of the header",
        (Sendmail(),),
        (Smtplib(_SENDMAIL, message=_numbered(1)), NullClient("msmtp", _SENDMAIL, message=_numbered(2))),
        _proxy(
            "scanning proxy",
            header=[
                {
                    "did": "header-added",
                    "name": "X-VIRUS-SCANNED",
                    "pattern": "^",
                    "to": "X-Virus-Scanned: clean\\r\\n",
                },
            ],
        ),
    ),
    Scenario(
        "recipient-rewritten",
        "the domain of each recipient is another one when it comes out",
        (Sendmail(),),
        (Smtplib(_SENDMAIL, message=_numbered(1)), NullClient("msmtp", _SENDMAIL, message=_numbered(2))),
        _editor(
            "editor with a table of domains", "rewrite_argument", verb="RCPT", pattern="example\\.com", to="example.org"
        ),
    ),
    Scenario(
        "proxy-injects-rset",
        "the proxy resets the server's state behind every greeting",
        (OpenSmtpd(),),
        (Swaks(_OPENSMTPD, message=_numbered(1)), PostfixClient(_OPENSMTPD, messages=(_numbered(2),))),
        _proxy("proxy that begins afresh", injects="RSET"),
    ),
    Scenario(
        "asa-exchange-auth-masked",
        "a map without AUTH in it masks Exchange's ways to log in, and X-EXPS with them",
        (exchange(),),
        (Smtplib(_EXCHANGE, message=_numbered(1)), EximClient(_EXCHANGE, message=_numbered(2))),
        Device(
            "ASA-like editor whose map knows no AUTH",
            (
                ("mask_banner", {}),
                ("mask_capabilities", {"allowed": [word for word in KEYWORDS if word != "AUTH"]}),
                ("mask_verbs", {"allowed": [*(verb for verb in VERBS if verb != "AUTH"), "VRFY"]}),
            ),
        ),
    ),
    Scenario(
        "relay-postfix-to-exim",
        "a scanner takes mail for two recipients and passes it on to Exim a moment later",
        (Exim(),),
        (
            PostfixClient(_EXIM, messages=(Message(recipients=("bob@example.com", "dora@example.com")),)),
            Curl(_EXIM, message=_numbered(2)),
            Pause(1.5),
        ),
        Device(
            "scanner that stores and forwards",
            kind="relay",
            options={"banner": "scan.example.com ESMTP", "host": "scan.example.com", "delay": 0.4},
        ),
    ),
]
