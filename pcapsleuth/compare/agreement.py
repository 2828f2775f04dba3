"""Where the two sides of candidate pairs know the same thing and agree, and where they do not."""

from __future__ import annotations

import numpy as np

from pcapsleuth.compare.candidates import Edges
from pcapsleuth.compare.columns import CONTENT, Hashes, Side, Truth


def agreement(first: Side, second: Side, edges: Edges, name: str) -> tuple[Truth, Truth]:
    """Where a feature is known on both sides and equal, and where it is known and differs."""
    here: Hashes = first.features[name][edges.first]
    there: Hashes = second.features[name][edges.second]
    known = (here != 0) & (there != 0)
    equal = known & (here == there)
    if name in first.many:
        several = known & ~equal & (first.many[name][edges.first] | second.many[name][edges.second])
        ours, theirs = first.sets[name], second.sets[name]
        for place in np.flatnonzero(several).tolist():
            equal[place] = not set(ours[edges.first[place]]).isdisjoint(theirs[edges.second[place]])
    return equal, known & ~equal


def same_lone_content(first: Side, second: Side, edges: Edges) -> Truth:
    """Where both sides have the same content and no other session of theirs has it."""
    lone = np.zeros(len(edges.first), np.bool_)
    for name in CONTENT:
        lone |= both_alone(first, second, edges, name) & agreement(first, second, edges, name)[0]
    return lone


def both_alone(first: Side, second: Side, edges: Edges, name: str) -> Truth:
    """Where what each side knows occurs only once on that side."""
    alone: Truth = first.alone[name][edges.first] & second.alone[name][edges.second]
    return alone
