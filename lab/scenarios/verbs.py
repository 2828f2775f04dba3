"""Commands kept from the server, changed on their way, or answered by somebody else."""

from lab.clients.curl import Curl
from lab.clients.message import Message
from lab.clients.smtplib_client import Smtplib
from lab.clients.swaks import Swaks
from lab.scenario import Device, Scenario
from lab.servers.aio import exchange
from lab.servers.exim import Exim
from lab.servers.postfix import Postfix

_EXIM, _EXCHANGE = "198.51.100.26", "198.51.100.28"
_SECOND = Message(ident="20240307.2@example.net", subject="Second report")

SCENARIOS = [
    Scenario(
        "starttls-line-removed",
        "the STARTTLS line is taken out of the reply, lengths are translated",
        (Postfix(), Exim(tls=True)),
        (Swaks(arguments=("--tls-optional",)), Smtplib(_EXIM, message=_SECOND)),
        Device("editor that removes the STARTTLS line", (("remove_capabilities", {"keywords": ["STARTTLS"]}),), randomise=True),
    ),
    Scenario(
        "starttls-refused-by-device",
        "STARTTLS is offered, but the device answers 454 in the server's place",
        (Postfix(),),
        (Swaks(arguments=("--tls-optional",)), Curl(message=_SECOND, arguments=("--ssl",))),
        Device(
            "editor that answers STARTTLS with 454",
            (("answer_verbs", {"blocked": ["STARTTLS"], "answer": "454 4.7.0 TLS not available due to local problem"}),),
        ),
    ),
    Scenario(
        "xlink2state-swallowed",
        "X-LINK2STATE is acknowledged by the device, never passed on and never answered",
        (exchange(),),
        (
            Smtplib(
                _EXCHANGE,
                ehlo="bridgehead.example.net",
                message=None,
                greet="EHLO",
                verbs=("X-LINK2STATE LAST CHUNK={0000001d}",),
                timeout=1.5,
            ),
        ),
        Device("filter that swallows X-LINK2STATE", (("swallow_verbs", {"verbs": ["X-LINK2STATE"]}),)),
    ),
]
