"""Name the device: collect what it did, pair by pair, then hold every profile against it.

identifier = Identifier(profiles)
for pair in pairs:                     # in order of the outside index, so that the result is always the same
    identifier.feed(comparison, findings_of_the_pair)
devices = identifier.devices()

Only what was done between the two points counts. What both captures show alike was done elsewhere and is said to be;
a single capture (`look`) proves an editor somewhere between it and the server, never which box.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.finding import Confidence, Finding, Severity, Where
from pcapsleuth.devices import onesided
from pcapsleuth.devices.apart import differences
from pcapsleuth.devices.doing import Doing
from pcapsleuth.devices.event import CONNECTION, END, GREETING, LIMIT, MASKED, RECEIVED, SYN, TCP, VERB, Event
from pcapsleuth.devices.fit import CERTAIN, Fit, fit
from pcapsleuth.devices.looks import MASKS, MOST, Looks
from pcapsleuth.devices.observed import events
from pcapsleuth.devices.reasons import against, in_person, kind, listed, why
from pcapsleuth.devices.remedies import PROTECTED, remedies, subject
from pcapsleuth.devices.treatments import doings
from pcapsleuth.devices.unmasked import unmasked
from pcapsleuth.profiles.profile import Profile, Sure
from pcapsleuth.smtp.dialogue import Dialogue

ANYBODYS = (TCP, CONNECTION, SYN)
"""What any firewall, proxy or rule may do: alone it names nobody."""

TRANSPORT = ("proxy-in-path", "data-retransmitted", "duplicate-message", "tcp-altered", "char-mode-client")
"""What findings say of the way and not of what was said."""

HOSTS = 5
RIVALS = 3
LIMITED = "limit-exceeded:"
PROXY = "proxy-in-path"
GREETINGS = "reply-injected"


@dataclass(frozen=True, slots=True)
class Device:
    """A device that would have done what was seen."""

    profile: Profile
    confidence: Confidence
    why: tuple[str, ...]
    remedies: tuple[Mapping[str, object], ...]
    where: Where = Where.BETWEEN
    siblings: tuple[str, ...] = ()
    """Profiles that cannot be told from it by what was seen."""

    def json(self) -> dict[str, object]:
        """The object of the document."""
        return {
            "profile": self.profile.id,
            "name": self.profile.name,
            "confidence": str(self.confidence),
            "why": list(self.why),
            "remedies": [dict(remedy) for remedy in self.remedies],
            "where": str(self.where),
            "siblings": list(self.siblings),
        }


@dataclass
class Identifier:
    """Collects what was done; its memory does not grow with the traffic."""

    profiles: Mapping[str, Profile]
    _between: dict[Event, int] = field(default_factory=dict)
    _marks: dict[Event, int] = field(default_factory=dict)
    _single: bool = False
    _names: set[str] = field(default_factory=set)
    _needed: set[str] = field(default_factory=set)
    _hosts: list[str] = field(default_factory=list)
    _looks: Looks = field(default_factory=Looks)
    _kinds: Counter[tuple[int, str]] = field(default_factory=Counter)

    def feed(self, comparison: Comparison, findings: Sequence[Finding]) -> None:
        """Take a pair with its findings; one without findings between the points says nothing."""
        for event in _alike(comparison):
            self._keep(self._marks, event)
        names = {found.name for found in findings if _counts(found)}
        if not names:
            return
        self._names |= names
        self._needed |= {name for name in names if subject(name) in PROTECTED and _exchange(comparison)}
        self._host(comparison)
        limits = [subject(name) for name in names if name.startswith(LIMITED)]
        for event in _told(comparison, findings):
            if not (limits and _ended(event)):
                self._keep(self._between, event)
        for what in sorted(limits):
            self._keep(self._between, Event(LIMIT, what, b"", None))

    def feed_case(self, findings: Iterable[Finding]) -> None:
        """Take the findings of all sessions: connections that did not come about, and what else a remedy cures."""
        for found in findings:
            if not _counts(found):
                continue
            if found.label == "esmtp-downgraded":
                self._names.add(found.name)
            if found.label == "connection-blocked":
                self._names.add(found.name)
                self._keep(self._between, Event(SYN, "", b"SYN", None))

    def feed_alone(self, dialogue: Dialogue) -> None:
        """Take a session of the client's side of which the other capture, though it covers it, has nothing.

        Somebody between greeted the client without asking the server.
        """
        for event in onesided.marks(dialogue):
            if event.element == GREETING and (event.went or b"")[:1] in (b"4", b"5"):
                self._names.add(f"{GREETINGS}:GREETING")
                self._keep(self._between, Event(GREETING, "", None, None, event.went))

    def look(self, dialogue: Dialogue) -> None:
        """Take a session of a single observation point."""
        self._single = True
        self._looks.take(dialogue)

    def join(self, other: Identifier, numbers: Sequence[int]) -> None:
        """Take what another process saw of single sessions; `numbers` has their numbers here."""
        self._single |= other._single
        self._looks.join(other._looks, numbers)

    @property
    def idle(self) -> bool:
        """Whether nothing was collected that could name anybody: the profiles are not needed."""
        return not self._between and not self._marks and not self._looks

    def devices(self) -> list[Device]:
        """Name the devices, best first; nothing where nothing was done."""
        if self._single:
            return self._elsewhere()
        changed = [event for event in self._between if event.changed]
        telling = [event for event in changed if event.element not in ANYBODYS]
        found = self._named(self._between) if telling else []
        return found + self._elsewhere()

    def _keep(self, store: dict[Event, int], event: Event) -> None:
        """Count an event, if it is known or there is room."""
        if event not in store:
            kind = id(store), event.element
            if self._kinds[kind] >= MOST:
                return
            self._kinds[kind] += 1
        store[event] = store.get(event, 0) + 1

    def _host(self, comparison: Comparison) -> None:
        """Remember who talked to whom, with the addresses inside."""
        connection = comparison.inside.dialogue.connection
        words = f"{connection.client.address} -> {connection.server.address}"
        if words not in self._hosts and len(self._hosts) < HOSTS:
            self._hosts.append(words)

    def _named(self, seen: Mapping[Event, int]) -> list[Device]:
        """The profiles that fit best what was done between the points."""
        fits = _ranked([fit(profile, seen) for profile in self.profiles.values()])
        return [
            Device(
                one.profile,
                _confidence(one, siblings),
                (*why(one), *_apart(one, siblings), *_rivals(one, siblings, fits)),
                self._remedies(one),
                siblings=tuple(other.profile.id for other in siblings if other is not one),
            )
            for siblings in (_best(fits),)
            for one in siblings
        ]

    def _remedies(self, one: Fit) -> tuple[Mapping[str, object], ...]:
        """What ends it on this device; nothing where all that speaks for the device is what anybody's does."""
        if all(event.element in ANYBODYS for event in one.explained):
            return ()
        harms = [name for name in self._names if not name.startswith(PROXY)]
        return tuple(remedies(one.profile, harms, self._needed, self._hosts))

    def _elsewhere(self) -> list[Device]:
        """The profiles whose marks one capture alone (or both alike) shows."""
        seen = self._seen_alone()
        if not any(event.changed for event in seen):
            return []
        siblings = _best(_ranked([fit(profile, seen, _by_marks) for profile in self.profiles.values()]))
        hint = [line for server, texts in self._looks.said().items() for line in unmasked(server, texts)]
        where, place = self._place(seen)
        unseen = f"{place}; which box it is cannot be seen from here"
        return [
            Device(
                one.profile,
                _confidence(one, siblings),
                (*(in_person(one) or (f"{kind(one)} {unseen}", *why(one))), *_apart(one, siblings), *hint),
                (),
                where,
                tuple(other.profile.id for other in siblings if other is not one),
            )
            for one in siblings
        ]

    def _place(self, seen: Iterable[Event]) -> tuple[Where, str]:
        """Say where an editor stands whose marks one capture alone shows, or both alike."""
        received = {event.detail == RECEIVED for event in seen if event.changed}
        if received == {True}:
            return Where.CLIENT_SIDE, self._side("client")
        if received == {False}:
            return Where.SERVER_SIDE, self._side("server")
        return Where.UNKNOWN, "on the path"

    def _side(self, end: str) -> str:
        """Where one end is, seen from where the captures were made."""
        return f"between this point and the {end}" if self._single else f"on the {end}'s side of both points"

    def _seen_alone(self) -> list[Event]:
        """What one capture alone shows: marks that some profile leaves, and what passed unmarked."""
        makers = [doing for profile in self.profiles.values() for doing in doings(profile)]
        return [event for event in (*self._marks, *self._looks) if not event.changed or _marked(event, makers)]


