"""How much speaks for two sessions being one: a sum of integer weights, roughly in bits.

What a device may change counts little or nothing against a pair; what it leaves alone counts both ways.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pcapsleuth.compare.agreement import agreement, both_alone, same_lone_content
from pcapsleuth.compare.candidates import Edges
from pcapsleuth.compare.columns import STAMPS, Side, Times, Truth
from pcapsleuth.compare.pair import Clock
from pcapsleuth.compare.timing import (
    FAR,
    IMMEDIATE,
    RELAY_LATE,
    TOO_LATE,
    once,
    relayed,
    time_gap,
    time_worth,
    tolerance,
)

Scores = npt.NDArray[np.int64]
ENOUGH = 16
"""The score below which two sessions are not paired: what a start within the clock's error is worth, less a doubt."""


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
OTHER_PORT = -16
"""The same client address with another port: no address translation does that, a second session does."""
MOMENT = 30_000_000_000
"""How far apart, ns, a session of a client may begin on either side: clocks are seldom set worse."""
SAME_SERVER = 6
RETRY = -60
"""Of a message that was sent twice one side may show the first try, the other the second."""
CONTRADICTED = 2
"""So many contradictions without a witness to the contrary are enough."""
VETO = -1000
CLOCKED = STAMPS
"""Old stacks read all timestamp values off one clock: one names a session only where no other has the same."""
MAPPED, NOT_MAPPED = 10, -25
"""The addresses agree, or do not, with the translation that the surest pairs show."""


@dataclass(slots=True)
class Learned:
    """What the surest pairs show of the device."""

    changed: frozenset[str] = frozenset()
    """Features that it changes more often than not: their difference then costs nothing."""
    replaced: frozenset[str] = frozenset()
    """Those of them of which several pairs tell: their difference then contradicts nothing. `client_port` if clients
    keep their address and not their port."""
    servers: npt.NDArray[np.int64] = field(default_factory=lambda: np.full(0, -1, np.int64))
    """By number of the first side's server address the second's; -1 unknown."""
    clients: npt.NDArray[np.int64] = field(default_factory=lambda: np.full(0, -1, np.int64))

    @property
    def anything(self) -> bool:
        """Whether there was a pair to learn from."""
        return len(self.servers) > 0


class Evidence(NamedTuple):
    """What speaks for and against each of many candidate pairs."""

    score: Scores
    witness: Truth
    """Something that names one session is the same on both sides."""
    gap: Times
    """How far apart in time, corrected by the clock; `UNKNOWN` where there is no clock."""
    strong: Truth
    """The witness is something that no later try has again: of the TCP stack, of the TLS client, a queue id."""

    def chosen(self, which: Truth) -> Evidence:
        """That of some of the candidates."""
        return Evidence(self.score[which], self.witness[which], self.gap[which], self.strong[which])


class _Tally:
    """The sum over the features, and what it is made of."""

    def __init__(self, first: Side, second: Side, edges: Edges, learned: Learned) -> None:
        nothing = np.zeros(len(edges.first), np.bool_)
        self.score = np.zeros(len(edges.first), np.int64)
        self.named, self.message, self.stamps_differ = nothing, nothing, ~nothing
        self.against = np.zeros(len(edges.first), np.int64)
        self.other_stack = _other_stack(first, second, edges) & (not learned.anything)
        for feature in FEATURES:
            equal, differ = agreement(first, second, edges, feature.name)
            self.score += equal * feature.equal
            if feature.name not in learned.changed:
                self.score += differ * feature.differ
            self._note(feature, equal, differ & (feature.name not in learned.replaced))
            if feature.name in CLOCKED:
                equal = equal & both_alone(first, second, edges, feature.name)
            if feature.witness and feature.name != "messages":
                self.named = self.named | equal
        self.against += self.stamps_differ

    def _note(self, feature: Feature, equal: Truth, differ: Truth) -> None:
        """Keep what more than the score is made of."""
        if feature.name == "messages":
            self.message = equal
        if feature.name in CLOCKED:
            self.stamps_differ = self.stamps_differ & differ
        elif feature.witness:
            # Who ends TCP may end TLS as well: then a second handshake is no second contradiction.
            doubled = (self.stamps_differ | self.other_stack) & (feature.name == "tls")
            self.against += differ & ~doubled & (feature.differ < 0)


