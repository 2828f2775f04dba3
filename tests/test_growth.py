"""What somebody sends on purpose costs time in proportion to its length: four times as much is no night's work.

The bounds are of processor time and far above what the work takes; what grew with the square took many times as long.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from pcapsleuth.compare.keyword import KeywordLine, match_lines
from pcapsleuth.compare.signature import sign
from pcapsleuth.compare.view import Bounds
from pcapsleuth.detect.candidates import candidates
from pcapsleuth.detect.detectors import connection_blocked
from pcapsleuth.detect.scope import Scope, Side
from pcapsleuth.devices.observed import events
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.smtp.secrets import Secrets
from pcapsleuth.tcp.connection import Connection, Mark
from tests.building import CLIENT, SERVER, START
from tests.detect.script import compared

SECONDS = 1.5


def scan() -> int:
    """A scan of one address after the other, of which the other side has nothing."""
    dialogues = []
    for number in range(9_000):
        server = SERVER._replace(low=SERVER.low + number)
        connection = Connection(number, 0, CLIENT, server, START + number, number + 1)
        connection.streams[0].syn, connection.streams[0].syn_count = Mark(-1, number + 1, START + number), 1
        dialogues.append(Dialogue(connection))
    bounds = Bounds(START - 1, START + 9_001)
    outside = Side("outside", [sign(one) for one in dialogues], {}, range(9_000), bounds, dialogues.__getitem__)
    scope = Scope(outside, Side("inside", [], {}, [], bounds, dialogues.__getitem__), [])
    return len(list(connection_blocked.detect_case(scope)))


def other_keywords() -> int:
    """A list of keywords of which the other side has none."""
    sent, shown = ([KeywordLine(at, b"%s%d" % (name, at)) for at in range(2_000)] for name in (b"A", b"B"))
    return len(match_lines(sent, shown))


def masked_keywords() -> int:
    """A list in which every line is overwritten."""
    return len(candidates([KeywordLine(at, b"XXXXXXXX") for at in range(3_000)], list(range(3_000))))


def repeated_secrets() -> int:
    """A server that answers long responses with words that may be of them, as often as six commands make it."""
    draw = random.Random(7)
    word = "".join(draw.choices("ABCDEFGHabcdefgh0123", k=12_000)).encode()
    secrets = Secrets()
    for number in range(64):
        secrets.response(b"%02d%s\r\n" % (number, word))
    reply = b" ".join("".join(draw.choices("IJKLMNOPijklmnop4567", k=8)).encode() for _ in range(7_000))
    return sum(secrets.repeated(reply) == reply for _ in range(6))


def header_fields() -> int:
    """A header of one field, again and again, each with another value on the other side; ten mails with it."""
    sent, came = (" / ".join(f"X: {name}{at}" for at in range(8_000)) for name in ("a", "b"))
    comparison = compared(f"S: 220 mx\nC: DATA\nS: 354 go\nC: {sent} // x / . => {came} // x / .")
    return sum(1 for _ in range(10) for _ in events(comparison)) // 10


@pytest.mark.parametrize(
    ("work", "result"),
    [(scan, 9_000), (other_keywords, 4_000), (masked_keywords, 3_000), (repeated_secrets, 6), (header_fields, 6_672)],
)
def test_much_of_the_same_takes_no_more_than_its_time(work: Callable[[], int], result: int) -> None:
    before = time.process_time()

    assert work() == result
    assert time.process_time() - before < SECONDS
