"""The Python interface: from captures to a report.

Everything is read once, in batches; what is finished goes to a private store, and only signatures stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from os import PathLike, fsencode, fspath
from typing import Protocol, cast

from pcapsleuth.capture.account import CaptureAccount
from pcapsleuth.capture.points import Selector
from pcapsleuth.capture.reader import CaptureReader
from pcapsleuth.compare.comparison import Comparison, compare_pair
from pcapsleuth.compare.pair import Pair, Pairing
from pcapsleuth.compare.pairing import pair as pair_sessions
from pcapsleuth.compare.signature import Signature, sign
from pcapsleuth.compare.view import Bounds
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.run import Failure, Outcome, detect_case, detect_pair, detect_session, detect_sessions, review
from pcapsleuth.detect.scope import Scope, Session, Sessions, Side
from pcapsleuth.detect.tries import Try, tries
from pcapsleuth.errors import OptionError
from pcapsleuth.report.escape import escape
from pcapsleuth.report.limits import nothing_chosen, remarks
from pcapsleuth.report.model import Capture, Report, SessionKey
from pcapsleuth.report.selection import Selection
from pcapsleuth.report.verdict import UNDECIDED, judge_report
from pcapsleuth.smtp.builder import DialogueBuilder
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.spool.shelf import BothSides, Conclusions, Dialogues, Differences, Documents
from pcapsleuth.tcp.table import ConnectionTable

Path = str | PathLike[str]

SMTP = (25,)


@dataclass(frozen=True, slots=True)
class Options:
    """What the reader may choose."""

    ports: tuple[int, ...] = SMTP
    """The server ports that are SMTP."""
    selection: Selection = Selection()
    keep_duplicates: bool = False
    """Count frames that the capture holds twice as if they had been sent twice."""


DEFAULT = Options()


class Watch(Protocol):
    """Somebody who wants to know before the end."""

    def read(self, done: int, total: int | None) -> None:
        """So many bytes were read of so many, if anybody knows."""

    def session(self, document: bytes) -> None:
        """A session of a single capture is known, as JSON."""


class _Nobody:
    """Watches nothing."""

    def read(self, done: int, total: int | None) -> None:
        pass

    def session(self, document: bytes) -> None:
        pass


NOBODY = _Nobody()


@dataclass(slots=True)
class _Reading:
    """What reading one set of files gave, besides the dialogues."""

    account: CaptureAccount
    interrupted: bool = False

    @property
    def bounds(self) -> Bounds:
        """When the capture begins and ends."""
        return Bounds(self.account.first or 0, self.account.last or 0)


@dataclass(slots=True)
class _Gathered:
    """What the detectors said so far."""

    findings: list[Finding] = field(default_factory=list)
    failures: Counter[Failure] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """Take the outcome of a run."""
        self.findings.extend(outcome.findings)
        self.failures.update(outcome.failures)

    def told(self) -> tuple[str, ...]:
        """The crashes, a sentence each."""
        return tuple(
            f"The detector {name} failed ({error}), {times:,} times; what it would have said is missing."
            for (name, error), times in sorted(self.failures.items())
        )


def inspect(*captures: Path, options: Options = DEFAULT, watch: Watch = NOBODY) -> Report:
    """Look at the captures of one observation point; several files are one capture, in the order of their time."""
    documents = Documents()
    gathered = _Gathered()
    attempts: list[Try] = []
    seen = Counter[bool]()

    def take(dialogue: Dialogue) -> None:
        chosen = options.selection.matches(dialogue)
        seen[chosen] += 1
        if chosen:
            watch.session(documents.put(dialogue))
            attempts.extend(tries(dialogue))
            gathered.add(detect_session(Session(dialogue.connection.index, dialogue)))

    reading = _read(_paths(captures), None, options, watch, take)
    gathered.add(detect_sessions(Sessions(attempts)))
    account = _capture("single", reading, seen.total())
    if seen and not seen[True]:
        raise OptionError(nothing_chosen(options.selection, [account]))
    report = Report(
        "inspect",
        UNDECIDED,
        (account,),
        documents,
        Differences(),
        Conclusions(review(gathered.findings)),
        failures=gathered.told(),
        interrupted=reading.interrupted,
    )
    return judge_report(report, (0, 0), remarks(report))


def compare(
    outside: Path | Sequence[Path],
    inside: Path | Sequence[Path] = (),
    *,
    points: tuple[str, str] | None = None,
    options: Options = DEFAULT,
    watch: Watch = NOBODY,
) -> Report:
    """Compare the captures of both sides of a device.

    Either give the files of each side, or only those that saw both and, as `points`, the selectors of the outside
    and of the inside (`if:NAME`, `vlan:N`, `mac:ADDR`, `net:CIDR`).
    """
    sides = _Side("outside", options.selection), _Side("inside", options.selection)
    readings = _read_sides(sides, (_paths(outside), _paths(inside)), points, options, watch)
    accounts = [
        _capture(side.name, reading, len(side.dialogues)) for side, reading in zip(sides, readings, strict=True)
    ]
    bounds = readings[0].bounds, readings[1].bounds
    pairing = pair_sessions(sides[0].signatures, sides[1].signatures, *bounds)
    chosen = None
    if options.selection:
        pairing, chosen = _restrict(pairing, sides)
        if not chosen and any(account.sessions for account in accounts):
            raise OptionError(nothing_chosen(options.selection, accounts))
    gathered = _Gathered()
    differences = _compare_pairs(sides, pairing, bounds, gathered)
    gathered.add(_detect_case(sides, pairing, bounds))
    report = Report(
        "compare",
        UNDECIDED,
        tuple(accounts),
        BothSides({side.name: side.dialogues for side in sides}, _directions(pairing), chosen),
        differences,
        Conclusions(review(gathered.findings)),
        pairing.clock,
        failures=gathered.told(),
        interrupted=any(reading.interrupted for reading in readings),
    )
    alone = len(pairing.unpaired_outside), len(pairing.unpaired_inside)
    return judge_report(report, alone, remarks(report, pairing))


class _Side:
    """One side of a comparison: its finished sessions, and what pairing needs of them."""

    def __init__(self, name: str, selection: Selection) -> None:
        self.name = name
        self.dialogues = Dialogues()
        self.by_index: dict[int, Signature] = {}
        self.tries: dict[int, list[Try]] = {}
        self.chosen: set[int] = set()
        self._selection = selection

    @property
    def signatures(self) -> list[Signature]:
        """One a session, by index."""
        return [signature for _, signature in sorted(self.by_index.items())]

    def take(self, dialogue: Dialogue) -> None:
        """Put a finished session away."""
        index = dialogue.connection.index
        self.dialogues.put(dialogue)
        self.by_index[index] = sign(dialogue)
        if attempts := tries(dialogue):
            self.tries[index] = attempts
        if self._selection and self._selection.matches(dialogue):
            self.chosen.add(index)


Sides = tuple[_Side, _Side]


def _paths(given: Path | Sequence[Path]) -> list[str]:
    """Paths as text, one or several."""
    return [fspath(given)] if isinstance(given, str | PathLike) else [fspath(path) for path in given]


def _read(
    paths: list[str],
    points: tuple[Selector, Selector] | None,
    options: Options,
    watch: Watch,
    take: Callable[[Dialogue], None],
) -> _Reading:
    """Read files to their end, or until the reader interrupts: then what there is will be judged."""
    reader = CaptureReader(paths, options.ports, points, progress=watch.read)
    table = ConnectionTable(DialogueBuilder, options.ports, keep_duplicates=options.keep_duplicates)
    reading = _Reading(reader.account)
    try:
        for batch in reader:
            for dialogue in table.feed(batch):
                take(cast(Dialogue, dialogue))
    except KeyboardInterrupt:
        reading.interrupted = True
    for dialogue in table.close():
        take(cast(Dialogue, dialogue))
    return reading


def _read_sides(
    sides: Sides, paths: tuple[list[str], list[str]], points: tuple[str, str] | None, options: Options, watch: Watch
) -> tuple[_Reading, _Reading]:
    """Read both sides, from files of their own or from the same ones."""
    outside, inside = paths
    if points is None:
        if not outside or not inside:
            raise OptionError("Nothing to compare with; give captures of both sides, or two selectors for one file.")
        first = _read(outside, None, options, watch, sides[0].take)
        return first, _read([] if first.interrupted else inside, None, options, watch, sides[1].take)
    if inside:
        raise OptionError("Two selectors choose both sides from the same files; give no second list of files.")
    selectors = Selector.parse(points[0]), Selector.parse(points[1])
    both = _read(outside, selectors, options, watch, lambda one: sides[one.connection.point].take(one))
    return both, both


def _capture(side: str, reading: _Reading, sessions: int) -> Capture:
    """The account of one observation point."""
    account = reading.account
    return Capture(
        side,
        tuple(escape(fsencode(file.path)) for file in account.files),
        account.frames,
        account.bytes,
        account.first,
        account.last,
        tuple(account.link_types),
        account.skipped,
        account.used,
        account.dropped,
        account.notes,
        sessions,
    )


def _restrict(pairing: Pairing, sides: Sides) -> tuple[Pairing, set[SessionKey]]:
    """Keep what the reader asked for: a pair is meant if one of its views is."""
    outside, inside = sides
    pairs = [pair for pair in pairing.pairs if pair.outside in outside.chosen or pair.inside in inside.chosen]
    restricted = replace(
        pairing,
        pairs=pairs,
        unpaired_outside=[one for one in pairing.unpaired_outside if one.index in outside.chosen],
        unpaired_inside=[one for one in pairing.unpaired_inside if one.index in inside.chosen],
    )
    chosen = {(outside.name, index) for index in outside.chosen} | {(inside.name, index) for index in inside.chosen}
    chosen |= set(chain.from_iterable(((outside.name, pair.outside), (inside.name, pair.inside)) for pair in pairs))
    return restricted, chosen


def _compare_pairs(sides: Sides, pairing: Pairing, bounds: tuple[Bounds, Bounds], gathered: _Gathered) -> Differences:
    """Compare the pairs, one at a time."""
    differences = Differences()
    for pair in pairing.pairs:
        comparison = load_comparison(sides[0].dialogues, sides[1].dialogues, pair, pairing, bounds)
        differences.put(pair, comparison.differences)
        gathered.add(detect_pair(comparison, _outcome(sides, pair)))
    return differences


def load_comparison(
    outside: Dialogues, inside: Dialogues, pair: Pair, pairing: Pairing, bounds: tuple[Bounds, Bounds]
) -> Comparison:
    """Compare the two views of a pair."""
    views = outside.load(pair.outside), inside.load(pair.inside)
    return compare_pair(*views, pair, direction=pair.direction, clock=pairing.clock, bounds=bounds)


def _outcome(sides: Sides, pair: Pair) -> str:
    """What became of a session, as its client saw it."""
    if pair.direction == "outbound":
        return sides[1].dialogues.facts(pair.inside).outcome
    return sides[0].dialogues.facts(pair.outside).outcome


def _detect_case(sides: Sides, pairing: Pairing, bounds: tuple[Bounds, Bounds]) -> Outcome:
    """Run the detectors that look at all sessions."""
    outside, inside = (
        Side(side.name, side.signatures, side.tries, [one.index for one in alone], bound, side.dialogues.load)
        for side, alone, bound in zip(sides, (pairing.unpaired_outside, pairing.unpaired_inside), bounds, strict=True)
    )
    outbound = {pair.outside for pair in pairing.pairs if pair.direction == "outbound"}
    outcomes = {one.index: sides[0].dialogues.facts(one.index).outcome for one in pairing.unpaired_outside}
    outcomes |= {pair.outside: _outcome(sides, pair) for pair in pairing.pairs}
    return detect_case(Scope(outside, inside, pairing.pairs, outbound, pairing.clock), outcomes)


def _directions(pairing: Pairing) -> dict[SessionKey, str | None]:
    """Which way each paired session runs."""
    found: dict[SessionKey, str | None] = {}
    for pair in pairing.pairs:
        found["outside", pair.outside] = found["inside", pair.inside] = pair.direction
    return found
