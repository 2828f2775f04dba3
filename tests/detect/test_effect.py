"""Whether mail failed of a masked BDAT: only where nothing but the message itself was wanting."""

from __future__ import annotations

import pytest

from pcapsleuth.detect.run import detect_pair
from tests.detect.script import compared

START = """S: 220 mx ESMTP
C: EHLO out.example.org
S: 250-mx / 250 CHUNKING
C: MAIL FROM:<a@example.org>
S: 250 2.1.0 Ok
C: RCPT TO:<b@example.com>
S: {answer}
"""
CHUNK = "C: BDAT 8 LAST => XXXX 8 LAST\nC: one / two\n"
ANSWERS = "S: 500 what? / 500 what? / 500 what?\n"
DATA = "C: DATA\nS: 354 go ahead\nC: Subject: x // text / .\nS: 250 2.0.0 Ok\n"
QUIT = "C: QUIT\nS: 221 bye"


@pytest.mark.parametrize(
    ("script", "outcome", "effect"),
    [
        (START.format(answer="250 Ok") + CHUNK + ANSWERS + QUIT, "refused", "caused"),
        (START.format(answer="550 no such user") + CHUNK + ANSWERS + QUIT, "refused", "could-have-caused"),
        (START.format(answer="250 Ok") + CHUNK + ANSWERS + DATA + QUIT, "delivered", "none-seen"),
    ],
)
def test_a_masked_bdat(script: str, outcome: str, effect: str) -> None:
    found = {one.name: str(one.effect) for one in detect_pair(compared(script), outcome).findings}

    assert found["verb-masked:BDAT"] == effect
