"""Sessions through a proxy, which has two connections: written line by line, as it passes them on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pcapsleuth.case import compare
from pcapsleuth.report.model import Report
from pcapsleuth.tcp.segments import ACK, FIN, RST, SYN
from tests.building import START, Talk
from tests.detect.scene import TRANSIT, Scene, serious

OWN_SYN = bytes.fromhex("020405b4 0402 080a000900010000 0000 01 030307")
"""SYN options of another stack: its TSval is its own."""
CONNECTS = 4_000_000
"""ns until the proxy has its second connection: that says nothing of the clocks."""
HELLO = (
    ("S", b"220 mx.example.com ESMTP\r\n"),
    ("C", b"EHLO out.example.org\r\n"),
    ("S", b"250-mx.example.com\r\n250 CHUNKING\r\n"),
    ("C", b"MAIL FROM:<a@example.org>\r\n"),
    ("S", b"250 2.1.0 Ok\r\n"),
    ("C", b"RCPT TO:<b@example.com>\r\n"),
    ("S", b"250 2.1.5 Ok\r\n"),
)
DATA = (*HELLO, ("C", b"DATA\r\n"), ("S", b"354 go ahead\r\n"))
MAIL = b"Message-ID: <1@example.org>\r\nSubject: x\r\n\r\n" + b"one line of text\r\n" * 20


class Proxied:
    """The two connections of one session."""

    def __init__(self, said: tuple[tuple[str, bytes], ...]) -> None:
        self.outside, self.inside = Talk(), Talk(isns=(70_000, 90_000), start=START + CONNECTS)
        self.outside.handshake()
        self.inside.handshake()
        self.outside.time = self.inside.time
        for who, text in said:
            self.passes(who, text)

    def passes(self, who: str, text: bytes) -> None:
        """Say something that the proxy passes on at once."""
        first, second = (self.outside, self.inside) if who == "C" else (self.inside, self.outside)
        first.say(who, text)
        second.time = first.time + TRANSIT
        second.say(who, text)
        first.time = second.time

    def leaves_server(self, *, farewell: bytes = b"") -> None:
        """The proxy closes its connection to the server, which may still say something."""
        self.inside.time = self.outside.time
        self.inside.send("C", flags=FIN | ACK)
        if farewell:
            self.inside.say("S", farewell)
            self.inside.send("C", flags=RST)
        else:
            self.inside.send("S", flags=FIN | ACK)
            self.inside.send("C")

    def report(self, folder: Path) -> Report:
        """The report of it."""
        scene = Scene()
        scene.outside = self.outside.segments
        scene.inside = [replace(one, options=OWN_SYN) if one.flags & SYN else one for one in self.inside.segments]
        report = compare(*scene.files(folder))
        assert not report.failures
        return report

    def serious(self, folder: Path) -> set[str]:
        """What is said of it."""
        return set(serious(list(self.report(folder).findings)))