def _alike(comparison: Comparison) -> Iterator[Event]:
    """The marks that both captures of a pair show alike: made behind both points, or before both.

    A row of X's that may be any verb is not one of them: people type such things.
    """
    yield from (event for event in onesided.marks(comparison.server.dialogue) if event.detail == MASKED)
    dialogue = comparison.client.dialogue
    if any(mask in dialogue.blob for mask in MASKS):
        yield from (event for event in onesided.marks(dialogue) if event.detail == RECEIVED and event.name)


def _told(comparison: Comparison, findings: Sequence[Finding]) -> Iterator[Event]:
    """The events of a pair; of a proxy that is said to change nothing, what tells may be what a capture lost."""
    told = any(found.where is Where.BETWEEN and not found.label.startswith(TRANSPORT) for found in findings)
    return (event for event in events(comparison) if told or not event.changed or event.element in ANYBODYS)


def _ended(event: Event) -> bool:
    """Tell whether an event is what the end of a session looks like, of which a limit is the reason."""
    lost = event.element in (VERB, END) and event.went is None and event.answer is None
    return bool(event.reset) or lost


def _counts(found: Finding) -> bool:
    """Tell whether a finding says that something was done between the two points."""
    return found.where is Where.BETWEEN and (found.severity is not Severity.INFO or found.label == PROXY)


