"""The Python interface: from captures to a report, or to one session of them.

Everything is read once, in batches; what is finished goes to a private store, and only signatures stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.run import Failure, Outcome, detect_case, detect_pair, detect_session, detect_sessions, review
from pcapsleuth.detect.scope import Scope, Session, Sessions
from pcapsleuth.detect.turned_away import turned_away
from pcapsleuth.devices.identify import Identifier
from pcapsleuth.errors import OptionError
from pcapsleuth.profiles.profile import load
from pcapsleuth.report.limits import nothing_chosen, nothing_there, one_capture, remarks
from pcapsleuth.report.model import Report
from pcapsleuth.report.verdict import UNDECIDED, judge_report, of_one_capture
from pcapsleuth.report.words import count
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.spool.garbage import collected_seldom
from pcapsleuth.spool.numbering import Numbers
from pcapsleuth.spool.reading import DEFAULT, NOBODY, Options, Path, Paths, Watch, account_of, paths_of, read, share_out
from pcapsleuth.spool.shelf import BothSides, Conclusions, Differences
from pcapsleuth.spool.sides import Paired
from pcapsleuth.spool.single import Single
from pcapsleuth.symptoms.checklist import Checklist


class _Gathered:
    """What the detectors said so far, and what bears on devices and symptoms."""

    def __init__(self, *, compared: bool) -> None:
        self.findings: list[Finding] = []
        self.failures: Counter[Failure] = Counter()
        self.identifier = Identifier({})
        self.checklist = Checklist(compared=compared)

    def add(self, outcome: Outcome) -> None:
        """Take the outcome of a run."""
        self.findings.extend(outcome.findings)
        if outcome.failures:
            self.failures.update(outcome.failures)

    def session(self, dialogue: Dialogue, became: str) -> None:
        """Take a session of a single observation point; `became` is its outcome."""
        number = dialogue.connection.index
        outcome = detect_session(Session(number, dialogue))
        self.add(outcome)
        self.identifier.look(dialogue)
        place = (None, None, number)
        self.checklist.feed(place, dialogue, dialogue, became, outcome.findings)

    def join(self, other: _Gathered, numbers: Numbers) -> None:
        """Take what another process gathered of single sessions; `numbers` has their numbers here."""
        self.findings.extend(found.renumbered(numbers) for found in other.findings)
        self.failures.update(other.failures)
        self.identifier.join(other.identifier, numbers)
        self.checklist.join(other.checklist, numbers)

    def pair(self, comparison: Comparison, became: str) -> None:
        """Take both views of a session; `became` is its outcome."""
        outcome = detect_pair(comparison, became)
        self.add(outcome)
        self.identifier.feed(comparison, outcome.findings)
        place = (comparison.pair.outside, comparison.pair.inside, None)
        views = comparison.client.dialogue, comparison.server.dialogue
        inbound = comparison.direction != "outbound"
        self.checklist.feed(place, *views, became, outcome.findings, inbound=inbound)

    def case(self, scope: Scope, outcomes: dict[int, str]) -> None:
        """Take what only all sessions together tell."""
        outcome = detect_case(scope, outcomes)
        self.add(outcome)
        self.identifier.feed_case(outcome.findings)
        for one in turned_away(scope):
            self.identifier.feed_alone(one.dialogue)

    def devices(self, options: Options) -> tuple[Mapping[str, object], ...]:
        """The devices that would have done what was seen."""
        if options.profiles or not self.identifier.idle:
            self.identifier.profiles = load(options.profiles, plugins=options.plugins)
        return tuple(device.json() for device in self.identifier.devices())

    def told(self) -> tuple[str, ...]:
        """The crashes, a sentence each."""
        return tuple(
            f"The detector {name} failed {count(times, 'time')} ({error}); what it would have said is missing."
            for (name, error), times in sorted(self.failures.items())
        )


@collected_seldom()
def inspect(*captures: Path, options: Options = DEFAULT, watch: Watch = NOBODY) -> Report:
    """Look at the captures of one observation point; several files are one capture, in the order of their time."""

    def make() -> Single[_Gathered]:
        return Single(options.selection, _Gathered(compared=False), watch.session if watch.follows else None)

    parts, reading = share_out(paths_of(captures), None, options, watch, make)
    single = make().joined(parts, reading.files)
    gathered = single.gathered
    gathered.add(detect_sessions(Sessions(single.attempts, single.hellos, gathered.findings)))
    account = account_of("single", reading, len(single.firsts))
    if single.firsts and not len(single.documents):
        raise OptionError(nothing_chosen(options.selection, [account]))
    findings = Conclusions(review(gathered.findings))
    report = Report(
        "inspect",
        UNDECIDED,
        (account,),
        single.documents,
        Differences(),
        findings,
        devices=gathered.devices(options),
        symptoms=gathered.checklist.judge(findings),
        tests=tuple(gathered.checklist.tests),
        failures=gathered.told(),
        interrupted=reading.interrupted,
    )
    twice = single.views.remark(account.files[0] if len(account.files) == 1 else "FILE")
    return judge_report(report, (0, 0), (*remarks(report), *twice))


@collected_seldom()
def compare(
    outside: Paths,
    inside: Paths = (),
    *,
    points: tuple[str, str] | None = None,
    options: Options = DEFAULT,
    watch: Watch = NOBODY,
) -> Report:
    """Compare the captures of both sides of a device.

    Either give the files of each side, or only those that saw both and, as `points`, the selectors of the outside
    and of the inside (`if:NAME`, `vlan:N`, `mac:ADDR`, `net:CIDR`).
    """
    paired = Paired(outside, inside, points, options, watch)
    gathered = _Gathered(compared=True)
    differences = Differences()
    for pair in paired.pairing.pairs:
        comparison = paired.compare(pair)
        differences.put(pair, comparison.differences)
        gathered.pair(comparison, paired.outcome(pair))
    gathered.case(paired.scope(gathered.findings), paired.outcomes())
    findings = Conclusions(review(gathered.findings))
    sides = {view.name: view.dialogues for view in paired.views}
    report = Report(
        "compare",
        UNDECIDED,
        paired.accounts,
        BothSides(sides, paired.directions(), paired.chosen),
        differences,
        findings,
        paired.pairing.clock,
        devices=gathered.devices(options),
        symptoms=gathered.checklist.judge(findings),
        tests=tuple(gathered.checklist.tests),
        failures=gathered.told(),
        interrupted=paired.interrupted,
        compared=paired.compare,
    )
    alone = len(paired.pairing.unpaired_outside), len(paired.pairing.unpaired_inside)
    unseen = () if points is None else nothing_there(points, report.captures)
    report = judge_report(report, alone, (*unseen, *remarks(report, paired.pairing)))
    # One file that saw both points is one capture, and meant to be.
    return of_one_capture(report) if points is None and one_capture(report.captures) else report


@collected_seldom()
def session(index: int, *captures: Path, options: Options = DEFAULT, watch: Watch = NOBODY) -> Dialogue:
    """Read one session of the captures of one observation point."""
    found: list[Dialogue] = []
    seen = 0

    def take(dialogue: Dialogue) -> None:
        nonlocal seen
        seen += 1
        if dialogue.connection.index == index:
            found.append(dialogue)

    read(paths_of(captures), None, options, watch.read, take)
    if not found:
        raise OptionError(_no_session(index, seen, "capture"))
    return found[0]


@collected_seldom()
def session_pair(
    side: str,
    index: int,
    outside: Paths,
    inside: Paths = (),
    *,
    points: tuple[str, str] | None = None,
    options: Options = DEFAULT,
    watch: Watch = NOBODY,
) -> Comparison | Dialogue:
    """Read one session of one side with its counterpart on the other; alone where it has none."""
    paired = Paired(outside, inside, points, options, watch)
    for pair in paired.pairing.pairs:
        if index == (pair.outside if side == "outside" else pair.inside):
            return paired.compare(pair)
    dialogues = paired.outside.dialogues if side == "outside" else paired.inside.dialogues
    if index not in dialogues:
        raise OptionError(_no_session(index, len(dialogues), f"{side} capture"))
    return dialogues.load(index)


def _no_session(index: int, total: int, where: str) -> str:
    """Say which sessions there are."""
    known = f"They are numbered 0 to {total - 1}." if total else "It holds no SMTP session."
    return f"The {where} has no session {index}. {known}"


__all__ = ["Options", "compare", "inspect", "session", "session_pair"]
