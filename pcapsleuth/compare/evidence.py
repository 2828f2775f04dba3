"""How much speaks for two sessions being one: a sum of integer weights, roughly in bits.

What a device may change counts little or nothing against a pair; what it leaves alone counts both ways.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pcapsleuth.compare.candidates import Edges
from pcapsleuth.compare.columns import CONTENT, Hashes, Side, Times, Truth
from pcapsleuth.compare.pair import Clock

Scores = npt.NDArray[np.int64]
MILLISECOND = 1_000_000
UNKNOWN = np.iinfo(np.int64).max
"""A gap in time where no time can be compared."""
ENOUGH = 16
"""The score below which two sessions are not paired: what a start within the clock's error is worth, less a doubt."""
IMMEDIATE = 3
"""Pairs that a clock must rest on before it is called independent of any one of them."""


class Feature(NamedTuple):
    """One thing that both sides may know of a session."""

    name: str
    equal: int
    """What equality is worth."""
    differ: int
    """What a difference is worth, where this device is not seen to change the feature."""
    witness: bool
    """Equality alone names the session."""
    words: str


FEATURES = (
    Feature("client_isn", 28, 0, True, "same initial sequence number of the client"),
    Feature("server_isn", 28, 0, True, "same initial sequence number of the server"),
    Feature("client_timestamp", 24, -5, True, "same timestamp value in the SYN"),
    Feature("server_timestamp", 24, -5, True, "same timestamp value in the SYN-ACK"),
    Feature("tls", 50, -10, True, "same TLS handshake"),
    Feature("queue_ids", 40, -16, True, "same queue id"),
    Feature("messages", 40, -30, True, "same message ids with envelope"),
    Feature("bodies", 24, -6, False, "same mail bodies"),
    Feature("envelope", 18, -20, False, "same envelope"),
    Feature("replies", 10, 0, False, "same replies"),
    Feature("commands", 10, -1, False, "same command arguments"),
    Feature("ehlo", 8, -6, False, "same EHLO name"),
    Feature("greeting", 8, 0, False, "same greeting"),
    Feature("greeting_length", 4, 0, False, "greetings of one length"),
)
CHANGED_LENGTH = -1
ONE_SIDED_DATA = -12
"""A whole session that carried bytes on one side and none on the other."""
SAME_CLIENT, SAME_PORT, SAME_BOTH = 6, 14, 48
OTHER_PORT = -10
"""The same client address with another port: no address translation does that, a second session does."""
SAME_SERVER = 6
TOO_LATE, RETRY = -90, -60
"""Too far apart in time; and when of a message sent twice one side shows the first try, the other the second."""
FAR = 32
"""How many times the clock's tolerance is no longer the same time."""
MAPPED, NOT_MAPPED = 10, -25
"""The addresses agree, or do not, with the translation that the surest pairs show."""


@dataclass(slots=True)
class Learned:
    """What the surest pairs show of the device."""

    changed: frozenset[str] = frozenset()
    """Features that it changes more often than not: their difference then says nothing."""
    servers: npt.NDArray[np.int64] = field(default_factory=lambda: np.full(0, -1, np.int64))
    """By number of the first side's server address the second's; -1 unknown."""
    clients: npt.NDArray[np.int64] = field(default_factory=lambda: np.full(0, -1, np.int64))


class Evidence(NamedTuple):
    """What speaks for and against each of many candidate pairs."""

    score: Scores
    witness: Truth
    """Something that names one session is the same on both sides."""
    gap: Times
    """How far apart in time, corrected by the clock; `UNKNOWN` where there is no clock."""
    doubtful: Truth
    """A retry may be taken for its earlier try: only the message is the same and the time does not support it."""

    def chosen(self, which: Truth) -> Evidence:
        """That of some of the candidates."""
        return Evidence(self.score[which], self.witness[which], self.gap[which], self.doubtful[which])


def weigh(first: Side, second: Side, edges: Edges, clock: Clock | None, learned: Learned) -> Evidence:
    """Score candidates."""
    score = np.zeros(len(edges.first), np.int64)
    witness = np.zeros(len(edges.first), np.bool_)
    content = np.zeros(len(edges.first), np.bool_)
    for feature in FEATURES:
        equal, differ = agreement(first, second, edges, feature.name)
        score += equal * feature.equal
        if feature.name not in learned.changed:
            score += differ * feature.differ
        if feature.name == "messages":
            content = equal
        elif feature.witness:
            witness |= equal
    addresses, named = _addresses(first, second, edges, learned)
    score += addresses + _sizes(first, second, edges)
    witness |= named
    gap = time_gap(first, second, edges, clock)
    later, doubtful = _relayed(first, second, edges, gap, clock)
    worth = _time_worth(gap, clock)
    lone = content | _lone(first, second, edges)
    # A relay sends later what it accepted; a retry sends again what was not.
    worth = np.where(lone & later, np.maximum(worth, -20), worth)
    if clock is not None:
        # What a monitor's sessions have in common must not outweigh that they are not simultaneous.
        worth = np.where(~lone & ~witness & (gap > FAR * tolerance(clock)), TOO_LATE, worth)
    doubtful &= lone & ~witness
    return Evidence(score + worth + doubtful * RETRY, witness | content, gap, doubtful)


