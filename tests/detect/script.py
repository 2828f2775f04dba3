"""Scripts: one conversation as both sides of a device show it, readable at a glance.

    S: 220 mx ESMTP => 220 ********      the server sent the left, the client was shown the right
    C: EHLO out.example.org              the same on both sides
    C: STARTTLS => -                     the client sent it, it never came out
    S: - => 500 no                       the client received it, the server never sent it
    C: Subject: hi // text / .           `/` separates lines, `//` an empty line between two

What stands left of the arrow came in, what stands right of it went out.
"""

from __future__ import annotations

from pcapsleuth.compare.comparison import Comparison, compare_pair
from pcapsleuth.compare.pair import Clock, Pair
from pcapsleuth.compare.view import Bounds
from pcapsleuth.detect.run import detect_pair, review
from pcapsleuth.smtp.builder import DialogueBuilder
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.tcp.table import ConnectionTable
from tests.building import Seg, batches, transcript

Lines = list[tuple[str, bytes]]
DAY = 86_400_000_000_000
CLOCK = Clock(offset=0, drift_ppb=0, pairs=9, at=1_700_000_000_000_000_000, error=1_000)


def sides(script: str) -> tuple[Lines, Lines]:
    """The conversation as the client's side and as the server's side show it."""
    client: Lines = []
    server: Lines = []
    for raw in script.strip().splitlines():
        who, _, rest = raw.strip().partition(": ")
        came_in, arrow, went_out = rest.partition(" => ")
        if not arrow:
            went_out = came_in
        shown, other = (came_in, went_out) if who == "C" else (went_out, came_in)
        client += [(who, _bytes(shown))] if shown != "-" else []
        server += [(who, _bytes(other))] if other != "-" else []
    return client, server


def _bytes(text: str) -> bytes:
    """Turn a script's text into lines."""
    text = text.replace(" // ", "\r\n\r\n").replace(" / ", "\r\n")
    return text.encode("latin-1") + b"\r\n"


def dialogue(segments: list[Seg]) -> Dialogue:
    """Make the one dialogue of a capture."""
    table = ConnectionTable(DialogueBuilder)
    found = [one for part in batches(segments) for one in table.feed(part)] + table.close()
    assert len(found) == 1
    assert isinstance(found[0], Dialogue)
    return found[0]


def compare_segments(client: list[Seg], server: list[Seg], *, stopped: bool = False) -> Comparison:
    """Compare two captures of one session: the client is outside, the clocks agree, the pair is certain.

    The server's may have been `stopped` with its last segment.
    """
    first, last = client[0].time - DAY, client[-1].time + DAY
    return compare_pair(
        dialogue(client),
        dialogue(server),
        Pair(0, 0, 1000, certain=True, why=("a test",)),
        direction="inbound",
        clock=CLOCK,
        bounds=(Bounds(first, last), Bounds(first, server[-1].time if stopped else last)),
    )


def compared(script: str) -> Comparison:
    """Compare the two sides of a script."""
    client, server = sides(script)
    return compare_segments(transcript(*client), transcript(*server))


def said(script: str) -> set[str]:
    """The names of all findings of a script."""
    return names(compared(script))


def names(comparison: Comparison) -> set[str]:
    """The names of all findings of a comparison; no detector may crash."""
    outcome = detect_pair(comparison, "unknown")
    assert not outcome.failures
    return {found.name for found in review(outcome.findings)}
