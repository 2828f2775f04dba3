"""Bodies of one character, in any pieces."""

from __future__ import annotations

import pytest

from pcapsleuth.smtp.mail import MailReader
from tests.smtp.pieces import cut, read

HEADER = b"Subject: XXXX\r\n\r\n"


@pytest.mark.parametrize("size", [1, 2, 7, 1_000])
@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"XXXX XX\r\n", b""),
        (b"XXXXXXX\r\n\r\nXXX\r\n", b"X"),
        (b"\r\nXXXXXXX\r\n", b"X"),
        (b"*******\r\n", b"*"),
        (b"XXXXXXX\r\n***\r\n", b""),
        (b"XXXXXXX\r\ntext\r\nXXXXXXX\r\n", b""),
        (b"X" * 40_000 + b"\r\n", b"X"),
        (b"X" * 40_000 + b"x\r\n", b""),
        (b"\r\n", b""),
        (b"", b""),
    ],
)
def test_a_body_of_one_character(body: bytes, found: bytes, size: int) -> None:
    data = HEADER + body + b".\r\n"

    assert read(*cut(data, [size])).filler == found


def test_nothing_is_said_of_a_body_with_a_gap() -> None:
    reader = MailReader(0, 1, (0, 0, 2))
    reader.feed(HEADER + b"XXXX", 1, 1)
    reader.gap(4, 2)
    reader.feed(b"XXXX\r\n.\r\n", 3, 3)

    assert reader.finish(0, (0,)).filler == b""
