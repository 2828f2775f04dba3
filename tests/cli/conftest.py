"""Two captures of a few sessions, made for the tests of the command line."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from pcapsleuth.tcp.connection import Endpoint
from tests.building import START, Seg, endpoint, interleave, shift, transcript, write_pcap

SECOND = 1_000_000_000
SERVER, BEHIND = endpoint("198.51.100.25", 25), endpoint("10.1.1.25", 25)
"""The server as it is seen outside, and inside."""


class Files(NamedTuple):
    """Paths of captures."""

    outside: str
    inside: str


def conversation(greeting: bytes, sender: bytes = b"ann@example.org", ident: bytes = b"1") -> list[tuple[str, bytes]]:
    """A delivery, behind a greeting."""
    return [
        ("S", b"220 " + greeting + b"\r\n"),
        ("C", b"EHLO out.example.org\r\n"),
        ("S", b"250-mx1.example.com\r\n250 PIPELINING\r\n"),
        ("C", b"MAIL FROM:<" + sender + b">\r\n"),
        ("S", b"250 2.1.0 Ok\r\n"),
        ("C", b"RCPT TO:<bob@example.com>\r\n"),
        ("S", b"250 2.1.5 Ok\r\n"),
        ("C", b"DATA\r\n"),
        ("S", b"354 go ahead\r\n"),
        ("C", b"Message-ID: <" + ident + b"@example.org>\r\n\r\nhello\r\n.\r\n"),
        ("S", b"250 2.0.0 Ok: queued as 4F" + ident + b"\r\n"),
        ("C", b"QUIT\r\n"),
        ("S", b"221 2.0.0 Bye\r\n"),
    ]


def capture(path: Path, *greetings: bytes, offset: int = 0, server: Endpoint = SERVER) -> str:
    """Write a capture with one session for each greeting, a minute apart."""
    sessions: list[list[Seg]] = []
    for number, greeting in enumerate(greetings):
        ident = b"%d" % (number + 1)
        sessions.append(
            transcript(
                *conversation(greeting, b"ann%d@example.org" % number, ident),
                client=endpoint(f"203.0.113.{number + 1}", 40_000 + number),
                server=server,
                isns=(1_000 + number, 5_000 + number),
                start=START + number * 60 * SECOND,
            )
        )
    write_pcap(path, shift(interleave(*sessions), offset))
    return str(path)


GREETING = b"mx1.example.com ESMTP Postfix"
MASK = b"*" * len(GREETING)


@pytest.fixture
def masked(tmp_path: Path) -> Files:
    """Both sides of a device that masks the greeting of two sessions."""
    return Files(
        capture(tmp_path / "outside.pcap", MASK, MASK),
        capture(tmp_path / "inside.pcap", GREETING, GREETING, offset=SECOND, server=BEHIND),
    )


@pytest.fixture
def clean(tmp_path: Path) -> Files:
    """Both sides of a wire."""
    return Files(
        capture(tmp_path / "left.pcap", GREETING, GREETING),
        capture(tmp_path / "right.pcap", GREETING, GREETING, offset=SECOND, server=BEHIND),
    )
