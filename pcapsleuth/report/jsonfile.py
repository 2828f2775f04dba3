"""The report as one JSON document, or as JSON lines: the form that other programs may rely on.

The document is written piece by piece in the order of the contract, so that its size does not matter; what its
fields mean stands in docs/json.md, and their types in schema.json.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import orjson

from pcapsleuth.compare.difference import Difference, Piece
from pcapsleuth.compare.pair import Clock
from pcapsleuth.detect.finding import Evidence, Finding
from pcapsleuth.report.escape import escape, tame
from pcapsleuth.report.model import Capture, PairResult, Report, Verdict
from pcapsleuth.symptoms.madeup import MadeUp
from pcapsleuth.symptoms.symptom import Symptom
from pcapsleuth.tcp.segments import Direction, frame_file, frame_number
from pcapsleuth.version import VERSION

SCHEMA = "pcapsleuth/1"

Json = dict[str, Any]

TOGETHER = 64
"""Items of a list that are written at once."""

_WAYS = {Direction.TO_SERVER: "to-server", Direction.TO_CLIENT: "to-client"}


def document(report: Report) -> Iterator[bytes]:
    """The whole document, in pieces."""
    head = {"schema": SCHEMA, "generator": generator(), "mode": report.mode}
    yield orjson.dumps(head)[:-1]
    yield _member("verdict", verdict(report.verdict))
    yield _member("captures", [capture(one) for one in report.captures])
    yield from _list("sessions", (report.sessions.json(key) for key in report.sessions))
    yield from _list("pairs", (orjson.dumps(pair(one)) for one in report.pairs))
    yield from _list("findings", (orjson.dumps(finding(one)) for one in report.findings))
    yield _member("devices", [device(one) for one in report.devices])
    yield _member("symptoms", [symptom(one) for one in report.symptoms])
    yield _member("tests", [test(one) for one in report.tests])
    if report.mode == "probe":
        yield _member("probes", [probe(one) for one in report.probes])
    yield _member("clock", clock(report.clock))
    yield _member("failures", [tame(failure) for failure in report.failures])
    yield _member("interrupted", report.interrupted)
    yield b"}\n"


def _member(name: str, value: object) -> bytes:
    """One member of the document, with the comma before it."""
    return b',"%s":%s' % (name.encode(), orjson.dumps(value))


def _list(name: str, items: Iterable[bytes]) -> Iterator[bytes]:
    """A list whose items are JSON already, one a line: a document of many megabytes can be read with a pager."""
    yield b',"%s":[' % name.encode()
    items, separator = iter(items), b"\n"
    while some := list(islice(items, TOGETHER)):
        yield separator + b",\n".join(some)
        separator = b",\n"
    yield b"]"


def head_line(mode: str) -> bytes:
    """The first of the JSON lines: what follows, and what wrote it."""
    return line("report", {"schema": SCHEMA, "generator": generator(), "mode": mode})


def lines(report: Report) -> Iterator[bytes]:
    """The JSON lines behind the first, without the sessions that were written when they were known (`inspect`)."""
    if report.mode == "compare":
        for key in report.sessions:
            yield raw_line("session", report.sessions.json(key))
    for capture_ in report.captures:
        yield line("capture", capture(capture_))
    for pair_ in report.pairs:
        yield line("pair", pair(pair_))
    for finding_ in report.findings:
        yield line("finding", finding(finding_))
    yield from (line("device", device(one)) for one in report.devices)
    yield from (line("symptom", symptom(one)) for one in report.symptoms)
    yield from (line("test", test(one)) for one in report.tests)
    yield from (line("probe", probe(one)) for one in report.probes)
    if report.clock is not None:
        yield line("clock", clock(report.clock) or {})
    for failure in report.failures:
        yield line("failure", {"text": tame(failure)})
    yield line("verdict", verdict(report.verdict) | {"interrupted": report.interrupted})


def line(kind: str, value: Json) -> bytes:
    """One object of the JSON lines form."""
    return orjson.dumps({"type": kind} | value, option=orjson.OPT_APPEND_NEWLINE)


def raw_line(kind: str, value: bytes) -> bytes:
    """The same for an object that is JSON already."""
    return b'{"type":"%s",%s\n' % (kind.encode(), value[1:])


def generator() -> Json:
    """What wrote the document."""
    return {"name": "pcapsleuth", "version": VERSION}


def verdict(one: Verdict) -> Json:
    """The answer."""
    return {
        "status": one.status.value,
        "text": tame(one.text),
        "limits": [tame(limit) for limit in one.limits],
        "coverage": dict(one.coverage),
    }


def capture(one: Capture) -> Json:
    """The account of an observation point."""
    return {
        "side": one.side,
        "files": list(one.files),
        "frames": one.frames,
        "bytes": one.bytes,
        "first": one.first,
        "last": one.last,
        "link_types": list(one.link_types),
        "skipped": dict(sorted(one.skipped.items())),
        "sessions": one.sessions,
        "used": one.used,
        "dropped": one.dropped,
        "notes": dict(sorted(one.notes.items())),
    }


def probe(one: Mapping[str, object]) -> Json:
    """A server that was asked."""
    return {name: tame(value) if isinstance(value, str) else value for name, value in one.items()}


def pair(one: PairResult) -> Json:
    """A pair with its differences."""
    return {
        "outside": one.pair.outside,
        "inside": one.pair.inside,
        "confidence": one.pair.confidence / 1000,
        "why": [tame(reason) for reason in one.pair.why],
        "direction": one.pair.direction,
        "certain": one.pair.certain,
        "differences": [difference(each) for each in one.differences],
    }


def difference(one: Difference) -> Json:
    """What came in and what went out."""
    return {
        "kind": one.kind,
        "element": one.element,
        "direction": _WAYS[Direction(one.direction)],
        "ingress": _piece(one.ingress),
        "egress": _piece(one.egress),
        "subject": tame(one.subject),
        "certain": one.certain,
    }


def _piece(one: Piece | None) -> Json | None:
    """Bytes as one side shows them."""
    if one is None:
        return None
    return {
        "file": frame_file(one.frame),
        "frame": frame_number(one.frame),
        "offset": one.offset,
        "text": escape(one.text),
    }


def finding(one: Finding) -> Json:
    """A conclusion and its proof."""
    return {
        "label": one.label,
        "subject": one.subject and tame(one.subject),
        "outside": one.outside,
        "inside": one.inside,
        "session": one.session,
        "where": one.where.value,
        "effect": one.effect.value,
        "confidence": one.confidence.value,
        "severity": one.severity.value,
        "summary": tame(one.summary),
        "ingress": None if one.ingress is None else escape(one.ingress),
        "egress": None if one.egress is None else escape(one.egress),
        "evidence": [_evidence(each) for each in one.evidence],
        "related": list(one.related),
        "doubts": [tame(doubt) for doubt in one.doubts],
    }


def _evidence(one: Evidence) -> Json:
    """The bytes of one frame that prove a finding."""
    return {
        "side": one.side,
        "file": frame_file(one.frame),
        "frame": frame_number(one.frame),
        "offset": one.offset,
        "text": escape(one.text),
        "hex": one.text.hex(),
    }


def symptom(one: Symptom) -> Json:
    """A row of the checklist."""
    told = {"id": one.id, "status": one.status, "why": tame(one.why), "findings": list(one.findings)}
    return told | ({"ask": tame(one.ask)} if one.ask else {})


def test(one: MadeUp) -> Json:
    """A command that exists nowhere, and what answered it."""
    outside, inside, session = one.place
    return {
        "outside": outside,
        "inside": inside,
        "session": session,
        "verb": one.verb,
        "answer": escape(one.answer),
        "by": one.result,
        "text": tame(one.sentence),
    }


def device(one: Mapping[str, object]) -> Json:
    """A device that would have done what was seen; its reasons quote the traffic."""
    return {key: _tamed(value) for key, value in one.items()}


def _tamed(value: object) -> object:
    """The same with harmless texts."""
    if isinstance(value, str):
        return tame(value)
    if isinstance(value, Mapping):
        return {key: _tamed(one) for key, one in value.items()}
    return [_tamed(one) for one in value] if isinstance(value, (list, tuple)) else value


def clock(one: Clock | None) -> Json | None:
    """How the clocks of the two captures differ."""
    if one is None:
        return None
    return {
        "offset_ns": one.offset,
        "drift_ppb": one.drift_ppb,
        "pairs": one.pairs,
        "at": one.at,
        "error_ns": one.error,
    }
