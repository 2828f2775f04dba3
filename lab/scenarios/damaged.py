"""Clean traffic, bad captures: loss, cuts, clocks, duplicates, formats."""

from lab.clients.curl import Curl
from lab.clients.message import Message
from lab.clients.postfix_client import PostfixClient
from lab.clients.smtplib_client import Smtplib
from lab.clients.step import Pause
from lab.clients.swaks import Swaks
from lab.damage.damage import Cooked, Damage, Lose, Reorder, Shift, Snap, Tagged, Twice, Window, Written
from lab.scenario import Scenario
from lab.scenarios.plain import NOTHING
from lab.servers.exim import Exim
from lab.servers.postfix import Postfix

_EXIM = "198.51.100.26"
_SECOND = Message(ident="20240307.2@example.net", subject="Second report")
_LARGE = Message(ident="20240307.3@example.net", subject="Report with attachment", attachment=9000)


def _postfix(name: str, description: str, *damage: Damage, nano: bool = False) -> Scenario:
    steps = (Smtplib(message=_LARGE), Pause(0.3), Swaks(message=_SECOND))
    return Scenario(name, description, (Postfix(),), steps, NOTHING, damage, nano=nano)


def _exim(name: str, description: str, *damage: Damage) -> Scenario:
    steps = (PostfixClient(_EXIM, messages=(_LARGE,)), Curl(_EXIM, message=_SECOND))
    return Scenario(name, description, (Exim(),), steps, NOTHING, damage)


SCENARIOS = [
    _postfix("clean-loss-command", "the inside capture lacks the frame with RCPT", Lose("inside", "RCPT TO")),
    _postfix("clean-loss-reply", "the outside capture lacks two replies", Lose("outside", "250 2.1.", count=2)),
    _exim("clean-loss-banner", "the outside capture lacks both greetings", Lose("outside", "220 mx2", count=2)),
    _exim("clean-loss-ehlo-reply", "the outside capture lacks the keyword list", Lose("outside", "250-mx2")),
    _postfix(
        "clean-loss-end-of-data", "the inside capture lacks the end of the mail", Lose("inside", "\r\n.\r\n", count=2)
    ),
    _exim(
        "clean-loss-final-reply",
        "the outside capture lacks the reply to the mail",
        Lose("outside", "250 OK id=", count=2),
    ),
    _postfix(
        "clean-loss-scattered",
        "every seventh frame is lacking outside, every fifth inside",
        Lose("outside", every=7),
        Lose("inside", every=5),
    ),
    _postfix("clean-snaplen-96", "both captures were cut at 96 bytes", Snap("outside", 96), Snap("inside", 96)),
    _exim("clean-snaplen-68-one-side", "the outside capture was cut at 68 bytes", Snap("outside", 68)),
    _postfix("clean-clock-hour", "the outside clock is an hour and half a second behind", Shift("outside", -3600.5)),
    _exim("clean-clock-drift", "the inside clock is 90 s ahead and runs 400 ppm too fast", Shift("inside", 90, 400)),
    _postfix(
        "clean-outside-starts-late",
        "the outside capture begins in the middle of the first mail",
        Window("outside", skip=14),
    ),
    _exim(
        "clean-inside-ends-early",
        "the inside capture stops before the last session is over",
        Window("inside", stop_before_end=9),
    ),
    _postfix(
        "clean-one-direction",
        "the outside capture holds only what the server sent",
        Window("outside", only_from_port=25),
    ),
    _postfix(
        "clean-span-duplicates",
        "a span port delivers every outside frame twice, some inside frames too",
        Twice("outside"),
        Twice("inside", every=3),
    ),
    _exim("clean-reordered", "some frames were written in the wrong order", Reorder("inside", every=5)),
    _postfix(
        "clean-pcapng-big-endian",
        "one file is pcapng, the other big-endian pcap with nanoseconds",
        Written("outside", ".pcapng"),
        Written("inside", big_endian=True, nano=True),
        nano=True,
    ),
    _exim("clean-gzip", "both files are compressed", Written("outside", ".pcap.gz"), Written("inside", ".pcapng.gz")),
    _exim(
        "clean-cooked-and-tagged",
        "outside from Linux's any interface, inside from a VLAN trunk",
        Cooked("outside"),
        Tagged("inside", 110),
    ),
]