def _exchange(comparison: Comparison) -> bool:
    """Tell whether both ends are Exchange: the server offers its verbs, and the client used one."""
    offers = any(
        line.keyword.decode("latin-1") in PROTECTED
        for sent, _, lines in comparison.keyword_lists
        for line in (match.sent for match in lines)
        if line is not None
    )
    return offers and any(row.word.decode("latin-1") in PROTECTED for _, row in comparison.client.dialogue.commands())


def _marked(event: Event, makers: Iterable[Doing]) -> bool:
    """Tell whether an event of one side is masked, or is the text of some product."""
    return event.detail in onesided.MARKED or any(doing.marks(event) for doing in makers)


def _by_marks(doing: Doing, event: Event) -> bool:
    """How a treatment looks at one side."""
    return doing.marks(event)


def _ranked(fits: Iterable[Fit]) -> list[Fit]:
    """Fits that explain more than sequence numbers, and not by inferences with an if alone.

    Best first; of equal ones those that need the fewest accidents before the others, the rare ones last, and those that
    need the fewest excuses before the others.
    """
    found = [
        one
        for one in fits
        if any(event.element != TCP and not _guessed(doing) for event, doing in one.explained.items())
    ]
    return sorted(found, key=_rank)


def _rank(one: Fit) -> tuple[int | bool | str, ...]:
    """The place of a fit among others."""
    return -one.score, -one.telling, len(one.strayed), one.profile.rare, one.excused, one.profile.id


def _guessed(doing: Doing) -> bool:
    """Tell whether a treatment is inferred, and of some cases only."""
    return doing.spec.sure is Sure.INFERRED and bool(doing.spec.unless)


def _best(fits: Sequence[Fit]) -> list[Fit]:
    """The best fit and those that cannot be told from it; nobody where what is recalled would decide.

    Who may say anything is told by words that are a product's own.
    """
    if not fits or fits[0].score <= 0:
        return []
    own = [event for event, doing in fits[0].explained.items() if _in_own_words(doing, event)]
    alike = (one for one in fits if one.shape == fits[0].shape)
    return [one for one in alike if all(_in_own_words(one.explained.get(event), event) for event in own)]


def _in_own_words(doing: Doing | None, event: Event) -> bool:
    """Tell whether a treatment explains an event by a text that nobody else has."""
    return doing is not None and doing.own_words > 1 and doing.marks(event)


def _confidence(one: Fit, siblings: Sequence[Fit]) -> Confidence:
    """Likely where a handwriting was seen and nothing speaks against it; never proven."""
    makers = {other.profile.vendor for other in siblings if not _recalled(other)}
    sure = one.telling >= CERTAIN and not one.cost and not _recalled(one) and len(makers) == 1
    return Confidence.LIKELY if sure else Confidence.POSSIBLE


def _recalled(one: Fit) -> bool:
    """Tell whether nothing but recollection speaks for a profile."""
    return all(doing.spec.sure is Sure.RECALLED for doing in one.explained.values())


def _apart(one: Fit, siblings: Sequence[Fit]) -> list[str]:
    """Say from which it cannot be told, and what would."""
    lines = []
    for other in siblings:
        if other is not one:
            probes = differences(doings(one.profile), doings(other.profile))
            settles = f"it would be told by {' or '.join(probes[:2])}" if probes else "nothing on the wire tells them"
            lines.append(f"cannot be told from {other.profile.name} here; {settles}")
    return lines


def _rivals(one: Fit, siblings: Sequence[Fit], fits: Sequence[Fit]) -> list[str]:
    """Say why it is not one of those that come next."""
    others = [other for other in fits if other not in siblings and other.telling > 1 and other.cost]
    others.sort(key=lambda other: other.profile.vendor != one.profile.vendor)
    return [f"not {other.profile.name}: {listed(against(other))}" for other in others[:RIVALS]]
