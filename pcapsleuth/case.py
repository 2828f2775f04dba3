"""The Python interface: from captures to a report, or to one session of them.

Everything is read once, in batches; what is finished goes to a private store, and only signatures stay.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.run import Failure, Outcome, detect_case, detect_pair, detect_session, detect_sessions, review
from pcapsleuth.detect.scope import Session, Sessions
from pcapsleuth.detect.tries import Try, tries
from pcapsleuth.errors import OptionError
from pcapsleuth.report.limits import nothing_chosen, remarks
from pcapsleuth.report.model import Report
from pcapsleuth.report.verdict import UNDECIDED, judge_report
from pcapsleuth.report.words import count
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.spool.reading import DEFAULT, NOBODY, Options, Path, Paths, Watch, account_of, paths_of, read
from pcapsleuth.spool.shelf import BothSides, Conclusions, Differences, Documents
from pcapsleuth.spool.sides import Paired


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
            f"The detector {name} failed {count(times, 'time')} ({error}); what it would have said is missing."
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

    reading = read(paths_of(captures), None, options, watch, take)
    gathered.add(detect_sessions(Sessions(attempts)))
    account = account_of("single", reading, seen.total())
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
    gathered = _Gathered()
    differences = Differences()
    for pair in paired.pairing.pairs:
        comparison = paired.compare(pair)
        differences.put(pair, comparison.differences)
        gathered.add(detect_pair(comparison, paired.outcome(pair)))
    gathered.add(detect_case(paired.scope(), paired.outcomes()))
    sides = {view.name: view.dialogues for view in paired.views}
    report = Report(
        "compare",
        UNDECIDED,
        paired.accounts,
        BothSides(sides, paired.directions(), paired.chosen),
        differences,
        Conclusions(review(gathered.findings)),
        paired.pairing.clock,
        failures=gathered.told(),
        interrupted=paired.interrupted,
        compared=paired.compare,
    )
    alone = len(paired.pairing.unpaired_outside), len(paired.pairing.unpaired_inside)
    return judge_report(report, alone, remarks(report, paired.pairing))


def session(index: int, *captures: Path, options: Options = DEFAULT, watch: Watch = NOBODY) -> Dialogue:
    """Read one session of the captures of one observation point."""
    found: list[Dialogue] = []
    seen = 0

    def take(dialogue: Dialogue) -> None:
        nonlocal seen
        seen += 1
        if dialogue.connection.index == index:
            found.append(dialogue)

    read(paths_of(captures), None, options, watch, take)
    if not found:
        raise OptionError(_no_session(index, seen, "capture"))
    return found[0]


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
