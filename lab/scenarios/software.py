"""Other servers and other clients, nothing changed: each has its own wording, its own keywords and its own habits."""

from functools import partial

from lab.clients.message import numbered
from lab.clients.null_client import NullClient
from lab.clients.postfix_client import PostfixClient
from lab.clients.smtplib_client import Smtplib
from lab.clients.swaks import Swaks
from lab.scenario import Scenario
from lab.scenarios.plain import NOTHING
from lab.servers.opensmtpd import OpenSmtpd
from lab.servers.postfix import Postfix
from lab.servers.sendmail import Sendmail

_OPENSMTPD, _SENDMAIL = "198.51.100.27", "198.51.100.29"


_numbered = partial(numbered, "20240308")


SCENARIOS = [
    Scenario(
        "clean-opensmtpd",
        "OpenSMTPD takes mail from Postfix, msmtp and smtplib, which asks for TLS",
        (OpenSmtpd(tls=True),),
        (
            PostfixClient(_OPENSMTPD, messages=(_numbered(1, attachment=4000),)),
            NullClient("msmtp", _OPENSMTPD, message=_numbered(2)),
            Smtplib(_OPENSMTPD, message=_numbered(3), starttls=True),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-sendmail",
        "Sendmail takes mail from smtplib and swaks and refuses VRFY in its own words",
        (Sendmail(),),
        (
            Smtplib(_SENDMAIL, message=_numbered(1)),
            Smtplib(_SENDMAIL, message=None, greet="EHLO", verbs=("VRFY bob", "HELP", "VERB", "goodmorning")),
            Swaks(_SENDMAIL, source="203.0.113.12", message=_numbered(2)),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-null-clients",
        "seven small senders, each with a dialogue of its own, hand mail to Postfix",
        (Postfix(tls=False),),
        tuple(
            NullClient(program, ehlo=f"desk{number}.example.net", message=_numbered(number))
            for number, program in enumerate(("dma", "esmtp", "msmtp", "mutt", "nullmailer", "s-nail", "ssmtp"))
        ),
        NOTHING,
    ),
]
