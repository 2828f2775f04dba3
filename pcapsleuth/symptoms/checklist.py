"""The checklist: fed session by session, it keeps a number for each and says at the end what is seen.

checklist = Checklist(compared=True)
for session in sessions:                        # in the order of the report
    checklist.feed(place, client, server, outcome, findings, inbound=True)
symptoms = checklist.judge(all_findings)        # in the order of the report: positions refer to it
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pcapsleuth.detect.finding import Confidence, Effect, Finding, Place, Severity, Where
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.symptoms import captures
from pcapsleuth.symptoms.facts import TESTED, TYPED, Fact, facts
from pcapsleuth.symptoms.madeup import MadeUp, tests
from pcapsleuth.symptoms.peers import Peers
from pcapsleuth.symptoms.symptom import CANNOT_TELL, NOT_SEEN, SEEN, Symptom
from pcapsleuth.symptoms.table import TABLE, Blind, Entry, Way

TESTS = 10
"""Made-up verbs that are told."""

SHOWN = 6
RARE = (Fact.BARE_OK | Fact.BODY_TYPE | Fact.ECHOED).value
"""Facts that bear witness without a finding: their sessions are remembered."""

UNHEARD = Blind("no session shows a greeting, a command and its reply", captures.BOTH, without=Fact.HEARD)


class Checklist:
    """Collects what bears on the symptoms; a few bytes for each session that has findings."""

    def __init__(self, *, compared: bool) -> None:
        """`compared`: there are two sides."""
        self.tests: list[MadeUp] = []
        self._compared = compared
        self._facts: dict[Place, int] = {}
        self._kinds: Counter[int] = Counter()
        self._peers = Peers()

    def feed(
        self,
        place: Place,
        client: Dialogue,
        server: Dialogue,
        outcome: str,
        findings: Sequence[Finding] = (),
        *,
        inbound: bool = True,
    ) -> None:
        """Take a session, with the findings that are said of it alone."""
        found = facts(client, server, outcome, findings, inbound=inbound)
        self._kinds[found] += 1
        if found & RARE or findings:
            self._facts[place] = found
        if found & TESTED:
            self._tell(tests(client, place, findings, pair=self._compared))
        if not self._compared:
            return
        blamed = any(_matters(one) and one.effect is not Effect.NONE_SEEN for one in findings)
        if outcome == "delivered" or (blamed and not found & (TESTED | TYPED)):
            self._peers.feed(client, findings, failed=outcome != "delivered")

    def join(self, other: Checklist, numbers: Sequence[int]) -> None:
        """Take what another process collected of a single capture; `numbers` has the numbers of its sessions here."""
        self._kinds.update(other._kinds)
        self._facts.update((_renumbered(place, numbers), found) for place, found in other._facts.items())
        self._tell(one._replace(place=_renumbered(one.place, numbers)) for one in other.tests)

    def _tell(self, more: Iterable[MadeUp]) -> None:
        """Keep the first made-up verbs, whatever the order in which sessions are told."""
        self.tests = sorted([*self.tests, *more], key=lambda one: [-1 if n is None else n for n in one.place])[:TESTS]

    def judge(self, findings: Sequence[Finding]) -> tuple[Symptom, ...]:
        """Say of every symptom whether it is seen."""
        by_name: dict[str, list[int]] = defaultdict(list)
        for position, one in enumerate(findings):
            by_name[one.name].append(position)
            if one.subject is not None:
                by_name[one.label].append(position)
        return tuple(
            self._domains(findings) if entry.id == "S5" else self._judge(entry, findings, by_name) for entry in TABLE
        )

    def _judge(self, entry: Entry, findings: Sequence[Finding], by_name: Mapping[str, list[int]]) -> Symptom:
        """One symptom by its row of the table."""
        told: dict[str, list[Place]] = defaultdict(list)
        witnesses: list[int] = []
        for way in entry.ways:
            places, positions = self._seen(way, findings, by_name)
            if places:
                told[way.said] += places
                witnesses += positions
        if told:
            why = "; ".join(f"{said} ({_sessions(places)})" for said, places in told.items())
            return Symptom(entry.id, SEEN, why, tuple(sorted(set(witnesses))))
        for blind in (*entry.blind, UNHEARD):
            if self._blind(blind):
                return Symptom(entry.id, CANNOT_TELL, blind.said, ask=blind.ask)
        return Symptom(entry.id, NOT_SEEN, entry.absent)

    def _seen(
        self, way: Way, findings: Sequence[Finding], by_name: Mapping[str, list[int]]
    ) -> tuple[list[Place], list[int]]:
        """The sessions that show a symptom in one way, and the findings that say so."""
        if not way.labels:
            return [place for place, found in self._facts.items() if _fits(way, Fact(found))], []
        positions = [
            position
            for label in way.labels
            for position in by_name.get(label, ())
            if _says(way, findings[position]) and _fits(way, self._known(findings[position]))
        ]
        return list(dict.fromkeys(findings[position].place for position in positions)), positions

    def _known(self, finding: Finding) -> Fact:
        """What is known of the session of a finding; of one without partner, only on which side it is."""
        alone = 0 if finding.outside is None and finding.session is None else Fact.INBOUND.value
        return Fact(self._facts.get(finding.place, alone))

    def _blind(self, blind: Blind) -> bool:
        """Tell whether something leaves a symptom open."""
        if blind.single and self._compared:
            return False
        missing = not blind.without or not any(found & blind.without for found in self._kinds)
        there = not blind.when or any(found & blind.when for found in self._kinds)
        return missing and there

    def _domains(self, findings: Sequence[Finding]) -> Symptom:
        """Mail to or from certain domains: what those that fail have in common."""
        peers = self._peers
        common = peers.common()
        if common:
            blamed = [n for n, one in enumerate(findings) if _matters(one) and one.effect is not Effect.NONE_SEEN]
            return Symptom("S5", SEEN, f"all {peers.failed:,} that fail have {', '.join(common)}", tuple(blamed))
        if not self._compared:
            return Symptom("S5", CANNOT_TELL, "one side does not show why a session fails", ask=captures.BOTH)
        if self._blind(UNHEARD):
            return Symptom("S5", CANNOT_TELL, UNHEARD.said, ask=UNHEARD.ask)
        if peers.failed and (peers.failed < 2 or not peers.delivered):  # noqa: PLR2004  see peers
            why = "too few sessions fail, or none went through to compare them with"
            return Symptom("S5", CANNOT_TELL, why, ask=captures.SEVERAL)
        return Symptom("S5", NOT_SEEN, next(entry.absent for entry in TABLE if entry.id == "S5"))


def _matters(finding: Finding) -> bool:
    """Tell whether a finding is more than information."""
    return finding.severity is not Severity.INFO


def _says(way: Way, finding: Finding) -> bool:
    """Tell whether a finding counts: what one capture only suspects or a client repeats by itself does not."""
    repeated = finding.label == "duplicate-message" and finding.where is Where.CLIENT_SIDE
    suspected = finding.session is not None and finding.confidence is Confidence.POSSIBLE
    return _matters(finding) is not way.quiet and not repeated and not suspected


def _fits(way: Way, found: Fact) -> bool:
    """Tell whether a session has what a way needs."""
    return found & way.needs == way.needs and not found & way.unless


def _renumbered(place: Place, numbers: Sequence[int]) -> Place:
    """The place of a session of a single capture under its other number."""
    outside, inside, session = place
    return outside, inside, None if session is None else numbers[session]


def _sessions(places: Iterable[Place]) -> str:
    """Write `2 sessions: #0 #4`."""
    numbers = sorted({next((n for n in place if n is not None), 0) for place in places})
    text = " ".join(f"#{n}" for n in numbers[:SHOWN])
    more = f" and {len(numbers) - SHOWN:,} more" if len(numbers) > SHOWN else ""
    return f"{text}{more}"
