"""One report for every format: three pairs, one of which a masking device broke, and a session without partner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from pcapsleuth.compare.difference import Difference, Piece
from pcapsleuth.compare.pair import Clock, Pair
from pcapsleuth.detect.finding import Confidence, Effect, Evidence, Finding, Severity
from pcapsleuth.report.model import Brief, Capture, PairResult, Report, SessionFacts, SessionKey
from pcapsleuth.report.verdict import UNDECIDED, judge_report
from pcapsleuth.symptoms.symptom import Symptom
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER

DEVICE = {
    "profile": "example-3000",
    "name": "Example 3000 SMTP filter",
    "confidence": "likely",
    "why": [
        "it overwrites the greeting: `220 mx1.example.com ESMTP` came in, `220 *********************` went out",
        "not Example 2000: ETRN passes",
    ],
    "remedies": [
        {
            "id": "allow",
            "title": "Allow BDAT",
            "cures": ["verb-masked:BDAT"],
            "first": ["show filter: whether it is on"],
        }
        | {"save": "", "commands": ["filter smtp allow bdat"], "test": "", "keep": "", "last": "", "sure": "reported"}
        | {"warning": "Lowers the protection."}
    ],
    "where": "between",
    "siblings": [],
}
SYMPTOMS = tuple(
    Symptom("S2", "seen", "mail data stops part-way or never ends (#2)", (5,))
    if n == 2
    else Symptom(f"S{n}", "cannot-tell", "no client tried AUTH here", ask="`tcpdump` while a POP3 user sends")
    if n in (6, 9)
    else Symptom(f"S{n}", "not-seen", "nothing here shows it")
    for n in range(1, 15)
)
START = 1_795_000_420_102_000_000


class Sessions:
    """Sessions in memory."""

    def __init__(self, sessions: list[dict[str, Any]]) -> None:
        self.sessions = {(one["side"], one["index"]): one for one in sessions}

    def __iter__(self) -> Iterator[SessionKey]:
        return iter(self.sessions)

    def facts(self, key: SessionKey) -> SessionFacts:
        one = self.sessions[key]
        return SessionFacts(one["outcome"], one["banner"] is not None, not one["complete"], one["tls"], idle=False)

    def json(self, key: SessionKey) -> bytes:
        return orjson.dumps(self.sessions[key])


class Pairs(list[PairResult]):
    """Pairs in memory."""

    def matches(self) -> Iterator[Pair]:
        return (one.pair for one in self)


class Findings(list[Finding]):
    """Findings in memory."""

    def briefs(self) -> Iterator[Brief]:
        return (
            Brief(one.name, one.severity, one.where, one.effect, one.outside, one.inside, one.session) for one in self
        )


def session(side: str, index: int, outcome: str = "delivered") -> dict[str, Any]:
    """A session object with what a test does not care about filled in."""
    start = START + index * 1_000_000_000
    frame = 10 * index + (1 if side == "inside" else 3)

    def reply(code: int, text: str) -> dict[str, Any]:
        return {"code": code, "text": text, "file": 0, "frame": frame + 2, "time": start + 3}

    data_reply = reply(250, "2.0.0 Ok: queued as 7F3A") if outcome == "delivered" else reply(550, "5.7.1 No")
    return {
        "side": side,
        "index": index,
        "direction": "inbound",
        "client": {"address": f"203.0.113.{20 + index}", "port": 2690 + index},
        "server": {"address": "10.1.1.26" if side == "inside" else "198.51.100.26", "port": 25},
        "start": start,
        "end": start + 2_000_000_000,
        "file": 0,
        "first_frame": frame,
        "last_frame": frame + 9,
        "complete": True,
        "gaps": 0,
        "tls": False,
        "banner": "mx1.example.com ESMTP",
        "ehlo": "out.example.org",
        "capabilities": ["PIPELINING", "STARTTLS"],
        "outcome": outcome,
        "commands": [
            {"verb": "EHLO", "argument": "out.example.org", "file": 0, "frame": frame + 1, "time": start + 2}
            | {"reply": reply(250, "mx1.example.com\nPIPELINING\nSTARTTLS")}
        ],
        "transactions": [
            {"from": "a@example.org", "to": ["b@example.com"], "message_id": "1@example.org", "bytes": 300}
            | {"digest": "00" * 16, "body_bytes": 100, "body_digest": "11" * 16, "complete": True, "reply": data_reply}
        ],
        "last_file": 0,
        "greeting": reply(220, "mx1.example.com ESMTP"),
        "unasked": [],
        "icmp": [],
    }


def masked(pair: Pair) -> tuple[Difference, Finding]:
    """The greeting of a pair, overwritten."""
    sent, shown = b"220 mx1.example.com ESMTP", b"220 *********************"
    frames = 10 * pair.inside + 4, 10 * pair.outside + 6
    difference = Difference(
        "rewritten",
        "greeting",
        "",
        TO_CLIENT,
        Piece("inside", 0, frames[0], START, 0, sent),
        Piece("outside", 0, frames[1], START, 0, shown),
        certain=True,
    )
    finding = Finding(
        "banner-masked",
        None,
        Severity.WARNING,
        Confidence.PROVEN,
        "The greeting was overwritten with asterisks.",
        outside=pair.outside,
        inside=pair.inside,
        ingress=sent,
        egress=shown,
        evidence=(Evidence("inside", frames[0], 0, sent), Evidence("outside", frames[1], 0, shown)),
    )
    return difference, finding


def chunk(pair: Pair) -> tuple[Difference, Finding]:
    """BDAT overwritten, and what came of it."""
    sent, shown = b"BDAT 14310 LAST", b"XXXX 14310 LAST"
    frames = 10 * pair.outside + 7, 10 * pair.inside + 5
    difference = Difference(
        "rewritten",
        "command",
        "BDAT",
        TO_SERVER,
        Piece("outside", 5, frames[0], START, 80, sent),
        Piece("inside", 5, frames[1], START, 80, shown),
        certain=True,
    )
    finding = Finding(
        "verb-masked",
        "BDAT",
        Severity.WARNING,
        Confidence.PROVEN,
        "BDAT reached the server as XXXX, so that it read the chunk as commands.",
        effect=Effect.CAUSED,
        outside=pair.outside,
        inside=pair.inside,
        ingress=sent,
        egress=shown,
        evidence=(Evidence("outside", frames[0], 80, sent), Evidence("inside", frames[1], 80, shown)),
        doubts=("none: both captures are whole",),
    )
    return difference, finding


def tcp_note(pair: Pair) -> Finding:
    """Something that does no harm."""
    return Finding(
        "tcp-altered",
        "MSS",
        Severity.INFO,
        Confidence.PROVEN,
        "The SYN asked for an MSS of 1460 and arrived with 1380.",
        outside=pair.outside,
        inside=pair.inside,
        evidence=(Evidence("outside", 10 * pair.outside + 3, 0, b""),),
    )


def capture(side: str, sessions: int) -> Capture:
    """An account."""
    skipped = {"other-port": 20, "not-ip": 3} if side == "outside" else {"other-port": 14}
    return Capture(
        side,
        (f"{side}.pcap",),
        1203,
        90_000,
        START,
        START + 60_000_000_000,
        (1,),
        skipped,
        1203 - sum(skipped.values()),
        0,
        {},
        sessions,
    )


@pytest.fixture
def report() -> Report:
    """A comparison with everything in it."""
    pairs = [
        Pair(k, k + 1, 1000, certain=True, why=("same addresses and ports",), direction="inbound") for k in range(3)
    ]
    said = {pair: [masked(pair)] for pair in pairs}
    said[pairs[2]].append(chunk(pairs[2]))
    results = Pairs(PairResult(pair, tuple(one for one, _ in said[pair])) for pair in pairs)
    findings = Findings(finding for pair in pairs for _, finding in said[pair])
    findings.insert(0, tcp_note(pairs[0]))
    outside = [session("outside", k, "cut" if k == 2 else "delivered") for k in range(3)]
    outside[1] |= {"outcome": "refused", "transactions": []}
    outside[1]["commands"][0]["reply"] |= {"code": 550, "text": "5.7.1 go \\x1baway"}
    sessions = Sessions([*outside, *(session("inside", k) for k in range(4))])
    clock = Clock(17_304_000_000, 200, 3, START, 1000)
    captures = capture("outside", 3), capture("inside", 4)
    made = Report("compare", UNDECIDED, captures, sessions, results, findings, clock, (DEVICE,), SYMPTOMS)
    return judge_report(made, (0, 1))
