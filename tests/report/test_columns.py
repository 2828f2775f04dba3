"""Columns stay columns, whatever stands in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapsleuth.report.columns import chunks, fit, left, paragraph, right, width
from pcapsleuth.report.escape import visible

SEEN = st.text().map(lambda text: visible(text.encode(errors="replace")))


@pytest.mark.parametrize(("text", "cells"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("", 0), ("Ⅷ", 1), ("👍", 2)])
def test_width(text: str, cells: int) -> None:
    assert width(text) == cells


@given(SEEN, st.integers(1, 40))
def test_cells_are_filled_exactly(text: str, cells: int) -> None:
    assert width(left(text, cells)) == cells
    assert width(right(text, cells)) == cells
    assert width(fit(text, cells)) <= cells


@given(SEEN, st.integers(2, 40))
def test_chunks_lose_nothing(text: str, cells: int) -> None:
    parts = chunks(text, cells, 10_000)

    assert "".join(parts) == text
    assert all(width(part) <= cells for part in parts)


def test_what_is_cut_ends_in_an_ellipsis() -> None:
    assert fit("abcdef", 4) == "abc…"
    assert fit("日本語", 4) == "日…"
    assert chunks("abcdefgh", 3, 2) == ["abc", "de…"]


def test_paragraphs_hang() -> None:
    assert paragraph("one two three", 12, "    ", "Doubt") == ["Doubtone two", "    three"]
