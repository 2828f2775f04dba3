"""The formats of a report, by name and by suffix; what a format needs is loaded only for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePath

from pcapsleuth.report import csvfile, jsonfile
from pcapsleuth.report.look import Look
from pcapsleuth.report.model import Report

FORMATS = {
    "text": (".txt", ".text"),
    "json": (".json",),
    "jsonl": (".jsonl", ".ndjson"),
    "csv": (".csv",),
    "markdown": (".md", ".markdown"),
    "html": (".html", ".htm"),
}
"""The formats that are built, with the suffixes that name them."""


def form_of(name: str) -> str | None:
    """The format that a file's suffix names."""
    suffix = PurePath(name).suffix.lower()
    return next((form for form, suffixes in FORMATS.items() if suffix in suffixes), None)


def pieces(report: Report, form: str, look: Look) -> Iterable[bytes]:
    """The whole report in a format, in UTF-8."""
    if form == "json":
        return jsonfile.document(report)
    if form == "jsonl":
        return _json_lines(report)
    if form == "csv":
        return (line.encode() for line in csvfile.table(report))
    if form == "markdown":
        from pcapsleuth.report.markdown import markdown

        return (f"{line}\n".encode() for line in markdown(report, look))
    if form == "html":
        from pcapsleuth.report.html import html

        return (html(report, look).encode(),)
    from pcapsleuth.report.text import text

    return (f"{line}\n".encode() for line in text(report, look))


def _json_lines(report: Report) -> Iterator[bytes]:
    """All of them: an inspection that is under way writes its sessions before."""
    yield jsonfile.head_line(report.mode)
    if report.mode != "compare":
        for key in report.sessions:
            yield jsonfile.raw_line("session", report.sessions.json(key))
    yield from jsonfile.lines(report)