def weigh(first: Side, second: Side, edges: Edges, clock: Clock | None, learned: Learned) -> Evidence:
    """Score candidates."""
    tally = _Tally(first, second, edges, learned)
    gap = time_gap(first, second, edges, clock)
    addresses, ports, other_port = _addresses(first, second, edges, learned, clock)
    against = tally.against + other_port + _unlike_clients(first, second, edges)
    passed_on, doubtful = relayed(first, second, edges, gap, clock)
    worth = time_worth(gap, clock)
    lone = tally.message | same_lone_content(first, second, edges)
    # A relay sends later what it accepted; a retry sends again what was not.
    worth = np.where(lone & passed_on, np.maximum(worth, RELAY_LATE), worth)
    # What a monitor's sessions have in common must not outweigh that they are not, or not known to be, simultaneous.
    far = gap > (FAR * tolerance(clock) if clock else 0)
    worth = np.where(far & ~(lone | tally.named | ports), TOO_LATE, worth)
    # What is sent again is a message: where neither side shows any of one, nothing is.
    mail = (first.features["envelope"][edges.first] > 0) | tally.message
    doubtful = (doubtful | other_port) & lone & mail & ~tally.named & ~ports
    score = tally.score + addresses + _sizes(first, second, edges) + worth + doubtful * RETRY
    # Two things that no device changes in passing differ, and nothing that it makes up is the same.
    score = np.where((against >= CONTRADICTED) & ~tally.named & ~tally.message, VETO, score)
    # A port is used again sooner or later: alone it names a session only where nothing speaks against it.
    strong = tally.named | (ports & (against == 0))
    message = tally.message & ~doubtful & once(first, second, edges, gap, clock)
    return Evidence(score, strong | message, gap, strong)


def _other_stack(first: Side, second: Side, edges: Edges) -> Truth:
    """Whether the SYN has a timestamp on one side only: another TCP stack, or a device that clears it."""
    one, other = edges
    here, there = first.features["client_timestamp"][one] > 0, second.features["client_timestamp"][other] > 0
    captured = (first.times["syn_time"][one] >= 0) & (second.times["syn_time"][other] >= 0)
    differs: Truth = captured & (here != there)
    return differs


def _addresses(
    first: Side, second: Side, edges: Edges, learned: Learned, clock: Clock | None
) -> tuple[Scores, Truth, Truth]:
    """What the addresses say, where they name the session, and where a client's other port speaks against it."""
    one, other = edges
    same_client = first.client[one] == second.client[other]
    same_port = first.client_port[one] == second.client_port[other]
    same_server = first.server[one] == second.server[other]
    both, other_port = same_client & same_port, same_client & ~same_port & ("client_port" not in learned.replaced)
    other_port &= ~_in_turn(first, second, edges, clock)
    score = np.where(both, SAME_BOTH, same_port * SAME_PORT + same_client * SAME_CLIENT + other_port * OTHER_PORT)
    servers = _translated(learned.servers, first.server[one], second.server[other])
    clients = _translated(learned.clients, first.client[one], second.client[other])
    score = score + same_server * SAME_SERVER + _unlike_clients(first, second, edges) * NOT_MAPPED
    score += np.where(servers == 0, NOT_MAPPED, np.where(servers == 1, MAPPED, 0))
    score += np.where(clients == 0, NOT_MAPPED // 2, np.where(clients == 1, MAPPED // 2, 0))
    return score, both & (servers != 0), other_port


def _in_turn(first: Side, second: Side, edges: Edges, clock: Clock | None) -> Truth:
    """Where a client has as many sessions on either side, each begins at about the same time, and these in turn.

    There is no other session then that could be taken for one of them.
    """
    one, other = edges
    here, there = _turns(first), _turns(second)
    # Clocks that rest on these sessions themselves tell nothing of them: then both are taken to be set. Monitors that
    # look each minute would give a clock that is a minute wrong.
    confirmed = clock is not None and clock.pairs >= IMMEDIATE
    begun = clock.all_to_inside(first.times["start"]) if clock and confirmed else first.times["start"]
    begun = np.where(here.number > 1, first.times["start"], begun)
    near = np.abs(second.times["start"][other] - begun[one]) <= np.minimum(here.room[one], there.room[other])
    in_turn: Truth = near & (here.turn[one] == there.turn[other]) & (here.number[one] == there.number[other])
    return in_turn


class _Turns(NamedTuple):
    """Of each session of a side: what number it is among those of its client, of how many, and how near the next is."""

    turn: Times
    number: Times
    room: Times
    """Half the time to the nearest other one, ns; `MOMENT` at most."""


def _turns(side: Side) -> _Turns:
    """Count the sessions of each client in the order in which they begin."""
    start = side.times["start"]
    order = np.lexsort((start, side.client))
    _, begins, place, count = np.unique(side.client[order], return_index=True, return_inverse=True, return_counts=True)
    gaps = np.where(np.diff(place) == 0, np.diff(start[order]) // 2, MOMENT)
    room = np.minimum(np.append(gaps, MOMENT), np.insert(gaps, 0, MOMENT))[: len(order)]
    turns = np.empty((3, len(order)), np.int64)
    turns[:, order] = np.arange(len(order)) - begins[place], count[place], np.minimum(room, MOMENT)
    return _Turns(*turns)


def _unlike_clients(first: Side, second: Side, edges: Edges) -> Truth:
    """Where the clients differ although both sides know both addresses: neither was translated."""
    one, other = edges
    at_home = np.isin(first.client, second.client)[one] & np.isin(second.client, first.client)[other]
    unlike: Truth = at_home & (first.client[one] != second.client[other])
    return unlike


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
