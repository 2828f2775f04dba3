"""Nothing is changed, however odd it looks."""

from lab.clients.curl import Curl
from lab.clients.message import Message
from lab.clients.postfix_client import PostfixClient
from lab.clients.smtplib_client import Smtplib
from lab.clients.step import AtOnce, Pause
from lab.clients.swaks import Swaks
from lab.clients.telnet import Telnet
from lab.damage.damage import Lose, Shift, Snap, Window
from lab.network import INSIDE, OUTSIDE
from lab.scenario import Device, Scenario
from lab.servers.aio import Aio, exchange
from lab.servers.exim import Exim
from lab.servers.postfix import Postfix

NOTHING = Device("none: a router with static address translation", ())
_EXIM, _THIRD = "198.51.100.26", "198.51.100.28"
_SECOND = Message(ident="20240307.2@example.net", subject="Second report")

SCENARIOS = [
    Scenario(
        "clean-postfix-swaks",
        "plain mail, nothing changed",
        (Postfix(),),
        (Swaks(), Swaks(source="203.0.113.12", message=_SECOND)),
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
        "clean-verbs-refused",
        "the server itself refuses VRFY, EXPN and verbs that it does not know",
        (Exim(), Postfix(settings={"disable_vrfy_command": "yes"})),
        (
            Smtplib(_EXIM, message=None, greet="EHLO", verbs=("VRFY bob", "EXPN staff", "X-LINK2STATE x", "goodmorning")),
            Smtplib(message=None, greet="EHLO", verbs=("VRFY bob", "KILL", "WIZ", "TURN")),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-tls-both-sides",
        "STARTTLS is offered, taken and passed: what follows is the same on both sides",
        (Postfix(),),
        (Swaks(arguments=("--tls",)), Curl(arguments=("--ssl-reqd", "-k"), message=_SECOND)),
        NOTHING,
    ),
]
