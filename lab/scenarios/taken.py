"""Clean traffic, captures as firewalls, network cards and programs make them."""

from lab.clients.curl import Curl
from lab.clients.message import Message
from lab.clients.smtplib_client import Smtplib
from lab.clients.step import AtOnce, Pause
from lab.clients.swaks import Swaks
from lab.damage.damage import Damage, Lose, Shift, Snap, Tagged
from lab.damage.shapes import Annotated, Joined, Overlapping, Unsummed
from lab.network import DEVICE_MAC, INSIDE, OUTSIDE, PEER_MAC
from lab.scenario import Device, Scenario
from lab.scenarios.plain import NOTHING
from lab.servers.exim import Exim
from lab.servers.postfix import Postfix

_EXIM = "198.51.100.26"
_LARGE = Message(ident="20240311.1@example.net", subject="Report with attachment", attachment=9000)
_SECOND = Message(ident="20240311.2@example.net", subject="Second report")
_HIDING = Device("none: a firewall that hides all clients", hide_clients_behind={OUTSIDE: "10.1.1.1"}, randomise=True)


def _plain(name: str, description: str, *damage: Damage) -> Scenario:
    steps = (Smtplib(message=_LARGE), Pause(0.2), Swaks(message=_SECOND))
    return Scenario(name, description, (Postfix(),), steps, NOTHING, damage)


SCENARIOS = [
    Scenario(
        "clean-snaplen-68-both",
        "both captures were cut at 68 bytes, as a PIX does of its own accord; clients are hidden behind one address",
        (Postfix(), Exim()),
        (AtOnce([Swaks(), Curl(_EXIM, message=_SECOND)]), Smtplib(message=_LARGE)),
        _HIDING,
        (Snap(OUTSIDE, 68), Snap(INSIDE, 68)),
    ),
    Scenario(
        "clean-hidden-shifted-lossy",
        "everything at once: hidden clients, new sequence numbers, a clock 40 minutes off that drifts, frames lost",
        (Postfix(), Exim()),
        (
            AtOnce(
                [
                    Smtplib(
                        server,
                        f"203.0.113.{10 + 2 * number + at}",
                        f"host{number}.example.net",
                        Message(ident=f"20240311.{2 * number + at}@example.net", subject=f"Report {2 * number + at}"),
                    )
                    for number in range(3)
                    for at, server in enumerate(("198.51.100.25", _EXIM))
                ],
            ),
        ),
        _HIDING,
        (Shift(OUTSIDE, 2400.25, 150), Lose(OUTSIDE, every=11), Lose(INSIDE, every=9)),
    ),
    _plain(
        "clean-ring-files-overlap",
        "the outside file was merged from two ring files that overlap",
        Overlapping(OUTSIDE, 9, 24),
    ),
    _plain(
        "clean-annotated",
        "pcapng with comments, names, a custom block and statistics, compressed; inside from a trunk",
        Annotated(OUTSIDE, ".pcapng.gz", "looks odd to me; 220 *******, XXXX"),
        Tagged(INSIDE, 7),
    ),
    _plain(
        "clean-joined-segments",
        "the outside card joins segments: the capture holds packets that were never on the wire",
        Joined(OUTSIDE),
    ),
    _plain(
        "clean-checksums-left-to-the-card",
        "what the device itself sent shows wrong checksums on both sides",
        Unsummed(OUTSIDE, DEVICE_MAC[OUTSIDE]),
        Unsummed(INSIDE, PEER_MAC[INSIDE]),
    ),
]
