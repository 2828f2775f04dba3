"""What happens to the mail itself: ends and answers lost, bytes changed, connections cut or kept out."""

from dataclasses import replace

from lab.clients.curl import Curl
from lab.clients.message import Message
from lab.clients.postfix_client import PostfixClient
from lab.clients.smtplib_client import Smtplib
from lab.clients.swaks import Swaks
from lab.clients.telnet import Telnet
from lab.scenario import Device, Scenario
from lab.servers.aio import exchange
from lab.servers.exim import Exim
from lab.servers.postfix import Postfix

_EXIM, _THIRD = "198.51.100.26", "198.51.100.28"
_SECOND = Message(ident="20240307.2@example.net", subject="Second report")
_LARGE = Message(ident="20240307.3@example.net", subject="Report with attachment", attachment=6000)


def _editor(says: str, treatment: str, /, **options: object) -> Device:
    return Device(says, ((treatment, options),))


SCENARIOS = [
    Scenario(
        "dot-lost-postfix-resends",
        "the final dot never arrives; Postfix gives up, tries again and succeeds the third time",
        (Postfix(),),
        (
            PostfixClient(
                messages=(_LARGE,),
                tries=3,
                settings={"smtp_data_done_timeout": "3s", "minimal_backoff_time": "1s", "smtp_fallback_relay": ""},
            ),
        ),
        _editor("Mailguard-like fault: the end of data is dropped in two sessions", "lose_end_of_data", sessions=2),
    ),
    Scenario(
        "dot-lost-exim",
        "the final dot is dropped every time and the client gives up for good",
        (Exim(),),
        (Smtplib(_EXIM, message=_LARGE, timeout=2, quit=False),),
        _editor("Mailguard-like fault: the end of data is dropped", "lose_end_of_data"),
    ),
    Scenario(
        "final-reply-lost-smtplib",
        "the 250 for the mail is lost three times: the recipient gets it four times",
        (Postfix(),),
        (Smtplib(tries=4, timeout=1.5, quit=False),),
        _editor("path that loses the reply to the end of data", "lose_reply", what="END-OF-DATA", sessions=3),
    ),
    Scenario(
        "final-reply-lost-postfix",
        "the same with Postfix as sender and Exim as receiver",
        (Exim(),),
        (
            PostfixClient(
                _EXIM,
                messages=(_SECOND,),
                tries=3,
                settings={"smtp_data_done_timeout": "2s", "minimal_backoff_time": "1s"},
            ),
        ),
        _editor("path that loses the reply to the end of data", "lose_reply", what="END-OF-DATA", sessions=2),
    ),
    Scenario(
        "body-attachment-bytes",
        "some bytes of an attachment arrive as others; the next mail is whole",
        (Postfix(),),
        (Swaks(message=_LARGE), Swaks(source="203.0.113.12", message=_SECOND)),
        _editor(
            "editor that garbles base64",
            "alter_body",
            pattern="(?<=\\n)[A-Za-z0-9+/]{4}(?=[A-Za-z0-9+/]{70})",
            filler="A",
        ),
    ),
    Scenario(
        "body-x-run",
        "the text of the body becomes a run of X (the fault of PIX 4.2(2))",
        (Exim(),),
        (Smtplib(_EXIM), Curl(_EXIM, message=_SECOND)),
        _editor("PIX 4.2(2)-like fault: body to X", "alter_body", pattern="(?<=\\r\\n\\r\\n).+", filler="X"),
    ),
    Scenario(
        "subject-rewritten",
        "the subject is marked on its way, the stream gets longer",
        (Postfix(),),
        (Swaks(), Smtplib(message=_SECOND)),
        _editor(
            "filter that marks subjects",
            "change_header",
            name="SUBJECT",
            pattern="^Subject: ",
            to="Subject: [outside] ",
        ),
    ),
    Scenario(
        "header-field-removed",
        "the User-Agent field is taken out of the header",
        (Exim(),),
        (Swaks(_EXIM, message=Message(headers=("User-Agent: Pigeon 1.0",))),),
        _editor(
            "filter that removes a field", "change_header", name="USER-AGENT", pattern="^User-Agent: [^\\n]*\\n", to=""
        ),
    ),
    Scenario(
        "header-field-added",
        "a field is put into the header",
        (Postfix(),),
        (Curl(),),
        _editor(
            "filter that adds a field",
            "change_header",
            name="X-SCANNED",
            pattern="^Subject: ",
            to="X-Scanned: yes\r\nSubject: ",
        ),
    ),
    Scenario(
        "syn-dropped",
        "two connections never get through; the ones before and after them, from elsewhere, do",
        (Postfix(),),
        (
            Swaks(),
            Smtplib(timeout=1.5),
            Smtplib(source="203.0.113.12", timeout=4),
            Smtplib(source="203.0.113.13", message=_SECOND),
        ),
        _editor("firewall without translation for some", "block_connections", how="drop", after=1, sessions=2),
    ),
    Scenario(
        "syn-refused-by-device",
        "connections are refused with RST that the server never sent",
        (Exim(),),
        (
            Smtplib(_EXIM),
            Swaks(_EXIM),
            Curl(_EXIM),
            Smtplib(_EXIM, source="203.0.113.13", message=_SECOND),
        ),
        _editor("firewall that refuses in the server's name", "block_connections", how="refuse", after=1, sessions=2),
    ),
    Scenario(
        "reset-both-ends",
        "after the answer to EHLO both ends get a RST in each other's name",
        (Exim(),),
        (Swaks(_EXIM), Smtplib(_EXIM, message=_SECOND)),
        _editor("filter that resets both ends at MAIL", "reset_after", kind="command", what="MAIL"),
    ),
    Scenario(
        "reset-client-only",
        "the client is told that the content is blocked and reset; the server waits for the rest",
        (Postfix(settings={"smtpd_timeout": "3s"}),),
        (Smtplib(message=_LARGE, quit=False),),
        Device(
            "Palo Alto-like filter: 541 and RST to the client, nothing to the server",
            (
                (
                    "reset_after",
                    {
                        "kind": "end-of-data",
                        "what": "END-OF-DATA",
                        "end": "to-client",
                        "answer": "541 5.4.1 Content blocked",
                    },
                ),
            ),
        ),
        settle=8,
    ),
    Scenario(
        "long-header-cut",
        "a header line of more than 998 bytes ends the connection",
        (Postfix(),),
        (
            Swaks(message=Message(headers=("X-Long: " + "pigeon " * 160,))),
            Swaks(source="203.0.113.12", message=_SECOND),
        ),
        _editor("ASA-like limit on header lines", "limit_lines"),
    ),
    Scenario(
        "long-file-name-cut",
        "an attachment with a name of more than 255 characters ends the connection",
        (Exim(),),
        (
            Smtplib(_EXIM, message=replace(_LARGE, file_name="pigeon-" * 40 + ".bin")),
            Curl(_EXIM, message=_SECOND),
        ),
        _editor("ASA-like limit on file names", "limit_file_names"),
    ),
    Scenario(
        "large-segments-lost",
        "full-size segments never come out, small ones do: nobody was told of the MTU",
        (Postfix(),),
        (Smtplib(message=_LARGE, timeout=2.5, quit=False), Smtplib(source="203.0.113.12", message=_SECOND)),
        _editor("path with a small MTU and no ICMP", "drop_large", limit=1300),
    ),
    Scenario(
        "char-mode-masked",
        "a person with a character-mode telnet: every key is masked",
        (Postfix(),),
        (Telnet(("HELO desk.example.net", "VRFY bob", "QUIT")),),
        Device("ASA-like editor that sees no verb in a single letter", (("mask_banner", {}), ("mask_characters", {}))),
        settle=2,
    ),
    Scenario(
        "char-mode-exchange",
        "the same against an Exchange-like server, with goodmorning",
        (exchange(),),
        (Telnet(("goodmorning", "EHLO desk.example.net"), _THIRD),),
        Device(
            "PIX-like editor that sees no verb in a single letter",
            (("mask_banner", {"keep": "20"}), ("mask_characters", {})),
        ),
        settle=2,
    ),
    Scenario(
        "silent-at-data",
        "at DATA the device forgets the connection: the client waits in vain, the server too",
        (Postfix(settings={"smtpd_timeout": "6s"}),),
        (Smtplib(timeout=2, quit=False), Smtplib(source="203.0.113.12", greet="HELO", message=None, verbs=("NOOP",))),
        _editor("firewall that forgets connections", "go_silent", verb="DATA"),
        settle=7,
    ),
]
