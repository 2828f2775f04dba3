"""What a server lists, read from rows."""

from __future__ import annotations

import pytest

from pcapsleuth.smtp.words import capabilities
from tests.smtp.talk import read

GREETED = "S: 220 mx ESMTP\n"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["250-mx", "250-SIZE 5", "250 HELP"], [b"SIZE 5", b"HELP"]),
        (["250-mx", "250-SIZE 5", "250 OK"], [b"SIZE 5"]),
        (["250-mx", "250-SIZE 5", "250 ok "], [b"SIZE 5"]),
        (["250-mx", "250-SIZE 5", "250 "], [b"SIZE 5"]),
        (["250-mx", "250-SIZE 5", "250"], [b"SIZE 5"]),
        (["250-mx", "250-OK", "250 XI"], [b"OK", b"XI"]),
        (["250 mx"], []),
        (["250 OK"], []),
        (["OK"], []),
        (["500 what"], []),
    ],
)
def test_capabilities(lines: list[str], found: list[bytes]) -> None:
    answer = "\n".join(f"S: {line}" for line in lines)

    assert capabilities(read(f"{GREETED}C: EHLO c\n{answer}")) == found


def test_the_last_list_of_capabilities_counts() -> None:
    text = GREETED + "C: EHLO c\nS: 250-mx\nS: 250 A\nC: EHLO c\nS: 250-mx\nS: 250 B\nC: EHLO c\nS: 503 no"

    assert capabilities(read(text)) == [b"B"]