def _lone(first: Side, second: Side, edges: Edges) -> Truth:
    """Where both sides have the same content and no other session of theirs has it."""
    lone = np.zeros(len(edges.first), np.bool_)
    for name in CONTENT:
        alone = first.alone[name][edges.first] & second.alone[name][edges.second]
        lone |= alone & (first.features[name][edges.first] == second.features[name][edges.second])
    return lone


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


def _addresses(first: Side, second: Side, edges: Edges, learned: Learned) -> tuple[Scores, Truth]:
    """What the addresses say, and where they name the session."""
    one, other = edges
    same_client = first.client[one] == second.client[other]
    same_port = first.client_port[one] == second.client_port[other]
    same_server = first.server[one] == second.server[other]
    both = same_client & same_port
    score = np.where(both, SAME_BOTH, np.where(same_port, SAME_PORT, same_client * (SAME_CLIENT + OTHER_PORT)))
    servers = _translated(learned.servers, first.server[one], second.server[other])
    clients = _translated(learned.clients, first.client[one], second.client[other])
    score = score + same_server * SAME_SERVER
    score += np.where(servers == 0, NOT_MAPPED, np.where(servers == 1, MAPPED, 0))
    score += np.where(clients == 0, NOT_MAPPED // 2, np.where(clients == 1, MAPPED // 2, 0))
    return score, both & (servers != 0) & (first.server_port[one] == second.server_port[other])


def _translated(table: npt.NDArray[np.int64], here: Times, there: Times) -> Scores:
    """1 where the addresses agree with the translation, 0 where they do not, -1 where it is not known."""
    if not len(table):
        return np.full(len(here), -1, np.int64)
    expected = table[here]
    agrees: Scores = np.where(expected < 0, -1, (expected == there).astype(np.int64))
    return agrees


def _sizes(first: Side, second: Side, edges: Edges) -> Scores:
    """What the numbers of bytes say: an in-place editor keeps them."""
    one, other = edges
    score = np.zeros(len(one), np.int64)
    whole = first.complete[one] & second.complete[other]
    for direction in (0, 1):
        here, there = first.lengths[direction][one], second.lengths[direction][other]
        score += np.where((here == there) & (here > 0), 4, 0)
        score += np.where((here != there) & whole, CHANGED_LENGTH, 0)
        score += np.where(((here == 0) != (there == 0)) & whole, ONE_SIDED_DATA, 0)
    silent = (first.segments[1][one] == 0) & (second.segments[1][other] == 0)
    score += silent * 4
    return score


def time_gap(first: Side, second: Side, edges: Edges, clock: Clock | None) -> Times:
    """The smallest distance between moments that both sides should have seen at once."""
    one, other = edges
    if clock is None:
        return np.full(len(one), UNKNOWN, np.int64)
    gap = _distance(first, second, edges, "start", clock)
    for name in ("syn_time", "synack_time"):
        both = (first.times[name][one] >= 0) & (second.times[name][other] >= 0)
        gap = np.where(both, np.minimum(gap, _distance(first, second, edges, name, clock)), gap)
    # A capture that starts late or ends early leaves another end of the session to compare.
    partial = (first.times["syn_time"][one] < 0) | (second.times["syn_time"][other] < 0)
    gap = np.where(partial, np.minimum(gap, _distance(first, second, edges, "end", clock)), gap)
    same, _ = agreement(first, second, edges, "envelope")
    both = same & (first.times["envelope_time"][one] >= 0) & (second.times["envelope_time"][other] >= 0)
    return np.where(both, np.minimum(gap, _distance(first, second, edges, "envelope_time", clock)), gap)


def _distance(first: Side, second: Side, edges: Edges, name: str, clock: Clock) -> Times:
    moved = clock.all_to_inside(first.times[name][edges.first])
    distance: Times = np.abs(second.times[name][edges.second] - moved)
    return distance


def tolerance(clock: Clock) -> int:
    """The distance in time below which two sessions are as good as simultaneous."""
    least = MILLISECOND if clock.pairs >= IMMEDIATE else 100 * MILLISECOND
    return max(clock.error, least)


def _time_worth(gap: Times, clock: Clock | None) -> Scores:
    """20 within the clock's tolerance, nothing at some 40 times that, then ever more against the pair."""
    if clock is None:
        return np.zeros(len(gap), np.int64)
    # The number of bits is exact: frexp of an integer below 2^53.
    level = np.frexp((gap // tolerance(clock)).clip(0, 1 << 40).astype(np.float64))[1].astype(np.int64)
    worth: Scores = np.maximum(20 - 2 * level - 10 * np.maximum(level - 5, 0), TOO_LATE)
    return worth


def _relayed(first: Side, second: Side, edges: Edges, gap: Times, clock: Clock | None) -> tuple[Truth, Truth]:
    """Where a late message may have come through a relay, and where it may be a retry."""
    one, other = edges
    here, there = first.accepted[one], second.accepted[other]
    if clock is None:
        return np.ones(len(one), np.bool_), here != there
    first_earlier = clock.all_to_inside(first.times["start"][one]) <= second.times["start"][other]
    relayed = np.where(first_earlier, here, there)
    far = gap > FAR * tolerance(clock)
    doubtful = (far & ~relayed) | (here != there) if clock.pairs < IMMEDIATE else far & ~relayed
    return relayed, doubtful
