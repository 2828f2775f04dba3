"""The report for a ticket, in Markdown: the answer, the changes with their proof, what failed, what it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapsleuth.report.columns import fit
from pcapsleuth.report.look import Look
from pcapsleuth.report.marking import Parts
from pcapsleuth.report.model import Report
from pcapsleuth.report.named import after
from pcapsleuth.report.page import Page, Shown, page
from pcapsleuth.report.words import numbers, sentence

CELL = 72
"""Characters of a capture in a cell: a greeting or a list has hundreds."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&@!])")


def markdown(report: Report, look: Look) -> Iterator[str]:
    """The lines of the report."""
    found = page(report, look, dialogues=0)
    yield f"**{found.word.upper()}:** {' '.join(plain(one) for one in found.sentences)}"
    if found.gist:
        yield from ("", f"Chiefly: {plain(found.gist)}.")
    if found.doubts or found.failures:
        yield from ("", "Doubt:", "")
        yield from (f"- {plain(one)}" for one in (*found.doubts, *found.failures))
    yield from _devices(found)
    if found.changes:
        frames = "outside / inside frame" if report.mode == "compare" else "frame"
        yield from ("", f"| change | sessions | came in | went out | {frames} |", "| --- | ---: | --- | --- | --- |")
        yield from (_change(one, found.absent) for one in found.changes)
    if found.groups:
        yield from ("", "What failed, and why:", "")
        for group in found.groups:
            why = plain(f"{sentence(group.why)} {numbers(group.sessions)}")
            yield f"- {len(group.sessions):,} {group.outcome}: {why}"
    yield from ("", "Rests on:", "")
    yield from (f"- {f'{word}: ' if word else ''}{plain(text)}" for word, text in found.account)


def _devices(found: Page) -> Iterator[str]:
    """What did it, and what helps, or what to do next."""
    for device in found.devices[:1]:
        yield from ("", f"{device['heading']}: like {plain(str(device['name']))} ({device['confidence']})")
        for number, choice in enumerate(map(plain, device["choices"])):
            yield from ("", after(choice, "Or" if number else "Remedy"))
    if found.steps:
        yield from ("", "Next:", "")
        yield from (f"- {plain(step)}" for step in found.steps)


def _change(one: Shown, absent: str) -> str:
    """A row of the table."""
    shown = {proof.side: proof.frame for proof in one.proofs}
    frames = shown[""] if "" in shown else f"{shown.get('outside', '-')} / {shown.get('inside', '-')}"
    cells = [_quoted(one.came, absent), _quoted(one.went, absent)] if one.quoted else [plain(one.summary), ""]
    return f"| {plain(one.name)} | {one.sessions:,} | {' | '.join(cells)} | {frames} |"


def _quoted(parts: Parts | None, absent: str) -> str:
    """Bytes of a capture."""
    return absent if parts is None else plain(fit("".join(part.text for part in parts), CELL))


def plain(text: str) -> str:
    """Text in which nothing is markup, a link or a mention."""
    return _SPECIAL.sub(r"\\\1", text)
