"""Nothing is changed, but it looks so: what servers, clients and networks do of their own accord."""

from functools import partial

from lab.clients.curl import Curl
from lab.clients.exim_client import EximClient
from lab.clients.flood import Flood, Kernel
from lab.clients.message import Message, numbered
from lab.clients.postfix_client import PostfixClient
from lab.clients.script import Script
from lab.clients.smtplib_client import Smtplib
from lab.clients.step import AtOnce, Pause
from lab.clients.swaks import Swaks
from lab.clients.telnet import Telnet
from lab.network import INSIDE, OUTSIDE
from lab.scenario import Device, Scenario
from lab.scenarios.plain import NOTHING
from lab.servers.aio import Aio
from lab.servers.exim import Exim
from lab.servers.opensmtpd import OpenSmtpd
from lab.servers.postfix import Postfix
from lab.servers.sendmail import Sendmail

_EXIM, _OPENSMTPD, _AIO, _SENDMAIL = "198.51.100.26", "198.51.100.27", "198.51.100.28", "198.51.100.29"
_ASK = ("<", "> EHLO monitor.example.net", "<")
_MAIL = ("> MAIL FROM:<alice@example.net>", "<", "> RCPT TO:<bob@example.com>", "<", "> DATA", "<")
_TEXT = "> Message-ID: <20240309.9@example.net>\r\n\r\nhasty\r\n."


_numbered = partial(numbered, "20240309")


