"""Masks that one capture alone shows, and what only looks like one."""

from __future__ import annotations

import pytest

from pcapsleuth.detect.finding import Confidence, Finding, Where
from pcapsleuth.detect.run import detect_session
from pcapsleuth.detect.scope import Session
from tests.building import transcript
from tests.detect.script import dialogue, sides

QUIT = "\nC: QUIT\nS: 221 bye"


def said(script: str) -> list[Finding]:
    """The findings of one side."""
    client, _ = sides(script + QUIT)
    return detect_session(Session(0, dialogue(transcript(*client)))).findings


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("S: 220 **************", ["banner-masked"]),
        ("S: 220 ****2*0**0****200*", ["banner-masked"]),
        ("S: 220-**** / 220 mx ****", []),
        ("S: 220 mx ESMTP ***", []),
        ("S: 220 mx\nC: EHLO a\nS: 250-mx / 250-SIZE / 250-XXXXXXXA / 250 XXXB", ["STARTTLS", "HELP"]),
        ("S: 220 mx\nC: EHLO a\nS: 250-mx / 250-BINARYMIME / 250-XXXXXXXA / 250 XB", ["CHUNKING"]),
        ("S: 220 mx\nC: EHLO a\nS: 250-mx / 250-STARTTLS / 250 XXXXXXXA", ["SMTPUTF8"]),
        ("S: 220 mx\nC: EHLO a\nS: 250-mx / 250-SIZE / 250 XXXXXA", ["MASKED-1"]),
        ("S: 220 mx\nC: EHLO a\nS: 250-XXXXXXXX.com Hello / 250 SIZE", []),
        ("S: 220 mx\nC: EHLO a\nS: 250-mx / 250-XEXCH50 / 250-XB / 250 SIZE", []),
        ('S: 220 mx\nC: EHLO a\nS: 500 unrecognized: "XXXX a"\nC: HELO a\nS: 250 mx', ["EHLO"]),
        ("S: 220 mx\nC: XXXX a\nS: 500 what?\nC: HELO a\nS: 250 mx", ["MASKED-1"]),
        ("S: 220 mx\nC: XXXX a\nS: 250 mx", []),
        ('S: 220 mx\nC: XTRA a\nS: 500 what is "XTRA a"?', []),
    ],
)
def test_masks(script: str, names: list[str]) -> None:
    found = said(script)

    assert [one.subject or one.label for one in found] == names
    assert {one.confidence for one in found} <= {Confidence.LIKELY}
    assert not any(one.where is Where.BETWEEN for one in found)
