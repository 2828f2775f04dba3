"""What probes found, as a report like those of other commands: the conversations are read as the capture of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pcapsleuth.case import inspect
from pcapsleuth.probe.address import Target
from pcapsleuth.probe.judge import unredacted
from pcapsleuth.probe.probe import Probe
from pcapsleuth.probe.record import capture
from pcapsleuth.report.model import Report, Status, Verdict
from pcapsleuth.spool.reading import Options
from pcapsleuth.spool.shelf import BothSides, Conclusions, Differences

NOT_KEPT = "(not kept; --pcap FILE keeps it)"
NO_MAIL = "No mail was sent: whether mail fails because of it only a capture of mail shows."
NOBODY = Verdict(
    Status.CANNOT_TELL, ("No server could be asked.", "What stands in the way is told server by server."), (), {}
)
INSIDE = "from inside, a clean result proves nothing, for the device was not on the path"
STOPPED = "The asking was interrupted: not every server was asked."


@dataclass(frozen=True, slots=True)
class Answer:
    """A server that was to be asked, and what came of it."""

    target: Target
    probe: Probe | None
    error: str = ""


def report(answers: Sequence[Answer], kept: str | None, *, interrupted: bool = False) -> Report:
    """Make the report of one run; `kept` is where its capture was written."""
    found = [one.probe for one in answers if one.probe is not None]
    made = _inspected(found) if found else _nothing()
    remarks = (*([STOPPED] if interrupted else []), *_places(answers))
    return replace(
        made,
        mode="probe",
        verdict=_verdict(made.verdict, answers, remarks),
        captures=tuple(replace(one, files=(kept or NOT_KEPT,)) for one in made.captures),
        failures=(*(f"{one.target}: {one.error}" for one in answers if one.error), *made.failures),
        probes=tuple(_told(answers)),
        interrupted=interrupted,
    )


def gist(one: Probe) -> Report:
    """What one conversation shows, without the conversation: enough to say what to make of it."""
    verdict = replace(NOBODY, status=Status.CHANGED if one.suspicious else Status.CLEAN)
    found, named = Conclusions(one.outcome.findings), tuple(device.json() for device in one.devices)
    return Report("probe", verdict, (), BothSides({}, {}), Differences(), found, devices=named)


def _inspected(found: Sequence[Probe]) -> Report:
    """What `inspect` says of the capture, without the doubt that somebody edited it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "probe.pcapng"
        path.write_bytes(capture((one.talk for one in found), path.name))
        ports = tuple(sorted({one.talk.server[1] for one in found}))
        made = inspect(str(path), options=Options(ports, processes=1))
    return replace(made, findings=Conclusions(unredacted(made.findings)))


def _nothing() -> Report:
    """The report of a run in which nobody could be asked."""
    return Report("probe", NOBODY, (), BothSides({}, {}), Differences(), Conclusions([]))


def _verdict(made: Verdict, answers: Sequence[Answer], remarks: Sequence[str]) -> Verdict:
    """The verdict with what only the asking knows: that no mail was meant, what stayed open, from where one looked."""
    unclear = [f"Of {one.target.host}: {one.probe.undecided}." for one in answers if one.probe and one.probe.undecided]
    status, (first, second) = made.status, made.sentences
    if unclear and status is not Status.CHANGED:
        status, first = Status.CANNOT_TELL, unclear[0]
    elif made is not NOBODY:
        second = NO_MAIL
    return replace(made, status=status, sentences=(first, second), limits=(*remarks, *unclear[1:], *made.limits))


def _places(answers: Sequence[Answer]) -> Iterator[str]:
    """From where each server was seen."""
    for one in answers:
        if one.probe is not None:
            (ours, _), (theirs, port) = one.probe.talk.client, one.probe.talk.server
            yield f"{one.target.host} was seen from {ours} at {theirs} port {port} only: {INSIDE}."


def _told(answers: Sequence[Answer]) -> Iterator[Mapping[str, object]]:
    """Whom we asked, from where, and in which session."""
    session = 0
    for one in answers:
        talk = one.probe.talk if one.probe else None
        yield {
            "host": one.target.host,
            "port": one.target.port,
            "address": talk.server[0] if talk else None,
            "from": talk.client[0] if talk else None,
            "session": session if talk else None,
            "starttls": one.probe.starttls if one.probe else None,
            "end": talk.end.value if talk else None,
            "error": one.error or None,
        }
        session += talk is not None
