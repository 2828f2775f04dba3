"""Text in columns of a terminal, where a Chinese character takes two cells and an accent none."""

from __future__ import annotations

import textwrap
import unicodedata

ELLIPSIS = "…"


def width(text: str) -> int:
    """How many cells a text takes; it must be harmless already (`pcapsleuth.report.escape`)."""
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    """How many cells one character takes (UAX 11; combining marks sit on the one before)."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fit(text: str, cells: int) -> str:
    """Cut a text to at most so many cells; what was cut ends in an ellipsis."""
    if width(text) <= cells:
        return text
    return head(text, cells - 1) + ELLIPSIS if cells > 0 else ""


def head(text: str, cells: int) -> str:
    """The longest beginning that fits."""
    if text.isascii():
        return text[:cells]
    used = 0
    for position, char in enumerate(text):
        used += _cells(char)
        if used > cells:
            return text[:position]
    return text


def left(text: str, cells: int) -> str:
    """Cut or fill to exactly so many cells, the text on the left."""
    text = fit(text, cells)
    return text + " " * (cells - width(text))


def right(text: str, cells: int) -> str:
    """Cut or fill to exactly so many cells, the text on the right."""
    text = fit(text, cells)
    return " " * (cells - width(text)) + text


def chunks(text: str, cells: int, most: int) -> list[str]:
    """Break a text after so many cells, anywhere; at most `most` lines, the last one cut."""
    found: list[str] = []
    while len(found) < most - 1 and width(text) > cells:
        part = head(text, cells) or text[:1]
        found.append(part)
        text = text[len(part) :]
    return [*found, fit(text, cells)]


def paragraph(text: str, cells: int, indent: str = "", first: str | None = None) -> list[str]:
    """Break sentences between words."""
    return textwrap.wrap(
        text,
        cells,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
