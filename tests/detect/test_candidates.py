"""What may have stood behind a mask: by its length, by its place in a server's list, by what is shown elsewhere."""

from __future__ import annotations

import pytest

from pcapsleuth.compare.keyword import keyword_lines
from pcapsleuth.detect.candidates import candidates, spoilt, verb_behind


def behind(*words: str) -> list[list[str]]:
    """The candidates for each masked line of a list."""
    lines = keyword_lines("\r\n".join(f"250-{word}" for word in ("mx", *words)).encode())
    masked = [at for at, line in enumerate(lines) if line.text.startswith(b"XX")]
    return [[word.decode() for word in found] for found in candidates(lines, masked).values()]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (
            "PIPELINING SIZE ETRN XXXXXXXA ENHANCEDSTATUSCODES 8BITMIME DSN XXXXXXXB XXXXXXXC",
            "STARTTLS SMTPUTF8 CHUNKING",
        ),
        ("XXXA SIZE ETRN DSN 8bitmime BINARYMIME XXXXXXXB XXXC XXXXXXXXXXXXD XXXXXXE", "TURN CHUNKING VRFY - XEXCH50"),
        ("SIZE DSN XXXXXXXA XXXXXXXXXXXXXB 8BITMIME BINARYMIME XXXXXXXC", "STARTTLS X-ANONYMOUSTLS CHUNKING"),
        ("PIPELINING 8BITMIME SIZE DSN ETRN XXXXXXXXA XXXB", "DELIVERBY HELP"),
        ("SIZE 8BITMIME PIPELINING XXXXXXXA XXXB", "STARTTLS HELP"),
        ("XXXA SIZE PIPELINING", "HELP"),
        ("SIZE STARTTLS XXXXXXXA", "SMTPUTF8"),
        ("SIZE XXXXXA", "-"),
    ],
)
def test_a_mask_is_read_by_its_length_and_its_place(words: str, first: str) -> None:
    assert [(found or ["-"])[0] for found in behind(*words.split())] == first.split()


def test_what_else_has_the_length_is_told_and_what_is_shown_is_not() -> None:
    assert behind("SIZE", "XXXXXXXA", "CHUNKING")[0] == ["STARTTLS", "SMTPUTF8", "8BITMIME"]


@pytest.mark.parametrize(
    ("line", "begun", "verb"),
    [
        (b"XXXX out.example.org", False, "EHLO"),
        (b"XXXX out.example.org", True, None),
        (b"XXXX 1200 LAST", True, "BDAT"),
        (b"XXXXXXXX", True, "STARTTLS"),
        (b"XXXXXXXXXXXX FIRST CHUNK={00}", True, "X-LINK2STATE"),
        (b"XXXXXXX 1020 2", True, "XEXCH50"),
        (b"XXXX", False, None),
        (b"XXXX abc", True, None),
    ],
)
def test_a_masked_command_is_read_by_its_length_and_its_argument(line: bytes, begun: bool, verb: str | None) -> None:
    assert verb_behind(line, begun=begun) == verb


@pytest.mark.parametrize(
    ("line", "keyword"),
    [
        (b"CHU*KING", b"CHUNKING"),
        (b"chu*king", b"CHUNKING"),
        (b"BIN*RYMIME", b"BINARYMIME"),
        (b"****KING", b"CHUNKING"),
        (b"*****ING", None),
        (b"********", None),
        (b"CHU*KINX", None),
        (b"CHUNKING", None),
        (b"SIZE 10***", None),
        (b"X-LIST*S", None),
    ],
)
def test_a_keyword_with_stars_in_it_is_known_by_the_letters_that_are_left(line: bytes, keyword: bytes | None) -> None:
    assert spoilt(line) == keyword
