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
        Device(
            "editor that removes the STARTTLS line",
            (("remove_capabilities", {"keywords": ["STARTTLS"]}),),
            randomise=True,
        ),
    ),
    Scenario(
        "starttls-refused-by-device",
        "STARTTLS is offered, but the device answers 454 in the server's place",
        (Postfix(),),
        (Swaks(arguments=("--tls-optional",)), Curl(message=_SECOND, arguments=("--ssl",))),
        Device(
            "editor that answers STARTTLS with 454",
            (
                (
                    "answer_verbs",
                    {"blocked": ["STARTTLS"], "answer": "454 4.7.0 TLS not available due to local problem"},
                ),
            ),
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
                verbs=("X-LINK2STATE LAST CHUNK={0000001d}", "NOOP"),
                timeout=1.5,
            ),
        ),
        Device("filter that swallows X-LINK2STATE", (("swallow_verbs", {"verbs": ["X-LINK2STATE"]}),)),
    ),
]

_LOGIN = Exim(auth=True, rcpt=["deny !authenticated = *", "     message = 5.7.1 relay not permitted"])
SCENARIOS += [
    Scenario(
        "auth-login-overwritten",
        "LOGIN is overwritten in the AUTH line, PLAIN stays",
        (_LOGIN,),
        (Swaks(_EXIM, arguments=("--auth", "LOGIN", "--auth-user", "bob", "--auth-password", "tauben")),),
        Device("editor that overwrites LOGIN", (("remove_mechanism", {"mechanisms": ["LOGIN"], "filler": "X"}),)),
    ),
    Scenario(
        "auth-plain-removed",
        "PLAIN is taken out of the AUTH line, the client logs in by LOGIN",
        (_LOGIN,),
        (
            Smtplib(_EXIM, login=("bob", "tauben")),
            Curl(_EXIM, arguments=("--user", "bob:tauben", "--login-options", "AUTH=LOGIN"), message=_SECOND),
        ),
        Device("proxy-like editor that removes PLAIN", (("remove_mechanism", {"mechanisms": ["PLAIN"]}),)),
    ),
    Scenario(
        "auth-gssapi-ntlm-removed",
        "GSSAPI and NTLM are taken out of an Exchange-like AUTH line",
        (exchange(),),
        (Smtplib(_EXCHANGE),),
        Device("editor that removes two mechanisms", (("remove_mechanism", {"mechanisms": ["GSSAPI", "NTLM"]}),)),
    ),
    Scenario(
        "xexch50-dropped",
        "XEXCH50 is dropped without an ACK: TCP repeats it until the client gives up",
        (exchange(),),
        (Smtplib(_EXCHANGE, message=None, greet="EHLO", verbs=("XEXCH50 1020 2",), timeout=1.5, quit=False),),
        Device("filter that drops XEXCH50", (("swallow_verbs", {"verbs": ["XEXCH50"], "acknowledge": False}),)),
    ),
    Scenario(
        "xexch50-answered",
        "XEXCH50 is refused by the device, as a filter without the verb in its list does",
        (exchange(),),
        (Smtplib(_EXCHANGE, message=None, greet="EHLO", verbs=("XEXCH50 1020 2", "X-EXPS GSSAPI", "NOOP")),),
        Device(
            "ISA-like filter: 500 for Exchange's own verbs",
            (("answer_verbs", {"blocked": ["XEXCH50", "X-EXPS"], "answer": "500 5.3.3 Unrecognized command"}),),
        ),
    ),
    Scenario(
        "ehlo-to-helo",
        "EHLO reaches the server as HELO in the same connection",
        (Postfix(), Exim()),
        (Smtplib(), Swaks(_EXIM, message=_SECOND)),
        Device("editor that turns EHLO into HELO", (("rewrite_verbs", {"verbs": {"EHLO": "HELO"}}),)),
    ),
    Scenario(
        "replies-to-ok",
        "every 250 to MAIL, RCPT and the end of data becomes a bare 250 OK",
        (Postfix(), exchange()),
        (Smtplib(), Swaks(_EXCHANGE, message=_SECOND)),
        Device(
            "editor that gives nothing away",
            (("rewrite_reply", {"what": ["MAIL", "RCPT", "END-OF-DATA"], "to": "250 OK", "starts": "250"}),),
        ),
    ),
    Scenario(
        "refusal-text-changed",
        "the server's 454 to RCPT gets another code and text",
        (Postfix(),),
        (
            Smtplib(message=Message(recipients=("bob@example.net",))),
            Curl(message=Message(recipients=("eve@example.net",))),
        ),
        Device(
            "filter that rewrites refusals",
            (("rewrite_reply", {"what": ["RCPT"], "to": "550 5.7.1 Refused by policy", "starts": "454"}),),
        ),
    ),
    Scenario(
        "banner-line-before",
        "a scanner puts a line of its own before the greeting",
        (Postfix(), Exim()),
        (Smtplib(), Swaks(_EXIM, message=_SECOND)),
        Device(
            "InterScan-like scanner", (("replace_banner", {"text": "InterScan Version 3.6 Ready", "before": True}),)
        ),
    ),
    Scenario(
        "size-lowered",
        "SIZE passes with a smaller number, AUTH is added",
        (Postfix(),),
        (Smtplib(), Swaks(message=_SECOND)),
        Device(
            "editor that lowers SIZE and offers AUTH",
            (
                ("change_capability", {"keyword": "SIZE", "parameters": "2000000"}),
                ("change_capability", {"keyword": "VRFY", "add": "AUTH PLAIN LOGIN"}),
            ),
        ),
    ),
    Scenario(
        "arguments-rewritten",
        "a bar in an address is blanked out, SIZE= is cut off",
        (Exim(),),
        (
            Curl(_EXIM, message=Message(sender="alice|x@example.net")),
            Smtplib(_EXIM, message=_SECOND),
        ),
        Device(
            "ASA-like editor of addresses",
            (
                ("rewrite_argument", {"verb": "MAIL", "pattern": "\\|", "to": " "}),
                ("rewrite_argument", {"verb": "MAIL", "pattern": "(?i) size=\\d+", "to": ""}),
            ),
        ),
    ),
    Scenario(
        "starttls-verb-masked",
        "STARTTLS is offered, but the verb reaches the server as XXXXXXXX",
        (Postfix(),),
        (Swaks(arguments=("--tls-optional",)), Curl(message=_SECOND, arguments=("--ssl",))),
        Device("editor that masks one verb", (("mask_verbs", {"masked": ["STARTTLS"]}),)),
    ),
    Scenario(
        "etrn-expn-swallowed",
        "ETRN and EXPN vanish between client and server",
        (Postfix(),),
        (Smtplib(message=None, greet="EHLO", verbs=("ETRN example.com", "EXPN staff"), timeout=1.5),),
        Device("filter that swallows ETRN and EXPN", (("swallow_verbs", {"verbs": ["ETRN", "EXPN"]}),)),
    ),
]
