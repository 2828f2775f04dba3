"""Which sessions are meant."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from pcapsleuth.report.selection import EVERYTHING, Peer, Selection
from pcapsleuth.tcp.connection import Connection
from tests.building import CLIENT, SERVER
from tests.smtp.talk import read

TALK = """
S: 220 x
C: MAIL FROM:<Ann@Sub.Example.org> SIZE=3
S: 250 ok
C: RCPT TO:<bob@example.com>
S: 250 ok
C: DATA
S: 354 go
C: Message-ID: <7@x>
C:
C: hi
C: .
S: 250 ok
"""


def peer(text: str, port: int | None = None) -> tuple[Peer, ...]:
    return (Peer(ip_network(text), port),)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), True),
        (Selection(client=peer("192.0.2.10")), True),
        (Selection(client=peer("192.0.2.0/24", 40_000)), True),
        (Selection(client=peer("192.0.2.10", 40_001)), False),
        (Selection(client=peer("2001:db8::/32")), False),
        (Selection(server=peer("192.0.2.10")), False),
        (Selection(server=(*peer("192.0.2.10"), *peer("198.51.100.25"))), True),
        (Selection(server=(Peer(port=25),)), True),
        (Selection(sender=("ann@sub.example.org",)), True),
        (Selection(sender=("@sub.example.org",)), True),
        (Selection(sender=("sub.example.org",)), True),
        (Selection(sender=("example.org",)), False),
        (Selection(sender=("*@*.example.org",)), True),
        (Selection(sender=("",)), False),
        (Selection(recipient=("bob@example.com",)), True),
        (Selection(recipient=("ann@sub.example.org",)), False),
        (Selection(message_id=("<7@x>",)), True),
        (Selection(message_id=("8@x",)), False),
        (Selection(since=1_000), True),
        (Selection(since=1_001), False),
        (Selection(until=10), True),
        (Selection(until=9), False),
        (Selection(sender=("ann@sub.example.org",), recipient=("nobody",)), False),
    ],
)
def test_selection(selection: Selection, expected: bool) -> None:
    dialogue = read(TALK, Connection(0, 0, CLIENT, SERVER, 10, 1, end=1_000))

    assert selection.matches(dialogue) is expected


def test_the_null_path_can_be_asked_for() -> None:
    bounce = read("S: 220 x\nC: MAIL FROM:<>\nS: 250 ok")

    assert Selection(sender=("<>",)).matches(bounce)
    assert not Selection(sender=("<>",)).matches(read(TALK))


def test_asking_for_nothing_is_false() -> None:
    assert not EVERYTHING
    assert Selection(since=0)
