"""Where two texts that should be one differ: the pieces of each, changed or not."""

from __future__ import annotations

from itertools import groupby, takewhile
from typing import NamedTuple


class Part(NamedTuple):
    """A piece of a text."""

    text: str
    changed: bool


Parts = tuple[Part, ...]


def marked(one: str, other: str) -> tuple[Parts, Parts]:
    """Both texts in pieces: by place where a device wrote over characters, else by what stands between equal ends."""
    if len(one) == len(other):
        return _by_place(one, other), _by_place(other, one)
    start = _shared(one, other)
    end = _shared(one[start:][::-1], other[start:][::-1])
    return _between(one, start, end), _between(other, start, end)


def whole(text: str, *, changed: bool) -> Parts:
    """A text that has no counterpart, or none that differs."""
    return (Part(text, changed),) if text else ()


def _by_place(text: str, other: str) -> Parts:
    """Characters that differ from those in the same place, and those among them that the filler happens to equal."""
    differs = [mine != theirs for mine, theirs in zip(text, other, strict=True)]
    within = zip([False, *differs], differs, [*differs[1:], False], strict=False)
    changed = [here or (before and behind) for before, here, behind in within]
    runs = groupby(zip(text, changed, strict=True), lambda two: two[1])
    return tuple(Part("".join(char for char, _ in run), mark) for mark, run in runs)


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    alike = (mine == theirs for mine, theirs in zip(one, other, strict=False))
    return sum(1 for _ in takewhile(bool, alike))


def _between(text: str, start: int, end: int) -> Parts:
    """What stands between the beginning and the end that both have."""
    stop = len(text) - end
    pieces = Part(text[:start], changed=False), Part(text[start:stop], changed=True), Part(text[stop:], changed=False)
    return tuple(piece for piece in pieces if piece.text)
