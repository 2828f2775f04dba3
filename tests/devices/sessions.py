"""Clean sessions that give every device something to do, and the way round: simulate, compare, identify."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from pcapsleuth.cli.simulate import write
from pcapsleuth.detect.run import detect_case, detect_pair
from pcapsleuth.devices.identify import Device, Identifier
from pcapsleuth.devices.recording import Recorder, Recording
from pcapsleuth.devices.simulate import Simulation, simulate
from pcapsleuth.profiles.profile import Profile, load
from pcapsleuth.spool.reading import DEFAULT, NOBODY
from pcapsleuth.spool.sides import Paired
from pcapsleuth.tcp.table import ConnectionTable
from tests.building import START, batches, endpoint, interleave, transcript
from tests.detect.script import compared

MINUTE = 60_000_000_000
SHIPPED = load()

HEADER = (
    b"Received: from a by b; Tue, 5 Mar 2002 10:00:00 +0000\r\nDKIM-Signature: v=1; h=Content-Type;\r\n b=abc\r\n"
    b"Message-ID: <%d@example.org>\r\nSubject: x\r\n\r\n"
)
BODY = b"some text of a body\r\n" * 60
LIST = (
    *(
        b"mx.example.com",
        b"SIZE 52428800",
        b"ETRN",
        b"PIPELINING",
        b"STARTTLS",
        b"AUTH PLAIN LOGIN GSSAPI",
        b"8BITMIME",
    ),
    *(b"BINARYMIME", b"CHUNKING", b"X-EXPS GSSAPI", b"X-LINK2STATE", b"XEXCH50", b"DSN"),
)
EHLO_REPLY = b"".join(b"250-%s\r\n" % line for line in LIST) + b"250 HELP\r\n"
TLS = (
    ("C", b"STARTTLS\r\n"),
    ("S", b"220 2.0.0 Ready\r\n"),
    ("C", bytes.fromhex("16030100050100000100")),
    ("S", bytes.fromhex("16030300050200000100")),
    ("C", bytes.fromhex("15030300020100")),
)
ALL_VERBS = (b"VRFY a", b"ETRN x", b"NOOP", b"HELP", b"EXPN l", b"X-LINK2STATE LAST CHUNK={1}", b"TURN", b"GOODMORNING")


def named(*scripts: str) -> list[Device]:
    """What is named from scripts, each one session."""
    identifier = Identifier(SHIPPED)
    for one in scripts:
        comparison = compared(one)
        identifier.feed(comparison, detect_pair(comparison, "unknown").findings)
    return identifier.devices()


def lines(number: int, verbs: tuple[bytes, ...] = (), how: str = "DATA") -> list[tuple[str, bytes]]:
    """One session: by DATA with a split end, by BDAT, or under TLS."""
    said = [
        ("S", b"220 mx.example.com ESMTP ready at Thu, 7 Mar 2002 10:02:22 +0200\r\n"),
        ("C", b"EHLO out%d.example.org\r\n" % number),
        ("S", EHLO_REPLY),
    ]
    if how == "TLS":
        return [*said, *TLS]
    for verb in verbs:
        said += [("C", verb + b"\r\n"), ("S", b"250 2.0.0 fine\r\n")]
    said += [("C", b"MAIL FROM:<a%d@example.org> SIZE=2000\r\n" % number), ("S", b"250 2.1.0 Ok\r\n")]
    said += [("C", b"RCPT TO:<b@example.com>\r\n"), ("S", b"250 2.1.5 Ok\r\n")]
    mail = HEADER % number + BODY
    if how == "BDAT":
        said += [("C", b"BDAT %d LAST\r\n" % len(mail) + mail)]
    else:
        said += [("C", b"DATA\r\n"), ("S", b"354 go\r\n"), ("C", mail), ("C", b"."), ("C", b"\r\n")]
    return [*said, ("S", b"250 2.0.0 Ok: queued as 4A%d\r\n" % number), ("C", b"QUIT\r\n"), ("S", b"221 2.0.0 Bye\r\n")]


@cache
def clean() -> tuple[Recording, ...]:
    """Six sessions, a minute apart."""
    everything = [
        lines(0, ALL_VERBS),
        lines(1, how="TLS"),
        lines(2, how="BDAT"),
        lines(3, (b"NOOP",)),
        lines(4, (b"RSET",)),
        lines(5, (b"NOOP", b"NOOP")),
    ]
    talks = [
        transcript(
            *said,
            client=endpoint("192.0.2.10", 40_000 + n),
            isns=(1_000 * (n + 1), 777_777 * (n + 1)),
            start=START + n * MINUTE,
        )
        for n, said in enumerate(everything)
    ]
    table = ConnectionTable(Recorder)
    found = [one for batch in batches(interleave(*talks)) for one in table.feed(batch)] + table.close()
    return tuple(one for one in found if isinstance(one, Recording))


class Round(NamedTuple):
    """What came of a way round."""

    simulation: Simulation
    labels: set[str]
    devices: list[Device]


def round_trip(profile: Profile, folder: Path) -> Round:
    """Simulate, write, compare, identify."""
    made = simulate(profile, clean())
    for name, packets in (("outside", made.client), ("inside", made.server)):
        write(folder / f"{name}.pcapng", packets)
    paired = Paired(str(folder / "outside.pcapng"), str(folder / "inside.pcapng"), None, DEFAULT, NOBODY)
    identifier = Identifier(SHIPPED)
    labels: set[str] = set()
    for pair in paired.pairing.pairs:
        comparison = paired.compare(pair)
        findings = detect_pair(comparison, paired.outcome(pair)).findings
        identifier.feed(comparison, findings)
        labels |= {found.label for found in findings}
    whole = detect_case(paired.scope(), paired.outcomes()).findings
    identifier.feed_case(whole)
    for alone in paired.pairing.unpaired_outside:
        identifier.feed_alone(paired.outside.dialogues.load(alone.index))
    return Round(made, labels | {found.label for found in whole}, identifier.devices())
