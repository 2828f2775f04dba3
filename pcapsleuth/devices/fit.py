"""How well a profile fits what was seen: what it explains, what it cannot have done, what would not have passed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from pcapsleuth.devices.doing import Doing
from pcapsleuth.devices.event import (
    BODY,
    CONNECTION,
    END,
    GREETING,
    HEADER,
    KEYWORD,
    LIMIT,
    REPLY,
    RESET,
    SYN,
    TCP,
    TLS,
    VERB,
    Event,
)
from pcapsleuth.devices.treatments import doings
from pcapsleuth.profiles.profile import Family, Profile, Sure

WORTH = {Sure.DOCUMENTED: 4, Sure.REPORTED: 3, Sure.INFERRED: 3, Sure.RECALLED: 0}
"""What is recalled only counts for nothing: it never decides."""

UNEXPLAINED = {
    GREETING: 8,
    KEYWORD: 8,
    VERB: 8,
    REPLY: 4,
    RESET: 8,
    SYN: 2,
    BODY: 4,
    HEADER: 2,
    TCP: 0,
    LIMIT: 2,
    CONNECTION: 12,
    TLS: 8,
    END: 4,
}
"""What it costs a profile that something of this kind happened which it does not do. Any firewall may change TCP."""

LAWFUL = {REPLY: 0, VERB: 2, KEYWORD: 4, GREETING: 6, HEADER: 0, BODY: 2, TLS: 8}
"""The same for a proxy, whose dialogue is its own by nature; for a relay nearly all of it is free."""

PASSED = 8
"""What it costs that something passed which the device would have treated."""

CERTAIN = 4
"""How much telling evidence makes a device likely."""


@dataclass
class Fit:
    """A profile held against what was seen."""

    profile: Profile
    explained: dict[Event, Doing] = field(default_factory=dict)
    unexplained: list[Event] = field(default_factory=list)
    passed: list[Event] = field(default_factory=list)
    """Events that it would not have let pass untouched."""
    doubted: list[Event] = field(default_factory=list)
    """The same of what is only recalled: it costs nothing, but it tells profiles apart."""
    excused: int = 0
    """How many kinds of things passed which it treats, for which there is an `unless`."""

    @property
    def telling(self) -> int:
        """How much the explained events tell, each treatment counted once; what is recalled tells nothing."""
        best: dict[Doing, int] = {}
        for event, doing in self.explained.items():
            if doing.spec.sure is not Sure.RECALLED:
                best[doing] = max(best.get(doing, 0), doing.telling(event))
        return sum(best.values())

    @property
    def score(self) -> int:
        """The balance of what speaks for it and against it."""
        best: dict[Doing, int] = {}
        for event, doing in self.explained.items():
            best[doing] = max(best.get(doing, 0), doing.telling(event) * WORTH[doing.spec.sure])
        return sum(best.values()) - self.cost

    @property
    def cost(self) -> int:
        """What speaks against it; each kind of thing counts once."""
        left = {event.element for event in self.unexplained}
        if any(event.element == CONNECTION for event in self.explained):
            # A proxy that waits for a slow server, or scans a large message, looks like a relay for once.
            left.discard(CONNECTION)
        passed = {event.element for event in self.passed}
        return sum(self.price(element) for element in left) + PASSED * len(passed)

    @property
    def strayed(self) -> list[Event]:
        """The events that it explains by an accident."""
        return [event for event, doing in self.explained.items() if doing.strays(event)]

    @property
    def shape(self) -> tuple[frozenset[Event], ...]:
        """Profiles of one shape cannot be told apart by what was seen."""
        explained = (event for event in self.explained if UNEXPLAINED[event.element])
        unexplained = (event for event in self.unexplained if self.price(event.element))
        parts = explained, self.strayed, unexplained, self.passed + self.doubted
        return tuple(frozenset(part) for part in parts)

    def price(self, element: str) -> int:
        """What an unexplained event costs."""
        if self.profile.connection is Family.RELAY and element in LAWFUL:
            return 2 * (element == GREETING)
        if self.profile.connection is Family.PROXY and element in LAWFUL:
            return LAWFUL[element]
        return UNEXPLAINED[element]


def by_explaining(doing: Doing, event: Event) -> bool:
    """Ask a treatment whether a change is its doing, where both sides are known."""
    return doing.explains(event)


def fit(profile: Profile, events: Collection[Event], explains: Callable[[Doing, Event], bool] = by_explaining) -> Fit:
    """Hold a profile against events."""
    what = doings(profile)
    result = Fit(profile)
    for event in events:
        if event.changed:
            _explain(result, event, [doing for doing in what if explains(doing, event)])
    seen = set(result.explained.values())
    bound = [doing for doing in what if not doing.spec.unless or (doing.steady and doing in seen)]
    passed = [event for event in events if not event.changed]
    for event in passed:
        _doubt(result, event, {doing.spec.sure for doing in bound if doing.concerns(event)})
    excused = {doing.element for doing in what if doing not in bound and any(map(doing.concerns, passed))}
    result.excused = len(excused)
    return result


def _explain(result: Fit, event: Event, doers: list[Doing]) -> None:
    """Take note of who changed something: the best known and most telling doing."""
    if doers:
        result.explained[event] = max(doers, key=lambda doing: (WORTH[doing.spec.sure], doing.telling(event)))
    else:
        result.unexplained.append(event)


def _doubt(result: Fit, event: Event, marks: set[Sure]) -> None:
    """Take note of what passed although the device would have touched it."""
    if marks:
        (result.doubted if marks == {Sure.RECALLED} else result.passed).append(event)
