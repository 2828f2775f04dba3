"""`inspect esmtp` of PIX 7 and ASA: greeting, keywords and verbs overwritten, lengths kept."""

from lab.clients.message import Message
from lab.clients.smtplib_client import Smtplib
from lab.clients.swaks import Swaks
from lab.scenario import Device, Scenario
from lab.servers.aio import exchange
from lab.servers.exim import Exim
from lab.servers.postfix import Postfix

KEYWORDS = ["SIZE", "ETRN", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES", "8BITMIME", "BINARYMIME", "AUTH", "VRFY"]
VERBS = (
    "AUTH DATA EHLO ETRN HELO HELP MAIL NOOP QUIT RCPT RSET SAML SEND SOML VRFY".split()  # noqa: SIM905
)
ASA = Device(
    "ASA-like editor: banner to stars, unknown keywords to XXXA, XXXB ..., unknown verbs to XXXX",
    (("mask_banner", {}), ("mask_capabilities", {"allowed": KEYWORDS}), ("mask_verbs", {"allowed": VERBS})),
    randomise=True,
)

SCENARIOS = [
    Scenario(
        "asa-postfix-swaks",
        "swaks wants TLS of Postfix and does not find it",
        (Postfix(),),
        (Swaks(arguments=("--tls-optional",)), Swaks(source="203.0.113.13", message=Message(ident="20240307.2@example.net"))),
        ASA,
    ),
]
