"""Devices with connections of their own: proxies that speak SMTP, and a relay."""

from lab.clients.curl import Curl
from lab.clients.message import Message
from lab.clients.smtplib_client import Smtplib
from lab.clients.step import Pause
from lab.clients.swaks import Swaks
from lab.damage.damage import Twice
from lab.scenario import Device, Scenario
from lab.servers.exim import Exim
from lab.servers.postfix import Postfix

_EXIM = "198.51.100.26"
_SECOND = Message(ident="20240307.2@example.net", subject="Second report")
_THIRD = Message(ident="20240307.3@example.net", subject="Third report")
FIREBOX = Device(
    "Firebox-like proxy: own banner, allow-list of keywords, own Received field",
    kind="proxy",
    options={
        "banner": "SMTP service ready",
        "host": "firewall.example.com",
        "allowed": ["8BITMIME", "SIZE", "AUTH"],
        "blocked": {"STARTTLS": "500 Syntax error, command unrecognized", "VRFY": "502 Command not implemented"},
        "received": "firewall.example.com",
    },
)

SCENARIOS = [
    Scenario(
        "proxy-firebox-postfix",
        "a proxy shows its own banner and two of Postfix's keywords",
        (Postfix(),),
        (Swaks(arguments=("--tls-optional",)), Smtplib(message=_SECOND)),
        FIREBOX,
    ),
    Scenario(
        "proxy-firebox-exim-verbs",
        "the same proxy before Exim answers VRFY and STARTTLS itself",
        (Exim(tls=True),),
        (Smtplib(_EXIM, message=None, greet="EHLO", verbs=("VRFY bob", "STARTTLS", "NOOP")), Curl(_EXIM)),
        FIREBOX,
        damage=(Twice("outside", every=3),),
    ),
    Scenario(
        "proxy-gatekeeper-size",
        "a virus scanner lowers SIZE, drops extensions and adds AUTH of its own",
        (Exim(),),
        (Smtplib(_EXIM), Swaks(_EXIM, message=_SECOND)),
        Device(
            "F-Secure-like proxy: PIPELINING, CHUNKING and STARTTLS removed, SIZE lowered, AUTH added",
            kind="proxy",
            options={
                "allowed": ["SIZE", "8BITMIME", "VRFY", "HELP"],
                "size": 20000000,
                "added": ["AUTH PLAIN LOGIN"],
            },
        ),
    ),
    Scenario(
        "proxy-ehlo-as-helo",
        "the proxy says HELO to the server whatever the client said",
        (Postfix(),),
        (Smtplib(), Swaks(message=_SECOND)),
        Device("Untangle-like proxy: EHLO passed on as HELO", kind="proxy", options={"helo_only": True}),
    ),
    Scenario(
        "proxy-ends-tls",
        "TLS ends at the proxy, which speaks clear text to the server",
        (Postfix(),),
        (Swaks(arguments=("--tls",)), Smtplib(starttls=True, message=_SECOND)),
        Device("inspecting proxy with a certificate of its own", kind="proxy", options={"ends_tls": True}),
    ),
    Scenario(
        "proxy-injects-noop",
        "the proxy slips a NOOP of its own between the client's commands",
        (Postfix(),),
        (Smtplib(), Curl(message=_SECOND)),
        Device("proxy that probes the server", kind="proxy", options={"injects": "NOOP"}),
    ),
    Scenario(
        "proxy-turns-away",
        "a box in the path greets one client with 421 and never asks the server",
        (Postfix(),),
        (Swaks(), Smtplib(message=_THIRD), Curl(message=_SECOND)),
        Device(
            "provider's box that takes port 25 for itself",
            kind="proxy",
            options={"turns_away": {"203.0.113.11": "421 4.7.0 too many connections"}},
        ),
    ),
    Scenario(
        "relay-store-and-forward",
        "the gateway takes the mail and delivers it in its own session a second later",
        (Postfix(),),
        (Swaks(), Smtplib(message=_SECOND), Pause(2.5)),
        Device(
            "Check Point-like security server: stores and forwards",
            kind="relay",
            options={"banner": "CheckPoint FireWall-1 secure ESMTP server", "host": "firewall.example.com"},
        ),
    ),
]
