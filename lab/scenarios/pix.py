"""PIX before 7.0: Mailguard of 4.x with its bare OK, and the fixup of 5.1 and later with its 2/0 mask."""

from lab.clients.message import Message
from lab.clients.postfix_client import PostfixClient
from lab.clients.smtplib_client import Smtplib
from lab.clients.swaks import Swaks
from lab.damage.damage import Tagged
from lab.scenario import Device, Scenario
from lab.servers.aio import exchange
from lab.servers.exim import Exim
from lab.servers.postfix import Postfix

_SECOND = Message(ident="20240307.2@example.net")
SEVEN = ["HELO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT"]
_EXCHANGE, _EXIM = "198.51.100.28", "198.51.100.26"
FIXUP = Device(
    "PIX 6-like fixup: banner to stars except 2 and 0, other verbs than the seven answered 500",
    (
        ("mask_banner", {"keep": "20", "skip": 4}),
        ("answer_verbs", {"allowed": SEVEN, "answer": "500 Command unrecognized"}),
    ),
)
MAILHOST = Device(
    "PIX 4.x-like mailhost: SMTP/cmap banner, other verbs than the seven answered with a bare OK",
    (
        ("replace_banner", {"text": "SMTP/cmap ready", "pad": "_"}),
        ("answer_verbs", {"allowed": SEVEN, "answer": "OK"}),
    ),
)
NOOP = Device(
    "PIX-like fixup that turns EHLO into NOOP",
    (("mask_banner", {"keep": "20"}), ("rewrite_verbs", {"verbs": {"EHLO": "NOOP"}})),
)

SCENARIOS = [
    Scenario(
        "pix6-exchange-swaks",
        "the greeting keeps only 2 and 0, EHLO is refused by the device, swaks goes on with HELO",
        (exchange(), Exim()),
        (Swaks(_EXCHANGE), Swaks(_EXIM, "203.0.113.11", message=_SECOND)),
        FIXUP,
    ),
    Scenario(
        "pix51-exchange-smtplib",
        "the build whose mask swallows the blank behind 220 as well",
        (exchange(),),
        (Smtplib(_EXCHANGE), Smtplib(_EXCHANGE, message=None, greet="HELO", verbs=("X-LINK2STATE first", "NOOP"))),
        Device(
            "PIX 5.1-like fixup: 220 and 2, 0 stay, even the blank is a star; other verbs than the seven answered 500",
            (("mask_banner", {"keep": "20", "skip": 3}), FIXUP.treatments[1]),
        ),
    ),
    Scenario(
        "pix6-postfix-postfix",
        "Postfix sees the stars, says HELO of its own accord and waits before the final dot",
        (Postfix(),),
        (PostfixClient(settings={"smtp_pix_workaround_threshold_time": "0s", "smtp_pix_workaround_delay_time": "2s"}),),
        FIXUP,
    ),
    Scenario(
        "pix4-goodmorning",
        "the prescribed test: goodmorning, KILL and WIZ get OK and never reach the server",
        (Postfix(),),
        (
            Smtplib(greet="", message=None, verbs=("goodmorning",)),
            Smtplib(source="203.0.113.12", greet="HELO", message=None, verbs=("goodmorning", "KILL", "WIZ")),
        ),
        MAILHOST,
        (Tagged("inside", 25),),
    ),
    Scenario(
        "pix4-exim-mail",
        "EHLO is answered with a bare OK by the device; smtplib finds no code in it and goes",
        (Exim(),),
        (Smtplib(_EXIM, ehlo="pop.example.net"), Smtplib(_EXIM, greet="HELO", message=None, verbs=("KILL",))),
        MAILHOST,
    ),
    Scenario(
        "pix44-full-stars",
        "release 4.4 masks the whole greeting; the mail itself passes by HELO",
        (Postfix(),),
        (Smtplib(greet="HELO"),),
        Device("PIX 4.4-like fixup: every character of the banner to a star", (("mask_banner", {}),)),
    ),
    Scenario(
        "pix-ehlo-to-noop",
        "EHLO reaches the server as NOOP: a real 250 without any keyword",
        (Postfix(), exchange()),
        (Smtplib(), Swaks(_EXCHANGE, message=Message(ident="20240307.2@example.net"))),
        NOOP,
    ),
]
