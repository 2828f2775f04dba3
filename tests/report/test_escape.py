"""Escaping loses nothing and lets nothing dangerous through."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapsleuth.report.escape import escape, lines, unescape, visible


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"250 2.1.0 Ok", "250 2.1.0 Ok"),
        ("Zürich 日本".encode(), "Zürich 日本"),
        (b"a\\b", r"a\x5cb"),
        (b"\x1b[31mred\x07", r"\x1b[31mred\x07"),
        (b"\x00\t\r\n\x7f", r"\x00\x09\x0d\x0a\x7f"),
        (b"caf\xe9", r"caf\xe9"),
        ("\x85\x9b".encode(), r"\u{85}\u{9b}"),
        ("\u202eexe.txt".encode(), r"\u{202e}exe.txt"),
        (b"\xed\xa0\x80", r"\xed\xa0\x80"),
        ("👩\u200d💻".encode(), "👩\u200d💻"),
        (b"", ""),
    ],
)
def test_escape(data: bytes, text: str) -> None:
    assert escape(data) == text
    assert unescape(text) == data


@given(st.binary() | st.text().map(lambda text: text.encode(errors="replace")))
def test_escape_is_reversible_and_harmless(data: bytes) -> None:
    text = escape(data)

    assert unescape(text) == data
    assert not any(unicodedata.category(char) == "Cc" for char in text)
    assert not any(unicodedata.bidirectional(char) in {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI"} for char in text)
    text.encode()


@given(st.binary())
def test_what_is_visible_prints(data: bytes) -> None:
    assert visible(data).isprintable()
    assert unescape(visible(data)) == data


def test_joiners_and_line_separators_are_visible_on_a_terminal() -> None:
    assert visible("a\u200db\u2028c".encode()) == r"a\u{200d}b\u{2028}c"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"250 Ok\r\n", [b"250 Ok"]),
        (b"250-a\r\n250 b\r\n", [b"250-a", b"250 b"]),
        (b"250 cut", [b"250 cut"]),
        (b"bare\nother\r\r\n", [b"bare", b"other"]),
        (b"\r\n", [b""]),
        (b"", []),
    ],
)
def test_lines(data: bytes, expected: list[bytes]) -> None:
    assert lines(data) == expected
