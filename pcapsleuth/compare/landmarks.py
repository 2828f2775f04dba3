"""What the surest pairs show before anything else is known: the clocks' offset, and what the device translates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pcapsleuth.compare.agreement import agreement
from pcapsleuth.compare.assignment import Matching
from pcapsleuth.compare.candidates import Edges
from pcapsleuth.compare.clock import densest, estimate, window
from pcapsleuth.compare.columns import Side, Times, Truth
from pcapsleuth.compare.evidence import FEATURES, MOMENT, Evidence, Learned, weigh
from pcapsleuth.compare.pair import Clock
from pcapsleuth.compare.vote import voted

SURE = 40
"""The score, without time, of a landmark: one strong witness, or a message with its envelope."""
STRONGER = 8
"""How many times as much as a message, which may be sent again, any other witness counts."""
THIN = 100
"""One or two landmarks among so many sessions each may be there by chance: the crowd is asked too."""
OFTEN = 10
"""An address translation is learned if at least nine in ten of its uses agree."""
TWICE = 2
"""How often a translation must have been seen to be learned."""
AGREEING, HALF = 4, 2
"""One in four of the pairs must agree on the clock for there to be one; where only one or two do, one in two."""
SEVERAL = 3
"""Pairs that do not agree by chance: on the clock, or in that the device makes something anew. One or two sessions that
nothing names agree on some clock whatever was captured: they are believed if it is about the same on both sides."""


class Landmarks(NamedTuple):
    """Pairs that are sure enough to learn from, and the clock they show."""

    edges: Edges
    clock: Clock | None


def first_clock(first: Side, second: Side, edges: Edges) -> Landmarks:
    """The clock by the candidates that need none."""
    nothing = Landmarks(Edges(edges.first[:0], edges.second[:0]), None)
    if not len(first) or not len(second):
        return nothing
    evidence = weigh(first, second, edges, None, Learned())
    same_message, _ = agreement(first, second, edges, "messages")
    sure = np.flatnonzero((evidence.score >= SURE) & (evidence.strong | same_message))
    marks = Edges(edges.first[sure], edges.second[sure])
    weight = evidence.score[sure] * np.where(evidence.strong[sure], STRONGER, 1)
    found = _agreeing(first, second, marks, weight) if len(sure) else nothing
    marked = len(found.edges.first)
    if marked >= SEVERAL or marked * THIN >= min(len(first), len(second)):
        return found
    times, differences, most = voted(first, second)
    clock = estimate(times, differences, window(times)) if most else None
    if clock and (len(times) >= SEVERAL or abs(clock.offset) <= MOMENT):
        return Landmarks(nothing.edges, clock._replace(pairs=min(clock.pairs, len(times))))
    return found


def _agreeing(first: Side, second: Side, edges: Edges, weight: npt.NDArray[np.int64]) -> Landmarks:
    """The landmarks whose clock differences agree with most, each session once, and their clock."""
    times, differences = offsets(first, second, edges)
    width = window(times)
    edge, _ = densest(differences, weight, width)
    kept = np.flatnonzero((differences >= edge) & (differences <= edge + width))
    kept = kept[_best_of_each(edges.first[kept], weight[kept]) & _best_of_each(edges.second[kept], weight[kept])]
    if not len(kept):
        kept = np.flatnonzero((differences >= edge) & (differences <= edge + width))[:1]
    clock = estimate(times[kept], differences[kept], width)
    return Landmarks(Edges(edges.first[kept], edges.second[kept]), clock)


def _best_of_each(end: npt.NDArray[np.intp], score: npt.NDArray[np.int64]) -> Truth:
    """Which edges are the only best of their session."""
    best = np.full(int(end.max()) + 1, -1, np.int64)
    np.maximum.at(best, end, score)
    top = score == best[end]
    only: Truth = top & (np.bincount(end[top], minlength=len(best))[end] == 1)
    return only


def offsets(first: Side, second: Side, edges: Edges) -> tuple[Times, Times]:
    """For each pair a moment of the first side and the second side's clock less the first's.

    The way through the device adds to what the client sends and takes from what the server sends, so that the
    middle between SYN and SYN-ACK is free of it.
    """
    one, other = edges
    times = first.times["start"][one]
    differences = second.times["start"][other] - times
    partial = (first.times["syn_time"][one] < 0) != (second.times["syn_time"][other] < 0)
    differences = np.where(partial, second.times["end"][other] - first.times["end"][one], differences)
    for client, server in (("envelope_time", "envelope_reply_time"), ("syn_time", "synack_time")):
        here = first.times[client][one], first.times[server][one]
        there = second.times[client][other], second.times[server][other]
        known = np.minimum(np.minimum(*here), np.minimum(*there)) >= 0
        # Halves before sums: times are near the limit of 64 bits.
        middle = (there[0] - here[0]) // 2 + (there[1] - here[1]) // 2
        differences = np.where(known, middle, differences)
    return times, differences


def learn(first: Side, second: Side, landmarks: Landmarks, addresses: int) -> Learned:
    """What the landmarks show: features that the device changes, and translated addresses."""
    edges = landmarks.edges
    if not len(edges.first):
        return Learned()
    changed, replaced = set(), set()
    for feature in FEATURES:
        equal, differ = agreement(first, second, edges, feature.name)
        if int(differ.sum()) > int(equal.sum()):
            changed.add(feature.name)
            if int(differ.sum()) >= SEVERAL:
                replaced.add(feature.name)
    same_client = first.client[edges.first] == second.client[edges.second]
    same_port = first.client_port[edges.first] == second.client_port[edges.second]
    if max(int((same_client & same_port).sum()), TWICE - 1) < int((same_client & ~same_port).sum()):
        replaced.add("client_port")
    return Learned(
        frozenset(changed),
        frozenset(replaced),
        _translation(first.server[edges.first], second.server[edges.second], addresses),
        _translation(first.client[edges.first], second.client[edges.second], addresses),
    )


def _translation(here: npt.NDArray[np.int64], there: npt.NDArray[np.int64], addresses: int) -> npt.NDArray[np.int64]:
    """By number of an address on the first side, what it is on the second where that is nearly always the same."""
    codes, counts = np.unique(here * addresses + there, return_counts=True)
    sources = codes // addresses
    uses = np.bincount(sources, weights=counts, minlength=addresses).astype(np.int64)
    steady = (counts >= TWICE) & (counts * OFTEN >= uses[sources] * (OFTEN - 1))
    table = np.full(addresses, -1, np.int64)
    table[sources[steady]] = codes[steady] % addresses
    return table


def final_clock(
    first: Side, second: Side, matching: Matching, evidence: Evidence, edges: Edges, clock: Clock | None
) -> Clock | None:
    """The clock by the pairs that were made: by those that something names, if there are any.

    A relay delays each message by another time: pairs that do not agree show no clock.
    """
    taken = matching.first[edges.first] == edges.second
    named = taken & evidence.witness
    chosen = np.flatnonzero(named if named.any() else taken)
    if clock is None or not len(chosen):
        return None
    times, differences = offsets(first, second, Edges(edges.first[chosen], edges.second[chosen]))
    near = np.abs(times + differences - clock.all_to_inside(times)) <= window(times)
    share = HALF if int(near.sum()) < SEVERAL else AGREEING
    if share * int(near.sum()) < len(chosen):
        return None
    return estimate(times[near], differences[near], window(times))
