"""Connections that somebody between the two ends closes: what each end does then is no other fault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pcapsleuth.tcp.segments import ACK, FIN, PSH
from tests.building import Talk
from tests.detect.scene import SECOND, Scene, passed, serious

BEFORE = (("S", b"220 mx ESMTP\r\n"), ("C", b"HELO out.example.org\r\n"), ("S", b"250 mx\r\n"))


def begin() -> tuple[Talk, Talk]:
    """A session as both ends see it, up to where they part."""
    ends = Talk(), Talk()
    for talk in ends:
        talk.handshake()
        for who, text in BEFORE:
            talk.say(who, text)
    return ends


def said(ends: tuple[Talk, Talk], folder: Path) -> list[str]:
    """What is said of the client's end, outside, and the server's, inside."""
    scene = Scene()
    scene.outside, scene.inside = ends[0].segments, [passed(one) for one in ends[1].segments]
    return serious(scene.compared(folder))


@pytest.mark.parametrize(("later", "found"), [(300 * SECOND, ["session-cut"]), (0, [])])
def test_a_server_that_closes_by_itself_long_after_was_cut_off(later: int, found: list[str], tmp_path: Path) -> None:
    client, server = begin()
    client.goodbye()
    client.segments[-3:] = [client.segments[-2], client.segments[-1], client.segments[-3]]
    server.time += later
    if later:
        server.send("S", b"421 4.4.2 timeout\r\n", PSH | ACK)
        server.send("S", flags=FIN | ACK)
    else:
        server.goodbye()

    assert said((client, server), tmp_path) == found


@pytest.mark.parametrize(("after", "found"), [(2 * SECOND, ["session-cut"]), (0, ["command-swallowed:NOOP"])])
def test_a_command_to_a_server_that_was_shown_a_close_is_lost_by_it(
    after: int, found: list[str], tmp_path: Path
) -> None:
    client, server = begin()
    if after:
        server.send("C", flags=FIN | ACK)
        server.send("S", b"221 bye\r\n", PSH | ACK)
        server.send("S", flags=FIN | ACK)
    client.time += after
    client.send("C", b"NOOP\r\n", PSH | ACK)
    client.time += SECOND
    client.send("C", b"QUIT\r\n", PSH | ACK)
    if not after:
        client.say("S", b"221 bye\r\n")
        server.time = client.time - 2 * client.step
        server.say("C", b"QUIT\r\n")
        server.say("S", b"221 bye\r\n")

    assert said((client, server), tmp_path) == found


@pytest.mark.parametrize("first", ["the device", "the client", "the server", "both at once"])
@pytest.mark.parametrize("waits", [True, False])
def test_a_connection_that_is_closed_to_both_ends(first: str, waits: bool, tmp_path: Path) -> None:
    """Where each end is second to the other, somebody between them began."""
    client, server = begin()
    for talk in (client, server):
        talk.say("C", b"NOOP\r\n", acknowledge=True)
        if not waits:
            talk.say("S", b"250 ok\r\n")
        talk.time += SECOND
    orders = {"the device": ("SC", "CS"), "the client": ("CS", "CS"), "the server": ("SC", "SC")}
    for talk, order in zip((client, server), orders.get(first, ("CS", "SC")), strict=True):
        for who in order:
            talk.send(who, flags=FIN | ACK)

    assert said((client, server), tmp_path) == (["session-cut"] if waits and first == "the device" else [])


@pytest.mark.parametrize(("more", "found"), [(b"", []), (b"NOOP\r\n", ["session-cut"])])
def test_a_close_behind_all_that_was_said_is_no_other_by_a_clock_that_stands_still(
    more: bytes, found: list[str], tmp_path: Path
) -> None:
    """Frames without a time of their own (simple packet blocks of pcapng) all have the same."""
    client, server = begin()
    client.time += 9 * SECOND
    for talk in (client, server):
        talk.say("C", b"HELP\r\n")
    if more:
        client.send("C", more, PSH | ACK)
    for talk in (client, server):
        talk.send("C", flags=FIN | ACK)
        talk.say("S", b"214 help\r\n")
        talk.send("S", flags=FIN | ACK)
        talk.send("C")
    server.segments = [replace(one, time=server.segments[0].time) for one in server.segments]

    assert said((client, server), tmp_path) == found
