"""STARTTLS on its way to a server that never hears of it, and a TLS session that both ends are torn from."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from pcapsleuth.tcp.segments import ACK, RST
from tests.building import Seg, Talk
from tests.detect.scene import TRANSIT, Scene, passed

HELLO = bytes.fromhex("16030100a5010000a10303") + random.Random(1).randbytes(159)
BEFORE = (
    ("S", b"220 mx.example.com ESMTP\r\n"),
    ("C", b"EHLO out.example.org\r\n"),
    ("S", b"250-mx.example.com\r\n250 STARTTLS\r\n"),
)


def talk(*lines: tuple[str, bytes]) -> Talk:
    """What one capture shows of a session that begins alike."""
    shown = Talk()
    shown.handshake()
    for who, text in (*BEFORE, *lines):
        shown.say(who, text)
    return shown


def test_the_device_answers_starttls_and_the_server_takes_the_hello_for_a_command(tmp_path: Path) -> None:
    """PIX and Sidewinder of old: the same ClientHello on both sides hides no command that stands before it."""
    asked = talk(("C", b"STARTTLS\r\n"), ("S", b"220 2.0.0 Ready\r\n"), ("C", HELLO), ("S", b"500 5.5.1 What?\r\n"))
    heard = talk(("C", HELLO), ("S", b"500 5.5.1 What?\r\n"))
    for one in (asked, heard):
        one.goodbye()
    scene = Scene()
    scene.outside, scene.inside = asked.segments, [passed(one) for one in heard.segments]

    said = {one.name: one for one in scene.compared(tmp_path)}
    assert {*said} >= {"verb-blocked:STARTTLS", "reply-injected:STARTTLS", "starttls-stripped"}
    assert said["starttls-stripped"].summary.endswith("does not answer the client's TLS")


def test_both_ends_are_reset_and_each_capture_ends_with_its_rst(tmp_path: Path) -> None:
    """Nobody answers a RST by a RST: one that came to either end in the name of the other was no end's own."""
    both = talk(("C", b"STARTTLS\r\n"), ("S", b"220 2.0.0 Ready\r\n"))
    scene = Scene()
    scene.inside = [passed(one) for one in both.segments]
    hello = both.send("C", HELLO)
    to_server = replace(hello, flags=RST | ACK, payload=b"", time=hello.time + TRANSIT // 5)
    to_client = Seg(hello.destination, hello.source, hello.ack, hello.seq, RST | ACK, time=hello.time + TRANSIT // 10)
    scene.outside = [*both.segments, to_client]
    scene.inside.append(to_server)

    found = {one.name: str(one.severity) for one in scene.compared(tmp_path)}
    assert found["reset-injected"] == "critical"
