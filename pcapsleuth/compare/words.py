"""The reasons of a pair in plain words."""

from __future__ import annotations

from pcapsleuth.compare.agreement import agreement
from pcapsleuth.compare.candidates import Edges
from pcapsleuth.compare.columns import Side
from pcapsleuth.compare.evidence import FEATURES, Learned
from pcapsleuth.compare.pair import Clock
from pcapsleuth.compare.timing import IMMEDIATE, UNKNOWN, tolerance

MILLISECOND = 1_000_000
SECOND = 1_000_000_000
BOTH = (
    ("client_isn", "server_isn", "same initial sequence numbers"),
    ("client_timestamp", "server_timestamp", "same TCP timestamp values"),
)
"""What is said in one breath."""


class Reasons:
    """What the pairs of a solution agree in."""

    def __init__(self, first: Side, second: Side, edges: Edges, learned: Learned, clock: Clock | None) -> None:
        self._agree = {feature.name: agreement(first, second, edges, feature.name)[0].tolist() for feature in FEATURES}
        same_client = first.client[edges.first] == second.client[edges.second]
        same_port = first.client_port[edges.first] == second.client_port[edges.second]
        self._client, self._port = same_client.tolist(), same_port.tolist()
        server, there = first.server[edges.first], second.server[edges.second]
        self._server = (server == there).tolist()
        self._mapped = (learned.servers[server] == there).tolist() if len(learned.servers) else [False] * len(there)
        self._clock = clock

    def of(self, number: int, gap: int) -> tuple[str, ...]:
        """The reasons of one pair, best first."""
        agree = {name: values[number] for name, values in self._agree.items()}
        words = []
        if self._client[number] and self._port[number]:
            words.append("same client address and port")
        for one, other, text in BOTH:
            if agree[one] and agree[other]:
                words.append(text)
                agree[one] = agree[other] = False
        if agree["greeting"] or agree["envelope"]:
            agree["greeting_length"] = False
        words += [feature.words for feature in FEATURES if agree[feature.name]]
        words += self._weaker(number, gap)
        return tuple(words) or ("nothing but the order in time",)

    def _weaker(self, number: int, gap: int) -> list[str]:
        """Addresses in part, and time."""
        words = []
        if self._port[number] and not self._client[number]:
            words.append("same client port")
        if self._server[number]:
            words.append("same server address")
        elif self._mapped[number]:
            words.append("server address translated as in other pairs")
        clock = self._clock
        if clock is not None and clock.pairs >= IMMEDIATE and gap != UNKNOWN:
            words.append(_apart(gap) if gap > tolerance(clock) else "same time after clock correction")
        return words


def _apart(gap: int) -> str:
    if gap >= SECOND:
        return f"{gap // SECOND} s apart after clock correction"
    tenths = gap * 10 // MILLISECOND
    return f"{tenths // 10}.{tenths % 10} ms apart after clock correction"
