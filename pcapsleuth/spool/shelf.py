"""The sessions of a report, put away: what `report` reads them from."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from operator import mul

import numpy as np
import orjson

from pcapsleuth.compare.difference import Difference
from pcapsleuth.compare.pair import Pair
from pcapsleuth.detect.finding import Finding
from pcapsleuth.report.model import Brief, PairResult, SessionFacts, SessionKey
from pcapsleuth.report.session import describe, facts
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.smtp.outcome import OUTCOMES
from pcapsleuth.spool.numbering import Numbers
from pcapsleuth.spool.packing import pack, unpack
from pcapsleuth.spool.store import Spool

_PLACE = {outcome: place for place, outcome in enumerate(OUTCOMES)}
_FLAGS = (8, 16, 32, 64, 128)
"""Comparable, partial, TLS, idle, offered; of a session that delivered, and so was not idle, refused in its place."""


@cache
def _of_byte(byte: int) -> SessionFacts:
    """The facts that a byte stands for."""
    outcome = OUTCOMES[byte & 7]
    comparable, partial, tls, either, offered = (bool(byte & flag) for flag in _FLAGS)
    refused = either and outcome == "delivered"
    return SessionFacts(outcome, comparable, partial, tls, either and not refused, offered, refused)


@cache
def _byte_of(one: SessionFacts) -> int:
    """The byte that stands for facts."""
    flags = one.comparable, one.partial, one.tls, one.idle or one.refused, one.offered
    byte: int = _PLACE.get(one.outcome, _PLACE["unknown"]) | sum(map(mul, flags, _FLAGS))
    return byte


class Facts:
    """The facts of all sessions of a side, one byte each."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def put(self, index: int, one: SessionFacts) -> None:
        """Remember the facts of a session."""
        if index >= len(self._bytes):
            self._bytes.extend(bytes(index + 1 - len(self._bytes)))
        self._bytes[index] = _byte_of(one)

    def join(self, other: Facts, numbers: Numbers) -> None:
        """Take what another process kept; `numbers` has the numbers of its sessions here."""
        missing = max(numbers, default=-1) + 1 - len(self._bytes)
        self._bytes.extend(bytes(max(missing, 0)))
        keys = np.asarray(numbers, np.int64)[: len(other._bytes)]
        np.frombuffer(self._bytes, np.uint8)[keys] = np.frombuffer(other._bytes, np.uint8)

    def get(self, index: int) -> SessionFacts:
        """Read them again."""
        return _of_byte(self._bytes[index])


class Documents:
    """The sessions of a single capture, kept as the JSON they will be, but for the head with their number."""

    def __init__(self, side: str = "single") -> None:
        self._side = side
        self._begin = b'{"side":"%s","index":' % side.encode()
        self._spool = Spool()
        self._facts = Facts()

    def put(self, dialogue: Dialogue) -> SessionFacts:
        """Put a session away and return its facts."""
        index = dialogue.connection.index
        known = facts(dialogue)
        document = orjson.dumps(describe(dialogue, self._side, None, known))
        self._spool.put(index, document[len(self._head(index)) :])
        self._facts.put(index, known)
        return known

    def join(self, other: Documents, numbers: Numbers) -> None:
        """Take what another process put away; `numbers` has the numbers of its sessions here."""
        self._spool.join(other._spool, numbers)
        self._facts.join(other._facts, numbers)

    def _head(self, index: int) -> bytes:
        """How the session object begins: it names the session."""
        return b"%s%d" % (self._begin, index)

    def __iter__(self) -> Iterator[SessionKey]:
        """Name the sessions in order."""
        return ((self._side, index) for index in self._spool)

    def __len__(self) -> int:
        """Count them."""
        return len(self._spool)

    def facts(self, key: SessionKey) -> SessionFacts:
        """The facts at hand."""
        return self._facts.get(key[1])

    def json(self, key: SessionKey) -> bytes:
        """The session object."""
        return self._head(key[1]) + self._spool.get(key[1])


class Dialogues:
    """The sessions of one side of a comparison, kept so that they can be compared."""

    def __init__(self) -> None:
        self._spool = Spool()
        self._facts = Facts()

    def put(self, dialogue: Dialogue) -> None:
        """Put a session away."""
        index = dialogue.connection.index
        self._spool.put(index, pack(dialogue))
        self._facts.put(index, facts(dialogue))

    def join(self, other: Dialogues, numbers: Numbers) -> None:
        """Take what another process put away; `numbers` has the numbers of its sessions here."""
        self._spool.join(other._spool, numbers)
        self._facts.join(other._facts, numbers)

    def load(self, index: int) -> Dialogue:
        """Read a session again; the number that it was put away with may have been that of a share."""
        dialogue = unpack(self._spool.get(index))
        dialogue.connection.index = index
        return dialogue

    def facts(self, index: int) -> SessionFacts:
        """The facts at hand."""
        return self._facts.get(index)

    def __contains__(self, index: int) -> bool:
        """Whether there is such a session."""
        return index in self._spool

    def __iter__(self) -> Iterator[int]:
        """The indices in order."""
        return iter(self._spool)

    def __len__(self) -> int:
        """Count them."""
        return len(self._spool)


class BothSides:
    """The sessions of a comparison; their JSON is made when asked for: only the pairing says which way they run."""

    def __init__(
        self,
        sides: Mapping[str, Dialogues],
        directions: Mapping[SessionKey, str | None],
        chosen: set[SessionKey] | None = None,
    ) -> None:
        """`chosen`: the sessions that the report is of, if not all."""
        self._sides = sides
        self._directions = directions
        self._chosen = chosen

    def __iter__(self) -> Iterator[SessionKey]:
        """Name the sessions in order, those that were chosen."""
        keys = ((side, index) for side, dialogues in self._sides.items() for index in dialogues)
        return (key for key in keys if self._chosen is None or key in self._chosen)

    def facts(self, key: SessionKey) -> SessionFacts:
        """The facts at hand."""
        return self._sides[key[0]].facts(key[1])

    def json(self, key: SessionKey) -> bytes:
        """The session object."""
        side, index = key
        dialogues = self._sides[side]
        return orjson.dumps(describe(dialogues.load(index), side, self._directions.get(key), dialogues.facts(index)))


class Differences:
    """The pairs of a comparison; their differences are read back one pair at a time."""

    def __init__(self) -> None:
        self._pairs: list[Pair] = []
        self._spool = Spool()

    def put(self, pair: Pair, differences: Sequence[Difference]) -> None:
        """Put a pair away; pairs come by outside index."""
        if differences:
            self._spool.put(len(self._pairs), pickle.dumps(tuple(differences), pickle.HIGHEST_PROTOCOL))
        self._pairs.append(pair)

    def matches(self) -> Iterator[Pair]:
        """The pairs without their differences."""
        return iter(self._pairs)

    def __iter__(self) -> Iterator[PairResult]:
        """Read the pairs one after the other."""
        for place, pair in enumerate(self._pairs):
            differences = pickle.loads(self._spool.get(place)) if place in self._spool else ()  # noqa: S301  our own file
            yield PairResult(pair, differences)

    def __len__(self) -> int:
        """Count them."""
        return len(self._pairs)


class Conclusions(list[Finding]):
    """The findings of a report, in order."""

    def briefs(self) -> Iterator[Brief]:
        """All of them without their proof."""
        return (
            Brief(one.name, one.severity, one.where, one.effect, one.outside, one.inside, one.session, one.confidence)
            for one in self
        )
