"""A relay has a dialogue of its own with either side, and TLS ends at each hop; an interceptor's is not its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pcapsleuth.detect.finding import Finding
from pcapsleuth.tcp.segments import SYN
from tests.building import START, Seg, transcript
from tests.detect.proxied import OWN_SYN
from tests.detect.scene import SECOND, Scene, serious

RECORD = b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + b"R" * 193
"""A ClientHello, as far as it matters."""
ANSWER = b"\x16\x03\x03\x00\x50\x02\x00\x00\x4c\x03\x03" + b"S" * 73

Lines = list[tuple[str, bytes]]


def under_tls(name: bytes) -> Lines:
    """A client that goes over to TLS with whoever calls itself so."""
    return [
        ("S", b"220 %s ESMTP\r\n" % name),
        ("C", b"EHLO out.example.org\r\n"),
        ("S", b"250-%s\r\n250 STARTTLS\r\n" % name),
        ("C", b"STARTTLS\r\n"),
        ("S", b"220 go ahead\r\n"),
        ("C", RECORD),
        ("S", ANSWER),
        ("C", b"\x17\x03\x03\x00\x20" + b"E" * 32),
    ]


def in_clear(host: bytes, name: bytes, number: int = 1) -> Lines:
    """A mail in clear text to a host, by whoever calls itself so."""
    return [
        ("S", b"220 %s ESMTP\r\n" % host),
        ("C", b"EHLO %s\r\n" % name),
        ("S", b"250-%s\r\n250 STARTTLS\r\n" % host),
        ("C", b"MAIL FROM:<a@example.org>\r\n"),
        ("S", b"250 2.1.0 Ok\r\n"),
        ("C", b"RCPT TO:<b@example.com>\r\n"),
        ("S", b"250 2.1.5 Ok\r\n"),
        ("C", b"DATA\r\n"),
        ("S", b"354 go ahead\r\n"),
        ("C", b"Message-ID: <%d@example.org>\r\n\r\ntext\r\n.\r\n" % number),
        ("S", b"250 2.0.0 queued as %dABC\r\n" % number),
        ("C", b"QUIT\r\n"),
        ("S", b"221 bye\r\n"),
    ]


def second(lines: Lines, start: int, number: int) -> list[Seg]:
    """A connection of another TCP stack."""
    segments = transcript(*lines, isns=(70_000 * number, 90_000 * number), start=start)
    return [replace(one, options=OWN_SYN) if one.flags & SYN else one for one in segments]


def found(outside: Lines, inside: Lines, later: int, folder: Path) -> list[Finding]:
    """What is said of two connections, the second of which begins so many ns later."""
    scene = Scene()
    scene.outside = transcript(*outside, start=START)
    scene.inside = second(inside, START + later, 1)
    return scene.compared(folder)


def test_a_relay_takes_mail_under_tls_and_hands_it_on_in_clear(tmp_path: Path) -> None:
    outside = under_tls(b"relay.example.net")
    said = found(outside, in_clear(b"mx.example.com", b"relay.example.net"), 9_500_000, tmp_path)

    assert serious(said) == []
    assert "proxy-in-path:RELAY" in {one.name for one in said}


def test_who_asks_the_server_first_is_no_relay(tmp_path: Path) -> None:
    outside = under_tls(b"relay.example.net")
    said = found(outside, in_clear(b"mx.example.com", b"relay.example.net"), 100_000, tmp_path)

    assert "tls-intercepted" in serious(said)


def test_who_speaks_in_the_names_of_both_ends_is_no_relay(tmp_path: Path) -> None:
    outside = under_tls(b"mx.example.com")
    said = found(outside, in_clear(b"mx.example.com", b"out.example.org"), SECOND // 2, tmp_path)

    assert "tls-intercepted" in serious(said)


def test_who_greets_before_the_server_does_is_no_relay(tmp_path: Path) -> None:
    """An interceptor may say the first words itself, and ask the server when its client has said something."""
    begin, *rest = transcript(*under_tls(b"mx.example.com"), start=START)
    greeted = next(at for at, one in enumerate(rest) if one.payload) + 1
    scene = Scene()
    scene.outside = [begin, *rest[:greeted], *(replace(one, time=one.time + SECOND) for one in rest[greeted:])]
    scene.inside = second(in_clear(b"mx.example.com", b"out.example.org"), START + SECOND, 1)

    assert "tls-intercepted" in serious(scene.compared(tmp_path))


def test_a_relay_is_known_by_its_name_where_a_capture_lost_its_answer(tmp_path: Path) -> None:
    scene = Scene()
    taken = transcript(*in_clear(b"relay.example.net", b"out.example.org"), start=START)
    scene.outside = [one for one in taken if b"queued" not in one.payload and b"bye" not in one.payload]
    scene.inside = second(in_clear(b"mx.example.com", b"relay.example.net"), START + SECOND // 2, 1)

    said = scene.compared(tmp_path)
    assert "proxy-in-path:RELAY" in {one.name for one in said}
    assert serious(said) == []


def by_chunk(lines: Lines) -> Lines:
    """The same mail sent by BDAT, which no 354 goes before (RFC 3030 section 2)."""
    text = next(text for _, text in lines if text.startswith(b"Message-ID")).removesuffix(b".\r\n")
    kept = [line for line in lines if line[1] != b"DATA\r\n" and not line[1].startswith(b"354")]
    chunk = "C", b"BDAT %d LAST\r\n" % len(text) + text
    return [chunk if line[1].startswith(b"Message-ID") else line for line in kept]


@pytest.mark.parametrize("taken", [list, by_chunk])
@pytest.mark.parametrize("passed_on", [list, by_chunk])
def test_a_relay_with_a_name_for_either_side_is_known_by_its_answer_to_the_mail(
    taken: Callable[[Lines], Lines], passed_on: Callable[[Lines], Lines], tmp_path: Path
) -> None:
    outside = taken(in_clear(b"a.example.net", b"out.example.org"))
    inside = passed_on(
        [(who, text.replace(b"queued", b"accepted")) for who, text in in_clear(b"mx.example.com", b"b.example.net")]
    )
    said = found(outside, inside, SECOND // 2, tmp_path)

    assert "proxy-in-path:RELAY" in {one.name for one in said}
    assert serious(said) == []
