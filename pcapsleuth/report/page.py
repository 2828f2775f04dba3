"""What stands on the page of a report, as plain values: harmless, bounded, and not yet escaped for HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from pcapsleuth.compare.pair import Pair
from pcapsleuth.detect.finding import Confidence, Evidence, Finding, Place
from pcapsleuth.report.account import account, subject
from pcapsleuth.report.changes import Change, changes, split
from pcapsleuth.report.checklist import Sign, checklist, tested
from pcapsleuth.report.dialogue_rows import Line, alone, both
from pcapsleuth.report.escape import harmless, visible
from pcapsleuth.report.failures import Failure, failures
from pcapsleuth.report.gist import gist
from pcapsleuth.report.look import Look
from pcapsleuth.report.marking import Parts, marked, whole
from pcapsleuth.report.model import Report, SessionKey, Status
from pcapsleuth.report.named import choices, heading, ranked
from pcapsleuth.report.overview import entries, noted
from pcapsleuth.report.steps import steps
from pcapsleuth.report.strip import Strip, anchor, counts, number, strip
from pcapsleuth.report.wireshark import display_filter
from pcapsleuth.report.words import duration, endpoint, moment, numbers, sentence
from pcapsleuth.smtp.outcome import FAILED
from pcapsleuth.tcp.segments import frame_file, frame_number

SESSIONS = 200
"""Sessions in the table."""

DIALOGUES = 40
"""Dialogues that are written out, those with changes and failures first."""

LINES = 400
"""Lines of one dialogue."""

CHANGES = 60
"""Names in the list of changes."""

GROUPS = 20
"""Groups of failures."""

WORDS = {Status.CLEAN: "Clean", Status.CHANGED: "Changed", Status.CANNOT_TELL: "Cannot tell"}


class Fact(NamedTuple):
    """One of the three facts beside the verdict."""

    value: str
    name: str


class Proof(NamedTuple):
    """Where a side shows it."""

    side: str
    frame: str
    filter: str
    """For Wireshark."""


class Shown(NamedTuple):
    """A change with its proof."""

    name: str
    severity: str
    where: str
    caused: bool
    sessions: int
    numbers: str
    summary: str
    came: Parts | None
    went: Parts | None
    quoted: bool
    confidence: str
    proofs: tuple[Proof, ...]
    doubts: tuple[str, ...]


class Session(NamedTuple):
    """A row of the table of sessions."""

    number: str
    anchor: str
    start: str
    took: str
    client: str
    server: str
    outcome: str
    failed: bool
    words: tuple[str, ...]
    written: bool
    """Its dialogue stands below."""


class Talk(NamedTuple):
    """A dialogue that is written out."""

    session: Session
    outside: str
    inside: str
    lines: tuple[Line, ...]
    more: bool


class Page(NamedTuple):
    """All of it."""

    mode: str
    status: str
    word: str
    subject: str
    sentences: tuple[str, ...]
    gist: str
    facts: tuple[Fact, ...]
    doubts: tuple[str, ...]
    failures: tuple[str, ...]
    devices: tuple[dict[str, Any], ...]
    steps: tuple[str, ...]
    strip: Strip
    changes: tuple[Shown, ...]
    also: tuple[Shown, ...]
    groups: tuple[Failure, ...]
    more_groups: int
    sessions: tuple[Session, ...]
    more_sessions: int
    talks: tuple[Talk, ...]
    symptoms: dict[str, list[Sign]]
    tests: tuple[str, ...]
    account: tuple[tuple[str, str], ...]

    @property
    def absent(self) -> str:
        """What stands for bytes that a change lacks: one capture does not know what its other side has."""
        return "nothing" if self.mode == "compare" else "not captured"


def page(report: Report, look: Look, *, dialogues: int = DIALOGUES) -> Page:
    """Gather what the page shows; without dialogues nothing is read twice."""
    found = list(entries(report))
    loud, quiet = split(changes(report.findings.briefs())[:CHANGES], report.mode)
    written = _written(report, found, dialogues)
    sessions = tuple(_sessions(report, found, written, look))
    groups = failures(report)
    return Page(
        report.mode,
        report.verdict.status.value,
        WORDS[report.verdict.status],
        subject(report, look),
        tuple(harmless(one) for one in report.verdict.sentences if one),
        gist(report, loud),
        _facts(report),
        tuple(harmless(one) for one in report.verdict.limits),
        tuple(harmless(one) for one in report.failures),
        tuple(_device(report, one) for one in report.devices[:4]),
        tuple(sentence(harmless(one)) for one in steps(report)),
        strip(report, found),
        tuple(_shown(report, one) for one in loud),
        tuple(_shown(report, one) for one in quiet),
        tuple(groups[:GROUPS]),
        len(groups[GROUPS:]),
        sessions,
        max(len(found) - SESSIONS, 0),
        tuple(_talks(report, sessions, found)),
        checklist(report),
        tuple(tested(report)),
        tuple(account(report, look)),
    )


def _facts(report: Report) -> tuple[Fact, ...]:
    """Sessions compared, deliveries that failed because of it, how sure it is."""
    coverage = report.verdict.coverage
    compared = coverage.get("compared", 0)
    total = coverage.get("sessions", 0)
    of = f" of {total:,}" if total > compared else ""
    fact = _outcome(report)
    verb = "compared" if report.mode == "compare" else "judged"
    noun = "session" if compared == 1 and not of else "sessions"
    return Fact(f"{compared:,}{of}", f"{noun} {verb}"), fact, _confidence(report)


def _outcome(report: Report) -> Fact:
    """What became of the mail; because of what, only a comparison may say."""
    coverage = report.verdict.coverage
    failed, because = coverage.get("failed", 0), coverage.get("failed_because", 0)
    maybe = coverage.get("could_be_because", 0)
    if not failed and not coverage.get("delivered", 0):
        return Fact("unseen", "what became of the mail")
    if report.verdict.status is not Status.CHANGED or report.mode != "compare":
        return Fact(f"{failed:,}", _lost(coverage, failed))
    if not because and maybe:
        return Fact(f"{maybe:,}", f"{_lost(coverage, maybe)}, possibly because of it")
    return Fact(f"{because:,}", f"{_lost(coverage, because)} because of it")


def _device(report: Report, named: Mapping[str, Any]) -> dict[str, Any]:
    """A device with its heading, its reasons in order and its remedies in short, all of it harmless."""
    more = {"heading": heading(report, named), "choices": choices(named), "why": ranked(named["why"])}
    tamed: dict[str, Any] = _tamed({**named, **more})
    return tamed


def _lost(coverage: Mapping[str, int], number: int) -> str:
    """What failed: of a client that never came to MAIL nobody knows of a delivery."""
    if coverage.get("unoffered"):
        return f"{'session' if number == 1 else 'sessions'} delivered no mail"
    return f"{'delivery' if number == 1 else 'deliveries'} failed"


def _confidence(report: Report) -> Fact:
    """How sure the findings are; where there are none, how sure the pairs."""
    pairs = zip(report.findings.briefs(), report.findings, strict=True)
    sure = Counter(finding.confidence for brief, finding in pairs if counts(report, brief))
    for confidence in (Confidence.PROVEN, Confidence.LIKELY, Confidence.POSSIBLE):
        if sure[confidence]:
            return Fact(confidence.value, f"{sure[confidence]:,} of {sure.total():,} findings")
    if report.mode != "compare":
        return Fact("one-sided", "a single capture blames nobody")
    certain = sum(pair.certain for pair in report.pairs.matches())
    return Fact(f"{certain:,} of {len(report.pairs):,}", "pairs are certain")


def _shown(report: Report, change: Change) -> Shown:
    """One change with the proof of its first session."""
    finding = report.findings[change.position]
    came, went = _quoted(finding.ingress), _quoted(finding.egress)
    parts: tuple[Parts | None, Parts | None] = (
        came if came is None else whole(came, changed=True),
        went if went is None else whole(went, changed=True),
    )
    if came is not None and went is not None:
        parts = marked(came, went)
    return Shown(
        harmless(change.name),
        change.severity.value,
        change.where.value,
        change.caused,
        len(change.sessions),
        change.side + numbers(change.sessions),
        harmless(finding.summary),
        *parts,
        finding.ingress != finding.egress,
        finding.confidence.value,
        tuple(_proofs(report, finding)),
        tuple(harmless(doubt) for doubt in finding.doubts),
    )


def _quoted(data: bytes | None) -> str | None:
    """Bytes of a capture as text."""
    return None if data is None else visible(data)


def _proofs(report: Report, finding: Finding) -> Iterator[Proof]:
    """The first frame of each side, with the filter that shows it."""
    seen: dict[str, Evidence] = {}
    for one in finding.evidence:
        seen.setdefault(one.side, one)
    for side, one in seen.items():
        files = next((capture.files for capture in report.captures if capture.side == side), ("",))
        name = f" of file {frame_file(one.frame) + 1}" if len(files) > 1 else ""
        frame = f"{frame_number(one.frame):,}{name}"
        yield Proof("" if side == "single" else side, frame, display_filter(report, finding, one))


def _written(report: Report, found: list[tuple[Place, SessionKey]], most: int) -> set[Place]:
    """The sessions whose dialogue is written out: the examples of every change, what failed, then the others."""
    changed = {brief.place for brief in report.findings.briefs() if counts(report, brief)}
    examples = {report.findings[one.position].place for one in changes(report.findings.briefs())[:CHANGES]}

    def rank(entry: tuple[Place, SessionKey]) -> tuple[bool, bool, bool]:
        place, key = entry
        return place not in examples, report.sessions.facts(key).outcome not in FAILED, place not in changed

    return {place for place, _ in sorted(found[:SESSIONS], key=rank)[:most]}


def _sessions(
    report: Report, found: list[tuple[Place, SessionKey]], written: set[Place], look: Look
) -> Iterator[Session]:
    """The first rows of the table."""
    shown = found[:SESSIONS]
    said = noted(report, {place for place, _ in shown})
    for place, key in shown:
        one = orjson.loads(report.sessions.json(key))
        alone_ = report.mode == "compare" and None in place[:2]
        yield Session(
            number(place),
            anchor(place),
            moment(one["start"], look.zone, date=True),
            duration(one["end"] - one["start"]),
            endpoint(**one["client"]),
            endpoint(**one["server"]),
            one["outcome"],
            one["outcome"] in FAILED,
            tuple(harmless(word) for word in [*(["no partner"] if alone_ else []), *said[place]]),
            place in written,
        )


def _talks(report: Report, sessions: tuple[Session, ...], found: list[tuple[Place, SessionKey]]) -> Iterator[Talk]:
    """The dialogues that are written out."""
    pairs: dict[Place, Pair] = {(pair.outside, pair.inside, None): pair for pair in report.pairs.matches()}
    for session, (place, key) in zip(sessions, found, strict=False):
        if session.written:
            yield _talk(report, session, key, pairs.get(place))


def talk(report: Report, look: Look, place: Place) -> Talk:
    """One dialogue, whatever the bounds of the page; the place is one of `entries`."""
    entry = next(one for one in entries(report) if one[0] == place)
    (session,) = _sessions(report, [entry], {place}, look)
    pairs = (pair for pair in report.pairs.matches() if (pair.outside, pair.inside, None) == place)
    return _talk(report, session, entry[1], next(pairs, None))


def _talk(report: Report, session: Session, key: SessionKey, pair: Pair | None) -> Talk:
    """A dialogue side by side; as one side has it where there is no other."""
    if pair is None or report.compared is None:
        head = "as captured" if key[0] == "single" else key[0]
        lines = list(alone(orjson.loads(report.sessions.json(key))))
        return Talk(session, head, "", tuple(lines[:LINES]), len(lines) > LINES)
    comparison = report.compared(pair)
    ends = ("server", "client") if comparison.direction == "outbound" else ("client", "server")
    files = [len(capture.files) for capture in report.captures]
    lines = list(both(comparison, (files[0], files[-1])))
    heads = f"outside ({ends[0]} side)", f"inside ({ends[1]} side)"
    return Talk(session, *heads, tuple(lines[:LINES]), len(lines) > LINES)


def _tamed(value: Any) -> Any:  # noqa: ANN401  an object of the document
    """All texts of an object made harmless: the reasons for a device quote the wire."""
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, dict):
        return {name: _tamed(one) for name, one in value.items()}
    return [_tamed(one) for one in value] if isinstance(value, (list, tuple)) else value
