"""The formats of a report, by name and by suffix; what a format needs is loaded only for it.

A further one is a module that makes its lines, a function here that asks for them, and a line of `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pcapsleuth.report.look import Look
    from pcapsleuth.report.model import Report


class Format(NamedTuple):
    """A form that a report can be written in."""

    suffixes: tuple[str, ...]
    """What a file's name ends in that is to be of it."""
    pieces: Callable[[Report, Look], Iterable[bytes]]
    """The whole report, in UTF-8."""


def _text(report: Report, look: Look) -> Iterator[bytes]:
    """For a terminal."""
    from pcapsleuth.report.text import text

    return (f"{line}\n".encode() for line in text(report, look))


def _json(report: Report, _look: Look) -> Iterator[bytes]:
    """For programs, as one document."""
    from pcapsleuth.report.jsonfile import document

    return document(report)


def _json_lines(report: Report, _look: Look) -> Iterator[bytes]:
    """For programs, an object a line, the sessions of an inspection included."""
    from pcapsleuth.report.jsonfile import head_line, lines, raw_line

    yield head_line(report.mode)
    if report.mode != "compare":
        for key in report.sessions:
            yield raw_line("session", report.sessions.json(key))
    yield from lines(report)


def _csv(report: Report, _look: Look) -> Iterator[bytes]:
    """For a spreadsheet."""
    from pcapsleuth.report.csvfile import table

    return (line.encode() for line in table(report))


def _markdown(report: Report, look: Look) -> Iterator[bytes]:
    """For a ticket."""
    from pcapsleuth.report.markdown import markdown

    return (f"{line}\n".encode() for line in markdown(report, look))


def _html(report: Report, look: Look) -> Iterator[bytes]:
    """For a browser."""
    from pcapsleuth.report.html import html

    yield html(report, look).encode()


FORMATS = {
    "text": Format((".txt", ".text"), _text),
    "json": Format((".json",), _json),
    "jsonl": Format((".jsonl", ".ndjson"), _json_lines),
    "csv": Format((".csv",), _csv),
    "markdown": Format((".md", ".markdown"), _markdown),
    "html": Format((".html", ".htm"), _html),
}


def form_of(name: str) -> str | None:
    """The format that a file's suffix names."""
    suffix = PurePath(name).suffix.lower()
    return next((form for form, one in FORMATS.items() if suffix in one.suffixes), None)


def pieces(report: Report, form: str, look: Look) -> Iterable[bytes]:
    """The whole report in a format, in UTF-8."""
    return FORMATS[form].pieces(report, look)