SCENARIOS = [
    Scenario(
        "clean-load-balanced",
        "one address, two servers in turn: greeting, keywords and wording change from session to session",
        (Postfix(), Exim()),
        tuple(Smtplib("198.51.100.30", message=_numbered(number)) for number in range(4)),
        Device(
            "none: a load balancer that rewrites only the address",
            balance={"198.51.100.30": ["10.1.1.25", "10.1.1.26"]},
        ),
    ),
    Scenario(
        "clean-keywords-by-client",
        "Postfix itself shows one client neither STARTTLS nor CHUNKING",
        (
            Postfix(
                settings={
                    "smtpd_discard_ehlo_keyword_address_maps": "inline:{ {203.0.113.11 = starttls,chunking,8bitmime} }",
                },
            ),
        ),
        (Smtplib(message=_numbered(1)), Curl(message=_numbered(2))),
        NOTHING,
    ),
    Scenario(
        "clean-greylisted-pool",
        "a sending pool: the first try is greylisted, the second comes from another address under another name",
        (
            Aio(
                persona={
                    "kind": "greylisting",
                    "recipients": {"bob@example.com": ["451 4.7.1 Greylisted, try again in 300 seconds"]},
                },
            ),
        ),
        (
            PostfixClient(_AIO, messages=(_numbered(1, attachment=2000),)),
            PostfixClient(_AIO, "203.0.113.23", "relay2.example.net", (_numbered(1, attachment=2000),)),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-mailing-list",
        "one message comes straight and once more by a mailing list, with another envelope sender",
        (Postfix(),),
        (
            Smtplib(message=_numbered(1)),
            PostfixClient(
                messages=(
                    Message("pigeons-bounces@example.org", ("bob@example.com",), "20240309.1@example.net", "Report 1"),
                ),
                ehlo="lists.example.org",
            ),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-server-throttles",
        "the servers themselves greet some of many clients with 421",
        (
            Postfix(settings={"smtpd_client_connection_count_limit": "1", "anvil_rate_time_unit": "10s"}),
            Exim(main=["smtp_accept_max = 1"]),
        ),
        (
            AtOnce(
                [
                    Script((*_ASK, "~ 0.6", "> QUIT", "<"), "monitor", server, source)
                    for server in ("198.51.100.25", _EXIM)
                    for source in ("203.0.113.16", "203.0.113.16", "203.0.113.17")
                ],
            ),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-server-timeout",
        "a client falls silent in the middle and the servers themselves say 421 and hang up",
        (Postfix(settings={"smtpd_timeout": "2s"}), Exim(main=["smtp_receive_timeout = 2s"])),
        (
            Script((*_ASK, *_MAIL, "> Subject: half a ma", "<"), "slow client"),
            Script((*_ASK, _MAIL[0], "<", "<"), "slow client", _EXIM),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-tls-mistrusted",
        "the client does not trust the server's own certificate and hangs up in the handshake",
        (Postfix(),),
        (
            Curl(message=_numbered(1), arguments=("--ssl-reqd",)),
            Curl(message=_numbered(2), arguments=("--ssl-reqd", "-k")),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-tls-from-the-start",
        "TLS from the first byte: there is no dialogue to compare",
        (Postfix(settings={"smtpd_tls_wrappermode": "yes"}),),
        (Curl(message=_numbered(1), arguments=("-k",), scheme="smtps"),),
        NOTHING,
    ),
    Scenario(
        "clean-monitor",
        "a monitor asks every half second and never sends mail; now and then it says EHLO, RSET and QUIT",
        (Postfix(),),
        (
            *(Script(("<", "> QUIT", "<"), "monitor"), Pause(0.5)) * 3,
            Script((*_ASK, "> RSET", "<", "> QUIT", "<"), "monitor"),
            Script(("<",), "monitor"),
            Script(("<", "> HELO monitor.example.net", "<", "> NOOP", "<", "> QUIT", "<"), "monitor"),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-late-reset",
        "a hasty client resets the connection behind its QUIT, another while the mail is being answered",
        (Postfix(), Sendmail()),
        (
            Script((*_ASK, *_MAIL, _TEXT, "<", "> QUIT", "~ 0.2", "reset"), "hasty client"),
            Script((*_ASK, "> QUIT"), "hasty client", _SENDMAIL),
            Script((*_ASK, "> NOOP", "reset"), "hasty client", _SENDMAIL, "203.0.113.17"),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-half-closed",
        "clients close their sending half behind QUIT, or behind the final dot, and read on",
        (Postfix(), Sendmail()),
        (
            Script((*_ASK, *_MAIL, _TEXT, "<", "> QUIT", "half", "<"), "client that half-closes"),
            Script(
                (*_ASK, *_MAIL, _TEXT.replace(".9@", ".8@"), "half", "<", "<"), "client that half-closes", _SENDMAIL
            ),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-early-talkers",
        "clients that speak before the greeting; Postfix lets them, Exim itself refuses with 554",
        (Postfix(), Exim()),
        (
            Script(("> EHLO early.example.net", "<", "<", "> QUIT", "<"), "early talker"),
            Script(("> EHLO early.example.net", "<", "<"), "early talker", _EXIM),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-early-pipelining",
        "Exim remembers what Exim offered and sends EHLO and the envelope before the greeting (PIPECONNECT)",
        (Exim(main=["pipelining_connect_advertise_hosts = *"]),),
        (EximClient(_EXIM, message=_numbered(1), more=(_numbered(2),), wire="hosts_pipe_connect = *"),),
        NOTHING,
    ),
    Scenario(
        "clean-typist",
        "a person types the prescribed test, key by key, with slips of the finger; the server answers for itself",
        (Sendmail(),),
        (
            Telnet(
                ("goodmorning", "EHLO desk.example.net", "MAIL FORM:<alice@example.net>", "XXXX", "HELP", "QUIT"),
                _SENDMAIL,
            ),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-scan-beside-mail",
        "somebody scans a dozen addresses half-open, most of which nobody has, while mail passes",
        (Postfix(),),
        (
            Smtplib(message=_numbered(1)),
            Flood(("203.0.113.39",), tuple(f"198.51.100.{n}" for n in (25, 26, 44, *range(60, 65))), (25, 587, 25)),
            Smtplib(message=_numbered(2)),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-syn-cookies",
        "under a flood of SYNs from nowhere the server answers with cookies; mail goes on",
        (Postfix(),),
        (
            Kernel(INSIDE, "net.ipv4.tcp_syncookies", "2"),
            Smtplib(message=_numbered(1)),
            Flood(tuple(f"203.0.113.{n}" for n in range(100, 116))),
            Swaks(message=_numbered(2)),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-lossy-path",
        "the line behind the router loses a packet now and then; TCP repeats it and all arrives",
        (Postfix(),),
        (Smtplib(message=_numbered(1, attachment=9000)), Smtplib(message=_numbered(2))),
        Device("none: a router with a bad line", (("lose_once", {"every": 4}),)),
    ),
    Scenario(
        "clean-mtu-told",
        "full-size segments do not fit the next hop; the router says so by ICMP and smaller ones pass",
        (Postfix(),),
        (
            Smtplib(message=_numbered(1, attachment=5000)),
            Smtplib(source="203.0.113.12", message=_numbered(2, attachment=2500)),
        ),
        Device("none: a router before a tunnel, MTU 1200", (("drop_large", {"limit": 1148, "mtu": 1200}),)),
    ),
    Scenario(
        "clean-mtu-told-ipv6",
        "the same over IPv6: packet too big",
        (Postfix(address="2001:db8:0:2::25"),),
        (Smtplib("2001:db8:0:2::25", "2001:db8:0:1::10", message=_numbered(1, attachment=5000)),),
        Device("none: a router before a tunnel, MTU 1280", (("drop_large", {"limit": 1208, "mtu": 1280}),)),
    ),
    Scenario(
        "clean-postscreen",
        "postscreen greets with a first line, waits for early talkers, and puts off a newcomer with 450",
        (
            Postfix(
                postscreen=True,
                settings={
                    "postscreen_greet_wait": "2s",
                    "postscreen_greet_banner": "mx1.example.com, please wait",
                    "postscreen_greet_action": "enforce",
                    "postscreen_pipelining_enable": "yes",
                    "postscreen_access_list": "",
                },
            ),
        ),
        (
            Smtplib(message=_numbered(1), timeout=8),
            Smtplib(message=_numbered(1), timeout=8),
            Script(("> EHLO bot.example.net", "<", "<"), "early talker"),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-tarpit",
        "a tarpit sends its greeting and its answers a few characters at a time and takes no mail",
        (Aio(persona={"kind": "tarpit", "banner": "mx3.example.com ESMTP tarpit", "dribble": 0.15}),),
        (Swaks(_AIO, message=_numbered(1), timeout=20),),
        NOTHING,
    ),
    Scenario(
        "clean-stars-of-its-own",
        "an administrator has put stars into the greeting; Postfix as client takes it for a PIX",
        (Postfix(tls=False, settings={"smtpd_banner": "*" * 48}),),
        (
            PostfixClient(
                messages=(_numbered(1),),
                settings={"smtp_pix_workaround_threshold_time": "0s", "smtp_pix_workaround_delay_time": "1s"},
            ),
            Swaks(message=_numbered(2)),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-sender-callout",
        "Exim asks the sender's server whether it knows the sender: MAIL, RCPT and QUIT without a mail",
        (
            Exim(
                rcpt=["require verify = sender/callout=10s,no_cache"],
                router=(
                    "manualroute\n  domains = example.net\n  transport = wire\n  route_list = * 203.0.113.30 byname\n"
                    "hole:\n  driver = redirect\n  data = :blackhole:"
                ),
            ),
            Postfix("mx.example.net", "203.0.113.30", OUTSIDE, tls=False, settings={"relay_domains": "example.net"}),
        ),
        (Smtplib(_EXIM, message=_numbered(1)), Swaks(_EXIM, message=_numbered(2))),
        NOTHING,
    ),
    Scenario(
        "clean-eight-bits",
        "bodies of eight bits, a subject and addresses in UTF-8: BODY=8BITMIME and SMTPUTF8 are used",
        (Postfix(tls=False),),
        (
            PostfixClient(messages=(Message(ident="20240309.1@example.net", body="Grüße vom Taubenschlag\n"),)),
            Curl(
                message=Message(
                    "änne@example.net",
                    ("jörg@example.com",),
                    "20240309.2@example.net",
                    "Wetter für übermorgen",
                    "Schönes Wetter, 20 °C\n",
                ),
            ),
        ),
        NOTHING,
    ),
    Scenario(
        "clean-long-lines",
        "body and header lines of more than 998 bytes and a command of more than 512 pass unharmed",
        (Postfix(settings={"smtpd_discard_ehlo_keywords": "silent-discard"}), OpenSmtpd()),
        (
            Curl(
                message=Message(
                    ident="20240309.1@example.net",
                    body="pigeon " * 300 + "\n",
                    headers=("X-Long: " + "weather " * 150,),
                ),
            ),
            Swaks(_OPENSMTPD, message=Message(ident="20240309.2@example.net", body="pigeon " * 250 + "\n")),
            Smtplib(source="203.0.113.13", message=None, greet="EHLO", verbs=("NOOP " + "x" * 700,)),
        ),
        NOTHING,
    ),
]
