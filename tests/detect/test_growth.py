"""Hostile sessions: what is judged grows with what was said, not by its square."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pcapsleuth.case import compare, inspect
from tests.detect.scene import Scene

SECONDS = 20
"""Of the processor: several times what it takes, and less than a square of it would."""
HELLO = "S: 220 mx.example.com ESMTP\nC: EHLO out.example.org\n"
END = "C: QUIT\nS: 221 bye\n"
KEYWORDS = [f"X{n} A" for n in range(4_000)]


def chunked(number: int) -> str:
    """A mail that is sent by BDAT."""
    return f"""C: MAIL FROM:<a@example.org>
S: 250 ok
C: RCPT TO:<b{number}@example.com>
S: 250 ok
C: BDAT 18 LAST / Subject: x // text
S: 250 ok {number}
"""


def stuck(number: int) -> str:
    """A mail of which the commands came out, and not the data."""
    return f"""C: MAIL FROM:<a@example.org>
S: 250 ok
C: RCPT TO:<b{number}@example.com>
S: 250 ok
C: DATA
S: 354 go
C: Message-ID: <{number}@example.org> / Subject: x // text {number} / . => -
S: 250 ok {number}
"""


def masked(words: list[str]) -> str:
    """A list of keywords that is overwritten, all but its end."""
    came = " / ".join(f"250-{word}" for word in words)
    went = " / ".join("250-" + "X" * len(word) for word in words)
    return f"S: 250-mx / {came} / 250 HELP => 250-mx / {went} / 250 HELP\n"


@pytest.mark.parametrize(
    "said",
    [
        "S: 250 mx\n" + "".join(stuck(n) for n in range(1_000)),
        "S: 250-mx / 250 CHUNKING\n" + "".join(chunked(n) for n in range(4_000)),
        masked(KEYWORDS),
    ],
    ids=["mails that never came out", "chunked mails", "masked keywords"],
)
def test_a_session_with_thousands_of_something(said: str, tmp_path: Path) -> None:
    scene = Scene()
    scene.add(HELLO + said + END)
    outside, inside = scene.files(tmp_path)
    begun = time.process_time()
    reports = compare(outside, inside), inspect(outside)

    assert time.process_time() - begun < SECONDS
    assert not any(report.failures for report in reports)
