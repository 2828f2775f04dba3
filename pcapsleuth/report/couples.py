"""What of one side is what of the other: the units of a dialogue in couples, and the lines within a couple."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import zip_longest

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.report.units import Unit, units
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER

Couple = tuple[Unit | None, Unit | None]
"""A unit as the outside and as the inside shows it."""


def couples(comparison: Comparison) -> Iterator[Couple]:
    """The units of both sides, those that are one together, in the order of the outside."""
    outside, inside = units(comparison.outside.dialogue), units(comparison.inside.dialogue)
    partners = _partners(comparison)
    taken = set(partners.values())
    done = 0
    for index, unit in enumerate(outside):
        partner = partners.get(index)
        if partner is None:
            yield unit, None
            continue
        yield from ((None, inside[k]) for k in range(done, partner) if k not in taken)
        done = max(done, partner)
        yield unit, inside[partner]
    yield from ((None, inside[k]) for k in range(done, len(inside)) if k not in taken)


def _partners(comparison: Comparison) -> dict[int, int]:
    """For each row of the outside its row of the inside."""
    partners = {}
    for direction in (TO_SERVER, TO_CLIENT):
        from_outside = comparison.ingress(direction) is comparison.outside
        for _, sent, came in comparison.both(direction):
            outside, inside = (sent.at, came.at) if from_outside else (came.at, sent.at)
            partners[outside] = inside
    return partners


def matched(one: tuple[str, ...], other: tuple[str, ...]) -> Iterator[tuple[str | None, str | None]]:
    """Lines of two replies that belong together: by their place, or by what is equal where their number differs."""
    if len(one) == len(other):
        yield from zip(one, other, strict=True)
        return
    for _, start, stop, from_, to in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        yield from zip_longest(one[start:stop], other[from_:to])
